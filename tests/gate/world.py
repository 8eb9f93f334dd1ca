"""A gate with everything it stands among: keys that were really sealed, clients that really sign."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.dialects.dialect import Claim, Dialect, Draft
from bitting.dialects.house_table import NO_ROWS
from bitting.domain.account import Account, BookEntry
from bitting.domain.credentials import Algorithm, Credential, NonceMode, State
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment, new_wire_id
from bitting.domain.keys import Key
from bitting.domain.network import Network, address_from_text
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.request import Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Denied
from bitting.gate.admission import MemoryAdmission, Rates
from bitting.gate.cache import MOST_FOUND, Name, Snapshots
from bitting.gate.forgetting import Forgetting
from bitting.gate.freeze import Freeze
from bitting.gate.house_routes import HouseRoutes
from bitting.gate.observe import Outflows
from bitting.gate.pipeline import Door, Passed, Turned, decide, hear, stranger
from bitting.gate.rates import Buckets
from bitting.gate.shell import Gate
from bitting.gate.times import FLOOR_AHEAD_NS, Floor
from tests.gate.dialects import STAMPED
from tests.gate.ports import Board, MemoryActivity, MemoryFooting, MemoryKeys, MemoryRevoker, SteppedClock, Venue

NOW: Final = 1_795_000_000_000_000_000  # 2026-11-18 11:06:40 UTC
NOW_MS: Final = NOW // 1_000_000
HOME: Final = address_from_text("203.0.113.7")
AWAY: Final = address_from_text("198.51.100.9")
ETHER: Final = "0x" + "ab" * 20
BTC_USD: Final = Pair("BTC", "USD")
TAG_KEY: Final = Secret(bytes(range(32)))

EVERYTHING: Final[dict[Permission, Limits]] = dict.fromkeys(Permission, NO_LIMITS)


class World:
    """One house with one mount. Changes are made as wiring makes them: store first, then the cache forgets."""

    def __init__(self, dialect: Dialect = STAMPED, rates: Rates | None = None, most_rows: int = MOST_FOUND) -> None:
        self.dialect = dialect
        self.most_rows = most_rows
        self.house_routes = HouseRoutes()
        self.house_routes.put(NO_ROWS)
        self.rates = rates or Rates()
        self.clock = SteppedClock(NOW)
        self.store = MemoryKeys(self.clock)
        self.board = Board()
        self.board.last[BTC_USD] = Decimal(100)
        self.venue = Venue()
        self.revoker = MemoryRevoker()
        self.activity = MemoryActivity(self.store)
        self.committed_ns = 0  # of the floor, on disk
        self._moment = NOW
        self._ids = count(1)
        self.account("acc-1")
        self.restart()

    def restart(self) -> None:
        """A new process over the same store: nothing in memory is left."""
        self.footing = MemoryFooting(Floor(self.committed_ns, self.committed_ns), self.clock.monotonic)
        self.admission = MemoryAdmission(self.rates)
        self.snapshots = Snapshots(self.most_rows)
        self.forgetting = Forgetting(self.snapshots, self.admission.marks, self.admission.totals)
        self.activity.on_written = self.forgetting.written
        self.freeze = Freeze()
        rates = self.rates
        self.door = Door(
            self.dialect,
            Environment.LIVE,
            TAG_KEY,
            Buckets(),
            rates.strangers,
            Buckets(),
            rates.public,
            routes=self.house_routes,
        )
        self.gate = Gate(
            clock=self.clock,
            request_id=lambda: f"request-{next(self._ids)}",
            keys=self.store,
            footing=self.footing,
            recorder=self.activity,
            market=self.board,
            revoker=self.revoker,
            admission=self.admission,
            snapshots=self.snapshots,
            freeze=self.freeze,
        )
        self.commit_floor()

    def observe(self) -> World:
        """From now on refusals are only written down."""
        self.door = self.door._replace(observes=Outflows(self.dialect, self.house_routes))
        return self

    def commit_floor(self) -> None:
        """Say on disk how far this run may go, and only then go so far."""
        self.committed_ns = max(self.committed_ns, self.clock.now + FLOOR_AHEAD_NS)
        self.footing.floor = self.footing.floor._replace(committed_ns=self.committed_ns)

    def pass_ns(self, ns: int) -> None:
        """Time goes by, the store answers, and the floor is moved."""
        self.clock.pass_ns(ns)
        self.footing.store_seen_ns = self.clock.monotonic
        self.commit_floor()

    def tidy(self) -> None:
        """What happens every few seconds."""
        self.forgetting.tidy(self.clock.now)

    def moment(self) -> int:
        """Now, and never the same twice: what a client stamps its next request with."""
        self._moment = max(self.clock.now, self._moment + 1)
        return self._moment

    # What the gate is asked

    def answer(self, request: Request) -> Reply:
        """Through the whole gate."""
        return asyncio.run(self.answering(request))

    async def answering(self, request: Request) -> Reply:
        return await self.gate.answer(request, self.door, self.venue)

    def judge(self, request: Request) -> Passed | Denied:
        """Through the pure pipeline alone: `hear`, the row, `decide`."""
        claim = hear(request, self.door, self.clock.now)
        if isinstance(claim, Denied):
            return claim
        assert isinstance(claim, Claim)
        decided = decide(
            request,
            claim,
            self.door,
            self.store.snapshot(self.name(claim.wire_id)),
            self.admission,
            self.freeze,
            self.board,
            self.footing.floor,
            self.clock.now,
        )
        return decided.denied if isinstance(decided, Turned) else decided

    def name(self, wire_id: str) -> Name:
        return (self.door.environment, self.dialect.description.name, wire_id)

    def flood(self, request: Request, times: int) -> None:
        """That many strangers' failures from the request's address."""
        for _ in range(times):
            stranger(request, self.door, self.clock.now)

    # What people do to it

    def account(self, id: str, *, parent: str | None = None, limits: Limits = NO_LIMITS) -> Account:
        """A new account, with one mature address of ETH in its book."""
        book = (BookEntry.read(f"{id}-ether", "ETH", "ETH", ETHER, "", "cold", NOW_MS - 1),)
        account = Account(id, "tenant-1", parent, id, frozenset(), limits, book, NOW_MS, 1)
        self.store.accounts[id] = account
        return account

    def issue(self, account: str = "acc-1", **more: Any) -> Holder:
        """A new key with every right, from HOME. `more`: algorithm, nonce_mode, secret, wire_id."""
        id = f"key-{len(self.store.keys) + 1}"
        algorithm = more.get("algorithm", Algorithm.HMAC_SHA256)
        wire_id = more.get("wire_id") or new_wire_id(Environment.LIVE, TAG_KEY, os.urandom)
        policy = Policy("bot", EVERYTHING, Network.from_text(["203.0.113.0/24"]), None)
        key = Key(
            id, "tenant-1", account, Environment.LIVE, self.dialect.description.name, wire_id, False, policy,
            frozenset(), None, (), NOW_MS, 1,
        )  # fmt: skip
        secret = more.get("secret", Secret(os.urandom(32)))
        first = self._credential(key, f"{id}-cred-1", algorithm, secret, more.get("nonce_mode", NonceMode.TIME))
        self.put(replace(key, credentials=(first,)))
        return Holder(self, id, wire_id, algorithm, secret)

    def rotate(self, holder: Holder, retires_at_ms: int | None, algorithm: Algorithm | None = None) -> Holder:
        """The same key with a new secret; the holder of the old one stays as it is."""
        key, secret = self.store.keys[holder.key], Secret(os.urandom(32))
        new = replace(holder, algorithm=algorithm or holder.algorithm, secret=secret)
        fresh = self._credential(key, f"{key.id}-cred-{key.version + 1}", new.algorithm, secret, NonceMode.TIME)
        self.put(key.rotated(fresh, retires_at_ms))
        return new

    def _credential(self, key: Key, id: str, algorithm: Algorithm, secret: Secret, mode: NonceMode) -> Credential:
        bare = Credential(id, algorithm, State.PRIMARY, 1, b"", NOW_MS, nonce_mode=mode)
        if algorithm is Algorithm.ED25519:
            seed = Ed25519PrivateKey.from_private_bytes(secret.reveal())
            return replace(bare, material=seed.public_key().public_bytes_raw())
        return replace(bare, material=self.store.seal(key, bare, secret))

    def put(self, key: Key) -> None:
        self.store.keys[key.id] = key
        self.snapshots.forget(self.name(key.wire_id))

    def change(self, holder: Holder, how: Callable[[Key], Key]) -> None:
        self.put(how(self.store.keys[holder.key]))

    def edit(self, holder: Holder, **policy: Any) -> None:
        """Change label, grants, network or expires_at_ms of the key's policy."""
        self.change(holder, lambda key: key.changed(replace(key.policy, **policy)))

    def limit(self, holder: Holder, permission: Permission, **limits: Any) -> None:
        """Set the limits of one grant, written as holders write them."""
        grants = self.store.keys[holder.key].policy.grants
        self.edit(holder, grants={**grants, permission: Limits.from_plain(limits)})

    def edit_account(self, id: str = "acc-1", **columns: Any) -> None:
        self.store.accounts[id] = replace(self.store.accounts[id], **columns)
        self.snapshots.forget_account(id)

    def edit_house(self, **rules: Any) -> None:
        self.store.house = HousePolicy(**rules)
        self.snapshots.clear()


@dataclass(frozen=True)
class Holder:
    """Whoever holds a key's secret: signs as a client of the dialect would."""

    world: World
    key: str
    wire_id: str
    algorithm: Algorithm
    secret: Secret

    def ask(self, route: str, *, at_ns: int | None = None, peer: int = HOME, **given: str) -> Request:
        """A signed request, `POST /order`, with the parameters in the query."""
        moment_ns = self.world.moment() if at_ns is None else at_ns
        signed = self.world.dialect.sign(draft(route, **given), self.wire_id, self.algorithm, self.secret, moment_ns)
        return signed._replace(peer=peer)

    def order(self, *, at_ns: int | None = None, peer: int = HOME, **given: str) -> Request:
        """To buy one BTC at 100 USD, or as `given` says."""
        asked = {"pair": "BTC/USD", "side": "buy", "amount": "1", "price": "100"} | given
        return self.ask("POST /order", at_ns=at_ns, peer=peer, **asked)

    def withdrawal(self, *, at_ns: int | None = None, peer: int = HOME, **given: str) -> Request:
        """Of one ETH to the address in the book, or as `given` says."""
        asked = {"asset": "ETH", "network": "ETH", "address": ETHER, "amount": "1"} | given
        return self.ask("POST /withdrawal", at_ns=at_ns, peer=peer, **asked)

    def read(self, *, at_ns: int | None = None, peer: int = HOME) -> Request:
        """The balances."""
        return self.ask("GET /balances", at_ns=at_ns, peer=peer)


def draft(route: str, **given: str) -> Draft:
    method, _, path = route.partition(" ")
    query = urlencode(given, safe="/:,")
    return Draft(method.encode(), f"{path}?{query}".encode() if query else path.encode(), b"")


def spoilt(request: Request) -> Request:
    """The request with another signature of the same shape."""
    headers = tuple((name, value[::-1] if name == b"x-signature" else value) for name, value in request.headers)
    return request._replace(headers=headers)
