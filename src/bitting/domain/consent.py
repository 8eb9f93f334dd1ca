"""Who agreed to a change, how surely we know them, and to exactly what.

A change that gives power needs a consent bound to that very change: the object, its version before, the
digest of what it will be. Valid once, five minutes. A change that only takes power away needs a session.
The operator on the machine itself is its root, and is journalled as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bitting.domain.canonical import Plain, digest
from bitting.domain.errors import ConsentMissing
from bitting.domain.holds import Authority

CONSENT_LIFE_MS: Final = 5 * 60_000


class Strength(Enum):
    """How the actor was known."""

    LOCAL = "local"  # on the machine itself, by the permissions of its socket or data folder
    STEP_UP = "step-up"  # a session, and the second factor again for this change
    SESSION = "session"
    SIGNATURE = "signature"  # the key itself


@dataclass(frozen=True, slots=True)
class Consent:
    """`actor` is as in the journal (`operator:0`, `user:<id>`, `key:<id>`); `covers` is the digest of the one
    change a step-up was given for; `id` makes it usable once."""

    actor: str
    strength: Strength
    authority: Authority
    request_id: str
    id: str = ""
    covers: bytes = b""
    expires_at_ms: int = 0

    def require(self, change: bytes, *, widens: bool, now_ms: int) -> bool:
        """Check that this consent allows the change with that digest. Raises ConsentMissing.

        True says that the consent was for this one use and must now be marked as spent, in the same
        transaction as the change.
        """
        if self.strength is Strength.LOCAL:
            return False
        if self.strength is Strength.SIGNATURE:
            raise ConsentMissing("an API key can read and revoke itself, and change nothing else about keys")
        if not widens:
            return False
        if self.strength is Strength.SESSION:
            raise ConsentMissing("this change gives the key more power: confirm it with your second factor")
        if not now_ms < self.expires_at_ms <= now_ms + CONSENT_LIFE_MS:
            raise ConsentMissing("the confirmation has expired; confirm the change again")
        if self.covers != change:
            raise ConsentMissing("the confirmation was for another change; confirm this one")
        return True


def change_digest(
    deed: str, object_id: str, version_before: int, policy_after: bytes, terms: Sequence[Plain] = ()
) -> bytes:
    """What a step-up is bound to: what is done, to which object as it stood, and what it will be.

    `terms` are what the policy does not say and power hangs on: the public key of a rotation, the hold that is
    lifted. Nothing in here is made by chance or by the clock, so it can be computed when consent is asked for.
    """
    return digest([deed, object_id, version_before, policy_after, list(terms)])
