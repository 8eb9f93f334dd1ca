"""A database is opened when everything about it is as it must be, and otherwise said what to do."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bitting.domain.errors import Misconfigured, Unavailable
from bitting.stores.sqlite import SqliteEngine
from bitting.stores.sqlite import engine as engine_module
from bitting.stores.sqlite.migrate import NEWEST
from tests.stores.sqlite.faults import held_by_another, no_file_above, own_folder, rot
from tests.stores.trial import Trial


def refused(path: Path, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        SqliteEngine.open(path)


@pytest.fixture
def used(database: Path) -> Path:
    """A database somebody has worked with, closed."""
    with closing(SqliteEngine.open(database)) as engine:
        trial = Trial(engine)
        account = trial.account()
        for number in range(40):
            trial.key(account, f"bot {number}")
    return database


def test_only_the_owner_can_reach_it(database: Path, engine: SqliteEngine) -> None:
    """Database, WAL and shared memory have mode 0600, whatever the umask; WAL and memory go when it is closed."""
    Trial(engine).account()
    files = sorted(database.parent.iterdir())
    assert [each.name for each in files] == ["bitting.db", "bitting.db-shm", "bitting.db-wal"]
    assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
    engine.close()
    assert list(database.parent.iterdir()) == [database]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o700 | 0o010])
@pytest.mark.parametrize("side", ["", "-wal", "-shm"])
def test_a_file_that_others_reach_is_refused(used: Path, side: str, mode: int) -> None:
    """K-20: with the command that mends it."""
    file = used.with_name(used.name + side)
    file.touch()
    file.chmod(mode)
    refused(used, f"chmod 600 {file}")
    file.chmod(0o600)
    SqliteEngine.open(used).close()


def test_it_is_made_whole_or_not_at_all(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails while it is made leaves no database, and what is left is in nobody's way."""

    def fail(path: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr("bitting.stores.sqlite.file.keep", fail)
        with pytest.raises(Unavailable, match=r"bitting\.db cannot be made: Input/output error"):
            SqliteEngine.open(database)
    assert not database.exists()
    SqliteEngine.open(database).close()
    assert list(database.parent.iterdir()) == [database]


def test_what_is_no_file_is_refused(used: Path, tmp_path: Path) -> None:
    """A link, a folder, a pipe: the database is named itself, or not at all."""
    link, folder, pipe = tmp_path / "link.db", tmp_path / "folder.db", tmp_path / "pipe.db"
    link.symlink_to(used)
    folder.mkdir(mode=0o700)
    os.mkfifo(pipe, 0o600)
    for each in (link, folder, pipe):
        refused(each, "not a regular file")
    used.with_name("bitting.db-wal").symlink_to(used)
    refused(used, "not a regular file")


def test_somebody_elses_file_is_refused(tmp_path: Path) -> None:
    """A database that another user owns is not ours to write."""
    path = Path("/etc/hostname")
    if os.geteuid() == 0:
        path = tmp_path / "bitting.db"
        path.touch(0o600)
        os.chown(path, 1, 1)
    refused(path, "belongs to another user")


def test_a_folder_that_does_not_allow_it_is_refused(tmp_path: Path) -> None:
    """No folder, a file in its place, no permission: said, with the path."""
    refused(tmp_path / "missing" / "bitting.db", "cannot be created")
    (tmp_path / "file").touch()
    refused(tmp_path / "file" / "bitting.db", "cannot be looked at")
    with own_folder() as folder:
        folder.chmod(0o500)
        refused(folder / "bitting.db", "cannot be created")
        folder.chmod(0o700)
        SqliteEngine.open(folder / "bitting.db").close()
        folder.chmod(0o500)
        refused(folder / "bitting.db", "owner and mode")
        folder.chmod(0o700)
        (folder / "bitting.db").chmod(0o400)
        refused(folder / "bitting.db", "chmod 600")


def test_a_damaged_file_is_refused(used: Path, tmp_path: Path) -> None:
    """Rotten pages, a cut end, and what never was a database: restore a backup."""
    whole = used.read_bytes()
    for name, content in (
        ("cut", whole[: len(whole) // 2]),
        ("garbage", b"not a database at all" * 1000),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o600)
        refused(path, "restore a backup")
    page = 4096
    for at in range(page, len(whole), 4 * page):
        rot(used, at, 64)
        refused(used, "restore a backup")
        used.write_bytes(whole)


def test_a_large_file_is_left_to_the_doctor(used: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a size, pages are not read through at start; what cannot be read is Unavailable when it is asked for."""
    monkeypatch.setattr(engine_module, "MOST_CHECKED_AT_START", 0)
    with closing(sqlite3.connect(used)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'house'").fetchone()
    rot(used, 4096 * (root - 1), 64)
    with closing(SqliteEngine.open(used)) as engine, pytest.raises(Unavailable, match="restore a backup"):
        Trial(engine).look(lambda shelf: shelf.house())


def test_a_newer_database_is_refused(used: Path) -> None:
    """What a newer Bitting wrote is not guessed at."""
    with closing(sqlite3.connect(used)) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
    refused(used, "written by a newer Bitting")


@pytest.mark.parametrize("sql", ["CREATE TABLE songs (title)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"])
def test_another_programs_database_is_left_alone(database: Path, sql: str) -> None:
    """It is refused, and not one byte of it is changed."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(sql)
        connection.commit()
    database.chmod(0o600)
    before = database.read_bytes()
    refused(database, "another program")
    assert database.read_bytes() == before
    assert list(database.parent.iterdir()) == [database]


def test_a_disk_without_room_is_unavailable(database: Path) -> None:
    """Not even the first tables fit: Unavailable, and good again when there is room."""
    with no_file_above(8192), pytest.raises(Unavailable, match="disk"):
        SqliteEngine.open(database)
    SqliteEngine.open(database).close()


def test_a_database_in_somebodys_hands_is_unavailable(database: Path, used: Path) -> None:
    """While another program is writing a database for the first time, it is not opened."""
    fresh = database.with_name("fresh.db")
    fresh.touch(0o600)
    with held_by_another(fresh), pytest.raises(Unavailable, match="another program"):
        SqliteEngine.open(fresh)
    SqliteEngine.open(fresh).close()


def test_it_survives_being_opened_again(used: Path) -> None:
    """What was there is there, as often as it is opened."""
    for _ in range(3):
        with closing(SqliteEngine.open(used)) as engine:
            trial = Trial(engine)
            assert len(trial.look(lambda shelf: shelf.keys(None))) == 40
            assert trial.look(lambda shelf: shelf.scrub()) == []
