"""The shape of the database: numbered steps in plain SQL, up and down, each in one transaction.

`PRAGMA user_version` is the number of the last step taken. There is no other bookkeeping, and no step is ever
edited once it has been released.
"""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from typing import Final

from bitting.domain.errors import Misconfigured

APPLICATION_ID: Final = 0x42697474  # "Bitt"; the first step writes it


def _steps() -> dict[tuple[int, str], str]:
    """The SQL of each step by number and direction, from `0001_name.up.sql` and its like."""
    folder = files(__package__).joinpath("migrations")
    return {
        (int(file.name[:4]), file.name.split(".")[1]): file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    }


STEPS: Final = _steps()
NEWEST: Final = max(number for number, _ in STEPS)


def version(connection: sqlite3.Connection) -> int:
    """How far the database has come; 0 for an empty one. Raises Misconfigured for what is not ours, or newer."""
    made_by, at = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    empty = connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None
    if made_by != APPLICATION_ID and not (empty and made_by == at == 0):
        raise Misconfigured("the file is a database of another program: give the path of a database of Bitting")
    if at > NEWEST:
        raise Misconfigured(
            f"the database was written by a newer Bitting (its version is {at}, the newest known here {NEWEST}): "
            "upgrade Bitting, or restore a backup that was made before"
        )
    return at


def migrate(connection: sqlite3.Connection, to: int = NEWEST) -> None:
    """Take the steps between the database's version and `to`, up or down. Raises sqlite3.Error, Misconfigured."""
    at = version(connection)
    while at != to:
        number, direction, following = (at + 1, "up", at + 1) if at < to else (at, "down", at - 1)
        step = STEPS[number, direction]
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {step}; PRAGMA user_version = {following}; COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        at = following


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
