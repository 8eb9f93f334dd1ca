"""The Bithumb face of the demonstration exchange, API 2.0."""

from bitting.paper.bithumb.face import answer

__all__ = ["answer"]
