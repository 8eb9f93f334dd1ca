"""End a key, for ever."""

from __future__ import annotations

from bitting.domain.consent import Strength
from bitting.domain.errors import ConsentMissing
from bitting.domain.keys import Key
from bitting.lifecycle.act import Act


def revoke(act: Act, key_id: str) -> Key:
    """Revoke the key. Needs no second factor: taking power away must be easy. Raises NotFound, IllegalStep."""
    key = act.work.key(key_id)
    after = key.revoked(act.now_ms)
    act.allow("key.revoke", key.id, key.version, key.policy.digest(), widens=False)
    return act.keep_key("key.revoke", key, after)


def self_revoke(act: Act, key_id: str) -> Key:
    """Revoke the key in the name of its own signature: the one change a key can make, and only to itself.
    Raises NotFound, IllegalStep, ConsentMissing."""
    if act.consent.strength is not Strength.SIGNATURE or act.consent.actor != f"key:{key_id}":
        raise ConsentMissing("a key revokes itself, with its own signature")
    key = act.work.key(key_id)
    return act.keep_key("key.self_revoke", key, key.revoked(act.now_ms))
