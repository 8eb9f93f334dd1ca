"""A house's own routes in a running gate: mapped by a file, closed by one, and not believed when the file on disk is
another."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from tests.end_to_end.house import House, until
from tests.end_to_end.signing import Key, http, signed
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import Answer, tell

READ: Final = {"method": "GET", "path": "/own/orders", "name": "own.read", "permission": "orders.read"}
OPEN: Final = {"method": "GET", "path": "/own/orders", "name": "own.read", "public": True}
ORDER: Final = {
    "method": "POST",
    "path": "/own/orders",
    "name": "own.order",
    "permission": "orders.write",
    "kind": "order",
    "pair": "query:symbol",
    "side": "query:side",
    "amount": "query:amount",
    "price": "query:price",
}
SMALL: Final = {"symbol": "BTC-USDT", "side": "buy", "amount": "0.001", "price": "40000"}


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house"), upstream=exchange.url) as house:
        yield house


def load(house: House, *rows: dict[str, Any]) -> dict[str, Any]:
    return house.ask("actions.load", dialect="binance", table={"pair_form": "BTC-USDT", "action": [*rows]})


def read(house: House, key: Key) -> Answer:
    return tell(house.address, signed(key, "GET", "/own/orders", {}))


def without_key(house: House) -> Answer:
    return tell(house.address, http("GET", "/binance/own/orders", {}))


def test_a_file_maps_a_route(house: House, exchange: Exchange, tmp_path: Path) -> None:
    """Unmapped, then loaded from a file by the command line, then admitted, judged by its limits, and journalled; all
    while the gate runs."""
    key = house.issue("binance", "orders.read", "orders.write", limits={"largest_order": {"USDT": "50"}})
    refused = tell(house.address, signed(key, "GET", "/own/orders", {}))
    assert house.record(refused.request_id)["reason"] == "action.unmapped"
    [route] = [each for each in house.ask("activity.unmapped")["routes"] if each["path"] == "/own/orders"]
    assert route["method"] == "GET"

    table = tmp_path / "actions.toml"
    rows = "\n".join(f"[[action]]\n{_toml(each)}" for each in (READ, ORDER))
    table.write_text(f'pair_form = "BTC-USDT"\n{rows}')
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(table.read_text().replace('"orders.write"', '"orders.read"'))
    said = house.cli("house", "actions", "load", str(wrong), "--dialect", "binance")
    assert said["code"] == 1
    assert "row 2 (POST /own/orders): kind order goes with orders.write, positions.write" in said["error"]
    assert read(house, key).status != 200

    loaded = house.cli("house", "actions", "load", str(table), "--dialect", "binance")
    assert loaded["added"] == ["GET /own/orders", "POST /own/orders"]
    assert read(house, key).status == 200
    placed = tell(house.address, signed(key, "POST", "/own/orders", SMALL))
    assert (placed.status, house.record(placed.request_id)["action"]) == (200, "own.order")
    assert exchange.came[-1].identity
    large = tell(house.address, signed(key, "POST", "/own/orders", {**SMALL, "amount": "1"}))
    assert house.record(large.request_id)["reason"] == "order.size"

    journal = tmp_path / "journal.jsonl"
    house.cli("journal", "export", str(journal))
    changes = [line for line in journal.read_text().splitlines() if '"actions.set"' in line]
    assert len(changes) == 1
    assert loaded["digest"] in changes[0]


def _toml(row: dict[str, Any]) -> str:
    return "".join(f'{name} = "{value}"\n' for name, value in row.items())


def test_what_is_closed_is_closed_for_the_next_request(house: House) -> None:
    """Promise 3: from the answer to the change on, over and over; for keys and for whoever has none."""
    key = house.issue("binance", "orders.read")
    for _ in range(20):
        load(house, READ)
        assert read(house, key).status == 200
        assert without_key(house).status != 200
        load(house, OPEN)
        assert without_key(house).status == 200
        load(house)
        assert without_key(house).status != 200
        assert house.record(read(house, key).request_id)["reason"] == "action.unmapped"


def _edit(house: House, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(house.data / "bitting.db", isolation_level=None)) as connection:
        assert connection.execute(sql, values).rowcount == 1


def _row(house: House) -> tuple[Any, ...]:
    with closing(sqlite3.connect(house.data / "bitting.db")) as connection:
        found: tuple[Any, ...] = connection.execute("SELECT actions, version, mac FROM actions").fetchone()
        return found


PUT = "UPDATE actions SET (actions, version, mac) = (?, ?, ?)"


@pytest.mark.parametrize("attack", ["edited", "put back"])
def test_a_table_that_is_not_ours_is_not_used(house: House, attack: str) -> None:
    """K-05, K-07: with the database in hand, somebody opens a closed route, or puts back the row in which it was open.
    The gate does not start with it, says so, and goes on when the row is as it was."""
    key = house.issue("binance", "orders.read")
    load(house, OPEN)
    former = _row(house)
    load(house, READ)
    row = _row(house)
    house.stop("gate")
    if attack == "edited":
        _edit(house, PUT, former[0], *row[1:])
    else:
        _edit(house, PUT, *former)
    with pytest.raises(AssertionError, match=r"the gate did not start: .*actions binance: "):
        house.start_gate()
    assert house.ended("gate") != 0
    assert house.ask("rows.check")["wrong"][0].startswith("actions binance: ")
    said = house.cli("house", "actions", "clear", "--dialect", "binance")
    assert said["code"] == 1
    _edit(house, PUT, *row)
    house.start_gate()
    until(lambda: read(house, key).status == 200)
    assert without_key(house).status != 200
    assert house.ask("status")["trouble"] == ""
