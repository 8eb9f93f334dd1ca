"""What is counted and numbered of the activity, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bitting.activity.ports import CountQuery, Step
from bitting.stores.known import Place
from bitting.stores.log_ports import Alikeness, Caller, CallerRow, CountRow, NameRow, ObservedRow, UseRow
from bitting.stores.numbers import EVERYBODY

_CALLER: Final = "SELECT caller, tenant_id, account_id, key_id, credential_id, wire_id, dialect, mark FROM callers"
_NAME: Final = "SELECT name, caller, kind, mark, box, first_ns, last_ns, times FROM names"
# Period by period and caller by caller: from one period to another there is everybody else in between.
_COUNTS: Final = """
    WITH RECURSIVE periods (period) AS (
        SELECT :first WHERE :first <= :last UNION ALL SELECT period + 1 FROM periods WHERE period < :last)
    SELECT period, {apart}, sum(times)
    FROM periods CROSS JOIN ({callers}) CROSS JOIN decisions USING (period, caller)
    WHERE step = :step GROUP BY {group} ORDER BY {group}"""
_OBSERVED: Final = "SELECT hour, caller, claimed, verdict, reason, times, refused, answered, newest FROM observed"


class SqliteTallies:
    """Fits `log_ports.Tallies`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany

    def caller(self, caller: Caller) -> int | None:
        sql = """SELECT caller FROM callers
                 WHERE (tenant_id, account_id, key_id, credential_id, wire_id, dialect) = (?, ?, ?, ?, ?, ?)"""
        return self._number(sql, caller)

    def add_caller(self, row: CallerRow) -> None:
        self._execute("INSERT INTO callers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (row.number, *row.caller, row.mark))

    def newest_caller(self) -> int:
        return self._number("SELECT max(caller) FROM callers") or 0

    def caller_rows(self, numbers: Iterable[int]) -> list[CallerRow]:
        found = [self._execute(f"{_CALLER} WHERE caller = ?", (number,)).fetchone() for number in numbers]
        return [CallerRow(number, Caller(*ids), mark) for number, *ids, mark in filter(None, found)]

    def callers_of(self, key: str, account: str) -> list[int]:
        return [caller for (caller,) in self._execute(*_callers(key, account, strangers=False))]

    def likeness(self, likeness: Alikeness) -> int:
        sql = "SELECT likeness FROM likenesses WHERE (action, verdict, reason) = (?, ?, ?)"
        found = self._number(sql, likeness)
        return found or self._new("INSERT INTO likenesses VALUES (NULL, ?, ?, ?)", likeness)

    def likenesses(self) -> dict[int, Alikeness]:
        found = self._execute("SELECT likeness, action, verdict, reason FROM likenesses")
        return {number: Alikeness(*row) for number, *row in found}

    def name(self, mark: bytes) -> int | None:
        return self._number("SELECT name FROM names WHERE mark = ?", (mark,))

    def add_name(self, row: NameRow) -> int:
        return self._new("INSERT INTO names VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row[1:])

    def names(self, numbers: Iterable[int]) -> list[NameRow]:
        found = [self._execute(f"{_NAME} WHERE name = ?", (number,)).fetchone() for number in numbers]
        return [NameRow(*row) for row in filter(None, found)]

    def names_of(self, caller: int) -> list[NameRow]:
        return [NameRow(*row) for row in self._execute(f"{_NAME} WHERE caller = ? ORDER BY name", (caller,))]

    def see_names(self, seen: Iterable[tuple[int, int, int, int]]) -> None:
        sql = """UPDATE names SET times = times + ?2, first_ns = min(first_ns, ?3), last_ns = max(last_ns, ?4)
                 WHERE name = ?1"""
        self._executemany(sql, seen)

    def drop_names(self, before_ns: Mapping[str, int], since: int, most: int) -> int:
        sql = "SELECT name, kind, last_ns FROM names WHERE name > ? ORDER BY name LIMIT ?"
        looked_at = self._execute(sql, (since, most)).fetchall()
        newest = self._number("SELECT max(name) FROM names")  # stays, so that its number is not given again
        old = [(name,) for name, kind, last_ns in looked_at if last_ns < before_ns[kind] and name != newest]
        self._executemany("DELETE FROM names WHERE name = ?", old)
        on: int = looked_at[-1][0] if len(looked_at) == most else 0
        return on

    def count(self, step: Step, rows: Iterable[CountRow]) -> None:
        sql = """INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
                 SET times = times + excluded.times"""
        self._executemany(sql, [(step.value, *row) for row in rows])

    def counts(self, query: CountQuery, columns: Sequence[str]) -> list[CountRow]:
        callers, ids = _callers(query.key, query.account, strangers=query.strangers)
        apart = ", ".join(each if each in columns else "0" for each in ("caller", "likeness", "block", "client"))
        sql = _COUNTS.format(callers=callers, apart=apart, group=", ".join(["period", *columns]))
        first, last = self._periods(query)
        values = {**ids, "step": query.step.value, "first": first, "last": last}
        return [CountRow(*row) for row in self._execute(sql, values)]

    def drop_counts(self, step: Step, before: int, most: int) -> int:
        key = "step, period, caller, likeness, block, client"
        return self._drop("decisions", key, "step = ? AND period < ?", (step.value, before), most)

    def put_uses(self, uses: Iterable[UseRow]) -> None:
        self._executemany("INSERT OR REPLACE INTO uses VALUES (?, ?, ?, ?, ?, ?)", uses)

    def uses(self, key_id: str) -> list[UseRow]:
        sql = """SELECT caller, at_ns, address, client, method, path FROM uses JOIN callers USING (caller)
                 WHERE key_id = ? ORDER BY caller"""
        return [UseRow(*row) for row in self._execute(sql, (key_id,))]

    def put_admitted(self, admitted: Mapping[tuple[int, str], int]) -> None:
        sql = """INSERT INTO admitted_actions VALUES (?, ?, ?) ON CONFLICT DO UPDATE
                 SET at_ns = max(at_ns, excluded.at_ns)"""
        self._executemany(sql, [(*place, at_ns) for place, at_ns in admitted.items()])

    def admitted(self, key_id: str) -> dict[str, int]:
        sql = """SELECT action, max(at_ns) FROM admitted_actions JOIN callers USING (caller) WHERE key_id = ?
                 GROUP BY action ORDER BY action"""
        return dict(self._execute(sql, (key_id,)).fetchall())

    def observed_row(self, place: Place) -> ObservedRow | None:
        sql = f"{_OBSERVED} WHERE (hour, caller, claimed, verdict, reason) = (?, ?, ?, ?, ?)"
        found = self._execute(sql, place).fetchone()
        return None if found is None else _observed(found)

    def put_observed_row(self, row: ObservedRow) -> None:
        sql = "INSERT OR REPLACE INTO observed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._execute(sql, (*row[:-1], " ".join(row.newest)))

    def observed(self, since_hour: int) -> list[ObservedRow]:
        sql = f"{_OBSERVED} WHERE hour >= ? ORDER BY hour DESC, caller, claimed, verdict, reason"
        return list(map(_observed, self._execute(sql, (since_hour,))))

    def drop_observed(self, before_hour: int, most: int) -> int:
        key = "hour, caller, claimed, verdict, reason"
        return self._drop("observed", key, "hour < ?", (before_hour,), most)

    def _drop(self, table: str, key: str, old: str, values: Sequence[Any], most: int) -> int:
        """Delete the first of the rows that are old."""
        rows = f"FROM {table} WHERE {old}"
        found = self._execute(f"SELECT {key} {rows} ORDER BY {key} LIMIT ?", (*values, most)).fetchall()
        if found:
            last = f"({key}) <= ({', '.join('?' * len(found[-1]))})"
            self._execute(f"DELETE {rows} AND {last}", (*values, *found[-1]))
        return len(found)

    def _periods(self, query: CountQuery) -> tuple[int, int]:
        """The first and the last period within the time that are there."""
        sql = """SELECT (SELECT min(period) FROM decisions WHERE step = ?1),
                        (SELECT max(period) FROM decisions WHERE step = ?1)"""
        oldest, newest = self._execute(sql, (query.step.value,)).fetchone()
        first, last = query.periods
        return (1, 0) if oldest is None else (max(first, oldest), min(last, newest))

    def _number(self, sql: str, values: Sequence[Any] = ()) -> int | None:
        found = self._execute(sql, values).fetchone()
        number: int | None = None if found is None else found[0]
        return number

    def _new(self, sql: str, values: Sequence[Any]) -> int:
        number: int = self._execute(f"{sql} RETURNING rowid", values).fetchone()[0]
        return number


def _callers(key: str, account: str, *, strangers: bool) -> tuple[str, dict[str, str]]:
    """A query for the numbers of those who are meant."""
    ids = {"key": key, "account": account, "wire_id": "" if strangers else EVERYBODY}
    if key:
        return "SELECT caller FROM callers WHERE key_id = :key AND :account IN ('', account_id)", ids
    if account:
        return "SELECT caller FROM callers WHERE account_id = :account", ids
    return "SELECT caller FROM callers WHERE key_id = '' AND wire_id = :wire_id", ids


def _observed(row: Sequence[Any]) -> ObservedRow:
    *counted, newest = row
    return ObservedRow._make((*counted, tuple(newest.split())))
