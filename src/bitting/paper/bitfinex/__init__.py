"""The Bitfinex v2 face of the demonstration exchange."""

from bitting.paper.bitfinex.face import answer

__all__ = ["answer"]
