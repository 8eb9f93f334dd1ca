"""Stop a key for a while, and let it work again: pause and resume are the holder's, lock and unlock the house's."""

from __future__ import annotations

from bitting.domain.holds import Hold, with_hold, without_hold
from bitting.domain.keys import Key
from bitting.lifecycle.act import Act


def pause(act: Act, key_id: str) -> Key:
    """Set the holder's hold. Raises NotFound, IllegalStep."""
    return _set(act, key_id, Hold.HOLDER, "key.pause")


def resume(act: Act, key_id: str) -> Key:
    """Lift the holder's hold; it gives power, so it needs consent. Raises NotFound, IllegalStep, ConsentMissing."""
    return _lift(act, key_id, Hold.HOLDER, "key.resume")


def lock(act: Act, key_id: str, hold: Hold = Hold.OPERATOR) -> Key:
    """Set a hold of the house. Raises NotFound, IllegalStep."""
    return _set(act, key_id, hold, "key.lock")


def unlock(act: Act, key_id: str, hold: Hold = Hold.OPERATOR) -> Key:
    """Lift a hold of the house. Raises NotFound, IllegalStep, ConsentMissing."""
    return _lift(act, key_id, hold, "key.unlock")


def _set(act: Act, key_id: str, hold: Hold, deed: str) -> Key:
    key = act.work.key(key_id)
    after = key.held(with_hold(key.holds, hold, act.consent.authority))
    act.allow(deed, key.id, key.version, key.policy.digest(), widens=False)
    return act.keep_key(deed, key, after, {"hold": hold.value})


def _lift(act: Act, key_id: str, hold: Hold, deed: str) -> Key:
    key = act.work.key(key_id)
    after = key.held(without_hold(key.holds, hold, act.consent.authority))
    says = (f"lift the {hold.value} hold of the key {key.policy.label}",)
    act.allow(deed, key.id, key.version, key.policy.digest(), [hold.value], widens=True, says=says)
    return act.keep_key(deed, key, after, {"hold": hold.value})
