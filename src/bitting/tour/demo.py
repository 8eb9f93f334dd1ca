"""The settings of the demonstration: each dialect of the paper exchange under a mount of its name."""

from __future__ import annotations

from typing import Final

from bitting.domain.ids import Environment
from bitting.identity.identity import Site
from bitting.settings import ManageSettings, MountSettings, PeopleSettings, Settings

MOUNTS: Final = ("bitfinex", "binance", "bithumb", "bithumb-v1", "native")


def demo_settings(port: int, exchange_port: int, console_port: int) -> Settings:
    """Everything on loopback."""
    mounts = tuple(
        MountSettings(f"/{name}", name, Environment.LIVE, f"http://127.0.0.1:{exchange_port}", "/house/facts")
        for name in MOUNTS
    )
    # By its name: browsers run WebAuthn on localhost, and not on 127.0.0.1.
    people = PeopleSettings(Site(f"http://localhost:{console_port}"))
    return Settings(port=port, mounts=mounts, people=people, manage=ManageSettings(port=console_port))
