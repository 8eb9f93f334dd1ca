"""What a request is signed with. No key shows itself in `repr`, and so in no traceback or log."""

from __future__ import annotations

import hmac
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


class Key(Protocol):
    """An algorithm by its name in RFC 9421 (section 6.2.2), and the raw signature of a message."""

    @property
    def algorithm(self) -> str: ...

    def sign(self, message: bytes) -> bytes: ...


class Ed25519Key:
    """The private half of an Ed25519 pair."""

    algorithm = "ed25519"

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


class P256Key:
    """The private half of a P-256 pair."""

    algorithm = "ecdsa-p256-sha256"

    def __init__(self, private: EllipticCurvePrivateKey) -> None:
        self._private = private

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self._private.sign(message, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")  # RFC 9421 section 3.3.4: not DER


class SharedSecret:
    """A secret as it was shown when the key was issued. Prefer a pair: its secret half is nowhere but here."""

    algorithm = "hmac-sha256"

    def __init__(self, secret: str) -> None:
        if not secret or not secret.isascii() or secret != secret.strip():
            raise ValueError("a shared secret is plain text without white space round it")
        self._secret = secret.encode()

    def sign(self, message: bytes) -> bytes:
        return hmac.digest(self._secret, message, "sha256")


def load_pem(pem: bytes, password: bytes | None = None) -> Key:
    """An Ed25519 or P-256 private key in PEM. Raises ValueError for any other."""
    private = load_pem_private_key(pem, password)
    if isinstance(private, Ed25519PrivateKey):
        return Ed25519Key(private)
    if isinstance(private, EllipticCurvePrivateKey) and isinstance(private.curve, SECP256R1):
        return P256Key(private)
    raise ValueError("this is a private key of another kind; Ed25519 and P-256 can sign here")
