"""A backup is whole, private and finished before it has its name; a restore overwrites nothing and revives nothing."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bitting.activity.ports import Batch, Line
from bitting.domain.errors import Misconfigured, Refused, Unavailable
from bitting.gate.times import AHEAD_NS
from bitting.lifecycle.hold import pause
from bitting.lifecycle.revoke import revoke
from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.settle import settle
from bitting.stores.sqlite import SqliteEngine, restore
from bitting.stores.sqlite.migrate import NEWEST
from tests.stores.sqlite.faults import no_file_above, rot
from tests.stores.trial import Trial, record


@pytest.fixture
def trial(engine: SqliteEngine) -> Trial:
    trial = Trial(engine)
    account = trial.account()
    for number in range(30):
        trial.key(account, f"bot {number}")
    return trial


@pytest.fixture
def copy(trial: Trial, tmp_path: Path) -> Path:
    """A finished backup."""
    path = tmp_path / "copy.db"
    back_up(trial, path)
    return path


def back_up(trial: Trial, path: Path) -> list[tuple[int, int]]:
    steps: list[tuple[int, int]] = []
    trial.look(lambda shelf: shelf.backup(str(path), lambda done, total: steps.append((done, total))))
    return steps


def restored(copy: Path, now_ns: int) -> SqliteEngine:
    path = copy.with_name("restored.db")
    restore(copy, path, now_ns)
    return SqliteEngine.open(path)


def test_a_backup_is_whole_and_private(trial: Trial, tmp_path: Path) -> None:
    """One file of mode 0600 with all rows and the time it was made; its progress ends at the end."""
    steps = back_up(trial, tmp_path / "copy.db")
    assert steps[-1][0] == steps[-1][1] > 0
    assert sorted(each.name for each in tmp_path.iterdir() if "copy" in each.name) == ["copy.db"]
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("SELECT backed_up_at_ns FROM ground").fetchone() == (trial.now_ns,)
    with closing(restored(tmp_path / "copy.db", trial.now_ns)) as engine:
        other = Trial(engine)
        assert other.look(lambda shelf: shelf.keys(None)) == trial.look(lambda shelf: shelf.keys(None))
        assert other.look(lambda shelf: shelf.scrub()) == []
        for each in (other, trial):
            assert each.look(lambda shelf: shelf.ground()).backed_up_at_ns == 0


def test_a_backup_is_not_put_in_place_as_it_is(copy: Path) -> None:
    """It would be a house that does not know what it has forgotten."""
    with pytest.raises(Misconfigured, match="bitting restore"):
        SqliteEngine.open(copy)


def test_a_backup_is_of_one_moment(trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written while the copy is made does not delay it, and is not in it."""
    monkeypatch.setattr("bitting.stores.sqlite.backup.PAGES_A_STEP", 1)
    key = trial.look(lambda shelf: shelf.find_key("bot 7"))
    calls = 0

    def progress(done: int, total: int) -> None:
        nonlocal calls
        calls += 1
        if calls % 5 == 1:
            trial.store.write(Batch([Line(record(key), None)], [], {}, {}))

    trial.look(lambda shelf: shelf.backup(str(tmp_path / "copy.db"), progress))
    assert calls < 1000
    with closing(restored(tmp_path / "copy.db", trial.now_ns)) as engine:
        assert Trial(engine).look(lambda shelf: shelf.usage(key.id)) is None
    assert trial.look(lambda shelf: shelf.usage(key.id)) is not None


def test_a_backup_overwrites_nothing(trial: Trial, tmp_path: Path, database: Path) -> None:
    """Neither a file, nor the database itself, nor a draft that was left; a missing folder is said."""
    (tmp_path / "taken.db").write_text("precious")
    (tmp_path / "left.db.draft").write_text("precious")
    for path in (tmp_path / "taken.db", database, tmp_path / "left.db", tmp_path / "missing" / "copy.db"):
        with pytest.raises(Refused):
            back_up(trial, path)
    assert (tmp_path / "taken.db").read_text() == (tmp_path / "left.db.draft").read_text() == "precious"


def test_a_file_that_appears_meanwhile_is_not_overwritten(trial: Trial, tmp_path: Path) -> None:
    """Not even one that was not there when the copying began."""
    target = tmp_path / "copy.db"

    def appear(done: int, total: int) -> None:
        target.write_text("precious")

    with pytest.raises(Refused, match="File exists"):
        trial.look(lambda shelf: shelf.backup(str(target), appear))
    assert target.read_text() == "precious"


def test_a_copy_that_has_lost_leaves_is_thrown_away(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy with a shorter journal than its original is no backup, however sound it is."""
    counts = iter((31, 30))
    monkeypatch.setattr("bitting.stores.sqlite.backup._leaves", lambda connection: next(counts))
    with pytest.raises(Misconfigured, match="lost leaves"):
        back_up(trial, tmp_path / "copy.db")
    assert not [each for each in tmp_path.iterdir() if "copy" in each.name]


def test_a_backup_that_does_not_fit_leaves_nothing(trial: Trial, tmp_path: Path) -> None:
    """Where the disk is full there is no half of a backup, nor its draft."""
    with no_file_above(40_000), pytest.raises(Unavailable, match="disk"):
        back_up(trial, tmp_path / "copy.db")
    assert not [each for each in tmp_path.iterdir() if "copy" in each.name]


def test_a_house_in_memory_has_no_backup() -> None:
    """It says so."""
    with pytest.raises(Refused, match="in memory"):
        Trial(MemoryEngine()).look(lambda shelf: shelf.backup("copy.db", lambda done, total: None))


def test_a_restore_revives_nothing(trial: Trial, copy: Path, tmp_path: Path) -> None:
    """K-11, G12: a key that was revoked since works neither before the store is settled nor after it; time has moved
    past all that can have been admitted."""
    key = trial.look(lambda shelf: shelf.find_key("bot 7"))
    trial.do(lambda act: revoke(act, key.id))
    trial.store.commit_floor(trial.now_ns)
    restored_at_ns = trial.now_ns + 10**12
    with closing(restored(copy, restored_at_ns)) as engine:
        assert stat.S_IMODE((tmp_path / "restored.db").stat().st_mode) == 0o600
        later = Trial(engine)
        assert later.store.floor() == restored_at_ns + AHEAD_NS
        with pytest.raises(Unavailable, match="restored"):
            later.load(key)
        settle(later.store, restored_at_ns, "request-1")
        loaded = later.load(key)
        assert loaded is not None
        assert loaded.snapshot.house.frozen
        assert loaded.marks == {key.primary.id: restored_at_ns}


def test_a_restore_never_lowers_the_floor(trial: Trial, tmp_path: Path) -> None:
    """Where the backup's own floor is ahead, by a clock that was, it stays."""
    ahead_ns = trial.now_ns + 10**15
    trial.store.commit_floor(ahead_ns)
    back_up(trial, tmp_path / "copy.db")
    with closing(restored(tmp_path / "copy.db", trial.now_ns)) as engine:
        assert Trial(engine).store.floor() == ahead_ns


def test_a_restore_overwrites_nothing(copy: Path, database: Path, tmp_path: Path) -> None:
    """Neither a database nor what is left of one."""
    with pytest.raises(Refused, match="overwrites nothing"):
        restore(copy, database, 1)
    target = tmp_path / "other.db"
    target.with_name("other.db-wal").touch()
    with pytest.raises(Refused, match=r"other\.db-wal"):
        restore(copy, target, 1)


def test_what_is_no_backup_is_not_restored(copy: Path, tmp_path: Path) -> None:
    """Missing, empty, damaged, another program's, a newer Bitting's: said, and nothing is left at the target."""
    target = tmp_path / "restored.db"
    with pytest.raises(Refused, match="no backup"):
        restore(tmp_path / "missing.db", target, 1)
    empty = tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(Misconfigured, match="never finished"):
        restore(empty, target, 1)
    with closing(sqlite3.connect(empty)) as connection:
        connection.execute("CREATE TABLE songs (title)")
    with pytest.raises(Misconfigured, match="another program"):
        restore(empty, target, 1)
    whole = copy.read_bytes()
    rot(copy, 4096 * 3, 64)
    with pytest.raises(Misconfigured, match="restore a backup"):
        restore(copy, target, 1)
    copy.write_bytes(whole)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
    with pytest.raises(Misconfigured, match="newer Bitting"):
        restore(copy, target, 1)
    copy.write_bytes(whole[:1000])
    with pytest.raises(Misconfigured, match="restore a backup"):
        restore(copy, target, 1)
    assert not [each for each in tmp_path.iterdir() if "restored" in each.name]


def test_a_restored_house_goes_on(trial: Trial, copy: Path) -> None:
    """Its journal is whole, and new changes follow on the old ones."""
    with closing(restored(copy, trial.now_ns)) as engine:
        later = Trial(engine)
        settle(later.store, trial.now_ns, "request-1")
        key = later.look(lambda shelf: shelf.find_key("bot 7"))
        later.do(lambda act: pause(act, key.id))
        assert later.look(lambda shelf: shelf.scrub()) == []
