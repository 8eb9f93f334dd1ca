"""The key of one account: under it lie its credentials' secrets and the personal fields of its activity.

Deleting the wrapped account key makes both unreadable in the database; its backups do not forget.

A personal field is kept as

    1 byte    layout, 0x01
    12 bytes  nonce, random
    rest      AES-256-GCM of the field, 16-byte tag last; associated data: layout, context

under HKDF-SHA256(account key, no salt, framed("bitting field", purpose), 32 bytes). One key seals many
fields, so the limit of SP 800-38D section 8.3 holds: at most 2^32 fields a purpose. A purpose that
names the day ("activity:2026-11-20") allows 49,000 a second for one account. No commitment here: nobody
but us chooses these keys, and a field is read under exactly one.

What has to be found again without being read, and what has to be shown to be ours, gets a mark: HMAC-SHA256 under
HKDF-SHA256(account key, no salt, framed("bitting field mark", purpose), 32 bytes).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from bitting.domain.canonical import framed
from bitting.domain.errors import MalformedStored
from bitting.domain.secret import Secret
from bitting.vault.aead import KEY_BYTES, NONCE_BYTES, TAG_BYTES, Aead
from bitting.vault.kdf import derive

_LAYOUT = b"\x01"
_SEALED_AT = 1 + NONCE_BYTES


@dataclass(frozen=True, slots=True)
class AccountKey:
    """32 bytes that hide themselves. Ask the keyring for it each time; do not keep it."""

    key: Secret

    def sealer(self, purpose: str) -> FieldSealer:
        """What seals the fields of one purpose. It may be kept: it holds a derived key, not this one."""
        info = framed(b"bitting field", purpose.encode())
        return FieldSealer(Aead(derive(self.key.reveal(), b"", info, KEY_BYTES)))

    def marker(self, purpose: str) -> FieldMarker:
        """What marks the fields of one purpose. It may be kept, as a sealer may."""
        info = framed(b"bitting field mark", purpose.encode())
        return FieldMarker(Secret(derive(self.key.reveal(), b"", info, KEY_BYTES)))


class FieldSealer:
    """Seals and opens short personal fields, an address for instance, of one account and one purpose."""

    __slots__ = ("_aead",)

    def __init__(self, aead: Aead) -> None:
        self._aead = aead

    def seal(self, plain: bytes, context: bytes, entropy: Callable[[int], bytes]) -> bytes:
        """Seal `plain` for the row and column that `context` names; 29 bytes longer than `plain`."""
        nonce = entropy(NONCE_BYTES)
        return _LAYOUT + nonce + self._aead.seal(nonce, plain, _LAYOUT + context)

    def open(self, box: bytes, context: bytes) -> bytes:
        """What was sealed for `context`. Raises MalformedStored for another layout, Tampered for the rest."""
        if box[:1] != _LAYOUT or len(box) < _SEALED_AT + TAG_BYTES:
            raise MalformedStored("not a sealed field of a layout known here")
        return self._aead.open(box[1:_SEALED_AT], box[_SEALED_AT:], _LAYOUT + context)

    def __repr__(self) -> str:
        return "FieldSealer()"


class FieldMarker:
    """Gives the same bytes the same mark, which nobody else can make, of one account and one purpose."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        self._key = key

    def mark(self, plain: bytes) -> bytes:
        """32 bytes."""
        return hmac.digest(self._key.reveal(), plain, "sha256")

    def check(self, plain: bytes, mark: bytes) -> bool:
        """Whether the mark is that of `plain`, in constant time."""
        return hmac.compare_digest(self.mark(plain), mark)

    def __repr__(self) -> str:
        return "FieldMarker()"
