"""Editing a key: narrowing is easy, widening is asked twice, and nothing wakes a key quietly."""

from dataclasses import replace
from typing import Any

import pytest

from bitting.domain.consent import Consent, change_digest
from bitting.domain.errors import Conflict, ConsentMissing, IllegalStep, MalformedValue, NotFound, Refused
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.domain.network import ANYWHERE, NOBODY, Network
from bitting.domain.permissions import WITHDRAWING, Permission
from bitting.domain.policy import Policy
from bitting.lifecycle.edit import edit
from bitting.lifecycle.house import edit_house
from bitting.lifecycle.revoke import revoke
from tests.lifecycle.requests import DAY_MS, ED25519, issued, policy, rotated
from tests.lifecycle.work import NOW_MS, OPERATOR, SESSION, House, step_up


def edited(house: House, key: Key, after: Policy, consent: Consent = OPERATOR, *, expected: int | None = None) -> Key:
    return house.do(lambda act: edit(act, key.id, after, expected=expected), consent)


def agreed(key: Key, after: Policy) -> Consent:
    """A second factor for exactly this edit."""
    return step_up(change_digest("key.edit", key.id, key.version, after.digest()))


NARROWER: dict[str, Policy] = {
    "another label": policy(label="quiet bot"),
    "a right less": policy(grants={Permission.ORDERS_WRITE: NO_LIMITS}),
    "no right at all": policy(grants={}),
    "a limit": policy(grants={Permission.ORDERS_WRITE: Limits.from_plain({"pairs": ["BTC/USD"]})}),
    "a smaller network": policy(network=Network.from_text(["203.0.113.7"])),
    "nobody": policy(network=NOBODY),
    "an earlier end": policy(expires_at_ms=NOW_MS + 1),
    "nothing": policy(),
}
WIDER: dict[str, Policy] = {
    "a right more": policy(grants={**policy().grants, Permission.EARN_READ: NO_LIMITS}),
    "another right": policy(grants={Permission.EARN_READ: NO_LIMITS}),
    "another address": policy(network=Network.from_text(["198.51.100.7"])),
    "one address more": policy(network=Network.from_text(["203.0.113.0/24", "198.51.100.7"])),
    "anywhere": policy(network=ANYWHERE),
    "a later end": policy(expires_at_ms=NOW_MS + 31 * DAY_MS),
    "no end": policy(expires_at_ms=None),
    "less here and more there": policy(grants={}, expires_at_ms=None),
}


@pytest.mark.parametrize("what", NARROWER)
def test_a_session_is_enough_to_narrow(house: House, key: Key, what: str) -> None:
    """Promise 5: no second factor; a new version, the new policy, a leaf with both digests."""
    after = edited(house, key, NARROWER[what], SESSION)
    assert house.key(key.id) == after
    assert (after.policy, after.version) == (NARROWER[what], 2)
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.actor, leaf.strength) == ("key.edit", "user:ada", "session")
    assert (leaf.before, leaf.digest) == (key.policy.digest(), NARROWER[what].digest())
    assert leaf.facts == {"widens": False}
    assert house.rows.spent == {}


@pytest.mark.parametrize("what", WIDER)
def test_a_session_is_not_enough_to_widen(house: House, key: Key, what: str) -> None:
    """G7: and nothing is changed."""
    before = repr(house.rows)
    with pytest.raises(ConsentMissing, match="second factor"):
        edited(house, key, WIDER[what], SESSION)
    assert repr(house.rows) == before


@pytest.mark.parametrize("what", WIDER)
def test_a_second_factor_widens_once(house: House, key: Key, what: str) -> None:
    """G7: bound to this edit of this version; the journal says that it widened."""
    consent = agreed(key, WIDER[what])
    assert edited(house, key, WIDER[what], consent).policy == WIDER[what]
    assert house.rows.journal[-1].facts == {"widens": True}
    assert set(house.rows.spent) == {"consent-1"}
    edited(house, key, policy(), SESSION if what == "anywhere" else OPERATOR)
    with pytest.raises(ConsentMissing, match="another change"):
        edited(house, key, WIDER[what], consent)


def test_a_consent_for_one_widening_is_not_for_another(house: House, key: Key) -> None:
    """The attack: the owner confirms one address, the page behind sends another."""
    consent = agreed(key, WIDER["one address more"])
    with pytest.raises(ConsentMissing, match="another change"):
        edited(house, key, WIDER["another address"], consent)


def test_narrowing_is_let_through_where_the_house_would_not_issue(house: House) -> None:
    """Narrowing must never be hard."""
    key = issued(house, policy(network=ANYWHERE, expires_at_ms=None)).key
    rules = HousePolicy(longest_life_days=1, forbidden=frozenset({Permission.ORDERS_WRITE}))
    house.do(lambda act: edit_house(act, rules))
    less = policy(network=ANYWHERE, expires_at_ms=None, grants={Permission.ORDERS_WRITE: NO_LIMITS})
    assert edited(house, key, less, SESSION).policy == less


def test_widening_asks_the_house(house: House, key: Key) -> None:
    """Also the operator's own edits: the rules are changed first, and journalled."""
    house.do(lambda act: edit_house(act, HousePolicy(longest_life_days=30)))
    with pytest.raises(Refused, match="at most 30 days"):
        edited(house, key, policy(expires_at_ms=None))
    with pytest.raises(Refused, match="need a key pair"):
        edited(house, key, policy(grants={**policy().grants, WITHDRAWING: NO_LIMITS}))


def test_a_key_that_the_house_stopped_is_not_woken_quietly(house: House) -> None:
    """The attack: a key is dead because it may be used from anywhere. Whoever has a session, and its secret, binds it
    to an address of his own: on paper a narrowing, in truth the key works again."""
    key = issued(house, policy(network=ANYWHERE)).key
    bound = policy(network=Network.from_text(["198.51.100.7"]))
    house.do(lambda act: edit_house(act, HousePolicy(network_required=True)))
    with pytest.raises(ConsentMissing, match="second factor"):
        edited(house, key, bound, SESSION)
    assert edited(house, key, bound, agreed(key, bound)).policy == bound


def test_nor_by_giving_it_an_end(house: House) -> None:
    """The same attack on a key that is dead because it never ends; and an end that is still too late wakes nobody."""
    key = issued(house, policy(expires_at_ms=None)).key
    house.do(lambda act: edit_house(act, HousePolicy(longest_life_days=60)))
    late, soon = policy(expires_at_ms=NOW_MS + 61 * DAY_MS), policy(expires_at_ms=NOW_MS + 60 * DAY_MS)
    with pytest.raises(ConsentMissing, match="second factor"):
        edited(house, key, soon, SESSION)
    after = edited(house, key, late, SESSION)
    assert edited(house, after, soon, agreed(after, soon)).policy == soon


def test_an_overdue_credential_is_rotated_before_its_key_is_widened(house: House, key: Key) -> None:
    """Where the house wants that; narrowing stays easy."""
    house.do(lambda act: edit_house(act, HousePolicy(rotation_required=True, rotation_age_days=1)))
    wider = WIDER["another address"]
    edited(house, key, wider)
    house.now_ms += DAY_MS
    with pytest.raises(Refused, match="older than 1 days: rotate it first"):
        edited(house, key, WIDER["anywhere"])
    edited(house, key, policy(network=NOBODY), SESSION)
    rotated(house, key.id)
    edited(house, key, WIDER["anywhere"])


def test_where_the_house_stops_nothing_binding_a_key_is_a_narrowing(house: House) -> None:
    """The commonest one, and it stays easy."""
    key = issued(house, policy(network=ANYWHERE)).key
    bound = policy(network=Network.from_text(["198.51.100.7"]))
    assert edited(house, key, bound, SESSION).policy == bound


def test_nor_is_one_that_withdraws_from_anywhere(house: House) -> None:
    """P-04: such a row is forced into the database, and dead at the gate."""
    key = issued(house, policy(grants={WITHDRAWING: NO_LIMITS}), ED25519).key
    forced = replace(key, policy=replace(key.policy, network=ANYWHERE), version=2)
    house.do(lambda act: act.keep_key("test.force", key, forced))
    with pytest.raises(ConsentMissing):
        edited(house, forced, key.policy, SESSION)


@pytest.mark.parametrize("expires_at_ms", [0, NOW_MS - 1, NOW_MS, 2**62])
def test_an_end_is_set_in_the_future(house: House, key: Key, expires_at_ms: int) -> None:
    """L-09: to end a key now, revoke it."""
    with pytest.raises(MalformedValue, match="expires in the future"):
        edited(house, key, policy(expires_at_ms=expires_at_ms))


def test_an_expired_key_is_narrowed_without_touching_its_end(house: House, key: Key) -> None:
    """And it comes back only by a later end, which is a widening."""
    house.now_ms += 60 * DAY_MS
    assert edited(house, key, policy(label="over"), SESSION).policy.label == "over"
    later = policy(expires_at_ms=house.now_ms + DAY_MS)
    with pytest.raises(ConsentMissing):
        edited(house, key, later, SESSION)


def test_what_has_moved_on_is_looked_at_again(house: House, key: Key) -> None:
    """L-11: the editor's version must be the stored one."""
    edited(house, key, policy(label="first"), expected=1)
    with pytest.raises(Conflict, match="version 2, you saw 1"):
        edited(house, key, policy(label="second"), expected=1)
    assert house.key(key.id).policy.label == "first"


def test_a_revoked_key_is_not_edited(house: House, key: Key) -> None:
    """Final."""
    house.do(lambda act: revoke(act, key.id))
    with pytest.raises(IllegalStep, match="final"):
        edited(house, key, policy(label="ghost"))


def test_an_unknown_key_is_not_found(house: House) -> None:
    """P-16."""
    with pytest.raises(NotFound):
        house.do(lambda act: edit(act, "key-9", policy()))


def test_every_edit_of_a_limit_goes_through_the_same_door(house: House) -> None:
    """G7: a limit taken away, raised, or moved aside needs the second factor; lowered, it does not."""
    limits: dict[str, tuple[Any, Any]] = {
        "pairs": (["BTC/USD"], ["ETH/USD"]),
        "largest_order": ({"USD": "1"}, {"USD": "2"}),
        "daily_orders": ({"USD": "1"}, {"USD": "2"}),
        "order_rate": ("1/60", "2/60"),
        "open_orders": (1, 2),
        "collar_bp": (1, 2),
    }
    for name, (tight, wide) in limits.items():
        narrow, wider = (
            policy(grants={Permission.ORDERS_WRITE: Limits.from_plain({name: each})}) for each in (tight, wide)
        )
        key = issued(house, narrow).key
        for after in (wider, policy(grants={Permission.ORDERS_WRITE: NO_LIMITS})):
            with pytest.raises(ConsentMissing):
                edited(house, key, after, SESSION)
        if name != "pairs":
            key = edited(house, key, wider)
            assert edited(house, key, narrow, SESSION).policy == narrow
