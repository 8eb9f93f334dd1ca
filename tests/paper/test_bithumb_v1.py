"""The face of Bithumb's API 1.0: status 200 for everything, refusals in its words, and never an exception."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.request import Request
from bitting.paper.bithumb_v1 import answer
from bitting.paper.bithumb_v1.face import PUBLIC, SIGNED
from bitting.paper.bithumb_v1.words import WORDS
from bitting.paper.exchange import Exchange
from bitting.paper.market import CURRENCIES
from bitting.paper.orders import Caller
from bitting.paper.rejection import Why

ANN = Caller("ann", "key-a")
PAIR: dict[str, Any] = {"order_currency": "BTC", "payment_currency": "KRW"}
BUY: dict[str, Any] = {**PAIR, "type": "bid", "units": "0.1", "price": "70000000"}
BAD = {"status": "5500", "message": "Invalid Parameter"}
NO_ORDER = {"status": "5600", "message": "There is no such order."}


class Desk:
    """One account's talk with one exchange, which counts the milliseconds."""

    def __init__(self) -> None:
        self.exchange = Exchange(0)
        self.now_ms = 1_720_510_343_000

    def get(self, target: str) -> Any:
        return self._read(None, Request(b"GET", f"/public/{target}".encode(), (), b"", 0))

    def post(self, path: str, caller: Caller | None = ANN, **form: Any) -> Any:
        body = urlencode({"endpoint": f"/{path}", **form}).encode()
        return self._read(caller, Request(b"POST", f"/{path}".encode(), (), body, 0))

    def _read(self, caller: Caller | None, request: Request) -> Any:
        self.now_ms += 1
        reply = answer(self.exchange, caller, request, self.now_ms)
        assert reply.status == 200
        said = json.loads(reply.body)
        assert (said["status"] == "0000") is not ("message" in said)
        return said

    def order(self, **more: Any) -> str:
        return str(self.post("trade/place", **BUY | more)["order_id"])


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_there_are_words_for_every_reason() -> None:
    """No refusal of the exchange is without Bithumb's words."""
    assert WORDS.keys() == set(Why)


def test_open_market_data_needs_nobody(desk: Desk) -> None:
    """Tickers and books of one market, or of all that are traded for the same currency."""
    btc = desk.get("ticker/BTC_KRW")["data"]
    assert (btc["closing_price"], btc["fluctate_rate_24H"], btc["date"]) == ("80000000", "0.00", str(desk.now_ms))
    assert desk.get("ticker/ALL_KRW")["data"].keys() == {"BTC", "ETH", "date"}
    assert desk.get("ticker/ALL_BTC")["data"]["ETH"]["opening_price"] == "0.05"
    book = desk.get("orderbook/BTC_KRW?count=1")["data"]
    assert (book["payment_currency"], book["order_currency"]) == ("KRW", "BTC")
    assert (book["bids"], book["asks"]) == (
        [{"price": "79960000", "quantity": "2"}],
        [{"price": "80040000", "quantity": "2"}],
    )
    assert len(desk.get("orderbook/ALL_KRW")["data"]["ETH"]["bids"]) == 20
    assert desk.get("transaction_history/BTC_KRW")["data"] == []
    assert desk.get("candlestick/BTC_KRW/1m")["data"] == []
    assert desk.get("candlestick/BTC_KRW/2m") == BAD
    assert desk.get("ticker/XRP_KRW")["message"] == "상장 코인이 아닙니다."


def test_what_was_traded_is_shown_to_everybody(desk: Desk) -> None:
    """History with Korean times, newest first; candles with the oldest first."""
    desk.post("trade/market_buy", **PAIR, units="0.02")
    desk.now_ms += 60_000
    desk.post("trade/market_sell", **PAIR, units="0.01")
    sold, bought = desk.get("transaction_history/BTC_KRW")["data"]
    assert bought == {
        "transaction_date": "2024-07-09 16:32:23",
        "type": "bid",
        "units_traded": "0.02",
        "price": "80040000",
        "total": "1600800",
    }
    assert sold["type"] == "ask"
    assert len(desk.get("transaction_history/BTC_KRW?count=1")["data"]) == 1
    first, last = desk.get("candlestick/BTC_KRW/1m")["data"]
    assert first == [1_720_510_320_000, "80040000", "80040000", "80040000", "80040000", "0.02"]
    assert last[2] == "79960000"
    assert len(desk.get("candlestick/BTC_KRW/24h")["data"]) == 1


def test_the_life_of_an_order(desk: Desk) -> None:
    """Placed, seen, traded in part, cancelled; order and detail as Bithumb shows them."""
    order_id = desk.order(type="ask", price="79990000", units="0.5")
    desk.post("trade/place", Caller("bob", None), **BUY | {"price": "79990000", "units": "0.2"})
    [shown] = desk.post("info/orders", **PAIR)["data"]
    assert shown == {
        **PAIR,
        "order_id": order_id,
        "order_date": "1720510343001000",
        "type": "ask",
        "watch_price": "0",
        "units": "0.5",
        "units_remaining": "0.3",
        "price": "79990000",
    }
    detail = desk.post("info/order_detail", **PAIR, order_id=order_id)["data"]
    assert (detail["order_status"], detail["order_qty"], detail["cancel_date"]) == ("Pending", "0.5", "")
    [contract] = detail["contract"]
    assert (contract["units"], contract["total"], contract["fee_currency"]) == ("0.2", "15998000", "KRW")
    name = {**PAIR, "order_id": order_id}
    assert desk.post("trade/cancel", **name, type="bid") == NO_ORDER
    assert desk.post("trade/cancel", **name | {"order_currency": "ETH"}, type="ask") == NO_ORDER
    assert desk.post("trade/cancel", **name, type="ask") == {"status": "0000"}
    assert desk.post("trade/cancel", **name, type="ask") == NO_ORDER
    ended = desk.post("info/order_detail", **name)["data"]
    assert (ended["order_status"], ended["cancel_date"]) == ("Cancel", str(ended_us(desk)))
    assert desk.post("info/orders", **PAIR) == {"status": "5600", "message": "거래 진행중인 내역이 존재하지 않습니다."}


def ended_us(desk: Desk) -> int:
    return desk.exchange.accounts["ann"].closed[-1].updated_ms * 1000


def test_at_the_market_an_order_is_done_at_once(desk: Desk) -> None:
    """Bought or sold by amount; a market order has the price 0."""
    bought = desk.post("trade/market_buy", **PAIR, units="0.02")["order_id"]
    detail = desk.post("info/order_detail", order_currency="BTC", order_id=bought)["data"]
    assert (detail["order_status"], detail["type"], detail["order_price"]) == ("Completed", "bid", "0")
    sold = desk.post("trade/market_sell", **PAIR, units="0.02")["order_id"]
    assert desk.post("info/order_detail", **PAIR, order_id=sold)["data"]["type"] == "ask"


def test_open_orders_are_cut_to_what_was_asked(desk: Desk) -> None:
    """By side, id, time and number, newest first."""
    first, second = desk.order(), desk.order(type="ask", price="90000000")

    def listed(**form: Any) -> list[str]:
        return [order["order_id"] for order in desk.post("info/orders", **PAIR, **form)["data"]]

    assert listed() == [second, first]
    assert listed(type="bid") == listed(order_id=first) == [first]
    assert listed(count=1) == listed(after=desk.exchange.accounts["ann"].open[int(second[1:])].created_ms) == [second]
    assert desk.post("info/orders", **PAIR, type="buy") == BAD
    assert desk.post("info/orders", order_currency="ETH")["status"] == "5600"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"units": "9"}, "5600"),
        ({"order_currency": "XRP"}, "5500"),
        ({"type": "buy"}, "5500"),
        ({"units": "0"}, "5500"),
        ({"price": "0.5"}, "5500"),
        ({"price": ""}, "5500"),
        ({"watch_price": "1"}, "5500"),
    ],
)
def test_an_order_is_refused_in_words(desk: Desk, more: dict[str, Any], status: str) -> None:
    """What this exchange does not have is refused and not passed over."""
    assert desk.post("trade/place", **BUY | more)["status"] == status
    assert desk.post("info/orders", **PAIR)["status"] == "5600"


def test_balances_are_told_by_currency(desk: Desk) -> None:
    """Of one and of won, or of all; what an order holds is in use."""
    desk.order()
    assert desk.post("info/balance")["data"] == {
        "total_krw": "100000000",
        "in_use_krw": "7000000",
        "available_krw": "93000000",
        "total_btc": "10",
        "in_use_btc": "0",
        "available_btc": "10",
        "xcoin_last_btc": "80000000",
    }
    everything = desk.post("info/balance", currency="ALL")["data"]
    assert {f"total_{code.lower()}" for code in CURRENCIES} <= everything.keys()
    assert desk.post("info/balance", currency="XRP")["message"] == "상장 코인이 아닙니다."


def test_the_account_and_its_market_are_told(desk: Desk) -> None:
    """The fee, the account's name, the last price, the address to receive at."""
    account = desk.post("info/account", order_currency="BTC")["data"]
    assert (account["account_id"], account["trade_fee"], account["balance"]) == ("ann", "0.001", "10")
    assert desk.post("info/ticker", **PAIR)["data"]["closing_price"] == "80000000"
    assert desk.post("info/wallet_address")["data"]["wallet_address"].startswith("paper-bitcoin-")
    assert desk.post("info/wallet_address", currency="USDT", net_type="TRX")["data"]["wallet_address"].startswith(
        "paper-tron-"
    )


def test_money_goes_out_and_is_seen(desk: Desk) -> None:
    """A withdrawal over the network named, or the usual one; trades and movements stand in one list."""
    desk.now_ms += 1
    desk.post("trade/market_sell", **PAIR, units="0.02")
    out: dict[str, Any] = {"currency": "BTC", "address": "bc1q", "units": "1.5", "destination": ""}
    assert desk.post("trade/btc_withdrawal", **out) == {"status": "0000"}
    assert desk.post("trade/btc_withdrawal", **out | {"units": "9"})["status"] == "5600"
    assert desk.post("trade/btc_withdrawal", **out, net_type="ETH") == BAD
    usdt: dict[str, Any] = {"currency": "USDT", "net_type": "TRX", "address": "T1", "units": "5", "destination": "7"}
    assert desk.post("trade/btc_withdrawal", **usdt) == {"status": "0000"}
    assert desk.exchange.treasury.movements["ann"][-1].destination == ("tron", "T1", "7")

    def listed(**form: Any) -> list[tuple[str, str]]:
        found = desk.post("info/user_transactions", **PAIR, **form)["data"]
        return [(entry["search"], entry["units"]) for entry in found]

    assert listed() == [("5", "1.5"), ("2", "0.02"), ("4", "10")]
    assert listed(searchGb=2) == listed(offset=1, count=1) == [("2", "0.02")]
    assert listed(searchGb=1) == listed(searchGb=3) == []
    assert desk.post("info/user_transactions", **PAIR | {"payment_currency": "BTC"}, searchGb=2)["data"] == []
    assert desk.post("info/user_transactions", **PAIR, searchGb=7) == BAD


def test_without_a_caller_nothing_of_an_account_is_told(desk: Desk) -> None:
    """A signed call that nobody has signed is refused as such, and opens no account."""
    assert desk.post("info/balance", caller=None) == {"status": "5300", "message": "Invalid Apikey"}
    assert len(desk.exchange.accounts) == 1


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        (b"POST", b"/info/balance", b"currency=BTC&currency=ETH", "5500"),
        (b"GET", b"/public/ticker/%42TC_KRW", b"", "5500"),
        (b"GET", b"/info/balance", b"", "5100"),
        (b"POST", b"/trade/stop_limit", b"", "5100"),
    ],
)
def test_what_cannot_be_read_or_is_not_here_is_refused(
    desk: Desk, method: bytes, target: bytes, body: bytes, status: str
) -> None:
    """Whatever it is, the answer has its own status, under 200."""
    reply = answer(desk.exchange, ANN, Request(method, target, (), body, 0), 1)
    assert (reply.status, json.loads(reply.body)["status"]) == (200, status)


PLACES = {"order_currency": "BTC", "payment_currency": "KRW", "interval": "1m"}
TARGETS = [(route.split()[0].encode(), route.split()[1].format(**PLACES).encode()) for route in [*PUBLIC, *SIGNED]]
names = st.sampled_from(
    [
        *BUY,
        *("order_id", "count", "offset", "after", "searchGb", "currency", "net_type", "address", "destination"),
    ]
)
plausible = st.sampled_from(["BTC", "KRW", "bid", "ask", "ALL", "USDT", "TRX", "0", "5"])
numbers = st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.sampled_from(["0.1", "70000000", "1e-7"])
values = st.text(max_size=5) | plausible | numbers


@given(st.sampled_from(TARGETS), st.dictionaries(names, values, max_size=8) | st.binary(max_size=40))
def test_any_form_gets_a_reply_and_loses_no_money(target: tuple[bytes, bytes], form: dict[str, Any] | bytes) -> None:
    """Whatever is sent to whatever call, there is a JSON reply with status 200, and no money is lost."""
    exchange = Exchange(0)
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    reply = answer(exchange, ANN, Request(*target, (), body, 0), 1)
    assert reply.status == 200
    assert "status" in json.loads(reply.body)
    for code in CURRENCIES:
        assert exchange.ledger.total(code) == exchange.ledger.issued[code]
