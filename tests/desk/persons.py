"""People at the desk, for tests: users in the store, sessions, and second factors that are in our hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from bitting.desk.caller import Caller
from bitting.domain.consent import Consent
from bitting.domain.errors import ConsentMissing, NotSignedIn
from bitting.domain.roles import AccountRole, HouseRole
from bitting.domain.user import User
from bitting.lifecycle import people
from bitting.lifecycle.act import Act
from tests.desk.office import Office

_NUMBERS = count(1)


class Factors:
    """Fits `desk.ports.People`: a code is good once, and a passkey answers with the challenge it was given."""

    def __init__(self) -> None:
        self.codes: set[str] = set()

    async def confirm(self, consent: Consent, challenge: bytes, answer: Mapping[str, Any]) -> str:
        if answer == {"response": challenge.hex()}:
            return "passkey"
        if answer.get("code") in self.codes:
            self.codes.discard(str(answer["code"]))
            return "totp"
        raise NotSignedIn("this proves nothing")


@dataclass
class Person:
    """Somebody who is signed in. Their roles are read for each question, as they stand."""

    office: Office
    id: str
    session: str = field(default_factory=lambda: f"session-{next(_NUMBERS)}")

    @property
    def actor(self) -> str:
        return f"user:{self.id}"

    def user(self) -> User:
        user: User = self.office.look(lambda shelf: shelf.user(self.id))
        return user

    def caller(self, confirmed: str = "") -> Caller:
        user = self.user()
        return Caller.person(user.id, self.session, user.house, user.accounts, f"r-{next(_NUMBERS)}", confirmed)

    def ask(self, intent: str, values: Mapping[str, Any] | None = None, /, **more: Any) -> dict[str, Any]:
        """With nothing but the session."""
        return self.office.ask_as(self.caller(), intent, {**(values or {}), **more})

    def ask_with(self, confirmed: str, intent: str, **values: Any) -> dict[str, Any]:
        """And with a confirmation."""
        return self.office.ask_as(self.caller(confirmed), intent, values)

    def wanted(self, intent: str, **values: Any) -> ConsentMissing:
        """The refusal of a change that gives power."""
        with pytest.raises(ConsentMissing) as caught:
            self.ask(intent, values)
        return caught.value

    def answer(self, missing: ConsentMissing) -> str:
        """Answer with a passkey; the id of the confirmation."""
        assert missing.confirmation is not None
        response = {"response": missing.confirmation.challenge.hex()}
        said = self.ask("confirmation.answer", confirmation=missing.confirmation.id, answer=response)
        assert said["state"] == "confirmed"
        return missing.confirmation.id

    def sure(self, intent: str, **values: Any) -> dict[str, Any]:
        """Ask for it, confirm it, and ask again."""
        return self.ask_with(self.answer(self.wanted(intent, **values)), intent, **values)

    def elsewhere(self) -> Person:
        """The same person on another device."""
        return Person(self.office, self.id)


def person(office: Office, name: str, *house: HouseRole, **accounts: AccountRole) -> Person:
    """A user with these roles, in the house and on accounts by their names."""
    if office.desk.people is None:
        office.desk.people = Factors()
    ids = {office.ask("account.show", account=each)["id"]: role for each, role in accounts.items()}

    def deed(act: Act) -> User:
        user = people.add_user(act, "house", f"{name}@example.com", frozenset(house))
        for account, role in ids.items():
            user = people.set_account_role(act, user.id, account, role)
        return user

    return Person(office, office.do(deed).id)
