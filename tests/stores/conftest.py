"""Every store passes the same tests; what is SQLite's alone is in `sqlite/`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.sqlite.engine import SqliteEngine
from tests.stores.trial import Trial
from tests.stores.vandal import MemoryVandal, SqliteVandal, Vandal


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "bitting.db"


@pytest.fixture
def engine(database: Path) -> Iterator[SqliteEngine]:
    with closing(SqliteEngine.open(database)) as opened:
        yield opened


@pytest.fixture(params=["memory", "sqlite"])
def trial_and_vandal(request: pytest.FixtureRequest) -> tuple[Trial, Vandal]:
    if request.param == "memory":
        kept = MemoryEngine()
        return Trial(kept), MemoryVandal(kept)
    opened: SqliteEngine = request.getfixturevalue("engine")
    path: Path = request.getfixturevalue("database")
    return Trial(opened), SqliteVandal(path)


@pytest.fixture
def trial(trial_and_vandal: tuple[Trial, Vandal]) -> Trial:
    return trial_and_vandal[0]


@pytest.fixture
def vandal(trial_and_vandal: tuple[Trial, Vandal]) -> Vandal:
    return trial_and_vandal[1]
