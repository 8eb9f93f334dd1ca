"""The store as people read it: lists, names looked up, the log, and the journal, all of one moment.

Every key and account that is shown has passed `reading`; a row that does not pass is not shown as if it had.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from bitting.activity.ports import Counted, CountQuery, Entry, Found, Observed, Query, Uses
from bitting.desk.ports import Listed, Told
from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.activity import Record
from bitting.domain.approval import Approval
from bitting.domain.change import NOBODY, Change, Personal
from bitting.domain.consent import Confirmation
from bitting.domain.errors import Malformed, NotFound, Refused, Shredded, Tampered
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.domain.user import User, name_from_text
from bitting.journal import log
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.excerpt import export_excerpt, of_account
from bitting.journal.leaf import Leaf
from bitting.journal.note import Verifier
from bitting.journal.ports import Storage
from bitting.stores.counting import Counting
from bitting.stores.head import check_head
from bitting.stores.people import StoredPeople
from bitting.stores.personal import is_houses, open_personal
from bitting.stores.ports import EVERY, MOST_CALLED, Engine, Ground, Progress, Seal, Tables
from bitting.stores.reading import Reader
from bitting.stores.scrub import FIRST, Place, Scrubbed, scrub
from bitting.stores.seals import Seals
from bitting.stores.search import Search
from bitting.stores.torn import torn

MOST_NAMED: Final = 5  # candidates that are named when a name is not unique


class Shelf:
    """One state of the store. It is good within `Store.read` only."""

    def __init__(
        self, tables: Tables, seals: Seals, engine: Engine, now_ns: int, strangers: Callable[[str], Record | None]
    ) -> None:
        self._strangers = strangers
        self._tables = tables
        self._seals = seals
        self._engine = engine
        self._now_ns = now_ns
        self._reader = Reader(tables, seals)
        self._counting = Counting(tables, seals, now_ns)
        self.people = StoredPeople(tables, seals, self._reader, now_ns)

    def keys(self, account: str | None) -> list[Key]:
        """All keys that pass, or those of one account; oldest first."""
        return self.listed(account).keys

    def listed(self, account: str | None, after: str = "", most: int = EVERY) -> Listed:
        """All keys, those of one account, or the next `most` behind the id `after`, oldest first: those that pass, and
        the id of each that does not, with the reason. One forged row must not hide the others from whoever looks for
        it."""
        keys: list[Key] = []
        damaged: list[str] = []
        last = ""
        for row in self._tables.objects.key_rows(account, after, most if most == EVERY else most + 1):
            if len(keys) + len(damaged) == most:
                return Listed(keys, damaged, last)
            last = row.key_id
            try:
                keys.append(self._reader.key_of(row))
            except (Malformed, Tampered) as problem:
                damaged.append(f"{row.key_id}: {problem}")
        return Listed(keys, damaged, None)

    def find_key(self, text: str, within: Collection[str] | None = None) -> Key:
        """By id, then by wire id, then by label; of keys with the same label, the one that is not revoked. `within` are
        the accounts it may belong to: a key of any other is not there at all.

        Raises NotFound; Refused when there are several, naming them; Tampered.
        """
        objects = self._tables.objects
        own = objects.key_row(text)
        if own is not None and (within is None or own.account_id in within):
            return self._reader.key_of(own)
        # What is an id is never a label: a holder could label a key with the id of somebody else's.
        rows = objects.key_rows_called(text, within) if own is None else []
        if not rows:
            raise self._reader.missing("key", text, within)
        if len(rows) > 1:
            names = [f"{each.key_id} ({each.environment} {each.dialect} {each.wire_id})" for each in rows]
            raise _ambiguous("keys", text, names)
        return self._reader.key_of(rows[0])

    def accounts(self, after: str = "", most: int = EVERY) -> list[Account]:
        """All accounts, or the next `most` behind the id `after`, oldest first. Raises Tampered."""
        return [self._reader.account_of(row) for row in self._tables.objects.account_rows(after, most)]

    def find_account(self, text: str, within: Collection[str] | None = None) -> Account:
        """By id, then by name; `within` are those it may be one of. Raises NotFound; Refused when there are several,
        naming them; Tampered."""
        objects = self._tables.objects
        own = objects.account_row(text)
        if own is not None and (within is None or own.account_id in within):
            return self._reader.account_of(own)
        rows = objects.account_rows_called(text) if own is None else []
        if within is not None:
            rows = [
                each for each in (objects.account_row(one) for one in within) if each is not None and each.name == text
            ]
        if not rows:
            raise self._reader.missing("account", text, within)
        if len(rows) > 1:
            raise _ambiguous("accounts", text, [each.account_id for each in rows])
        return self._reader.account_of(rows[0])

    def chain(self, account_id: str) -> tuple[Account, ...]:
        """The account, then its parents. Raises NotFound, Tampered."""
        return self._reader.chain(account_id)

    def house(self) -> tuple[HousePolicy, int]:
        """The house's rules and their version. Raises Tampered."""
        return self._reader.house()

    def user(self, user_id: str) -> User:
        """Raises NotFound, Tampered."""
        return self.people.user(user_id)

    def find_user(self, text: str) -> User:
        """By id, then by name. Raises NotFound, Tampered."""
        if "@" not in text:
            return self.people.user(text)
        found = self.people.user_named(name_from_text(text))
        if found is None:
            raise NotFound(f"there is no user {text[:64]}")
        return found

    def users(self, after: str = "", most: int = EVERY) -> list[User]:
        """All users, or the next `most` behind the id `after`, oldest first. Raises Tampered."""
        return self.people.users(after, most)

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        """The house's table of actions for a dialect and its version. Raises Tampered."""
        return self._reader.actions(dialect)

    def approval(self, approval_id: str) -> Approval:
        """Raises NotFound, Tampered."""
        return self._reader.approval(approval_id)

    def approvals(self, before: str, most: int) -> list[Approval]:
        """The next `most` older than the one with the id `before`, newest first. Raises Tampered."""
        return [self._reader.approval_of(row) for row in self._tables.papers.newest("approval", before, most)]

    def confirmation(self, confirmation_id: str) -> Confirmation:
        """Raises NotFound, Tampered."""
        return self._reader.confirmation(confirmation_id)

    def activity(self, query: Query, now_ns: int) -> Found:
        """Records of the activity log; see `ActivityStore`. A stranger's refusal that was only counted is found by its
        request id as long as it is remembered: it has row 0. Raises Tampered."""
        found = Search(self._tables, self._seals, now_ns).find(query)
        if found.entries or not query.request_id or query.key or query.account:
            return found
        remembered = self._strangers(query.request_id)
        return found if remembered is None else Found([Entry(0, remembered, 0, "")], None)

    def unmapped(self) -> list[Mapping[str, Any]]:
        """Refused routes that no table of actions names, the latest first: dialect, method, path, count, last_at_ns."""
        return [
            {
                "dialect": each.dialect,
                "method": each.method,
                "path": each.path,
                "count": each.times,
                "last_at_ns": each.last_at_ns,
            }
            for each in self._tables.log.unmapped()
        ]

    def observed(self, since_ns: int) -> list[Observed]:
        """Where doors that observe and the exchange differ, and where not; the most frequent first."""
        return self._counting.observed(since_ns)

    def counted(self, query: CountQuery, now_ns: int) -> list[Counted]:
        """How many decisions in each period; see `ActivityStore`. Raises MalformedValue, Tampered."""
        return Counting(self._tables, self._seals, now_ns).counted(query)

    def uses(self, key_id: str, now_ns: int) -> Uses:
        """Who used a key, from where, for what; see `ActivityStore`. Raises Tampered."""
        return Counting(self._tables, self._seals, now_ns).uses(key_id)

    def usage(self, key_id: str) -> int | None:
        """When the key last proved itself, nanoseconds since 1970; None where the log knows of no use."""
        return self._counting.last_used_ns(key_id)

    def ground(self) -> Ground:
        """What is known about the store itself: its floor, backups, restores."""
        return self._tables.counts.ground()

    def journal_storage(self) -> Storage:
        """The journal's rows, to prove, export and check."""
        return self._tables.journal

    def check_head(self) -> None:
        """Raises Tampered unless the journal ends where it was left."""
        check_head(self._tables, self._seals)

    def told(self, account: str | None, before: int | None, most: int, *, to_house: bool = True) -> list[Told]:
        """The newest records of the journal, or those before an index, oldest first; all, or those of one account.
        Raises Tampered, MalformedStored."""
        journal = self._tables.journal
        size = journal.journal_size()
        before = size if before is None else min(before, size)
        leaves: Iterable[Leaf]
        if account is None:
            leaves = log.read(journal, max(0, before - most), before)
        else:
            indexes = deque((leaf.index for leaf in of_account(journal, account, before)), most)
            leaves = (leaf for index in indexes for leaf in log.read(journal, index, index + 1))
        return [Told(leaf, *self._personal(leaf.change, to_house=to_house)) for leaf in leaves]

    def _personal(self, change: Change, *, to_house: bool) -> tuple[Personal, str]:
        """What was sealed with a record; nothing, and why, where it cannot be told."""
        if not change.sealed or (is_houses(change) and not to_house):
            return NOBODY, ""
        try:
            return open_personal(self._tables, self._seals, change, self._now_ns), ""
        except Shredded:
            return NOBODY, "shredded"
        except (Malformed, Tampered) as problem:
            return NOBODY, str(problem)

    def excerpt(self, account: str, trusted: Sequence[Verifier], cosigned: Sequence[Checkpoint]) -> Iterator[str]:
        """One account's records as a file; see `journal.excerpt`."""
        return export_excerpt(self._tables.journal, account, trusted, cosigned)

    def scrub(self) -> list[str]:
        """What is wrong with the protected rows; see `scrub`."""
        return self.scrub_on(FIRST, EVERY).wrong

    def scrub_on(self, since: Place, most: int) -> Scrubbed:
        """The same of the next few from a place on."""
        return scrub(self._tables, self._seals, self._now_ns, since, most)

    def torn(self) -> str | None:
        """What shows that rows and journal are of two moments; see `torn`."""
        return torn(self._tables, self._seals)

    def backup(self, path: str, progress: Progress, seal: Seal | None = None) -> None:
        """A copy in a new file of mode 0600, checked before it gets its name; the sealed stay sealed.

        Raises Refused when there is something at `path`, or nothing to copy from; Unavailable.
        """
        self._engine.backup(path, self._now_ns, progress, seal)


def _ambiguous(kind: str, text: str, names: list[str]) -> Refused:
    number = str(len(names)) if len(names) < MOST_CALLED else f"{MOST_CALLED} or more"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return Refused(f"{number} {kind} are called {text[:64]!r}; say which: {', '.join(names[:MOST_NAMED])}{more}")
