"""Promise 5, *no quiet power*: a change needs no second factor only if all it admits was admitted before (G7)."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitting.domain.action import Action
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.network import ANYWHERE, NOBODY, Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy, narrows
from tests.domain import pools
from tests.domain.examples import NOW_MS, policy, trading
from tests.domain.naive import World, admits

ORDERS, READS = Permission.ORDERS_WRITE, Permission.BALANCES_READ


@settings(max_examples=1_000)
@given(
    edit=pools.edits(),
    actions=st.lists(st.sampled_from(pools.ACTIONS), min_size=1, max_size=8),
    address=st.sampled_from(pools.ADDRESSES),
    now_ms=st.sampled_from(pools.MOMENTS),
    world=st.sampled_from(pools.WORLDS),
)
def test_what_a_narrower_policy_admits_was_admitted_before(
    edit: tuple[Policy, Policy], actions: list[Action], address: Any, now_ms: int, world: World
) -> None:
    """The attack is a quiet edit that lets one more request through: any action, address, time and count."""
    before, after = edit
    if narrows(before, after):
        for action in actions:
            if admits(after, action, address, now_ms, world):
                assert admits(before, action, address, now_ms, world)


@given(edit=pools.edits())
def test_a_policy_widens_when_one_of_its_fields_does(edit: tuple[Policy, Policy]) -> None:
    """No field makes up for another, and no field that stays as it is stands in the way of narrowing."""
    before, after = edit
    one_by_one = [narrows(before, _alone(before, after, each.name)) for each in fields(Policy)]
    assert narrows(before, after) == all(one_by_one)


def _alone(before: Policy, after: Policy, name: str) -> Policy:
    return replace(before, **{name: getattr(after, name)})


def _orders(**plain: Any) -> Policy:
    return trading(Limits.from_plain(plain))


# For every limit: a setting, wider ones, and others that are neither wider nor narrower.
LIMITS: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "pairs": (["BTC/USD"], [["BTC/USD", "ETH/USD"], None], [["ETH/USD"], ["USD/BTC"]]),
    "largest_order": (
        {"USD": "10"},
        [{"USD": "10.01"}, {"USD": "10", "EUR": "1"}, None],
        [{"EUR": "1"}, {"USDT": "1"}],
    ),
    "daily_orders": ({"USD": "10"}, [{"USD": "10.01"}, {"USD": "10", "EUR": "1"}, None], [{"EUR": "1"}, {"USDT": "1"}]),
    "order_rate": ("10/60", ["11/60", "10/59", "20/120", None], ["1/1", "20/600"]),
    "open_orders": (3, [4, None], []),
    "collar_bp": (100, [101, None], []),
    "addresses": (["a"], [["a", "b"], None], [["b"]]),
    "daily_withdrawals": ({"BTC": "1"}, [{"BTC": "1.1"}, {"BTC": "1", "ETH": "1"}, None], [{"ETH": "1"}]),
}


def test_every_limit_and_every_field_has_its_rule() -> None:
    """G7, 100 % of fields: a new one fails here until somebody says what widens it."""
    assert set(LIMITS) == {each.name for each in fields(Limits)}
    assert set(FIELDS) == {each.name for each in fields(Policy)}


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_every_limit_widened_is_seen(name: str) -> None:
    """Wider, or aside: both admit what was refused. Back again is a narrowing; the same is one too."""
    setting, wider, aside = LIMITS[name]
    before = _orders(**{name: setting})
    assert narrows(before, before)
    for each in wider:
        after = _orders() if each is None else _orders(**{name: each})
        assert not narrows(before, after), each
        assert narrows(after, before), each
    for each in aside:
        assert not narrows(before, _orders(**{name: each})), each
        assert not narrows(_orders(**{name: each}), before), each


_PLAIN = policy(grants={ORDERS: NO_LIMITS})
# For every field of a policy: edits of `_PLAIN` that widen, and edits that only narrow.
FIELDS: dict[str, tuple[list[Any], list[Any]]] = {
    "label": ([], ["another", "anything at all"]),
    "grants": (
        [{ORDERS: NO_LIMITS, READS: NO_LIMITS}, {READS: NO_LIMITS}, {ORDERS: NO_LIMITS, READS: Limits(open_orders=0)}],
        [{}, {ORDERS: Limits(open_orders=1)}],
    ),
    "network": (
        [
            ANYWHERE,
            Network.from_text(["203.0.112.0/23"]),
            Network.from_text(["203.0.113.0/24", "2001:db8::1"]),
            Network.from_text(["198.51.100.7"]),
            Network.from_text(["203.0.113.7", "203.0.114.0"]),
        ],
        [NOBODY, Network.from_text(["203.0.113.7"]), Network.from_text(["203.0.113.0/25", "203.0.113.128/25"])],
    ),
    "expires_at_ms": (
        [None, (_PLAIN.expires_at_ms or 0) + 1, NOW_MS * 10],
        [_PLAIN.expires_at_ms, (_PLAIN.expires_at_ms or 0) - 1, 0],
    ),
}


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_widened_is_seen(name: str) -> None:
    """One field at a time: any later expiry, any new address, any new right."""
    wider, narrower = FIELDS[name]
    for each in wider:
        assert not narrows(_PLAIN, replace(_PLAIN, **{name: each})), each
    for each in narrower:
        assert narrows(_PLAIN, replace(_PLAIN, **{name: each})), each


@pytest.mark.parametrize("permission", Permission)
def test_every_right_switched_on_is_seen(permission: Permission) -> None:
    """P-01: whatever right it is, and however narrow its limits."""
    without = policy(grants={each: NO_LIMITS for each in Permission if each is not permission})
    for held in (NO_LIMITS, Limits.from_plain({"pairs": [], "addresses": [], "largest_order": {}})):
        with_it = replace(without, grants={**without.grants, permission: held})
        assert not narrows(without, with_it)
        assert narrows(with_it, without)


@given(one=pools.policies, other=pools.policies, third=pools.policies)
def test_narrowing_is_an_order(one: Policy, other: Policy, third: Policy) -> None:
    """A policy narrows itself; two steps that narrow are one that does, so none can be taken by detours."""
    assert narrows(one, one)
    if narrows(one, other) and narrows(other, third):
        assert narrows(one, third)


@given(one=pools.policies)
def test_taking_everything_away_always_narrows(one: Policy) -> None:
    """And giving it back never does, unless there was nothing to give."""
    nothing = replace(one, grants={}, network=NOBODY)
    assert narrows(one, nothing)
    assert narrows(nothing, one) == (not one.grants and one.network == NOBODY)
