"""What limits apply to, and what they never stand in the way of."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bitting.domain.action import Action, Kind, Order, Side
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.holds import Hold
from bitting.domain.permissions import Permission
from bitting.domain.verdict import Denied, Reason
from bitting.gate.limits import NoMarket, entry, too_many_open
from bitting.gate.pipeline import Passed
from bitting.gate.totals import DAY_NS
from tests.gate.world import AWAY, BTC_USD, NOW, Holder, World, spoilt

ORDERS = Permission.ORDERS_WRITE
TIGHT = {
    "largest_order": {"USD": "10"},
    "daily_orders": {"USD": "10"},
    "order_rate": "1/86400",
    "open_orders": 0,
    "collar_bp": 1,
}


def reason(verdict: object) -> Reason | None:
    return verdict.reason if isinstance(verdict, Denied) else None


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def holder(world: World) -> Holder:
    return world.issue()


def test_a_cancel_passes_every_limit_of_amount_price_and_number(world: World, holder: Holder) -> None:
    """Promise 10: also when nothing is known of the market, and again and again."""
    world.limit(holder, ORDERS, **TIGHT)
    world.edit_account(limits=Limits.from_plain(TIGHT))
    world.board.last.clear()
    for _ in range(3):
        assert reason(world.judge(holder.ask("DELETE /order", pair="BTC/USD"))) is None
        assert reason(world.judge(holder.ask("DELETE /order"))) is None
    assert reason(world.judge(holder.order())) is not None


def test_a_cancel_passes_when_the_rate_is_used_up(holder: Holder, world: World) -> None:
    """Promise 10, for a key that nothing else limits: a bot that has run wild can still take its orders back."""
    for _ in range(world.rates.key.burst):
        assert reason(world.judge(holder.read())) is None
    assert reason(world.judge(holder.order())) is Reason.KEY_RATE
    assert reason(world.judge(holder.ask("DELETE /order", pair="BTC/USD"))) is None


def test_what_the_venue_flags_reduce_only_passes_them_too(world: World, holder: Holder) -> None:
    """It can only shrink a position."""
    world.limit(holder, ORDERS, **TIGHT)
    assert reason(world.judge(holder.order(price="500", reduce="1"))) is None
    assert reason(world.judge(holder.order(price="500"))) is Reason.ORDER_PRICE


def test_a_cancel_is_proven_in_force_from_its_network_and_first(world: World, holder: Holder) -> None:
    """Promise 10: proof, holds, network and first use are never skipped."""
    cancel = holder.ask("DELETE /order")
    assert reason(world.judge(spoilt(cancel))) is Reason.NOT_PROVEN
    assert reason(world.judge(cancel._replace(peer=AWAY))) is Reason.NETWORK
    assert reason(world.judge(cancel)) is Reason.REPLAYED
    world.change(holder, lambda key: key.held(frozenset({Hold.LEAK})))
    assert reason(world.judge(holder.ask("DELETE /order"))) is Reason.HELD


def test_a_cancel_keeps_to_its_permission_and_its_pairs(world: World, holder: Holder) -> None:
    """A key that may not touch a market may not take its orders away either."""
    world.limit(holder, ORDERS, pairs=["ETH/USD"])
    assert reason(world.judge(holder.ask("DELETE /order", pair="BTC/USD"))) is Reason.PAIR
    assert reason(world.judge(holder.ask("DELETE /order", pair="ETH/USD"))) is None
    world.edit(holder, grants={Permission.ORDERS_READ: NO_LIMITS})
    assert reason(world.judge(holder.ask("DELETE /order", pair="ETH/USD"))) is Reason.PERMISSION


def test_cancels_among_orders_are_orders(world: World, holder: Holder) -> None:
    """A batch that also places something is under every limit."""
    world.limit(holder, ORDERS, largest_order={"USD": "10"})
    assert reason(world.judge(holder.ask("POST /orders", items="cancel,cancel"))) is None
    assert reason(world.judge(holder.ask("POST /orders", items="cancel,BTC/USD:buy:1:100"))) is Reason.ORDER_SIZE


def test_one_item_that_may_not_refuses_the_batch(world: World, holder: Holder) -> None:
    """It is judged item by item and refused whole, and nothing of it is counted."""
    world.limit(holder, ORDERS, pairs=["BTC/USD"], daily_orders={"USD": "200"})
    good, bad = "BTC/USD:buy:1:100", "ETH/USD:buy:1:100"
    for items in (f"{bad},{good}", f"{good},{bad}", f"{good},{good},{bad}"):
        assert reason(world.judge(holder.ask("POST /orders", items=items))) is Reason.PAIR
    assert reason(world.judge(holder.ask("POST /orders", items=f"{good},{good}"))) is None
    assert reason(world.judge(holder.order(amount="0.001"))) is Reason.DAILY_TOTAL


def test_a_batch_counts_all_its_orders_as_open(world: World, holder: Holder) -> None:
    """Two rest, five may: three more fit, four do not."""
    world.limit(holder, ORDERS, open_orders=5)
    world.board.resting[holder.key] = 2
    item = "BTC/USD:buy:1:100"
    assert reason(world.judge(holder.ask("POST /orders", items=",".join([item] * 4)))) is Reason.ORDERS_OPEN
    assert reason(world.judge(holder.ask("POST /orders", items=",".join([item] * 3)))) is None


def test_a_batch_that_uses_two_grants_keeps_to_the_limits_of_both(world: World, holder: Holder) -> None:
    """Whichever of its orders comes first."""
    world.limit(holder, Permission.POSITIONS_WRITE, open_orders=1)
    world.board.resting[holder.key] = 1
    snapshot = world.store.snapshot(world.name(holder.wire_id))
    assert snapshot is not None
    order = Action("order.place", Kind.ORDER, ORDERS, BTC_USD, Order(BTC_USD, Side.BUY, Decimal(1), Decimal(100)))
    both = (order, order._replace(permission=Permission.POSITIONS_WRITE))
    assert too_many_open(both[:1], snapshot, world.board) is None
    for batch in (both, both[::-1]):
        assert reason(too_many_open(batch, snapshot, world.board)) is Reason.ORDERS_OPEN


def test_a_number_of_open_orders_that_nobody_knows_refuses(world: World, holder: Holder) -> None:
    """When in doubt, closed."""
    world.limit(holder, ORDERS, open_orders=5)
    assert world.judge(holder.order()) == Denied(Reason.ORDERS_OPEN, "", f"None rest, at most 5 for {holder.key}")


def test_a_limit_of_the_account_holds_for_all_its_keys_together(world: World) -> None:
    """The sum over the keys passes it, whatever each key may do by itself."""
    world.edit_account(limits=Limits.from_plain({"daily_orders": {"USD": "250"}, "open_orders": 9}))
    world.board.resting["acc-1"] = 0
    bots = [world.issue() for _ in range(3)]
    assert [reason(world.judge(bot.order())) for bot in bots] == [None, None, Reason.DAILY_TOTAL]
    world.board.resting["acc-1"] = 9
    assert reason(world.judge(bots[2].order(amount="0.1"))) is Reason.ORDERS_OPEN


def test_limits_of_a_parent_account_count_for_its_sub_accounts(world: World) -> None:
    """Two desks of one fund share the fund's total, and its pairs are theirs."""
    world.edit_account(limits=Limits.from_plain({"daily_orders": {"USD": "150"}, "pairs": ["BTC/USD"]}))
    desks = []
    for name in ("desk-1", "desk-2"):
        world.account(name, parent="acc-1")
        desks.append(world.issue(name))
    assert [reason(world.judge(desk.order())) for desk in desks] == [None, Reason.DAILY_TOTAL]
    assert reason(world.judge(desks[0].order(pair="ETH/USD"))) is Reason.PAIR


def test_the_same_order_counts_for_the_grant_and_for_every_account(world: World) -> None:
    """Each total has a slot of its own, and each is made durable."""
    world.account("desk", parent="acc-1", limits=Limits.from_plain({"daily_orders": {"USD": "500"}}))
    world.edit_account(limits=Limits.from_plain({"daily_orders": {"USD": "900"}}))
    holder = world.issue("desk")
    world.limit(holder, ORDERS, daily_orders={"USD": "300"})
    passed = world.judge(holder.order())
    assert isinstance(passed, Passed)
    slots = {(scope, "orders", "USD", NOW // DAY_NS): Decimal(100) for scope in (holder.key, "desk", "acc-1")}
    assert passed.admitted.sums == slots


def test_a_total_counts_an_order_at_its_worst_case(world: World, holder: Holder) -> None:
    """A market order is counted five hundredths above the last price, and by quote amount where that is all it says."""
    world.limit(holder, ORDERS, daily_orders={"USD": "1000"})
    asked: list[tuple[dict[str, Any], str]] = [({"amount": "2"}, "210"), ({"spend": "70"}, "70")]
    for given, value in asked:
        passed = world.judge(holder.ask("POST /order", pair="BTC/USD", side="buy", **given))
        assert isinstance(passed, Passed)
        assert [each.amount for each in passed.reserved] == [Decimal(value)]


def test_an_order_whose_value_nobody_can_say_is_refused(world: World, holder: Holder) -> None:
    """No last price, so a market order may turn over anything."""
    world.limit(holder, ORDERS, daily_orders={"USD": "1000"})
    del world.board.last[BTC_USD]
    assert reason(world.judge(holder.ask("POST /order", pair="BTC/USD", side="buy", amount="1"))) is Reason.ORDER_VALUE


def test_an_order_of_unknown_value_would_not_fit_into_any_total(world: World, holder: Holder) -> None:
    """It is refused before it is counted; if a price were lost in between, it would be refused there."""
    world.limit(holder, ORDERS, daily_orders={"USD": "1000"})
    snapshot = world.store.snapshot(world.name(holder.wire_id))
    assert snapshot is not None
    market = Action("order.place", Kind.ORDER, ORDERS, BTC_USD, Order(BTC_USD, Side.BUY, Decimal(1), None))
    world.board.last.clear()
    asked = entry(snapshot, (market,), None, world.board)
    assert reason(world.admission.admit(asked, None, None, NOW)) is Reason.DAILY_TOTAL


def test_a_currency_without_an_allowance_has_none(world: World, holder: Holder) -> None:
    """A limit in USD says of EUR: zero."""
    world.limit(holder, ORDERS, daily_orders={"USD": "1000"})
    assert reason(world.judge(holder.order(pair="BTC/EUR"))) is Reason.DAILY_TOTAL


def test_an_order_rate_is_kept_over_single_orders_and_batches(world: World, holder: Holder) -> None:
    """Three in ten seconds: a batch of two and one more, and one more after a third of the time."""
    world.limit(holder, ORDERS, order_rate="3/10")
    assert reason(world.judge(holder.ask("POST /orders", items="BTC/USD:buy:1:100,BTC/USD:buy:1:99"))) is None
    assert [reason(world.judge(holder.order())) for _ in range(2)] == [None, Reason.ORDER_RATE]
    world.pass_ns(10_000_000_000 // 3 + 1)
    assert [reason(world.judge(holder.order())) for _ in range(2)] == [None, Reason.ORDER_RATE]


def test_the_day_begins_anew_at_midnight_utc(world: World, holder: Holder) -> None:
    """P-12: the last nanosecond of a day has the day's total, and the next has a new one."""
    world.limit(holder, ORDERS, daily_orders={"USD": "100"})
    world.pass_ns(DAY_NS - NOW % DAY_NS - 1)
    assert [reason(world.judge(holder.order())) for _ in range(2)] == [None, Reason.DAILY_TOTAL]
    world.pass_ns(1)
    assert [reason(world.judge(holder.order())) for _ in range(2)] == [None, Reason.DAILY_TOTAL]


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ({"forbidden": frozenset({ORDERS})}, "orders.write"),
        ({"algorithms": frozenset()}, "hmac-sha256"),
        ({"network_required": True}, "no network"),
        ({"dialects": frozenset({"bitfinex"})}, "stamped"),
        ({"longest_life_days": 90}, "the key lives too long"),
        ({"rotation_required": True, "rotation_age_days": 0}, "the credential is too old"),
    ],
)
def test_the_house_stands_above_every_key(world: World, rule: dict[str, object], shown: str) -> None:
    """A rule that is newer than the key counts from the next request on; the caller is told what broke it."""
    holder = world.issue()
    world.edit(holder, network=replace(world.store.keys[holder.key].policy.network, anywhere=True))
    assert reason(world.judge(holder.order())) is None
    world.edit_house(**rule)
    refused = world.judge(holder.order())
    assert isinstance(refused, Denied)
    assert (refused.reason, refused.shown) == (Reason.HOUSE_FORBIDS, shown)


def test_a_key_may_always_read_and_end_itself(world: World, holder: Holder) -> None:
    """Also one that has no right at all, under a house that forbids everything."""
    world.edit(holder, grants={})
    world.edit_house(forbidden=frozenset(Permission), algorithms=frozenset())
    for route in ("GET /key", "DELETE /key"):
        assert reason(world.judge(holder.ask(route))) is None


def test_an_exchange_that_tells_nothing_is_no_exchange_without_orders() -> None:
    """Neither a price nor a number is known, so what needs one is refused; nothing is counted either."""
    market = NoMarket()
    market.placed(["key"], 3)
    assert market.last_price(BTC_USD) is None
    assert market.open_orders("key") is None
