"""Who asks the desk: the operator on the machine itself, or a person who is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bitting.domain.change import NOBODY, Personal
from bitting.domain.consent import Consent, Strength
from bitting.domain.holds import Authority
from bitting.domain.once import Once
from bitting.domain.roles import IN_HOUSE, AccountRole, HouseRole, Right


@dataclass(frozen=True, slots=True)
class Caller:
    """`actor` is as in the journal. A person has a session, and in it what they are to the house and to accounts, as it
    stands now: it is read anew for each question. `confirmed` is the id of the confirmation that the person gave to
    this very change, if they did; `personal` is what is known of them by this question, for the journal to seal. What
    is asked `once` is carried out once, however often it comes."""

    actor: str
    request_id: str
    session: str = ""
    house: frozenset[HouseRole] = frozenset()
    accounts: Mapping[str, AccountRole] = field(default_factory=dict)
    confirmed: str = ""
    personal: Personal = NOBODY
    once: Once | None = None

    @classmethod
    def local(cls, uid: int, request_id: str) -> Caller:
        """The operator on the machine, known by the permissions of its socket or data folder: its root."""
        return cls(f"operator:{uid}", request_id)

    @classmethod
    def person(
        cls,
        user_id: str,
        session: str,
        house: frozenset[HouseRole],
        accounts: Mapping[str, AccountRole],
        request_id: str,
        confirmed: str = "",
        personal: Personal = NOBODY,
        once: Once | None = None,
    ) -> Caller:
        """Somebody who is signed in."""
        if not session:
            raise ValueError("a person has a session")  # without one they would be taken for the machine's operator
        return cls(f"user:{user_id}", request_id, session, house, accounts, confirmed, personal, once)

    @property
    def is_local(self) -> bool:
        """Whether this is the operator on the machine itself."""
        return not self.session

    @property
    def rights(self) -> frozenset[Right]:
        """What the person may do in the house, over all accounts."""
        return frozenset(right for role in self.house for right in IN_HOUSE[role])

    def consent(self, authority: Authority) -> Consent:
        """What the caller brings along: to a person's, a second factor is still to come."""
        strength = Strength.LOCAL if self.is_local else Strength.SESSION
        return Consent(self.actor, strength, authority, self.request_id, session=self.session, personal=self.personal)
