"""A running server in a thread of this process, and a house with something in it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from bitting.activity.ports import MINUTE_NS, Alike, Batch, Line
from bitting.domain.activity import Outcome
from bitting.domain.ids import Environment
from bitting.settings import MountSettings, Settings
from bitting.wiring.house import open_house
from bitting.wiring.service import Service, running
from tests.stores.trial import START_NS, record

T = TypeVar("T")

PATIENCE_S = 30.0
NOWHERE = "http://127.0.0.1:9"  # the port of `discard`, where nothing listens


class Server:
    """`bitting serve` over a data folder, in a thread, on a free port."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.errors: list[BaseException] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._service: Service

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        mount = MountSettings("/binance", "binance", Environment.LIVE, NOWHERE)
        try:
            settings = Settings(port=0, mounts=(mount,))
            async with running(self.data, settings, self.errors.append) as self._service:
                self._ready.set()
                await self._stop.wait()
        except BaseException as problem:
            self.errors.append(problem)
            raise
        finally:
            self._ready.set()

    def run(self, deed: Callable[[Service], Coroutine[Any, Any, T]]) -> T:
        """Do something on the server's own loop."""
        return asyncio.run_coroutine_threadsafe(deed(self._service), self._loop).result(PATIENCE_S)

    def stop(self) -> None:
        """In order, as SIGTERM does it; returns when it has stopped."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE_S)

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S), "the server did not start"
        assert self.errors == [], self.errors
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        assert self.errors == [], self.errors


def found(data: Path) -> None:
    """A new, empty house, as `bitting serve` makes it at its first start."""

    async def whole() -> None:
        async with open_house(data):
            pass

    asyncio.run(whole())


def lively(data: Path) -> None:
    """A house whose one key has traded, was refused, and was tried out by strangers."""

    async def whole() -> None:
        async with open_house(data) as house:
            await house.ask("account.open", {"name": "alice"})
            asked = {"account": "alice", "dialect": "binance", "label": "봇", "permissions": ["trade"]}
            issued = await house.ask("key.issue", {**asked, "network": ["203.0.113.7"]})
            key = await house.store.read(lambda shelf: shelf.find_key(issued["id"]))
            late_ns = START_NS + 60_000_000_000
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
                    at_ns=late_ns,
                ),
                record(
                    request_id="aaaaaaaa-3",
                    wire_id=key.wire_id,
                    reason="key.not_proven",
                    agent="\x1b[2Jbot",
                    action="",
                    at_ns=late_ns,
                ),
                record(
                    key,
                    request_id="aaaaaaaa-4",
                    verdict="denied",
                    reason="action.unmapped",
                    path="/api/v3/nowhere",
                    action="",
                    pair="",
                    at_ns=late_ns,
                ),
                record(key, request_id="aaaaaaaa-5", verdict="observed", reason="permission.missing", at_ns=late_ns),
            ]
            minute = time.time_ns() // MINUTE_NS
            strangers = {Alike(minute, "", "", "", "", "", "binance", "", "denied", "key.not_proven", 0): 480}
            await house.store.write(
                Batch(
                    [Line(each, None) for each in records],
                    [Outcome("aaaaaaaa-1", 200, "order 28"), Outcome("aaaaaaaa-5", 200, "order 29")],
                    {},
                    strangers,
                )
            )

    asyncio.run(whole())
