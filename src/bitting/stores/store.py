"""The store as the gate and the desk use it: changes, snapshots, the activity log, over one engine.

Sync throughout. `threaded` brings it to the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from threading import Lock
from typing import TypeVar

from bitting.activity.ports import Batch, Counted, CountQuery, Found, Query, Retention, Uses
from bitting.domain.activity import Record
from bitting.domain.errors import BittingError, Tampered, Unavailable
from bitting.domain.ids import Entropy, Environment
from bitting.gate.ports import Loaded
from bitting.journal.checkpoint import Checkpoint, Checkpointer
from bitting.stores.forgetting import forget
from bitting.stores.head import check_head
from bitting.stores.known import Known
from bitting.stores.ledger import Ledger
from bitting.stores.ports import NOTHING_TOUCHED, Engine, InDoubt, Tables, Touched
from bitting.stores.seals import Seals
from bitting.stores.shelf import Shelf
from bitting.stores.snapshots import load
from bitting.stores.turn import Turn
from bitting.stores.work import UnitOfWork
from bitting.vault.keyring import Keyring

T = TypeVar("T")


class Store:
    """One house's store. `change`, `turn`, `write`, `sign` and `commit_floor` are for one thread, `read` and `prepare`
    are for any, and the rest for another one."""

    def __init__(self, engine: Engine, keyring: Keyring, entropy: Entropy) -> None:
        self._engine = engine
        self._seals = Seals(keyring, entropy)
        self._turning = Lock()
        self._known = Known()
        self.strangers: Callable[[str], Record | None] = _nobody  # the recorder's, once there is one

    @property
    def keyring(self) -> Keyring:
        """The keys that the rows are under."""
        return self._seals.keyring

    def change(self, now_ns: int, make: Callable[[UnitOfWork], T]) -> tuple[T, Touched]:
        """Run `make` in one transaction: all of it is durable on return, or nothing of it happened.

        Raises what `make` raises, Conflict, Tampered, Unavailable, and InDoubt, which tells what may have been
        written all the same.
        """
        touched = NOTHING_TOUCHED
        try:
            with self._engine.writing() as tables:
                work = UnitOfWork(tables, self._seals, now_ns)
                made = make(work)
                work.finish()
                touched = work.touched
        except InDoubt as doubt:
            doubt.touched = touched._replace(actions=dict.fromkeys(touched.actions))
            raise
        if work.shredded:
            for account in work.shredded:
                self._seals.forget(account)
            with suppress(Unavailable):  # the change is made; the engine does it itself before long
                self._engine.tidy()
        return made, touched

    def prepare(self, turn: Turn) -> None:
        """Do what can be done before the turn; see `Turn.prepare`."""
        with self._seen(self._engine.looking()) as (tables, _):
            turn.prepare(tables)

    def turn(self, now_ns: int, turn: Turn, make: Callable[[UnitOfWork], T]) -> T:
        """Turn one shard to its new key, which `make` has to record, in one transaction; from the commit on the old
        one is accepted nowhere any more. Raises as `change` does."""
        with self._turning:
            try:
                with self._engine.writing() as tables:
                    turn.write(tables)
                    work = UnitOfWork(tables, turn.seals, now_ns)
                    made = make(work)
                    recorded = work.last("shard", str(turn.number))
                    if recorded is None or recorded.digest != turn.after:
                        raise Tampered(f"the new key of shard {turn.number} was not recorded")
                return made
            finally:
                # After a commit in doubt, too, what is there decides.
                with self._engine.reading() as tables:
                    if turn.is_written(tables):
                        self._seals = turn.seals

    def load(self, environment: Environment, dialect: str, wire_id: str, now_ns: int) -> Loaded | None:
        """The gate's snapshot of a key; see `snapshots.load`."""
        with self._seen(self._engine.reading()) as (tables, seals):
            return load(tables, seals, environment, dialect, wire_id, now_ns)

    def write(self, batch: Batch) -> list[BittingError | None]:
        """Write a group of records and their effects; see `ActivityStore`."""
        with self._logging() as tables:
            return Ledger(tables, self._seals, self._known).write(batch)

    def forget(self, retention: Retention, now_ns: int) -> bool:
        """Drop a little of the log that has been kept long enough; see `ActivityStore`."""
        with self._logging() as tables:
            return forget(tables, self._seals, self._known, retention, now_ns)

    def activity(self, query: Query, now_ns: int) -> Found:
        """Records, newest last; see `ActivityStore`."""
        return self.read(now_ns, lambda shelf: shelf.activity(query, now_ns))

    def counted(self, query: CountQuery, now_ns: int) -> list[Counted]:
        """How many decisions in each period; see `ActivityStore`."""
        return self.read(now_ns, lambda shelf: shelf.counted(query, now_ns))

    def uses(self, key_id: str, now_ns: int) -> Uses:
        """Who used a key, from where, for what; see `ActivityStore`."""
        return self.read(now_ns, lambda shelf: shelf.uses(key_id, now_ns))

    def read(self, now_ns: int, look: Callable[[Shelf], T]) -> T:
        """Let somebody look at one state of everything; it is gone when `look` returns. Raises what `look` raises."""
        with self._seen(self._engine.looking()) as (tables, seals):
            return look(Shelf(tables, seals, self._engine, now_ns, self.strangers))

    def sign(self, checkpointer: Checkpointer, seen: Checkpoint | None) -> Checkpoint:
        """Sign the journal as it stands, in a transaction of its own; see `Checkpointer.sign`. Raises Tampered where
        leaves were put at its end, or taken off."""
        with self._engine.writing() as tables:
            check_head(tables, self._seals)
            return checkpointer.sign(tables.journal, seen)

    def journal_size(self) -> int:
        """How many leaves are committed."""
        with self._engine.reading() as tables:
            return tables.journal.journal_size()

    def shards(self, environment: str) -> dict[int, bytes]:
        """The shard keys of an environment as they are stored, wrapped by the root."""
        with self._engine.reading() as tables:
            return tables.wrapped.shards(environment)

    def floor(self) -> int:
        """How far the floor of time has been committed, by whichever run; 0 for never."""
        with self._engine.reading() as tables:
            return tables.counts.ground().floor_ns

    def commit_floor(self, floor_ns: int) -> None:
        """Move the floor of time forward on disk; a lower one changes nothing. Raises Unavailable."""
        with self._engine.writing() as tables:
            tables.counts.raise_floor(floor_ns)

    def ping(self) -> None:
        """Read one row. Raises Unavailable. Whether the store can be written to is seen by `commit_floor`."""
        self.floor()

    def forget_expired(self, now_ns: int) -> None:
        """Drop account keys past their five minutes from memory."""
        self._seals.forget_expired(now_ns)

    def close(self) -> None:
        """Nothing can be asked any more."""
        self._engine.close()

    @contextmanager
    def _logging(self) -> Iterator[Tables]:
        """A transaction of the log's writer; if it fails, nothing that was found out in it is true."""
        try:
            with self._engine.writing() as tables:
                yield tables
        except BaseException:
            self._known.forget()
            raise

    @contextmanager
    def _seen(self, opened: AbstractContextManager[Tables]) -> Iterator[tuple[Tables, Seals]]:
        """One state of everything, and the keys that its rows are under: no turn comes between the two."""
        with ExitStack() as stack:
            with self._turning:
                tables = stack.enter_context(opened)
                tables.counts.ground()  # a database settles on a state when it is first asked
                seals = self._seals
            yield tables, seals


def _nobody(request_id: str) -> None:
    """Nobody remembers it."""
