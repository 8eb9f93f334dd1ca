"""A desk over a real store, for tests: the clock and the disk are in our hands, the rest is what runs in production."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.activity.ports import Alike, Batch, Line
from bitting.desk.asking import ask
from bitting.desk.caller import Caller
from bitting.desk.desk import Desk
from bitting.desk.intents import INTENTS
from bitting.desk.stops import settle_all
from bitting.dialects import binance, bitfinex
from bitting.domain.activity import Outcome, Record
from bitting.domain.change import Change
from bitting.domain.errors import Unavailable
from bitting.domain.holds import Authority
from bitting.gate.freeze import Freeze
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.leaf import Leaf
from bitting.journal.note import Signer
from bitting.kms.age import Sealer
from bitting.lifecycle.act import Act
from bitting.stores.folder import DataFolder
from bitting.stores.ports import Engine, Progress, Seal, Tables, Touched
from bitting.stores.shelf import Shelf
from bitting.stores.store import Store
from bitting.stores.threaded import Threaded
from bitting.wiring.files import save_new
from bitting.wiring.journal import SigningJournal
from bitting.wiring.roots import Roots
from bitting.wiring.vault import Vault
from tests.stores.trial import START_NS, TAG_KEY, new_keyring, root, shards

T = TypeVar("T")

OPERATOR = Caller.local(0, "r-operator")
SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS


class Disk:
    """An engine whose disk can be full: then everything can be read, and nothing written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.full = False

    def reading(self) -> AbstractContextManager[Tables]:
        return self._engine.reading()

    def looking(self) -> AbstractContextManager[Tables]:
        return self._engine.looking()

    @contextmanager
    def writing(self) -> Iterator[Tables]:
        if self.full:
            raise Unavailable("the disk is full: free some space")
        with self._engine.writing() as tables:
            yield tables

    def tidy(self) -> None:
        self._engine.tidy()

    def backup(self, path: str, now_ns: int, progress: Progress, seal: Seal | None = None) -> None:
        self._engine.backup(path, now_ns, progress, seal)

    def close(self) -> None:
        self._engine.close()


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.ns = START_NS

    def now_ns(self) -> int:
        return self.ns

    def monotonic_ns(self) -> int:
        return self.ns


class Office:
    """Ask it with `ask`; `touched` is every change that caches were told of."""

    def __init__(self, engine: Engine) -> None:
        self.disk = Disk(engine)
        self.clock = Clock()
        self.store = Store(self.disk, new_keyring(), os.urandom)
        self.touched: list[Touched] = []
        self._runner = asyncio.Runner()
        threaded = Threaded(self.store, self.touched.append, self.clock)
        self._close = threaded.close
        checkpointer = Checkpointer(Signer("test.local/journal", Ed25519PrivateKey.generate()))
        self.desk = Desk(
            threaded,
            Freeze(),
            {each.DIALECT.description.name: each.DIALECT for each in (bitfinex, binance)},
            TAG_KEY,
            self.clock,
            os.urandom,
            SigningJournal(threaded, checkpointer, self.clock),
            lambda path, lines: save_new(Path(path), lines),
            self._vault(threaded),
            lambda recipients: Sealer(recipients).seal,
        )

    def _vault(self, threaded: Threaded) -> Vault:
        """The root in a file, and under it what is under a root in any house."""
        self._folder = TemporaryDirectory(prefix="bitting-office-")
        folder = DataFolder(Path(self._folder.name))
        root().save(folder.root)
        with self.disk.writing() as tables:
            tables.wrapped.put_shards("house", shards())
        return Vault(Roots(folder), TAG_KEY, threaded)

    def ask(self, intent: str, values: Mapping[str, Any] | None = None, /, **more: Any) -> dict[str, Any]:
        """As the operator on the machine, a second after the last question. Raises BittingError."""
        return self.ask_as(OPERATOR, intent, {**(values or {}), **more})

    def ask_as(self, caller: Caller, intent: str, values: Mapping[str, Any]) -> dict[str, Any]:
        self.clock.ns += SECOND_NS
        said: dict[str, Any] = self._runner.run(ask(self.desk, INTENTS, intent, values, caller))
        return said

    def later(self, **durations: int) -> None:
        """Let hours or days go by."""
        self.clock.ns += durations.get("hours", 0) * 3600 * SECOND_NS + durations.get("days", 0) * DAY_NS

    def settle(self) -> None:
        """What happens every second in a running house."""
        self._runner.run(settle_all(self.desk))

    def run(self, make: Callable[[], Any]) -> Any:
        """Await something on the office's own loop."""
        return self._runner.run(make())

    def do(self, deed: Callable[[Act], T]) -> T:
        """Of the operator's, and of no intent."""
        consent, now_ns = OPERATOR.consent(Authority.OPERATOR), self.clock.ns
        made, _ = self.store.change(now_ns, lambda work: deed(Act(work, consent, now_ns, os.urandom)))
        return made

    def look(self, look: Callable[[Shelf], T]) -> T:
        return self.store.read(self.clock.ns, look)

    def open_account(self, name: str = "alice", **more: Any) -> dict[str, Any]:
        return self.ask("account.open", name=name, **more)

    def issue(self, **more: Any) -> dict[str, Any]:
        """A key of alice's for binance that may trade; `more` changes it."""
        usual = {"account": "alice", "dialect": "binance", "label": "bot", "permissions": ["trade"]}
        return self.ask("key.issue", {**usual, "network": ["203.0.113.7"], **more})

    def write(self, *records: Record, outcomes: tuple[Outcome, ...] = (), strangers: Any = None) -> None:
        """Put records into the activity log, as the gate's recorder does."""
        beyond = {
            Alike(minute, "", "", "", "", "", dialect, "", "denied", reason, 0): times
            for (minute, dialect, reason), times in (strangers or {}).items()
        }
        self.store.write(Batch([Line(each, None) for each in records], outcomes, {}, beyond))

    def leaves(self) -> int:
        """How many entries the journal has."""
        return self.store.journal_size()

    def last_leaves(self, number: int) -> list[Change]:
        """The newest changes in the journal, the last one last."""
        size = self.leaves()
        rows = self.look(lambda shelf: list(shelf.journal_storage().journal_leaves(size - number, size)))
        return [Leaf.from_bytes(each.leaf).change for each in rows]

    def last_leaf(self) -> Change:
        return self.last_leaves(1)[0]

    def close(self) -> None:
        self._runner.run(self._close())
        self._runner.close()
        self._folder.cleanup()
