"""A credential's secret in its envelope: a box under the account key, bound to all that names its row.

The binding is in the box key and in the associated data. A box copied to another row, account,
credential or version, or whose row was given another algorithm, does not open there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bitting.domain.canonical import framed
from bitting.domain.secret import Secret
from bitting.vault import boxes
from bitting.vault.account_key import AccountKey
from bitting.vault.boxes import SealedSecret


@dataclass(frozen=True, slots=True)
class Binding:
    """What a sealed secret belongs to. A credential's `version` grows when its secret is sealed anew."""

    environment: str
    tenant: str
    account: str
    credential: str
    version: int
    algorithm: str

    def to_bytes(self) -> bytes:
        """The context of the box. Two bindings that differ anywhere differ here."""
        return framed(
            b"bitting credential secret",
            self.environment.encode(),
            self.tenant.encode(),
            self.account.encode(),
            self.credential.encode(),
            b"%d" % self.version,
            self.algorithm.encode(),
        )


def seal(account_key: AccountKey, secret: Secret, binding: Binding, entropy: Callable[[int], bytes]) -> bytes:
    """The box to store; its layout is on top of `boxes`."""
    return boxes.seal(account_key.key, secret, binding.to_bytes(), entropy)


def sealed(account_key: AccountKey, box: bytes, binding: Binding) -> SealedSecret:
    """Derive the record key once, so that each `open` after that is one decryption and needs no account key.

    Raises MalformedStored for bytes that are no box, Tampered for a box that is not this row's.
    """
    return SealedSecret.from_bytes(box, account_key.key, binding.to_bytes())
