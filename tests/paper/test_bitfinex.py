"""The Bitfinex face: arrays in the right places, refusals in Bitfinex's words, and never an exception."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.request import Request
from bitting.paper.bitfinex import answer
from bitting.paper.bitfinex.face import ROUTES
from bitting.paper.bitfinex.words import WORDS
from bitting.paper.exchange import Exchange
from bitting.paper.market import CURRENCIES
from bitting.paper.orders import Caller
from bitting.paper.rejection import Why

ANN = Caller("ann", "key-a")
DAY_MS = 86_400_000
BUY: dict[str, Any] = {"type": "EXCHANGE LIMIT", "symbol": "tBTCUSD", "amount": "0.1", "price": "40000"}


class Desk:
    """One account's talk with one exchange, which counts the milliseconds."""

    def __init__(self) -> None:
        self.exchange = Exchange(0)
        self.now_ms = 10 * DAY_MS

    def get(self, target: str) -> Any:
        return self._read(None, Request(b"GET", target.encode(), (), b"", 0))

    def post(self, path: str, caller: Caller | None = ANN, **body: Any) -> Any:
        return self._read(caller, Request(b"POST", f"/v2/auth/{path}".encode(), (), json.dumps(body).encode(), 0))

    def _read(self, caller: Caller | None, request: Request) -> Any:
        self.now_ms += 1
        reply = answer(self.exchange, caller, request, self.now_ms)
        value = json.loads(reply.body, parse_float=Decimal)
        assert (reply.status == 200) is not (isinstance(value, list) and value[:1] == ["error"])
        return value

    def submit(self, **more: Any) -> Any:
        """The order of a notification that it was submitted."""
        return self.post("w/order/submit", **(BUY | more))[4][0]

    def available(self, wallet: str, code: str) -> Decimal:
        return next(Decimal(entry[4]) for entry in self.post("r/wallets") if entry[:2] == [wallet, code])


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_there_are_words_for_every_reason() -> None:
    """No refusal of the exchange is without Bitfinex's words."""
    assert WORDS.keys() == set(Why)


def test_open_market_data_needs_nobody(desk: Desk) -> None:
    """Status, configuration, tickers and books are answered without a caller."""
    assert desk.get("/v2/platform/status") == [1]
    assert desk.get("/v2/conf/pub:list:pair:exchange,pub:no:such:thing") == [
        ["BTCUSD", "ETHUSD", "LTCUSD", "ETHBTC", "BTCUST", "ETHUST", "BTCKRW", "ETHKRW"],
        [],
    ]
    assert desk.get("/v2/ticker/tBTCUSD") == [49975, 2, 50025, 2, 0, 0, 50000, 0, 50000, 50000]
    assert [ticker[0] for ticker in desk.get("/v2/tickers?symbols=tBTCUSD,tXRPUSD,tETHUST")] == ["tBTCUSD", "tETHUST"]
    assert len(desk.get("/v2/tickers?symbols=ALL")) == 8
    assert desk.get("/v2/book/tBTCUSD/P0?len=1") == [[49975, 1, 2], [50025, 1, -2]]
    assert [order[1:] for order in desk.get("/v2/book/tBTCUSD/R0?len=1")] == [[49975, 2], [50025, -2]]
    assert len(desk.get("/v2/book/tBTCUSD/R0")) == 40


def test_the_life_of_an_order(desk: Desk) -> None:
    """Submitted, traded in part, cancelled: 32 places each time, with signed amounts and the status in words."""
    order = desk.submit(amount="-0.5", price="49990.009", cid=77)
    assert len(order) == 32
    assert order[2:4] == [77, "tBTCUSD"]
    assert order[6:9] == [Decimal("-0.5"), Decimal("-0.5"), "EXCHANGE LIMIT"]
    assert (order[13], order[16]) == ("ACTIVE", 49990)  # what is finer than the tick is cut
    desk.post("w/order/submit", Caller("bob", None), **BUY | {"amount": "0.2", "price": "49990"})
    [shown] = desk.post("r/orders/tBTCUSD", id=[order[0]])
    assert (shown[6], shown[7], shown[13]) == (Decimal("-0.3"), Decimal("-0.5"), "PARTIALLY FILLED @ 49990(-0.2)")
    assert desk.post("w/order/cancel", id=order[0])[4][13] == "CANCELED was: PARTIALLY FILLED @ 49990(-0.2)"
    assert desk.post("r/orders") == []
    assert [known[0] for known in desk.post("r/orders/hist")] == [order[0]]
    [trade] = desk.post(f"r/order/tBTCUSD:{order[0]}/trades")
    assert trade[3:6] == [order[0], Decimal("-0.2"), 49990]
    assert trade[8:11] == [1, Decimal("-9.998"), "USD"]  # maker, and the fee is negative
    assert desk.post("r/trades/tBTCUSD/hist") == desk.post("r/trades/hist") == [trade]
    assert desk.post("r/trades/tETHUSD/hist") == []


@pytest.mark.parametrize(
    ("more", "status", "kind", "flags"),
    [
        ({"type": "EXCHANGE MARKET", "price": "0"}, "EXECUTED @ 50025(0.1)", "EXCHANGE MARKET", 0),
        ({"type": "EXCHANGE MARKET", "amount": "-41"}, "CANCELED was: PARTIALLY FILLED", "EXCHANGE MARKET", 0),
        ({"type": "EXCHANGE IOC"}, "IOC CANCELED", "EXCHANGE IOC", 0),
        ({"type": "EXCHANGE FOK"}, "FILLORKILL CANCELED", "EXCHANGE FOK", 0),
        ({"flags": 4096}, "ACTIVE", "EXCHANGE LIMIT", 4096),
        ({"flags": 4096, "price": "50025"}, "POSTONLY CANCELED", "EXCHANGE LIMIT", 4096),
    ],
)
def test_each_kind_of_order_ends_in_its_own_words(
    desk: Desk, more: dict[str, Any], status: str, kind: str, flags: int
) -> None:
    """Type, flags and status are those of Bitfinex."""
    desk.exchange.open_account("ann", 0)
    desk.exchange.ledger.issue("ann", "BTC", Decimal(100))
    order = desk.submit(**more)
    assert order[13].startswith(status)
    assert (order[8], order[12]) == (kind, flags)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"amount": "10"}, [10001, "Invalid order: not enough exchange balance for 10 BTCUSD at 40000"]),
        (
            {"type": "EXCHANGE MARKET", "amount": "-10.5"},
            [10001, "Invalid order: not enough exchange balance for 10.5 BTCUSD at market"],
        ),
        ({"symbol": "tXRPUSD"}, [10020, "symbol: invalid"]),
        ({"symbol": 5}, [10020, "symbol: invalid"]),
        ({"amount": "0"}, [10020, "amount: invalid"]),
        ({"amount": "many"}, [10020, "amount: invalid"]),
        ({"price": "-1"}, [10020, "price: invalid"]),
        ({"price": None}, [10020, "price: invalid"]),
        ({"type": "EXCHANGE STOP"}, [10020, "type: invalid"]),
        ({"type": "LIMIT"}, [10020, "type: invalid"]),
        ({"flags": 1024}, [10020, "flags: invalid"]),
        ({"type": "EXCHANGE IOC", "flags": 4096}, [10020, "flags: invalid"]),
        ({"price_oco_stop": "1"}, [10020, "price_oco_stop: invalid"]),
        ({"tif": "2030-01-01"}, [10020, "tif: invalid"]),
    ],
)
def test_an_order_is_refused_in_words(desk: Desk, more: dict[str, Any], error: list[Any]) -> None:
    """What is wrong is named; what this exchange does not have is refused and not passed over."""
    assert desk.post("w/order/submit", **BUY | more) == ["error", *error]
    assert desk.post("r/orders") == []


def test_a_client_id_is_for_one_open_order_and_one_day(desk: Desk) -> None:
    """A second open order of one client id is refused; cancelling by client id needs its day."""
    desk.submit(cid=5)
    assert desk.post("w/order/submit", **BUY, cid=5) == ["error", 10020, "cid: invalid"]
    assert desk.post("w/order/cancel", cid=5, cid_date="1970-01-12") == ["error", 10001, "Order not found."]
    assert desk.post("w/order/cancel", cid=5) == ["error", 10020, "cid_date: invalid"]
    assert desk.post("w/order/cancel", cid=5, cid_date="1970-01-11")[6] == "SUCCESS"


def test_an_order_is_updated_in_place(desk: Desk) -> None:
    """It keeps its id; a change of side, of flags or beyond the funds is refused, and so is an unknown order."""
    order = desk.submit()
    updated = desk.post("w/order/update", id=order[0], price="41000", amount="0.2")[4]
    assert (updated[0], updated[6], updated[16]) == (order[0], Decimal("0.2"), 41000)
    assert desk.post("w/order/update", id=order[0])[4][16] == 41000
    for more, error in (
        ({"amount": "-0.2"}, [10020, "amount: invalid"]),
        ({"flags": 4096}, [10020, "flags: invalid"]),
        ({"amount": "9"}, [10001, "Invalid order: not enough exchange balance for 9 BTCUSD at 41000"]),
        ({"price": "0.001"}, [10020, "price: invalid"]),
    ):
        assert desk.post("w/order/update", id=order[0], **more) == ["error", *error]
    assert desk.post("w/order/update", id=1) == ["error", 10001, "Order not found."]


def test_several_are_cancelled_at_once(desk: Desk) -> None:
    """Those listed, or all; one that is not open is passed over; neither listed nor all is refused."""
    first, second, third = (desk.submit()[0] for _ in range(3))
    assert [order[0] for order in desk.post("w/order/cancel/multi", id=[second, 1])[4]] == [second]
    assert desk.post("w/order/cancel/multi") == ["error", 10020, "id: invalid"]
    assert desk.post("w/order/cancel/multi", all=0) == ["error", 10020, "id: invalid"]
    assert [order[0] for order in desk.post("w/order/cancel/multi", all=1)[4]] == [first, third]


def test_each_operation_of_many_is_answered_on_its_own(desk: Desk) -> None:
    """One that is refused does not stop the others; a list that is none is refused whole."""
    order = desk.submit()
    done = desk.post(
        "w/order/multi",
        ops=[["on", BUY], ["on", BUY | {"amount": "10"}], ["oc", {"id": 1}], ["oc", {"id": order[0]}]],
    )[4]
    assert [(one[1], one[6]) for one in done] == [
        ("on-req", "SUCCESS"),
        ("on-req", "ERROR"),
        ("oc-req", "ERROR"),
        ("oc-req", "SUCCESS"),
    ]
    assert done[1][7].startswith("Invalid order: not enough exchange balance")
    assert desk.post("w/order/multi") == ["error", 10020, "ops: invalid"]
    assert desk.post("w/order/multi", ops=[["no", {}]]) == ["error", 10020, "ops: invalid"]


def test_money_moves_between_wallets_and_out(desk: Desk) -> None:
    """A transfer and a withdrawal are answered, shown in the history, and gone from the wallet."""
    way: dict[str, Any] = {"from": "exchange", "to": "funding", "currency": "BTC", "amount": "4"}
    moved = desk.post("w/transfer", **way)
    assert moved[4] == [desk.now_ms, "exchange", "funding", None, "BTC", "BTC", None, 4]
    assert desk.available("funding", "BTC") == 4
    out: dict[str, Any] = {
        "wallet": "exchange",
        "method": "bitcoin",
        "amount": "1.5",
        "address": "bc1qexample",
        "payment_id": "7",
    }
    withdrawn = desk.post("w/withdraw", **out)
    assert withdrawn[4][2:6] == ["bitcoin", "7", "exchange", Decimal("1.5")]
    assert withdrawn[7] == "success"
    assert desk.available("exchange", "BTC") == Decimal("4.5")
    history = desk.post("r/movements/BTC/hist")
    assert [(one[1], one[2], one[12], one[16]) for one in history] == [
        ("BTC", "BITCOIN", Decimal("-1.5"), "bc1qexample"),
        ("BTC", "BITCOIN", 10, None),
    ]
    assert len(desk.post("r/movements/hist")) == 1 + len(CURRENCIES)


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("w/withdraw", {"amount": "11"}, [10001, "Cannot withdraw 11 BTC from your exchange wallet."]),
        ("w/withdraw", {"method": "dogecoin"}, [10020, "method: invalid"]),
        ("w/withdraw", {"address": ""}, [10020, "address: invalid"]),
        ("w/withdraw", {"wallet": "savings"}, [10020, "wallet: invalid"]),
        ("w/withdraw", {"amount": "0"}, [10020, "amount: invalid"]),
        ("w/transfer", {"amount": "11"}, [10001, "Cannot transfer 11 BTC from your exchange wallet."]),
        ("w/transfer", {"currency": "XRP"}, [10020, "currency: invalid"]),
        ("w/transfer", {"currency_to": "ETH"}, [10020, "currency_to: invalid"]),
        ("w/transfer", {"to": "elsewhere"}, [10020, "to: invalid"]),
        ("w/transfer", {"email_dst": "mallory@example.org"}, [10020, "email_dst: invalid"]),
        ("w/transfer", {"user_id_dst": 7}, [10020, "user_id_dst: invalid"]),
        ("w/deposit/address", {"wallet": "savings"}, [10020, "wallet: invalid"]),
    ],
)
def test_a_movement_is_refused_in_words(desk: Desk, path: str, body: dict[str, Any], error: list[Any]) -> None:
    """For want of money Bitfinex says what there is; value does not go to another user."""
    usual = {"wallet": "exchange", "method": "bitcoin", "address": "bc1qexample", "from": "exchange", "to": "funding"}
    said = desk.post(path, **usual | {"currency": "BTC", "amount": "1"} | body)
    assert said[:2] == ["error", error[0]]
    assert said[2].startswith(error[1])
    assert desk.available("exchange", "BTC") == 10


def test_the_user_and_the_address_are_told(desk: Desk) -> None:
    """The user has 55 places; the address of a method is always the same."""
    user = desk.post("r/info/user")
    assert (len(user), user[2]) == (55, "ann")
    asked: dict[str, Any] = {"wallet": "exchange", "method": "TETHERUSX"}
    first, second = (desk.post("w/deposit/address", **asked)[4] for _ in range(2))
    assert first == second
    assert first[1:3] == ["TETHERUSX", "UST"]


def test_histories_are_cut_to_what_was_asked(desk: Desk) -> None:
    """Start, end and limit are heeded, the newest comes first, and 25 is the usual length."""
    times = []
    for _ in range(30):
        order = desk.submit()
        desk.post("w/order/cancel", id=order[0])
        times.append(desk.now_ms)
    assert len(desk.post("r/orders/hist")) == 25
    assert [order[5] for order in desk.post("r/orders/hist", limit=2)] == [times[-1], times[-2]]
    assert [order[5] for order in desk.post("r/orders/tBTCUSD/hist", start=times[3], end=str(times[4]))] == [
        times[4],
        times[3],
    ]


def test_without_a_caller_nothing_of_an_account_is_told(desk: Desk) -> None:
    """A signed call that nobody has signed is refused as such, and opens no account."""
    assert desk.post("r/wallets", caller=None) == ["error", 10100, "apikey: invalid"]
    assert len(desk.exchange.accounts) == 1


@pytest.mark.parametrize(
    ("method", "target", "body", "text"),
    [
        (b"POST", b"/v2/auth/r/wallets", b"[]", "request: invalid"),
        (b"POST", b"/v2/auth/r/wallets", b'{"a":1,"a":2}', "request: invalid"),
        (b"GET", b"/v2/ticker/t%42TCUSD", b"", "request: invalid"),
        (b"GET", b"/v2/auth/r/wallets", b"", "path: invalid"),
        (b"POST", b"/v2/auth/r/permissions", b"", "path: invalid"),
    ],
)
def test_what_cannot_be_read_or_is_not_here_is_a_bad_request(
    desk: Desk, method: bytes, target: bytes, body: bytes, text: str
) -> None:
    """Such requests are refused with status 500 and 10020, as all bad parameters are."""
    reply = answer(desk.exchange, ANN, Request(method, target, (), body, 0), 1)
    assert (reply.status, json.loads(reply.body)) == (500, ["error", 10020, text])


PLACES = {"keys": "pub:info:pair", "symbol": "tBTCUSD", "precision": "P0", "currency": "BTC", "id": "7"}
TARGETS = [(route.split()[0].encode(), route.split()[1].format(**PLACES).encode()) for route in ROUTES.names]
names = st.sampled_from(
    [
        *BUY,
        "id",
        "cid",
        "all",
        "ops",
        "flags",
        "limit",
        "start",
        "from",
        "to",
        "wallet",
        "method",
        "address",
        "currency",
    ]
)
plausible = st.sampled_from(["exchange", "funding", "bitcoin", "BTC", "tBTCUSD", "EXCHANGE LIMIT", "EXCHANGE MARKET"])
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | plausible
numbers = st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.sampled_from(["0.1", "40000", "1e-7"])
values = scalars | numbers | st.lists(scalars, max_size=3)


@given(st.sampled_from(TARGETS), st.dictionaries(names, values, max_size=8) | st.binary(max_size=40))
def test_any_body_gets_a_reply_and_loses_no_money(target: tuple[bytes, bytes], body: dict[str, Any] | bytes) -> None:
    """Whatever is sent to whatever call, there is a JSON reply with status 200 or 500, and no money is lost."""
    exchange = Exchange(0)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = answer(exchange, ANN, Request(*target, (), sent, 0), 1)
    assert reply.status in (200, 500)
    json.loads(reply.body)
    for code in CURRENCIES:
        assert exchange.ledger.total(code) == exchange.ledger.issued[code]
