"""HKDF with SHA-256 (RFC 5869): the only way one key becomes another here.

Rule: `info` begins with a label no other use has, and is built by `canonical.framed`, so no two uses of
one key can ever derive the same bytes. The labels are listed in `docs/vault.md`.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """`length` bytes out of `key`. Raises ValueError beyond 255 * 32 bytes (RFC 5869 section 2.3)."""
    return HKDF(SHA256(), length, salt, info).derive(key)
