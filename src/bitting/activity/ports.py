"""What the activity log asks of a store: whole batches written at once, records and counts read back, days forgotten.

Nothing here is SQL: a store over PostgreSQL or columns fits the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple, Protocol

from bitting.activity.blocks import block_of
from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import BittingError
from bitting.domain.network import ANYWHERE, Network
from bitting.gate.ports import Effects
from bitting.gate.totals import Slot

MINUTE_NS: Final = 60_000_000_000


class Line(NamedTuple):
    """One record to be written, with what must become durable beside it (None: nothing)."""

    record: Record
    effects: Effects | None


class Alike(NamedTuple):
    """Decisions that were only counted: refusals of strangers, whose ids are "", and of keys beyond their budget for
    refusals. `block` as in `blocks`."""

    minute: int  # since 1970
    tenant: str
    account: str
    key: str
    credential: str
    wire_id: str
    dialect: str
    action: str
    verdict: str
    reason: str
    block: int

    @classmethod
    def of(cls, record: Record) -> Alike:
        """As what the record counts. A stranger may claim any wire id, so none of them counts."""
        minute, block = record.at_ns // MINUTE_NS, block_of(record.peer)
        tail = (record.dialect, record.action, record.verdict, record.reason, block)
        if not record.key:
            return cls(minute, "", "", "", "", "", *tail)
        return cls(minute, record.tenant, record.account, record.key, record.credential, record.wire_id, *tail)


class Batch(NamedTuple):
    """One group commit, in order: records, then outcomes and the sums after giving reservations back."""

    lines: Sequence[Line]
    outcomes: Sequence[Outcome]
    sums: Mapping[Slot, Decimal]
    beyond: Mapping[Alike, int]  # how many more there were, of which no record is kept


ALWAYS_NS: Final = 2**63 - 1


class Query(NamedTuple):
    """What to read: empty text matches everything; `after` is a row number, for following, and `before` one to go back
    from. `until_ns` is the first moment that is not wanted any more. `looked_at` bounds how many rows are read to find
    `most`: an address is sealed, and found only by opening what lies in the time that was asked for."""

    key: str = ""
    account: str = ""
    verdict: str = ""
    reason: str = ""
    request_id: str = ""
    after: int = 0
    most: int = 100
    action: str = ""
    pair: str = ""
    network: Network = ANYWHERE
    since_ns: int = 0
    until_ns: int = ALWAYS_NS
    before: int = 0
    looked_at: int = ALWAYS_NS


class Entry(NamedTuple):
    """A record as read back, with its row number and what became of it (status 0: nothing known)."""

    row: int
    record: Record
    status: int
    note: str


class Found(NamedTuple):
    """The answer to a query, in the order of rows. `on` is where to go on, as `after` or as `before`: rows beyond it
    have not been looked at; None where everything has been."""

    entries: list[Entry]
    on: int | None


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


class Step(Enum):
    """How long a period is over which decisions are counted. Periods begin at whole minutes, hours and days of UTC."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    ns: int

    def __init__(self, text: str) -> None:
        self.ns = {"minute": 60, "hour": 3_600, "day": 86_400}[text] * 1_000_000_000


class By(Enum):
    """What counts can be told apart by. A block is a /24 or a /48 in text; of several actions the first counts."""

    DIALECT = "dialect"
    ACTION = "action"
    VERDICT = "verdict"
    REASON = "reason"
    KEY = "key"
    BLOCK = "block"
    CLIENT = "client"


class CountQuery(NamedTuple):
    """Decisions of one key, of one account, of strangers, or, where nothing is named, of the whole house; over the
    periods that begin within the time. The whole house is not told apart by key, block or client."""

    step: Step
    since_ns: int
    until_ns: int
    key: str = ""
    account: str = ""
    strangers: bool = False
    by: tuple[By, ...] = ()

    @property
    def periods(self) -> tuple[int, int]:
        """The first and the last that begin within the time, by their numbers since 1970."""
        return -(-self.since_ns // self.step.ns), (self.until_ns - 1) // self.step.ns


class Counted(NamedTuple):
    """How many decisions alike in one period; `by` is in the order of the query's. A block or client that cannot be
    told any more, since its account's key is gone, is ""."""

    at_ns: int  # when the period begins
    by: tuple[str, ...]
    times: int


class Use(NamedTuple):
    """The last time a credential proved a request, and that request."""

    credential: str
    at_ns: int
    address: int  # 0: not known any more
    client: str
    method: str
    path: str


class Sighting(NamedTuple):
    """An address or a client that a key was used from: when first, when last, how often."""

    text: str
    first_ns: int
    last_ns: int
    times: int


class Uses(NamedTuple):
    """What is known of a key's use, the latest first; `actions` is when each was last admitted."""

    credentials: tuple[Use, ...]
    addresses: tuple[Sighting, ...]
    clients: tuple[Sighting, ...]
    actions: Mapping[str, int]


class Retention(NamedTuple):
    """For how many days records, and the counts of minutes, hours and days, are kept."""

    records: int = 90
    minutes: int = 2
    hours: int = 90
    days: int = 2557  # seven years


USUAL_RETENTION: Final = Retention()


class ActivityStore(Protocol):
    """Sync; called off the event loop."""

    def write(self, batch: Batch) -> list[BittingError | None]:
        """Write the batch in one durable transaction, and count it. One answer a line: None, or Conflict where its
        `unchanged` key has moved on; such a line has no effects. Raises Unavailable when nothing could be written."""

    def activity(self, query: Query, now_ns: int) -> Found:
        """Records, newest last: the newest `most` of those that match, or with `after` the next ones. Raises
        Tampered."""

    def counted(self, query: CountQuery, now_ns: int) -> list[Counted]:
        """Counts, in the order of time. Raises MalformedValue for what the whole house is not told apart by,
        Tampered."""

    def uses(self, key_id: str, now_ns: int) -> Uses:
        """Who used the key, from where, for what. Raises Tampered."""

    def forget(self, retention: Retention, now_ns: int) -> bool:
        """Drop a little of what has been kept long enough; whether there is more of it."""
