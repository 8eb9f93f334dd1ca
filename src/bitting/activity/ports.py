"""What the activity log asks of a store: whole batches written at once, and records read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import BittingError
from bitting.gate.ports import Effects
from bitting.gate.totals import Slot


class Line(NamedTuple):
    """One record to be written, with what must become durable beside it (None: nothing)."""

    record: Record
    effects: Effects | None


class Batch(NamedTuple):
    """One group commit, in order: records, then outcomes and the sums after giving reservations back."""

    lines: Sequence[Line]
    outcomes: Sequence[Outcome]
    sums: Mapping[Slot, Decimal]
    strangers: Mapping[tuple[int, str, str], int]  # (minute since 1970, dialect, reason code): how often


class Query(NamedTuple):
    """What to read: empty text matches everything; `after` is a row number, for following."""

    key: str = ""
    account: str = ""
    verdict: str = ""
    reason: str = ""
    request_id: str = ""
    after: int = 0
    most: int = 100


class Entry(NamedTuple):
    """A record as read back, with its row number and what became of it (status 0: nothing known)."""

    row: int
    record: Record
    status: int
    note: str


class Observed(NamedTuple):
    """Where a door that observes and the exchange behind it are of one mind, and where not: records alike in caller,
    verdict and reason. `wire_id` is what was claimed where no key was proven. Of `times`, the exchange `refused` some
    and `answered` some; of the rest nothing is known. `request_ids` are the newest few."""

    key: str
    wire_id: str
    dialect: str
    verdict: str
    reason: str
    times: int
    refused: int
    answered: int
    request_ids: tuple[str, ...]


class ActivityStore(Protocol):
    """Sync; called off the event loop."""

    def write(self, batch: Batch) -> list[BittingError | None]:
        """Write the batch in one durable transaction. One answer a line: None, or Conflict where its `unchanged` key
        has moved on; such a line has no effects. Raises Unavailable when nothing could be written."""

    def activity(self, query: Query, now_ns: int) -> list[Entry]:
        """Records, newest last: the newest `most` of those that match, or with `after` the next ones."""
