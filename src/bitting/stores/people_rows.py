"""Rows about people. Of users the law of `rows` holds: one object, one row, checked to the bit. Who they are is sealed
in it, and found by a mark of it.

Sessions, tickets and places have no leaf in the journal, being of minutes and hours. What they say is the associated
data of what is sealed in them, so no row can be made or changed by whoever has no key; put back, it is of an epoch or a
time that is over. Tries, steps and waiting notices are counters and say nothing of anybody.
"""

from __future__ import annotations

import json
from itertools import starmap
from typing import NamedTuple

from bitting.domain.canonical import encode
from bitting.domain.user import Authenticator, Factor, User
from bitting.identity.ports import Purpose
from bitting.stores.rows import read_row, to_json

HOUSE_PEOPLE = ""  # stands for an account where the house's own people are looked for


class AuthenticatorRow(NamedTuple):
    """One authenticator. `place` is 0 for the user's first: their order is under the MAC."""

    place: int
    authenticator_id: str
    factor: str
    label: str
    material: bytes
    created_at_ms: int

    @classmethod
    def of(cls, place: int, each: Authenticator) -> AuthenticatorRow:
        return cls(place, each.id, each.factor.value, each.label, each.material, each.created_at_ms)

    def to_authenticator(self) -> Authenticator:
        factor = Factor(self.factor)
        return Authenticator(self.authenticator_id, factor, self.label, self.material, self.created_at_ms)


class UserRow(NamedTuple):
    """One user. `mark` finds the name, `name` is the name sealed, `policy` is JSON. Authenticators and memberships lie
    in tables of their own; the latter repeat the policy, to be searched by."""

    tenant_id: str
    user_id: str
    mark: bytes
    name: bytes
    policy: str
    created_at_ms: int
    version: int
    mac: bytes
    authenticators: tuple[AuthenticatorRow, ...]
    members: tuple[str, ...]

    @classmethod
    def of(cls, user: User, mark: bytes, name: bytes, mac: bytes) -> UserRow:
        return cls(
            user.tenant,
            user.id,
            mark,
            name,
            to_json(user.policy_to_plain()),
            user.created_at_ms,
            user.version,
            mac,
            tuple(starmap(AuthenticatorRow.of, enumerate(user.authenticators))),
            tuple(sorted([*user.accounts, *([HOUSE_PEOPLE] if user.house else [])])),
        )

    def to_user(self, name: str, mark: bytes) -> User:
        """Raises Tampered for a row that nobody wrote. `name` is what was sealed, and `mark` the one it has."""

        def read() -> User:
            return User.from_plain(
                self.user_id,
                self.tenant_id,
                name,
                json.loads(self.policy),
                tuple(each.to_authenticator() for each in self.authenticators),
                self.created_at_ms,
                self.version,
            )

        return read_row(self, read, lambda user: UserRow.of(user, mark, self.name, self.mac), f"user {self.user_id}")


class SessionRow(NamedTuple):
    """One session; `box` is the place, sealed for all that stands before it but `seen_at_ms`."""

    session_id: str
    user_id: str
    token: bytes
    epoch: int
    how: str
    created_at_ms: int
    until_ms: int
    seen_at_ms: int
    box: bytes

    def bound(self) -> bytes:
        """What the box is bound to."""
        return encode(list(self[:-2]))


class TicketRow(NamedTuple):
    """One ticket; `box` is its fact, sealed for all that stands before it."""

    digest: bytes
    purpose: str
    user_id: str
    expires_at_ms: int
    box: bytes

    @property
    def begun(self) -> bool:
        """Whether anybody can have as many as they like of them: of signing in, that is."""
        return self.purpose in (Purpose.PASSWORD.value, Purpose.PASSKEY.value)

    def bound(self) -> bytes:
        """What the box is bound to."""
        return encode(list(self[:-1]))


class NoticeRow(NamedTuple):
    """That a user is to hear of a leaf."""

    row: int
    user_id: str
    leaf: int
    failures: int
    next_at_ms: int


def user_bytes(user: User) -> bytes:
    """What a user's MAC is over."""
    return encode(user.row())
