"""What the gate holds of one key while it decides: the row, its accounts, its open boxes, the house's rules.

A snapshot never changes. A change of the key makes a new one, put in place before the change is
acknowledged. It holds derived keys and no plaintext secret.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from bitting.domain.account import Account
from bitting.domain.credentials import Credential
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key

# Derived keys live on in a snapshot, so it ages out as an account key does, and is opened anew.
LONGEST_LIFE_NS: Final = 5 * 60 * 1_000_000_000


class Proof(NamedTuple):
    """One credential of the key, and how to get at what checks it: the secret, or the public key's raw bytes.

    `material` opens the box at every call (it raises Tampered when the box is not what was sealed).
    """

    credential: Credential
    material: Callable[[], bytes]


class Snapshot(NamedTuple):
    """`accounts` are the key's own, then its parents; a hold or limit of any of them counts.

    `until_ns` is when the snapshot has to be loaded anew.
    """

    key: Key
    accounts: tuple[Account, ...]
    proofs: tuple[Proof, ...]
    house: HousePolicy
    until_ns: int
