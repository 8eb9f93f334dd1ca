"""Binance's parameters as orders: what each costs at most, what caps it, what lifts no limit."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from bitting.dialects.binance import DIALECT
from bitting.dialects.binance_parameters import QUOTES, _pair, pair_of
from bitting.domain.action import Action, Kind, Order, Side
from bitting.domain.errors import MalformedRequest
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.request import Request

BTC = Pair("BTC", "USDT")
TENTH = Decimal("0.1")


def wanted(path: str, method: str = "POST", **given: Any) -> tuple[Action, ...]:
    """The actions of a request with these parameters beside a symbol."""
    query = urlencode({"symbol": "BTCUSDT", **given})
    actions = DIALECT.actions(Request(method.encode(), f"{path}?{query}".encode(), (), b"", peer=0))
    assert actions is not None
    return actions


def order(path: str, **given: Any) -> Order:
    """The one order that these parameters place."""
    (action,) = wanted(path, **{"side": "SELL", "quantity": "0.1", **given})
    assert action.order is not None
    assert action.pair == action.order.pair
    return action.order


SPOT, FUTURES, ALGO = "/api/v3/order", "/fapi/v1/order", "/fapi/v1/algoOrder"


@pytest.mark.parametrize(
    ("path", "given", "price", "capped", "lowest"),
    [
        (SPOT, {"type": "LIMIT", "price": "7"}, 7, True, None),
        (SPOT, {"type": "LIMIT_MAKER", "price": "7"}, 7, True, None),
        (SPOT, {"type": "MARKET"}, None, False, None),
        (SPOT, {"type": "STOP_LOSS", "stopPrice": "6"}, 6, False, None),
        (SPOT, {"type": "STOP_LOSS", "trailingDelta": "100"}, None, False, None),
        (SPOT, {"type": "STOP_LOSS_LIMIT", "stopPrice": "6", "price": "5"}, 6, True, 5),
        (SPOT, {"type": "STOP_LOSS_LIMIT", "trailingDelta": "100", "price": "5"}, 5, True, None),
        (SPOT, {"type": "TAKE_PROFIT", "stopPrice": "8"}, 8, False, None),
        (SPOT, {"type": "TAKE_PROFIT_LIMIT", "stopPrice": "8", "price": "9"}, 9, True, 8),
        (SPOT, {"type": "LIMIT", "pegPriceType": "MARKET_PEG"}, None, False, None),
        (SPOT, {"type": "LIMIT", "pegPriceType": "MARKET_PEG", "price": "7"}, 7, False, None),
        (SPOT, {"type": "LIMIT", "price": "7", "activatePrice": "9"}, 7, True, None),
        (FUTURES, {"type": "LIMIT", "price": "7"}, 7, True, None),
        (FUTURES, {"type": "LIMIT", "priceMatch": "QUEUE"}, None, False, None),
        (FUTURES, {"type": "MARKET"}, None, False, None),
        (FUTURES, {"type": "STOP", "stopPrice": "6", "price": "5"}, 6, True, 5),
        (FUTURES, {"type": "TAKE_PROFIT", "stopPrice": "8", "price": "9"}, 9, True, 8),
        (FUTURES, {"type": "STOP_MARKET", "stopPrice": "6"}, 6, False, None),
        (FUTURES, {"type": "TRAILING_STOP_MARKET", "activationPrice": "8", "callbackRate": "1"}, 8, False, None),
        (ALGO, {"type": "STOP_MARKET", "triggerPrice": "6", "algoType": "CONDITIONAL"}, 6, False, None),
        (ALGO, {"type": "TRAILING_STOP_MARKET", "activatePrice": "8"}, 8, False, None),
        ("/sapi/v1/algo/spot/newOrderTwap", {"duration": "300"}, None, False, None),
        ("/sapi/v1/algo/futures/newOrderVp", {"urgency": "LOW", "limitPrice": "7"}, 7, True, None),
    ],
)
def test_an_order_names_its_highest_price_and_whether_it_is_a_limit(
    path: str, given: dict[str, str], price: int | None, capped: bool, lowest: int | None
) -> None:
    """Of a limit and a trigger both count; a trigger alone, a peg and the market cap nothing."""
    assert order(path, **given) == Order(
        BTC,
        Side.SELL,
        TENTH,
        None if price is None else Decimal(price),
        capped=capped,
        lowest=None if lowest is None else Decimal(lowest),
    )


def test_a_market_order_may_say_what_it_spends() -> None:
    """Then that is its value, and there is no amount."""
    (action,) = wanted(SPOT, side="BUY", type="MARKET", quoteOrderQty="25.5")
    assert action.order == Order(BTC, Side.BUY, None, None, Decimal("25.5"), capped=False)


@pytest.mark.parametrize(
    "given",
    [
        {"type": "LIMIT", "price": "7"},
        {"type": "MARKET", "quantity": "1", "quoteOrderQty": "25"},
        {"type": "LIMIT", "price": "7", "quoteOrderQty": "25"},
        {"quantity": "1", "price": "7"},
        {"type": "MARKET", "quantity": "1", "side": "HOLD"},
        {"type": "MARKET", "quantity": "1", "stopPrice": "7"},
        {"type": "LIMIT_MAKER", "quantity": "1", "price": "7", "stopPrice": "7"},
        {"type": "STOP_LOSS_LIMIT", "quantity": "1", "stopPrice": "7"},
        {"type": "TRAILING_STOP_MARKET", "quantity": "1"},
        {"type": "STOP_LOSS", "quantity": "1", "stopPrice": "0"},
    ],
)
def test_an_order_that_cannot_be_valued_is_malformed(given: dict[str, str]) -> None:
    """A missing limit, two sizes, a type of another market, a trigger that its type does not have."""
    with pytest.raises(MalformedRequest):
        wanted(SPOT, **{"side": "SELL", **given})


def test_an_order_without_a_symbol_is_malformed() -> None:
    """It could be for any pair."""
    query = b"side=SELL&type=MARKET&quantity=1"
    with pytest.raises(MalformedRequest, match="no symbol"):
        DIALECT.actions(Request(b"POST", SPOT.encode() + b"?" + query, (), b"", peer=0))


@pytest.mark.parametrize(
    ("given", "reduces"),
    [
        ({"type": "MARKET", "reduceOnly": "true"}, True),
        ({"type": "MARKET", "reduceOnly": "False"}, False),
        ({"type": "MARKET", "closePosition": "false"}, False),
        ({"type": "LIMIT", "price": "7", "reduceOnly": "TRUE"}, True),
    ],
)
def test_futures_know_reduce_only(given: dict[str, str], reduces: bool) -> None:
    """The exchange's own flag, in the spellings that it documents and clients send."""
    assert order(FUTURES, **given).reduce_only is reduces


def test_closing_a_position_reduces_and_has_no_amount() -> None:
    """`closePosition` belongs to two types, and stands in place of a quantity."""
    (action,) = wanted(FUTURES, side="SELL", type="STOP_MARKET", stopPrice="6", closePosition="true")
    assert action.order == Order(BTC, Side.SELL, None, Decimal(6), reduce_only=True, capped=False)
    for given in ({"type": "LIMIT", "price": "7"}, {"type": "STOP_MARKET", "quantity": "1"}, {}):
        with pytest.raises(MalformedRequest):
            wanted(FUTURES, side="SELL", closePosition="true", stopPrice="6", **given)
    with pytest.raises(MalformedRequest):
        wanted(FUTURES, side="SELL", type="STOP_MARKET", stopPrice="6")


def test_a_changed_order_is_judged_by_its_new_size_and_price() -> None:
    """And whatever it was flagged as, the change is not known to reduce anything."""
    given = {"side": "SELL", "orderId": "1", "quantity": "0.1", "price": "7", "reduceOnly": "true"}
    (action,) = wanted(FUTURES, "PUT", **given)
    assert (action.name, action.kind) == ("order.replace", Kind.ORDER)
    assert action.order == Order(BTC, Side.SELL, TENTH, Decimal(7))
    with pytest.raises(MalformedRequest):
        wanted(FUTURES, "PUT", side="SELL", orderId="1", quantity="0.1")


def test_a_smaller_amount_with_the_same_priority_has_no_price() -> None:
    """`keepPriority` takes nothing but a smaller quantity, so no limit on size is asked."""
    (action,) = wanted("/api/v3/order/amend/keepPriority", "PUT", orderId="1", newQty="0.1")
    assert (action.name, action.kind, action.pair, action.order) == ("order.amend", Kind.ORDER, BTC, None)


def test_a_test_is_judged_as_an_order_and_changes_nothing() -> None:
    """It needs the right to trade, and has the fields that limits look at."""
    for path in ("/api/v3/order/test", "/api/v3/sor/order/test", "/fapi/v1/order/test"):
        (action,) = wanted(path, side="BUY", type="LIMIT", quantity="0.1", price="7")
        assert (action.name, action.kind, action.permission) == ("order.test", Kind.READ, Permission.ORDERS_WRITE)
        assert action.order == Order(BTC, Side.BUY, TENTH, Decimal(7))


ABOVE = {"aboveType": "LIMIT_MAKER", "abovePrice": "9"}
BELOW = {"belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "6", "belowPrice": "5"}
WORKING = {"workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "7", "workingQuantity": "0.1"}
PENDING = {"pendingType": "MARKET", "pendingSide": "SELL"}
PENDING_ABOVE = {"pendingSide": "SELL", "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "9"}
PENDING_BELOW = {"pendingBelowType": "STOP_LOSS", "pendingBelowStopPrice": "5"}
SIZE = {"pendingQuantity": "0.1"}

BOUGHT = Order(BTC, Side.BUY, TENTH, Decimal(7))
UP = Order(BTC, Side.SELL, TENTH, Decimal(9))
DOWN = Order(BTC, Side.SELL, TENTH, Decimal(6), lowest=Decimal(5))
SOLD = Order(BTC, Side.SELL, TENTH, None, capped=False)
STOPPED = Order(BTC, Side.SELL, TENTH, Decimal(5), capped=False)


@pytest.mark.parametrize(
    ("path", "given", "orders"),
    [
        ("/api/v3/orderList/oco", {"side": "SELL", "quantity": "0.1"} | ABOVE | BELOW, [UP, DOWN]),
        ("/api/v3/orderList/oto", WORKING | PENDING | SIZE, [BOUGHT, SOLD]),
        ("/api/v3/orderList/opo", WORKING | PENDING, [BOUGHT, SOLD._replace(amount=None)]),
        ("/api/v3/orderList/otoco", WORKING | PENDING_ABOVE | PENDING_BELOW | SIZE, [BOUGHT, UP, STOPPED]),
        ("/api/v3/orderList/otoco", WORKING | PENDING_ABOVE | SIZE, [BOUGHT, UP]),
        ("/api/v3/orderList/opoco", WORKING | PENDING_ABOVE, [BOUGHT, UP._replace(amount=None)]),
        (
            "/api/v3/order/oco",
            {"side": "SELL", "quantity": "0.1", "price": "9", "stopPrice": "5"},
            [UP, STOPPED],
        ),
        (
            "/api/v3/order/oco",
            {"side": "SELL", "quantity": "0.1", "price": "9", "stopPrice": "6", "stopLimitPrice": "5"},
            [UP, DOWN],
        ),
        ("/sapi/v1/margin/order/oto", WORKING | PENDING | SIZE, [BOUGHT, SOLD]),
        ("/sapi/v1/margin/order/otoco", WORKING | PENDING_ABOVE | SIZE, [BOUGHT, UP]),
        (
            "/sapi/v1/margin/order/oco",
            {"side": "SELL", "quantity": "0.1", "price": "9", "stopPrice": "5", "sideEffectType": "NO_SIDE_EFFECT"},
            [UP, STOPPED],
        ),
    ],
)
def test_an_order_list_is_all_its_orders(path: str, given: dict[str, str], orders: list[Order]) -> None:
    """Each with the fields of its own leg; a pending size that is not given is not known."""
    actions = wanted(path, **given)
    assert [each.order for each in actions] == orders
    assert {(each.kind, each.permission) for each in actions} == {(Kind.ORDER, Permission.ORDERS_WRITE)}


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/api/v3/orderList/oco", {"side": "SELL"} | ABOVE | BELOW),
        ("/api/v3/orderList/oco", {"side": "SELL", "quantity": "0.1"} | ABOVE),
        ("/api/v3/orderList/oto", WORKING | {"workingSide": "sell"} | PENDING),
        ("/api/v3/orderList/oto", {"workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "7"} | PENDING),
        ("/api/v3/orderList/otoco", WORKING | {"pendingSide": "SELL"} | SIZE),
        ("/api/v3/order/oco", {"side": "SELL", "quantity": "0.1", "price": "9"}),
    ],
)
def test_a_list_with_half_an_order_is_malformed(path: str, given: dict[str, str]) -> None:
    """A leg that is not told from nothing is not guessed."""
    with pytest.raises(MalformedRequest):
        wanted(path, **given)


def test_a_margin_order_that_borrows_needs_the_right_to_borrow() -> None:
    """A side effect is an action of its own, beside the order."""
    plain = {"side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "7"}
    for effect, permissions in (
        ({}, [Permission.ORDERS_WRITE]),
        ({"sideEffectType": "NO_SIDE_EFFECT"}, [Permission.ORDERS_WRITE]),
        ({"sideEffectType": "AUTO_REPAY"}, [Permission.ORDERS_WRITE, Permission.BORROW_WRITE]),
        ({"sideEffectType": ""}, [Permission.ORDERS_WRITE, Permission.BORROW_WRITE]),
    ):
        actions = wanted("/sapi/v1/margin/order", **plain, **effect)
        assert [each.permission for each in actions] == permissions


ITEM = '{"symbol":"BTCUSDT","side":"SELL","type":"LIMIT","quantity":%s,"price":"7"}'


@pytest.mark.parametrize("quantity", ['"0.1"', "0.1", "1e-1"])
def test_an_order_of_a_batch_may_have_numbers(quantity: str) -> None:
    """In JSON as in a form, with the same meaning; and a batch of changes reads alike."""
    expected = Order(BTC, Side.SELL, TENTH, Decimal(7))
    for method in ("POST", "PUT"):
        (action,) = wanted("/fapi/v1/batchOrders", method, batchOrders=f"[{ITEM % quantity}]")
        assert action.order == expected


@pytest.mark.parametrize(
    "batch",
    ["", "[]", "{}", "[1]", "null", f"[{ITEM % 'true'}]", f"[{ITEM % 'null'}]", f"[{ITEM % '[1]'}]", "[{}]", "[" * 99],
)
def test_a_batch_that_is_no_list_of_orders_is_malformed(batch: str) -> None:
    """Whole, whatever its other items are."""
    with pytest.raises(MalformedRequest):
        wanted("/fapi/v1/batchOrders", batchOrders=batch)


def test_a_flag_in_a_batch_may_be_a_boolean() -> None:
    """`true` and `"true"` are one flag, and a whole number is an amount."""
    item = '{"symbol":"BTCUSDT","side":"SELL","type":"MARKET","quantity":2,"reduceOnly":%s}'
    (first, second) = wanted("/fapi/v1/batchOrders", batchOrders=f"[{item % 'true'},{item % 'false'}]")
    assert first.order == Order(BTC, Side.SELL, Decimal(2), None, reduce_only=True, capped=False)
    assert second.order == Order(BTC, Side.SELL, Decimal(2), None, capped=False)


def test_a_cancel_names_its_pair_where_the_request_does() -> None:
    """One without a symbol passes for every pair: cancelling is always possible."""
    (action,) = wanted(SPOT, "DELETE", orderId="1")
    assert (action.kind, action.pair) == (Kind.CANCEL, BTC)
    assert DIALECT.actions(Request(b"DELETE", b"/fapi/v1/algoOrder?algoId=1", (), b"", peer=0)) == (
        Action("order.cancel", Kind.CANCEL, Permission.ORDERS_WRITE),
    )


def test_a_withdrawal_names_where_it_goes() -> None:
    """As the request does, letter by letter; the address book decides whether that is one of its entries."""
    given = {"coin": "XRP", "network": "XRP", "address": "rAddress", "addressTag": "104", "amount": "5", "name": "x"}
    query = urlencode(given).encode()
    actions = DIALECT.actions(Request(b"POST", b"/sapi/v1/capital/withdraw/apply?" + query, (), b"", peer=0))
    assert actions is not None
    assert [each.withdrawal for each in actions] == [("XRP", "XRP", "rAddress", "104", Decimal(5))]


@pytest.mark.parametrize(
    ("symbol", "pair"),
    [
        ("BTCUSDT", BTC),
        ("ETHBTC", Pair("ETH", "BTC")),
        ("BTCFDUSD", Pair("BTC", "FDUSD")),
        ("ADAEUR", Pair("ADA", "EUR")),
        ("1000SHIBUSDC", Pair("1000SHIB", "USDC")),
        ("BTCUSDT_260327", None),
        ("btcusdt", None),
        ("BTC/USDT", None),
        ("BTC-USDT", None),
        ("tBTCUSD", None),
        ("XBTUSDT", Pair("XBT", "USDT")),
        ("USDT", None),
        ("\uff22TCUSDT", None),
        ("这是测试币456", None),
        ("A" * 17 + "USDT", None),
        ("", None),
    ],
)
def test_a_symbol_is_two_known_words_or_no_pair(symbol: str, pair: Pair | None) -> None:
    """No other spelling reaches a pair that a key is limited to."""
    assert pair_of(symbol) == pair


def test_only_symbols_of_a_symbols_length_are_remembered() -> None:
    """However many and however long ones a client sends, what is kept of them stays small."""
    kept = _pair.cache_info()
    assert pair_of("A" * 100_000 + "USDT") is None
    assert _pair.cache_info() == kept
    assert kept.maxsize == 4096


def test_no_quote_ends_in_another() -> None:
    """So that a symbol can be cut at one place only."""
    assert [(one, other) for one in QUOTES for other in QUOTES if one != other and one.endswith(other)] == []
    assert {len(each) for each in QUOTES} == {3, 4, 5}
