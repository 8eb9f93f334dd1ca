"""The engine over one SQLite file in WAL mode.

Rules: one connection writes, and no other ever checkpoints. The gate reads through a second one that can only read
and waits for no write; people get a connection of their own for each look. A commit has been synced to the disk when
it returns, or the engine does not start.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

from bitting.domain.errors import Misconfigured, Unavailable
from bitting.stores.ports import InDoubt, Progress, Seal, Tables
from bitting.stores.sqlite import file
from bitting.stores.sqlite.backup import backup
from bitting.stores.sqlite.check import check
from bitting.stores.sqlite.connection import open_reader, open_writer
from bitting.stores.sqlite.counts import SqliteCounts
from bitting.stores.sqlite.failures import starting, translated, unavailable
from bitting.stores.sqlite.journal import SqliteJournal
from bitting.stores.sqlite.log import SqliteLog
from bitting.stores.sqlite.migrate import migrate
from bitting.stores.sqlite.objects import SqliteObjects, SqliteWrapped
from bitting.stores.sqlite.papers import SqlitePapers
from bitting.stores.sqlite.people import SqlitePeople
from bitting.stores.sqlite.tallies import SqliteTallies

# Reading a database through takes seconds for each gigabyte; a larger one is left to whoever asks for it.
MOST_CHECKED_AT_START: Final = 256 * 2**20


class SqliteEngine:
    """Fits `ports.Engine`."""

    def __init__(self, path: Path, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self._path = path
        self._writer = writer
        self._reader = reader
        self._writing = Lock()
        self._reading = Lock()
        self._copying = Lock()
        self._tables = _tables(writer)

    @classmethod
    def open(cls, path: Path) -> SqliteEngine:
        """Open the database at `path`, or make one, brought to the newest shape.

        Raises Misconfigured, with what to do: reachable by others, damaged, a backup, another program's, written by
        a newer Bitting, on a disk or with an SQLite that does not keep promises. Raises Unavailable where the disk
        is full or another program holds the database; Tampered where it has lost the row about itself.
        """
        file.check(path)
        with starting(path):
            if not path.exists():
                _found(path)
            writer = open_writer(path)
            try:
                if path.stat().st_size <= MOST_CHECKED_AT_START:
                    check(writer, "quick_check")
                migrate(writer)
                if SqliteCounts(writer).ground().backed_up_at_ns:
                    raise Misconfigured(f"{path} is a backup: `bitting backup restore` makes a database of it")
                reader = open_reader(path)
            except BaseException:
                writer.close()
                raise
        file.check(path)
        return cls(path, writer, reader)

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        with self._reading, _one_state(self._reader) as tables:
            yield tables

    @contextmanager
    def looking(self) -> Iterator[Tables]:
        with translated(), closing(open_reader(self._path)) as connection, _one_state(connection) as tables:
            yield tables

    @contextmanager
    def writing(self) -> Iterator[Tables]:
        with self._writing, translated():
            self._leave()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._tables
                self._commit()
            except BaseException:
                with suppress(sqlite3.Error):  # what stays open is left when the next one begins
                    self._leave()
                raise

    def tidy(self) -> None:
        """Empty the log into the database, as far as nobody is reading what was before; the next one does the rest."""
        with self._writing, translated():
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def backup(self, path: str, now_ns: int, progress: Progress, seal: Seal | None = None) -> None:
        with self._copying, translated():
            backup(self._path, Path(path), now_ns, progress, seal)

    def close(self) -> None:
        """The writer goes last, since the last to go checkpoints."""
        self._reader.close()
        self._writer.close()

    def _commit(self) -> None:
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as problem:
            raise InDoubt(str(unavailable(problem))) from problem

    def _leave(self) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")


def _found(path: Path) -> None:
    """Make a database of the newest shape, which is there whole or not at all: an empty one, of somebody who died over
    it, would look like one that was emptied."""
    draft = path.with_name(f"{path.name}.new")
    try:
        for each in file.sides(draft):
            each.unlink(missing_ok=True)
        file.create(draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            migrate(connection)
        file.keep(draft)
        draft.rename(path)
        file.keep(path)
    except OSError as problem:
        raise Unavailable(f"{path} cannot be made: {problem.strerror}") from problem


@contextmanager
def _one_state(connection: sqlite3.Connection) -> Iterator[Tables]:
    with translated():
        connection.execute("BEGIN")
        try:
            yield _tables(connection)
        finally:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")


def _tables(connection: sqlite3.Connection) -> Tables:
    return Tables(
        SqliteObjects(connection),
        SqliteWrapped(connection),
        SqliteJournal(connection),
        SqliteCounts(connection),
        SqliteLog(connection),
        SqliteTallies(connection),
        SqlitePapers(connection),
        SqlitePeople(connection),
    )
