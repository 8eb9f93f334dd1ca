"""On the event loop: caches hear of a change before its maker does, whatever becomes of the maker or the commit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.activity.ports import USUAL_RETENTION, Batch, Line
from bitting.domain.errors import IllegalStep, Unavailable
from bitting.domain.keys import Key
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.note import Signer
from bitting.lifecycle.act import Act
from bitting.lifecycle.hold import pause
from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.ports import InDoubt, Tables, Touched
from bitting.stores.threaded import Threaded
from bitting.stores.work import UnitOfWork
from tests.stores.trial import OPERATOR, START_NS, Trial, record


class Clock:
    """Stands still."""

    def now_ns(self) -> int:
        return START_NS + 10**9

    def monotonic_ns(self) -> int:
        return 0


class DoubtfulEngine(MemoryEngine):
    """Writes, and then cannot say whether it has."""

    doubtful = False

    @contextmanager
    def writing(self) -> Iterator[Tables]:
        with super().writing() as tables:
            yield tables
        if self.doubtful:
            raise InDoubt("the disk failed while it synced")


@asynccontextmanager
async def threaded(trial: Trial, heard: Callable[[Touched], None]) -> AsyncIterator[Threaded]:
    store = Threaded(trial.store, heard, Clock())
    try:
        yield store
    finally:
        await store.close()


def pausing(key: Key) -> Callable[[UnitOfWork], Key]:
    return lambda work: pause(Act(work, OPERATOR, START_NS, bytes), key.id)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=request.param) as made:
        yield made


def test_caches_hear_first(trial: Trial, runner: asyncio.Runner) -> None:
    """When the reply to a change can be written, its key is out of the caches; on the loop's own thread."""
    key = trial.key()
    events: list[object] = []

    async def scene() -> None:
        async with threaded(trial, lambda touched: events.extend((touched, threading.get_ident()))) as store:
            events.append(await store.change(START_NS, pausing(key)))

    runner.run(scene())
    names = frozenset({(key.environment, key.dialect, key.wire_id)})
    touched, thread, made = events
    assert touched == Touched(names, frozenset(), house=False)
    assert thread == threading.get_ident()
    assert isinstance(made, Key)


def test_caches_hear_when_the_maker_has_gone(trial: Trial, runner: asyncio.Runner) -> None:
    """A change whose maker hung up while it was written is as true as any, and the caches are told."""
    key = trial.key()
    begun, go_on = threading.Event(), threading.Event()
    heard: list[Touched] = []

    def slow(work: UnitOfWork) -> None:
        begun.set()
        go_on.wait()
        pausing(key)(work)

    async def scene() -> None:
        async with threaded(trial, heard.append) as store:
            task = asyncio.create_task(store.change(START_NS, slow))
            await asyncio.to_thread(begun.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            go_on.set()

    runner.run(scene())
    assert len(heard) == 1
    assert trial.look(lambda shelf: shelf.find_key(key.id)).holds


def test_caches_hear_when_the_commit_is_in_doubt(runner: asyncio.Runner) -> None:
    """A commit that failed may have happened: its maker is told Unavailable, and the caches what it touched."""
    engine = DoubtfulEngine()
    trial = Trial(engine)
    key = trial.key()
    engine.doubtful = True
    heard: list[Touched] = []

    async def scene() -> None:
        async with threaded(trial, heard.append) as store:
            with pytest.raises(Unavailable):
                await store.change(START_NS, pausing(key))
            assert len(heard) == 1
            with pytest.raises(Unavailable):
                await store.commit_floor(1)

    runner.run(scene())
    assert heard[0].keys == {(key.environment, key.dialect, key.wire_id)}


def test_nobody_hears_of_what_did_not_happen(trial: Trial, runner: asyncio.Runner) -> None:
    """A change that is refused touches nothing."""
    key = trial.key()
    trial.do(lambda act: pause(act, key.id))
    heard: list[Touched] = []

    async def scene() -> None:
        async with threaded(trial, heard.append) as store:
            with pytest.raises(IllegalStep):
                await store.change(START_NS, pausing(key))

    runner.run(scene())
    assert heard == []


def test_everything_is_asked_from_the_loop(trial: Trial, runner: asyncio.Runner) -> None:
    """Loads, groups, looks, the floor and checkpoints, at the same time."""
    key = trial.key()
    signer = Signer("bitting.example/journal", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))

    async def scene() -> None:
        async with threaded(trial, lambda _: None) as store:
            written = asyncio.create_task(store.write(Batch([Line(record(key), None)], [], {}, {})))
            loaded = asyncio.create_task(store.load(key.environment, key.dialect, key.wire_id))
            keys = asyncio.create_task(store.read(lambda shelf: shelf.keys(None)))
            signed = asyncio.create_task(store.sign(Checkpointer(signer), None))
            await asyncio.gather(store.commit_floor(START_NS), store.ping())
            store.forget_expired()
            assert not await store.forget(USUAL_RETENTION)
            assert (await written, await keys, (await signed).size) == ([None], [key], 2)
            assert await loaded is not None
            assert await store.journal_size() == 2
            assert await store.floor() == START_NS

    runner.run(scene())


def test_two_threads_share_the_keyring(trial: Trial, runner: asyncio.Runner) -> None:
    """Keys are loaded while others are issued, under a keyring that belongs to one thread at a time."""
    accounts = [trial.account(f"desk {number}") for number in range(8)]
    keys = [trial.key(each, each.name) for each in accounts]

    async def scene() -> None:
        async with threaded(trial, lambda _: None) as store:
            loads = [store.load(each.environment, each.dialect, each.wire_id) for each in keys * 10]
            changes = [store.change(START_NS + n, pausing(each)) for n, each in enumerate(keys)]
            looks = [store.read(lambda shelf: shelf.scrub()) for _ in range(8)]
            loaded, _, wrong = await asyncio.gather(
                asyncio.gather(*loads), asyncio.gather(*changes), asyncio.gather(*looks)
            )
            assert None not in loaded
            assert wrong == [[]] * 8

    runner.run(scene())
