"""The gate's ports in memory: small real things that keep their promises, and can be told to fail."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from bitting.domain.account import Account
from bitting.domain.activity import Outcome, Record
from bitting.domain.credentials import Algorithm, Credential
from bitting.domain.errors import BittingError, Conflict
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.pairs import Pair
from bitting.domain.request import Reply, Request
from bitting.domain.secret import Secret
from bitting.gate.cache import Name
from bitting.gate.ports import Effects, Loaded
from bitting.gate.snapshot import LONGEST_LIFE_NS, Proof, Snapshot
from bitting.gate.times import Floor
from bitting.gate.totals import Slot
from bitting.kms.local import LocalRoot
from bitting.vault.account_key import AccountKey
from bitting.vault.envelope import Binding, seal, sealed
from bitting.vault.keyring import SHARDS, Keyring

_ROOT = LocalRoot(Secret(os.urandom(32)), os.urandom)
_KEYRING = Keyring(_ROOT, "house", {n: Keyring.new_shard(_ROOT, "house", n, os.urandom) for n in range(SHARDS)})


class SteppedClock:
    """Both clocks; they move when told to."""

    def __init__(self, now_ns: int) -> None:
        self.now = now_ns
        self.monotonic = 0

    def now_ns(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.monotonic

    def pass_ns(self, ns: int) -> None:
        """Time goes by."""
        self.now += ns
        self.monotonic += ns


class MemoryKeys:
    """Rows by id, with secrets sealed by the real vault; also what the recorder made durable.

    A load gives the rows as they stood when it began, however long it takes.
    """

    def __init__(self, clock: SteppedClock) -> None:
        self.keys: dict[str, Key] = {}
        self.accounts: dict[str, Account] = {}
        self.house = HousePolicy()
        self.marks: dict[str, int] = {}
        self.sums: dict[Slot, Decimal] = {}
        self.loads: list[Name] = []
        self.problem: BittingError | None = None
        self.slow: asyncio.Event | None = None
        self._clock = clock
        self._account_keys: dict[str, AccountKey] = {}

    async def load(self, environment: Environment, dialect: str, wire_id: str) -> Loaded | None:
        self.loads.append((environment, dialect, wire_id))
        if self.problem is not None:
            raise self.problem
        snapshot = self.snapshot((environment, dialect, wire_id))
        loaded = None if snapshot is None else Loaded(snapshot, self._marks(snapshot), self._sums(snapshot))
        if self.slow is not None:
            await self.slow.wait()
        return loaded

    def _marks(self, snapshot: Snapshot) -> dict[str, int]:
        return {each.id: self.marks[each.id] for each in snapshot.key.credentials if each.id in self.marks}

    def _sums(self, snapshot: Snapshot) -> dict[Slot, Decimal]:
        scopes = {snapshot.key.id, *(each.id for each in snapshot.accounts)}
        return {slot: amount for slot, amount in self.sums.items() if slot[0] in scopes}

    def snapshot(self, name: Name) -> Snapshot | None:
        for key in self.keys.values():
            if (key.environment, key.dialect, key.wire_id) == name:
                proofs = tuple(self._proof(key, each) for each in key.credentials)
                return Snapshot(key, self._family(key), proofs, self.house, self._clock.now + LONGEST_LIFE_NS)
        return None

    def seal(self, key: Key, credential: Credential, secret: Secret) -> bytes:
        """The box of a credential's secret, in its own place."""
        return seal(self._account_key(key), secret, _binding(key, credential), os.urandom)

    def _proof(self, key: Key, credential: Credential) -> Proof:
        material = credential.material
        if credential.algorithm is Algorithm.ED25519:
            return Proof(credential, lambda: material)
        return Proof(credential, sealed(self._account_key(key), material, _binding(key, credential)).open)

    def _account_key(self, key: Key) -> AccountKey:
        if key.account not in self._account_keys:
            wrapped = _KEYRING.new_account_key(key.tenant, key.account, os.urandom)
            self._account_keys[key.account] = _KEYRING.account_key(key.tenant, key.account, wrapped, self._clock.now)
        return self._account_keys[key.account]

    def _family(self, key: Key) -> tuple[Account, ...]:
        """The key's account, then its parents."""
        family = [self.accounts[key.account]]
        while (parent := family[-1].parent) is not None:
            family.append(self.accounts[parent])
        return tuple(family)


def _binding(key: Key, credential: Credential) -> Binding:
    return Binding(
        key.environment.value,
        key.tenant,
        key.account,
        credential.id,
        credential.version,
        credential.algorithm.value,
    )


class MemoryFooting:
    """The floor of time and the store's last sign of life."""

    def __init__(self, floor: Floor, store_seen_ns: int) -> None:
        self.floor = floor
        self.store_seen_ns = store_seen_ns


class MemoryActivity:
    """The activity log over the same store: what it commits is durable at once, or when `slow` lets it."""

    def __init__(self, store: MemoryKeys) -> None:
        self.noted: list[Record] = []
        self.committed: list[Record] = []
        self.effects: list[Effects] = []
        self.outcomes: list[Outcome] = []
        self.problem: BittingError | None = None
        self.full = False  # what is only noted is then lost
        self.slow: asyncio.Event | None = None
        self.on_written: Callable[[Effects], None] = lambda effects: None
        self._store = store

    @property
    def reasons(self) -> list[str]:
        """Why requests were refused, in order."""
        return [record.reason for record in self.noted if record.verdict == "denied"]

    def note(self, record: Record, effects: Effects | None = None) -> None:
        self.noted.append(record)
        if effects is not None and not self.full:
            self._keep(effects)

    async def commit(self, record: Record, effects: Effects) -> None:
        if self.slow is not None:
            await self.slow.wait()
        else:
            await asyncio.sleep(0)
        if self.problem is not None:
            raise self.problem
        if effects.unchanged is not None:
            key, version = effects.unchanged
            if self._store.keys[key].version != version:
                raise Conflict("the key has moved on")
        self.committed.append(record)
        self.effects.append(effects)
        self._keep(effects)

    def _keep(self, effects: Effects) -> None:
        for credential, mark in effects.marks.items():
            self._store.marks[credential] = max(mark, self._store.marks.get(credential, mark))
        self._store.sums.update(effects.sums)
        self.on_written(effects)

    def outcome(self, outcome: Outcome, given_back: Mapping[Slot, Decimal]) -> None:
        self.outcomes.append(outcome)
        self._keep(Effects({}, given_back, None))


class Venue:
    """The exchange behind the gate: keeps what arrived, and answers `reply`, or raises `problem`."""

    def __init__(self) -> None:
        self.arrived: list[Request] = []
        self.named: list[tuple[str, str, str]] = []
        self.reply = Reply(200, ((b"X-Request-Id", b"theirs"), (b"content-type", b"text/plain")), b"order-1")
        self.problem: BittingError | None = None

    async def send(self, request: Request, account: str, key: str, request_id: str) -> Reply:
        self.arrived.append(request)
        self.named.append((account, key, request_id))
        await asyncio.sleep(0)
        if self.problem is not None:
            raise self.problem
        return self.reply


class Board:
    """What the exchange says of prices and resting orders."""

    def __init__(self) -> None:
        self.last: dict[Pair, Decimal] = {}
        self.resting: dict[str, int] = {}

    def last_price(self, pair: Pair) -> Decimal | None:
        return self.last.get(pair)

    def open_orders(self, scope: str) -> int | None:
        return self.resting.get(scope)

    def placed(self, scopes: Iterable[str], orders: int) -> None:
        for scope in scopes:
            self.resting[scope] = self.resting.get(scope, 0) + orders


class MemoryRevoker:
    """Ends keys, or says why not."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.problem: BittingError | None = None

    async def self_revoke(self, key: Key, request_id: str) -> None:
        if self.problem is not None:
            raise self.problem
        self.ended.append(key.id)
