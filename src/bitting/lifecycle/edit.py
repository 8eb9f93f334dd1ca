"""Edit a key: label, grants, network, expiry; at any time, without issuing it anew."""

from __future__ import annotations

from bitting.domain.errors import Refused
from bitting.domain.keys import Key
from bitting.domain.policy import Policy, narrows
from bitting.lifecycle.act import Act, must_match
from bitting.lifecycle.issue import check_policy


def edit(act: Act, key_id: str, policy: Policy, *, expected: int | None = None) -> Key:
    """Give the key another policy. `expected` is the version its editor saw.

    A change that only takes power away is let through even where the house would not issue the key any
    more: narrowing must never be hard. Raises NotFound, Conflict, IllegalStep, Refused, MalformedValue, ConsentMissing.
    """
    key = act.work.key(key_id)
    must_match(key.version, expected)
    house, _ = act.work.house()
    # Bound to addresses, a key works again that the house had stopped for being usable from anywhere.
    wakes = key.policy.network.anywhere and not policy.network.anywhere and house.wants_network(policy)
    widens = wakes or not narrows(key.policy, policy)
    after = key.changed(policy)
    if policy.expires_at_ms != key.policy.expires_at_ms:
        check_policy(act, policy)
    if widens:
        objection = house.objection(policy, key.primary.algorithm, key.dialect, act.now_ms)
        if objection is not None:
            raise Refused(objection)
    act.allow("key.edit", key.id, key.version, policy.digest(), widens=widens)
    return act.keep_key("key.edit", key, after, {"widens": widens})
