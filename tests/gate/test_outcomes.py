"""Durable before it goes on; and afterwards, reservations come back only when nothing can have happened."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BittingError, Unavailable
from bitting.domain.holds import Hold
from bitting.domain.permissions import Permission
from bitting.domain.request import Reply, Request
from bitting.gate.ports import NotSent
from bitting.gate.totals import DAY_NS
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.world import NOW, NOW_MS, Holder, World

BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])


def limited(world: World) -> Holder:
    """A key whose day is used up by one order."""
    holder = world.issue()
    world.limit(holder, Permission.ORDERS_WRITE, daily_orders={"USD": "100"})
    return holder


def while_the_disk_is_slow(world: World, request: Request, happens: Any) -> Reply:
    """Answer the request; `happens` is called when it has been decided and nothing is durable yet."""

    async def run() -> Reply:
        world.activity.slow = asyncio.Event()
        asking = asyncio.create_task(world.answering(request))
        for _ in range(5):
            await asyncio.sleep(0)
        happens()
        world.activity.slow.set()
        return await asking

    return asyncio.run(run())


@BOTH
def test_what_changes_state_waits_for_the_disk(dialect: Stamped | Counted) -> None:
    """Nothing has left while record, mark and sums are not durable; then everything is."""
    world = World(dialect)
    holder = limited(world)
    seen: list[int] = []
    reply = while_the_disk_is_slow(world, holder.order(at_ns=NOW), lambda: seen.append(len(world.venue.arrived)))
    assert (seen, reply.status, len(world.venue.arrived)) == ([0], 200, 1)
    (effects,) = world.activity.effects
    assert effects.marks == ({f"{holder.key}-cred-1": NOW} if dialect is COUNTED else {})
    assert effects.sums == {(holder.key, "orders", "USD", NOW // DAY_NS): Decimal(100)}
    assert effects.unchanged is None


def test_a_read_waits_for_nobody() -> None:
    """It is noted, and goes on while the disk is slow or gone."""
    world = World()
    world.activity.problem = Unavailable("full")
    assert world.answer(world.issue().read()).status == 200
    assert [record.verdict for record in world.activity.noted] == ["admitted"]
    assert world.activity.outcomes == []


@BOTH
def test_what_cannot_be_made_durable_does_not_go_on(dialect: Stamped | Counted) -> None:
    """R-13: refused, the total is whole again, the bytes are used up; and it works again by itself."""
    world = World(dialect)
    holder = limited(world)
    order = holder.order()
    world.activity.problem = Unavailable("full")
    reply = world.answer(order)
    assert (reply.status, world.venue.arrived) == (503, [])
    assert reply.body.startswith(b"gate.unavailable")
    assert b"full" not in reply.body
    assert [(each.status, each.note) for each in world.activity.outcomes] == [(0, "not forwarded")]
    world.activity.problem = None
    assert world.answer(order).status == 403
    assert world.answer(holder.order()).status == 200


@pytest.mark.parametrize(
    ("reply", "problem", "note", "comes_back"),
    [
        (Reply(200, (), b"order-7"), None, "order-7", False),
        (Reply(500, (), b"oops"), None, "oops", False),
        (Reply(400, (), b"declined"), None, "declined", True),
        (None, NotSent("refused"), "not sent", True),
        (None, Unavailable("reset"), "unknown", False),
    ],
)
def test_a_reservation_comes_back_only_when_nothing_can_have_happened(
    reply: Reply | None, problem: BittingError | None, note: str, comes_back: bool
) -> None:
    """What got no answer, or one that cannot be read, stays counted; the outcome is added to the record."""
    world = World()
    holder = limited(world)
    world.venue.reply, world.venue.problem = reply or world.venue.reply, problem
    world.answer(holder.order())
    (outcome,) = world.activity.outcomes
    assert outcome == ("request-1", reply.status if reply else 0, note)
    slot = (holder.key, "orders", "USD", NOW // DAY_NS)
    assert world.store.sums == {slot: Decimal(0) if comes_back else Decimal(100)}
    world.venue.problem = None
    assert (world.answer(holder.order()).body.startswith(b"total.orders")) is not comes_back


def test_what_is_declined_after_midnight_comes_back_to_the_day_before() -> None:
    """P-12: an order of 23:59:59 that is declined at 00:00 frees nothing of the new day."""
    world = World()
    holder = limited(world)
    world.pass_ns(DAY_NS - NOW % DAY_NS - 1)
    world.venue.reply = Reply(400, (), b"declined")
    day = world.clock.now // DAY_NS
    while_the_disk_is_slow(world, holder.order(), lambda: world.pass_ns(1))
    assert world.store.sums == {(holder.key, "orders", "USD", day): Decimal(0)}


def test_a_withdrawal_trusts_no_cache() -> None:
    """Promise 7: what it is durable with also asks whether the key is still the one that was judged."""
    world = World()
    holder = world.issue(algorithm=Algorithm.ED25519)
    assert world.answer(holder.withdrawal()).status == 200
    assert [effects.unchanged for effects in world.activity.effects] == [(holder.key, 1)]


@pytest.mark.parametrize(
    "change",
    [lambda key: key.revoked(NOW_MS), lambda key: key.held(frozenset({Hold.LEAK}))],
    ids=["revoked", "held"],
)
def test_a_key_that_changes_while_its_withdrawal_waits_withdraws_nothing(change: Any) -> None:
    """L-02, L-11: decided before, not durable yet, and then the row has moved on: nothing is sent, and it says so."""
    world = World()
    holder = world.issue(algorithm=Algorithm.ED25519)
    world.limit(holder, Permission.WITHDRAWALS_WRITE, daily_withdrawals={"ETH": "1"})
    reply = while_the_disk_is_slow(world, holder.withdrawal(), lambda: world.change(holder, change))
    assert (reply.status, world.venue.arrived) == (503, [])
    assert [each.note for each in world.activity.outcomes] == ["not forwarded"]
    assert world.store.sums == {(holder.key, "withdrawals", "ETH", NOW // DAY_NS): Decimal(0)}


def test_a_request_whose_client_has_gone_stays_counted() -> None:
    """Whoever hangs up while the exchange is asked does not get the day's total back."""
    world = World()
    holder = limited(world)

    async def hang_up() -> None:
        asking = asyncio.create_task(world.answering(holder.order()))
        for _ in range(3):
            await asyncio.sleep(0)
        asking.cancel()

    asyncio.run(hang_up())
    assert len(world.venue.arrived) == 1
    assert world.answer(holder.order()).body.startswith(b"total.orders")
