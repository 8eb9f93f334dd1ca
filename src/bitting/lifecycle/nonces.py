"""Bring a key's nonces down to where a restart would: what is in memory only is forgotten."""

from __future__ import annotations

from bitting.domain.keys import Key
from bitting.lifecycle.act import Act


def reset_nonce(act: Act, key_id: str) -> Key:
    """Write down that the marks of the key's credentials are reset; whoever keeps them in memory does it then.

    It lets signed bytes that only read be sent once more, so it needs consent. Raises NotFound, IllegalStep,
    ConsentMissing.
    """
    key = act.work.key(key_id)
    credential = key.primary
    says = (f"reset the nonces of the key {key.policy.label}: what only read can be sent once more",)
    act.allow("key.reset_nonce", key.id, key.version, key.policy.digest(), widens=True, says=says)
    act.note("key.reset_nonce", {"key": key.id, "account": key.account, "credential": credential.id})
    return key
