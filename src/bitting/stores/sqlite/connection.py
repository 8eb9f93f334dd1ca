"""Connections, and the settings without which none is used.

A setting that SQLite does not know is ignored by it without a word, and one that cannot be had is replaced (WAL on a
file system without shared memory). So each is asked for again, and a difference is a reason not to start: with
`synchronous` at NORMAL, which most tutorials give, a power cut takes commits back that were acknowledged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bitting.domain.errors import Misconfigured
from bitting.stores.sqlite.migrate import version

OLDEST: Final = (3, 37, 0)
BUSY_MS: Final = 500  # the only one who ever waits is us, for a program that should not be there

_EVERY: Final[Mapping[str, int | str]] = {
    "foreign_keys": 1,
    "trusted_schema": 0,  # what stands in a schema that somebody edited is not run
    "cell_size_check": 1,
    "busy_timeout": BUSY_MS,
}
WRITER: Final[Mapping[str, int | str]] = {
    **_EVERY,
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a commit is on the disk when it returns
    "secure_delete": 1,  # else a key that was destroyed stays in the file until something else comes in its place
    "wal_autocheckpoint": 1000,
    "journal_size_limit": 64 * 2**20,
}
READER: Final[Mapping[str, int | str]] = {
    **_EVERY,
    "journal_mode": "wal",
    "query_only": 1,
    "wal_autocheckpoint": 0,  # one connection checkpoints, the writer's: see the WAL-reset bug in 0003-sqlite.md
}


def open_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes. Raises sqlite3.Error, Misconfigured."""
    writer = _open(path, "rw", WRITER)
    try:
        # SQLite opens what it may not write without a word, to read from it.
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("ROLLBACK")
    except sqlite3.Error:
        writer.close()
        raise
    return writer


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read, beside the writer's. Raises sqlite3.Error, Misconfigured."""
    return _open(path, "ro", READER)


def require(connection: sqlite3.Connection, settings: Mapping[str, int | str]) -> None:
    """Raises Misconfigured unless every setting is as it must be."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise Misconfigured(f"SQLite {sqlite3.sqlite_version} is too old: it has no STRICT tables")
    for name, wanted in settings.items():
        found = connection.execute(f"PRAGMA {name}").fetchone()
        if found is None or found[0] != wanted:
            raise Misconfigured(
                f"SQLite {sqlite3.sqlite_version} has {name} = {found and found[0]} and must have {wanted}: "
                "use another build of SQLite, or a local file system for the data folder"
            )


def _open(path: Path, mode: str, settings: Mapping[str, int | str]) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    # Each connection is used by one thread at a time, and not always by the one that opened it.
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        version(connection)  # before anything is set: that writes, and the file may be somebody else's
        for name, value in settings.items():
            connection.execute(f"PRAGMA {name} = {value}").fetchall()
        require(connection, settings)
    except BaseException:
        connection.close()
        raise
    return connection
