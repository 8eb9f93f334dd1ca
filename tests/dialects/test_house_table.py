"""An operator's table is asked where the dialect says nothing, and never in its place."""

from dataclasses import replace
from typing import Any

import pytest

from bitting.dialects import binance, bitfinex, native
from bitting.dialects.house_table import NO_ROWS, HouseTable, check_fits
from bitting.domain.action import Action, Kind
from bitting.domain.action_table import ActionTable
from bitting.domain.errors import MalformedRequest, MalformedValue
from bitting.domain.permissions import Permission
from bitting.domain.request import Request

READ = {"method": "GET", "path": "/own/orders", "name": "orders.read", "permission": "orders.read"}
ROWS: list[dict[str, Any]] = [
    READ,
    {**READ, "method": "POST", "weight": 4},
    {"method": "GET", "path": "/own/markets/{symbol}", "name": "market.read", "public": True},
    {"method": "GET", "path": "/own/markets/mine", "name": "mine.read", "permission": "settings.read"},
    {"method": "GET", "path": "/own/time", "name": "time.read", "public": True},
    {"method": "POST", "path": "/own/time", "name": "time.set", "permission": "settings.write", "kind": "change"},
]


def table(*rows: dict[str, Any], **notation: Any) -> ActionTable:
    return ActionTable.from_plain({"action": [*rows], **notation})


OWN = HouseTable(table(*ROWS))


def get(target: str, method: bytes = b"GET") -> Request:
    return Request(method, target.encode(), (), b"", 0)


def test_a_row_is_an_action() -> None:
    assert OWN.actions(get("/own/orders")) == (Action("orders.read", Kind.READ, Permission.ORDERS_READ),)
    assert OWN.actions(get("/own/orders", b"POST")) == (
        Action("orders.read", Kind.READ, Permission.ORDERS_READ, weight=4),
    )
    assert OWN.actions(get("/own/other")) is None
    assert NO_ROWS.actions(get("/own/orders")) is None
    with pytest.raises(MalformedRequest):
        OWN.actions(get("/own//orders"))


@pytest.mark.parametrize(
    ("target", "method", "is_open"),
    [
        ("/own/time", b"GET", True),
        ("/own/time?x=1", b"GET", True),
        ("/own/markets/BTC", b"GET", True),
        ("/own/markets/mine", b"GET", False),  # the closer row is for keys only
        ("/own/orders", b"GET", False),
        ("/own/time", b"POST", False),  # the same path, and for keys only
        ("/own/time", b"HEAD", False),
        ("/own/time/", b"GET", False),
        ("/own/markets/../orders", b"GET", False),
        ("/own/markets/%6dine", b"GET", False),
        ("/other", b"GET", False),
    ],
)
def test_what_is_open_to_everybody(target: str, method: bytes, is_open: bool) -> None:
    """The attack: a private route in a spelling, or under a method, that falls into an open row."""
    assert OWN.is_public(get(target, method)) is is_open
    assert not NO_ROWS.is_public(get(target, method))


def test_with_a_key_an_open_row_is_market_data() -> None:
    assert OWN.actions(get("/own/time")) == (Action("time.read", Kind.READ, Permission.MARKET_READ),)


@pytest.mark.parametrize(
    ("dialect", "method", "path"),
    [
        (binance.DIALECT, "POST", "/api/v3/order"),
        (binance.DIALECT, "POST", "/api/v3/{anything}"),
        (binance.DIALECT, "POST", "/{x}/v3/{y}"),
        (binance.DIALECT, "GET", "/api/v3/account"),
        (bitfinex.DIALECT, "POST", "/v2/auth/w/order/submit"),
        (bitfinex.DIALECT, "POST", "/v2/auth/r/orders/tBTCUSD"),
        (native.DIALECT, "DELETE", "/.well-known/bitting/key"),
        (native.DIALECT, "GET", "/.well-known/{x}/key"),
    ],
)
def test_no_row_speaks_of_a_route_that_the_dialect_maps(dialect: Any, method: str, path: str) -> None:
    """The attack: a row that gives an order of the dialect another, smaller meaning."""
    row = {"method": method, "path": path, "name": "x", "permission": "orders.read"}
    if method == "DELETE":
        row |= {"permission": "orders.write", "kind": "cancel"}
    with pytest.raises(MalformedValue, match=r"maps .* itself, and no table changes that: leave the row out"):
        check_fits(table(row), dialect)


def test_no_row_speaks_of_the_open_market_data() -> None:
    for path in ("/api/v3/ticker/price", "/api/v3/depth"):
        with pytest.raises(MalformedValue, match="open to everybody in the dialect binance already"):
            check_fits(table({**READ, "path": path}), binance.DIALECT)
    with pytest.raises(MalformedValue, match="open to everybody in the dialect bitfinex already"):
        check_fits(table({**READ, "path": "/v2/ticker/{symbol}"}), bitfinex.DIALECT)


WITHDRAWAL = {
    "method": "POST",
    "path": "/own/withdrawals",
    "name": "withdraw",
    "permission": "withdrawals.write",
    "kind": "withdrawal",
    **{each: f"json:/{each}" for each in ("asset", "network", "address", "amount")},
}


def test_a_row_reads_nothing_that_is_not_signed() -> None:
    """The attack: whoever sees a signed request exchanges what the signature does not cover. Binance signs no path."""
    by_path = {**READ, "path": "/own/{symbol}/orders", "pair": "path:symbol"}
    notation = {"pair_form": "BTC-USDT"}
    with pytest.raises(MalformedValue, match="binance do not cover the path"):
        check_fits(table(by_path, **notation), binance.DIALECT)
    with pytest.raises(MalformedValue, match=r"POST /own/withdrawals: .*binance do not cover the path"):
        check_fits(table(WITHDRAWAL), binance.DIALECT)
    check_fits(table(*ROWS), binance.DIALECT)
    for dialect in (bitfinex.DIALECT, native.DIALECT):
        check_fits(table(by_path, WITHDRAWAL, **notation), dialect)


class Unbound:
    """A dialect with Bitfinex's routes whose signatures cover next to nothing."""

    routes = bitfinex.DIALECT.routes
    is_public = bitfinex.DIALECT.is_public
    description = native.DIALECT.description


def test_whatever_is_not_covered_is_named() -> None:
    dialect: Any = Unbound()
    covered = native.DIALECT.description.binds
    for what, row in (
        ("query", {**READ, "pair": "query:symbol"}),
        ("body", {**READ, "method": "POST", "pair": "json:/symbol"}),
        ("body", {**READ, "method": "POST", "pair": "form:symbol"}),
        ("body", {**READ, "method": "DELETE", "permission": "orders.write", "kind": "cancel", "batch": "json:/ids"}),
    ):
        checked = table(row, pair_form="BTC-USDT")
        dialect.description = native.DIALECT.description
        check_fits(checked, dialect)
        dialect.description = replace(dialect.description, binds=covered._replace(**{what: False}))
        with pytest.raises(MalformedValue, match=f"do not cover the {what}"):
            check_fits(checked, dialect)
