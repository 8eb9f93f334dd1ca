"""The table of Bitfinex v2: which request wants what."""

import re

import pytest

from bitting.dialects.bitfinex import DIALECT
from bitting.dialects.bitfinex_routes import ROUTES, Route
from bitting.domain.action import Action, Kind
from bitting.domain.errors import MalformedRequest
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.request import Request

JSON = ((b"content-type", b"application/json"),)


def wants(target: str, body: bytes = b"{}", method: bytes = b"POST") -> tuple[Action, ...] | None:
    return DIALECT.actions(Request(method, target.encode(), JSON, body, peer=0))


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES if route.read is None}))
def test_a_row_without_a_reader_says_it_all(path: str) -> None:
    """The request wants the actions of all rows of its path, whatever stands in its body."""
    rows = tuple(route.action for route in ROUTES if route.path == path)
    assert wants(re.sub(r"\{[^/]*\}", "x", path), b"{") == rows


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.path} {route.action.name}")
def test_reading_needs_a_reading_right_and_changing_another(route: Route) -> None:
    """A read never asks for a `.write`, a change never for a `.read`, and only the key itself asks for none."""
    action = route.action
    match action.kind:
        case Kind.READ:
            assert action.permission is not None
            assert action.permission.value.endswith(".read")
        case Kind.SELF_READ | Kind.SELF_REVOKE:
            assert action.permission is None
        case _:
            assert action.permission is not None
            assert action.permission.value.endswith(".write")
    assert "/auth/r/" not in route.path or action.kind in (Kind.READ, Kind.SELF_READ)


def test_value_leaves_only_as_a_withdrawal() -> None:
    """Whatever wants withdrawals.write is a withdrawal, and the other way round."""
    for route in ROUTES:
        withdraws = route.action.permission is Permission.WITHDRAWALS_WRITE
        assert withdraws is (route.action.kind is Kind.WITHDRAWAL), route.path


def test_a_path_with_two_rows_has_no_reader() -> None:
    """A reader is given one action; a path that wants two has to say all in the table."""
    paths = [route.path for route in ROUTES]
    assert not [route.path for route in ROUTES if route.read is not None and paths.count(route.path) > 1]


def test_every_private_request_is_a_post() -> None:
    """Other methods reach no route, though the signature would not mind."""
    assert {route.method for route in ROUTES} == {"POST"}
    assert wants("/v2/auth/r/wallets", method=b"GET") is None
    assert wants("/v2/auth/w/order/cancel", method=b"DELETE") is None


@pytest.mark.parametrize(
    ("target", "pair"),
    [
        ("/v2/auth/r/orders/tBTCUSD", Pair("BTC", "USD")),
        ("/v2/auth/r/orders/tDUSK:USD", Pair("DUSK", "USD")),
        ("/v2/auth/r/orders/tBTCUSD/hist", Pair("BTC", "USD")),
        ("/v2/auth/r/orders/otc/tBTCUSD/hist", Pair("BTC", "USD")),
        ("/v2/auth/r/orders/xyz", None),
        ("/v2/auth/r/order/tBTCUSD:123/trades", Pair("BTC", "USD")),
        ("/v2/auth/r/order/tBTCF0:USTF0:123/trades", Pair("BTCF0", "USDT")),
        ("/v2/auth/r/order/tBTCUSD/trades", None),
        ("/v2/auth/r/info/margin/tBTCUSD", Pair("BTC", "USD")),
        ("/v2/auth/r/info/margin/base", None),
        ("/v2/auth/r/orders/hist", None),
    ],
)
def test_the_pair_in_the_path_is_the_pair_of_the_action(target: str, pair: Pair | None) -> None:
    """A symbol in the path is read as a pair; a whole path of the table goes before a template."""
    actions = wants(target)
    assert actions is not None
    assert [each.pair for each in actions] == [pair]


@pytest.mark.parametrize(
    "target",
    [
        "/v2/auth/w/token",  # would mint a credential without limits
        "/v2/auth/w/token/del",
        "/v2/auth/w/ext/recurring-ao/create",  # would place orders that no gate sees
        "/v2/auth/w/pulse/add",
        "/v2/auth/w/sub_account/transfer",
        "/v2/auth/w/unheard/of",
        "/v2/auth/R/wallets",
        "/v1/balances",
        "/x",
        "/",
    ],
)
def test_what_is_not_in_the_table_is_unmapped(target: str) -> None:
    """It gives None, which is denied."""
    assert wants(target) is None


@pytest.mark.parametrize(
    "target",
    [
        "/v2/auth/r/orders?symbol=tBTCUSD",
        "/v2/auth/r/orders?",
        "/v2/auth/r/orders/tBTCUSD?x",
        "/v2//auth/r/orders",
        "/v2/auth/r/orders/",
        "/v2/auth/r/./orders",
        "/v2/auth/r/%6frders",
        "v2/auth/r/orders",
    ],
)
def test_a_path_with_a_second_spelling_is_malformed(target: str) -> None:
    """So is a private request with a query, in which another server may find parameters."""
    with pytest.raises(MalformedRequest):
        wants(target)


@pytest.mark.parametrize(
    ("kind", "fine"),
    [
        (b"application/json", True),
        (b"Application/JSON; charset=UTF-8", True),
        (b"application/json;charset=utf-8", True),
        (b"application/json; charset=utf-7", False),
        (b"application/x-www-form-urlencoded", False),
        (b"", False),
        (None, False),
    ],
)
def test_a_body_that_is_read_is_marked_as_json(kind: bytes | None, fine: bool) -> None:
    """Under another type or charset a server may find other parameters in the same bytes."""
    headers = () if kind is None else ((b"content-type", kind),)
    body = b'{"symbol":"tBTCUSD"}'
    request = Request(b"POST", b"/v2/auth/calc/deriv/collateral/limits", headers, body, peer=0)
    if fine:
        assert DIALECT.actions(request) is not None
    else:
        with pytest.raises(MalformedRequest, match="not marked"):
            DIALECT.actions(request)
