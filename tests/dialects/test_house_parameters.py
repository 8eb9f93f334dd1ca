"""What an operator's table says is read is read: in one spelling, from one place, or not at all."""

import json
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.house_table import HouseTable
from bitting.domain.action import Action, Order, Side, Withdrawal
from bitting.domain.action_table import ActionTable
from bitting.domain.errors import MalformedRequest
from bitting.domain.pairs import Pair
from bitting.domain.request import Request

BTC_USDT = Pair("BTC", "USDT")
NOTATION: dict[str, Any] = {"pair_form": "BTC-USDT", "limit_types": ["limit"]}
ORDER = {
    "method": "POST",
    "path": "/orders",
    "name": "order.place",
    "permission": "orders.write",
    "kind": "order",
    "pair": "json:/symbol",
    "side": "json:/side",
    "type": "json:/type",
    "amount": "json:/amount",
    "quote_amount": "json:/spend",
    "price": "json:/price",
    "trigger": "json:/stop",
    "reduce_only": "json:/reduce",
}
WITHDRAWAL = {
    "method": "POST",
    "path": "/withdrawals",
    "name": "withdraw",
    "permission": "withdrawals.write",
    "kind": "withdrawal",
    "asset": "json:/asset",
    "network": "json:/to/network",
    "address": "json:/to/address",
    "tag": "json:/to/tag",
    "amount": "json:/amount",
    "ignored": ["client_id"],
}
LIMIT = {"symbol": "BTC-USDT", "side": "buy", "type": "limit", "amount": "2", "price": "40000"}
TO = {"network": "ETH", "address": "0xabc"}
JSON, FORM = b"application/json", b"application/x-www-form-urlencoded"


def ask(
    row: dict[str, Any], body: object = b"", *, query: str = "", kind: bytes = JSON, path: str = ""
) -> tuple[Action, ...]:
    """What the only row of a table makes of a request; a body that is no bytes is sent as JSON."""
    table = HouseTable(ActionTable.from_plain({**NOTATION, "action": [row]}))
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    target = (path or row["path"]) + (f"?{query}" if query else "")
    headers = ((b"content-type", kind),) if raw else ()
    actions = table.actions(Request(row["method"].encode(), target.encode(), headers, raw, 0))
    assert actions is not None
    return actions


def order(body: object, **more: Any) -> Order:
    [action] = ask({**ORDER, **more}, body)
    assert action.order is not None
    assert action.pair == action.order.pair
    return action.order


def withdrawal(body: object, **more: Any) -> Withdrawal:
    [action] = ask({**WITHDRAWAL, **more}, body)
    assert action.withdrawal is not None
    return action.withdrawal


def test_an_order_in_all_its_parts() -> None:
    assert order(LIMIT) == Order(BTC_USDT, Side.BUY, Decimal(2), Decimal(40000))
    spends = {"symbol": "BTC-USDT", "side": "buy", "type": "market", "spend": 100.5}
    assert order(spends) == Order(BTC_USDT, Side.BUY, None, None, Decimal("100.5"), capped=False)
    stop = order({**LIMIT, "stop": "41000", "reduce": True})
    assert (stop.price, stop.lowest, stop.reduce_only, stop.capped) == (Decimal(41000), Decimal(40000), True, True)


def test_a_price_that_is_no_limit_caps_nothing() -> None:
    """The attack: a market order with a price of nearly nothing, which the exchange does not read, is valued by it."""
    last = Decimal(40000)
    assert order({**LIMIT, "price": "0.01"}).value(last) == Decimal("0.02")
    for kind in ("market", "LIMIT", "", None):
        assert order({**LIMIT, "type": kind, "price": "0.01"}).value(last) == Decimal(84000)
    del (untyped := {**LIMIT, "price": "0.01"})["type"]
    assert order(untyped).value(last) == Decimal(84000)
    trigger = order({"symbol": "BTC-USDT", "side": "buy", "type": "limit", "amount": "2", "stop": "0.01"})
    assert trigger.value(last) == Decimal(84000)


def test_where_the_api_has_no_types_every_price_is_a_limit() -> None:
    row = {name: value for name, value in ORDER.items() if name != "type"}
    body = {name: value for name, value in LIMIT.items() if name != "type"}
    [action] = ask(row, body)
    assert action.order == Order(BTC_USDT, Side.BUY, Decimal(2), Decimal(40000))


def test_what_is_missing_is_unknown() -> None:
    """And a limit that needs it refuses; null is as good as nothing."""
    assert order({"side": "sell", "type": "limit"}) == Order(None, Side.SELL, None, None, capped=False)
    assert order({**LIMIT, "amount": None, "price": None, "symbol": None}).value(Decimal(1)) is None
    assert order({**LIMIT, "symbol": "BTCUSDT"}).pair is None


def test_a_row_that_reads_no_side_is_valued_as_a_sale() -> None:
    """Of the two that is the higher."""
    row = {name: value for name, value in ORDER.items() if name != "side"}
    [action] = ask(row, {"symbol": "BTC-USDT", "type": "limit", "amount": "2", "price": "1"})
    assert action.order is not None
    assert (action.order.side, action.order.value(Decimal(40000))) == (Side.SELL, Decimal(84000))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**LIMIT, "amount": "0"}, "amount is not above zero"),
        ({**LIMIT, "amount": "-1"}, "amount is not above zero"),
        ({**LIMIT, "amount": "1e999"}, "amount is not an amount|amount is amount out of range|amount is not"),
        ({**LIMIT, "amount": "1_0"}, "amount is not an amount"),
        ({**LIMIT, "amount": True}, "amount is not an amount"),
        ({**LIMIT, "amount": {"value": "1"}}, "amount is not an amount"),
        ({**LIMIT, "side": "BUY"}, "side is not buy or sell"),
        ({**LIMIT, "side": None}, "side is not buy or sell"),
        ({**LIMIT, "symbol": ["BTC-USDT"]}, "pair is not a text"),
        ({**LIMIT, "reduce": "yes"}, "reduce_only is not true or false"),
        ({**LIMIT, "reduce": 1}, "reduce_only is not true or false"),
        ({**LIMIT, "spend": "1"}, "an amount or a quote_amount, not both"),
        ({**LIMIT, "Amount": "1000"}, "in another spelling as well"),
        ({**{k: v for k, v in LIMIT.items() if k != "price"}, "PRICE": "1"}, "price stands there in another spelling"),
        ({**LIMIT, "\u017fymbol": "ETH-USDT"}, "in another spelling as well"),  # a long s is an s to some
        ([LIMIT], "not a JSON object"),
        (b"[1", "not JSON"),
        (b'{"amount":"1","amount":"2"}', "stands twice"),
        (b'{"amount":NaN}', "not JSON|NaN"),
    ],
)
def test_what_could_be_read_in_two_ways_is_malformed(body: object, said: str) -> None:
    """Behind us stands a server of whose reading nothing is known: Go takes `Amount` for `amount`, and the last."""
    with pytest.raises(MalformedRequest, match=said):
        ask(ORDER, body)


def test_a_parameter_stands_in_one_place() -> None:
    """The attack: what is judged is in the body, and the server takes the one in the query first."""
    for query in ("amount=1000", "AMOUNT=1000", "x=1&amount=1000"):
        with pytest.raises(MalformedRequest, match="amount stands in the query, and is read from the body"):
            ask(ORDER, LIMIT, query=query)
    assert ask(ORDER, LIMIT, query="validate=1") == ask(ORDER, LIMIT)
    cancels = {**CANCEL_ALL, "pair": "query:symbol"}
    for body, kind in (({"symbol": "ETH-USDT"}, JSON), (b"symbol=ETH-USDT", FORM)):
        with pytest.raises(MalformedRequest, match="symbol stands in the body, and is read from the query"):
            ask(cancels, body, kind=kind)
    by_path = {**CANCEL_ALL, "path": "/{symbol}/orders", "pair": "path:symbol"}
    assert ask(by_path, path="/BTC-USDT/orders")[0].pair == BTC_USDT
    with pytest.raises(MalformedRequest, match="symbol stands in the query, and is read from the path"):
        ask(by_path, query="symbol=ETH-USDT", path="/BTC-USDT/orders")


CANCEL_ALL = {
    "method": "DELETE",
    "path": "/orders",
    "name": "orders.cancel",
    "permission": "orders.write",
    "kind": "cancel",
}


@pytest.mark.parametrize("name", ["symbol[]", "symbol%5B%5D", "a.symbol", "%20symbol", "symb%C3%B6l", "sy%00mbol"])
def test_names_that_some_frameworks_take_for_others(name: str) -> None:
    """PHP takes `symbol[]` for `symbol`, and drops a space in front; Express and Rails take brackets apart."""
    with pytest.raises(MalformedRequest, match="a name has letters, digits"):
        ask({**CANCEL_ALL, "pair": "query:symbol"}, query=f"symbol=BTC-USDT&{name}=ETH-USDT")


def test_forms_and_queries() -> None:
    row = {**ORDER, **{name: f"form:{name}" for name in ("pair", "side", "type", "amount", "price", "reduce_only")}}
    row = {name: value for name, value in row.items() if name not in ("quote_amount", "trigger")}
    body = b"pair=BTC-USDT&side=sell&type=limit&amount=2&price=40000&reduce_only=true"
    [action] = ask(row, body, kind=FORM)
    assert action.order == Order(BTC_USDT, Side.SELL, Decimal(2), Decimal(40000), reduce_only=True)
    [action] = ask(row, body.replace(b"true", b"false"), kind=b"application/x-www-form-urlencoded; charset=UTF-8")
    assert action.order == Order(BTC_USDT, Side.SELL, Decimal(2), Decimal(40000))
    queried = {name: str(value).replace("form:", "query:") for name, value in row.items()}
    assert ask(queried, query=body.decode())[0].order == Order(
        BTC_USDT, Side.SELL, Decimal(2), Decimal(40000), reduce_only=True
    )
    for bad, said in (
        (b"pair=BTC-USDT&pair=ETH-USDT", "stands twice"),
        (b"pair", "no name or no '='"),
        (b"pair=%zz", "escape is broken"),
    ):
        with pytest.raises(MalformedRequest, match=said):
            ask(row, bad, kind=FORM)


def test_a_form_stands_alone() -> None:
    """The attack: where a signature is over query and body with nothing between, a request is cut elsewhere."""
    row = {**CANCEL_ALL, "pair": "form:symbol"}
    assert ask(row, b"symbol=BTC-USDT", kind=FORM)[0].pair == BTC_USDT
    with pytest.raises(MalformedRequest, match="in the query or in a form, not in both"):
        ask(row, b"symbol=BTC-USDT", kind=FORM, query="x=1")


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        (JSON, True),
        (b"application/json; charset=utf-8", True),
        (b"Application/JSON;charset=UTF-8", True),
        (b"application/json; charset=utf-7", False),
        (b"text/plain", False),
        (b"", False),
        (FORM, False),
        (b"multipart/form-data; boundary=x", False),
    ],
)
def test_a_body_is_what_it_is_marked_as(kind: bytes, good: bool) -> None:
    """Under another type, a server may find other parameters in the same bytes."""
    raw = json.dumps(LIMIT).encode().replace(b" ", b"") if kind != FORM else b"amount=1"
    if good:
        assert ask(ORDER, raw, kind=kind) == ask(ORDER, LIMIT)
    else:
        with pytest.raises(MalformedRequest, match="the body"):
            ask(ORDER, raw, kind=kind)


def test_a_type_that_stands_twice() -> None:
    table = HouseTable(ActionTable.from_plain({**NOTATION, "action": [ORDER]}))
    headers = ((b"content-type", JSON), (b"content-type", FORM))
    with pytest.raises(MalformedRequest, match="stands twice"):
        table.actions(Request(b"POST", b"/orders", headers, b"{}", 0))


def test_a_get_has_no_body() -> None:
    """Whether anything is read of it or not."""
    reads = {"method": "GET", "path": "/orders", "name": "x", "permission": "orders.read"}
    for row in (reads, {**reads, "pair": "query:symbol"}):
        assert ask(row)[0].pair is None
        with pytest.raises(MalformedRequest, match="a GET has no body"):
            ask(row, {})
    assert ask({**reads, "pair": "query:symbol"}, query="symbol=BTC-USDT")[0].pair == BTC_USDT


def test_what_is_not_read_is_not_touched() -> None:
    """A row without places leaves a body of any kind alone; one with places wants to know what it is."""
    assert ask(CANCEL_ALL, b"\xff\xfe", kind=b"application/octet-stream")[0].pair is None
    with pytest.raises(MalformedRequest, match="is marked neither as"):
        ask({**CANCEL_ALL, "pair": "query:symbol"}, b"\xff\xfe", kind=b"application/octet-stream")
    assert ask({**CANCEL_ALL, "pair": "query:symbol"}, {}, query="symbol=BTC-USDT")[0].pair == BTC_USDT


class TestBatches:
    """Judged item by item, refused whole."""

    ROW: Final = {**ORDER, "batch": "json:/orders"}

    def test_each_item_is_an_order(self) -> None:
        other = {**LIMIT, "symbol": "ETH-USDT", "amount": "9"}
        actions = ask(self.ROW, {"orders": [LIMIT, other]})
        assert [each.pair for each in actions] == [BTC_USDT, Pair("ETH", "USDT")]
        assert [each.order.amount for each in actions if each.order] == [Decimal(2), Decimal(9)]

    def test_the_list_may_be_the_whole_body(self) -> None:
        assert ask({**ORDER, "batch": "json:"}, [LIMIT]) == ask(ORDER, LIMIT)

    def test_what_all_share_may_stand_elsewhere(self) -> None:
        row = {**CANCEL_ALL, "path": "/{symbol}/orders", "pair": "path:symbol", "batch": "json:/ids"}
        actions = ask(row, {"ids": [{"id": 1}, {"id": 2}]}, path="/BTC-USDT/orders")
        assert [each.pair for each in actions] == [BTC_USDT, BTC_USDT]

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ({"orders": []}, "a list of 1 to 200"),
            ({"orders": [LIMIT] * 201}, "a list of 1 to 200"),
            ({"orders": LIMIT}, "a list of 1 to 200"),
            ({}, "a list of 1 to 200"),
            (b"", "a list of 1 to 200"),
            ({"orders": [LIMIT, 1]}, "not a JSON object"),
            ({"orders": [None]}, "not a JSON object"),
            ({"orders": [LIMIT], "Orders": [LIMIT] * 2}, "in another spelling"),
            ({"orders": [{**LIMIT, "Amount": "1"}]}, "in another spelling"),
            (["orders"], "a list of 1 to 200|not a JSON object"),
        ],
    )
    def test_what_is_no_batch(self, body: object, said: str) -> None:
        """An empty one would want nothing, and be let through for it."""
        with pytest.raises(MalformedRequest, match=said):
            ask(self.ROW, body)


class TestWithdrawals:
    """Value goes where the row says it reads, or to nobody knows where."""

    def test_in_all_its_parts(self) -> None:
        assert withdrawal({"asset": "ETH", "to": {**TO, "tag": "7"}, "amount": "0.5", "client_id": "x"}) == Withdrawal(
            "ETH", "ETH", "0xabc", "7", Decimal("0.5")
        )
        assert withdrawal({"asset": "ETH", "to": TO}) == Withdrawal("ETH", "ETH", "0xabc", "", None)
        assert withdrawal({}) == Withdrawal(None, None, None, "", None)

    @pytest.mark.parametrize(
        "more",
        [
            {"memo": "1"},
            {"to": {**TO, "memo": "1"}},
            {"to": {**TO, "address": {"base": "x"}}},
            {"recipients": [{"address": "0xdef"}]},
            {"to": "0xdef"},
        ],
    )
    def test_what_no_row_names_could_be_another_destination(self, more: dict[str, Any]) -> None:
        """The attack: the address is in the book, and a parameter beside it, which nobody reads here, is the one that
        counts."""
        body = {"asset": "ETH", "to": TO, "amount": "1", **more}
        assert withdrawal(body) == Withdrawal(None, None, None, "", None)

    def test_in_the_query_as_well(self) -> None:
        [action] = ask(WITHDRAWAL, {"asset": "ETH", "to": TO, "amount": "1"}, query="destination=0xdef")
        assert action.withdrawal == Withdrawal(None, None, None, "", None)
        [action] = ask(WITHDRAWAL, {"asset": "ETH", "to": TO, "amount": "1"}, query="client_id=1")
        assert action.withdrawal == Withdrawal("ETH", "ETH", "0xabc", "", Decimal(1))

    def test_its_parts_are_texts(self) -> None:
        with pytest.raises(MalformedRequest, match="asset is not a text"):
            withdrawal({"asset": 1, "to": TO})


@given(
    body=st.binary(max_size=40)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*LIMIT, *TO, "to", "asset", "orders", "Amount"]), inner, max_size=4)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
    query=st.text(max_size=12),
    kind=st.sampled_from([JSON, FORM, b""]),
    row=st.sampled_from([ORDER, WITHDRAWAL, {**ORDER, "batch": "json:/orders"}, CANCEL_ALL]),
)
def test_any_request_is_read_or_malformed(body: bytes, query: str, kind: bytes, row: dict[str, Any]) -> None:
    """Nothing else ever escapes."""
    table = HouseTable(ActionTable.from_plain({**NOTATION, "action": [row]}))
    target = f"{row['path']}?{query}".encode("utf-8", "surrogatepass")
    request = Request(row["method"].encode(), target, ((b"content-type", kind),), body, 0)
    try:
        actions = table.actions(request)
    except MalformedRequest:
        return
    assert actions
