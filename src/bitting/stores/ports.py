"""What a store asks of an engine: rows in, rows out, and transactions.

An engine does not judge what it keeps: it gives rows as they lie, and `reading` checks them. It raises Conflict
where a row's place is taken or the row has moved on, and Unavailable, with what to do, for whatever keeps it from
its work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from bitting.domain.action_table import ActionTable
from bitting.domain.errors import Unavailable
from bitting.domain.ids import Environment
from bitting.gate.totals import Slot
from bitting.identity.ports import Tries
from bitting.journal.fsck import Workshop
from bitting.stores.log_ports import Log, Tallies
from bitting.stores.people_rows import NoticeRow, SessionRow, TicketRow, UserRow
from bitting.stores.rows import AccountKeyRow, AccountRow, ActionsRow, HeadRow, HouseRow, KeyRow, PaperRow

EXAMPLES: Final = 3  # request ids of what was observed alike
MOST_CALLED: Final = 100  # keys, or accounts, that a name may mean; more are as good as none
EVERY: Final = -1  # however many there are
MOST_OBSERVED: Final = 1_000  # lines of a report; a stranger may claim any number of keys

Progress = Callable[[int, int], None]  # pages done, pages in all
Seal = Callable[[Path, Path], None]  # from a plain file to an empty one


class Mac(NamedTuple):
    """The MAC of one row: of `keys`, `accounts` or `users`, by the object's id, of `actions`, by the dialect, of
    `papers`, by kind and id, or of `house`."""

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

    def key_rows_called(self, text: str, within: Collection[str] | None = None) -> list[KeyRow]:
        """Those with this wire id; if there are none, those with this label. Those that are not revoked, if there are
        any. At most MOST_CALLED. `within` are the accounts whose keys are meant, where not those of all are."""

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

    def actions_rows(self) -> Iterable[ActionsRow]:
        """All of them."""

    def stray_credentials(self) -> Iterable[str]:
        """The ids of credentials whose key is not here."""

    def head_row(self) -> HeadRow | None:
        """The journal's; None while it has none."""

    def put_head_row(self, row: HeadRow) -> None:
        """Write it over the one that is there."""

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

    def shard_places(self) -> Iterable[tuple[str, int]]:
        """Environment and number of every wrapped key."""

    def account_key_row(self, tenant_id: str, account_id: str) -> AccountKeyRow | None: ...

    def put_account_key_row(self, row: AccountKeyRow) -> None: ...

    def account_key_rows(self) -> Iterable[AccountKeyRow]:
        """All of them."""

    def replace_account_key_row(self, row: AccountKeyRow) -> None:
        """Write it over the one that is there, and leave nothing of that one which this engine can help."""


class Papers(Protocol):
    """What people still have to sign, or signed: confirmations and approvals, by kind and id."""

    def paper(self, kind: str, paper_id: str) -> PaperRow | None: ...

    def waiting(self, kind: str, now_ms: int) -> list[PaperRow]:
        """Those that wait, and whose time is not over; oldest first."""

    def owned(self, kind: str, owner: str, now_ms: int) -> int:
        """How many of one owner there are whose time is not over."""

    def newest(self, kind: str, before: str, most: int) -> list[PaperRow]:
        """The next `most` older than the id `before`, newest first; with "" the newest of all."""

    def put_paper(self, row: PaperRow, before: int) -> None:
        """Raises Conflict: another version is there."""

    def forget_papers(self, kind: str, before_ms: int) -> None:
        """Drop those whose time was over before then."""

    def macs(self) -> Iterable[Mac]: ...

    def put_mac(self, mac: Mac) -> None: ...


class PeopleRows(Protocol):
    """Users, and what is known about their signing in; of each growing kind the oldest go when there are `most`."""

    def user_row(self, user_id: str) -> UserRow | None: ...

    def marked_user_row(self, mark: bytes) -> UserRow | None:
        """The one whose name has this mark."""

    def user_rows(self, after: str = "", most: int = EVERY) -> Iterable[UserRow]:
        """All, oldest first, or the next few behind the one with the id `after`."""

    def put_user_row(self, row: UserRow, before: int) -> None:
        """Raises Conflict: another version is there, or the name is taken."""

    def members(self, account_id: str) -> list[str]:
        """The ids of users who are something to the account."""

    def strays(self) -> Iterable[str]:
        """The ids of users of whom there are memberships or authenticators, and no row."""

    def macs(self) -> Iterable[Mac]: ...

    def put_mac(self, mac: Mac) -> None: ...

    def tries(self, scope: bytes) -> Tries: ...

    def put_tries(self, scope: bytes, tries: Tries, *, known: bool, most: int) -> None:
        """`known` ones are never forgotten."""

    def step(self, authenticator_id: str) -> int:
        """-1 where there is none."""

    def raise_step(self, authenticator_id: str, step: int) -> None:
        """A step never falls."""

    def knows_place(self, user_id: str, place: bytes) -> bool: ...

    def keep_place(self, user_id: str, place: bytes, now_ms: int, most: int) -> None: ...

    def put_ticket_row(self, row: TicketRow, most: int) -> None:
        """`most` are those that anybody can begin."""

    def ticket_row(self, digest: bytes) -> TicketRow | None: ...

    def drop_ticket(self, digest: bytes) -> None: ...

    def drop_tickets(self, user_id: str) -> None: ...

    def put_session_row(self, row: SessionRow) -> None: ...

    def session_row(self, token: bytes) -> SessionRow | None: ...

    def session_rows(self, user_id: str) -> list[SessionRow]:
        """Oldest first."""

    def see_session(self, session_id: str, now_ms: int) -> None: ...

    def drop_session(self, session_id: str) -> None: ...

    def tidy(self, now_ms: int) -> None:
        """Drop the tickets and sessions whose time is over."""

    def put_notice(self, user_id: str, leaf: int, most: int) -> None:
        """Where `most` wait already, it is left out."""

    def notice_rows(self, now_ms: int, most: int) -> list[NoticeRow]:
        """Those that are due, oldest first."""

    def drop_notice(self, row: int) -> None: ...

    def notice_failed(self, row: int, next_at_ms: int) -> None: ...


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

    def unsettle(self, now_ns: int) -> None:
        """Treat the store from now on as one that was restored at this moment."""

    def spend(self, consent_id: str, expires_at_ms: int) -> None:
        """Raises Conflict when it was spent before."""

    def forget_spent(self, before_ms: int) -> None:
        """Drop the consents that expired before then."""

    def repeat(self, who: str, name: str) -> tuple[bytes, str] | None:
        """What somebody asked under a name: its digest, and the object it made or changed."""

    def keep_repeat(self, who: str, name: str, digest: bytes, object_id: str, at_ms: int) -> None:
        """Raises Conflict when there is one."""

    def forget_repeats(self, before_ms: int) -> None:
        """Drop those that were kept before then."""

    def marks(self, credential_ids: Sequence[str]) -> dict[str, int]: ...

    def raise_marks(self, marks: Mapping[tuple[str, str, str], int]) -> None:
        """Marks by tenant, account and credential; a mark never falls."""

    def sums(self, scopes: Sequence[str], day: int) -> dict[Slot, Decimal]: ...

    def put_sums(self, sums: Mapping[Slot, Decimal]) -> None: ...


class Tables(NamedTuple):
    """All of a store, within one transaction."""

    objects: Objects
    wrapped: Wrapped
    journal: Workshop
    counts: Counts
    log: Log
    tallies: Tallies
    papers: Papers
    people: PeopleRows


class Engine(Protocol):
    """Keeps the rows. One thread at a time is inside `writing`, and one inside `reading`."""

    def reading(self) -> AbstractContextManager[Tables]:
        """One state of everything, for the gate: never waits for `looking` or `writing`."""

    def looking(self) -> AbstractContextManager[Tables]:
        """The same for people, who may take their time; any number of threads."""

    def writing(self) -> AbstractContextManager[Tables]:
        """One transaction: durable when the block ends, nothing of it when it raises. Raises InDoubt when the
        commit itself fails."""

    def tidy(self) -> None:
        """Put what was committed into its place now, over what was there before: a key that was destroyed, for one.
        Raises Unavailable."""

    def backup(self, path: str, now_ns: int, progress: Progress, seal: Seal | None = None) -> None:
        """A copy in a new file, sealed if there is what seals it. Raises Refused, Misconfigured, Unavailable."""

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
