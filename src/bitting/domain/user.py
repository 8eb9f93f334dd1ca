"""A user: a person who signs in, what this person is to accounts and to the house, and what proves that it is them.

A user is kept as a key is: one row under a MAC, vouched for by the journal, with everything that proves the person in
it. So whoever can write to the database can neither make somebody an operator, nor put a password of their own beside
somebody's name, nor put back a factor that was taken away.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from bitting.domain.canonical import Plain, digest
from bitting.domain.errors import IllegalStep, MalformedValue, NotFound
from bitting.domain.roles import AccountRole, HouseRole

LONGEST_NAME: Final = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
MOST_MEMBERSHIPS: Final = 500
MOST_AUTHENTICATORS: Final = 20

# The part of RFC 5321 that mail is really sent to: no quoted names, no address literals. What stands here is written
# into a header and an envelope, so there is no room for a space, a comma, an angle bracket or the end of a line.
_NAME: Final = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])",
    re.ASCII,
)


class UserState(Enum):
    """Whether the person may sign in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Factor(Enum):
    """What an authenticator is."""

    PASSWORD = "password"  # noqa: S105 - the word itself
    TOTP = "totp"  # an app that shows six digits
    PASSKEY = "passkey"  # WebAuthn, with user verification: a passkey or a hardware key
    RECOVERY = "recovery"  # codes on paper, each good once


@dataclass(frozen=True, slots=True)
class Authenticator:
    """One thing by which a person is known. `material` is sealed: a password's hash, a seed, a public key, hashes of
    codes; what is in it, and for what it is sealed, is `identity`'s to say."""

    id: str
    factor: Factor
    label: str
    material: bytes = field(repr=False)
    created_at_ms: int

    def to_plain(self) -> list[Plain]:
        """The fields in order, the material as its SHA-256."""
        return [self.id, self.factor.value, self.label, hashlib.sha256(self.material).digest(), self.created_at_ms]


@dataclass(frozen=True, slots=True)
class User:
    """One person. `name` is an e-mail address, in its one spelling. Sessions belong to an `epoch`: when it grows, all
    that were opened before are over."""

    id: str
    tenant: str
    name: str = field(repr=False)
    house: frozenset[HouseRole]
    accounts: Mapping[str, AccountRole]
    state: UserState
    epoch: int
    authenticators: tuple[Authenticator, ...]
    created_at_ms: int
    version: int

    def policy_to_plain(self) -> dict[str, Plain]:
        """What people decide about a user: the part that is digested. Not the name, since the digest is published in
        the journal, and an address can be found from it by trying addresses."""
        return {
            "house": sorted(each.value for each in self.house),
            "accounts": {account: role.value for account, role in self.accounts.items()},
            "state": self.state.value,
            "epoch": self.epoch,
        }

    def digest(self) -> bytes:
        """SHA-256 of what people decide about the user, and of what proves that it is them."""
        return digest([self.policy_to_plain(), [each.to_plain() for each in self.authenticators]])

    def row(self) -> list[Plain]:
        """Everything that decides anything, in order: what the row's MAC covers."""
        return [self.id, self.tenant, self.name, self.digest(), self.created_at_ms, self.version]

    @classmethod
    def from_plain(
        cls,
        id: str,
        tenant: str,
        name: str,
        plain: Mapping[str, Any],
        authenticators: tuple[Authenticator, ...],
        created_at_ms: int,
        version: int,
    ) -> User:
        """Read what `policy_to_plain` writes, with the columns beside it."""
        return cls(
            id,
            tenant,
            name,
            frozenset(HouseRole(each) for each in plain["house"]),
            {account: AccountRole(role) for account, role in plain["accounts"].items()},
            UserState(plain["state"]),
            plain["epoch"],
            authenticators,
            created_at_ms,
            version,
        )

    def having(self, factor: Factor) -> tuple[Authenticator, ...]:
        """The authenticators of that kind."""
        return tuple(each for each in self.authenticators if each.factor is factor)

    @property
    def ready(self) -> bool:
        """Whether the person can prove themselves with two factors: a passkey is both, a password needs an app."""
        return bool(self.having(Factor.PASSKEY) or (self.having(Factor.PASSWORD) and self.having(Factor.TOTP)))

    @property
    def answers_for(self) -> tuple[str, ...]:
        """The accounts whose keys this person can make and widen: those that wait when somebody else may be acting in
        the person's name."""
        return tuple(account for account, role in self.accounts.items() if role is not AccountRole.VIEWER)

    def changed(self, **fields: Any) -> User:
        """The next version of the user, with other fields."""
        return replace(self, version=self.version + 1, **fields)

    def proven_by(self, *authenticators: Authenticator) -> User:
        """The user with these authenticators and in a new epoch: every session is over. Raises MalformedValue."""
        if len(authenticators) > MOST_AUTHENTICATORS:
            raise MalformedValue(f"a person has at most {MOST_AUTHENTICATORS} authenticators; remove one first")
        return self.changed(authenticators=authenticators, epoch=self.epoch + 1)

    def with_authenticator(self, fresh: Authenticator) -> User:
        """With one more; a person has one password, one app and one set of codes, so these take the former's place."""
        kept = self.authenticators
        if fresh.factor is not Factor.PASSKEY:
            kept = tuple(each for each in kept if each.factor is not fresh.factor)
        return self.proven_by(*kept, fresh)

    def without_authenticator(self, authenticator_id: str) -> User:
        """With one less. Raises NotFound, and IllegalStep when the person could not sign in any more."""
        kept = tuple(each for each in self.authenticators if each.id != authenticator_id)
        if len(kept) == len(self.authenticators):
            raise NotFound("there is no such authenticator")
        after = self.proven_by(*kept)
        if not after.ready:
            raise IllegalStep("without it you could not sign in: add another first")
        return after


def name_from_text(text: str) -> str:
    """The one spelling of a user's name, an e-mail address: NFC, case folded, ASCII. Raises MalformedValue.

    Mail servers may tell letter case apart in the part before the @; none that people use do, and two users who
    differ in nothing else would be a trap.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    if len(folded) > LONGEST_NAME or _NAME.fullmatch(folded) is None:
        raise MalformedValue("a user's name is an e-mail address, like ada@example.com")
    return folded
