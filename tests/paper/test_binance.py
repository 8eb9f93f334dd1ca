"""The Binance face: objects with the right fields, refusals in Binance's words, and never an exception."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.request import Request
from bitting.paper.binance import answer
from bitting.paper.binance.face import PUBLIC, SIGNED
from bitting.paper.binance.words import WORDS
from bitting.paper.exchange import Exchange
from bitting.paper.market import CURRENCIES
from bitting.paper.orders import Caller
from bitting.paper.rejection import Why

ANN = Caller("ann", "key-a")
BUY: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.1",
    "price": "40000",
}
POOR = {"code": -2010, "msg": "Account has insufficient balance for requested action."}


def malformed(name: str) -> dict[str, Any]:
    """What is said of a parameter that is missing or cannot be read."""
    return {"code": -1102, "msg": f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."}


class Desk:
    """One account's talk with one exchange, which counts the milliseconds."""

    def __init__(self) -> None:
        self.exchange = Exchange(0)
        self.now_ms = 1_000_000
        self.status = 0

    def __call__(self, method: str, path: str, caller: Caller | None = ANN, **form: Any) -> Any:
        """The reply; a POST has its parameters in the body, as clients send them."""
        self.now_ms += 1
        query, body = ("", urlencode(form)) if method == "POST" else (f"?{urlencode(form)}", "")
        request = Request(method.encode(), f"{path}{query}".encode(), (), body.encode(), 0)
        reply = answer(self.exchange, caller, request, self.now_ms)
        self.status = reply.status
        return json.loads(reply.body)

    def order(self, **more: Any) -> Any:
        return self("POST", "/api/v3/order", **BUY | more)

    def free(self, code: str) -> str:
        balances = self("GET", "/api/v3/account")["balances"]
        return str(next(balance["free"] for balance in balances if balance["asset"] == code))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_there_are_words_for_every_reason() -> None:
    """No refusal of the exchange is without Binance's words."""
    assert WORDS.keys() == set(Why)


def test_open_market_data_needs_nobody(desk: Desk) -> None:
    """Ping, time, symbols, books and tickers are answered without a caller."""

    def get(path: str, **form: Any) -> Any:
        return desk("GET", f"/api/v3/{path}", caller=None, **form)

    assert get("ping") == {}
    assert get("time") == {"serverTime": desk.now_ms}
    assert [one["symbol"] for one in get("exchangeInfo")["symbols"]][:2] == ["BTCUSD", "ETHUSD"]
    assert len(get("exchangeInfo", symbol="BTCUSDT")["symbols"]) == 1
    assert len(get("exchangeInfo", symbols='["BTCUSDT","ETHBTC"]')["symbols"]) == 2
    book = get("depth", symbol="BTCUSDT", limit=1)
    assert book["bids"] == [["49975.00000000", "2.00000000"]]
    assert book["asks"] == [["50025.00000000", "2.00000000"]]
    assert get("ticker/price", symbol="BTCUSDT") == {"symbol": "BTCUSDT", "price": "50000.00000000"}
    assert len(get("ticker/price")) == len(get("ticker/24hr")) == len(get("ticker/bookTicker")) == 8
    assert get("ticker/bookTicker", symbol="ETHBTC")["bidPrice"] == "0.04997500"
    assert get("ticker/24hr", symbol="ETHBTC")["weightedAvgPrice"] == "0.05000000"
    assert get("ticker/price", symbols="5") == malformed("symbols")
    assert get("ticker/price", symbols='["XRPUSDT"]') == {"code": -1121, "msg": "Invalid symbol."}
    assert desk("GET", "/sapi/v1/system/status", caller=None) == {"status": 0, "msg": "normal"}


def test_the_life_of_an_order(desk: Desk) -> None:
    """Placed, traded in part, cancelled; each answer shows the order as Binance does."""
    order = desk.order(side="SELL", price="49990", quantity="0.5", newClientOrderId="mine")
    assert (order["status"], order["clientOrderId"], order["fills"]) == ("NEW", "mine", [])
    desk("POST", "/api/v3/order", Caller("bob", None), **BUY | {"price": "49990", "quantity": "0.2"})
    [shown] = desk("GET", "/api/v3/openOrders", symbol="BTCUSDT")
    assert (shown["status"], shown["executedQty"]) == ("PARTIALLY_FILLED", "0.20000000")
    assert desk("GET", "/api/v3/order", symbol="BTCUSDT", orderId=order["orderId"]) == shown
    assert desk("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="mine") == shown
    [trade] = desk("GET", "/api/v3/myTrades", symbol="BTCUSDT")
    assert (trade["isBuyer"], trade["isMaker"], trade["quoteQty"]) == (False, True, "9998.00000000")
    assert (trade["commission"], trade["commissionAsset"]) == ("9.99800000", "USDT")
    assert desk("GET", "/api/v3/myTrades", symbol="BTCUSDT", orderId=1) == []
    cancelled = desk("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=order["orderId"])
    assert (cancelled["status"], cancelled["origClientOrderId"]) == ("CANCELED", "mine")
    assert desk("GET", "/api/v3/openOrders") == []
    assert [one["status"] for one in desk("GET", "/api/v3/allOrders", symbol="BTCUSDT")] == ["CANCELED"]


def test_the_answer_is_as_long_as_was_asked_for(desk: Desk) -> None:
    """ACK, RESULT and FULL; anything else is malformed."""
    lengths = [len(desk.order(newOrderRespType=length)) for length in ("ACK", "RESULT", "FULL")]
    assert lengths == sorted(set(lengths))
    assert desk.order(newOrderRespType="LONG") == malformed("newOrderRespType")


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"type": "MARKET"}, {"status": "FILLED", "type": "MARKET", "timeInForce": "GTC"}),
        ({"timeInForce": "IOC"}, {"status": "EXPIRED", "type": "LIMIT", "timeInForce": "IOC"}),
        ({"timeInForce": "FOK", "price": "50025"}, {"status": "FILLED", "timeInForce": "FOK"}),
        ({"type": "LIMIT_MAKER"}, {"status": "NEW", "type": "LIMIT_MAKER"}),
    ],
)
def test_each_kind_of_order_ends_in_its_own_words(desk: Desk, more: dict[str, Any], shown: dict[str, str]) -> None:
    """Type, time in force and status are those of Binance."""
    assert desk.order(**more).items() >= shown.items()


def test_a_market_order_can_name_what_to_spend(desk: Desk) -> None:
    """`quoteOrderQty` buys as much as that pays for; the fills say at which prices."""
    form: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "100000"}
    order = desk("POST", "/api/v3/order", **form)
    assert order["status"] == "FILLED"
    assert [fill["price"] for fill in order["fills"]] == ["50025.00000000"]
    assert (order["executedQty"], order["cummulativeQuoteQty"]) == ("1.99900049", "99999.99951225")


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        ({"quantity": "3"}, -2010, "Account has insufficient balance for requested action."),
        ({"type": "LIMIT_MAKER", "price": "50025"}, -2010, "Order would immediately match and take."),
        ({"symbol": "XRPUSDT"}, -1121, "Invalid symbol."),
        ({"side": "HOLD"}, -1117, "Invalid side."),
        ({"type": "STOP_LOSS"}, -1116, "Invalid orderType."),
        ({"timeInForce": "GTD"}, -1115, "Invalid timeInForce."),
        ({"stopPrice": "1"}, -1106, "Parameter 'stopPrice' sent when not required."),
        ({"type": "MARKET", "quoteOrderQty": "5"}, -1106, "Parameter 'quoteOrderQty' sent when not required."),
        ({"price": "40000.001"}, -1013, "Filter failure: PRICE_FILTER"),
        ({"quantity": "0.00001"}, -1013, "Filter failure: LOT_SIZE"),
        ({"quantity": "1_0"}, -1102, malformed("quantity")["msg"]),
    ],
)
def test_an_order_is_refused_in_words(desk: Desk, more: dict[str, Any], code: int, text: str) -> None:
    """What is wrong is named; what this exchange does not have is refused and not passed over."""
    assert desk.order(**more) == {"code": code, "msg": text}
    assert desk.status == 400
    assert desk("GET", "/api/v3/openOrders") == []


@pytest.mark.parametrize("quote_amount", ["0", "-5", "1e16", "0.000001"])
def test_an_amount_to_spend_must_buy_something(desk: Desk, quote_amount: str) -> None:
    """Nothing, less than nothing, too little and too much are all bad amounts."""
    form: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": quote_amount}
    assert desk("POST", "/api/v3/order", **form) == {"code": -1013, "msg": "Filter failure: LOT_SIZE"}


def test_an_order_that_is_not_there_has_two_names(desk: Desk) -> None:
    """A query says that it does not exist, a cancellation that it is unknown; and so under a wrong symbol."""
    desk.order(newClientOrderId="mine")
    for form in ({"symbol": "BTCUSDT", "orderId": 1}, {"symbol": "BTCUSD", "origClientOrderId": "mine"}):
        assert desk("GET", "/api/v3/order", **form) == {"code": -2013, "msg": "Order does not exist."}
        assert desk("DELETE", "/api/v3/order", **form) == {"code": -2011, "msg": "Unknown order sent."}
    assert desk("GET", "/api/v3/order", symbol="BTCUSDT") == malformed("origClientOrderId")
    assert desk.order(newClientOrderId="mine") == {"code": -2010, "msg": "Duplicate order sent."}


def test_all_orders_of_a_symbol_are_cancelled(desk: Desk) -> None:
    """Those of another symbol stay; where there are none, the order is unknown."""
    desk.order()
    desk.order()
    other = desk.order(symbol="BTCUSD")
    assert len(desk("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")) == 2
    assert desk("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")["code"] == -2011
    assert [order["orderId"] for order in desk("GET", "/api/v3/openOrders")] == [other["orderId"]]


REPLACE = BUY | {"cancelReplaceMode": "STOP_ON_FAILURE"}


def replace(desk: Desk, **more: Any) -> Any:
    return desk("POST", "/api/v3/order/cancelReplace", **REPLACE | more)


def test_an_order_is_replaced(desk: Desk) -> None:
    """The old one is cancelled, and the new one is placed."""
    old = desk.order()
    done = replace(desk, cancelOrderId=old["orderId"], price="41000")
    assert (done["cancelResult"], done["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert [order["price"] for order in desk("GET", "/api/v3/openOrders")] == ["41000.00000000"]


@pytest.mark.parametrize(
    ("found", "more", "status", "code", "results"),
    [
        (False, {}, 400, -2022, ("FAILURE", "NOT_ATTEMPTED")),
        (False, {"cancelReplaceMode": "ALLOW_FAILURE"}, 409, -2021, ("FAILURE", "SUCCESS")),
        (False, {"cancelReplaceMode": "ALLOW_FAILURE", "quantity": "9"}, 400, -2022, ("FAILURE", "FAILURE")),
        (True, {"quantity": "9"}, 409, -2021, ("SUCCESS", "FAILURE")),
        (True, {"type": "LIMIT_MAKER", "price": "60000"}, 409, -2021, ("SUCCESS", "FAILURE")),
    ],
)
def test_half_a_replacement_says_which_half(
    desk: Desk, found: bool, more: dict[str, Any], status: int, code: int, results: tuple[str, str]
) -> None:
    """Both results stand in `data`, whatever failed."""
    order_id = desk.order()["orderId"] if found else 1
    said = replace(desk, cancelOrderId=order_id, **more)
    assert (desk.status, said["code"]) == (status, code)
    assert (said["data"]["cancelResult"], said["data"]["newOrderResult"]) == results


def test_a_replacement_that_cannot_be_read_cancels_nothing(desk: Desk) -> None:
    """The old order stays where the new one makes no sense, or the mode does not."""
    old = desk.order()
    assert replace(desk, cancelOrderId=old["orderId"], side="HOLD")["code"] == -1117
    assert replace(desk, cancelOrderId=old["orderId"], cancelReplaceMode="MAYBE") == malformed("cancelReplaceMode")
    assert len(desk("GET", "/api/v3/openOrders")) == 1


def test_histories_are_cut_to_what_was_asked(desk: Desk) -> None:
    """The last ones by themselves, and the first ones from a time or an id; zero is none."""
    ids = [desk.order()["orderId"] for _ in range(4)]
    times = {order["orderId"]: order["time"] for order in desk("GET", "/api/v3/allOrders", symbol="BTCUSDT")}

    def listed(**form: Any) -> list[int]:
        return [order["orderId"] for order in desk("GET", "/api/v3/allOrders", symbol="BTCUSDT", **form)]

    assert listed() == ids
    assert listed(limit=2) == ids[2:]
    assert listed(limit=0) == []
    assert listed(orderId=ids[1], limit=2) == ids[1:3]
    assert listed(startTime=times[ids[1]], endTime=times[ids[2]]) == ids[1:3]


def test_money_moves_between_wallets_and_out(desk: Desk) -> None:
    """A transfer and a withdrawal are shown in their histories, and gone from the wallet."""
    desk("POST", "/sapi/v1/asset/transfer", type="MAIN_FUNDING", asset="BTC", amount="4")
    funding = desk("POST", "/sapi/v1/asset/get-funding-asset", asset="BTC")
    assert [(one["asset"], one["free"]) for one in funding] == [("BTC", "4.00000000")]
    assert desk("POST", "/sapi/v1/asset/get-funding-asset", asset="ETH") == []
    out: dict[str, Any] = {"coin": "BTC", "address": "bc1qexample", "amount": "1", "addressTag": "7"}
    first = desk("POST", "/sapi/v1/capital/withdraw/apply", **out)
    second = desk("POST", "/sapi/v1/capital/withdraw/apply", **out, network="BTC", walletType=1)
    assert desk.free("BTC") == "5.00000000"
    history = desk("GET", "/sapi/v1/capital/withdraw/history", coin="BTC")
    assert [one["id"] for one in history] == [second["id"], first["id"]]
    assert history[0].items() >= {"network": "BTC", "addressTag": "7", "applyTime": "1970-01-01 00:16:40"}.items()
    assert desk("GET", "/sapi/v1/capital/withdraw/history", startTime=desk.now_ms + 9) == []
    assert len(desk("GET", "/sapi/v1/capital/deposit/hisrec")) == len(CURRENCIES)
    assert desk("GET", "/sapi/v1/capital/deposit/hisrec", limit=1)[0]["coin"] == "USDT"


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("capital/withdraw/apply", {"amount": "11"}, POOR),
        ("capital/withdraw/apply", {"coin": "XRP"}, {"code": -1108, "msg": "Invalid asset."}),
        (
            "capital/withdraw/apply",
            {"network": "XMR"},
            {"code": -1130, "msg": "Data sent for parameter 'network' is not valid."},
        ),
        (
            "capital/withdraw/apply",
            {"coin": "USD"},
            {"code": -1130, "msg": "Data sent for parameter 'network' is not valid."},
        ),
        ("capital/withdraw/apply", {"walletType": 7}, malformed("walletType")),
        ("asset/transfer", {"amount": "11"}, POOR),
        ("asset/transfer", {"type": "MAIN_MAIN"}, malformed("type")),
    ],
)
def test_a_movement_is_refused_in_words(desk: Desk, path: str, form: dict[str, Any], said: dict[str, Any]) -> None:
    """What is wrong is named, and the money stays."""
    usual = {"coin": "BTC", "asset": "BTC", "amount": "1", "address": "bc1qexample", "type": "MAIN_FUNDING"}
    assert desk("POST", f"/sapi/v1/{path}", **usual | form) == said
    assert desk.free("BTC") == "10.00000000"


def test_coins_and_addresses_are_told(desk: Desk) -> None:
    """Every coin with its networks and balance; an address for each network, the usual one by itself."""
    desk.order()
    coins = {coin["coin"]: coin for coin in desk("GET", "/sapi/v1/capital/config/getall")}
    assert coins["USDT"]["locked"] == "4000.00000000"
    assert [network["network"] for network in coins["USDT"]["networkList"]] == ["ETH", "TRX"]
    usual = desk("GET", "/sapi/v1/capital/deposit/address", coin="USDT")
    assert usual == desk("GET", "/sapi/v1/capital/deposit/address", coin="USDT", network="ETH")
    assert usual != desk("GET", "/sapi/v1/capital/deposit/address", coin="USDT", network="TRX")


def test_without_a_caller_nothing_of_an_account_is_told(desk: Desk) -> None:
    """Each signed call that nobody has signed is refused as such, and opens no account."""
    for route in SIGNED:
        method, path = route.split()
        assert desk(method, path, caller=None)["code"] == -2014
        assert desk.status == 401
    assert len(desk.exchange.accounts) == 1


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        (b"/api/v3/account?a=1&a=2", 400, -1100),
        (b"/api/v3/account?a=%zz", 400, -1100),
        (b"/api/v3/../account", 400, -1100),
        (b"/sapi/v1/account/apiRestrictions", 404, -1020),
    ],
)
def test_what_cannot_be_read_or_is_not_here_is_said_so(desk: Desk, target: bytes, status: int, code: int) -> None:
    """A parameter given twice is not read one way or the other."""
    reply = answer(desk.exchange, ANN, Request(b"GET", target, (), b"", 0), 1)
    assert (reply.status, json.loads(reply.body)["code"]) == (status, code)


names = st.sampled_from(
    [*BUY, "orderId", "quoteOrderQty", "limit", "fromId", "startTime", "symbols", "coin", "asset", "amount", "network"]
)
plausible = st.sampled_from(["BTC", "BTCUSDT", "BUY", "SELL", "LIMIT", "MARKET", "GTC", "IOC", "MAIN_FUNDING", "[[]]"])
numbers = st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.sampled_from(["0.1", "40000", "1e-7"])
forms = st.dictionaries(names, plausible | numbers | st.integers().map(str) | st.text(max_size=5), max_size=9)


@given(
    st.sampled_from(sorted(PUBLIC | SIGNED)), forms.map(lambda form: urlencode(form).encode()) | st.binary(max_size=40)
)
def test_any_parameters_get_a_reply_and_lose_no_money(route: str, body: bytes) -> None:
    """Whatever is sent to whatever call, there is a JSON reply with a known status, and no money is lost."""
    exchange = Exchange(0)
    method, path = route.split()
    reply = answer(exchange, ANN, Request(method.encode(), path.encode(), (), body, 0), 1)
    assert reply.status in (200, 400, 409)
    json.loads(reply.body)
    for code in CURRENCIES:
        assert exchange.ledger.total(code) == exchange.ledger.issued[code]
