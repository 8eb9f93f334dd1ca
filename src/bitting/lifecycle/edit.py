"""Edit a key: label, grants, network, expiry; at any time, without issuing it anew."""

from __future__ import annotations

from bitting.domain.errors import Refused
from bitting.domain.gains import gains
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.domain.permissions import WITHDRAWING
from bitting.domain.policy import Policy, narrows
from bitting.lifecycle.accounts import hold_withdrawals
from bitting.lifecycle.act import Act, must_match
from bitting.lifecycle.issue import check_policy


def edit(act: Act, key_id: str, policy: Policy, *, expected: int | None = None) -> Key:
    """Give the key another policy. `expected` is the version its editor saw.

    A change that only takes power away is let through even where the house would not issue the key any
    more: narrowing must never be hard. Raises NotFound, Conflict, IllegalStep, Refused, MalformedValue, ConsentMissing.
    """
    key = act.work.key(key_id)
    must_match(key.version, expected)
    after = key.changed(policy)
    house, _ = act.work.house()
    wakes = _wakes(house, key, policy, act.now_ms)
    widens = wakes or not narrows(key.policy, policy)
    if policy.expires_at_ms != key.policy.expires_at_ms:
        check_policy(act, policy)
    if widens:
        objection = house.objection(policy, key.primary.algorithm, key.dialect, act.now_ms)
        if objection is not None:
            raise Refused(objection)
        if house.rotation_required and house.due(key.primary, act.now_ms):
            raise Refused(f"the key's credential is older than {house.rotation_age_days} days: rotate it first")
    woken = ("it works again: the house had stopped it for this",) if wakes else ()
    says = (f"change the key {key.policy.label}", *gains(key.policy, policy), *woken)
    act.allow("key.edit", key.id, key.version, policy.digest(), widens=widens, says=says)
    if WITHDRAWING in policy.grants and WITHDRAWING not in key.policy.grants:
        hold_withdrawals(act, key.account, "key.edit")
    return act.keep_key("key.edit", key, after, {"widens": widens})


def _wakes(house: HousePolicy, key: Key, policy: Policy, now_ms: int) -> bool:
    """Whether the house stopped the key as it is and would not any more: bound to addresses, or given an end."""
    if key.policy.network.anywhere and not policy.network.anywhere and house.wants_network(policy):
        return True
    credential = key.primary
    if house.bars(key.dialect, key.policy, credential, now_ms) is None:
        return False
    return house.bars(key.dialect, policy, credential, now_ms) is None
