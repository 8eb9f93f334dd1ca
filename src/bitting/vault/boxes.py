"""The box: how one secret is kept under one key. Wrapped keys and sealed credentials are both boxes.

    1 byte    layout, 0x01
    16 bytes  salt, random
    32 bytes  commitment to the box key
    12 bytes  nonce, random
    rest      AES-256-GCM of the secret under the box key, 16-byte tag last; associated data: layout, context

Box key and commitment are the two halves of HKDF-SHA256(key, salt, info = framed("bitting box", layout,
context), 64 bytes). `context` says what the box is and is not stored: whoever opens it has to know.

Each box has a key of its own, so the limit on random nonces under one key is out of reach, and a nonce
repeated in another box is harmless. GCM itself does not commit to its key: one ciphertext can be made to
open under two keys, to two plaintexts (CVE-2025-14760 is such a case). Hence the commitment, compared first.

A new layout is a new first byte. Old layouts stay readable until everything has been sealed anew.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidTag

from bitting.domain.canonical import framed
from bitting.domain.errors import MalformedStored, Tampered
from bitting.domain.secret import Secret
from bitting.vault.aead import KEY_BYTES, NONCE_BYTES, TAG_BYTES, UNOPENED, Aead
from bitting.vault.kdf import derive

LAYOUT = b"\x01"
SALT_BYTES, COMMITMENT_BYTES = 16, 32

_COMMITMENT_AT = 1 + SALT_BYTES
_NONCE_AT = _COMMITMENT_AT + COMMITMENT_BYTES
_SEALED_AT = _NONCE_AT + NONCE_BYTES


def seal(key: Secret, secret: Secret, context: bytes, entropy: Callable[[int], bytes]) -> bytes:
    """Put `secret` into a box that opens only under `key` and for `context`."""
    salt, nonce = entropy(SALT_BYTES), entropy(NONCE_BYTES)
    aead, commitment = _derived(key, salt, context)
    sealed = aead.seal(nonce, secret.reveal(), _associated(context))
    return LAYOUT + salt + commitment + nonce + sealed


class SealedSecret:
    """A box with its key derived and checked: ready to open, again and again, in less than a microsecond.

    It keeps the box key and the ciphertext, never the plaintext, and shows neither.
    """

    __slots__ = ("_associated", "_gcm", "_nonce", "_sealed")

    def __init__(self, aead: Aead, nonce: bytes, sealed: bytes, associated: bytes) -> None:
        self._gcm = aead.gcm
        self._nonce = nonce
        self._sealed = sealed
        self._associated = associated

    @classmethod
    def from_bytes(cls, box: bytes, key: Secret, context: bytes) -> SealedSecret:
        """Read a box and derive its key.

        Raises MalformedStored for bytes that are no box, Tampered where `key` and `context` are not
        those it was sealed with. An altered ciphertext is found by `open`.
        """
        if box[:1] != LAYOUT or len(box) < _SEALED_AT + TAG_BYTES:
            raise MalformedStored("not a sealed box of a layout known here")
        aead, commitment = _derived(key, box[1:_COMMITMENT_AT], context)
        if not hmac.compare_digest(commitment, box[_COMMITMENT_AT:_NONCE_AT]):
            raise Tampered("a sealed box is not for this place, or not under this key")
        return cls(aead, box[_NONCE_AT:_SEALED_AT], box[_SEALED_AT:], _associated(context))

    def open(self) -> bytes:
        """Decrypt afresh. Raises Tampered if nonce or ciphertext were altered."""
        # Not `Aead.open`, which looks at the nonce's size: every request comes by here.
        try:
            return self._gcm.decrypt(self._nonce, self._sealed, self._associated)
        except InvalidTag:
            raise Tampered(UNOPENED) from None

    def __repr__(self) -> str:
        return "SealedSecret()"


def _derived(key: Secret, salt: bytes, context: bytes) -> tuple[Aead, bytes]:
    """The cipher and the commitment of one box."""
    both = derive(key.reveal(), salt, framed(b"bitting box", LAYOUT, context), KEY_BYTES + COMMITMENT_BYTES)
    return Aead(both[:KEY_BYTES]), both[KEY_BYTES:]


def _associated(context: bytes) -> bytes:
    return framed(LAYOUT, context)
