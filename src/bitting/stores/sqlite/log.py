"""The activity log in SQLite.

The six ids of a record repeat from one to the next, so they are a row of `callers`, and the record has its number:
that takes little more than half the room, and the index that finds a key's records is a fraction of what it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any, Final

from bitting.activity.ports import Observed, Query
from bitting.domain.activity import Outcome, Record
from bitting.gate.passage import DECLINED
from bitting.stores.ports import EXAMPLES, MOST_OBSERVED, KeptEntry, Unmapped

MOST_CALLERS_HELD: Final = 50_000

Caller = tuple[str, str, str, str, str, str]  # tenant, account, key, credential, wire id, dialect

_IDS: Final = "tenant account key credential wire_id dialect"
_OWN: Final = "at_ns request_id method path action pair verdict reason shown detail agent policy value currency"
_ids = itemgetter(*map(Record._fields.index, _IDS.split()))
_own = itemgetter(*map(Record._fields.index, _OWN.split()))

_ADD: Final = """
    INSERT INTO activity (caller, claimed, peer, at_ns, request_id, method, path, action, pair, verdict, reason, shown,
                          detail, agent, policy, value, currency)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_FIND_CALLER: Final = """
    SELECT caller FROM callers
    WHERE (tenant_id, account_id, key_id, credential_id, wire_id, dialect) = (?, ?, ?, ?, ?, ?)"""
_NEW_CALLER: Final = "INSERT INTO callers VALUES (NULL, ?, ?, ?, ?, ?, ?) RETURNING caller"
# In the order of `Record`; its peer is sealed and stands elsewhere.
_ENTRIES: Final = """
    SELECT at_ns, request_id, tenant_id, account_id, key_id, credential_id, wire_id || claimed, dialect, method, path,
           action, pair, verdict, reason, shown, detail, 0, agent, policy, value, currency, row, peer, status, note
    FROM activity JOIN callers USING (caller)
    WHERE """
_OBSERVED: Final = """
    WITH told AS (
        SELECT *, wire_id || claimed AS claim, status >= 400 OR note = :declined AS refused
        FROM activity JOIN callers USING (caller) WHERE at_ns >= :since_ns),
    placed AS (
        SELECT *, row_number() OVER (PARTITION BY key_id, claim, dialect, verdict, reason ORDER BY row DESC) AS place
        FROM told WHERE verdict = 'observed' OR (verdict = 'admitted' AND refused))
    SELECT key_id, claim, dialect, verdict, reason, count(*) AS times, sum(refused), sum(status > 0 AND NOT refused),
           group_concat(CASE WHEN place <= :examples THEN request_id END, ' ')
    FROM placed GROUP BY key_id, claim, dialect, verdict, reason
    ORDER BY times DESC, key_id, claim, reason LIMIT :most"""


class SqliteLog:
    """Fits `ports.Log`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany
        self._numbers: dict[Caller, int] = {}

    def forget(self) -> None:
        """The callers of a transaction that was rolled back have no numbers any more."""
        self._numbers.clear()

    def add(self, records: Sequence[Record], peers: Sequence[bytes]) -> None:
        if len(self._numbers) > MOST_CALLERS_HELD:
            self._numbers.clear()
        self._executemany(_ADD, list(map(self._row, records, peers)))

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        sql = "UPDATE activity SET status = ?, note = ? WHERE request_id = ?"
        self._executemany(sql, [(each.status, each.note, each.request_id) for each in outcomes])

    def count_unmapped(self, routes: Iterable[Unmapped]) -> None:
        sql = """INSERT INTO unmapped VALUES (?, ?, ?, ?, ?) ON CONFLICT (dialect, method, path) DO UPDATE
                 SET times = times + excluded.times, last_at_ns = max(last_at_ns, excluded.last_at_ns)"""
        self._executemany(sql, routes)

    def count_strangers(self, counts: Mapping[tuple[int, str, str], int]) -> None:
        sql = """INSERT INTO strangers VALUES (?, ?, ?, ?) ON CONFLICT (minute, dialect, reason) DO UPDATE
                 SET times = times + excluded.times"""
        self._executemany(sql, [(*place, count) for place, count in counts.items()])

    def entries(self, query: Query) -> list[KeptEntry]:
        conditions = ["row > :after"]
        conditions += [f"{each} = :{each}" for each in ("verdict", "reason", "request_id") if getattr(query, each)]
        values: dict[str, Any] = query._asdict()
        if not query.key and not query.account:
            return self._newest(conditions, values)
        # Caller by caller, each along its index: asked for all at once, SQLite would sort them all first.
        conditions.append("caller = :caller")
        found = [
            entry for caller in self._callers(query) for entry in self._newest(conditions, {**values, "caller": caller})
        ]
        found.sort(key=attrgetter("row"))
        return found[: query.most] if query.after else found[-query.most :]

    def observed(self, since_ns: int) -> list[Observed]:
        values = {"since_ns": since_ns, "declined": DECLINED, "examples": EXAMPLES, "most": MOST_OBSERVED}
        found = self._execute(_OBSERVED, values)
        return [Observed._make((*row, tuple(ids.split()))) for *row, ids in found]

    def last_used_ns(self, key_id: str) -> int | None:
        newest = self.entries(Query(key=key_id, most=1))
        return newest[0].record.at_ns if newest else None

    def unmapped(self) -> list[Unmapped]:
        sql = "SELECT dialect, method, path, times, last_at_ns FROM unmapped ORDER BY last_at_ns DESC"
        return [Unmapped(*found) for found in self._execute(sql)]

    def strangers(self, since_minute: int) -> dict[tuple[int, str, str], int]:
        sql = "SELECT minute, dialect, reason, times FROM strangers WHERE minute >= ? ORDER BY minute"
        found = self._execute(sql, (since_minute,))
        return {(minute, dialect, reason): times for minute, dialect, reason, times in found}

    def _row(self, record: Record, peer: bytes) -> tuple[Any, ...]:
        ids, claimed = _ids(record), ""
        if not record.key:  # a stranger may claim any wire id, and is no caller for it
            claimed, ids = record.wire_id, (*ids[:4], "", record.dialect)
        number = self._numbers.get(ids)
        if number is None:
            number = self._numbers[ids] = self._number(ids)
        return (number, claimed, peer, *_own(record))

    def _number(self, ids: Caller) -> int:
        found = self._execute(_FIND_CALLER, ids).fetchone()
        number: int = found[0] if found else self._execute(_NEW_CALLER, ids).fetchone()[0]
        return number

    def _callers(self, query: Query) -> list[int]:
        """The numbers of everybody the query may mean."""
        sql = "SELECT caller FROM callers WHERE account_id = :account"
        if query.key:
            sql = "SELECT caller FROM callers WHERE key_id = :key AND :account IN ('', account_id)"
        return [caller for (caller,) in self._execute(sql, query._asdict())]

    def _newest(self, conditions: list[str], values: dict[str, Any]) -> list[KeptEntry]:
        """The newest, or with `after` the next, in the order of their rows."""
        order = "ASC" if values["after"] else "DESC"
        sql = f"{_ENTRIES} {' AND '.join(conditions)} ORDER BY row {order} LIMIT :most"
        found = [
            KeptEntry(row, Record(*record), peer, status, note)
            for *record, row, peer, status, note in self._execute(sql, values)
        ]
        return found if values["after"] else found[::-1]
