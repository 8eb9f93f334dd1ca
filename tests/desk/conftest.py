"""Every test of the desk runs over both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.ports import Engine
from bitting.stores.sqlite.engine import SqliteEngine
from tests.desk.office import Office


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    engine: Engine = MemoryEngine() if request.param == "memory" else SqliteEngine.open(tmp_path / "bitting.db")
    opened = Office(engine)
    opened.open_account()
    yield opened
    opened.close()
