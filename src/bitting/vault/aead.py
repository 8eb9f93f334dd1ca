"""AES-256-GCM (NIST SP 800-38D), in the one form used here: 256-bit key, 96-bit nonce, 128-bit tag.

Other sizes are refused rather than supported: a short nonce or tag is how GCM is usually broken.
Who calls `seal` answers for the nonce being new under its key.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bitting.domain.errors import Tampered

KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
UNOPENED: Final = "a sealed value does not open: it was altered, or belongs elsewhere"


class Aead:
    """A cipher whose key schedule is made: making it costs more than opening a box with it does."""

    __slots__ = ("gcm",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("an AES-256 key has 32 bytes")
        self.gcm = AESGCM(key)

    def seal(self, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
        """Ciphertext with its 16-byte tag behind it. Raises ValueError for a nonce that is not 12 bytes."""
        if len(nonce) != NONCE_BYTES:
            raise ValueError("a nonce has 12 bytes")
        return self.gcm.encrypt(nonce, plain, associated)

    def open(self, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """What was sealed. Raises Tampered if one bit differs, ValueError for another nonce size."""
        if len(nonce) != NONCE_BYTES:
            raise ValueError("a nonce has 12 bytes")
        try:
            return self.gcm.decrypt(nonce, sealed, associated)
        except InvalidTag:
            raise Tampered(UNOPENED) from None
