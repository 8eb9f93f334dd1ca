"""Every step of the gate over one request, in order, with what would be said behind the first refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitting.domain.account import BookEntry
from bitting.domain.holds import Hold
from bitting.domain.network import ANYWHERE, NOBODY
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.explain.case import step_of
from bitting.gate.explain.remedy import would_pass
from bitting.gate.explain.signature import Suspect
from bitting.gate.explain.telling import Explained, Result
from bitting.gate.explain.words import moment, nonce, offset, refusal, text
from bitting.gate.times import SECOND_NS
from tests.gate.dialects import COUNTED
from tests.gate.explain.cases import explained, told
from tests.gate.faults import FAULTS
from tests.gate.scene import Fault
from tests.gate.world import AWAY, ETHER, HOME, NOW, NOW_MS, World, spoilt

STEPS = list(range(1, 14))


def said(answer: Explained, number: int) -> str:
    return "\n".join([*answer.steps[number - 1].said, *(f"-> {each}" for each in answer.steps[number - 1].would_pass)])


def results(answer: Explained) -> dict[int, Result]:
    return {each.number: each.result for each in answer.steps}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_verdict_is_the_gates(fault: Fault) -> None:
    """Whatever is wrong: the reason, its own value and detail are those that the gate gives to the same request."""
    scene = fault.scene()
    fault.put(scene)
    request = scene.request()
    answer = explained(scene.world, request)
    verdict = told(scene.world, request)
    assert verdict is not None
    assert answer.verdict is not None
    assert answer.verdict.reason is verdict.reason
    if answer.steps[0].result is Result.PASSES and len(answer.steps) == len(STEPS):
        assert answer.verdict._replace(retry_after_ms=0) == verdict._replace(retry_after_ms=0)
    [first, *_] = [each for each in answer.steps if each.result is Result.REFUSED]
    assert first.said[0].startswith(verdict.reason.code) or verdict.reason is Reason.DENIAL_RATE
    for each in answer.steps:
        after = each.number > first.number
        assert each.result not in ((Result.PASSES, Result.REFUSED) if after else (Result.THEN_PASSES,)) or each == first


def test_a_good_request_passes_every_step() -> None:
    """And it is said what each one found."""
    world = World()
    holder = world.issue()
    answer = explained(world, holder.order())
    assert [each.number for each in answer.steps] == STEPS
    assert set(results(answer).values()) == {Result.PASSES}
    assert (answer.verdict, answer.anew, answer.hidden) == (None, None, False)
    assert "203.0.113.7 has not been wrong too often" in said(answer, 1)
    assert holder.wire_id in said(answer, 2)
    assert "made here" in said(answer, 3)
    assert "bot, of account acc-1" in said(answer, 4)
    assert "hmac-sha256" in said(answer, 5)
    assert "0 ms" in said(answer, 6)
    assert "203.0.113.0/24" in said(answer, 9)
    assert "order.place (needs orders.write) BTC/USD buy amount 1 price 100" in said(answer, 10)
    assert "on the disk before it goes on" in said(answer, 13)
    assert "only reads" in said(explained(world, holder.read()), 13)


def test_the_bytes_that_have_to_be_signed_are_shown_as_they_are() -> None:
    """With escapes for what cannot be seen: that is what the developer compares."""
    world = World()
    request = world.issue().order()
    claim = world.dialect.read(request)
    assert claim is not None
    assert text(claim.signing_input) in said(explained(world, request), 2)
    assert text(b"a\nb\xff\xea\xb0\x80\x1b") == "a\\nb\\xff가\\x1b"


def test_what_lies_behind_a_wrong_signature_is_told() -> None:
    """It goes on as if it had been right, in words that say so; and says what a right one would meet."""
    world = World()
    holder = world.issue()
    answer = explained(world, spoilt(holder.order(peer=AWAY)))
    assert results(answer)[5] is Result.REFUSED
    assert results(answer)[6] is Result.THEN_PASSES
    assert results(answer)[9] is Result.THEN_REFUSED
    assert answer.verdict is not None
    assert answer.verdict.reason is Reason.NOT_PROVEN
    assert answer.anew is not None
    assert answer.anew.reason is Reason.NETWORK
    assert "known mistakes fits" in said(answer, 5)


def test_who_signed_with_the_secret_from_before_the_rotation_is_told_so() -> None:
    """As long as the row still knows that secret; and with another key's, the key is named."""
    world = World()
    old = world.issue()
    world.rotate(old, NOW_MS + 1000)
    world.pass_ns(2 * SECOND_NS)
    answer = explained(world, old.order())
    assert "from before the rotation, which worked until 2026-11-18T11:06:41.000Z" in said(answer, 5)
    other = world.issue()
    mixed = replace(other, wire_id=old.wire_id).order()
    suspect = Suspect("the secret of the key other", other.algorithm, other.secret.reveal)
    assert "what fits: the secret of the key other" in said(explained(world, mixed, others=[suspect]), 5)


def test_a_revoked_key_is_told_about_too() -> None:
    """Its proof still stands, and its steps are gone through."""
    world = World()
    holder = world.issue()
    world.change(holder, lambda key: key.revoked(NOW_MS))
    answer = explained(world, holder.order())
    assert results(answer)[8] is Result.REFUSED
    wrong = explained(world, spoilt(holder.order()))
    assert wrong.verdict is not None
    assert wrong.verdict.reason is Reason.NOT_PROVEN


def test_without_a_key_there_is_no_more_to_say() -> None:
    """An id that was never made here, one of another shape, and one that another mount knows."""
    world = World()
    holder = world.issue()
    stranger = World().issue(secret=holder.secret)
    foreign = replace(stranger, wire_id="theirOldKeyId", world=world)
    answer = explained(world, replace(stranger, world=world).order())
    assert [each.number for each in answer.steps] == STEPS[:4]
    assert answer.hidden
    assert "no secret to check with" in said(answer, 4)
    invented = explained(world, replace(stranger, wire_id="bk_live_" + "a" * 32, world=world).order())
    assert "never made" in said(invented, 3)
    elsewhere = explained(world, foreign.order(), elsewhere=["live bitfinex"])
    assert "looked up" in said(elsewhere, 3)
    assert "known to live bitfinex: another mount is meant" in said(elsewhere, 4)


def test_what_cannot_be_read_stops_at_once() -> None:
    """With the page on which it stands how it is written. Open market data needs no key."""
    world = World()
    order = world.issue().order()
    broken = explained(world, order._replace(headers=(*order.headers, order.headers[0])))
    assert [each.number for each in broken.steps] == [1, 2]
    assert "docs/dialects/" in said(broken, 2)
    bare = explained(world, Request(b"GET", b"/balances", (), b"", HOME))
    assert bare.verdict is not None
    assert bare.verdict.reason is Reason.NOT_PROVEN
    public = explained(world, Request(b"GET", b"/time", (), b"", HOME))
    assert public.verdict is None
    assert "needs no key" in said(public, 2)


def test_an_address_that_was_wrong_too_often_hides_nothing() -> None:
    """The bucket is not spent from, and the rest is told."""
    world = World()
    holder = world.issue()
    request = holder.order()
    world.flood(request, world.rates.strangers.burst)
    answer = explained(world, request)
    assert results(answer)[1] is Result.REFUSED
    assert results(answer)[10] is Result.THEN_PASSES
    assert "the same again in" in said(answer, 1)


@pytest.mark.parametrize("network", ["203.0.113.0/24", "anywhere", "nobody"])
def test_without_an_address_its_steps_are_not_judged(network: str) -> None:
    """Nothing else is hidden by that."""
    world = World()
    holder = world.issue()
    world.edit(holder, network={"anywhere": ANYWHERE, "nobody": NOBODY}.get(network, world_network(world, holder.key)))
    answer = explained(world, holder.order()._replace(peer=0), peer_known=False)
    assert results(answer)[1] is results(answer)[9] is Result.UNKNOWN
    assert answer.verdict is None


def test_a_key_may_ask_about_itself() -> None:
    """That needs no permission, so none is named."""
    world = World()
    assert said(explained(world, world.issue().ask("GET /key")), 10) == "self.read"


def world_network(world: World, key: str) -> object:
    return world.store.keys[key].policy.network


def test_behind_a_route_that_nobody_knows_nothing_is_claimed() -> None:
    """Its permission and its limits are not known."""
    world = World()
    answer = explained(world, world.issue().ask("POST /nowhere"))
    assert [each.number for each in answer.steps if each.result is Result.UNKNOWN] == [11, 12, 13]


def test_a_nonce_is_told_with_its_unit_and_its_mark() -> None:
    """And how far it is from now; a number that is no time is only a number."""
    world = World(COUNTED)
    holder = world.issue()
    assert "no nonce has been used yet" in said(explained(world, holder.order()), 7)
    first = holder.order()
    world.judge(first)
    late = explained(world, first)
    assert results(late)[7] is Result.REFUSED
    assert "the mark of its credential stands at 17" in said(late, 7)
    assert "any nonce above the mark" in said(late, 7)
    assert "as a time in nanoseconds" in said(late, 6)
    odd = explained(world, holder.order(at_ns=12))
    assert "not shaped like a time" in said(odd, 2)
    assert "as a time" not in said(odd, 6)


def test_moments_are_written_for_people() -> None:
    """To the millisecond; what no calendar has stays a number."""
    assert moment(NOW) == "2026-11-18T11:06:40.000Z"
    assert moment(10**25) == f"{10**25} ns since 1970"
    assert offset(NOW - 10_012_000_000, NOW).endswith("10012 ms behind the moment of judging")
    assert offset(NOW + 1_000_000, NOW).endswith("1 ms ahead of the moment of judging")
    assert nonce(1_795_000_000_000) == "1795000000000, a time in milliseconds"
    assert refusal(Denied(Reason.REPLAYED)) == "replay.seen"


def remedies(denied: Denied, **more: object) -> str:
    """What would pass, of a key with everything set."""
    world = World()
    holder = world.issue()
    world.limit(holder, Permission.ORDERS_WRITE, pairs=["BTC/USD"], largest_order={"USD": "10"}, open_orders=0)
    world.limit(holder, Permission.POSITIONS_WRITE, pairs=[])
    world.change(holder, lambda key: key.held(frozenset(Hold)))
    for name, value in more.items():
        if name == "book":
            world.edit_account(book=value)
        else:
            world.edit(holder, **{name: value})
    snapshot = world.store.snapshot(world.name(holder.wire_id))
    assert snapshot is not None
    return "\n".join(would_pass(denied, snapshot, NOW))


def test_what_would_pass_names_the_allowed_set() -> None:
    """To the owner; each limit wherever it is set."""
    assert (
        remedies(Denied(Reason.PAIR))
        == "the grant orders.write has pairs BTC/USD\nthe grant positions.write has pairs nothing"
    )
    assert remedies(Denied(Reason.ORDERS_OPEN)) == "the grant orders.write has open_orders 0"
    assert remedies(Denied(Reason.ORDER_SIZE)) == "the grant orders.write has largest_order USD:10"
    assert "a request from 203.0.113.0/24" in remedies(Denied(Reason.NETWORK, "198.51.100.9"))
    assert "--network 203.0.113.0/24 --network 198.51.100.9" in remedies(Denied(Reason.NETWORK, "198.51.100.9"))
    assert "the key's network is empty" in remedies(Denied(Reason.NETWORK, "198.51.100.9"), network=NOBODY)
    assert "--allow funding.write" in remedies(Denied(Reason.PERMISSION, "funding.write"))
    assert "the key may: nothing" in remedies(Denied(Reason.PERMISSION, "funding.write"), grants={})
    assert "2026-11-19T00:00:00.000Z" in remedies(Denied(Reason.DAILY_TOTAL))
    assert remedies(Denied(Reason.KEY_RATE, retry_after_ms=250)) == "the same again in 250 ms"


def test_who_may_lift_a_hold_is_told() -> None:
    """Each by its own authority; what stops a key in memory is thawed."""
    held = remedies(Denied(Reason.HELD))
    assert [word in held for word in ("resume", "unlock", "--leaked", "alert")] == [True] * 4


def test_the_address_book_is_told() -> None:
    """With what waits, and until when; and that it is empty."""
    assert f"cold: ETH ETH {ETHER}" in remedies(Denied(Reason.WITHDRAWAL_ADDRESS))
    waits = BookEntry.read("id", "XRP", "XRP", "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", "77", "desk", NOW_MS + 1000)
    assert "tag 77, usable from 2026-11-18T11:06:41.000Z" in remedies(Denied(Reason.WITHDRAWAL_WAITING), book=(waits,))
    assert "the address book is empty" in remedies(Denied(Reason.WITHDRAWAL_ADDRESS), book=())


def test_a_key_that_is_stopped_in_memory_only() -> None:
    """It has no hold; the operator thaws it."""
    world = World()
    holder = world.issue()
    world.freeze.stop(holder.key)
    assert f"bitting thaw --key {holder.wire_id}" in said(explained(world, holder.order()), 8)


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.code)
def test_every_reason_has_a_step_and_an_answer(reason: Reason) -> None:
    """No reason makes explaining fail."""
    assert 1 <= step_of(reason) <= 13
    assert isinstance(remedies(Denied(reason, "balances.read")), str)
