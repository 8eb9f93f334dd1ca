"""What a snapshot works out at load saves time and decides nothing: every shortcut against the long way."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bitting.dialects.dialect import Claim
from bitting.domain.credentials import Algorithm
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.holds import Hold
from bitting.domain.house_policy import HousePolicy
from bitting.domain.network import ANYWHERE, Network
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.admission import MemoryAdmission
from bitting.gate.freeze import EVERYTHING
from bitting.gate.pipeline import Passed, Turned, decide, hear
from bitting.gate.snapshot import Snapshot
from tests.gate.world import AWAY, HOME, NOW, NOW_MS, World

ROUTES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("GET /balances", {}),
    ("GET /orders", {"pair": "ETH/USD"}),
    ("POST /order", {"pair": "BTC/USD", "side": "buy", "amount": "1", "price": "100"}),
    ("POST /order", {"pair": "ETH/USD", "side": "sell", "amount": "1"}),
    ("POST /orders", {"items": "BTC/USD:buy:1:100,cancel,BTC/USD:sell:2:90"}),
    ("DELETE /order", {"pair": "BTC/USD"}),
    ("POST /withdrawal", {"asset": "ETH", "network": "ETH", "address": "0x" + "ab" * 20, "amount": "1"}),
    ("POST /gift", {}),
    ("GET /key", {}),
    ("POST /nowhere", {}),
)
LIMITS: list[dict[str, Any]] = [
    {"pairs": ["BTC/USD"]},
    {"largest_order": {"USD": "150"}},
    {"daily_orders": {"USD": "150"}},
    {"order_rate": "1/60"},
    {"open_orders": 1},
    {"collar_bp": 500},
    {"addresses": []},
    {"daily_withdrawals": {"ETH": "0.5"}},
]
limits = st.just(NO_LIMITS) | st.sampled_from(LIMITS).map(Limits.from_plain)
some_permissions = st.frozensets(st.sampled_from(Permission), max_size=2)
houses = st.builds(
    HousePolicy,
    network_required=st.booleans(),
    forbidden=st.just(frozenset()) | some_permissions,
    algorithms=st.sampled_from([None, None, frozenset({Algorithm.ED25519})]),
    hmac_withdraw=st.booleans(),
    longest_life_days=st.sampled_from([None] * 5 + [1]),
    rotation_age_days=st.sampled_from([0, 180]),
    rotation_required=st.sampled_from([False] * 3 + [True]),
    frozen=st.sampled_from([False] * 5 + [True]),
)
holds = st.sampled_from([frozenset[Hold]()] * 5 + [frozenset({Hold.WATCH})])
grants = st.dictionaries(st.sampled_from(Permission), limits) | limits.map(lambda each: dict.fromkeys(Permission, each))


def long_way(snapshot: Snapshot) -> Snapshot:
    """The same snapshot, knowing nothing beforehand."""
    slow = copy.copy(snapshot)
    bounds = tuple((each.id, each.limits) for each in snapshot.accounts)
    everything = frozenset(Permission)
    for name, value in (
        ("allowed", frozenset()),
        ("plain", frozenset()),
        ("counted", everything),
        ("priced", everything),
        ("in_force_until_ms", 0),
        ("account_bounds", bounds),
    ):
        object.__setattr__(slow, name, value)
    return slow


def told(world: World, request: Request, snapshot: Snapshot, admission: MemoryAdmission) -> tuple[object, ...]:
    """What is decided, and what is reserved and used."""
    claim = hear(request, world.door, NOW)
    assert isinstance(claim, Claim)
    floor = world.footing.floor
    decided = decide(request, claim, world.door, snapshot, admission, world.freeze, world.board, floor, NOW)
    if isinstance(decided, Turned):
        return (decided.denied, decided.actions)
    return (decided.admitted, decided.actions, decided.reserved, decided.changes_state)


@settings(max_examples=400)
@given(
    algorithms=st.lists(st.sampled_from([Algorithm.HMAC_SHA256, Algorithm.ED25519]), min_size=1, max_size=2),
    grants=grants,
    network=st.sampled_from([Network.from_text(["203.0.113.0/24"])] * 3 + [ANYWHERE]),
    expires_at_ms=st.sampled_from([None, None, NOW_MS, NOW_MS + 1]),
    key_holds=holds,
    account_holds=st.tuples(holds, holds),
    account_limits=st.tuples(limits, limits),
    house=houses,
    stopped=st.sampled_from([None, None, "key-1", "fund", "other", EVERYTHING]),
    asked=st.lists(st.tuples(st.sampled_from(ROUTES), st.sampled_from([HOME] * 4 + [AWAY])), min_size=1, max_size=4),
)
def test_no_shortcut_decides_otherwise_than_the_long_way(
    algorithms: list[Algorithm],
    grants: dict[Permission, Limits],
    network: Network,
    expires_at_ms: int | None,
    key_holds: frozenset[Hold],
    account_holds: tuple[frozenset[Hold], frozenset[Hold]],
    account_limits: tuple[Limits, Limits],
    house: HousePolicy,
    stopped: str | None,
    asked: list[tuple[tuple[str, dict[str, Any]], int]],
) -> None:
    """Any policy, accounts, house, brake and requests: the same verdicts, reservations and use of the rate."""
    world = World()
    world.account("fund", limits=account_limits[1])
    world.account("desk", parent="fund", limits=account_limits[0])
    for id, held in zip(("desk", "fund"), account_holds, strict=True):
        world.edit_account(id, holds=held)
    holder = first = world.issue("desk", algorithm=algorithms[0])
    if len(algorithms) == 2:
        holder = world.rotate(first, NOW_MS + 1, algorithms[1])
    world.edit(holder, grants=grants, network=network, expires_at_ms=expires_at_ms)
    world.change(holder, lambda key: key.held(key_holds))
    world.store.house = house
    world.board.resting = {holder.key: 0, "desk": 0, "fund": 1}
    if stopped is not None:
        world.freeze.stop(stopped)
    snapshot = world.store.snapshot(world.name(holder.wire_id))
    assert snapshot is not None
    quick, slow = MemoryAdmission(world.rates), MemoryAdmission(world.rates)
    for (route, asks), peer in asked:
        holder, first = first, holder
        request = holder.ask(route, peer=peer, **asks)
        assert told(world, request, snapshot, quick) == told(world, request, long_way(snapshot), slow)


def test_a_rule_that_one_of_two_credentials_breaks_is_asked_of_each() -> None:
    """While a shared secret retires and a key pair takes its place, the house may already want key pairs only."""
    world = World()
    old = world.issue(algorithm=Algorithm.HMAC_SHA256)
    new = world.rotate(old, NOW_MS + 1, Algorithm.ED25519)
    world.edit_house(algorithms=frozenset({Algorithm.ED25519}))
    assert world.judge(old.read()) == Denied(Reason.HOUSE_FORBIDS, "hmac-sha256", "house rule: algorithms")
    assert isinstance(world.judge(new.read()), Passed)
