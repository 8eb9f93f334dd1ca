"""At most once over restarts: the floor of time, durable marks and durable totals."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.credentials import Algorithm
from bitting.domain.errors import Unavailable
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.pipeline import Passed
from bitting.gate.times import FLOOR_AHEAD_NS, SECOND_NS
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.world import NOW, NOW_MS, World

BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("new"), st.integers(-6 * SECOND_NS, SECOND_NS)),
        st.tuples(st.just("copy"), st.integers(0, 30)),
        st.tuples(st.just("pass"), st.integers(0, 10 * SECOND_NS)),
        st.tuples(st.just("jump"), st.integers(-700 * SECOND_NS, 3_600 * SECOND_NS)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("disk"), st.just(0)),
    ),
    max_size=30,
)


def reason(verdict: Passed | Denied) -> Reason | None:
    return verdict.reason if isinstance(verdict, Denied) else None


@BOTH
@given(steps=steps)
def test_no_signed_bytes_reach_the_exchange_twice(dialect: Stamped | Counted, steps: list[tuple[str, int]]) -> None:
    """N-08, N-09, N-14: over any restarts, jumps of the clock and failures of the disk, whoever sends what again."""
    world = World(dialect)
    holder = world.issue()
    signed: list[Request] = []
    for step, number in steps:
        match step:
            case "new":
                signed.append(holder.order(at_ns=world.clock.now + number))
                world.answer(signed[-1])
            case "copy" if signed:
                world.answer(signed[number % len(signed)])
            case "pass":
                world.pass_ns(number)
            case "jump":
                world.clock.now += number
            case "restart":
                world.restart()
            case "disk":
                world.activity.problem = None if world.activity.problem else Unavailable("full")
    arrived = Counter(world.venue.arrived)
    assert all(times == 1 for times in arrived.values())


@BOTH
def test_a_copy_is_refused_after_a_restart(dialect: Stamped | Counted) -> None:
    """N-01, N-09: nothing in memory is left, and the floor or the mark on disk knows enough."""
    world = World(dialect)
    order = world.issue().order()
    assert world.answer(order).status == 200
    world.restart()
    assert world.answer(order).body.startswith((b"time.floor", b"nonce.low"))
    assert len(world.venue.arrived) == 1


@BOTH
def test_a_client_that_never_got_its_reply_cannot_send_the_same_bytes_again(dialect: Stamped | Counted) -> None:
    """N-08: the process ends between the disk and the reply; the owner signs anew, and the exchange knows the order."""
    world = World(dialect)
    holder = world.issue()
    order = holder.order()

    async def die_waiting_for_the_exchange() -> None:
        asking = asyncio.create_task(world.answering(order))
        for _ in range(3):
            await asyncio.sleep(0)
        asking.cancel()

    asyncio.run(die_waiting_for_the_exchange())
    assert world.venue.arrived == [order]
    world.restart()
    assert world.answer(order).status == 403
    world.pass_ns(FLOOR_AHEAD_NS + 1)
    assert world.answer(holder.order()).status == 200
    assert world.venue.arrived.count(order) == 1


@BOTH
def test_a_refused_withdrawal_stays_used_up_over_a_restart(dialect: Stamped | Counted) -> None:
    """Though it was never admitted, and nothing else of the key's was either: its nonce is on disk with the refusal."""
    world = World(dialect)
    holder = world.issue(algorithm=Algorithm.ED25519)
    world.edit_account(
        book=tuple(replace(each, matures_at_ms=NOW_MS + 1) for each in world.store.accounts["acc-1"].book)
    )
    refused = holder.withdrawal()
    assert world.answer(refused).body.startswith(b"withdrawal.waiting")
    world.restart()
    world.clock.pass_ns(1_000_000)
    assert world.answer(refused).body.startswith((b"time.floor", b"nonce.low"))
    assert world.venue.arrived == []


def test_a_run_admits_only_what_lies_above_all_runs_before_it() -> None:
    """The floor starts at what the last run had committed, admitted or not, to the nanosecond."""
    world = World()
    holder = world.issue()
    committed_ns = world.committed_ns
    world.restart()
    world.pass_ns(FLOOR_AHEAD_NS)
    assert reason(world.judge(holder.order(at_ns=committed_ns))) is Reason.TIME_FLOOR
    assert reason(world.judge(holder.order(at_ns=committed_ns + 1))) is None


def test_nothing_is_admitted_beyond_what_is_committed() -> None:
    """When the disk does not take the floor, the gate refuses before it would have to forget."""
    world = World()
    holder = world.issue()
    world.clock.pass_ns(FLOOR_AHEAD_NS)
    assert reason(world.judge(holder.order(at_ns=NOW + FLOOR_AHEAD_NS))) is None
    world.clock.pass_ns(1)
    refused = world.judge(holder.order(at_ns=NOW + FLOOR_AHEAD_NS + 1))
    assert isinstance(refused, Denied)
    assert refused.reason is Reason.UNAVAILABLE
    assert refused.shown == ""


def test_a_clock_that_jumps_an_hour_and_returns_admits_nothing_until_it_is_back() -> None:
    """N-14: what was admitted before the jump is no longer known, and the gate says so instead of guessing."""
    world = World()
    holder = world.issue()
    before = holder.order()
    assert world.answer(before).status == 200
    world.pass_ns(3600 * SECOND_NS)
    assert world.answer(holder.order()).status == 200
    world.clock.now -= 3600 * SECOND_NS
    fresh = holder.order(at_ns=world.clock.now)
    assert [world.answer(each).body[:10] for each in (before, fresh)] == [b"time.floor"] * 2
    world.clock.now += 3600 * SECOND_NS
    assert world.answer(holder.order()).status == 200


def test_a_read_leaves_no_mark_on_disk_and_an_order_does() -> None:
    """Reads may be repeated after a restart; that is the price of not writing each of them."""
    world = World(COUNTED)
    holder = world.issue()
    world.answer(holder.read(at_ns=NOW))
    assert world.store.marks == {}
    world.answer(holder.order(at_ns=NOW + 1))
    assert world.store.marks == {f"{holder.key}-cred-1": NOW + 1}


def test_totals_go_on_where_the_run_before_left_them() -> None:
    """A restart does not give the day's total back."""
    world = World()
    holder = world.issue()
    world.limit(holder, Permission.ORDERS_WRITE, daily_orders={"USD": "250"})
    for _ in range(2):
        assert world.answer(holder.order()).status == 200
    world.restart()
    world.pass_ns(FLOOR_AHEAD_NS + 1)
    assert world.answer(holder.order()).body.startswith(b"total.orders")
    assert world.answer(holder.order(amount="0.5")).status == 200
