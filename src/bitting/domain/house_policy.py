"""The operator's rules over every key: stricter than any holder, asked at issue, at edits and at the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from bitting.domain.canonical import Plain, digest
from bitting.domain.credentials import Algorithm, Credential
from bitting.domain.errors import MalformedValue
from bitting.domain.permissions import WITHDRAWING, Permission
from bitting.domain.policy import Policy
from bitting.domain.verdict import Denied, Reason

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class HousePolicy:
    """House rules; the defaults are what a careful exchange would start with.

    longest_life_days    the furthest expiry a key may have, from now; None allows keys without expiry
    network_required     whether *anywhere* is refused for every key (for withdrawals it always is)
    forbidden            permissions no key may have
    algorithms           what keys may prove themselves with; None is all that are not legacy
    dialects             what keys may be issued for; None is all there are
    keys_per_account     how many unrevoked keys an account may have
    rotation_age_days    the age at which a credential is reported as due
    rotation_required    whether one that is due does not work any more
    hmac_withdraw        whether a shared secret may withdraw
    address_wait_hours   how long a new withdrawal address waits
    withdrawal_wait_hours  how long an account's withdrawals wait after a change of password or factor of a person who
                         answers for it, or after a key was granted withdrawals
    frozen               whether every key is stopped
    """

    longest_life_days: int | None = None
    network_required: bool = False
    forbidden: frozenset[Permission] = frozenset()
    algorithms: frozenset[Algorithm] | None = None
    dialects: frozenset[str] | None = None
    keys_per_account: int = 100
    rotation_age_days: int = 180
    hmac_withdraw: bool = False
    address_wait_hours: int = 24
    withdrawal_wait_hours: int = 24
    frozen: bool = False
    rotation_required: bool = False

    def to_plain(self) -> dict[str, Plain]:
        """The canonical form."""
        return {
            "longest_life_days": self.longest_life_days,
            "network_required": self.network_required,
            "forbidden": sorted(each.value for each in self.forbidden),
            "algorithms": None if self.algorithms is None else sorted(each.value for each in self.algorithms),
            "dialects": None if self.dialects is None else sorted(self.dialects),
            "keys_per_account": self.keys_per_account,
            "rotation_age_days": self.rotation_age_days,
            "hmac_withdraw": self.hmac_withdraw,
            "address_wait_hours": self.address_wait_hours,
            "withdrawal_wait_hours": self.withdrawal_wait_hours,
            "frozen": self.frozen,
            "rotation_required": self.rotation_required,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> HousePolicy:
        """Read what `to_plain` writes; names that are left out keep their default. Raises MalformedValue."""
        unknown = sorted(set(plain) - {each.name for each in fields(cls)}, key=str)
        if unknown:
            raise MalformedValue(
                f"no house rule {unknown[0]!r}; there are: {', '.join(each.name for each in fields(cls))}"
            )
        read: dict[str, Any] = {}
        for name, value in plain.items():
            read[name] = _read(name, value)
        return cls(**read)

    def digest(self) -> bytes:
        """SHA-256 of the canonical form."""
        return digest(self.to_plain())

    def changes(self, after: HousePolicy) -> list[str]:
        """A line for each rule that is another one afterwards."""
        was, now = self.to_plain(), after.to_plain()
        return [
            f"{name}: {json.dumps(now[name])}; it was {json.dumps(was[name])}" for name in was if was[name] != now[name]
        ]

    def objection(self, policy: Policy, algorithm: Algorithm, dialect: str, now_ms: int) -> str | None:
        """Which rule a key with this policy would break, in words for its holder, or None."""
        banned = sorted(each.value for each in policy.grants.keys() & self.forbidden)
        if banned:
            return f"the house allows no key to have {', '.join(banned)}"
        if self.dialects is not None and dialect not in self.dialects:
            return f"the house issues no keys for {dialect}"
        if self.network_required and policy.network.anywhere:
            return "the house wants every key bound to addresses; name the network instead of 'anywhere'"
        if self.longest_life_days is not None:
            latest = now_ms + self.longest_life_days * DAY_MS
            if policy.expires_at_ms is None or policy.expires_at_ms > latest:
                return f"the house lets a key live at most {self.longest_life_days} days"
        if WITHDRAWING in policy.grants and policy.network.anywhere:
            return "a key that withdraws must be bound to addresses; name the network instead of 'anywhere'"
        return self.algorithm_objection(policy, algorithm)

    def algorithm_objection(self, policy: Policy, algorithm: Algorithm) -> str | None:
        """Which rule a fresh credential of that algorithm would break. All that a rotation is asked: a leaked secret
        must be replaceable, whatever rules have been made since the key was issued."""
        if not self.allows(algorithm):
            named = "; being legacy, it has to be named (house rule algorithms)" if self.algorithms is None else ""
            return f"the house issues no keys with {algorithm.value}{named}"
        if WITHDRAWING in policy.grants and algorithm.shared and not self.hmac_withdraw:
            return "withdrawals need a key pair (Ed25519); a shared secret may not withdraw (house rule hmac_withdraw)"
        return None

    def due(self, credential: Credential, now_ms: int) -> bool:
        """Whether it is as old as a credential may get."""
        return now_ms - credential.created_at_ms >= self.rotation_age_days * DAY_MS

    def allows(self, algorithm: Algorithm) -> bool:
        """Whether a key may prove itself so. What is legacy is allowed by its name only."""
        return not algorithm.legacy if self.algorithms is None else algorithm in self.algorithms

    def wants_network(self, policy: Policy) -> bool:
        """Whether a key with these grants does not work from *anywhere*."""
        return self.network_required or WITHDRAWING in policy.grants

    def bars(self, dialect: str, policy: Policy, credential: Credential, now_ms: int) -> Denied | None:
        """The rules over the key as a whole that the gate asks again for each request. A key from before a rule works
        again when its holder has brought it under the rule."""
        if self.dialects is not None and dialect not in self.dialects:
            return Denied(Reason.HOUSE_FORBIDS, dialect, "house rule: dialects")
        if self.longest_life_days is not None:
            latest = now_ms + self.longest_life_days * DAY_MS
            if policy.expires_at_ms is None or policy.expires_at_ms > latest:
                return Denied(Reason.HOUSE_FORBIDS, "the key lives too long", "house rule: longest_life_days")
        if self.rotation_required and self.due(credential, now_ms):
            return Denied(Reason.HOUSE_FORBIDS, "the credential is too old", "house rule: rotation_required")
        return None

    def denies(self, permission: Permission, algorithm: Algorithm, *, anywhere: bool) -> Denied | None:
        """The rules that the gate asks again for each request, since they may be newer than the key."""
        if permission in self.forbidden:
            return Denied(Reason.HOUSE_FORBIDS, permission.value, "house rule: forbidden")
        if not self.allows(algorithm):
            return Denied(Reason.HOUSE_FORBIDS, algorithm.value, "house rule: algorithms")
        if self.network_required and anywhere:
            return Denied(Reason.HOUSE_FORBIDS, "no network", "house rule: network_required")
        if permission is WITHDRAWING:
            if anywhere:
                return Denied(Reason.WITHDRAWAL_NETWORK)
            if algorithm.shared and not self.hmac_withdraw:
                return Denied(Reason.WITHDRAWAL_HMAC)
        return None


def _read(name: str, value: Any) -> Any:
    match name:
        case "forbidden" if isinstance(value, list):
            return frozenset(Permission.from_text(each) for each in value)
        case "algorithms" | "dialects" | "longest_life_days" if value is None:
            return None
        case "algorithms" if isinstance(value, list):
            try:
                return frozenset(Algorithm(each) for each in value)
            except ValueError:
                raise MalformedValue(f"there are: {', '.join(each.value for each in Algorithm)}") from None
        case "dialects" if isinstance(value, list) and all(isinstance(each, str) and each.isascii() for each in value):
            return frozenset(value)
        case "network_required" | "hmac_withdraw" | "rotation_required" | "frozen" if isinstance(value, bool):
            return value
        case (
            "longest_life_days"
            | "keys_per_account"
            | "rotation_age_days"
            | "address_wait_hours"
            | "withdrawal_wait_hours"
        ):
            if type(value) is int and 0 <= value <= 100_000:
                return value
    raise MalformedValue(f"house rule {name} cannot be {value!r}")
