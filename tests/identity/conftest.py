"""Whatever people do is tried over both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.ports import Engine
from bitting.stores.sqlite.engine import SqliteEngine
from tests.identity.hall import Hall


@pytest.fixture(params=["memory", "sqlite"])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hall]:
    engine: Engine = MemoryEngine() if request.param == "memory" else SqliteEngine.open(tmp_path / "bitting.db")
    opened = Hall(engine)
    yield opened
    opened.close()
