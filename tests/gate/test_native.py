"""The native dialect in the gate: its times are whole seconds, and its signatures name the gate they are for."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.dialect import Draft
from bitting.dialects.native import Native
from bitting.domain.action import Action
from bitting.domain.credentials import Algorithm
from bitting.domain.request import Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Denied, Reason
from bitting.gate.pipeline import Passed
from bitting.gate.times import AHEAD_NS, FLOOR_AHEAD_NS, SECOND_NS
from tests.gate.dialects import STAMPED
from tests.gate.world import HOME, NOW, Holder, World, draft

GATE: Final = b"https://one.example/native"


class Mapped(Native):
    """The dialect behind an operator's own routes: those of the gate's tests."""

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        return STAMPED.actions(request) or super().actions(request)


DIALECT: Final = Mapped()


def reason(verdict: Passed | Denied) -> Reason | None:
    return verdict.reason if isinstance(verdict, Denied) else None


def test_the_same_second_is_not_the_same_request() -> None:
    """Two orders in one second are two; one of them again is none."""
    world = World(DIALECT)
    holder = world.issue(algorithm=Algorithm.ED25519)
    first, second = holder.order(at_ns=NOW), holder.order(at_ns=NOW + 1)
    assert [world.answer(each).status for each in (first, second)] == [200, 200]
    assert b'"replay.seen"' in world.answer(first).body
    assert len(world.venue.arrived) == 2


def test_a_read_may_come_again() -> None:
    """As with every dialect that has a time: lines break, and a read changes nothing."""
    world = World(DIALECT)
    read = world.issue().read()
    assert [world.answer(read).status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("into_second_ns", [0, 1, 400_000_000, 999_999_999])
def test_what_was_admitted_in_the_second_of_a_restart_stays_used_up(into_second_ns: int) -> None:
    """Its stamp is the beginning of its second, and what the run before admitted lies behind what it had committed."""
    world = World(DIALECT)
    holder = world.issue()
    world.pass_ns(into_second_ns)
    order = holder.order(at_ns=world.clock.now)
    assert world.answer(order).status == 200
    world.restart()
    for _ in range(70):
        assert world.answer(order).status == 401
        world.pass_ns(SECOND_NS)
    assert len(world.venue.arrived) == 1


@pytest.mark.parametrize("into_second_ns", [0, 1, 400_000_000, 999_999_999])
def test_an_honest_client_waits_four_seconds_at_most_after_a_restart(into_second_ns: int) -> None:
    """Three for the floor, and what is left of the second that it lies in."""
    world = World(DIALECT)
    holder = world.issue()
    world.pass_ns(into_second_ns)
    world.restart()
    waited_ns = 0
    while world.answer(holder.order(at_ns=world.clock.now)).status != 200:
        world.pass_ns(SECOND_NS // 10)
        waited_ns += SECOND_NS // 10
    assert waited_ns <= FLOOR_AHEAD_NS + SECOND_NS


def test_an_honest_client_does_not_wait_otherwise() -> None:
    """Whatever part of a second it asks in, and though its clock is most of a second ahead."""
    world = World(DIALECT)
    holder = world.issue()
    for _ in range(30):
        world.pass_ns(SECOND_NS // 7)
        for ahead_ns in (0, AHEAD_NS - 1):
            assert reason(world.judge(holder.order(at_ns=world.clock.now + ahead_ns))) is None


def test_it_expires_when_it_says() -> None:
    """`expires` is the last moment, to the nanosecond; the dialect's own signer gives half a minute."""
    world = World(DIALECT)
    holder = world.issue()
    first, second = holder.order(at_ns=NOW), holder.order(at_ns=NOW + 1)
    world.pass_ns(30 * SECOND_NS)
    assert reason(world.judge(first)) is None
    world.pass_ns(1)
    assert reason(world.judge(second)) is Reason.TIME_STALE


steps = st.lists(
    st.one_of(
        st.tuples(st.just("new"), st.integers(-3 * SECOND_NS, SECOND_NS)),
        st.tuples(st.just("copy"), st.integers(0, 30)),
        st.tuples(st.just("pass"), st.integers(0, 10 * SECOND_NS)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=30,
)


@given(steps=steps)
def test_no_signed_bytes_reach_the_exchange_twice(steps: list[tuple[str, int]]) -> None:
    """Over any restarts, whoever sends what again."""
    world = World(DIALECT)
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
            case "restart":
                world.restart()
    assert all(times == 1 for times in Counter(world.venue.arrived).values())


def order_for(holder: Holder, gate: bytes) -> Request:
    """An order as a client of that gate signs it."""
    wanted = draft("POST /order", pair="BTC/USD", side="buy", amount="1", price="100")
    there = Draft(wanted.method, wanted.target, wanted.body, gate)
    return DIALECT.sign(there, holder.wire_id, holder.algorithm, holder.secret, NOW)._replace(peer=HOME)


def test_an_order_for_one_gate_is_not_proven_at_another() -> None:
    """Two houses where the same key was imported: who listens at the one cannot trade at the other."""
    secret, wire_id = Secret(bytes(range(32))), "imported-into-both"
    one, two = World(DIALECT), World(DIALECT)
    order = order_for(one.issue(secret=secret, wire_id=wire_id), GATE)
    two.issue(secret=secret, wire_id=wire_id)
    assert one.answer(order).status == 200
    moved = two.answer(order._replace(base=b"https://two.example/native"))
    assert (moved.status, b'"key.not_proven"' in moved.body) == (401, True)
    under_its_own_host = order._replace(
        base=b"https://two.example/native", headers=((b"host", b"one.example"), *order.headers)
    )
    refused = two.answer(under_its_own_host)
    assert (refused.status, b'"request.malformed"' in refused.body) == (400, True)
    assert two.venue.arrived == []
