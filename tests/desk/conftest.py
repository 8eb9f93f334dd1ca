"""Every test of the desk runs over both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bitting.domain.keys import Key
from bitting.stores.memory.engine import MemoryEngine
from bitting.stores.ports import Engine
from bitting.stores.sqlite.engine import SqliteEngine
from tests.desk.office import Office
from tests.stores.vandal import MemoryVandal, SqliteVandal, Vandal


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    engine: Engine = MemoryEngine() if request.param == "memory" else SqliteEngine.open(tmp_path / "bitting.db")
    opened = Office(engine)
    opened.open_account()
    yield opened
    opened.close()


@pytest.fixture
def key(office: Office) -> Key:
    issued = office.issue()["id"]
    return office.look(lambda shelf: shelf.find_key(issued))


@pytest.fixture
def vandal(office: Office, request: pytest.FixtureRequest) -> Vandal:
    """Somebody who writes past us into the engine behind the disk."""
    engine: Any = office.disk._engine
    if request.node.callspec.params["office"] == "memory":
        return MemoryVandal(engine)
    return SqliteVandal(engine._path)
