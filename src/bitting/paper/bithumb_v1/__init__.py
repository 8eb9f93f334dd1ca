"""The Bithumb face of the demonstration exchange, API 1.0."""

from bitting.paper.bithumb_v1.face import answer

__all__ = ["answer"]
