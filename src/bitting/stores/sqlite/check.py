"""Whether a database's pages hang together, as SQLite itself can tell."""

from __future__ import annotations

import sqlite3
from typing import Literal

from bitting.domain.errors import Misconfigured


def check(connection: sqlite3.Connection, how: Literal["quick_check", "integrity_check"]) -> None:
    """Raises Misconfigured at the first thing that is wrong, sqlite3.Error when it cannot even be read.

    The quick check does not compare indexes with their tables.
    """
    found = connection.execute(f"PRAGMA {how}(1)").fetchone()[0]
    if found != "ok":
        raise Misconfigured(f"the database is damaged: keep the file, and restore a backup ({found})")
