"""Somebody who can write to the database and has no key: edits, deletes and puts back rows past Bitting.

The same words for every engine; tables and columns are those of the SQL schema.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from bitting.journal.ports import StoredCheckpoint, StoredLeaf
from bitting.stores.log_ports import Caller, CallerRow, LogHead, NameRow, Page
from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.ports import Ground
from bitting.stores.rows import AccountKeyRow, AccountRow, ActionsRow, CredentialRow, HouseRow, KeyRow, PaperRow

Row = dict[str, Any]

_BY = {"journal_nodes": ("level", "place"), "papers": ("kind", "paper_id"), "account_keys": ("tenant_id", "account_id")}

COLUMNS: dict[str, tuple[str, ...]] = {
    "house": HouseRow._fields,
    "actions": ActionsRow._fields,
    "papers": PaperRow._fields,
    "accounts": AccountRow._fields,
    "account_keys": AccountKeyRow._fields,
    "keys": KeyRow._fields[:-1],
    "credentials": CredentialRow._fields,
    "journal_leaves": ("leaf_index", "kind", "object_id", "leaf"),
    "journal_nodes": ("level", "place", "hash"),
    "checkpoints": ("size", "note"),
}


class Vandal(Protocol):
    """What can be done to a table."""

    def rows(self, table: str) -> list[Row]:
        """All of them, in no special order."""

    def edit(self, table: str, row: Row, **columns: Any) -> None:
        """Change columns of exactly this row."""

    def delete(self, table: str, row: Row) -> None: ...

    def insert(self, table: str, row: Row) -> None:
        """Put a row back that was taken out."""


class SqliteVandal:
    """By another connection to the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, table: str) -> list[Row]:
        with closing(sqlite3.connect(self._path)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(each) for each in connection.execute(f"SELECT * FROM {table}")]

    def edit(self, table: str, row: Row, **columns: Any) -> None:
        assignments = ", ".join(f"{each} = ?" for each in columns)
        self._write(f"UPDATE {table} SET {assignments} WHERE {_same(row)}", (*columns.values(), *row.values()))

    def delete(self, table: str, row: Row) -> None:
        self._write(f"DELETE FROM {table} WHERE {_same(row)}", tuple(row.values()))

    def insert(self, table: str, row: Row) -> None:
        self._write(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", tuple(row.values()))

    def _write(self, sql: str, values: tuple[Any, ...]) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            assert connection.execute(sql, values).rowcount == 1


class MemoryVandal:
    """By the dicts themselves. A row that is edited stays where it was found, save those of `_BY`."""

    def __init__(self, engine: MemoryEngine) -> None:
        self._objects = engine.objects
        self._tables: dict[str, tuple[dict[Any, Any], Callable[[Any, Any], Row], Callable[[Row], Any]]] = {
            "house": (engine.objects.house, _fields, lambda row: HouseRow(**row)),
            "actions": (engine.objects.actions, _fields, lambda row: ActionsRow(**row)),
            "papers": (engine.papers.papers, _fields, lambda row: PaperRow(**row)),
            "accounts": (engine.objects.accounts, _fields, lambda row: AccountRow(**row)),
            "account_keys": (engine.wrapped.account_keys, _fields, lambda row: AccountKeyRow(**row)),
            "keys": (engine.objects.keys, _fields, lambda row: KeyRow(**row)),
            "ground": (
                engine.counts.grounds,
                lambda one, each: {"one": one, **each._asdict()},
                lambda row: Ground(*list(row.values())[1:]),
            ),
            "activity_head": (
                engine.log.heads,
                lambda one, head: {
                    "one": one,
                    "first_page": head.first,
                    "last_page": head.last,
                    "mark": head.mark,
                    "seal": head.seal,
                },
                lambda row: LogHead(*list(row.values())[1:]),
            ),
            "activity_pages": (
                engine.log.paged,
                lambda _, page: {
                    "page": page.number,
                    "oldest_ns": page.oldest_ns,
                    "top_ns": page.top_ns,
                    "before": page.before,
                    "mark": page.mark,
                    "body": page.body,
                },
                lambda row: Page(row["page"], row["oldest_ns"], row["top_ns"], row["body"], row["before"], row["mark"]),
            ),
            "activity_spans": (
                engine.log.spans,
                lambda span, _: {"day": span.day, "caller": span.caller, "span": span.number},
                lambda row: None,
            ),
            "activity_tellers": (
                engine.log.told,
                lambda place, _: {"page": place[0], "teller": place[1]},
                lambda row: None,
            ),
            "callers": (
                engine.tallies.callers,
                lambda number, row: {"caller": number, **_ids(row.caller), "mark": row.mark},
                lambda row: CallerRow(row["caller"], Caller(*list(row.values())[1:-1]), row["mark"]),
            ),
            "names": (
                engine.tallies.named,
                lambda number, row: {"name": number, **dict(list(row._asdict().items())[1:])},
                lambda row: NameRow(*row.values()),
            ),
            "journal_leaves": (
                engine.journal.leaves,
                lambda _, leaf: {
                    "leaf_index": leaf.index,
                    "kind": leaf.kind,
                    "object_id": leaf.id,
                    "leaf": leaf.leaf,
                },
                lambda row: StoredLeaf(*row.values()),
            ),
            "journal_nodes": (
                engine.journal.nodes,
                lambda place, hash: {"level": place[0], "place": place[1], "hash": hash},
                lambda row: row["hash"],
            ),
            "checkpoints": (
                engine.journal.notes,
                lambda _, each: {"size": each.size, "note": each.note},
                lambda row: StoredCheckpoint(**row),
            ),
        }

    def rows(self, table: str) -> list[Row]:
        if table == "credentials":
            return [_fields(None, each) for key in self._objects.keys.values() for each in key.credentials]
        found, read, _ = self._tables[table]
        return [read(place, value) for place, value in found.items()]

    def edit(self, table: str, row: Row, **columns: Any) -> None:
        if table == "credentials":
            former, new = CredentialRow(**row), CredentialRow(**{**row, **columns})
            for id, key in self._objects.keys.items():
                kept = tuple(new if each == former else each for each in key.credentials)
                self._objects.keys[id] = key._replace(credentials=kept)
            return
        found, read, write = self._tables[table]
        place = next(place for place, value in found.items() if read(place, value) == row)
        changed = {**row, **columns}
        if table in _BY:
            del found[place]
            place = tuple(changed[each] for each in _BY[table])
        found[place] = write(changed)

    def delete(self, table: str, row: Row) -> None:
        found, read, _ = self._tables[table]
        self._place = next(place for place, value in found.items() if read(place, value) == row)
        del found[self._place]

    def insert(self, table: str, row: Row) -> None:
        found, _, write = self._tables[table]
        found[row["page"] if table == "activity_pages" else self._place] = write(row)


def _ids(caller: Caller) -> Row:
    names = ("tenant_id", "account_id", "key_id", "credential_id", "wire_id", "dialect")
    return dict(zip(names, caller, strict=True))


def _fields(_: Any, row: Any) -> Row:
    fields: Row = row._asdict()
    return fields


def _same(row: Row) -> str:
    return " AND ".join(f"{each} IS ?" for each in row)
