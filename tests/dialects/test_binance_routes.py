"""Binance's routes: what is mapped, what is open, what stays closed."""

import re

import pytest

from bitting.dialects.binance import DIALECT
from bitting.dialects.binance_routes import MEANINGS, OPEN_GETS, ROUTES
from bitting.domain.action import Kind
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from tests.dialects.loopback import run_client

# What ccxt has a name for and no key may have; the reasons stand in binance_routes.
CLOSED = re.compile(
    r"userDataStream|userListenToken|listenKey|subAccountApi|ipRestriction"
    r"|/broker/|/apiReferral/|/equity/|/stock/|/blvt/|/bswap/|/v1/staking/|/lending/(daily|project|union|customizedFixed)"
)


def get(path: str, method: bytes = b"GET") -> Request:
    return Request(method, path.encode(), (), b"", peer=0)


def test_no_route_stands_in_two_tables() -> None:
    """A route with two meanings would have whichever was written last."""
    rows = [(route.method, route.path, route.action.name) for route in ROUTES]
    assert len(rows) == len(set(rows))
    assert sum(len(meaning.actions) for meaning in MEANINGS.values()) == len(rows)


def test_no_route_is_both_open_and_private() -> None:
    """What is open is a GET, and no key is asked about it."""
    assert not {(b"GET", path) for path in OPEN_GETS} & MEANINGS.keys()


@pytest.mark.parametrize("path", sorted(OPEN_GETS))
def test_open_market_data_is_a_get(path: bytes) -> None:
    """The listed paths are open to GET, with any query, and to no other method."""
    assert DIALECT.is_public(get(path.decode() + "?symbol=BTCUSDT"))
    assert not DIALECT.is_public(get(path.decode(), b"POST"))
    assert not DIALECT.is_public(get(path.decode(), b"HEAD"))


@pytest.mark.parametrize(
    "path", ["/api/v3/account", "/api/v3/ping/", "/api/v3//ping", "/api/V3/ping", "/api/v3/%70ing", ""]
)
def test_what_is_not_listed_is_private(path: str) -> None:
    """So is another spelling of what is."""
    assert not DIALECT.is_public(get(path))


def test_every_route_that_ccxt_knows_is_mapped_open_or_closed_on_purpose() -> None:
    """A route that nobody thought about would show here."""
    forgotten = [
        (method, path)
        for method, path in run_client("binance_ccxt", "routes")
        if (method.encode(), path.encode()) not in MEANINGS
        and not (method == "GET" and path.encode() in OPEN_GETS)
        and not CLOSED.search(path)
    ]
    assert forgotten == []


def test_nothing_closed_is_mapped() -> None:
    """The words of the closed list stand in no path of the tables."""
    assert [route.path for route in ROUTES if CLOSED.search(route.path)] == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (b"POST", "/api/v3/userDataStream"),
        (b"POST", "/fapi/v1/listenKey"),
        (b"POST", "/sapi/v1/userListenToken"),
        (b"POST", "/sapi/v1/margin/apiKey"),
        (b"POST", "/sapi/v1/sub-account/subAccountApi"),
        (b"GET", "/sapi/v1/account/apiRestrictions/ipRestriction"),
        (b"POST", "/papi/v1/um/order"),
        (b"POST", "/dapi/v1/order"),
        (b"POST", "/api/v1/order"),
        (b"GET", "/wapi/v3/accountStatus.html"),
        (b"HEAD", "/api/v3/account"),
        (b"OPTIONS", "/api/v3/order"),
    ],
)
def test_tokens_keys_and_older_versions_are_closed(method: bytes, path: str) -> None:
    """An alias of a route is no way round it."""
    assert DIALECT.actions(get(path, method)) is None


def test_a_get_never_changes_anything() -> None:
    """Reads are GETs, and what is no GET is a read only where Binance writes it so."""
    assert {route.action.kind for route in ROUTES if route.method == "GET"} == {Kind.READ, Kind.SELF_READ}
    assert {route.path for route in ROUTES if route.method != "GET" and not route.action.kind.changes_state} == {
        "/api/v3/order/test",
        "/api/v3/sor/order/test",
        "/fapi/v1/order/test",
        "/sapi/v1/asset/get-funding-asset",
        "/sapi/v3/asset/getUserAsset",
    }


def test_every_right_but_funding_is_used() -> None:
    """Binance lends to nobody by order book; for everything else there is a route."""
    used = {route.action.permission for route in ROUTES} - {None}
    assert set(Permission) - used == {Permission.FUNDING_READ, Permission.FUNDING_WRITE}


def test_value_leaves_only_as_a_withdrawal() -> None:
    """Every route that gives value to another account or person needs the right to withdraw; and all but the
    withdrawal to an address name none, so no address book admits them."""
    leaving = {route.path: route.action for route in ROUTES if route.action.kind is Kind.WITHDRAWAL}
    assert leaving.keys() == {
        "/sapi/v1/capital/withdraw/apply",
        "/sapi/v1/localentity/withdraw/apply",
        "/sapi/v2/fiat/withdraw",
        "/sapi/v1/giftcard/createCode",
        "/sapi/v1/giftcard/buyCode",
        "/sapi/v1/mining/hash-transfer/config",
        "/sapi/v1/sub-account/universalTransfer",
        "/sapi/v1/sub-account/transfer/subToSub",
        "/sapi/v1/sub-account/transfer/subToMaster",
        "/sapi/v1/sub-account/futures/internalTransfer",
        "/sapi/v1/managed-subaccount/deposit",
        "/sapi/v1/managed-subaccount/withdraw",
    }
    for path, action in leaving.items():
        assert action.permission is Permission.WITHDRAWALS_WRITE
        if not path.endswith("withdraw/apply"):
            assert action.withdrawal is not None
            assert action.withdrawal.address is None


def test_what_the_key_asks_of_itself_needs_no_right() -> None:
    """And nothing else needs none."""
    assert {(route.method, route.path, route.action.kind) for route in ROUTES if route.action.permission is None} == {
        ("GET", "/sapi/v1/account/apiRestrictions", Kind.SELF_READ),
        ("DELETE", "/sapi/v1/bitting/key", Kind.SELF_REVOKE),
    }


def test_what_tells_two_things_needs_both_rights() -> None:
    """The futures account shows balances and positions."""
    actions = DIALECT.actions(get("/fapi/v3/account"))
    assert actions is not None
    assert [each.permission for each in actions] == [Permission.BALANCES_READ, Permission.POSITIONS_READ]
