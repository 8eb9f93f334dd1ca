"""What the body of a private Bitfinex v2 request says, and when it is refused for saying it badly."""

import json
from decimal import Decimal
from typing import Any

import pytest

from bitting.dialects.bitfinex import DIALECT
from bitting.dialects.bitfinex_parameters import CANCEL, CANCEL_MANY, MOST_OPERATIONS
from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.errors import MalformedRequest
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.request import Request

BTC_USD = Pair("BTC", "USD")
LIMIT = {"type": "EXCHANGE LIMIT", "symbol": "tBTCUSD", "amount": "0.1", "price": "10000"}
TO_CHAIN = {"wallet": "exchange", "method": "bitcoin", "amount": "0.5", "address": "1BC9PZqpUmjyEB54uggn8TFKj49zSDYzqG"}
OWN = {"from": "exchange", "to": "margin", "currency": "UST", "currency_to": "USTF0", "amount": "12.5"}


def wants(path: str, fields: object) -> tuple[Action, ...] | None:
    headers = ((b"content-type", b"application/json"),)
    return DIALECT.actions(
        Request(b"POST", f"/v2/auth/w/{path}".encode(), headers, json.dumps(fields).encode(), peer=0)
    )


def one(path: str, fields: object) -> Action:
    actions = wants(path, fields)
    assert actions is not None
    (action,) = actions
    return action


def order(**fields: Any) -> Order:
    action = one("order/submit", LIMIT | fields)
    assert (action.name, action.kind) == ("order.place", Kind.ORDER)
    assert action.permission is Permission.ORDERS_WRITE
    assert action.order is not None
    assert action.order.pair == action.pair
    return action.order


def test_a_limit_order_says_everything() -> None:
    """Pair, side by the sign of the amount, amount, price, and that the price is a limit."""
    assert order() == Order(BTC_USD, Side.BUY, Decimal("0.1"), Decimal(10000))
    assert order(amount="-0.1") == Order(BTC_USD, Side.SELL, Decimal("0.1"), Decimal(10000))


@pytest.mark.parametrize(
    ("kind", "fields", "price", "lowest", "capped"),
    [
        ("LIMIT", {}, "10000", None, True),
        ("IOC", {}, "10000", None, True),
        ("FOK", {}, "10000", None, True),
        ("MARKET", {}, None, None, False),  # Bitfinex ignores the price of a market order
        ("STOP", {}, "10000", None, False),
        ("STOP LIMIT", {"price_aux_limit": "9900"}, "10000", "9900", True),
        ("STOP LIMIT", {"price_aux_limit": "10100"}, "10100", "10000", True),
        ("TRAILING STOP", {"price_trailing": "50"}, None, None, False),
        ("LIMIT", {"price_oco_stop": "9000"}, "10000", "9000", False),
        ("LIMIT", {"price_oco_stop": "11000", "flags": 16384}, "11000", "10000", False),
    ],
)
@pytest.mark.parametrize("prefix", ["", "EXCHANGE "])
def test_each_order_type_names_its_prices(
    kind: str, fields: dict[str, Any], price: str | None, lowest: str | None, capped: bool, prefix: str
) -> None:
    """The highest and the lowest count, and they cap the order only where nothing of it is a bare stop."""
    read = order(type=prefix + kind, **fields)
    assert (read.price, read.lowest) == (price and Decimal(price), lowest and Decimal(lowest))
    assert read.capped is capped


@pytest.mark.parametrize(
    ("fields", "reduces"),
    [
        ({"type": "LIMIT", "flags": 1024}, True),
        ({"type": "LIMIT", "flags": 5120}, True),
        ({"type": "LIMIT", "flags": 4096}, False),
        ({"type": "LIMIT", "flags": 512}, False),  # "close" does not promise not to open
        ({"type": "LIMIT", "flags": None}, False),
        ({"type": "EXCHANGE LIMIT", "flags": 1024}, False),  # would lift every limit from any spot order
    ],
)
def test_reduce_only_is_the_venues_own_flag_where_there_are_positions(fields: dict[str, Any], reduces: bool) -> None:
    """Flag 1024, alone or in a sum, and never on the spot market, where the exchange ignores it."""
    assert order(**fields).reduce_only is reduces


def test_an_unknown_symbol_is_an_order_without_a_pair() -> None:
    """It is read, and no key that is limited to pairs may place it."""
    assert order(symbol="tNOPE").pair is None


@pytest.mark.parametrize("amount", [0.1, 1, -2, "1e-7", "+3", ".5", "0.10"])
def test_an_amount_is_a_text_or_a_number(amount: Any) -> None:
    """Clients write both."""
    assert order(amount=amount).amount == abs(Decimal(str(amount)))


@pytest.mark.parametrize(
    "fields",
    [
        {"type": None},
        {"type": 7},
        {"type": "exchange limit"},
        {"type": "EXCHANGE_LIMIT"},
        {"type": "EXCHANGE EXCHANGE LIMIT"},
        {"type": "LIMIT\u00a0"},
        {"symbol": None},
        {"symbol": ["tBTCUSD"]},
        {"symbol": "tBTCUSD\n"},
        {"symbol": "t" + "A" * 300},
        {"amount": None},
        {"amount": True},
        {"amount": "0"},
        {"amount": "-0"},
        {"amount": 0},
        {"amount": ""},
        {"amount": " 1"},
        {"amount": "1_0"},
        {"amount": "\u0661"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": "1e400"},
        {"amount": "1e-400"},
        {"amount": "1" * 50},
        {"amount": 10**38},
        {"amount": ["1"]},
        {"price": None},
        {"price": "0"},
        {"price": "-1"},
        {"price": False},
        {"flags": "1024"},
        {"flags": 1024.5},
        {"flags": True},
        {"flags": -1024},
        {"flags": 2**31},
        {"flags": 16384},  # one cancels the other, but there is no other
        {"price_oco_stop": "x"},
        {"type": "STOP LIMIT"},
    ],
)
def test_an_order_that_cannot_be_read_is_malformed(fields: dict[str, Any]) -> None:
    """Missing, mistyped, zero or in a second spelling: nobody guesses what was meant."""
    with pytest.raises(MalformedRequest):
        order(**fields)


@pytest.mark.parametrize("body", ["[]", "1", "{", '{"a":1,"a":2}', '{"amount":NaN}', '{"a":1e999}', "\xff", ""])
def test_a_body_that_is_not_an_order_is_malformed(body: str) -> None:
    """No JSON object, a doubled key, a number out of bounds, other text than UTF-8, or nothing."""
    headers = ((b"content-type", b"application/json"),)
    with pytest.raises(MalformedRequest):
        DIALECT.actions(Request(b"POST", b"/v2/auth/w/order/submit", headers, body.encode("latin-1"), peer=0))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": 1, "amount": "0.2", "price": "9"}, Order(None, Side.BUY, Decimal("0.2"), Decimal(9), capped=False)),
        ({"id": 1, "amount": "-0.2"}, Order(None, Side.SELL, Decimal("0.2"), None, capped=False)),
        ({"id": 1, "price": "9"}, Order(None, Side.SELL, None, Decimal(9), capped=False)),
        (
            {"id": 1, "price": "9", "price_aux_limit": "10"},
            Order(None, Side.SELL, None, Decimal(10), capped=False, lowest=Decimal(9)),
        ),
        ({"id": 1, "amount": "0.2", "delta": "5"}, Order(None, Side.BUY, None, None, capped=False)),
        ({"id": 1, "delta": "-5"}, Order(None, Side.SELL, None, None, capped=False)),
        ({"id": 1, "flags": 1024, "price": "9"}, Order(None, Side.SELL, None, Decimal(9), capped=False)),
        ({"cid": 1, "cid_date": "2026-11-20", "gid": 5}, Order(None, Side.SELL, None, None, capped=False)),
    ],
)
def test_a_change_is_an_order_of_unknown_pair(fields: dict[str, Any], expected: Order) -> None:
    """It names its order and no pair; what it does not say about size is unknown, and no price of it is a limit."""
    action = one("order/update", fields)
    assert (action.name, action.kind, action.pair, action.order) == ("order.replace", Kind.ORDER, None, expected)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"amount": "1"},
        {"id": "1"},
        {"id": True},
        {"cid": 1},
        {"cid": 1, "cid_date": 20261120},
        {"cid": "1", "cid_date": "2026-11-20"},
        {"id": 1, "price": "-1"},
        {"id": 1, "amount": "0"},
        {"id": 1, "delta": "much"},
    ],
)
def test_a_change_that_cannot_be_read_is_malformed(fields: dict[str, Any]) -> None:
    """Without an order to change, or with an amount that is none."""
    with pytest.raises(MalformedRequest):
        wants("order/update", fields)


def test_a_batch_is_one_action_for_each_operation() -> None:
    """In the order in which they stand."""
    operations = [["on", LIMIT], ["ou", {"id": 1, "price": "9"}], ["oc", {"id": 1}], ["oc_multi", {"all": 1}]]
    actions = wants("order/multi", {"ops": operations})
    assert actions is not None
    assert [each.name for each in actions] == ["order.place", "order.replace", "order.cancel", "orders.cancel"]
    assert actions[0].pair == BTC_USD
    assert actions[2:] == (CANCEL, CANCEL_MANY)


def test_a_batch_with_an_unknown_operation_is_unmapped() -> None:
    """One name that is in no table closes the whole batch."""
    assert wants("order/multi", {"ops": [["oc", {"id": 1}], ["fon", {}]]}) is None


def test_a_batch_has_at_most_75_operations() -> None:
    """As Bitfinex allows."""
    assert len(wants("order/multi", {"ops": [["oc", {}]] * MOST_OPERATIONS}) or ()) == MOST_OPERATIONS
    with pytest.raises(MalformedRequest):
        wants("order/multi", {"ops": [["oc", {}]] * (MOST_OPERATIONS + 1)})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"ops": None},
        {"ops": {}},
        {"ops": []},
        {"ops": ["on"]},
        {"ops": [[]]},
        {"ops": [["on"]]},
        {"ops": [["on", LIMIT, {}]]},
        {"ops": [["on", [LIMIT]]]},
        {"ops": [[1, LIMIT]]},
        {"ops": [["oc", 1]]},
        {"ops": [["on", LIMIT | {"amount": "0"}]]},
    ],
)
def test_a_batch_that_cannot_be_read_is_malformed(fields: dict[str, Any]) -> None:
    """An operation is a name and an object, and each has to be readable by itself."""
    with pytest.raises(MalformedRequest):
        wants("order/multi", fields)


def test_increasing_a_position_is_judged_as_an_order_at_the_market() -> None:
    """It takes the right of positions, and counts as much as it would turn over."""
    action = one("position/increase", {"symbol": "tBTCUSD", "amount": "-0.5"})
    assert action.permission is Permission.POSITIONS_WRITE
    assert action.order == Order(BTC_USD, Side.SELL, Decimal("0.5"), None, capped=False)


def test_a_transfer_between_own_wallets_is_a_transfer() -> None:
    """Under the new labels and the old ones."""
    for fields in (OWN, OWN | {"from": "trading", "to": "deposit"}):
        action = one("transfer", fields)
        assert (action.kind, action.permission) == (Kind.CHANGE, Permission.TRANSFERS_WRITE)


@pytest.mark.parametrize(
    "more",
    [
        {"email_dst": "x@example.com"},
        {"user_id_dst": 7},
        {"email_dst": None},
        {"sub_account": 1},
        {"to": "somebody"},
        {"from": "EXCHANGE"},
    ],
)
def test_any_other_transfer_leaves_the_account(more: dict[str, Any]) -> None:
    """A parameter or a wallet that is not one's own makes it a withdrawal to no address."""
    action = one("transfer", OWN | more)
    assert (action.kind, action.permission) == (Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)
    assert action.withdrawal == Withdrawal("USDT", None, None, "", Decimal("12.5"))


def test_an_asset_that_is_none_leaves_as_none() -> None:
    """Nothing is invented for the owner to read."""
    withdrawal = one("transfer", OWN | {"email_dst": "x", "currency": "??"}).withdrawal
    assert withdrawal is not None
    assert withdrawal.asset is None


@pytest.mark.parametrize("missing", ["from", "to"])
def test_a_transfer_without_wallets_is_malformed(missing: str) -> None:
    """Both have to be named."""
    with pytest.raises(MalformedRequest):
        wants("transfer", OWN | {missing: None})


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Withdrawal("BTC", "BTC", TO_CHAIN["address"], "", Decimal("0.5"))),
        ({"method": "tetherusx", "address": "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"},
         Withdrawal("USDT", "TRX", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb", "", Decimal("0.5"))),
        ({"method": "BITCOIN"}, Withdrawal("BTC", "BTC", TO_CHAIN["address"], "", Decimal("0.5"))),
        ({"payment_id": "104"}, Withdrawal("BTC", "BTC", TO_CHAIN["address"], "104", Decimal("0.5"))),
        ({"payment_id": None}, Withdrawal("BTC", "BTC", TO_CHAIN["address"], "", Decimal("0.5"))),
        ({"fee_deduct": 1, "note": "rent", "travel_rule_tos": True, "beneficiary_self": True},
         Withdrawal("BTC", "BTC", TO_CHAIN["address"], "", Decimal("0.5"))),
    ],
)  # fmt: skip
def test_a_withdrawal_says_what_goes_where(fields: dict[str, Any], expected: Withdrawal) -> None:
    """Asset and chain by the method, address, tag and amount."""
    action = one("withdraw", TO_CHAIN | fields)
    assert (action.kind, action.permission) == (Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)
    assert action.withdrawal == expected


@pytest.mark.parametrize(
    "fields",
    [{"method": "wire"}, {"method": "lnx", "invoice": "lnbc1"}, {"invoice": "lnbc1"}, {"address2": "1"}],
)
def test_a_withdrawal_nobody_can_read_goes_nowhere(fields: dict[str, Any]) -> None:
    """A method that is not listed, an invoice, an unknown parameter: every field is None."""
    assert one("withdraw", TO_CHAIN | fields).withdrawal == Withdrawal(None, None, None, "", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"method": None},
        {"method": 1},
        {"address": None},
        {"address": 5},
        {"address": "bc1\u0430"},
        {"amount": None},
        {"amount": "-0.5"},
        {"amount": True},
        {"payment_id": 104},
    ],
)
def test_a_withdrawal_of_the_wrong_types_is_malformed(fields: dict[str, Any]) -> None:
    """So is one whose address no address book could hold."""
    with pytest.raises(MalformedRequest):
        wants("withdraw", TO_CHAIN | fields)


@pytest.mark.parametrize(
    "path", ["ext/pay/invoice/refund", "ext/wallets/deposits/request", "ext/wallets/withdrawals/request"]
)
def test_routes_without_an_address_are_withdrawals_to_nowhere(path: str) -> None:
    """Whatever their body says."""
    action = one(path, {"amount": "5", "address": TO_CHAIN["address"]})
    assert action.kind is Kind.WITHDRAWAL
    assert action.withdrawal == Withdrawal(None, None, None, "", None)


@pytest.mark.parametrize("path", ["deriv/collateral/set", "deriv/collateral/limits", "position/update/funding/type"])
def test_the_pair_in_the_body_is_the_pair_of_the_action(path: str) -> None:
    """A key limited to pairs is limited here too."""
    assert one(path, {"symbol": "tBTCF0:USTF0", "collateral": 5}).pair == Pair("BTCF0", "USDT")
    with pytest.raises(MalformedRequest):
        wants(path, {"collateral": 5})
