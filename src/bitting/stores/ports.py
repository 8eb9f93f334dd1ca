"""What a store asks of an engine: rows in, rows out, and transactions.

An engine does not judge what it keeps: it gives rows as they lie, and `reading` checks them. It raises Conflict
where a row's place is taken or the row has moved on, and Unavailable, with what to do, for whatever keeps it from
its work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from bitting.activity.ports import Observed, Query
from bitting.domain.action_table import ActionTable
from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import Unavailable
from bitting.domain.ids import Environment
from bitting.gate.totals import Slot
from bitting.journal.ports import Storage
from bitting.stores.rows import AccountKeyRow, AccountRow, ActionsRow, HouseRow, KeyRow

EXAMPLES: Final = 3  # request ids of what was observed alike
MOST_CALLED: Final = 100  # keys, or accounts, that a name may mean; more are as good as none
EVERY: Final = -1  # however many there are
MOST_OBSERVED: Final = 1_000  # lines of a report; a stranger may claim any number of keys

Progress = Callable[[int, int], None]  # pages done, pages in all


class Mac(NamedTuple):
    """The MAC of one row: of `keys` or `accounts`, by the object's id, of `actions`, by the dialect, or of `house`."""

    table: str
    account: str
    id: str
    mac: bytes


class Objects(Protocol):
    """Keys, accounts, the house's rules and its tables of actions. `before` is the version that was read, 0 for what is
    new."""

    def key_row(self, key_id: str) -> KeyRow | None: ...

    def named_key_row(self, environment: str, dialect: str, wire_id: str) -> KeyRow | None: ...

    def key_rows(self, account_id: str | None, after: str = "", most: int = EVERY) -> Iterable[KeyRow]:
        """All, or those of one account; oldest first. Or the next few behind the one with the id `after`."""

    def key_rows_called(self, text: str) -> list[KeyRow]:
        """Those with this wire id; if there are none, those with this label. Those that are not revoked, if there are
        any. At most MOST_CALLED."""

    def unrevoked_keys(self, account_id: str) -> int: ...

    def put_key_row(self, row: KeyRow, before: int) -> None:
        """Raises Conflict: another version is there, or its names are taken."""

    def account_row(self, account_id: str) -> AccountRow | None: ...

    def account_rows(self, after: str = "", most: int = EVERY) -> Iterable[AccountRow]:
        """All, oldest first, or the next few behind the one with the id `after`."""

    def account_rows_called(self, text: str) -> list[AccountRow]:
        """Those with this name, at most MOST_CALLED."""

    def put_account_row(self, row: AccountRow, before: int) -> None: ...

    def house_row(self) -> HouseRow | None: ...

    def put_house_row(self, row: HouseRow, before: int) -> None: ...

    def actions_row(self, dialect: str) -> ActionsRow | None: ...

    def put_actions_row(self, row: ActionsRow, before: int) -> None: ...

    def macs(self) -> Iterable[Mac]:
        """The MAC of every protected row."""

    def put_mac(self, mac: Mac) -> None:
        """Write it over the one that is there, and leave the rest of the row as it is."""


class Wrapped(Protocol):
    """Keys that lie here wrapped by other keys."""

    def shards(self, environment: str) -> dict[int, bytes]:
        """The wrapped shard keys of an environment by number; empty while the house has none."""

    def put_shards(self, environment: str, boxes: Mapping[int, bytes]) -> None:
        """Write them, over those that are there."""

    def account_key_row(self, tenant_id: str, account_id: str) -> AccountKeyRow | None: ...

    def put_account_key_row(self, row: AccountKeyRow) -> None: ...

    def account_key_rows(self) -> Iterable[AccountKeyRow]:
        """All of them."""

    def replace_account_key_row(self, row: AccountKeyRow) -> None:
        """Write it over the one that is there."""


class Ground(NamedTuple):
    """What is known about the store itself. Times are nanoseconds since 1970, 0 for never.

    floor_ns         how far the gate's floor of time has been committed
    backed_up_at_ns  when this copy was made; 0 in the store that is in use
    restored_at_ns   when this store was made from a backup
    settled          whether what a restore asks for has been done (`settle`); without it no key is given out
    """

    floor_ns: int
    backed_up_at_ns: int
    restored_at_ns: int
    settled: bool


class Counts(Protocol):
    """What counts up and is never taken back."""

    def ground(self) -> Ground: ...

    def raise_floor(self, floor_ns: int) -> None:
        """Move the floor of time forward; a lower one changes nothing."""

    def settle(self) -> None: ...

    def spend(self, consent_id: str, expires_at_ms: int) -> None:
        """Raises Conflict when it was spent before."""

    def forget_spent(self, before_ms: int) -> None:
        """Drop the consents that expired before then."""

    def marks(self, credential_ids: Sequence[str]) -> dict[str, int]: ...

    def raise_marks(self, marks: Mapping[tuple[str, str, str], int]) -> None:
        """Marks by tenant, account and credential; a mark never falls."""

    def sums(self, scopes: Sequence[str], day: int) -> dict[Slot, Decimal]: ...

    def put_sums(self, sums: Mapping[Slot, Decimal]) -> None: ...


class KeptEntry(NamedTuple):
    """A record as it was kept, `record.peer` being 0, with its row number and what became of it."""

    row: int
    record: Record
    peer: bytes
    status: int
    note: str


class Unmapped(NamedTuple):
    """A route that clients asked for and no table of actions names."""

    dialect: str
    method: str
    path: str
    times: int
    last_at_ns: int


class Log(Protocol):
    """The activity log."""

    def add(self, records: Sequence[Record], peers: Sequence[bytes]) -> None:
        """Keep the records with these sealed addresses, and none of their own."""

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> None: ...

    def count_unmapped(self, routes: Iterable[Unmapped]) -> None:
        """Add to what was counted before."""

    def count_strangers(self, counts: Mapping[tuple[int, str, str], int]) -> None:
        """How often, by minute since 1970, dialect and reason; added to what was counted before."""

    def entries(self, query: Query) -> list[KeptEntry]:
        """As `ActivityStore.activity`."""

    def observed(self, since_ns: int) -> list[Observed]:
        """What was observed since then, and what was admitted and the exchange refused; the most frequent first."""

    def last_used_ns(self, key_id: str) -> int | None: ...

    def unmapped(self) -> list[Unmapped]:
        """The latest first."""

    def strangers(self, since_minute: int) -> dict[tuple[int, str, str], int]: ...


class Tables(NamedTuple):
    """All of a store, within one transaction."""

    objects: Objects
    wrapped: Wrapped
    journal: Storage
    counts: Counts
    log: Log


class Engine(Protocol):
    """Keeps the rows. One thread at a time is inside `writing`, and one inside `reading`."""

    def reading(self) -> AbstractContextManager[Tables]:
        """One state of everything, for the gate: never waits for `looking` or `writing`."""

    def looking(self) -> AbstractContextManager[Tables]:
        """The same for people, who may take their time; any number of threads."""

    def writing(self) -> AbstractContextManager[Tables]:
        """One transaction: durable when the block ends, nothing of it when it raises. Raises InDoubt when the
        commit itself fails."""

    def backup(self, path: str, now_ns: int, progress: Progress) -> None:
        """A copy in a new file. Raises Refused, Unavailable."""

    def close(self) -> None: ...


class Touched(NamedTuple):
    """What a change has written: the snapshots of these keys, of these accounts' keys, or, where the house's
    rules are other ones, all snapshots, have to be dropped. `actions` are the tables, by dialect, that have to be
    used from now on; None where nobody knows whether the new one was written."""

    keys: frozenset[tuple[Environment, str, str]]
    accounts: frozenset[str]
    house: bool
    actions: Mapping[str, ActionTable | None] = {}


NOTHING_TOUCHED = Touched(frozenset(), frozenset(), False)


class InDoubt(Unavailable):
    """The commit failed, and whether it is on the disk nobody knows until the next start. Whoever caches has to
    drop what it `touched`, as after a success."""

    touched: Touched = NOTHING_TOUCHED
