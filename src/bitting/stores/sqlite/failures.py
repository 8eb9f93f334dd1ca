"""What SQLite says when it fails, in words for whoever has to do something about it.

Everything that is not a row in the wrong place is Unavailable: the gate refuses, and tries again. The result codes
are those of https://www.sqlite.org/rescode.html.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bitting.domain.errors import Conflict, MalformedValue, Misconfigured, Unavailable

_TO_DO: Final = {
    sqlite3.SQLITE_BUSY: "another program holds the database: stop it, for only one may write to a data folder",
    sqlite3.SQLITE_FULL: "the disk is full: free some space",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write: look at the disk and at its limits",
    sqlite3.SQLITE_READONLY: "the database cannot be written to: look at the owner and mode of file and folder",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened: look at the owner and mode of file and folder",
    sqlite3.SQLITE_CORRUPT: "the database is damaged: stop, keep the file, and restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is no database: stop, keep it, and restore a backup",
}
_PASSING: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_TAKEN: Final = (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)


def unavailable(problem: sqlite3.Error) -> Unavailable:
    """The failure in our words, with SQLite's name for it."""
    code = getattr(problem, "sqlite_errorcode", None)  # the module's own complaints have none
    if code is None:
        return Unavailable(f"the database cannot be used: {problem}")
    words = _TO_DO.get(code & 0xFF, f"the database refused: {problem}")
    return Unavailable(f"{words} ({getattr(problem, 'sqlite_errorname', code)})")


@contextmanager
def translated() -> Iterator[None]:
    """Let SQLite's exceptions out as ours."""
    try:
        yield
    except sqlite3.Error as problem:
        raise unavailable(problem) from problem
    except UnicodeEncodeError as problem:  # half of a surrogate pair, from a command line for one
        raise MalformedValue("a text that is no Unicode cannot be stored or looked for") from problem


@contextmanager
def starting(path: Path) -> Iterator[None]:
    """The same where the database is opened: what will not pass by itself is Misconfigured."""
    try:
        yield
    except sqlite3.Error as problem:
        ours = unavailable(problem)
        if getattr(problem, "sqlite_errorcode", 0) & 0xFF in _PASSING:
            raise ours from problem
        raise Misconfigured(f"{path}: {ours}") from problem


@contextmanager
def taken(words: str) -> Iterator[None]:
    """Let a row whose place is taken out as Conflict, with these words."""
    try:
        yield
    except sqlite3.IntegrityError as problem:
        if problem.sqlite_errorcode in _TAKEN:
            raise Conflict(words) from problem
        raise
