"""What requests of Bithumb's API 2.0 ask for."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.bithumb import DIALECT
from bitting.dialects.bithumb_routes import ROUTES
from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.errors import MalformedRequest
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.request import Request

BTC = Pair("BTC", "KRW")
LIMIT = {"market": "KRW-BTC", "side": "bid", "price": "90000000", "volume": "0.1", "order_type": "limit"}


def wants(target: str, body: Any = None, method: str = "POST") -> tuple[Action, ...]:
    octets = b"" if body is None else json.dumps(body).encode()
    actions = DIALECT.actions(Request(method.encode(), target.encode(), (), octets, peer=0))
    assert actions is not None
    return actions


def order(target: str = "/v2/orders", **changes: Any) -> Order:
    fields = {name: value for name, value in {**LIMIT, **changes}.items() if value is not None}
    (action,) = wants(target, fields)
    assert (action.name, action.kind, action.permission) == ("order.place", Kind.ORDER, Permission.ORDERS_WRITE)
    assert action.order is not None
    assert action.pair == action.order.pair
    return action.order


def test_a_limit_order_has_volume_and_price() -> None:
    """Of either side, as text or as numbers; with a condition, an id of the client's, a rule against itself."""
    bought = Order(BTC, Side.BUY, Decimal("0.1"), Decimal("90000000"))
    assert order() == bought
    assert order(price=90000000, volume=0.1) == bought
    assert order(side="ask") == bought._replace(side=Side.SELL)
    assert order(time_in_force="post_only", client_order_id="x", stp_type="cancel_taker") == bought


def test_orders_of_v1_have_their_type_under_another_name() -> None:
    """And one that has both is of unknown value: nobody says which of them counts."""
    v1 = {"order_type": None, "ord_type": "limit"}
    assert order("/v1/orders", **v1) == order()
    assert order(ord_type="limit") == Order(BTC, Side.BUY, None, None, capped=False)
    with pytest.raises(MalformedRequest, match="ord_type is not a plain text"):
        order("/v1/orders")


def test_market_orders_name_a_cost_or_a_volume() -> None:
    """A purchase its cost, a sale its volume."""
    bought = order(order_type="price", volume=None, price="50000")
    assert bought == Order(BTC, Side.BUY, None, None, quote_amount=Decimal(50000), capped=False)
    sold = order(order_type="market", side="ask", price=None)
    assert sold == Order(BTC, Side.SELL, Decimal("0.1"), None, capped=False)


def test_orders_at_the_best_price_name_either() -> None:
    """What they trade at is the book's to say."""
    assert order(order_type="best", volume=None).quote_amount == Decimal("90000000")
    assert order(order_type="best", price=None) == Order(BTC, Side.BUY, Decimal("0.1"), None, capped=False)
    assert order(order_type="best", price=None, side="ask").amount == Decimal("0.1")


@pytest.mark.parametrize(
    "changes",
    [
        {"order_type": "limit", "price": None},
        {"order_type": "limit", "volume": None},
        {"order_type": "price"},
        {"order_type": "price", "volume": None, "price": None},
        {"order_type": "price", "volume": None, "side": "ask"},
        {"order_type": "market", "price": None},
        {"order_type": "market", "side": "ask"},
        {"order_type": "best"},
        {"order_type": "best", "volume": None, "side": "ask"},
        {"order_type": "LIMIT"},
        {"order_type": "stop_limit"},
        {"order_type": None},
        {"order_type": 1},
    ],
)
def test_what_is_no_order_is_refused(changes: dict[str, Any]) -> None:
    """Each type with its own sizes, and no other."""
    with pytest.raises(MalformedRequest, match="order_type is"):
        order(**changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("volume", each) for each in ("0", "-1", "NaN", "1_0", "１", "", True, None, [1], 0.0)),  # noqa: RUF001
        *(("side", each) for each in ("buy", "BID", 1)),
        *(("market", each) for each in (1, ["KRW-BTC"], "KRW-B\tTC", "x" * 257)),
    ],
)
def test_values_have_one_spelling(field: str, value: Any) -> None:
    """No amount is guessed, and no market is a number."""
    fields = LIMIT | {field: value}
    with pytest.raises(MalformedRequest, match=field):
        wants("/v2/orders", fields)


def test_an_order_that_says_more_is_of_unknown_value() -> None:
    """A parameter that nobody documented may be a trigger, or another size."""
    for more in ("watch_price", "total", "identifier"):
        assert order(**{more: "1"}) == Order(BTC, Side.BUY, None, None, capped=False)


def test_a_batch_is_judged_order_by_order() -> None:
    """At most thirty; what is no object is no order."""
    actions = wants("/v2/orders/batch", {"batch_orders": [LIMIT, LIMIT | {"market": "KRW-ETH"}] * 15})
    assert [each.pair for each in actions] == [BTC, Pair("ETH", "KRW")] * 15
    for orders in ([], [LIMIT] * 31, None, LIMIT, [json.dumps(LIMIT)], [[LIMIT]]):
        with pytest.raises(MalformedRequest):
            wants("/v2/orders/batch", {"batch_orders": orders})


def plan(**changes: Any) -> Order:
    fields = {"market": "KRW-BTC", "side": "ask", "volume": "0.5", "duration": "300", "frequency": "20"}
    chosen = {name: value for name, value in {**fields, **changes}.items() if value is not None}
    (action,) = wants("/v1/twap", chosen)
    assert action.order is not None
    return action.order


def test_a_plan_is_an_order_of_its_whole_size() -> None:
    """A sale of a volume, a purchase for a cost; what says both, or more, is of unknown value."""
    unknown = Order(BTC, Side.BUY, None, None, capped=False)
    assert plan() == unknown._replace(side=Side.SELL, amount=Decimal("0.5"))
    assert plan(side="bid", volume=None, price="1000000") == unknown._replace(quote_amount=Decimal(1000000))
    assert plan(side="bid", price="1000000") == unknown
    assert plan(limit="1") == unknown._replace(side=Side.SELL)
    for lacking in ({"volume": None}, {"side": "bid", "volume": None}):
        with pytest.raises(MalformedRequest):
            plan(**lacking)


@pytest.mark.parametrize(
    ("query", "pair"),
    [
        ("", None),
        ("?market=KRW-BTC&state=wait", BTC),
        ("?state=wait&market=BTC-ETH", Pair("ETH", "BTC")),
        ("?market=btc", None),
        ("?states%5B%5D=wait", None),
    ],
)
def test_a_read_is_for_the_market_in_its_query(query: str, pair: Pair | None) -> None:
    """Without one it is for all, which a key that is limited to pairs may not ask for."""
    for path in ("/v1/orders", "/v2/orders/pending", "/v2/orders/history", "/v1/twap", "/v1/orders/chance"):
        (action,) = wants(path + query, method="GET")
        assert action.pair == pair


COINS = {"currency": "XRP", "net_type": "XRP", "amount": "100.25", "address": "rs6qtDrs8qp5q"}


def goes(fields: dict[str, Any], target: str = "/v1/withdraws/coin") -> Withdrawal:
    (action,) = wants(target, fields)
    assert (action.kind, action.permission) == (Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)
    assert action.withdrawal is not None
    return action.withdrawal


def test_a_withdrawal_says_where_it_goes() -> None:
    """With network, address and tag; who receives it says nothing about that."""
    read = Withdrawal("XRP", "XRP", "rs6qtDrs8qp5q", "", Decimal("100.25"))
    assert goes(COINS) == read
    assert goes(COINS | {"exchange_name": "binance", "receiver_type": "personal", "receiver_ko_name": "홍길동"}) == read
    assert goes(COINS | {"secondary_address": "1004775304"}) == read._replace(tag="1004775304")


def test_what_cannot_be_read_of_a_withdrawal_is_none() -> None:
    """And no address book admits that."""
    for name, place in (("currency", "asset"), ("net_type", "network"), ("address", "address")):
        assert goes({**{key: value for key, value in COINS.items() if key != name}})._asdict()[place] is None
    assert goes(COINS | {"to": "rOther"}) == Withdrawal(None, None, None, "", None)
    for spoilt in ({"amount": "0"}, {"amount": None}, {"address": 7}, {"secondary_address": 7}, {"net_type": None}):
        with pytest.raises(MalformedRequest):
            goes(COINS | spoilt)


def test_won_go_to_the_bank() -> None:
    """There is no address to be in a book."""
    expected = Withdrawal("KRW", None, None, "", Decimal(6000))
    assert goes({"amount": "6000", "two_factor_type": "kakao"}, "/v1/withdraws/krw") == expected


@given(
    st.sampled_from([each for each in ROUTES if each.read is not None]),
    st.dictionaries(
        st.sampled_from([*LIMIT, *COINS, "batch_orders", "x"]),
        st.none() | st.sampled_from(["bid", "ask", "limit", "KRW-BTC", "1", 1, 1.5, []]) | st.text(max_size=4),
    ),
)
def test_any_body_at_all_gives_actions_or_malformed(route: Any, fields: dict[str, Any]) -> None:
    """And every action asks for the right of its row."""
    try:
        actions = wants(route.path, fields, route.method)
    except MalformedRequest:
        return
    assert {each.permission for each in actions} == {route.action.permission}
