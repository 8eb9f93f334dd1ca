"""G3: what was acknowledged is there after kill -9, with its leaf, and what was not is there whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from bitting.activity.ports import ALWAYS_NS, CountQuery, Query, Step
from bitting.journal import audit
from bitting.stores.sqlite import SqliteEngine
from tests.stores.trial import Trial

ROOT = Path(__file__).parents[3]
KILLS = 5


def acknowledged(database: Path, lines: int) -> list[list[str]]:
    """What a writer said before it was killed; at least so many lines of it."""
    command = [sys.executable, "-m", "tests.stores.sqlite.writer", str(database)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        said += writer.stdout.readlines()
    return [line.split() for line in said if line.endswith("\n")]


def assert_counted(trial: Trial) -> None:
    """However the writer died: each record counts once in each step, and nothing else does."""
    entries = trial.store.activity(Query(most=10**6), trial.now_ns).entries
    for step in Step:
        query = CountQuery(step, 0, ALWAYS_NS)
        keys = {each.record.key for each in entries}
        assert sum(each.times for each in trial.store.counted(query, trial.now_ns)) == len(entries)
        for key in keys:
            counted = sum(each.times for each in trial.store.counted(query._replace(key=key), trial.now_ns))
            assert counted == sum(each.record.key == key for each in entries)
            assert sum(each.times for each in trial.store.uses(key, trial.now_ns).clients) == counted


def test_nothing_acknowledged_is_lost(database: Path) -> None:
    """Killed at five different moments: keys, records, marks and floor are all where the writer said they were."""
    floor = 0
    for kill in range(KILLS):
        said = acknowledged(database, 40 + 17 * kill)
        assert len(said) >= 40 + 17 * kill
        with closing(SqliteEngine.open(database)) as engine:
            trial = Trial(engine)
            assert trial.look(lambda shelf: shelf.scrub()) == []
            size = trial.look(lambda shelf: audit.check(shelf.journal_storage(), [])).size
            assert size == trial.store.journal_size()
            keys = {each.id: each for each in trial.look(lambda shelf: shelf.keys(None))}
            marks = {}
            for kind, name, number in said:
                if kind == "key":
                    assert keys[name].version >= int(number)
                elif kind == "record":
                    marks[name.split("/")[0]] = int(number)
                    assert trial.store.activity(Query(request_id=name), trial.now_ns).entries
                    assert len(trial.store.activity(Query(request_id=f"{name}/4"), trial.now_ns).entries) == 1
                else:
                    floor = max(floor, int(name))
            for key_id, mark in marks.items():
                key = keys[key_id]
                loaded = trial.load(key)
                assert loaded is not None
                assert loaded.marks[key.primary.id] >= mark
            assert trial.store.floor() >= floor
            assert_counted(trial)
