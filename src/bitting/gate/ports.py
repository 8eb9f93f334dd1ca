"""What the gate's shell needs from outside; `wiring` brings the adapters."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple, Protocol

from bitting.domain.action import Action
from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import Unavailable
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.request import Reply, Request
from bitting.gate.snapshot import Snapshot
from bitting.gate.times import Floor
from bitting.gate.totals import Slot


class NotSent(Unavailable):
    """The upstream was not reached: not a byte of the request left."""


class Clock(Protocol):
    """Made in wiring only."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970, UTC."""

    def monotonic_ns(self) -> int:
        """For durations: never steps."""


class Loaded(NamedTuple):
    """A key as the store has it, with what its counters must know: marks by credential id, sums by slot."""

    snapshot: Snapshot
    marks: Mapping[str, int]
    sums: Mapping[Slot, Decimal]


class Keys(Protocol):
    """The store of keys, read when the cache does not know."""

    async def load(self, environment: Environment, dialect: str, wire_id: str) -> Loaded | None:
        """The key, checked against its MAC and the journal; None when there is none. Raises Unavailable."""


class Routes(Protocol):
    """The house's own routes for a dialect."""

    @property
    def ways_out(self) -> tuple[str, ...]:
        """The paths by which value leaves an account, as the table writes them."""

    def is_public(self, request: Request) -> bool:
        """Whether the house says that the route needs no key."""

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """What a proven request wants, or None where no row fits. Raises MalformedRequest, Unavailable."""


class Footing(Protocol):
    """What the gate stands on: the floor of time, and when the store was last seen to work."""

    @property
    def floor(self) -> Floor:
        """As committed."""

    @property
    def store_seen_ns(self) -> int:
        """On the monotonic clock."""


class Effects(NamedTuple):
    """What must become durable with a record. `unchanged` names a key id and the row version it must still
    have in the store: withdrawals trust no cache."""

    marks: Mapping[str, int]
    sums: Mapping[Slot, Decimal]
    unchanged: tuple[str, int] | None


class Recorder(Protocol):
    """The activity log."""

    def note(self, record: Record, effects: Effects | None = None) -> None:
        """Keep the record soon, and what must become durable with it."""

    async def commit(self, record: Record, effects: Effects) -> None:
        """Return when record and effects are durable. Raises Unavailable, Conflict."""

    def outcome(self, outcome: Outcome, given_back: Mapping[Slot, Decimal]) -> None:
        """Add what became of an admitted request, and the sums after giving its reservations back."""


class Exchange(Protocol):
    """The upstream that admitted requests go to."""

    async def send(self, request: Request, account: str, key: str, request_id: str) -> Reply:
        """Forward with identity; account and key are "" where nobody has been let in. Raises NotSent, or Unavailable
        when the request left and no whole reply came."""


class Revoker(Protocol):
    """Lets a key end itself."""

    async def self_revoke(self, key: Key, request_id: str) -> None:
        """Revoke the key in the name of its own signature. Raises Unavailable when it cannot be made durable."""
