"""Who agreed to a change, how surely we know them, and to exactly what.

A change that gives power needs a consent bound to that very change: the object, its version before, the
digest of what it will be. Valid once, five minutes. A change that only takes power away needs a session.
What can move everybody's money or blind the house needs a second person besides (`TWO_PERSONS`).
The operator on the machine itself is its root, and is journalled as such.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from bitting.domain.canonical import Plain, digest, framed
from bitting.domain.change import NOBODY, Personal
from bitting.domain.errors import ConsentMissing
from bitting.domain.holds import Authority

CONSENT_LIFE_MS: Final = 5 * 60_000
# Deeds of somebody of the house that a second one has to approve: the rules (with the withdrawal switch), the end of
# the house's stop, what a route means, what is kept of the journal; and who is what, or a second person could be made
# up. Who could do them alone, from one stolen session, could empty every account, or make the house blind.
TWO_PERSONS: Final = frozenset(
    {
        "house.edit",
        "house.thaw",
        "actions.set",
        "journal.prune",
        "user.add",
        "user.house",
        "user.account",
        "user.enable",
        "user.strip",
        "user.link",
    }
)


class Strength(Enum):
    """How the actor was known."""

    LOCAL = "local"  # on the machine itself, by the permissions of its socket or data folder
    STEP_UP = "step-up"  # a session, and the second factor again for this change
    SESSION = "session"
    SIGNATURE = "signature"  # the key itself
    LINK = "link"  # a link that an operator gave out, by which a person chooses what proves them


class Second(NamedTuple):
    """The second person: the approval, and who gave it; `actor` is "" where somebody broke the glass instead."""

    approval: str
    actor: str


class Wanted(NamedTuple):
    """One change as a consent is bound to it, and what it does in words for the person who is to confirm it."""

    deed: str
    object_id: str
    version: int
    digest: bytes
    says: tuple[str, ...]

    def to_plain(self) -> list[Plain]:
        """The fields in order."""
        return [self.deed, self.object_id, self.version, self.digest.hex(), list(self.says)]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> Wanted:
        """Read what `to_plain` writes."""
        deed, object_id, version, change, says = plain
        return cls(deed, object_id, version, bytes.fromhex(change), tuple(says))


@dataclass(frozen=True, slots=True)
class Consent:
    """`actor` is as in the journal (`operator:0`, `user:<id>`, `key:<id>`); `covers` is the digest of the one
    change a step-up was given for; `id` makes it usable once. `session` is where the person is signed in, `personal`
    what is known about them there, which the journal keeps sealed."""

    actor: str
    strength: Strength
    authority: Authority
    request_id: str
    id: str = ""
    covers: bytes = b""
    expires_at_ms: int = 0
    session: str = ""
    second: Second | None = None
    personal: Personal = NOBODY

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
            raise ConsentMissing("this change gives more power: confirm it with your second factor")
        if not now_ms < self.expires_at_ms <= now_ms + CONSENT_LIFE_MS:
            raise ConsentMissing("the confirmation has expired; confirm the change again")
        if self.covers != change:
            raise ConsentMissing("the confirmation was for another change; confirm this one")
        return True

    def needs_second(self, deed: str) -> bool:
        """Whether somebody of the house asks alone for what takes two."""
        return deed in TWO_PERSONS and self.authority is Authority.OPERATOR and self.second is None

    @property
    def facts(self) -> dict[str, Plain]:
        """What the journal says of the second person."""
        if self.second is None:
            return {}
        return {"approval": self.second.approval, "approved_by": self.second.actor}


class Step(Enum):
    """How far a confirmation has come."""

    OPEN = "open"
    TRIED = "tried"  # an answer came; unless it was right, that was its end
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A change that waits for its person's second factor, in one session. It takes one answer, right or wrong."""

    id: str
    session: str
    actor: str
    wanted: Wanted
    expires_at_ms: int
    step: Step = Step.OPEN
    factor: str = ""  # the one that confirmed it
    version: int = 1

    @property
    def challenge(self) -> bytes:
        """What a passkey signs, 32 bytes: an assertion for it is for this change, in this session, and for no other."""
        return hashlib.sha256(
            framed(
                b"bitting confirmation",
                self.session.encode(),
                self.wanted.object_id.encode(),
                b"%d" % self.wanted.version,
                self.wanted.digest,
                b"%d" % self.expires_at_ms,
                self.id.encode(),
            )
        ).digest()

    def to_plain(self) -> dict[str, Plain]:
        """Everything but `id`, `expires_at_ms` and `version`, which have columns of their own."""
        return {
            "session": self.session,
            "actor": self.actor,
            "wanted": self.wanted.to_plain(),
            "step": self.step.value,
            "factor": self.factor,
        }

    @classmethod
    def from_plain(cls, id: str, expires_at_ms: int, version: int, plain: Mapping[str, Any]) -> Confirmation:
        """Read what `to_plain` writes."""
        wanted, step = Wanted.from_plain(plain["wanted"]), Step(plain["step"])
        return cls(id, plain["session"], plain["actor"], wanted, expires_at_ms, step, plain["factor"], version)


def change_digest(
    deed: str, object_id: str, version_before: int, policy_after: bytes, terms: Sequence[Plain] = ()
) -> bytes:
    """What a step-up is bound to: what is done, to which object as it stood, and what it will be.

    `terms` are what the policy does not say and power hangs on: the public key of a rotation, the hold that is
    lifted. Nothing in here is made by chance or by the clock, so it can be computed when consent is asked for.
    """
    return digest([deed, object_id, version_before, policy_after, list(terms)])
