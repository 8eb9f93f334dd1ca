"""The settings of the demonstration: each dialect of the paper exchange under a mount of its name."""

from __future__ import annotations

from typing import Final

from bitting.domain.ids import Environment
from bitting.settings import MountSettings, Settings

MOUNTS: Final = ("bitfinex", "binance", "bithumb", "bithumb-v1", "native")


def demo_settings(port: int, exchange_port: int) -> Settings:
    """Everything on loopback."""
    mounts = tuple(
        MountSettings(f"/{name}", name, Environment.LIVE, f"http://127.0.0.1:{exchange_port}", "/house/facts")
        for name in MOUNTS
    )
    return Settings(port=port, mounts=mounts)
