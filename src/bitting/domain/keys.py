"""The key: the record that holders make, edit, rotate, pause and revoke.

It works when it has no hold, has not expired and is not revoked. Expired is read off the clock, revoked
is final, and nothing else about a key's life is stored as a status.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bitting.domain.canonical import Plain
from bitting.domain.credentials import Credential, State, Step
from bitting.domain.errors import IllegalStep
from bitting.domain.holds import Hold
from bitting.domain.ids import Environment
from bitting.domain.policy import Policy
from bitting.domain.verdict import Denied, Reason

LONGEST_OVERLAP_S: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `credentials` are the live one, or two while a rotation's overlap lasts. Those that a rotation retires
    are dropped; those of a revoked key stay, so that its holder can be told."""

    id: str
    tenant: str
    account: str
    environment: Environment
    dialect: str
    wire_id: str
    imported: bool
    policy: Policy
    holds: frozenset[Hold]
    revoked_at_ms: int | None
    credentials: tuple[Credential, ...]
    created_at_ms: int
    version: int

    def row(self) -> list[Plain]:
        """Everything that decides anything, in order: what the row's MAC covers."""
        return [
            self.id,
            self.tenant,
            self.account,
            self.environment.value,
            self.dialect,
            self.wire_id,
            self.imported,
            self.policy.digest(),
            sorted(each.value for each in self.holds),
            self.revoked_at_ms,
            [each.to_plain() for each in self.credentials],
            self.created_at_ms,
            self.version,
        ]

    @property
    def primary(self) -> Credential:
        """The credential that new clients use. Raises IllegalStep for a revoked key, which has none."""
        for each in self.credentials:
            if each.state is State.PRIMARY:
                return each
        raise IllegalStep("the key is revoked and has no credential any more")

    @property
    def retiring(self) -> Credential | None:
        """The one before, while its overlap lasts."""
        for each in self.credentials:
            if each.state is State.RETIRING:
                return each
        return None

    def out_of_force(self, now_ms: int) -> Denied | None:
        """Why the key does not work at that time, or None."""
        if self.revoked_at_ms is not None:
            return Denied(Reason.REVOKED, "", f"revoked at {self.revoked_at_ms} ms since 1970")
        if self.policy.expires_at_ms is not None and now_ms >= self.policy.expires_at_ms:
            return Denied(Reason.EXPIRED, "", f"expired at {self.policy.expires_at_ms} ms since 1970")
        if self.holds:
            return Denied(Reason.HELD, "", ", ".join(sorted(each.value for each in self.holds)))
        return None

    def _must_live(self) -> None:
        if self.revoked_at_ms is not None:
            raise IllegalStep("the key is revoked; that is final, issue a new one")

    def changed(self, policy: Policy) -> Key:
        """The key with another policy. Raises IllegalStep when it is revoked."""
        self._must_live()
        return replace(self, policy=policy, version=self.version + 1)

    def held(self, holds: frozenset[Hold]) -> Key:
        """The key with other holds. Raises IllegalStep when it is revoked."""
        self._must_live()
        return replace(self, holds=holds, version=self.version + 1)

    def rotated(self, fresh: Credential, retires_at_ms: int | None) -> Key:
        """The key with `fresh` as primary; the one before works until `retires_at_ms`, or not at all when None.

        An older one that was still retiring ends here: two are the most that can be live.
        """
        self._must_live()
        before = self.primary.after(Step.REPLACE, retires_at_ms=retires_at_ms)
        kept = (fresh, before) if retires_at_ms is not None else (fresh,)
        return replace(self, credentials=kept, version=self.version + 1)

    def rolled_back(self, now_ms: int) -> Key:
        """The key as before its rotation. Raises IllegalStep when there is none to go back to."""
        self._must_live()
        former = self.retiring
        if former is None or not former.live(now_ms):
            raise IllegalStep("there is no rotation to roll back: its overlap is over, or there was none")
        return replace(self, credentials=(former.after(Step.RESTORE),), version=self.version + 1)

    def revoked(self, now_ms: int) -> Key:
        """The key, ended. Its credentials stay in the row, retired, so that who proves one of them is told
        that it is revoked, and nobody else is. Raises IllegalStep when it is revoked already."""
        self._must_live()
        return replace(
            self,
            revoked_at_ms=now_ms,
            credentials=tuple(each.after(Step.RETIRE) for each in self.credentials),
            version=self.version + 1,
        )
