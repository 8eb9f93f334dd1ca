"""The store as people read it: lists, names looked up, the log, and the journal, all of one moment.

Every key and account that is shown has passed `reading`; a row that does not pass is not shown as if it had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bitting.activity.ports import Entry, Observed, Query
from bitting.desk.ports import Listed
from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.errors import Malformed, Refused, Tampered
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.journal.ports import Storage
from bitting.stores.ledger import Ledger
from bitting.stores.ports import EVERY, MOST_CALLED, Engine, Ground, Progress, Tables
from bitting.stores.reading import Reader
from bitting.stores.scrub import FIRST, Place, Scrubbed, scrub
from bitting.stores.seals import Seals

MOST_NAMED: Final = 5  # candidates that are named when a name is not unique
MINUTE_NS: Final = 60_000_000_000


class Shelf:
    """One state of the store. It is good within `Store.read` only."""

    def __init__(self, tables: Tables, seals: Seals, engine: Engine, now_ns: int) -> None:
        self._tables = tables
        self._seals = seals
        self._engine = engine
        self._now_ns = now_ns
        self._reader = Reader(tables, seals)

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

    def find_key(self, text: str) -> Key:
        """By id, then by wire id, then by label; of keys with the same label, the one that is not revoked.

        Raises NotFound; Refused when there are several, naming them; Tampered.
        """
        objects = self._tables.objects
        # What is an id is never a label: a holder could label a key with the id of somebody else's.
        rows = objects.key_rows_called(text) if objects.key_row(text) is None else []
        if not rows:
            return self._reader.key(text)
        if len(rows) > 1:
            names = [f"{each.key_id} ({each.environment} {each.dialect} {each.wire_id})" for each in rows]
            raise _ambiguous("keys", text, names)
        return self._reader.key_of(rows[0])

    def accounts(self, after: str = "", most: int = EVERY) -> list[Account]:
        """All accounts, or the next `most` behind the id `after`, oldest first. Raises Tampered."""
        return [self._reader.account_of(row) for row in self._tables.objects.account_rows(after, most)]

    def find_account(self, text: str) -> Account:
        """By id, then by name. Raises NotFound; Refused when there are several, naming them; Tampered."""
        objects = self._tables.objects
        rows = objects.account_rows_called(text) if objects.account_row(text) is None else []
        if not rows:
            return self._reader.account(text)
        if len(rows) > 1:
            raise _ambiguous("accounts", text, [each.account_id for each in rows])
        return self._reader.account_of(rows[0])

    def house(self) -> tuple[HousePolicy, int]:
        """The house's rules and their version. Raises Tampered."""
        return self._reader.house()

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        """The house's table of actions for a dialect and its version. Raises Tampered."""
        return self._reader.actions(dialect)

    def activity(self, query: Query, now_ns: int) -> list[Entry]:
        """Records of the activity log; see `ActivityStore`. Raises Tampered."""
        return Ledger(self._tables, self._seals).entries(query, now_ns)

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
        return self._tables.log.observed(since_ns)

    def strangers(self, since_ns: int) -> Mapping[tuple[int, str, str], int]:
        """How often strangers were refused beyond the records that were kept: by minute since 1970, dialect, reason."""
        return self._tables.log.strangers(since_ns // MINUTE_NS)

    def usage(self, key_id: str) -> int | None:
        """When the key last proved itself, nanoseconds since 1970; None where the log knows of no use."""
        return self._tables.log.last_used_ns(key_id)

    def ground(self) -> Ground:
        """What is known about the store itself: its floor, backups, restores."""
        return self._tables.counts.ground()

    def journal_storage(self) -> Storage:
        """The journal's rows, to prove, export and check."""
        return self._tables.journal

    def scrub(self) -> list[str]:
        """What is wrong with the protected rows; see `scrub`."""
        return self.scrub_on(FIRST, EVERY).wrong

    def scrub_on(self, since: Place, most: int) -> Scrubbed:
        """The same of the next few from a place on."""
        return scrub(self._tables, self._seals, self._now_ns, since, most)

    def backup(self, path: str, progress: Progress) -> None:
        """A copy in a new file of mode 0600, checked before it gets its name; the sealed stay sealed.

        Raises Refused when there is something at `path`, or nothing to copy from; Unavailable.
        """
        self._engine.backup(path, self._now_ns, progress)


def _ambiguous(kind: str, text: str, names: list[str]) -> Refused:
    number = str(len(names)) if len(names) < MOST_CALLED else f"{MOST_CALLED} or more"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return Refused(f"{number} {kind} are called {text[:64]!r}; say which: {', '.join(names[:MOST_NAMED])}{more}")
