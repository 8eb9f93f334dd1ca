"""Why grants and limits refuse an action: one test a refusal, and all of them against a naive reading."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitting.domain.action import Action, Kind, Side
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy, limit_objection, objection
from bitting.domain.verdict import Reason
from tests.domain import pools
from tests.domain.examples import key
from tests.domain.naive import World, granted, within_rules
from tests.domain.pools import BTC_EUR, BTC_USD, ETH_USD, order

LAST = Decimal(100)


def limited(**plain: Any) -> Limits:
    return Limits.from_plain(plain)


def reason(limits: Limits, action: Action, last: Decimal | None = LAST) -> Reason | None:
    denied = limit_objection(limits, action, last)
    return None if denied is None else denied.reason


@settings(max_examples=600)
@given(
    asked=pools.policies,
    action=st.sampled_from(pools.ACTIONS),
    address=st.sampled_from(pools.ADDRESSES),
    now_ms=st.sampled_from(pools.MOMENTS),
    world=st.sampled_from(pools.WORLDS),
)
def test_the_engine_and_a_naive_reading_agree(
    asked: Policy, action: Action, address: Any, now_ms: int, world: World
) -> None:
    """P-14: expiry, network, permission, pairs, collar and size, against plain loops over the canonical form."""
    number = int(address) | (0xFFFF << 32 if address.version == 4 else 0)
    last = None if world.last is None else Decimal(world.last)
    admitted = (
        key(policy=asked).out_of_force(now_ms) is None
        and asked.network.admits(number)
        and objection(asked.grants, action, last) is None
    )
    limits = granted(asked, action, address, now_ms)
    assert admitted == (limits is not None and within_rules(limits, action, world))


@given(held=pools.limits, world=st.sampled_from(pools.WORLDS))
def test_every_action_of_the_pool_agrees_too(held: Limits, world: World) -> None:
    """The same, for all actions under one set of limits."""
    last = None if world.last is None else Decimal(world.last)
    for action in pools.ACTIONS:
        assert (limit_objection(held, action, last) is None) == within_rules(dict(held.to_plain()), action, world)


def test_a_right_that_is_not_granted_is_named() -> None:
    """P-13: no grants admit nothing but the key's own record."""
    buy = order(BTC_USD, Side.BUY, "1", "100")
    denied = objection({}, buy, LAST)
    assert denied is not None
    assert (denied.reason, denied.shown) == (Reason.PERMISSION, "orders.write")
    assert objection({}, Action("self.read", Kind.SELF_READ, None), None) is None
    assert objection({}, Action("self.revoke", Kind.SELF_REVOKE, None), None) is None
    for permission in Permission:
        action = Action("x", Kind.READ, permission)
        assert (objection({permission: NO_LIMITS}, action, None) is None) is True
        others = {each: NO_LIMITS for each in Permission if each is not permission}
        assert objection(others, action, None) is not None


def test_a_pair_outside_the_grant_is_refused() -> None:
    """P-07: orders, reads and cancels that name another pair, or one that could not be read."""
    only = limited(pairs=["BTC/USD"])
    assert reason(only, order(BTC_USD, Side.BUY, "1", "100")) is None
    for pair in (ETH_USD, BTC_EUR, None):
        assert reason(only, order(pair, Side.BUY, "1", "100")) is Reason.PAIR
    assert reason(only, Action("orders.read", Kind.READ, Permission.ORDERS_READ)) is Reason.PAIR
    assert reason(only, Action("balances.read", Kind.READ, Permission.BALANCES_READ)) is None


def test_the_list_of_pairs_is_for_the_owner_only() -> None:
    """Promise 8: the wire hears the request's own pair, the owner hears what would pass."""
    denied = limit_objection(limited(pairs=["BTC/USD"]), order(ETH_USD, Side.BUY, "1", "1"), LAST)
    assert denied is not None
    assert denied.text == "the key is not for this pair: ETH/USD"
    assert "BTC/USD" in denied.detail
    empty = limit_objection(limited(pairs=[]), order(None, Side.BUY, "1", "1"), LAST)
    assert empty is not None
    assert (empty.shown, empty.detail) == ("", "the grant is for no pair")


@pytest.mark.parametrize("pair", [None, BTC_USD])
def test_cancelling_is_always_possible(pair: Any) -> None:
    """Promise 10: no amount, price or value stands in its way; a cancel that names no pair passes."""
    tightest = limited(pairs=["BTC/USD"], largest_order={}, daily_orders={}, collar_bp=0, open_orders=0)
    assert reason(tightest, Action("order.cancel", Kind.CANCEL, Permission.ORDERS_WRITE, pair), None) is None


def test_a_cancel_of_another_pair_is_not_the_grants() -> None:
    """What it names, it must be for."""
    assert reason(limited(pairs=["BTC/USD"]), Action("c", Kind.CANCEL, Permission.ORDERS_WRITE, ETH_USD)) is Reason.PAIR


def test_cancel_and_replace_is_an_order() -> None:
    """Promise 10: its kind decides, and every limit applies."""
    replacing = order(BTC_USD, Side.BUY, "11", "100")._replace(name="order.replace")
    assert reason(limited(largest_order={"USD": "1000"}), replacing) is Reason.ORDER_SIZE


def test_reduce_only_skips_amounts_and_prices_but_not_pairs() -> None:
    """Promise 10, as the venue's own flag says."""
    closing = order(BTC_USD, Side.SELL, "1000", None, reduce_only=True, capped=False)
    assert reason(limited(largest_order={"USD": "1"}, daily_orders={}, collar_bp=0), closing, None) is None
    assert reason(limited(pairs=["ETH/USD"]), closing) is Reason.PAIR


@pytest.mark.parametrize(
    ("side", "amount", "price", "refused"),
    [
        (Side.BUY, "10", "100", False),
        (Side.BUY, "10.000000000000000000000000000000001", "100", True),
        (Side.BUY, "10", "100.000000000000000000000000000000001", True),
        (Side.SELL, "9.52", "1", False),
        (Side.SELL, "9.53", "1", True),  # 9.53 * 105 > 1000, whatever low limit it names
        (Side.SELL, "9.52", None, False),
        (Side.SELL, "9.53", None, True),
        (Side.SELL, "1", "1000.01", True),
    ],
)
def test_the_largest_order_is_exact_and_worst_case(side: Side, amount: str, price: str | None, refused: bool) -> None:
    """To the last of 36 digits; a sale counts at five percent above the last price, or at its own."""
    placed = order(BTC_USD, side, amount, price)
    assert reason(limited(largest_order={"USD": "1000"}), placed) is (Reason.ORDER_SIZE if refused else None)


def test_a_currency_without_a_limit_has_no_allowance() -> None:
    """A limit in dollars does not let orders priced in euros through."""
    assert reason(limited(largest_order={"USD": "1000"}), order(BTC_EUR, Side.BUY, "0.001", "1")) is Reason.ORDER_SIZE


@pytest.mark.parametrize("limit", ["largest_order", "daily_orders"])
@pytest.mark.parametrize(
    ("placed", "last"),
    [
        (order(BTC_USD, Side.SELL, "1", "1"), None),
        (order(BTC_USD, Side.BUY, "1", None, capped=False), None),
        (order(BTC_USD, Side.BUY, None, "1"), LAST),
        (order(None, Side.BUY, "1", "1"), LAST),
        (order(BTC_USD, Side.BUY, "-1", "1"), LAST),
        (order(BTC_USD, Side.BUY, "0", "1"), LAST),
        (order(BTC_USD, Side.BUY, None, None, quote_amount="-5"), LAST),
    ],
)
def test_an_order_of_unknown_value_is_refused_under_a_money_limit(
    limit: str, placed: Action, last: Decimal | None
) -> None:
    """No last price, no amount, no pair; and a value below zero would give back of the daily total."""
    assert reason(limited(**{limit: {"USD": "1000"}}), placed, last) is Reason.ORDER_VALUE
    assert reason(NO_LIMITS, placed, last) is None


@pytest.mark.parametrize(
    ("price", "more", "refused"),
    [
        ("101", {}, False),
        ("99", {}, False),
        ("101.00000001", {}, True),
        ("98.99999999", {}, True),
        ("0.01", {}, True),
        (None, {"capped": False}, True),
        ("100", {"capped": False}, True),  # a stop near the market: what it triggers trades at any price
        ("100", {"lowest": "0.01"}, True),  # a stop-limit whose trigger is near and whose limit gives all away
        ("100", {"lowest": "99"}, False),
    ],
)
def test_the_collar_holds_every_price(price: str | None, more: dict[str, Any], refused: bool) -> None:
    """One percent round 100: limits, triggers, and orders that name no price at all."""
    placed = order(BTC_USD, Side.SELL, "1", price, **more)
    assert reason(limited(collar_bp=100), placed) is (Reason.ORDER_PRICE if refused else None)


def test_without_a_last_price_everything_is_outside_the_collar() -> None:
    """There is nothing to compare with."""
    assert reason(limited(collar_bp=1_000_000), order(BTC_USD, Side.BUY, "1", "100"), None) is Reason.ORDER_PRICE


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"largest_order": {"USD": "1"}}, Reason.ORDER_VALUE),
        ({"daily_orders": {"USD": "1"}}, Reason.ORDER_VALUE),
        ({"collar_bp": 100}, Reason.ORDER_VALUE),
        ({"pairs": ["BTC/USD"]}, Reason.PAIR),
        ({"open_orders": 1}, None),
        ({}, None),
    ],
)
def test_what_a_limit_cannot_be_applied_to_it_refuses(limits: dict[str, Any], why: Reason | None) -> None:
    """P-09: a conversion trades by another route than orders, and names neither pair nor value in our words."""
    assert reason(limited(**limits), Action("convert.make", Kind.CHANGE, Permission.CONVERT_WRITE)) is why


def test_refusals_tell_the_wire_the_requests_own_value_only() -> None:
    """Promise 8: what would pass stands in the owner's text, exactly and in plain digits."""
    size = limit_objection(limited(largest_order={"USD": "1000"}), order(BTC_USD, Side.BUY, "1e9", "1e3"), LAST)
    assert size is not None
    assert (size.shown, size.detail) == ("1000000000000 USD", "at most 1000 USD")
    price = limit_objection(limited(collar_bp=5), order(BTC_USD, Side.BUY, "1", "2e2"), LAST)
    assert price is not None
    assert (price.shown, price.detail) == ("200", "collar 5 bp round 100")
    market = limit_objection(limited(collar_bp=5), order(BTC_USD, Side.BUY, "1", None), LAST)
    assert market is not None
    assert market.shown == "market"


def test_a_limit_of_one_right_is_not_that_of_another() -> None:
    """Grants are judged one by one."""
    grants = {Permission.ORDERS_WRITE: limited(pairs=[]), Permission.ORDERS_READ: NO_LIMITS}
    assert objection(grants, Action("orders.read", Kind.READ, Permission.ORDERS_READ), None) is None
    assert objection(grants, order(BTC_USD, Side.BUY, "1", "1"), None) is not None
