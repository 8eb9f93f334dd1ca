"""What the gate holds of one key while it decides: the row, its accounts, its open boxes, the house's rules.

A snapshot never changes. A change of the key makes a new one, put in place before the change is
acknowledged. It holds derived keys and no plaintext secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bitting.domain.account import Account
from bitting.domain.credentials import Credential
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.domain.permissions import WITHDRAWING, Permission

# Derived keys live on in a snapshot, so it ages out as an account key does, and is opened anew.
LONGEST_LIFE_NS: Final = 5 * 60 * 1_000_000_000
FOR_EVER_MS: Final = 2**63


class Proof(NamedTuple):
    """One credential of the key, and how to get at what checks it: the secret, or the public key's raw bytes.

    `material` opens the box at every call (it raises Tampered when the box is not what was sealed).
    """

    credential: Credential
    material: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`accounts` are the key's own, then its parents; a hold or limit of any of them counts. `until_ns` is when the
    snapshot has to be loaded anew.

    The rest is worked out once, for what the gate would otherwise ask at every request:

    in_force_until_ms  before this moment neither key, accounts nor house are out of force; 0 if one is now
    plain              permissions that are granted, that the house allows, and that nothing narrows
    counted, priced    permissions whose limits, or an account's, count something, or ask the last price
    account_bounds     the accounts that have limits: id and limits
    """

    key: Key
    accounts: tuple[Account, ...]
    proofs: tuple[Proof, ...]
    house: HousePolicy
    until_ns: int
    in_force_until_ms: int = field(init=False)
    plain: frozenset[Permission] = field(init=False)
    counted: frozenset[Permission] = field(init=False)
    priced: frozenset[Permission] = field(init=False)
    account_bounds: tuple[tuple[str, Limits], ...] = field(init=False)

    def __post_init__(self) -> None:
        grants = self.key.policy.grants
        bounds = tuple((each.id, each.limits) for each in self.accounts if each.limits != NO_LIMITS)
        limits = {each: (grants[each], *(theirs for _, theirs in bounds)) for each in grants}
        for name, value in (
            ("account_bounds", bounds),
            ("in_force_until_ms", self._in_force_until_ms()),
            ("plain", frozenset(each for each in grants if self._is_plain(each, bounds))),
            ("counted", frozenset(each for each in grants if any(one.counts for one in limits[each]))),
            ("priced", frozenset(each for each in grants if any(one.asks_price for one in limits[each]))),
        ):
            object.__setattr__(self, name, value)  # frozen, but for this

    def _in_force_until_ms(self) -> int:
        key = self.key
        if key.holds or key.revoked_at_ms is not None or self.house.frozen or any(a.holds for a in self.accounts):
            return 0
        return FOR_EVER_MS if key.policy.expires_at_ms is None else key.policy.expires_at_ms

    def _is_plain(self, permission: Permission, bounds: tuple[tuple[str, Limits], ...]) -> bool:
        policy = self.key.policy
        return (
            permission is not WITHDRAWING
            and policy.grants[permission] == NO_LIMITS
            and not bounds
            and not any(
                self.house.denies(permission, proof.credential.algorithm, anywhere=policy.network.anywhere)
                for proof in self.proofs
            )
        )
