"""What Kraken's parameters say of orders, withdrawals and transfers."""

import json
from decimal import Decimal
from typing import Any, Final

import pytest

from bitting.dialects.kraken import DIALECT
from bitting.domain.account import Account, BookEntry
from bitting.domain.action import Action, Kind, Order, Side
from bitting.domain.errors import MalformedRequest
from bitting.domain.grants import NO_LIMITS
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from bitting.domain.verdict import Reason

PAIR: Final = Pair("BTC", "USD")
LIMIT: Final = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "2", "price": "50000"}
MARKET: Final = {"pair": "XBTUSD", "type": "buy", "ordertype": "market", "volume": "2"}


def wanted(route: str, parameters: Any) -> tuple[Action, ...]:
    """What the route wants with these parameters, in JSON."""
    body = json.dumps({"nonce": "1", **parameters}).encode()
    headers = ((b"content-type", b"application/json"),)
    actions = DIALECT.actions(Request(b"POST", f"/0/private/{route}".encode(), headers, body, 0))
    assert actions is not None
    return actions


def refused(route: str, parameters: Any) -> None:
    with pytest.raises(MalformedRequest):
        wanted(route, parameters)


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def one_order(**changes: Any) -> Order:
    [action] = wanted("AddOrder", {**LIMIT, **changes})
    assert action.pair == (action.order and action.order.pair)
    assert action.order is not None
    return action.order


# ---- orders


@pytest.mark.parametrize(
    ("kind", "prices", "price", "lowest", "capped"),
    [
        ("market", {}, None, None, False),
        ("settle-position", {}, None, None, False),
        ("limit", {"price": "50000"}, "50000", None, True),
        ("iceberg", {"price": "50000"}, "50000", None, True),
        ("stop-loss", {"price": "45000"}, "45000", None, False),
        ("take-profit", {"price": "55000"}, "55000", None, False),
        ("stop-loss-limit", {"price": "45000", "price2": "44900"}, "45000", "44900", True),
        ("take-profit-limit", {"price": "55000", "price2": "55100"}, "55100", "55000", True),
    ],
)
def test_each_order_type_names_its_prices(
    kind: str, prices: dict[str, str], price: str | None, lowest: str | None, capped: bool
) -> None:
    """The highest and the lowest, and whether a limit is among them; a price more or less is refused."""
    base = {name: value for name, value in LIMIT.items() if name != "price"} | {"ordertype": kind}
    [action] = wanted("AddOrder", base | prices)
    assert action.order == Order(PAIR, Side.BUY, Decimal(2), number(price), capped=capped, lowest=number(lowest))
    for missing in prices:
        refused("AddOrder", base | {name: value for name, value in prices.items() if name != missing})
    for more in {"price", "price2"} - prices.keys():
        refused("AddOrder", base | prices | {more: "50000"})


@pytest.mark.parametrize(
    "prices",
    [
        {"ordertype": "limit", "price": "+5%"},
        {"ordertype": "limit", "price": "5%"},
        {"ordertype": "limit", "price": "-0.5"},
        {"ordertype": "stop-loss", "price": "#10"},
        {"ordertype": "stop-loss-limit", "price": "45000", "price2": "-1%"},
        {"ordertype": "stop-loss-limit", "price": "-1%", "price2": "45000"},
        {"ordertype": "trailing-stop", "price": "+100"},
        {"ordertype": "trailing-stop", "price": "100"},
        {"ordertype": "trailing-stop-limit", "price": "100", "price2": "1"},
        {"ordertype": "trailing-stop-limit", "price": "+1%", "price2": "-100"},
    ],
)
def test_the_value_of_a_relative_price_is_unknown(prices: dict[str, str]) -> None:
    """However the market stands, so that a limit on money refuses it, and any collar too."""
    order = one_order(**prices)
    assert order.value(Decimal(50_000)) is None
    assert order.price is None
    assert not order.capped


@pytest.mark.parametrize(
    "price",
    ["0", "-0.5.1", "+", "%", "+%", "++5", "+-5", "5%%", "#", "+NaN", "1e400", "", " 5", "\uff15", True, None, [], -5],
)
def test_other_prices_are_refused(price: Any) -> None:
    """Below zero, doubled signs, other digits: Kraken might read them, and otherwise than we."""
    refused("AddOrder", {**LIMIT, "price": price})


@pytest.mark.parametrize("volume", ["-1", "1_0", "NaN", "Infinity", "1e400", "", "\uff11", True, None, []])
def test_other_volumes_are_refused(volume: Any) -> None:
    """Amounts have one plain spelling."""
    refused("AddOrder", {**LIMIT, "volume": volume})


def test_amounts_may_be_numbers_of_json() -> None:
    """Exact, as they stand there."""
    body = b'{"nonce":1,"pair":"XBTUSD","type":"sell","ordertype":"limit","volume":0.1,"price":50000.10}'
    [action] = (
        DIALECT.actions(Request(b"POST", b"/0/private/AddOrder", ((b"content-type", b"application/json"),), body, 0))
        or ()
    )
    assert action.order is not None
    assert (action.order.amount, action.order.price) == (Decimal("0.1"), Decimal("50000.10"))


def test_a_volume_of_nothing_is_unknown() -> None:
    """It closes as much as there is."""
    assert one_order(volume="0").amount is None


def test_a_volume_in_the_quote_currency_is_what_is_spent() -> None:
    """For a market order to buy, among other flags."""
    [action] = wanted("AddOrder", {**MARKET, "volume": "250", "oflags": "fciq,viqc"})
    assert action.order is not None
    assert (action.order.amount, action.order.quote_amount) == (None, Decimal(250))
    assert action.order.value(None) == 250


@pytest.mark.parametrize(
    "more",
    [
        {"ordertype": "limit", "price": "1"},
        {"type": "sell"},
        {"ordertype": "stop-loss", "price": "1"},
        {"leverage": "2"},
    ],
)
def test_elsewhere_it_could_be_the_base_currency(more: dict[str, str]) -> None:
    """A volume of 250 would be BTC where Kraken ignored the flag."""
    refused("AddOrder", {**MARKET, "volume": "250", "oflags": "viqc", **more})


@pytest.mark.parametrize("flags", ["post,", "", "POST", "fok", "post;viqc", 7, ["viqc"]])
def test_unknown_flags_are_refused(flags: Any) -> None:
    """One of them could say what the volume is."""
    refused("AddOrder", {**LIMIT, "oflags": flags})


@pytest.mark.parametrize("leverage", ["2", "3:1", 5, "none"])
def test_leverage_wants_a_right_of_its_own(leverage: Any) -> None:
    """Where there is any."""
    actions = wanted("AddOrder", {**LIMIT, "leverage": leverage})
    rights = [Permission.ORDERS_WRITE] + [Permission.POSITIONS_WRITE] * (leverage != "none")
    assert [each.permission for each in actions] == rights
    assert {each.pair for each in actions} == {PAIR}


@pytest.mark.parametrize("leverage", ["1", "0", 3.0, "", "2:2", "-2", "2.5", "100:1", True, None, [], "2:1 "])
def test_leverage_is_none_or_at_least_two(leverage: Any) -> None:
    """What Kraken might take for none would turn reduce-only into nothing."""
    refused("AddOrder", {**LIMIT, "leverage": leverage, "reduce_only": "true"})


@pytest.mark.parametrize(("flag", "reduces"), [("true", True), (True, True), ("false", False), (False, False)])
def test_reduce_only_counts_with_leverage_only(flag: Any, reduces: bool) -> None:
    """Without it there is no position, and the flag would lift every limit from any order."""
    [first, *more] = wanted("AddOrder", {**LIMIT, "leverage": "2", "reduce_only": flag})
    assert first.order is not None
    assert first.order.reduce_only is reduces
    assert len(more) == (0 if reduces else 1)
    assert not one_order(reduce_only=flag).reduce_only


@pytest.mark.parametrize("flag", ["True", "1", "", None, []])
def test_reduce_only_has_one_spelling(flag: Any) -> None:
    """Neither true nor false is refused."""
    refused("AddOrder", {**LIMIT, "leverage": "2", "reduce_only": flag})


def test_a_conditional_close_is_an_order_on_the_other_side() -> None:
    """Of as much as the first, and with limits of its own: it reduces nothing by itself."""
    close = {"ordertype": "stop-loss-limit", "price": "45000", "price2": "44900"}
    first, second = wanted("AddOrder", {**LIMIT, "close": close, "leverage": "2", "reduce_only": "true"})
    assert first.order is not None
    assert second.order == Order(
        PAIR, Side.SELL, Decimal(2), Decimal(45000), None, False, capped=True, lowest=Decimal(44900)
    )
    assert (second.kind, second.permission, second.pair) == (Kind.ORDER, Permission.ORDERS_WRITE, PAIR)


def test_a_close_of_an_unknown_amount_is_of_an_unknown_amount() -> None:
    """What is bought for 250 is as much as it comes to."""
    close = {"ordertype": "limit", "price": "60000"}
    _, second = wanted("AddOrder", {**MARKET, "volume": "250", "oflags": "viqc", "close": close})
    assert second.order is not None
    assert second.order.value(Decimal(50_000)) is None


@pytest.mark.parametrize(
    "close",
    [
        None,
        "limit",
        {},
        {"ordertype": "limit"},
        {"ordertype": "close", "price": "1"},
        {"ordertype": "limit", "price": "1", "volume": "9"},
    ],
)
def test_a_close_is_a_type_and_its_prices(close: Any) -> None:
    """And nothing besides."""
    refused("AddOrder", {**LIMIT, "close": close})


@pytest.mark.parametrize(
    "more",
    [
        {"validate": "true"},
        {"validate": True, "userref": 7},
        {
            "cl_ord_id": "mine",
            "timeinforce": "GTD",
            "expiretm": "+60",
            "starttm": "0",
            "deadline": "2026-11-21T12:00:00Z",
        },
        {"displayvol": "1", "stptype": "cancel-newest", "trigger": "index", "otp": "123456", "broker": "x"},
    ],
)
def test_what_decides_nothing_changes_nothing(more: dict[str, Any]) -> None:
    """An order that is only to be validated counts as the order."""
    assert one_order(**more) == one_order()


@pytest.mark.parametrize(
    "more", [{"cost": "7"}, {"close[price]": "1"}, {"Volume": "9"}, {"type ": "sell"}, {"orders": []}, {"to": "x"}]
)
def test_unknown_parameters_are_refused(more: dict[str, Any]) -> None:
    """Nobody could say what they change."""
    refused("AddOrder", {**LIMIT, **more})


@pytest.mark.parametrize("side", ["BUY", "b", "", None, 1])
def test_a_side_is_buy_or_sell(side: Any) -> None:
    """In lower case."""
    refused("AddOrder", {**LIMIT, "type": side})


def test_a_pair_of_another_class_is_unknown() -> None:
    """Its name says something else there."""
    assert one_order(asset_class="tokenized_asset").pair is None
    refused("AddOrder", {name: value for name, value in LIMIT.items() if name != "pair"})


def test_a_batch_is_an_action_an_order() -> None:
    """All of the pair that stands beside them."""
    item = {name: value for name, value in LIMIT.items() if name != "pair"}
    close = {"ordertype": "limit", "price": "60000"}
    actions = wanted("AddOrderBatch", {"pair": "XBT/USD", "orders": [item, {**item, "type": "sell", "close": close}]})
    assert [each.order and each.order.side for each in actions] == [Side.BUY, Side.SELL, Side.BUY]
    assert {each.pair for each in actions} == {PAIR}
    several: tuple[Any, ...] = (
        None,
        {},
        [],
        [item] * 16,
        ["limit"],
        [{**item, "pair": "ETHUSD"}],
        [{**item, "nonce": 1}],
    )
    for orders in several:
        refused("AddOrderBatch", {"pair": "XBTUSD", "orders": orders})


@pytest.mark.parametrize(
    ("route", "parameters", "amount", "price", "lowest"),
    [
        ("EditOrder", {"txid": "O1", "pair": "XBTUSD", "volume": "2", "price": "5", "price2": "4"}, "2", "5", "4"),
        ("EditOrder", {"txid": "O1", "pair": "XBTUSD", "price": "5"}, None, "5", None),
        ("EditOrder", {"txid": "O1", "pair": "XBTUSD", "volume": "2", "price": "+5"}, None, None, None),
        ("AmendOrder", {"txid": "O1", "order_qty": "2", "limit_price": "5"}, "2", "5", None),
        ("AmendOrder", {"cl_ord_id": "mine", "order_qty": "2", "trigger_price": "5"}, "2", "5", None),
        ("AmendOrder", {"txid": "O1", "pair": "XBTUSD", "order_qty": "2"}, "2", None, None),
    ],
)
def test_a_change_names_neither_side_nor_type(
    route: str, parameters: dict[str, str], amount: str | None, price: str | None, lowest: str | None
) -> None:
    """A pair beside the id of an order is not believed, so no limited key may change one."""
    [action] = wanted(route, parameters)
    assert (action.kind, action.pair) == (Kind.ORDER, None)
    assert action.order == Order(None, Side.SELL, number(amount), number(price), capped=False, lowest=number(lowest))


@pytest.mark.parametrize(
    ("route", "parameters"),
    [
        ("EditOrder", {"pair": "XBTUSD", "volume": "2"}),
        ("EditOrder", {"txid": "O1", "volume": "-2"}),
        ("EditOrder", {"txid": "O1", "leverage": "5"}),
        ("AmendOrder", {"order_qty": "2"}),
        ("AmendOrder", {"txid": "O1", "limit_price": "0"}),
        ("AmendOrder", {"txid": "O1", "volume": "2"}),
    ],
)
def test_a_change_that_cannot_be_read_is_refused(route: str, parameters: dict[str, str]) -> None:
    """It names its order, amounts above zero, and nothing unknown."""
    refused(route, parameters)


# ---- money


@pytest.mark.parametrize("flag", [True, "true"])
def test_a_new_deposit_address_is_made(flag: Any) -> None:
    """And an old one read."""
    given = {"asset": "XBT", "method": "Bitcoin"}
    [made] = wanted("DepositAddresses", {**given, "new": flag})
    assert (made.kind, made.permission) == (Kind.CHANGE, Permission.DEPOSITS_WRITE)
    for old in ({}, {"new": False}, {"new": "false"}):
        [read] = wanted("DepositAddresses", {**given, **old})
        assert (read.kind, read.permission) == (Kind.READ, Permission.DEPOSITS_READ)
    refused("DepositAddresses", {**given, "new": "1"})


@pytest.mark.parametrize("address", [None, "0x52908400098527886E0F7030069857D2E4169EE7"])
def test_no_address_book_admits_a_withdrawal_to_a_name(address: str | None) -> None:
    """Not even one with the very address: on which network, and with which memo, the name says to Kraken only."""
    named = {"asset": "USDT", "key": "mine", "amount": "9"} | ({"address": address} if address else {})
    [action] = wanted("Withdraw", named)
    assert action.kind is Kind.WITHDRAWAL
    assert action.withdrawal is not None
    assert action.withdrawal._asdict() == {
        "asset": "USDT", "network": None, "address": address, "tag": "", "amount": Decimal(9),
    }  # fmt: skip
    entry = BookEntry.read("e", "USDT", "ETH", address or "0x" + "ab" * 20, "", "mine", 0)
    account = Account("a", "house", None, "alice", frozenset(), NO_LIMITS, (entry,), 0, 1)
    denied = account.withdrawal_objection(action.withdrawal, None, 1)
    assert denied is not None
    assert denied.reason is Reason.WITHDRAWAL_ADDRESS


@pytest.mark.parametrize(
    "more",
    [{"key": ""}, {"key": None}, {"amount": "0"}, {"amount": "-1"}, {"asset": 7}, {"address": ""}, {"to": "somebody"}],
)
def test_a_withdrawal_that_cannot_be_read_is_refused(more: dict[str, Any]) -> None:
    """A name, an asset, an amount above zero, and nothing unknown."""
    refused("Withdraw", {"asset": "XBT", "key": "mine", "amount": "1", **more})


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        ("Spot Wallet", "Futures Wallet", True),
        ("Futures Wallet", "Spot Wallet", False),
        ("Spot Wallet", "somebody", False),
        ("Spot Wallet", None, False),
    ],
)
def test_a_transfer_stays_in_the_account(source: str, target: str | None, fits: bool) -> None:
    """Between the two wallets that are documented, in the direction that is."""
    given = {"asset": "XBT", "amount": "1", "from": source, "to": target}
    if fits:
        assert [each.name for each in wanted("WalletTransfer", given)] == ["transfer.own"]
        refused("WalletTransfer", {**given, "account": "other"})
    else:
        refused("WalletTransfer", given)
