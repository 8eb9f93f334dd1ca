"""The exchange's own API: objects with decimal text, refusals with codes, and never an exception."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.request import Request
from bitting.paper.exchange import Exchange
from bitting.paper.market import CURRENCIES, MARKETS
from bitting.paper.orders import Caller
from bitting.paper.own import answer
from bitting.paper.own.face import PUBLIC, SIGNED
from bitting.paper.own.words import WORDS
from bitting.paper.rejection import Why

ANN = Caller("ann", "key-a")
BUY: dict[str, Any] = {"symbol": "BTC-USDT", "side": "buy", "type": "limit", "amount": "0.1", "price": "40000"}


class Desk:
    """One account's talk with one exchange, which counts the milliseconds."""

    def __init__(self) -> None:
        self.exchange = Exchange(0)
        self.now_ms = 1_000
        self.status = 0

    def __call__(self, method: str, path: str, caller: Caller | None = ANN, **form: Any) -> Any:
        """The reply; a POST has its parameters in a JSON body, anything else in the query."""
        self.now_ms += 1
        query, body = ("", json.dumps(form)) if method == "POST" else (f"?{urlencode(form)}" if form else "", "")
        request = Request(method.encode(), f"/exchange/v1/{path}{query}".encode(), (), body.encode(), 0)
        reply = answer(self.exchange, caller, request, self.now_ms)
        self.status = reply.status
        return json.loads(reply.body)

    def order(self, **more: Any) -> Any:
        return self("POST", "orders", **BUY | more)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_there_are_words_for_every_reason() -> None:
    """No refusal of the exchange is without a code, and no two have the same."""
    assert WORDS.keys() == set(Why)
    assert len({code for _, code in WORDS.values()}) == len(WORDS)


def test_open_market_data_needs_nobody(desk: Desk) -> None:
    """Every market, and the prices of one."""
    markets = {market["symbol"]: market for market in desk("GET", "markets", caller=None)}
    assert len(markets) == len(MARKETS)
    assert markets["BTC-USDT"] == {
        "symbol": "BTC-USDT",
        "base": "BTC",
        "quote": "USDT",
        "tick": "0.01",
        "lot": "0.00000001",
    }
    assert desk("GET", "ticker", caller=None, symbol="BTC-USDT") == {
        "symbol": "BTC-USDT",
        "last": "50000",
        "bid": "49975",
        "ask": "50025",
        "time": desk.now_ms,
    }


def test_the_life_of_an_order(desk: Desk) -> None:
    """Placed, seen, cancelled; each answer is the order."""
    placed = desk.order(client_order_id="mine")
    assert (desk.status, placed) == (
        201,
        {
            "id": placed["id"],
            "client_order_id": "mine",
            "symbol": "BTC-USDT",
            "side": "buy",
            "type": "limit",
            "amount": "0.1",
            "price": "40000",
            "filled": "0",
            "status": "open",
            "time": 1_001,
        },
    )
    assert desk("GET", "orders") == desk("GET", "orders", symbol="BTC-USDT") == [placed]
    assert desk("GET", "orders", symbol="ETH-USDT") == []
    balances = {balance["asset"]: balance for balance in desk("GET", "balances")["balances"]}
    assert balances["USDT"] == {"asset": "USDT", "free": "96000", "used": "4000", "total": "100000"}
    assert desk("DELETE", f"orders/{placed['id']}") == {**placed, "status": "canceled"}
    assert desk("GET", f"orders/{placed['id']}")["status"] == "canceled"
    assert desk("DELETE", f"orders/{placed['id']}")["error"]["code"] == "order_not_found"
    assert desk.status == 404


def test_at_the_market_an_order_is_done_at_once(desk: Desk) -> None:
    """It has no price, and its trade says what it cost."""
    bought = desk("POST", "orders", symbol="BTC-USDT", side="buy", type="market", amount="0.1")
    assert (bought["status"], bought["filled"], bought.keys() & {"price"}) == ("closed", "0.1", set())
    assert desk("GET", "trades") == desk("GET", "trades", symbol="BTC-USDT")
    [trade] = desk("GET", "trades")
    assert (trade["order"], trade["price"]) == (bought["id"], "50025")
    assert (trade["fee"], trade["fee_asset"]) == ("0.0001", "BTC")
    assert desk("GET", "trades", symbol="ETH-USDT") == []
    assert desk.order(type="market")["error"] == {"code": "bad_parameter", "message": "bad parameter: price"}


def test_all_orders_of_a_symbol_are_cancelled(desk: Desk) -> None:
    """Those of another one stay; without a symbol all are."""
    first, second, other = desk.order(), desk.order(), desk.order(symbol="ETH-USDT", price="2000")
    assert [order["id"] for order in desk("DELETE", "orders", symbol="BTC-USDT")] == [first["id"], second["id"]]
    assert desk("GET", "orders") == [other]
    assert [order["id"] for order in desk("DELETE", "orders")] == [other["id"]]


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"amount": "10"}, 400, "insufficient_funds"),
        ({"symbol": "BTCUSDT"}, 400, "unknown_symbol"),
        ({"side": "bid"}, 400, "bad_parameter"),
        ({"type": "stop"}, 400, "bad_parameter"),
        ({"amount": "0"}, 400, "bad_amount"),
        ({"price": "0.001"}, 400, "bad_price"),
        ({"price": None}, 400, "bad_parameter"),
        ({"client_order_id": "mine"}, 409, "duplicate_client_order_id"),
    ],
)
def test_an_order_is_refused_with_a_code(desk: Desk, more: dict[str, Any], status: int, code: str) -> None:
    """Nothing is placed."""
    desk.order(client_order_id="mine")
    assert (desk.order(**more)["error"]["code"], desk.status) == (code, status)
    assert len(desk("GET", "orders")) == 1


def test_money_goes_out(desk: Desk) -> None:
    """A withdrawal is answered with what it is, and gone from the balance; a bad one is refused with a code."""
    out: dict[str, Any] = {"asset": "USDT", "network": "TRX", "address": "T1", "amount": "10"}
    made = desk("POST", "withdrawals", **out, tag="7")
    assert (desk.status, made) == (201, {**out, "tag": "7", "id": made["id"], "time": desk.now_ms})
    for more, code in (
        ({"asset": "XRP"}, "unknown_asset"),
        ({"network": "BTC"}, "unknown_network"),
        ({"amount": "1000000"}, "bad_amount"),
        ({"amount": "100000"}, "insufficient_funds"),
        ({"address": ""}, "bad_parameter"),
    ):
        assert desk("POST", "withdrawals", **out | more)["error"]["code"] == code


def test_without_a_caller_nothing_of_an_account_is_told(desk: Desk) -> None:
    """A signed call that nobody has signed is refused as such, and opens no account."""
    assert desk("GET", "balances", caller=None) == {"error": {"code": "not_signed_in", "message": "not signed in"}}
    assert (desk.status, len(desk.exchange.accounts)) == (401, 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        (b"POST", b"orders", b"[]", 400, "malformed"),
        (b"POST", b"orders", b'{"a":1,"a":2}', 400, "malformed"),
        (b"GET", b"orders?symbol=a&symbol=b", b"", 400, "malformed"),
        (b"PUT", b"orders", b"", 404, "no_such_call"),
    ],
)
def test_what_cannot_be_read_or_is_not_here_is_refused(
    desk: Desk, method: bytes, path: bytes, body: bytes, status: int, code: str
) -> None:
    """Whatever it is, the answer is an error with a code."""
    reply = answer(desk.exchange, ANN, Request(method, b"/exchange/v1/" + path, (), body, 0), 1)
    assert (reply.status, json.loads(reply.body)["error"]["code"]) == (status, code)


TARGETS = [(route.split()[0].encode(), route.split()[1].format(id="7").encode()) for route in [*PUBLIC, *SIGNED]]
names = st.sampled_from([*BUY, "client_order_id", "asset", "network", "address", "tag"])
plausible = st.sampled_from(["BTC-USDT", "buy", "sell", "market", "limit", "USDT", "TRX"])
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | plausible
numbers = st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.sampled_from(["0.1", "40000", "1e-7"])
values = scalars | numbers | st.lists(scalars, max_size=3)


@given(st.sampled_from(TARGETS), st.dictionaries(names, values, max_size=8) | st.binary(max_size=40))
def test_any_body_gets_a_reply_and_loses_no_money(target: tuple[bytes, bytes], body: dict[str, Any] | bytes) -> None:
    """Whatever is sent to whatever call, there is a JSON reply with a status of the list, and no money is lost."""
    exchange = Exchange(0)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = answer(exchange, ANN, Request(*target, (), sent, 0), 1)
    assert reply.status in (200, 201, 400, 404)
    json.loads(reply.body)
    for code in CURRENCIES:
        assert exchange.ledger.total(code) == exchange.ledger.issued[code]
