"""What is under the root is opened whole or not at all, and a change whose end nobody knows is looked up."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bitting.domain.errors import Misconfigured, Refused, Tampered, Unavailable
from bitting.kms.places import FilePlace, Place
from bitting.stores.ports import InDoubt
from bitting.wiring import reach
from bitting.wiring.house import House, open_house
from bitting.wiring.roots import Roots
from tests.cli.server import found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    found(tmp_path / "data")
    reach.ask(tmp_path / "data", "account.open", {"name": "alice"})
    return tmp_path / "data"


def sql(data: Path, *statements: str) -> None:
    with closing(sqlite3.connect(data / "bitting.db", isolation_level=None)) as database:
        for each in statements:
            database.execute(each)


def test_no_tag_key(data: Path) -> None:
    """Every key id would look forged."""
    sql(data, "DELETE FROM shards WHERE environment = 'wire id tags'")
    with pytest.raises(Tampered, match="the key behind the house's key ids is gone"):
        reach.ask(data, "key.list", {})


def test_boxes_of_two_roots(data: Path, tmp_path: Path) -> None:
    """No change leaves that behind."""
    with closing(sqlite3.connect(data / "bitting.db")) as database:
        [before] = database.execute("SELECT hex(box) FROM shards WHERE environment = 'house' AND shard = 2")
    reach.ask(data, "root.rotate", {"to": f"file:{tmp_path}/two.key"})
    sql(data, f"UPDATE shards SET box = x'{before[0]}' WHERE environment = 'house' AND shard = 2")
    with pytest.raises(Misconfigured, match="were wrapped by 2 roots, not by one: restore a backup"):
        reach.ask(data, "key.list", {})


def test_a_shard_s_key_of_before(data: Path) -> None:
    """The root still opens it; the journal names another one."""
    with closing(sqlite3.connect(data / "bitting.db")) as database:
        [before] = database.execute("SELECT hex(box) FROM shards WHERE environment = 'house' AND shard = 2")
    reach.ask(data, "shards.plan", {"shards": ["2"]})
    reach.ask(data, "shards.next", {})
    sql(data, f"UPDATE shards SET box = x'{before[0]}' WHERE environment = 'house' AND shard = 2")
    with pytest.raises(Tampered, match="the key of shard 2 is not the one that the journal names"):
        reach.ask(data, "key.list", {})


async def doubtful(house: House, monkeypatch: pytest.MonkeyPatch, to: str, *, written: bool) -> None:
    """Change the root, and hear that the commit may have happened."""
    change = house.store.change

    async def doubt(*asked: Any) -> None:
        if written:
            await change(*asked)
        raise InDoubt("the disk failed")

    with monkeypatch.context() as patch:
        patch.setattr(type(house.store), "change", lambda self, *asked: doubt(*asked))
        with pytest.raises(InDoubt):
            await house.ask("root.rotate", {"to": to})


@pytest.mark.parametrize("written", [True, False])
def test_a_change_of_the_root_in_doubt(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """Both places stay, and what is asked next, also for a shard's new key, is asked of the root that is the one."""

    async def whole() -> None:
        async with open_house(data) as house:
            before = (await house.ask("root.show", {}))["root"]
            await doubtful(house, monkeypatch, f"file:{tmp_path}/two.key", written=written)
            assert len((data / "root.at").read_text().splitlines()) == 2
            assert ((await house.ask("root.show", {}))["root"] != before) is written
            await house.ask("shards.plan", {"shards": ["1"]})
            assert (await house.ask("shards.next", {}))["left"] == []

    asyncio.run(whole())
    (data / "root.key" if written else tmp_path / "two.key").unlink()
    assert reach.ask(data, "rows.check", {}) == {"wrong": []}
    assert len((data / "root.at").read_text().splitlines()) == 1


def test_two_changes_at_once(data: Path, tmp_path: Path) -> None:
    """One comes after the other; the later one is the root."""

    async def whole() -> None:
        async with open_house(data) as house:
            places = [f"file:{tmp_path}/{name}.key" for name in "abc"]
            said = await asyncio.gather(*(house.ask("root.rotate", {"to": each}) for each in places))
            assert [each["place"] for each in said] == places
            assert [each["before"] for each in said[1:]] == [each["root"] for each in said[:-1]]

    asyncio.run(whole())
    for gone in (data / "root.key", tmp_path / "a.key", tmp_path / "b.key"):
        gone.unlink()
    assert reach.ask(data, "rows.check", {}) == {"wrong": []}


def test_a_root_that_is_not_in_a_file_has_no_shares(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not come out of its token."""

    class Kept:
        """A root that is not a file's."""

        def __init__(self, place: FilePlace) -> None:
            self._opened = place.opened()

        def __enter__(self) -> Any:
            root = self._opened.__enter__()
            return type("TokenRoot", (), {"root_id": root.root_id})()

        def __exit__(self, *_: object) -> None:
            self._opened.__exit__(None, None, None)

    async def whole() -> None:
        async with open_house(data) as house:
            places = Roots.places

            def kept(self: Roots) -> list[Place]:
                [place] = places(self)
                return [type("Place", (), {"opened": lambda _: Kept(place)})()]  # type: ignore[arg-type]

            monkeypatch.setattr(Roots, "places", kept)
            with pytest.raises(Refused, match="which shows it to nobody: back it up by the token's own means"):
                await house.ask("root.split", {"needed": 2, "shares": 3})

    asyncio.run(whole())


def test_the_note_of_two_places_cannot_be_taken_back(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a disk that was full in between, the next start takes it back."""
    write = Roots.write

    def once(self: Roots, *places: Place) -> None:
        if len(places) == 1:
            raise Unavailable("the disk is full")
        write(self, *places)

    with monkeypatch.context() as patch:
        patch.setattr(Roots, "write", once)
        said = reach.ask(data, "root.rotate", {"to": f"file:{tmp_path}/two.key"})
    assert len((data / "root.at").read_text().splitlines()) == 2
    assert reach.ask(data, "root.show", {})["root"] == said["root"]
    assert (data / "root.at").read_text() == f"{said['place']}\n"


def test_a_source_of_randomness_that_repeats_itself(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is opened, and no root or key is made with it."""

    async def whole() -> None:
        async with open_house(data) as house:
            await house.ask("shards.plan", {})
            with monkeypatch.context() as patch:
                patch.setattr(os, "urandom", bytes)
                for asked in (("root.rotate", {"to": f"file:{tmp_path}/two.key"}), ("shards.next", {})):
                    with pytest.raises(Misconfigured, match="make no key with it"):
                        await house.ask(*asked)

    asyncio.run(whole())
    assert not (tmp_path / "two.key").exists()
    monkeypatch.setattr(os, "urandom", bytes)
    for there in (data, tmp_path / "new"):
        with pytest.raises(Misconfigured, match="make no key with it"):
            found(there)
    assert not (tmp_path / "new" / "root.key").exists()
