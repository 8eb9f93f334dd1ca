"""The store on the event loop: one thread writes, one loads for the gate, a few look for people.

Rule: whoever caches hears of a change before whoever made it does, also when the change's maker has gone away
meanwhile, and also when a commit failed and may have happened all the same. Loop callbacks run in the order they
were asked for, and the news is asked for in the writer's thread, before its result is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Final, TypeVar

from bitting.activity.ports import Batch, Retention
from bitting.domain.canonical import Plain
from bitting.domain.consent import Consent
from bitting.domain.errors import BittingError
from bitting.domain.ids import Environment
from bitting.gate.ports import Clock, Loaded
from bitting.journal.checkpoint import Checkpoint, Checkpointer
from bitting.stores.ports import InDoubt, Touched
from bitting.stores.recover import recover
from bitting.stores.shelf import Shelf
from bitting.stores.store import Store
from bitting.stores.turn import Turn
from bitting.stores.work import UnitOfWork
from bitting.vault.keyring import Keyring

T = TypeVar("T")

LOOKERS: Final = 4  # so that an emergency stop does not wait for somebody's backup


class Threaded:
    """Fits the gate's `Keys` and the desk's `Book`. Made and used on one running loop."""

    def __init__(self, store: Store, on_touched: Callable[[Touched], None], clock: Clock) -> None:
        self._store = store
        self._on_touched = on_touched
        self._clock = clock
        self._writer = ThreadPoolExecutor(1, "bitting-writer")
        self._loader = ThreadPoolExecutor(1, "bitting-loader")
        self._lookers = ThreadPoolExecutor(LOOKERS, "bitting-looker")

    async def change(self, now_ns: int, make: Callable[[UnitOfWork], T]) -> T:
        """Run `make` in one durable transaction. Raises as `Store.change` does."""
        loop = asyncio.get_running_loop()

        def change() -> T:
            try:
                made, touched = self._store.change(now_ns, make)
            except InDoubt as doubt:
                loop.call_soon_threadsafe(self._on_touched, doubt.touched)
                raise
            loop.call_soon_threadsafe(self._on_touched, touched)
            return made

        return await self._in(self._writer, change)

    @property
    def keyring(self) -> Keyring:
        """See `Store.keyring`."""
        return self._store.keyring

    async def turn(self, now_ns: int, turn: Turn, make: Callable[[UnitOfWork], T]) -> T:
        """Turn one shard to its new key; see `Store.turn`. Nothing that is cached changes by it."""
        await self._in(self._lookers, lambda: self._store.prepare(turn))
        return await self._in(self._writer, lambda: self._store.turn(now_ns, turn, make))

    async def load(self, environment: Environment, dialect: str, wire_id: str) -> Loaded | None:
        """See `Store.load`."""
        now_ns = self._clock.now_ns()
        return await self._in(self._loader, lambda: self._store.load(environment, dialect, wire_id, now_ns))

    async def write(self, batch: Batch) -> list[BittingError | None]:
        """See `ActivityStore.write`."""
        return await self._in(self._writer, lambda: self._store.write(batch))

    async def forget(self, retention: Retention) -> bool:
        """See `ActivityStore.forget`."""
        now_ns = self._clock.now_ns()
        return await self._in(self._writer, lambda: self._store.forget(retention, now_ns))

    async def read(self, look: Callable[[Shelf], T]) -> T:
        """Let `look` see one state of the store. Raises what it raises."""
        now_ns = self._clock.now_ns()
        return await self._in(self._lookers, lambda: self._store.read(now_ns, look))

    async def sign(self, checkpointer: Checkpointer, seen: Checkpoint | None) -> Checkpoint:
        """See `Store.sign`."""
        return await self._in(self._writer, lambda: self._store.sign(checkpointer, seen))

    async def recover(self, consent: Consent, facts: Mapping[str, Plain]) -> list[str]:
        """See `recover.recover`. Whoever has cached anything has to forget it."""
        now_ns = self._clock.now_ns()
        return await self._in(self._writer, lambda: recover(self._store, consent, now_ns, facts))

    async def journal_size(self) -> int:
        """See `Store.journal_size`."""
        return await self._in(self._loader, self._store.journal_size)

    async def shards(self, environment: str) -> dict[int, bytes]:
        """See `Store.shards`."""
        return await self._in(self._loader, lambda: self._store.shards(environment))

    async def floor(self) -> int:
        """See `Store.floor`."""
        return await self._in(self._loader, self._store.floor)

    async def commit_floor(self, floor_ns: int) -> None:
        """See `Store.commit_floor`."""
        await self._in(self._writer, lambda: self._store.commit_floor(floor_ns))

    async def ping(self) -> None:
        """See `Store.ping`."""
        await self._in(self._loader, self._store.ping)

    def forget_expired(self) -> None:
        """See `Store.forget_expired`."""
        self._store.forget_expired(self._clock.now_ns())

    async def close(self) -> None:
        """Finish what was begun, and close the store."""
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        for each in (self._lookers, self._loader, self._writer):
            each.shutdown()
        self._store.close()

    @staticmethod
    async def _in(executor: Executor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
