"""A change that one person of the house has asked for and confirmed, and that a second one is to approve.

It holds what was asked for, word for word, and the digest of exactly the change that is made by it: another change,
or the same one to a house that has moved on, is not approved by it. Who asked can take it back, and never approve it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final

from bitting.domain.canonical import Plain, digest
from bitting.domain.consent import Wanted
from bitting.domain.errors import IllegalStep

APPROVAL_LIFE_MS: Final = 24 * 3_600_000


class Decision(Enum):
    """What became of it; *expired* is read off the clock."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by whoever asked
    ALONE = "alone"  # carried out without a second person: the glass was broken


@dataclass(frozen=True, slots=True)
class Approval:
    """`intent` and `values` (JSON) are what was asked of the desk, `wanted` the change that came of it. `asked_by` and
    `decided_by` are actors, as in the journal."""

    id: str
    intent: str
    values: str
    wanted: Wanted
    asked_by: str
    asked_at_ms: int
    expires_at_ms: int
    decision: Decision
    decided_by: str
    version: int

    def to_plain(self) -> dict[str, Plain]:
        """Everything but `id`, `expires_at_ms` and `version`, which have columns of their own."""
        return {
            "intent": self.intent,
            "values": self.values,
            "wanted": self.wanted.to_plain(),
            "asked_by": self.asked_by,
            "asked_at_ms": self.asked_at_ms,
            "decision": self.decision.value,
            "decided_by": self.decided_by,
        }

    @classmethod
    def from_plain(cls, id: str, expires_at_ms: int, version: int, plain: Mapping[str, Any]) -> Approval:
        """Read what `to_plain` writes."""
        return cls(
            id,
            plain["intent"],
            plain["values"],
            Wanted.from_plain(plain["wanted"]),
            plain["asked_by"],
            plain["asked_at_ms"],
            expires_at_ms,
            Decision(plain["decision"]),
            plain["decided_by"],
            version,
        )

    def digest(self) -> bytes:
        """SHA-256 of all of it: what a second person's own confirmation is bound to."""
        return digest([self.id, self.expires_at_ms, self.to_plain()])

    def state(self, now_ms: int) -> str:
        """In one word."""
        waits = self.decision is Decision.WAITING
        return "expired" if waits and now_ms >= self.expires_at_ms else self.decision.value

    def decided(self, decision: Decision, by: str, now_ms: int) -> Approval:
        """Raises IllegalStep unless it waits."""
        state = self.state(now_ms)
        if state != Decision.WAITING.value:
            raise IllegalStep(f"the approval is {state} and waits no more; ask for the change again")
        return replace(self, decision=decision, decided_by=by, version=self.version + 1)
