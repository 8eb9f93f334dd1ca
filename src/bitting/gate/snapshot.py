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
from bitting.gate.admission import Entry

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
    scopes             ids of the key and its accounts: under them orders and totals are counted
    allowed            permissions that are granted, and that the house has nothing against as long as this is used
    plain              those of them that nothing narrows
    counted, priced    permissions whose limits, or an account's, count something, or ask the last price
    account_bounds     the accounts that have limits: id and limits
    single             what a request costs that counts against nothing but how often one may ask
    """

    key: Key
    accounts: tuple[Account, ...]
    proofs: tuple[Proof, ...]
    house: HousePolicy
    until_ns: int
    in_force_until_ms: int = field(init=False)
    scopes: tuple[str, ...] = field(init=False)
    allowed: frozenset[Permission] = field(init=False)
    plain: frozenset[Permission] = field(init=False)
    counted: frozenset[Permission] = field(init=False)
    priced: frozenset[Permission] = field(init=False)
    account_bounds: tuple[tuple[str, Limits], ...] = field(init=False)
    single: Entry = field(init=False)

    def __post_init__(self) -> None:
        grants = self.key.policy.grants
        bounds = tuple((each.id, each.limits) for each in self.accounts if each.limits != NO_LIMITS)
        limits = {each: (grants[each], *(theirs for _, theirs in bounds)) for each in grants}
        allowed = self._allowed()
        plain = {each for each in allowed if grants[each] == NO_LIMITS and each is not WITHDRAWING and not bounds}
        for name, value in (
            ("account_bounds", bounds),
            ("in_force_until_ms", self._in_force_until_ms()),
            ("scopes", (self.key.id, *(each.id for each in self.accounts))),
            ("allowed", allowed),
            ("plain", frozenset(plain)),
            ("counted", frozenset(each for each in grants if any(one.counts for one in limits[each]))),
            ("priced", frozenset(each for each in grants if any(one.asks_price for one in limits[each]))),
            ("single", Entry(self.key.id, self.accounts[0].id, self.key.version)),
        ):
            object.__setattr__(self, name, value)  # frozen, but for this

    def _in_force_until_ms(self) -> int:
        key = self.key
        if key.holds or key.revoked_at_ms is not None or self.house.frozen or any(a.holds for a in self.accounts):
            return 0
        return FOR_EVER_MS if key.policy.expires_at_ms is None else key.policy.expires_at_ms

    def _allowed(self) -> frozenset[Permission]:
        house, policy = self.house, self.key.policy
        if any(self._is_barred(proof.credential) for proof in self.proofs):
            return frozenset()
        algorithms, anywhere = {proof.credential.algorithm for proof in self.proofs}, policy.network.anywhere
        return frozenset(
            each
            for each in policy.grants
            if not any(house.denies(each, algorithm, anywhere=anywhere) for algorithm in algorithms)
        )

    def _is_barred(self, credential: Credential) -> bool:
        """Whether the house bars it at some time of the snapshot's life: it comes to bar what grows old, and to allow
        what is near its end, so the first and the last moment tell."""
        moments_ns = (self.until_ns - LONGEST_LIFE_NS, self.until_ns)
        key = self.key
        return any(self.house.bars(key.dialect, key.policy, credential, each // 1_000_000) for each in moments_ns)
