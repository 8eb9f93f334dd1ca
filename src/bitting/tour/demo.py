"""The settings of the demonstration: both dialects before the paper exchange."""

from __future__ import annotations

from bitting.domain.ids import Environment
from bitting.settings import MountSettings, Settings


def demo_settings(port: int, exchange_port: int) -> Settings:
    """Everything on loopback."""
    mounts = tuple(
        MountSettings(f"/{name}", name, Environment.LIVE, f"http://127.0.0.1:{exchange_port}", "/house/facts")
        for name in ("bitfinex", "binance")
    )
    return Settings(port=port, mounts=mounts)
