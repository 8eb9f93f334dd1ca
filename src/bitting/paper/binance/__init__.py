"""The Binance spot face of the demonstration exchange."""

from bitting.paper.binance.face import answer

__all__ = ["answer"]
