"""All that the gate has against a request: first what it says itself, then what it would say next; nothing used up."""

from __future__ import annotations

from copy import deepcopy

import pytest

from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.credentials import Algorithm, NonceMode
from bitting.domain.holds import Hold
from bitting.domain.network import NOBODY
from bitting.domain.permissions import Permission
from bitting.domain.verdict import Denied, Reason
from bitting.gate.explain import mending
from bitting.gate.explain.case import Wish, step_of
from bitting.gate.explain.mending import mended, objections
from bitting.gate.pipeline import Passed
from bitting.gate.times import SECOND_NS
from tests.gate.dialects import COUNTED
from tests.gate.explain.cases import judged, signed, told
from tests.gate.faults import (
    FAULTS,
    ORDER_FAULTS,
    account_rate_used_up,
    daily_total_passed,
    denials_used_up,
    doubled_header,
    of_unknown_value,
    permission_missing,
    too_large,
)
from tests.gate.scene import Fault
from tests.gate.world import AWAY, BTC_USD, ETHER, HOME, NOW, World

READABLE = [each for each in FAULTS if each.put is not doubled_header]
PROVEN = [each for each in READABLE if step_of(each.reason) > 5]
HIDING = {Reason.UNMAPPED, Reason.MALFORMED}


@pytest.mark.parametrize("fault", PROVEN, ids=str)
def test_the_first_objection_is_what_the_gate_says(fault: Fault) -> None:
    """And behind it there is none, where one thing is wrong."""
    scene = fault.scene()
    fault.put(scene)
    request = scene.request()
    found, complete = objections(signed(scene.world, request))
    assert found[0] == told(scene.world, request)
    assert complete == (fault.reason not in HIDING and fault.put is not denials_used_up)
    if complete:
        assert {each.reason for each in found} == {fault.reason}


@pytest.mark.parametrize("fault", PROVEN, ids=str)
def test_explaining_uses_nothing_up(fault: Fault) -> None:
    """Marks, stamped bytes, buckets and totals are what they were; and a good request is still admitted."""
    scene = fault.scene()
    good = scene.request()
    fault.put(scene)
    bad = scene.request()
    before = _memory(scene.world)
    objections(signed(scene.world, bad))
    assert _memory(scene.world) == before
    clean = fault.scene()
    good = clean.request()
    assert objections(signed(clean.world, good)) == ([], True)
    assert isinstance(clean.world.judge(good), Passed)


def _memory(world: World) -> object:
    """Everything that the gate counts and remembers."""
    admission = world.admission
    buckets = ("_keys", "_cancels", "_accounts", "_denials", "_orders")
    return deepcopy(
        (
            vars(admission.stamped),
            vars(admission.marks),
            vars(admission.totals),
            admission._order_rates,
            [vars(getattr(admission, name)) for name in buckets],
            vars(world.door.strangers),
            vars(world.door.public),
            world.activity.noted,
            world.activity.committed,
        )
    )


ORDERED = [each for each in ORDER_FAULTS if each in PROVEN]


def _apart(first: Fault, later: Fault) -> bool:
    """Whether mending the first leaves the later one as it is."""
    signed_anew = step_of(first.reason) < 8 and step_of(later.reason) < 8  # cures them all
    no_grant = first.put is permission_missing and step_of(later.reason) > 10  # so its limits are gone
    no_value = first.put is of_unknown_value and later.put in (too_large, daily_total_passed)
    nobody_else = later.put is account_rate_used_up and step_of(first.reason) in (6, 8)  # can use the rate up
    return not (signed_anew or no_grant or no_value or nobody_else)


@pytest.mark.parametrize("place", range(len(ORDERED) - 1), ids=lambda place: str(ORDERED[place]))
def test_of_two_faults_both_are_found(place: int) -> None:
    """In the order in which the gate would tell them; except behind a route that nobody knows."""
    first = ORDERED[place]
    for later in ORDERED[place + 1 :]:
        if not _apart(first, later):
            continue
        scene = first.scene()
        later.put(scene)
        first.put(scene)
        found, complete = objections(signed(scene.world, scene.request()))
        reasons = [each.reason for each in found]
        assert reasons[0] is first.reason, str(later)
        if first.reason in HIDING:
            assert not complete
        else:
            assert later.reason in reasons, str(later)
            assert complete == (later.reason not in HIDING)


def test_limits_of_grant_and_accounts_are_all_told() -> None:
    """The grant's, the account's and the parent's: each is an objection of its own."""
    world = World()
    world.account("acc-2", parent="acc-1")
    holder = world.issue("acc-2")
    world.limit(holder, Permission.ORDERS_WRITE, largest_order={"USD": "10"})
    own, parent = world.store.accounts["acc-2"], world.store.accounts["acc-1"]
    limits = world.store.keys[holder.key].policy.grants[Permission.ORDERS_WRITE]
    world.edit_account("acc-2", limits=type(limits).from_plain({"largest_order": {"USD": "20"}}))
    world.edit_account("acc-1", limits=type(limits).from_plain({"pairs": ["ETH/USD"]}))
    assert own.limits == parent.limits
    found, complete = objections(signed(world, holder.order()))
    assert [(each.reason, each.detail) for each in found] == [
        (Reason.ORDER_SIZE, "at most 10 USD"),
        (Reason.ORDER_SIZE, "at most 20 USD"),
        (Reason.PAIR, "the grant is for ETH/USD"),
    ]
    assert complete


def test_several_stops_are_told_one_by_one() -> None:
    """In memory and on disk; and a network that admits nobody."""
    world = World()
    holder = world.issue()
    world.freeze.stop(holder.key)
    world.change(holder, lambda key: key.held(frozenset({Hold.HOLDER, Hold.LEAK})))
    world.edit(holder, network=NOBODY)
    found, _ = objections(signed(world, holder.order()))
    assert [(each.reason, each.detail) for each in found] == [
        (Reason.HELD, "frozen"),
        (Reason.HELD, "holder, leak"),
        (Reason.NETWORK, "the network is empty"),
    ]


@pytest.mark.parametrize("mode", list(NonceMode))
def test_a_low_nonce_hides_nothing(mode: NonceMode) -> None:
    """With a counter, too, what lies behind it is told."""
    world = World(COUNTED)
    holder = world.issue(nonce_mode=mode)
    request = holder.order(peer=AWAY)
    world.judge(request)
    found, complete = objections(signed(world, request))
    assert [each.reason for each in found] == [Reason.NONCE_LOW, Reason.NETWORK]
    assert complete


def test_rules_of_the_house_are_told_one_by_one() -> None:
    """The permission, the algorithm, and the want of a network."""
    world = World()
    holder = world.issue()
    world.edit(holder, network=type(NOBODY).from_text(["anywhere"]))
    world.edit_house(
        forbidden=frozenset({Permission.ORDERS_WRITE}), algorithms=frozenset({Algorithm.ED25519}), network_required=True
    )
    found, complete = objections(signed(world, holder.order()))
    assert [each.shown for each in found] == ["orders.write", "hmac-sha256", "no network"]
    assert complete


def test_rules_over_the_whole_key_are_told_one_by_one() -> None:
    """The dialect, the key's end, the credential's age."""
    world = World()
    holder = world.issue()
    world.edit_house(dialects=frozenset({"bitfinex"}), longest_life_days=1, rotation_required=True, rotation_age_days=0)
    found, complete = objections(signed(world, holder.order()))
    rules = ("dialects", "longest_life_days", "rotation_required")
    assert [each.detail for each in found] == [f"house rule: {each}" for each in rules]
    assert complete


def _wish(world: World, action: Action, peer: int = HOME) -> Wish:
    holder = world.issue()
    snapshot = world.store.snapshot(world.name(holder.wire_id))
    assert snapshot is not None
    return Wish((action,), peer, snapshot, snapshot.key.primary, judged(world, snapshot, 0))


def test_a_wish_is_judged_by_the_same_gate() -> None:
    """What a key may do needs no request to be asked about."""
    world = World()
    action = Action("order.place", Kind.ORDER, Permission.ORDERS_WRITE, BTC_USD)
    action = action._replace(order=Order(BTC_USD, Side.BUY, None, None))
    assert objections(_wish(world, action)) == ([], True)
    assert [each.reason for each in objections(_wish(world, action, AWAY))[0]] == [Reason.NETWORK]
    world.freeze.stop("acc-1")
    assert [each.reason for each in objections(_wish(world, action))[0]] == [Reason.ACCOUNT_HELD]


@pytest.mark.parametrize(
    ("goes", "reasons"),
    [
        (Withdrawal("ETH", "ETH", ETHER, "", None), [Reason.WITHDRAWAL_HMAC]),
        (Withdrawal("ETH", "ETH", "0x" + "cd" * 20, "", None), [Reason.WITHDRAWAL_HMAC, Reason.WITHDRAWAL_ADDRESS]),
        (Withdrawal(None, None, None, "", None), [Reason.WITHDRAWAL_HMAC, Reason.WITHDRAWAL_ADDRESS]),
        (None, [Reason.WITHDRAWAL_HMAC, Reason.WITHDRAWAL_ADDRESS]),
    ],
)
def test_a_withdrawal_that_is_wished_for(goes: Withdrawal | None, reasons: list[Reason]) -> None:
    """To somewhere it may go, to somewhere else, and to nobody knows where: behind the last nothing can be said."""
    action = Action("withdrawal.place", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE, withdrawal=goes)
    found, complete = objections(_wish(World(), action))
    assert [each.reason for each in found] == reasons
    assert complete == (goes is not None and goes.address is not None)


def test_an_address_that_the_key_may_not_use() -> None:
    """It is in the book, and the grant names others."""
    world = World()
    holder = world.issue(algorithm=Algorithm.ED25519)
    world.limit(holder, Permission.WITHDRAWALS_WRITE, addresses=["another"])
    found, complete = objections(signed(world, holder.withdrawal()))
    assert [each.reason for each in found] == [Reason.WITHDRAWAL_ADDRESS]
    assert complete


def test_a_batch_is_looked_through() -> None:
    """The item that objects is found behind those that do not."""
    world = World()
    holder = world.issue()
    world.limit(holder, Permission.ORDERS_WRITE, pairs=["BTC/USD"])
    request = holder.ask("POST /orders", items="read,cancel,BTC/USD:buy:1:100,ETH/USD:sell:2:50")
    found, complete = objections(signed(world, request))
    assert [(each.reason, each.shown) for each in found] == [(Reason.PAIR, "ETH/USD")]
    assert complete


def test_there_is_an_end_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that goes on objecting is asked so often, and then it is said that there may be more."""
    world = World()
    case = signed(world, world.issue().order(at_ns=NOW - 6 * SECOND_NS))
    monkeypatch.setattr(mending, "mended", lambda case, denied: case)
    found, complete = objections(case)
    assert [each.reason for each in found] == [Reason.TIME_STALE]
    assert not complete


def test_a_wish_has_no_time_to_be_mended() -> None:
    """A limit that nobody set cannot be taken away either, nor an address put into a book that has none."""
    world = World()
    action = Action("market.read", Kind.READ, Permission.MARKET_READ)
    wish = _wish(world, action)
    assert mended(wish, Denied(Reason.TIME_STALE)) is None
    assert mended(wish, Denied(Reason.ORDER_SIZE)) is None
    assert mended(wish, Denied(Reason.WITHDRAWAL_ADDRESS)) is None
