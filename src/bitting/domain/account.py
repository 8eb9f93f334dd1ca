"""An account: whose funds and keys they are, its own limits over all its keys, and its address book.

The address book is part of the account's canonical form, so an entry can be neither slipped in nor aged
by whoever can write to the database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bitting.domain.action import Withdrawal
from bitting.domain.canonical import Plain, digest
from bitting.domain.errors import MalformedValue
from bitting.domain.grants import Limits
from bitting.domain.holds import Hold
from bitting.domain.money import currency_from_text
from bitting.domain.policy import label_from_text
from bitting.domain.verdict import Denied, Reason

MOST_ADDRESSES: Final = 500
_NETWORK: Final = re.compile(r"[A-Z0-9]{1,24}", re.ASCII)
_ADDRESS: Final = re.compile(r"[\x21-\x7e]{4,128}", re.ASCII)
_TAG: Final = re.compile(r"[\x21-\x7e]{0,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One address withdrawals may go to, once `matures_at_ms` has passed.

    An entry is compared whole and byte by byte, in its canonical spelling: another network, a missing
    tag or another letter case is another address.
    """

    id: str
    asset: str
    network: str
    address: str
    tag: str
    label: str
    matures_at_ms: int

    @classmethod
    def read(
        cls, id: str, asset: str, network: str, address: str, tag: str, label: str, matures_at_ms: int
    ) -> BookEntry:
        """Read and canonicalise. Raises MalformedValue."""
        return cls(
            id,
            currency_from_text(asset),
            network_from_text(network),
            canonical_address(address),
            tag_from_text(tag),
            label_from_text(label),
            matures_at_ms,
        )

    def to_plain(self) -> list[Plain]:
        """The fields in order."""
        return [self.id, self.asset, self.network, self.address, self.tag, self.label, self.matures_at_ms]


@dataclass(frozen=True, slots=True)
class Account:
    """`holds` stop every key of the account; `limits` count all its keys together. Before `withdrawals_from_ms` none of
    its keys withdraws, whatever it is granted: something changed that a thief would change first."""

    id: str
    tenant: str
    parent: str | None
    name: str
    holds: frozenset[Hold]
    limits: Limits
    book: tuple[BookEntry, ...]
    created_at_ms: int
    version: int
    withdrawals_from_ms: int = 0
    shredded_at_ms: int | None = None

    def policy_to_plain(self) -> dict[str, Plain]:
        """What people decide about an account: the part that is digested. An account that never waited is written as
        accounts were before there was a wait."""
        waits = {"withdrawals_from_ms": self.withdrawals_from_ms} if self.withdrawals_from_ms else {}
        gone = {"shredded_at_ms": self.shredded_at_ms} if self.shredded_at_ms is not None else {}
        return {
            **waits,
            **gone,
            "name": self.name,
            "parent": self.parent,
            "holds": sorted(each.value for each in self.holds),
            "limits": self.limits.to_plain(),
            "book": [entry.to_plain() for entry in self.book],
        }

    def digest(self) -> bytes:
        """SHA-256 of what people decide about it."""
        return digest(self.policy_to_plain())

    @classmethod
    def from_plain(cls, id: str, tenant: str, created_at_ms: int, version: int, plain: Mapping[str, Any]) -> Account:
        """Read what `policy_to_plain` writes, with the columns beside it."""
        return cls(
            id,
            tenant,
            plain["parent"],
            plain["name"],
            frozenset(Hold(each) for each in plain["holds"]),
            Limits.from_plain(plain["limits"]),
            tuple(BookEntry(*entry) for entry in plain["book"]),
            created_at_ms,
            version,
            plain.get("withdrawals_from_ms", 0),
            plain.get("shredded_at_ms"),
        )

    def wait_objection(self, now_ms: int) -> Denied | None:
        """Why no key of the account withdraws just now, or None."""
        if now_ms < self.withdrawals_from_ms:
            detail = f"withdrawals of account {self.name} wait until {self.withdrawals_from_ms} ms since 1970"
            return Denied(Reason.WITHDRAWALS_WAIT, "", detail)
        return None

    def withdrawal_objection(
        self, withdrawal: Withdrawal, allowed: frozenset[str] | None, now_ms: int
    ) -> Denied | None:
        """Why the address book does not admit the withdrawal, or None. `allowed` are the entries the grant names."""
        shown = f"{withdrawal.asset or '?'} {withdrawal.network or '?'} {withdrawal.address or '?'}"
        entry = self._entry(withdrawal)
        if entry is None:
            return Denied(Reason.WITHDRAWAL_ADDRESS, shown, "no such entry in the address book")
        if allowed is not None and entry.id not in allowed:
            return Denied(Reason.WITHDRAWAL_ADDRESS, shown, f"the key may not use entry {entry.id} ({entry.label})")
        if now_ms < entry.matures_at_ms:
            return Denied(Reason.WITHDRAWAL_WAITING, shown, f"usable from {entry.matures_at_ms} ms since 1970")
        return None

    def _entry(self, withdrawal: Withdrawal) -> BookEntry | None:
        try:
            wanted = (
                currency_from_text(withdrawal.asset or ""),
                network_from_text(withdrawal.network or ""),
                canonical_address(withdrawal.address or ""),
                tag_from_text(withdrawal.tag),
            )
        except MalformedValue:
            return None
        for entry in self.book:
            if (entry.asset, entry.network, entry.address, entry.tag) == wanted:
                return entry
        return None


def network_from_text(text: str) -> str:
    """A chain's code in capitals, `ETH`, `BSC`, `TRX`. Raises MalformedValue."""
    if _NETWORK.fullmatch(text) is None:
        raise MalformedValue(f"not a network code: {text[:32]!r}")
    return text


def canonical_address(text: str) -> str:
    """One spelling an address.

    Hex addresses (0x…, EIP-55) and bech32 (BIP-173, `bc1…`) carry the same value in either letter case
    and are folded to lower case; mixed-case bech32 is invalid and refused. All others are compared as
    they stand. Raises MalformedValue.
    """
    if _ADDRESS.fullmatch(text) is None:
        raise MalformedValue("a withdrawal address has 4 to 128 visible ASCII characters and no spaces")
    lower = text.lower()
    if re.fullmatch(r"0x[0-9a-f]{40}", lower):
        return lower
    if re.fullmatch(r"(?:bc|tb|ltc)1[02-9ac-hj-np-z]{6,87}", lower):
        if text not in (lower, text.upper()):
            raise MalformedValue("a bech32 address is not written in mixed case")
        return lower
    return text


def tag_from_text(text: str) -> str:
    """A memo or destination tag, or "". Raises MalformedValue."""
    if _TAG.fullmatch(text) is None:
        raise MalformedValue("a tag has at most 64 visible ASCII characters")
    return text
