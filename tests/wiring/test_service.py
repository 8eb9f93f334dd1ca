"""What a server refuses to start with."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bitting.domain.errors import Misconfigured
from bitting.domain.ids import Environment
from bitting.settings import MountSettings, Settings
from bitting.wiring.service import running


def started(data: Path, *mounts: MountSettings) -> None:
    async def play() -> None:
        async with running(data, Settings(port=0, mounts=mounts), lambda error: None):
            raise AssertionError("it started")

    asyncio.run(play())


@pytest.mark.parametrize(
    ("mounts", "words"),
    [
        ((), r"no \[\[mount\]\] in the settings"),
        ((MountSettings("/binance", "binance", Environment.LIVE),), "the mount /binance has no upstream"),
        ((MountSettings("/x", "x", Environment.LIVE, "http://127.0.0.1:9"),), "no dialect 'x'; there are: binance"),
        ((MountSettings("/X", "binance", Environment.LIVE, "http://127.0.0.1:9"),), "is not a path like /bitfinex"),
    ],
)
def test_mounts_that_lead_nowhere(tmp_path: Path, mounts: tuple[MountSettings, ...], words: str) -> None:
    """Each is named, and the folder is free again."""
    for _ in range(2):
        with pytest.raises(Misconfigured, match=words):
            started(tmp_path / "data", *mounts)
