"""Memory is bounded, and nothing that was pushed out of it can be done again."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import Unavailable
from bitting.domain.permissions import Permission
from bitting.domain.request import Reply, Request
from bitting.gate.cache import MOST_FOUND
from bitting.gate.snapshot import LONGEST_LIFE_NS
from bitting.gate.times import SECOND_NS
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.world import Holder, World

BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])


def flood(world: World, others: list[Holder]) -> None:
    """Every other key at work, so that no room is left for the one before; and then the memory is tidied."""
    for each in others:
        assert world.answer(each.read()).status == 200
    world.tidy()


@BOTH
def test_an_order_pushed_out_of_memory_does_not_come_twice(dialect: Stamped | Counted) -> None:
    """N-09: whoever makes other keys work until a mark is forgotten finds it on the disk."""
    world = World(dialect, most_rows=3)
    holder, others = world.issue(), [world.issue() for _ in range(3)]
    order = holder.order()
    assert world.answer(order).status == 200
    flood(world, others)
    assert world.snapshots.get(world.name(holder.wire_id), world.clock.now) is None
    assert world.admission.marks.mark(f"{holder.key}-cred-1") == -1
    assert world.answer(order).body.startswith((b"replay.seen", b"nonce.low"))
    assert len(world.venue.arrived) == 1 + len(others)


def test_a_mark_stays_while_its_row_is_here() -> None:
    """It is learnt with the row and at no other time: a row that went and has come back still needs it."""
    world = World(COUNTED)
    holder = world.issue()
    read = holder.read()
    assert world.answer(read).status == 200
    world.edit(holder, label="renamed")
    assert world.answer(holder.read(at_ns=world.clock.now - SECOND_NS)).body.startswith(b"nonce.low")
    world.tidy()
    assert world.answer(read).body.startswith(b"nonce.low")


def test_a_mark_on_its_way_to_the_disk_is_not_forgotten() -> None:
    """The order waits for a slow disk; its row is pushed out and loaded again, and the disk does not know it yet."""
    world = World(COUNTED, most_rows=3)
    holder, others = world.issue(), [world.issue() for _ in range(3)]
    order = holder.order()

    async def meanwhile() -> tuple[Reply, Reply]:
        world.activity.slow = asyncio.Event()
        first = asyncio.create_task(world.answering(order))
        await asyncio.sleep(0)
        for each in others:
            assert (await world.answering(each.read())).status == 200
        world.tidy()
        second = asyncio.create_task(world.answering(order))
        await asyncio.sleep(0)
        world.activity.slow.set()
        return await asyncio.gather(first, second)

    first, second = asyncio.run(meanwhile())
    assert first.status == 200
    assert second.body.startswith(b"nonce.low")
    assert len(world.venue.arrived) == 1 + len(others)


def test_what_could_not_be_forgotten_yet_is_forgotten_when_the_disk_has_it() -> None:
    """Or a disk that is slow for a moment would cost memory for ever."""
    world = World(COUNTED, most_rows=3)
    holder, others = world.issue(), [world.issue() for _ in range(3)]
    credential = f"{holder.key}-cred-1"

    async def meanwhile() -> None:
        world.activity.slow = asyncio.Event()
        asking = asyncio.create_task(world.answering(holder.order()))
        await asyncio.sleep(0)
        for each in others:
            assert (await world.answering(each.read())).status == 200
        world.tidy()
        assert world.admission.marks.mark(credential) > 0
        world.activity.slow.set()
        assert (await asking).status == 200

    asyncio.run(meanwhile())
    world.tidy()
    assert world.admission.marks.mark(credential) == -1
    assert world.admission.marks.lower(credential, -1) == -1


def test_a_load_from_before_brings_no_older_mark_back() -> None:
    """It began before the order arrived on the disk, and ends after the order was forgotten: it is loaded once more."""
    world = World(COUNTED, most_rows=3)
    holder, others = world.issue(), [world.issue() for _ in range(3)]
    order = holder.order()

    async def overtaken() -> Reply:
        world.store.slow = asyncio.Event()
        late = asyncio.create_task(world.answering(order))
        await asyncio.sleep(0)
        slow, world.store.slow = world.store.slow, None
        assert (await world.answering(order)).status == 200
        for each in others:
            assert (await world.answering(each.read())).status == 200
        world.tidy()
        slow.set()
        return await late

    assert asyncio.run(overtaken()).body.startswith(b"nonce.low")


@BOTH
def test_a_total_pushed_out_of_memory_is_not_whole_again(dialect: Stamped | Counted) -> None:
    """L-05: a key that has used its day up does not get another by making others work."""
    world = World(dialect, most_rows=3)
    holder, others = world.issue(), [world.issue() for _ in range(3)]
    world.limit(holder, Permission.ORDERS_WRITE, daily_orders={"USD": "150"})
    assert world.answer(holder.order()).status == 200
    flood(world, others)
    assert len(world.admission.totals) == 0
    assert world.answer(holder.order()).body.startswith(b"total.orders")


def test_a_total_that_was_never_written_is_kept_until_its_day_is_over() -> None:
    """Where a door only observes, nothing waits for the disk; what the disk did not take stands in memory alone."""
    world = World(most_rows=3).observe()
    holder, others = world.issue(), [world.issue() for _ in range(3)]
    world.limit(holder, Permission.ORDERS_WRITE, daily_orders={"USD": "150"})
    world.activity.full = True
    assert world.answer(holder.order()).status == 200
    flood(world, others)
    assert len(world.admission.totals) == 1
    world.pass_ns(2 * 86_400 * SECOND_NS)
    world.tidy()
    assert len(world.admission.totals) == 0


def test_an_account_is_remembered_while_one_of_its_keys_is_here() -> None:
    """Its total is over all of them."""
    world = World(most_rows=2)
    first, second = world.issue(), world.issue()
    world.limit(first, Permission.ORDERS_WRITE, daily_orders={"USD": "150"})
    world.edit_account(limits=world.store.keys[first.key].policy.grants[Permission.ORDERS_WRITE])
    assert world.answer(first.order()).status == 200
    for each in (second, world.issue("other" if world.account("other") else "")):
        assert world.answer(each.read()).status == 200
    world.tidy()
    assert len(world.admission.totals) == 1  # the account's; the first key's has gone
    assert world.answer(second.order()).body.startswith(b"total.orders")


def test_the_credential_before_a_rotation_is_forgotten() -> None:
    """The row is here again, and is not about it any more."""
    world = World(COUNTED)
    holder = world.issue()
    assert world.answer(holder.order()).status == 200
    rotated = world.rotate(holder, None)
    assert world.answer(rotated.order()).status == 200
    world.tidy()
    assert world.admission.marks.mark(f"{holder.key}-cred-1") == -1
    assert world.admission.marks.mark(f"{holder.key}-cred-2") > 0
    assert world.answer(rotated.read()).status == 200


steps = st.lists(
    st.tuples(st.sampled_from(["new", "copy", "flood", "tidy", "house", "pass", "disk"]), st.integers(0, 20)),
    max_size=30,
)


@BOTH
@given(steps=steps)
def test_no_signed_bytes_reach_the_exchange_twice(dialect: Stamped | Counted, steps: list[tuple[str, int]]) -> None:
    """N-09: whatever is pushed out, by whom, and whether or not the disk takes anything."""
    world = World(dialect, most_rows=2)
    holders = [world.issue() for _ in range(4)]
    signed: list[Request] = []
    for step, number in steps:
        match step:
            case "new":
                signed.append(holders[number % 4].order())
                world.answer(signed[-1])
            case "copy" if signed:
                world.answer(signed[number % len(signed)])
            case "flood":
                world.answer(holders[number % 4].read())
            case "tidy":
                world.tidy()
            case "house":
                world.edit_house()
            case "pass":
                world.pass_ns(number * LONGEST_LIFE_NS // 10)
            case "disk":
                world.activity.problem = None if world.activity.problem else Unavailable("full")
    orders = [each for each in world.venue.arrived if each.method == b"POST"]
    assert all(times == 1 for times in Counter(orders).values())
    world.activity.problem = None
    assert len(world.snapshots) <= 2 < MOST_FOUND
