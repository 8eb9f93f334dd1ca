"""A running server in a thread of this process, and a house with something in it."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from types import TracebackType

from bitting.activity.ports import Batch, Line
from bitting.domain.activity import Outcome, Record
from bitting.domain.ids import Environment
from bitting.settings import MountSettings, Settings
from bitting.wiring.house import open_house
from bitting.wiring.service import running
from tests.stores.trial import START_NS, record

PATIENCE_S = 30.0
NOWHERE = "http://127.0.0.1:9"  # the port of `discard`, where nothing listens


class Server:
    """`bitting serve` over a data folder, in a thread, on a free port."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.errors: list[BaseException] = []
        self.url = ""

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        mount = MountSettings("/binance", "binance", Environment.LIVE, NOWHERE)
        async with running(self._data, Settings(port=0, mounts=(mount,)), self.errors.append) as service:
            self.url = service.url
            self._ready.set()
            await self._stop.wait()

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S), "the server did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)
        assert self.errors == []


def found(data: Path) -> None:
    """A new, empty house, as `bitting serve` makes it at its first start."""

    async def whole() -> None:
        async with open_house(data):
            pass

    asyncio.run(whole())


def write(data: Path, *records: Record, outcomes: tuple[Outcome, ...] = ()) -> None:
    """Put records into the activity log of a house that nobody has open."""
    _write(data, Batch([Line(each, None) for each in records], outcomes, {}, {}))


def _write(data: Path, batch: Batch) -> None:
    async def whole() -> None:
        async with open_house(data) as house:
            await house.store.write(batch)

    asyncio.run(whole())


def lively(data: Path) -> None:
    """A house whose one key has traded, was refused, and was tried out by strangers."""

    async def whole() -> None:
        async with open_house(data) as house:
            await house.ask("account.open", {"name": "alice"})
            asked = {"account": "alice", "dialect": "binance", "label": "봇", "permissions": ["trade"]}
            issued = await house.ask("key.issue", {**asked, "network": ["203.0.113.7"]})
            key = await house.store.read(lambda shelf: shelf.find_key(issued["id"]))
            late = {"at_ns": START_NS + 60_000_000_000}
            records = [
                record(key, request_id="aaaaaaaa-1", detail="", shown=""),
                record(
                    key,
                    request_id="aaaaaaaa-2",
                    verdict="denied",
                    reason="pair.outside",
                    shown="ETH/USDT",
                    detail="the grant is for BTC/USDT",
                    pair="ETH/USDT",
                    **late,
                ),
                record(request_id="aaaaaaaa-3", reason="key.not_proven", agent="\x1b[2Jbot", action="", **late),
                record(request_id="aaaaaaaa-4", reason="action.unmapped", path="/api/v3/nowhere", action="", **late),
            ]
            strangers = {(time.time_ns() // 60_000_000_000, "binance", "key.not_proven"): 480}
            await house.store.write(
                Batch(
                    [Line(each, None) for each in records],
                    [Outcome("aaaaaaaa-1", 200, "order 28")],
                    {},
                    strangers,
                )
            )

    asyncio.run(whole())
