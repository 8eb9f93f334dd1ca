"""What people still have to sign, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from bitting.domain.errors import Conflict
from bitting.stores.ports import Mac
from bitting.stores.rows import PaperRow
from bitting.stores.sqlite.failures import taken

_PAPERS: Final = "SELECT kind, paper_id, owner, waits, until_ms, paper, version, mac FROM papers "
_NEXT: Final = """
    UPDATE papers SET (owner, waits, until_ms, paper, version, mac) = (?3, ?4, ?5, ?6, ?7, ?8)
    WHERE (kind, paper_id, version) = (?1, ?2, ?9)"""


class SqlitePapers:
    """Fits `ports.Papers`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def paper(self, kind: str, paper_id: str) -> PaperRow | None:
        return next(self._papers("WHERE (kind, paper_id) = (?, ?)", kind, paper_id), None)

    def waiting(self, kind: str, now_ms: int) -> list[PaperRow]:
        return list(self._papers("WHERE (kind, waits) = (?, 1) AND until_ms > ? ORDER BY paper_id", kind, now_ms))

    def owned(self, kind: str, owner: str, now_ms: int) -> int:
        sql = "SELECT count(*) FROM papers WHERE (kind, owner) = (?, ?) AND until_ms > ?"
        number: int = self._execute(sql, (kind, owner, now_ms)).fetchone()[0]
        return number

    def newest(self, kind: str, before: str, most: int) -> list[PaperRow]:
        where = "WHERE kind = ?1 AND (?2 = '' OR paper_id < ?2) ORDER BY paper_id DESC LIMIT ?3"
        return list(self._papers(where, kind, before, most))

    def put_paper(self, row: PaperRow, before: int) -> None:
        meanwhile = f"the {row.kind} was used meanwhile; look again"
        if before == 0:
            with taken(meanwhile):
                self._execute("INSERT INTO papers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        elif self._execute(_NEXT, (*row, before)).rowcount != 1:
            raise Conflict(meanwhile)

    def forget_papers(self, kind: str, before_ms: int) -> None:
        self._execute("DELETE FROM papers WHERE kind = ? AND until_ms < ?", (kind, before_ms))

    def macs(self) -> Iterator[Mac]:
        return map(Mac._make, self._execute("SELECT 'papers', '', kind || ' ' || paper_id, mac FROM papers"))

    def put_mac(self, mac: Mac) -> None:
        self._execute("UPDATE papers SET mac = ?1 WHERE kind || ' ' || paper_id = ?2", (mac.mac, mac.id))

    def _papers(self, where: str, *values: str | int) -> Iterator[PaperRow]:
        return map(PaperRow._make, self._execute(_PAPERS + where, values))
