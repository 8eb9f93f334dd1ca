"""The gate inside an application: a plain call, from an event loop or from threads. `web.asgi.Guard` goes round an
ASGI application with it.

The house is the same as a server's: the data folder is locked, what keeps it up runs on the application's own loop,
and `bitting key` works against it through the operator's socket.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

from bitting.domain.errors import Misconfigured
from bitting.domain.network import Network
from bitting.domain.request import Reply, Request
from bitting.gate.limits import Market, NoMarket
from bitting.gate.passage import Passage
from bitting.gate.ports import NotSent
from bitting.settings import Settings
from bitting.web.mounts import Mount, Mounts
from bitting.wiring.gates import Gates, OnError, at_work, status

T = TypeVar("T")

_LOG: Final = logging.getLogger("bitting")


def _log(error: BaseException) -> None:
    _LOG.error("%s", error, exc_info=error)


class AppGate:
    """An async context manager, to be opened once, on the loop it is asked on.

    `market` knows the last prices and the resting orders; without one, limits that need them refuse. `on_error` is told
    what nobody foresaw; by default it is logged.
    """

    def __init__(
        self, data: Path, settings: Settings, *, market: Market | None = None, on_error: OnError = _log
    ) -> None:
        """Raises Misconfigured."""
        if not settings.mounts:
            raise Misconfigured("no [[mount]] in the settings: name at least one dialect and its path (docs/inside.md)")
        if settings.decisions:
            raise Misconfigured("inside an application no proxy asks: take every [[decision]] out of the settings")
        for each in settings.mounts:
            if each.upstream or each.facts or each.port:
                raise Misconfigured(
                    f"the mount {each.name} is inside an application, which is its own upstream: take "
                    "`upstream`, `facts` and `port` out of the settings"
                )
        self.trusted_proxies: Network = settings.trusted_proxies
        self._data = data
        self._settings = settings
        self._market = market or NoMarket()
        self._on_error = on_error
        self._mounts: Mounts | None = None
        self._stack = AsyncExitStack()

    @property
    def is_open(self) -> bool:
        """Whether it can judge."""
        return self._mounts is not None

    async def open(self) -> None:
        """Open the house and its desk's socket. Raises Misconfigured, Tampered, Unavailable."""
        house = await self._stack.enter_async_context(
            at_work(
                self._data,
                self._on_error,
                self._on_error,
                self._settings.witnesses,
                retention=self._settings.activity,
            )
        )
        try:
            gates = Gates(house, self._settings)
            gate, mounts = gates.gate(self._market), self._settings.mounts
            doors = [gates.door(each) for each in mounts]
            for each, door in zip(mounts, doors, strict=True):
                gates.tell(each, door, self._market)
            self._mounts = Mounts(
                [Mount(each.prefix, gate, door, _Nowhere(), each.url) for each, door in zip(mounts, doors, strict=True)]
            )
        except BaseException:
            await self.close()
            raise
        observing = [each.name for each in mounts if each.observes]
        house.desk.status = lambda: status(house, "inside an application", 0, observing)

    async def close(self) -> None:
        """Write what is left, and let the folder go. Harmless where nothing is open."""
        self._mounts = None
        await self._stack.aclose()

    async def judge(self, request: Request) -> Passage | Reply:
        """Whether the request may go on. `request.target` is the whole one, its mount's path included.

        A Reply is a refusal, or the gate's own answer to a key about itself, and goes to the client as it is. With a
        Passage the application acts, and then says `returned`, `done` or `unanswered`, once. Raises Misconfigured when
        the gate is not open.
        """
        if self._mounts is None:
            raise Misconfigured("the gate is not open: `async with gate`")
        return await self._mounts.judge(request)

    async def __aenter__(self) -> AppGate:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Nowhere:
    """What admitted requests go to is the application, and the gate never sends."""

    async def send(self, request: Request, account: str, key: str, request_id: str) -> Reply:
        """Never."""
        raise NotSent("an application is its own upstream")


class ThreadGate:
    """The same for programs without an event loop: a context manager whose gate lives in a thread of its own, and which
    any thread may ask."""

    def __init__(self, gate: AppGate) -> None:
        self._gate = gate
        self._leave = asyncio.Event()
        self._opened: Future[asyncio.AbstractEventLoop] = Future()
        self._closed: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="bitting", daemon=True)

    def __enter__(self) -> ThreadGate:
        self._thread.start()
        try:
            self._opened.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.result().call_soon_threadsafe(self._leave.set)
        self._thread.join()
        self._closed.result()

    def judge(self, request: Request) -> Passage | Reply:
        """See `AppGate.judge`. What became of it is said with `tell`."""
        return self._ask(self._gate.judge(request))

    def tell(self, say: Callable[[], T]) -> T:
        """Say what became of a passage: `gate.tell(lambda: passage.returned(reply))`."""

        async def saying() -> T:
            return say()

        return self._ask(saying())

    def _ask(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._opened.result()).result()

    async def _live(self) -> None:
        """From opening to closing, on a loop of its own."""
        told: Future[Any] = self._opened
        try:
            async with self._gate:
                told = self._closed
                self._opened.set_result(asyncio.get_running_loop())
                await self._leave.wait()
        except BaseException as problem:  # noqa: BLE001  # it is raised again, in the thread that asked
            told.set_exception(problem)
        else:
            told.set_result(None)
