"""Every setting on which a promise rests is asked for again, and a difference is a reason not to start."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bitting.domain.errors import Misconfigured
from bitting.stores.sqlite import SqliteEngine, connection
from bitting.stores.sqlite.connection import READER, WRITER, open_reader, open_writer, require
from tests.stores.trial import Trial

OTHER = {
    "foreign_keys": 0,
    "trusted_schema": 1,
    "cell_size_check": 0,
    "busy_timeout": 0,
    "synchronous": "NORMAL",
    "secure_delete": 0,
    "wal_autocheckpoint": 0,
    "journal_size_limit": 1,
    "query_only": 0,
}


@pytest.mark.parametrize("setting", [each for each in WRITER if each != "journal_mode"])
def test_a_writer_that_is_set_otherwise_is_refused(database: Path, engine: SqliteEngine, setting: str) -> None:
    """`synchronous` NORMAL loses acknowledged commits when the power goes; the rest is as bad in its own way."""
    with closing(open_writer(database)) as writer:
        require(writer, WRITER)
        writer.execute(f"PRAGMA {setting} = {OTHER[setting]}").fetchall()
        with pytest.raises(Misconfigured, match=setting):
            require(writer, WRITER)


@pytest.mark.parametrize("setting", [each for each in READER if each not in ("journal_mode", "wal_autocheckpoint")])
def test_a_reader_that_is_set_otherwise_is_refused(database: Path, engine: SqliteEngine, setting: str) -> None:
    """The same for the connections that only read."""
    with closing(open_reader(database)) as reader:
        require(reader, READER)
        reader.execute(f"PRAGMA {setting} = {OTHER[setting]}").fetchall()
        with pytest.raises(Misconfigured, match=setting):
            require(reader, READER)


def test_a_disk_without_wal_is_refused(database: Path) -> None:
    """Where SQLite falls back from WAL to another journal, it does so without a word; we do not."""
    with closing(sqlite3.connect(":memory:")) as in_memory:
        in_memory.execute("PRAGMA journal_mode = wal").fetchall()
        with pytest.raises(Misconfigured, match="journal_mode = memory"):
            require(in_memory, {"journal_mode": "wal"})


def test_a_setting_this_sqlite_does_not_know_is_refused() -> None:
    """An unknown pragma is no error to SQLite; it is to us."""
    with closing(sqlite3.connect(":memory:")) as any_one, pytest.raises(Misconfigured, match="no_such = None"):
        require(any_one, {"no_such": 1})


def test_an_old_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without STRICT tables there is no house."""
    monkeypatch.setattr(connection, "OLDEST", (99, 0, 0))
    with closing(sqlite3.connect(":memory:")) as any_one, pytest.raises(Misconfigured, match="too old"):
        require(any_one, {})


def test_a_reader_cannot_write(database: Path, engine: SqliteEngine) -> None:
    """Neither rows nor the file: not by mistake, not by a checkpoint."""
    Trial(engine).account()  # so that there is something to be checkpointed
    with closing(open_reader(database)) as reader:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("UPDATE ground SET floor_ns = 1")
        with pytest.raises(sqlite3.OperationalError):
            reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def test_a_path_may_hold_anything(tmp_path: Path) -> None:
    """Question marks, hashes and blanks in a path are part of the path."""
    odd = tmp_path / "what? #1 100%"
    odd.mkdir()
    SqliteEngine.open(odd / "bitting.db").close()
    assert [each.name for each in odd.iterdir()] == ["bitting.db"]
