"""The primitives that decide whether a signature is genuine. Every dialect ends here, and nowhere else.

Comparison is in constant time and over bytes of one length; any other input is simply not a signature.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedValue

_HASH = {
    Algorithm.HMAC_SHA256: "sha256",
    Algorithm.HMAC_SHA384: "sha384",
    Algorithm.HMAC_SHA512: "sha512",
}


def mac(algorithm: Algorithm, secret: bytes, signing_input: bytes) -> bytes:
    """The HMAC of the signing input, raw."""
    # Not the one-shot hmac.digest: on OpenSSL 3 it is the slower of the two.
    return hmac.new(secret, signing_input, _HASH[algorithm]).digest()


def check_hex_mac(algorithm: Algorithm, secret: bytes, signing_input: bytes, given: bytes) -> None:
    """Return if `given` is the HMAC in lower-case hex. Raises BadSignature."""
    # compare_digest takes bytes of any content and length; as str it would raise on non-ASCII ones.
    if not hmac.compare_digest(mac(algorithm, secret, signing_input).hex().encode(), given):
        raise BadSignature("the signature does not match")


def check_ed25519(public_key: bytes, signing_input: bytes, given: bytes) -> None:
    """Return if `given` is, in standard base64 with padding, an Ed25519 signature. Raises BadSignature."""
    signature = strict_base64(given)
    if signature is None or len(signature) != 64:
        raise BadSignature("not an Ed25519 signature in base64")
    try:
        _loaded(public_key).verify(signature, signing_input)
    except InvalidSignature:
        raise BadSignature("the signature does not match") from None


def sign_ed25519(seed: bytes, signing_input: bytes) -> bytes:
    """The signature in base64."""
    return b64encode(Ed25519PrivateKey.from_private_bytes(seed).sign(signing_input))


# Points of small order sign nothing and everything: with such a "public key" anybody's signature holds.
# The eight of them, in every encoding that libraries accept (Chalkias, Garillot, Nikolaenko 2020, table 1).
_SMALL_ORDER = frozenset(
    bytes.fromhex(each)
    for each in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)


def ed25519_public_key(raw: bytes) -> bytes:
    """Check a holder's public key when it is given to us: 32 bytes, a point, not of small order.
    Raises MalformedValue."""
    if len(raw) != 32 or raw in _SMALL_ORDER:
        raise MalformedValue("an Ed25519 public key is 32 bytes, and not a point of small order")
    if not _is_point(raw):
        raise MalformedValue("these 32 bytes are not an Ed25519 public key")
    return raw


_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P


def _is_point(raw: bytes) -> bool:
    """RFC 8032 section 5.1.3: y is below p, and x^2 = (y^2 - 1) / (d y^2 + 1) has a root. OpenSSL loads any 32 bytes,
    and a key that is no point would be one that nothing can ever be signed with."""
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P)
    return y < _P and pow(x_squared, (_P - 1) // 2, _P) in (0, 1)


@lru_cache(maxsize=4096)  # public keys only: nothing in this cache is worth stealing
def _loaded(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)


def strict_base64(text: bytes) -> bytes | None:
    """Decode standard base64 in its one canonical spelling, or None.

    The standard library skips foreign characters and ignores stray bits behind the padding, so that many
    texts would be one signature.
    """
    try:
        raw = b64decode(text, validate=True)
    except binascii.Error:
        return None
    return raw if b64encode(raw) == text else None
