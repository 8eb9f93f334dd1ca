"""A backup is whole, private and finished before it has its name; a restore overwrites nothing and revives nothing."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.activity.ports import Batch, Line
from bitting.domain.errors import Misconfigured, Refused, Unavailable
from bitting.gate.times import AHEAD_NS
from bitting.journal.note import Signer
from bitting.lifecycle.hold import pause
from bitting.lifecycle.revoke import revoke
from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.settle import settle
from bitting.stores.sqlite import SqliteEngine, restore
from bitting.stores.sqlite.backup import examine
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
    with pytest.raises(Misconfigured, match="bitting backup restore"):
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


def sealed(trial: Trial, target: Path, seal: Callable[[Path, Path], None]) -> None:
    trial.look(lambda shelf: shelf.backup(str(target), lambda done, total: None, seal))


def test_what_is_sealed_is_made_beside_the_database(trial: Trial, tmp_path: Path) -> None:
    """The copy that is not sealed is private, whole, and never where the backup goes; nor is it left behind."""
    (target := tmp_path / "share").mkdir()
    seen: list[Path] = []

    def seal(plain: Path, draft: Path) -> None:
        seen.append(plain)
        assert stat.S_IMODE(plain.stat().st_mode) == stat.S_IMODE(draft.stat().st_mode) == 0o600
        assert (plain.parent, draft.parent, draft.stat().st_size) == (tmp_path, target, 0)
        with closing(sqlite3.connect(plain)) as connection:
            assert connection.execute("SELECT backed_up_at_ns FROM ground").fetchone() == (trial.now_ns,)
        draft.write_bytes(b"sealed")

    for name in ("one.age", "two.age"):
        sealed(trial, target / name, seal)
        assert (target / name).read_bytes() == b"sealed"
    assert not seen[0].exists()
    assert sorted(each.name for each in target.iterdir()) == ["one.age", "two.age"]


def test_what_cannot_be_sealed_leaves_nothing(trial: Trial, tmp_path: Path) -> None:
    """Neither a file with the backup's name, nor a draft, nor the copy."""

    def fail(plain: Path, draft: Path) -> None:
        draft.write_bytes(b"half")
        raise Unavailable("the disk failed")

    with pytest.raises(Unavailable, match="the disk failed"):
        sealed(trial, tmp_path / "copy.age", fail)
    assert [each.name for each in tmp_path.iterdir() if "copy" in each.name or "plain" in each.name] == []


def test_what_a_dead_process_left_is_no_obstacle(trial: Trial, tmp_path: Path) -> None:
    """Killed while it sealed, it could not take its copy away: the next one does."""
    left = tmp_path / "backup.plain"
    left.write_bytes(b"everything that is in the clear")
    left.with_name("backup.plain-journal").touch()
    sealed(trial, tmp_path / "copy.age", lambda plain, draft: None)
    assert not [each for each in tmp_path.iterdir() if "plain" in each.name]


def test_one_backup_is_sealed_at_a_time(trial: Trial, tmp_path: Path) -> None:
    """The second waits: they share a place."""
    busy, entered = Event(), Event()
    met: list[bool] = []

    def slowly(plain: Path, draft: Path) -> None:
        busy.set()
        met.append(entered.wait(0.5))

    first = Thread(target=sealed, args=(trial, tmp_path / "one.age", slowly))
    first.start()
    assert busy.wait(10)
    second = Thread(target=sealed, args=(trial, tmp_path / "two.age", lambda plain, draft: entered.set()))
    second.start()
    for each in (first, second):
        each.join(10)
    assert met == [False]
    assert {each.name for each in tmp_path.iterdir() if each.suffix == ".age"} == {"one.age", "two.age"}


def test_a_backup_is_examined(trial: Trial, copy: Path, database: Path) -> None:
    """When it was made and how long its journal is; with a key that is worked out. What is no backup is said."""
    signer = Signer("test.local/journal", Ed25519PrivateKey.generate())
    found = examine(copy, [])
    assert (found.made_at_ns, found.leaves, found.journal) == (trial.now_ns, 31, None)
    report = examine(copy, [signer.verifier]).journal
    assert report is not None
    assert (report.size, report.signed_size) == (31, 0)
    with pytest.raises(Misconfigured, match="is no backup but a database that is in use"):
        examine(database, [])
    rot(copy, 4096 * 3, 64)
    with pytest.raises(Misconfigured, match="damaged"):
        examine(copy, [])


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
