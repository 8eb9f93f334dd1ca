"""Step 4 and what strangers may cost: the lease on the store, invented ids, the bucket of an address."""

import os

import pytest

from bitting.domain.errors import MalformedStored, Tampered, Unavailable
from bitting.domain.ids import Environment, new_wire_id
from bitting.domain.network import address_from_text
from bitting.domain.request import Request
from bitting.domain.secret import Secret
from bitting.gate.cache import ABSENT_NS
from bitting.gate.shell import LEASE_NS
from bitting.gate.snapshot import LONGEST_LIFE_NS
from bitting.gate.times import SECOND_NS
from tests.gate.world import AWAY, HOME, Holder, World, spoilt


@pytest.fixture
def world() -> World:
    return World()


def foreign(world: World, number: int) -> Request:
    """A request with a foreign id that nobody has, from an address of its own."""
    holder = Holder(world, "", f"foreign-key-id-{number:08}", world.issue().algorithm, Secret(b"s" * 32))
    return holder.order(peer=address_from_text("2001:db8::") + (number << 64))


def test_a_row_is_loaded_once_and_believed(world: World) -> None:
    """The store is not asked for each request."""
    holder = world.issue()
    assert [world.answer(holder.order()).status for _ in range(5)] == [200] * 5
    assert world.store.loads == [world.name(holder.wire_id)]


def test_a_row_is_loaded_anew_when_its_five_minutes_are_over(world: World) -> None:
    """Derived keys do not stay in memory for as long as somebody uses them."""
    holder = world.issue()
    for passed_ns, loads in ((0, 1), (LONGEST_LIFE_NS - 1, 1), (1, 2)):
        world.pass_ns(passed_ns)
        assert world.answer(holder.read()).status == 200
        assert len(world.store.loads) == loads


def test_without_its_store_the_gate_believes_a_row_for_one_second(world: World) -> None:
    """Promise 7: exactly the lease, on the clock that never steps; and everything is well when the store is back."""
    holder = world.issue()
    assert world.answer(holder.read()).status == 200
    world.clock.pass_ns(LEASE_NS)
    assert world.answer(holder.read()).status == 200
    world.clock.pass_ns(1)
    refused = world.answer(holder.read())
    assert refused.body.startswith(b"gate.unavailable")
    world.pass_ns(0)
    assert world.answer(holder.read()).status == 200


def test_a_clock_that_steps_does_not_touch_the_lease(world: World) -> None:
    """An hour forward by the wall is no time at all for the store."""
    holder = world.issue()
    world.clock.now += 3600 * SECOND_NS
    world.commit_floor()
    assert world.answer(holder.read()).status == 200


def test_a_store_that_is_down_refuses_and_charges_nobody(world: World) -> None:
    """The address did nothing wrong."""
    holder = world.issue()
    world.store.problem = Unavailable("disk")
    burst = world.rates.strangers.burst
    for _ in range(burst + 1):
        assert world.answer(holder.read()).body.startswith(b"gate.unavailable")
    assert set(world.activity.reasons) == {"gate.unavailable"}
    world.store.problem = None
    assert world.answer(holder.read()).status == 200


@pytest.mark.parametrize("problem", [Tampered("the row does not match its MAC"), MalformedStored("layout 9")])
def test_a_row_that_does_not_match_its_seal_proves_nobody(world: World, problem: Exception) -> None:
    """K-05: the wire says what it says to everybody; the log says what is wrong."""
    holder = world.issue()
    world.store.problem = problem  # type: ignore[assignment]
    assert world.answer(holder.read()).body.startswith(b"key.not_proven")
    assert [record.detail for record in world.activity.noted] == [str(problem)]


def test_invented_ids_never_reach_the_store(world: World) -> None:
    """R-08: shape and checksum are public, so anybody can make ids; the tag is ours."""
    made_elsewhere = Secret(b"another house's tag key, 32 bytes")
    request = world.issue().order()
    for number in range(5_000):
        wire_id = new_wire_id(Environment.LIVE, made_elsewhere, os.urandom)
        headers = ((b"x-key", wire_id.encode()), *request.headers[1:])
        reply = world.answer(request._replace(headers=headers, peer=number << 64))
        assert reply.status == 401
    assert world.store.loads == []


def test_a_foreign_id_that_nobody_has_is_asked_for_once_in_five_seconds(world: World) -> None:
    """The tag cannot tell for imported keys; a memory of what is not there bounds what they cost."""
    for _ in range(10):
        assert world.answer(foreign(world, 1)).status == 401
    world.answer(foreign(world, 2))
    assert len(world.store.loads) == 2
    world.pass_ns(ABSENT_NS)
    world.answer(foreign(world, 1))
    assert len(world.store.loads) == 3


def test_a_key_that_is_imported_works_at_once(world: World) -> None:
    """Also where the gate was asked for it a moment too early."""
    early = Holder(world, "", "imported-key-id", world.issue().algorithm, Secret(b"s" * 32))
    assert world.answer(early.order()).status == 401
    imported = world.issue(wire_id="imported-key-id", secret=Secret(b"s" * 32))
    assert world.answer(imported.order()).status == 200


def test_whoever_proves_nothing_spends_the_bucket_of_his_address(world: World) -> None:
    """A hundred at once and twenty a second; the neighbours notice nothing, and who waits is heard again."""
    holder = world.issue()
    bad = spoilt(holder.order())._replace(peer=AWAY)
    for _ in range(100):
        assert world.answer(bad).status == 401
    refused = world.answer(bad)
    assert (refused.status, refused.headers[0]) == (429, (b"retry-after", b"1"))
    assert world.answer(holder.order(peer=HOME)).status == 200
    world.pass_ns(SECOND_NS // 20)
    assert [world.answer(bad).status for _ in range(2)] == [401, 429]


def test_an_address_is_not_shut_out_for_longer_than_it_floods(world: World) -> None:
    """What its bucket refused is not charged again: behind that address there may be others."""
    holder = world.issue()
    bad = spoilt(holder.order())
    for _ in range(5_000):
        world.answer(bad)
    world.pass_ns(SECOND_NS // 20)
    assert world.answer(holder.order()).status == 200


def test_market_data_asked_too_fast_does_not_shut_out_the_keys_of_an_address(world: World) -> None:
    """The two buckets are two."""
    holder = world.issue()
    open_endpoint = Request(b"GET", b"/time", (), b"", HOME)
    statuses = [world.answer(open_endpoint).status for _ in range(1_000)]
    assert statuses.count(429) == 1_000 - world.rates.public.burst
    assert world.answer(holder.order()).status == 200


def test_an_ipv6_address_is_counted_with_its_block(world: World) -> None:
    """Whoever has a /64 has 2^64 addresses, and one bucket."""
    bad = spoilt(world.issue().order())
    block = address_from_text("2001:db8:1:2::")
    statuses = [world.answer(bad._replace(peer=block + host)).status for host in range(101)]
    assert statuses == [401] * 100 + [429]
    assert world.answer(bad._replace(peer=block + (1 << 64))).status == 401


def test_a_proven_key_never_spends_the_bucket_of_its_address(world: World) -> None:
    """Its refusals are its own: who shares the address is not hurt by them."""
    holder = world.issue()
    for _ in range(150):
        world.answer(holder.ask("POST /nowhere"))
    assert world.answer(spoilt(holder.order())).status == 401
