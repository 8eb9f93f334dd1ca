"""The floor, spent consents, repeated questions, marks and sums in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from decimal import Decimal

from bitting.domain.errors import Tampered
from bitting.domain.money import amount_to_text
from bitting.gate.totals import Slot
from bitting.stores.ports import Ground
from bitting.stores.sqlite.failures import taken


class SqliteCounts:
    """Fits `ports.Counts`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany

    def ground(self) -> Ground:
        sql = "SELECT floor_ns, backed_up_at_ns, restored_at_ns, settled FROM ground"
        found = self._execute(sql).fetchone()
        if found is None:
            raise Tampered("the store has lost the row that says how far its time has come: restore a backup")
        floor_ns, backed_up_at_ns, restored_at_ns, settled = found
        return Ground(floor_ns, backed_up_at_ns, restored_at_ns, bool(settled))

    def raise_floor(self, floor_ns: int) -> None:
        self._execute("UPDATE ground SET floor_ns = max(floor_ns, ?)", (floor_ns,))

    def settle(self) -> None:
        self._execute("UPDATE ground SET settled = 1")

    def unsettle(self, now_ns: int) -> None:
        self._execute("UPDATE ground SET restored_at_ns = ?, settled = 0", (now_ns,))

    def spend(self, consent_id: str, expires_at_ms: int) -> None:
        with taken("this confirmation was used already; confirm the change again"):
            self._execute("INSERT INTO spent_consents VALUES (?, ?)", (consent_id, expires_at_ms))

    def forget_spent(self, before_ms: int) -> None:
        self._execute("DELETE FROM spent_consents WHERE expires_at_ms < ?", (before_ms,))

    def repeat(self, who: str, name: str) -> tuple[bytes, str] | None:
        found: tuple[bytes, str] | None = self._execute(
            "SELECT digest, object_id FROM repeats WHERE (who, name) = (?, ?)", (who, name)
        ).fetchone()
        return found

    def keep_repeat(self, who: str, name: str, digest: bytes, object_id: str, at_ms: int) -> None:
        with taken("this was asked under the same name at the same moment"):
            self._execute("INSERT INTO repeats VALUES (?, ?, ?, ?, ?)", (who, name, digest, object_id, at_ms))

    def forget_repeats(self, before_ms: int) -> None:
        self._execute("DELETE FROM repeats WHERE at_ms < ?", (before_ms,))

    def marks(self, credential_ids: Sequence[str]) -> dict[str, int]:
        sql = "SELECT credential_id, mark FROM marks WHERE credential_id = ?"
        return dict(found for each in credential_ids for found in self._execute(sql, (each,)))

    def raise_marks(self, marks: Mapping[tuple[str, str, str], int]) -> None:
        sql = """INSERT INTO marks VALUES (?, ?, ?, ?)
                 ON CONFLICT (tenant_id, account_id, credential_id) DO UPDATE SET mark = max(mark, excluded.mark)"""
        self._executemany(sql, [(*place, mark) for place, mark in marks.items()])

    def sums(self, scopes: Sequence[str], day: int) -> dict[Slot, Decimal]:
        sql = "SELECT kind, currency, amount FROM sums WHERE (scope, day) = (?, ?)"
        return {
            (scope, kind, currency, day): Decimal(amount)
            for scope in scopes
            for kind, currency, amount in self._execute(sql, (scope, day))
        }

    def put_sums(self, sums: Mapping[Slot, Decimal]) -> None:
        rows = [
            (scope, day, kind, currency, amount_to_text(amount))
            for (scope, kind, currency, day), amount in sums.items()
        ]
        self._executemany("REPLACE INTO sums VALUES (?, ?, ?, ?, ?)", rows)
