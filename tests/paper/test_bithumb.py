"""The face of Bithumb's API 2.0: objects with the right fields, refusals by name, and never an exception."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.request import Request
from bitting.paper.bithumb import answer
from bitting.paper.bithumb.face import PUBLIC, SIGNED
from bitting.paper.bithumb.words import WORDS
from bitting.paper.exchange import Exchange
from bitting.paper.market import CURRENCIES
from bitting.paper.orders import Caller
from bitting.paper.rejection import Why

ANN = Caller("ann", "key-a")
BUY: dict[str, Any] = {
    "market": "KRW-BTC",
    "side": "bid",
    "order_type": "limit",
    "volume": "0.1",
    "price": "70000000",
}
NO_ORDER = {"error": {"name": "order_not_found", "message": "There is no such order."}}

POOR = {"error": {"name": "insufficient_funds", "message": "Not enough KRW for this."}}
BAD_PRICE = {"error": {"name": "invalid_price", "message": "The price is not in units of this market."}}


def bad(name: str) -> dict[str, Any]:
    """What is said of a parameter that is missing or cannot be read."""
    return {"error": {"name": 400, "message": f"{name}: invalid"}}


class Desk:
    """One account's talk with one exchange, which counts the milliseconds."""

    def __init__(self) -> None:
        self.exchange = Exchange(0)
        self.now_ms = 1_720_510_343_000
        self.status = 0

    def __call__(self, method: str, path: str, caller: Caller | None = ANN, **form: Any) -> Any:
        """The reply; a POST has its parameters in a JSON body, anything else in the query."""
        self.now_ms += 1
        query, body = ("", json.dumps(form)) if method == "POST" else (f"?{urlencode(form, doseq=True)}", "")
        target = f"{path}{query if form else ''}"
        reply = answer(
            self.exchange, caller, Request(method.encode(), target.encode(), (), body.encode(), 0), self.now_ms
        )
        self.status = reply.status
        return json.loads(reply.body, parse_float=Decimal)

    def order(self, **more: Any) -> Any:
        return self("POST", "/v2/orders", **BUY | more)

    def account(self, code: str) -> tuple[str, str]:
        shown = next(each for each in self("GET", "/v1/accounts") if each["currency"] == code)
        return shown["balance"], shown["locked"]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_there_are_words_for_every_reason() -> None:
    """No refusal of the exchange is without Bithumb's words."""
    assert WORDS.keys() == set(Why)


def test_open_market_data_needs_nobody(desk: Desk) -> None:
    """Markets, tickers and books are answered without a caller."""
    markets = desk("GET", "/v1/market/all", caller=None, isDetails="true")
    assert {"KRW-BTC", "KRW-ETH", "BTC-ETH"} <= {market["market"] for market in markets}
    [btc, eth] = desk("GET", "/v1/ticker", caller=None, markets="KRW-BTC,KRW-ETH")
    assert (btc["market"], btc["trade_price"], btc["change"]) == ("KRW-BTC", 80_000_000, "EVEN")
    assert eth["opening_price"] == 4_000_000
    [book] = desk("GET", "/v1/orderbook", caller=None, markets="KRW-BTC")
    assert book["orderbook_units"][0] == {
        "ask_price": 80_040_000,
        "bid_price": 79_960_000,
        "ask_size": 2,
        "bid_size": 2,
    }
    assert (len(book["orderbook_units"]), book["total_bid_size"]) == (20, 40)
    assert desk("GET", "/v1/ticker", caller=None, markets="KRW-XRP") == bad("market")
    assert desk("GET", "/v1/trades/ticks", caller=None, market="KRW-BTC", count=5) == []
    assert desk("GET", "/v1/candles/minutes/1", caller=None, market="KRW-BTC") == []


def test_what_was_traded_is_shown_to_everybody(desk: Desk) -> None:
    """Ticks and candles, newest first; the ticker follows, up and down."""
    desk.order(order_type="price", price="800400", volume=None)
    [tick] = desk("GET", "/v1/trades/ticks", caller=None, market="KRW-BTC")
    assert (tick["trade_price"], tick["trade_volume"], tick["ask_bid"]) == (80_040_000, Decimal("0.01"), "BID")
    assert (tick["trade_date_utc"], tick["trade_time_utc"]) == ("2024-07-09", "07:32:23")
    [ticker] = desk("GET", "/v1/ticker", caller=None, markets="KRW-BTC")
    assert (ticker["change"], ticker["change_rate"], ticker["trade_time_kst"]) == ("RISE", Decimal("0.0005"), "163223")
    desk.now_ms += 60_000
    desk.order(order_type="market", side="ask", volume="0.02", price=None)
    desk.order(order_type="market", side="ask", volume="0.01", price=None)
    [last, first] = desk("GET", "/v1/candles/minutes/1", caller=None, market="KRW-BTC", count=10)
    assert (first["trade_price"], first["unit"], first["candle_date_time_kst"]) == (
        80_040_000,
        1,
        "2024-07-09T16:32:00",
    )
    assert (last["candle_acc_trade_volume"], last["low_price"]) == (Decimal("0.03"), 79_960_000)
    assert [each["high_price"] for each in desk("GET", "/v1/candles/days", market="KRW-BTC")] == [80_040_000]
    assert len(desk("GET", "/v1/candles/minutes/1", market="KRW-BTC")) == 1
    assert desk("GET", "/v1/candles/minutes/7", market="KRW-BTC") == bad("unit")
    assert desk("GET", "/v1/ticker", markets="KRW-BTC")[0]["change"] == "FALL"


def test_the_life_of_an_order(desk: Desk) -> None:
    """Placed, traded in part, cancelled; each answer shows the order as Bithumb does."""
    placed = desk.order(side="ask", price="79990000", volume="0.5", client_order_id="mine")
    assert desk.status == 201
    assert placed == {
        "order_id": placed["order_id"],
        "client_order_id": "mine",
        "market": "KRW-BTC",
        "side": "ask",
        "order_type": "limit",
        "created_at": "2024-07-09T16:32:23+09:00",
    }
    assert desk.account("BTC") == ("9.5", "0.5")
    desk("POST", "/v2/orders", Caller("bob", None), **BUY | {"price": "79990000", "volume": "0.2"})
    [shown] = desk("GET", "/v1/orders", market="KRW-BTC")
    assert (shown["uuid"], shown["state"], shown["ord_type"]) == (placed["order_id"], "wait", "limit")
    assert (shown["executed_volume"], shown["remaining_volume"], shown["locked"]) == ("0.2", "0.3", "0.3")
    assert (shown["executed_funds"], shown["paid_fee"], shown["trades_count"]) == ("15998000", "15998", 1)
    found = desk("GET", "/v1/order", uuid=placed["order_id"])
    assert found.pop("trades") == [
        {
            "market": "KRW-BTC",
            "uuid": found_trade_id(desk),
            "price": "79990000",
            "volume": "0.2",
            "funds": "15998000",
            "side": "ask",
            "created_at": "2024-07-09T16:32:23+09:00",
        }
    ]
    assert found == shown == {**shown, "client_order_id": "mine"}
    assert desk("GET", "/v1/order", client_order_id="mine")["uuid"] == placed["order_id"]
    cancelled = desk("DELETE", "/v2/order", order_id=placed["order_id"])
    assert (cancelled["order_id"], cancelled["created_at"]) == (placed["order_id"], placed["created_at"])
    assert desk("GET", "/v1/orders") == []
    [ended] = desk("GET", "/v1/orders", state="cancel")
    assert (ended["state"], ended["locked"]) == ("cancel", "0")
    assert desk("DELETE", "/v2/order", client_order_id="mine") == NO_ORDER
    assert desk.status == 404


def found_trade_id(desk: Desk) -> str:
    return f"C{desk.exchange.accounts['ann'].trades[-1].id:019d}"


def test_orders_are_placed_and_cancelled_as_before(desk: Desk) -> None:
    """In /v1 the type is `ord_type`, the id `uuid`, and the answer the whole order."""
    older = {name: value for name, value in BUY.items() if name != "order_type"}
    placed = desk("POST", "/v1/orders", ord_type="limit", **older)
    assert (desk.status, placed["state"], placed["locked"]) == (201, "wait", "7000000")
    cancelled = desk("DELETE", "/v1/order", uuid=placed["uuid"])
    assert (cancelled["uuid"], cancelled["state"], cancelled["locked"]) == (placed["uuid"], "cancel", "0")
    assert desk("POST", "/v1/orders", **BUY) == bad("ord_type")


def test_at_the_market_one_buys_for_so_much_and_sells_so_much(desk: Desk) -> None:
    """`price` spends a sum, `market` sells an amount; each is done at once and refuses the other's parameter."""
    bought = desk.order(order_type="price", price="800400", volume=None)["order_id"]
    shown = desk("GET", "/v1/order", uuid=bought)
    assert (shown["state"], shown["ord_type"], shown["price"], shown["executed_funds"]) == (
        "done",
        "price",
        None,
        "800400",
    )
    sold = desk.order(order_type="market", side="ask", volume="0.02", price=None)["order_id"]
    assert desk("GET", "/v1/order", uuid=sold)["executed_volume"] == "0.02"
    assert [each["uuid"] for each in desk("GET", "/v1/orders", state="done")] == [sold, bought]
    assert desk.order(order_type="price", price="800400") == bad("volume")
    assert desk.order(order_type="market", side="ask") == bad("price")


@pytest.mark.parametrize(
    ("more", "state", "life"),
    [
        ({"time_in_force": "ioc", "price": "80040000"}, "done", "ioc"),
        ({"time_in_force": "ioc"}, "cancel", "ioc"),
        ({"time_in_force": "fok", "volume": "1", "price": "80040000"}, "done", "fok"),
        ({"time_in_force": "post_only"}, "wait", "post_only"),
        ({"time_in_force": "post_only", "price": "80040000"}, "cancel", "post_only"),
        ({}, "wait", None),
    ],
)
def test_each_time_in_force_ends_as_it_should(desk: Desk, more: dict[str, Any], state: str, life: str | None) -> None:
    """State and time in force are those of Bithumb."""
    shown = desk("GET", "/v1/order", uuid=desk.order(**more)["order_id"])
    assert (shown["state"], shown.get("time_in_force")) == (state, life)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"volume": "9"}, POOR),
        (
            {"price": "70000000.5"},
            {"error": {"name": "invalid_price", "message": "The price is not in units of this market."}},
        ),
        ({"market": "KRW-XRP"}, bad("market")),
        ({"market": "BTC-KRW"}, bad("market")),
        ({"volume": "0"}, bad("amount")),
        ({"volume": "many"}, bad("volume")),
        ({"side": "buy"}, bad("side")),
        ({"order_type": "market"}, bad("order_type")),
        ({"order_type": "price", "side": "ask"}, bad("order_type")),
        ({"order_type": "best"}, bad("order_type")),
        ({"time_in_force": "gtd"}, bad("time_in_force")),
        ({"watch_price": "1"}, bad("watch_price")),
        ({"stp_type": "cancel_maker"}, bad("stp_type")),
    ],
)
def test_an_order_is_refused_by_name(desk: Desk, more: dict[str, Any], error: Any) -> None:
    """What is wrong is named; what this exchange does not have is refused and not passed over."""
    assert desk.order(**more) == error
    assert desk.status == 400
    assert desk("GET", "/v1/orders") == []


@pytest.mark.parametrize("cost", ["0", "-5", "1e18", "0.1"])
def test_a_sum_to_spend_must_buy_something(desk: Desk, cost: str) -> None:
    """Nothing, less than nothing, too little and too much are refused."""
    assert "error" in desk.order(order_type="price", price=cost, volume=None)
    assert desk("GET", "/v1/orders", state="done") == []


def test_a_client_order_id_is_for_one_open_order(desk: Desk) -> None:
    """A second one is refused."""
    desk.order(client_order_id="mine")
    assert desk.order(client_order_id="mine") == {"error": {"name": 400, "message": "client_order_id: in use"}}


def test_lists_of_orders_are_cut_to_what_was_asked(desk: Desk) -> None:
    """By market, state, states, ids; in pages, newest or oldest first."""
    ids = [desk.order(client_order_id=f"c{number}")["order_id"] for number in range(5)]
    other = desk.order(market="KRW-ETH", price="3000000")["order_id"]
    desk("DELETE", "/v2/order", order_id=ids[0])

    def listed(**form: Any) -> list[str]:
        return [order["uuid"] for order in desk("GET", "/v1/orders", **form)]

    assert listed() == [other, *ids[:0:-1]]
    assert listed(market="KRW-ETH") == [other]
    assert listed(**{"states[]": ["wait", "cancel"], "market": "KRW-BTC"}) == ids[::-1]
    assert listed(**{"uuids[]": ids[:2]}) == [ids[1], ids[0]]
    assert listed(**{"uuids[]": ids[:2], "state": "wait"}) == [ids[1]]
    assert listed(**{"client_order_ids[]": ["c3"]}) == [ids[3]]
    assert listed(limit=2, order_by="asc") == ids[1:3]
    assert listed(limit=2, page=2) == ids[3:1:-1]
    for name, value in (("state", "open"), ("order_by", "up"), ("page", "0"), ("limit", "-1")):
        form: dict[str, Any] = {name: value}
        assert desk("GET", "/v1/orders", **form) == bad(name)


def test_each_order_of_a_batch_is_answered_on_its_own(desk: Desk) -> None:
    """One that is refused does not stop the others; a list that is none is refused whole."""
    batch = [BUY, {**BUY, "volume": "9"}, "no order", {**BUY, "order_type": "best"}]
    done = desk("POST", "/v2/orders/batch", batch_orders=batch)["batch_orders_response"]
    assert [each.get("name") for each in done] == [None, "insufficient_funds", 400, 400]
    assert [each["uuid"] for each in desk("GET", "/v1/orders")] == [done[0]["order_id"]]
    assert desk("POST", "/v2/orders/batch", batch_orders="all") == bad("batch_orders")
    wanted = [done[0]["order_id"], "C0"]
    cancelled = desk("POST", "/v2/orders/cancel", order_ids=wanted)
    assert [each["order_id"] for each in cancelled["success"]] == wanted[:1]
    assert [(each["order_id"], each["error"]["name"]) for each in cancelled["fail"]] == [("C0", "order_not_found")]
    desk.order(client_order_id="mine")
    assert len(desk("POST", "/v2/orders/cancel", client_order_ids=["mine"])["success"]) == 1
    assert desk("POST", "/v2/orders/cancel", order_ids="C0") == bad("order_ids")
    assert desk("POST", "/v2/orders/cancel") == bad("order_ids")


def test_the_account_says_what_an_order_may_cost(desk: Desk) -> None:
    """Balances of both sides of the market, and its units."""
    said = desk("GET", "/v1/orders/chance", market="KRW-BTC")
    assert (said["bid_account"]["balance"], said["ask_account"]["balance"]) == ("100000000", "10")
    assert said["market"]["bid"] == {"currency": "KRW", "price_unit": "1", "min_total": "0"}


def test_money_goes_out_and_is_seen(desk: Desk) -> None:
    """A withdrawal is answered, shown in the histories, and gone from the account."""
    out: dict[str, Any] = {
        "currency": "USDT",
        "net_type": "TRX",
        "amount": "10",
        "address": "T123",
        "secondary_address": "7",
    }
    made = desk("POST", "/v1/withdraws/coin", **out)
    assert desk.status == 201
    assert (made["type"], made["net_type"], made["state"], made["amount"]) == ("withdraw", "TRX", "DONE", "10")
    assert desk("GET", "/v1/withdraw", currency="USDT", uuid=made["uuid"]) == made
    assert desk("GET", "/v1/withdraw", currency="USDT") == made
    one: dict[str, Any] = {"uuids[]": [made["uuid"]]}
    assert desk("GET", "/v1/withdraws") == desk("GET", "/v1/withdraws", **one) == [made]
    assert desk("GET", "/v1/withdraws", currency="BTC") == []
    assert desk.account("USDT") == ("99990", "0")
    assert desk.exchange.treasury.movements["ann"][-1].destination == ("tron", "T123", "7")
    [deposit] = desk("GET", "/v1/deposits", currency="BTC")
    assert (deposit["type"], deposit["state"], deposit["net_type"]) == ("deposit", "DEPOSIT_ACCEPTED", "BTC")
    assert desk("GET", "/v1/deposit", currency="BTC", uuid=deposit["uuid"]) == deposit
    [won] = desk("GET", "/v1/deposits/krw")
    assert (won["currency"], won["net_type"], won["state"]) == ("KRW", None, "ACCEPTED")
    assert "KRW" not in {each["currency"] for each in desk("GET", "/v1/deposits")}


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"amount": "100001"}, "withdraw_insufficient_balance"),
        ({"currency": "XRP"}, "currency does not have a valid value"),
        ({"net_type": "BTC"}, 400),
        ({"net_type": None}, 400),
        ({"address": ""}, 400),
        ({"amount": "0"}, 400),
    ],
)
def test_a_withdrawal_is_refused_by_name(desk: Desk, more: dict[str, Any], name: str | int) -> None:
    """Nothing leaves; for want of money it is another name than for an order."""
    out: dict[str, Any] = {"currency": "USDT", "net_type": "TRX", "amount": "10", "address": "T123"}
    assert desk("POST", "/v1/withdraws/coin", **out | more)["error"]["name"] == name
    assert desk.account("USDT") == ("100000", "0")


def test_movements_that_are_not_there_have_names(desk: Desk) -> None:
    """A withdrawal and a deposit each have their own."""
    for kind in ("withdraw", "deposit"):
        assert desk("GET", f"/v1/{kind}", currency="BTC", uuid="1")["error"]["name"] == f"{kind}_not_found"
        assert desk.status == 404


def test_an_address_is_always_the_same(desk: Desk) -> None:
    """Asked for, made, or in the list of all."""
    asked: dict[str, Any] = {"currency": "USDT", "net_type": "ETH"}
    address = desk("GET", "/v1/deposits/coin_address", **asked)
    assert address["deposit_address"].startswith("paper-ethereum-")
    assert desk("POST", "/v1/deposits/generate_coin_address", **asked) == address
    assert address in desk("GET", "/v1/deposits/coin_addresses")


def test_without_a_caller_nothing_of_an_account_is_told(desk: Desk) -> None:
    """A signed call that nobody has signed is refused as such, and opens no account."""
    said = desk("GET", "/v1/accounts", caller=None)
    assert (desk.status, said) == (401, {"error": {"name": "jwt_verification", "message": "Invalid Apikey"}})
    assert len(desk.exchange.accounts) == 1


@pytest.mark.parametrize(
    ("method", "target", "body", "error"),
    [
        (b"POST", b"/v2/orders", b"[]", (400, 400, "request: invalid")),
        (b"POST", b"/v2/orders", b'{"a":1,"a":2}', (400, 400, "request: invalid")),
        (b"GET", b"/v1/orders?state=wait&state=done", b"", (400, 400, "request: invalid")),
        (b"GET", b"/v1/%6frders", b"", (400, 400, "request: invalid")),
        (b"GET", b"/v1/api_keys", b"", (404, 404, "There is no such call.")),
    ],
)
def test_what_cannot_be_read_or_is_not_here_is_refused(
    desk: Desk, method: bytes, target: bytes, body: bytes, error: tuple[int, int, str]
) -> None:
    """Whatever it is, the answer is an error object."""
    reply = answer(desk.exchange, ANN, Request(method, target, (), body, 0), 1)
    said = json.loads(reply.body)["error"]
    assert (reply.status, said["name"], said["message"]) == error


TARGETS = [(route.split()[0].encode(), route.split()[1].format(unit="1").encode()) for route in [*PUBLIC, *SIGNED]]
names = st.sampled_from(
    [
        *BUY,
        *("ord_type", "client_order_id", "order_id", "uuid", "uuids", "states", "state", "page", "limit", "order_by"),
        *("batch_orders", "order_ids", "currency", "net_type", "amount", "address", "markets", "count"),
    ]
)
plausible = st.sampled_from(["KRW-BTC", "bid", "ask", "limit", "price", "market", "BTC", "TRX", "wait", "asc"])
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | plausible
numbers = st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.sampled_from(["0.1", "70000000", "1e-7"])
values = scalars | numbers | st.lists(scalars | st.fixed_dictionaries({"market": st.just("KRW-BTC")}), max_size=3)


@given(st.sampled_from(TARGETS), st.dictionaries(names, values, max_size=8) | st.binary(max_size=40))
def test_any_request_gets_a_reply_and_loses_no_money(target: tuple[bytes, bytes], form: dict[str, Any] | bytes) -> None:
    """Whatever is sent to whatever call, there is a JSON reply with a status of the list, and no money is lost."""
    exchange, (method, path) = Exchange(0), target
    if method == b"POST":
        body = form if isinstance(form, bytes) else json.dumps(form).encode()
    else:
        query = form if isinstance(form, bytes) else urlencode({k: str(v) for k, v in form.items()}).encode()
        path, body = path + b"?" + query.replace(b" ", b""), b""
    reply = answer(exchange, ANN, Request(method, path, (), body, 0), 1)
    assert reply.status in (200, 201, 400, 404)
    json.loads(reply.body)
    for code in CURRENCIES:
        assert exchange.ledger.total(code) == exchange.ledger.issued[code]
