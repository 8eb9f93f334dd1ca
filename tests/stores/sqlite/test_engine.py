"""Transactions on a real file, and what becomes of them when it fails."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from bitting.activity.ports import Batch, Line
from bitting.domain.errors import Tampered, Unavailable
from bitting.lifecycle.act import Act
from bitting.lifecycle.hold import pause
from bitting.stores.ports import InDoubt
from bitting.stores.sqlite import SqliteEngine
from tests.stores.sqlite.faults import held_by_another, no_file_above
from tests.stores.trial import Trial, record


@pytest.fixture
def trial(engine: SqliteEngine) -> Trial:
    return Trial(engine)


def test_readers_wait_for_nobody(trial: Trial) -> None:
    """While a change is being written, the gate and people see the state before it."""
    key = trial.key()

    def within(act: Act) -> None:
        pause(act, key.id)
        loaded = trial.load(key)
        assert loaded is not None
        assert loaded.snapshot.key == key
        assert trial.look(lambda shelf: shelf.find_key(key.id)) == key

    trial.do(within)
    loaded = trial.load(key)
    assert loaded is not None
    assert loaded.snapshot.key.holds


def test_readers_cannot_write(engine: SqliteEngine) -> None:
    """Not even when they try."""
    with pytest.raises(Unavailable, match="READONLY"), engine.reading() as tables:
        tables.counts.raise_floor(1)
    with pytest.raises(Unavailable, match="READONLY"), engine.looking() as tables:
        tables.counts.raise_floor(1)


def fill_up(trial: Trial) -> None:
    for number in range(1000):
        trial.key(trial.account(f"desk {number}"), f"bot {number}")


def test_a_full_database_refuses_and_recovers(trial: Trial, engine: SqliteEngine) -> None:
    """R-13: when there is no room for one more page, changes and records are refused whole, reading goes on, and with
    room everything goes on by itself."""
    key = trial.key()
    writer = engine._writer  # the room is taken from the very connection, as a full disk would
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    (most,) = writer.execute("PRAGMA max_page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}").fetchall()
    with pytest.raises(Unavailable, match="disk is full"):
        fill_up(trial)
    noise = Random(7).randbytes(50_000).hex()  # records are packed, so it takes some that cannot be
    with pytest.raises(Unavailable, match="disk is full"):
        trial.store.write(Batch([Line(record(key, detail=noise), None)], [], {}, {}))
    assert trial.load(key) is not None
    assert trial.look(lambda shelf: shelf.scrub()) == []
    writer.execute(f"PRAGMA max_page_count = {most}").fetchall()
    trial.do(lambda act: pause(act, key.id))
    trial.store.write(Batch([Line(record(key), None)], [], {}, {}))
    assert trial.look(lambda shelf: shelf.scrub()) == []


def test_a_commit_that_fails_is_in_doubt(trial: Trial, database: Path) -> None:
    """When the disk takes no more while a commit is written, its maker hears InDoubt with what it touched; nothing of
    it is seen, and it can be made again when the disk takes more."""
    key = trial.key()
    wal = database.with_name("bitting.db-wal")
    with no_file_above(wal.stat().st_size), pytest.raises(InDoubt, match="disk") as caught:
        trial.do(lambda act: pause(act, key.id))
    assert caught.value.touched.keys == {(key.environment, key.dialect, key.wire_id)}
    assert trial.look(lambda shelf: shelf.find_key(key.id)) == key
    with no_file_above(wal.stat().st_size), pytest.raises(Unavailable, match="disk"):
        trial.store.commit_floor(7)
    assert trial.store.floor() == 0
    trial.do(lambda act: pause(act, key.id))
    trial.store.commit_floor(7)
    assert trial.look(lambda shelf: shelf.scrub()) == []


def test_a_held_database_refuses_and_recovers(trial: Trial, database: Path) -> None:
    """R-14: while another program holds the write lock, changes are refused, whole, and reading goes on."""
    key = trial.key()
    with held_by_another(database):
        for write in (lambda: trial.do(lambda act: pause(act, key.id)), lambda: trial.store.commit_floor(7)):
            with pytest.raises(Unavailable, match="another program"):
                write()
        assert trial.load(key) is not None
        trial.store.ping()
    trial.do(lambda act: pause(act, key.id))


def test_text_that_is_no_utf8_is_not_read(trial: Trial, database: Path) -> None:
    """Bytes in a text column that are no text stop the reading of that row, and nothing else."""
    key, other = trial.key(), trial.key(trial.account("other"), "other")
    with closing(sqlite3.connect(database)) as vandal:
        vandal.execute("UPDATE keys SET policy = CAST(X'FFFE' AS TEXT) WHERE key_id = ?", (key.id,))
        vandal.commit()
    with pytest.raises(Unavailable):
        trial.load(key)
    assert trial.load(other) is not None


def test_a_table_that_is_gone_is_unavailable(trial: Trial, database: Path) -> None:
    """Whatever else SQLite has to say is passed on, and nobody is let in."""
    key = trial.key()
    with closing(sqlite3.connect(database)) as vandal:
        vandal.execute("DROP TABLE marks")
    with pytest.raises(Unavailable, match="no such table"):
        trial.load(key)


def test_a_key_of_no_account_is_refused(trial: Trial) -> None:
    """A row that belongs to nobody is not written."""
    key = trial.key()
    orphan = replace(key, id="orphan", wire_id="orphan-1", account="nobody")
    with pytest.raises(Unavailable, match="FOREIGN KEY"):
        trial.do(lambda act: act.keep_key("key.issue", None, orphan))


def test_a_lost_ground_is_noticed(trial: Trial, database: Path) -> None:
    """Without the row that says how far time has come, nothing is admitted."""
    key = trial.key()
    with closing(sqlite3.connect(database)) as vandal:
        vandal.execute("DELETE FROM ground")
        vandal.commit()
    with pytest.raises(Tampered, match="restore a backup"):
        trial.load(key)


def test_a_closed_engine_is_unavailable(trial: Trial, engine: SqliteEngine) -> None:
    """Closing twice is closing once, and afterwards everything is refused."""
    engine.close()
    engine.close()
    for ask in (trial.store.ping, lambda: trial.store.commit_floor(1)):
        with pytest.raises(Unavailable):
            ask()
