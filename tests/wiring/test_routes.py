"""The tables of a running house: read when it opens, replaced when they change, read again when nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bitting.domain.action_table import ActionTable
from bitting.domain.errors import Tampered, Unavailable
from bitting.domain.request import Request
from bitting.stores.shelf import Shelf
from bitting.stores.threaded import Threaded
from bitting.wiring.house import open_house
from bitting.wiring.routes import Routes

OPEN = {"method": "GET", "path": "/own/time", "name": "time", "public": True}
TIME = ActionTable.from_plain({"action": [OPEN]})
ASKED = Request(b"GET", b"/own/time", (), b"", 0)


class Shelves(Threaded):
    """A store of which only tables are read; `meanwhile` happens while one is."""

    def __init__(self) -> None:
        self.tables: dict[str, ActionTable | Exception] = {}
        self.meanwhile: Callable[[], object] = lambda: None
        self.read_tables: list[str] = []

    async def read(self, look: Callable[[Shelf], Any]) -> Any:
        made = None
        try:
            made = look(self)  # type: ignore[arg-type]  # its tables are all that is looked at
        finally:
            self.meanwhile()
        return made

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        self.read_tables.append(dialect)
        found = self.tables.get(dialect, ActionTable())
        if isinstance(found, Exception):
            raise found
        return found, 1


def test_they_are_read_once() -> None:
    store, routes = Shelves(), Routes(["native", "binance"])
    store.tables["native"] = TIME
    for _ in range(2):
        asyncio.run(routes.learn(store))
    assert store.read_tables == ["native", "binance"]
    assert routes.of("native").is_public(ASKED)
    assert not routes.of("binance").is_public(ASKED)


def test_one_that_cannot_be_believed_is_said_and_tried_again() -> None:
    """And keeps none of the others from being read."""
    store, routes = Shelves(), Routes(["native", "binance"])
    store.tables = {"native": Tampered("its row was put back"), "binance": TIME}
    with pytest.raises(Unavailable, match="its row was put back"):
        asyncio.run(routes.learn(store))
    assert routes.of("binance").is_public(ASKED)
    with pytest.raises(Unavailable, match="put back"):
        routes.of("native").actions(ASKED)
    store.tables["native"] = TIME
    asyncio.run(routes.learn(store))
    assert routes.of("native").is_public(ASKED)


def test_one_that_may_or_may_not_be_written_is_read() -> None:
    """Until then neither it nor the one before it counts."""
    store, routes = Shelves(), Routes(["native"])
    routes.take({"native": TIME})
    routes.take({"native": None})
    assert not routes.of("native").is_public(ASKED)
    with pytest.raises(Unavailable, match="nobody knows yet which table"):
        routes.of("native").actions(ASKED)
    store.tables["native"] = TIME
    asyncio.run(routes.learn(store))
    assert routes.of("native").is_public(ASKED)


@pytest.mark.parametrize("found", [TIME, Tampered("?")], ids=["old", "tampered"])
def test_what_was_changed_while_it_was_read_is_newer(found: Any) -> None:
    """The attack: a reading that began before a route was closed opens it again."""
    store, routes = Shelves(), Routes(["native"])
    store.tables["native"] = found
    store.meanwhile = lambda: routes.take({"native": ActionTable()})
    asyncio.run(routes.learn(store))
    assert not routes.of("native").is_public(ASKED)
    assert routes.of("native").actions(ASKED) is None


def test_a_house_goes_by_its_table_before_whoever_loaded_it_hears(tmp_path: Path) -> None:
    """Promise 3: and after a restart it still does."""

    async def scene() -> None:
        async with open_house(tmp_path / "data") as house:
            await house.learn_routes()
            routes = house.routes.of("native")
            assert not routes.is_public(ASKED)
            await house.ask("actions.load", {"dialect": "native", "table": TIME.to_plain()})
            assert routes.is_public(ASKED)
            await house.ask("actions.load", {"dialect": "native", "table": {}})
            assert not routes.is_public(ASKED)
            await house.ask("actions.load", {"dialect": "native", "table": TIME.to_plain()})
        async with open_house(tmp_path / "data") as house:
            assert not house.routes.of("native").is_public(ASKED)
            await house.learn_routes()
            assert house.routes.of("native").is_public(ASKED)

    asyncio.run(scene())
