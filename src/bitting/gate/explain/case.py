"""One request, or one wish, and everything it is judged by: what `explain` asks its questions about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bitting.dialects.dialect import Claim
from bitting.domain.action import Action
from bitting.domain.credentials import Credential
from bitting.domain.request import Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.admission import MemoryAdmission
from bitting.gate.freeze import Freeze
from bitting.gate.limits import Market, entry, forbidden
from bitting.gate.pipeline import Door, Turned, standing, wants, weigh
from bitting.gate.snapshot import Snapshot
from bitting.gate.times import Floor


@dataclass(frozen=True, slots=True)
class World:
    """What a key is judged by besides itself. `admission` is a rehearsal: nothing that is asked is used up."""

    admission: MemoryAdmission
    freeze: Freeze
    market: Market
    floor: Floor
    now_ns: int

    def rehearsal(self, snapshot: Snapshot, stamp_ns: int) -> MemoryAdmission:
        """A copy of what a request of this key, stamped then, can touch."""
        return self.admission.rehearsal(snapshot.key, [each.id for each in snapshot.accounts], stamp_ns)


@dataclass(frozen=True, slots=True)
class Signed:
    """A request whose signature is `credential`'s, or is taken to be, to see what else would be said."""

    request: Request
    claim: Claim
    door: Door
    snapshot: Snapshot
    credential: Credential
    world: World

    @property
    def peer(self) -> int:
        """Where it came from."""
        return self.request.peer

    def objection(self) -> Denied | None:
        """What the gate would say to it: steps 6 to 12."""
        snapshot, world = self.snapshot, self.world
        decided = weigh(
            self.request,
            self.claim,
            self.door,
            snapshot,
            self.credential,
            world.rehearsal(snapshot, self.claim.stamp_ns),
            world.freeze,
            world.market,
            world.floor,
            world.now_ns,
        )
        return decided.denied if isinstance(decided, Turned) else None

    @property
    def wanted(self) -> tuple[Action, ...]:
        """What it wants; empty where that cannot be read."""
        found = wants(self.request, self.door)
        return () if isinstance(found, Denied) else found

    def from_address(self, peer: int) -> Signed:
        """The same, sent from there."""
        return replace(self, request=self.request._replace(peer=peer))


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody would like to do with a key, from an address: a request that nobody has signed yet."""

    wanted: tuple[Action, ...]
    peer: int
    snapshot: Snapshot
    credential: Credential
    world: World

    def objection(self) -> Denied | None:
        """What the gate would say to such a request: steps 8 to 12, less the reading of it."""
        snapshot, world = self.snapshot, self.world
        against = standing(snapshot, world.freeze, world.floor, self.peer, world.now_ns) or forbidden(
            self.wanted, snapshot, self.credential, world.market, world.now_ns
        )
        asked = entry(snapshot, self.wanted, against, world.market)
        admitted = world.rehearsal(snapshot, 0).admit(asked, None, against, world.now_ns)
        return admitted if isinstance(admitted, Denied) else None

    def from_address(self, peer: int) -> Wish:
        """The same, from there."""
        return replace(self, peer=peer)


Case = Signed | Wish

_STEPS: Final = {
    Reason.STRANGER_RATE: 1,
    Reason.NOT_PROVEN: 5,
    Reason.TIME_STALE: 6,
    Reason.TIME_AHEAD: 6,
    Reason.TIME_FLOOR: 6,
    Reason.NONCE_AHEAD: 6,
    Reason.UNAVAILABLE: 6,  # the floor of time could not be moved
    Reason.REPLAYED: 7,
    Reason.NONCE_LOW: 7,
    Reason.REVOKED: 8,
    Reason.EXPIRED: 8,
    Reason.HELD: 8,
    Reason.ACCOUNT_HELD: 8,
    Reason.HOUSE_HELD: 8,
    Reason.NETWORK: 9,
    Reason.MALFORMED: 10,
    Reason.UNMAPPED: 10,
    Reason.ORDER_RATE: 12,
    Reason.DAILY_TOTAL: 12,
    Reason.WITHDRAWAL_TOTAL: 12,
    Reason.KEY_RATE: 12,
    Reason.ACCOUNT_RATE: 12,
    Reason.DENIAL_RATE: 12,
}


def step_of(reason: Reason) -> int:
    """The numbered step of the gate (docs/request.md) that gives this reason to a proven request."""
    return _STEPS.get(reason, 11)
