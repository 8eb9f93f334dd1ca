"""A data folder, opened: keys, store, journal and desk, and the tasks that keep them going. No socket is open yet.

Clocks and randomness are made here and handed down. Everything below decides by its arguments.
"""

from __future__ import annotations

import asyncio
import os
import time
from base64 import b32encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

from bitting.activity.recorder import GroupRecorder
from bitting.desk.asking import ask
from bitting.desk.caller import Caller
from bitting.desk.desk import Desk
from bitting.desk.intents import INTENTS
from bitting.desk.sign_in import Confirmer
from bitting.desk.stops import settle_all
from bitting.domain.activity import request_id_of
from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import BittingError, Misconfigured
from bitting.domain.holds import Authority
from bitting.domain.keys import Key
from bitting.domain.secret import Secret
from bitting.gate.cache import Snapshots
from bitting.gate.freeze import Freeze
from bitting.gate.times import FLOOR_AHEAD_NS, Floor
from bitting.identity.hashing import Hasher
from bitting.identity.identity import DEFAULT_SITE, Identity
from bitting.journal import epoch
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.note import Signer
from bitting.kms.age import Sealer
from bitting.kms.signing_key import load_or_create_signing_key, load_signing_key
from bitting.lifecycle.revoke import self_revoke
from bitting.stores.folder import DataFolder
from bitting.stores.ports import Touched
from bitting.stores.settle import settle
from bitting.stores.sqlite.engine import SqliteEngine
from bitting.stores.store import Store
from bitting.stores.threaded import Threaded
from bitting.vault.entropy import check_entropy
from bitting.wiring.clock import SteadyWatch, SystemClock
from bitting.wiring.dialects import DIALECTS
from bitting.wiring.files import save_new
from bitting.wiring.journal import SigningJournal
from bitting.wiring.roots import Roots
from bitting.wiring.routes import Routes
from bitting.wiring.vault import Vault, open_vault

FLOOR_EVERY_S: Final = 1.0
PING_EVERY_S: Final = 0.25


Duty = tuple[str, float, Callable[[], Awaitable[None]]]  # a task's name, how many seconds it rests, what it does


class Footing:
    """What the gate stands on; kept up by the tasks of `House.keep`."""

    def __init__(self, floor: Floor, store_seen_ns: int) -> None:
        self.floor = floor
        self.store_seen_ns = store_seen_ns


class SelfRevoker:
    """Lets a key that has proven itself end itself."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def self_revoke(self, key: Key, request_id: str) -> None:
        """See `gate.ports.Revoker`."""
        consent = Consent(f"key:{key.id}", Strength.SIGNATURE, Authority.HOLDER, request_id)
        await self._desk.act(consent, lambda act: self_revoke(act, key.id))


@dataclass(slots=True)
class House:
    """A data folder that is open and locked, with all that works on it; no socket is open yet."""

    folder: DataFolder
    clock: SystemClock
    store: Threaded
    journal: SigningJournal
    tag_key: Secret
    snapshots: Snapshots
    desk: Desk
    footing: Footing
    recorder: GroupRecorder
    routes: Routes
    watch: SteadyWatch = field(default_factory=SteadyWatch)
    chores: list[Callable[[int], None]] = field(default_factory=list)  # what the faces want tidied up; given the time
    duties: list[Duty] = field(default_factory=list)  # more of what `keep` does
    troubles: dict[str, str] = field(default_factory=dict)  # what does not work just now, by task

    def ask(self, name: str, values: Mapping[str, Any]) -> Awaitable[Any]:
        """Ask the desk in the name of the operator on this machine."""
        return ask(self.desk, INTENTS, name, values, Caller.local(os.getuid(), new_request_id()))

    async def keep(self) -> None:
        """Everything that has to happen again and again while the house is open."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.recorder.run())
            for name, seconds, do in (
                ("floor", FLOOR_EVERY_S, self.move_floor),
                ("store", PING_EVERY_S, self._see_store),
                ("journal", 0.25, self.journal.sign_when_due),
                ("stops", 1.0, lambda: settle_all(self.desk)),
                ("routes", 1.0, self.learn_routes),
                ("memory", 1.0, self._forget),
            ):
                tasks.create_task(self._every(name, seconds, do))
            for duty in self.duties:
                tasks.create_task(self._every(*duty))

    async def move_floor(self) -> None:
        """Say on disk how far ahead this run may admit, and only then admit so far."""
        ahead_ns = max(self.clock.now_ns() + FLOOR_AHEAD_NS, self.footing.floor.committed_ns)
        await self.store.commit_floor(ahead_ns)
        self.footing.floor = self.footing.floor._replace(committed_ns=ahead_ns)

    async def learn_routes(self) -> None:
        """Read the house's tables of actions, where that was not done or did not succeed. Raises Unavailable."""
        await self.routes.learn(self.store)

    async def _see_store(self) -> None:
        await self.store.ping()
        monotonic_ns = self.clock.monotonic_ns()
        self.watch.look(self.clock.now_ns(), monotonic_ns)
        self.footing.store_seen_ns = monotonic_ns

    async def _forget(self) -> None:
        self.store.forget_expired()
        now_ns = self.clock.now_ns()
        for chore in self.chores:
            chore(now_ns)

    async def _every(self, name: str, seconds: float, do: Callable[[], Awaitable[None]]) -> None:
        """Do it for ever. A store that is down is trouble, told by `status`; anything else ends the server."""
        while True:
            try:
                await do()
                self.troubles.pop(name, None)
            except BittingError as problem:
                self.troubles[name] = str(problem)
            await asyncio.sleep(seconds)


_BOOT: Final = b32encode(os.urandom(5)).decode().lower()
_COUNT: Final = count(1)


def new_request_id() -> str:
    """Unique over processes and restarts; a name, not a secret."""
    return request_id_of(int(time.time()), _BOOT, next(_COUNT))


@asynccontextmanager
async def open_house(data: Path) -> AsyncIterator[House]:
    """Lock the folder and open what is in it, founding the house where there is none.
    Raises Misconfigured, Tampered, Unavailable."""
    folder = DataFolder(data)
    folder.make()
    with folder.locked():
        founding = not folder.database.exists()
        if not founding and folder.database.stat().st_size == 0:
            raise Misconfigured(
                f"{folder.database} is empty: restore a backup; if there was never anything in it, remove it"
            )
        check_entropy(os.urandom)
        roots = Roots(folder)
        if founding:
            roots.found()
            signing_key = load_or_create_signing_key(folder.checkpoint, os.urandom)
        else:
            signing_key = load_signing_key(folder.checkpoint)
        engine = SqliteEngine.open(folder.database)
        try:
            with engine.reading() as tables:
                origin = epoch.first_origin(signing_key.public_key().public_bytes_raw())
                checkpointer = epoch.checkpointer(Signer(origin, signing_key), tables.journal)
            keyring, tag_key = open_vault(engine, roots)
            store = Store(engine, keyring, os.urandom)
            settle(store, time.time_ns(), new_request_id())
            house = await _assemble(folder, store, roots, checkpointer, tag_key)
            try:
                yield house
            finally:
                if house.desk.identity is not None:
                    house.desk.identity.hasher.close()
                await house.store.close()
        finally:
            engine.close()


async def _assemble(
    folder: DataFolder,
    store: Store,
    roots: Roots,
    checkpointer: Checkpointer,
    tag_key: Secret,
) -> House:
    clock = SystemClock()
    snapshots = Snapshots()
    freeze = Freeze()
    routes = Routes(DIALECTS)

    def forget(touched: Touched) -> None:
        """Before a change is acknowledged, nobody here goes by the old row any more."""
        for name in touched.keys:
            snapshots.forget(name)
        for account in touched.accounts:
            snapshots.forget_account(account)
        if touched.house:
            snapshots.clear()
        routes.take(touched.actions)

    threaded = Threaded(store, forget, clock)
    journal = SigningJournal(threaded, checkpointer, clock)
    start_ns = await threaded.floor()
    identity = Identity(threaded, Hasher(), DEFAULT_SITE, clock, os.urandom)
    desk = Desk(
        threaded,
        freeze,
        DIALECTS,
        tag_key,
        clock,
        os.urandom,
        journal,
        lambda path, lines: save_new(Path(path), lines),
        Vault(roots, tag_key, threaded),
        lambda recipients: Sealer(recipients).seal,
        identity=identity,
        people=Confirmer(identity),
    )
    footing = Footing(Floor(start_ns, start_ns), clock.monotonic_ns())
    recorder = GroupRecorder(threaded.write)
    store.strangers = recorder.stranger
    return House(
        folder,
        clock,
        threaded,
        journal,
        tag_key,
        snapshots,
        desk,
        footing,
        recorder,
        routes,
    )
