"""The public key that a holder gives us: read and checked once, and only used ever after.

The rule it keeps: a key has one spelling here, so that credentials can be compared by their bytes, and none is taken
under which somebody else than its holder can sign. The material of an Ed25519 key is its 32 bytes, that of a P-256 key
its uncompressed point (SEC 1, 65 bytes), that of an RSA key its SubjectPublicKeyInfo in DER.
"""

from __future__ import annotations

import math
import re
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from bitting.dialects.signatures import strict_base64
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import MalformedValue

# What a SubjectPublicKeyInfo begins with: RFC 8410 section 4; RFC 5480 section 2.1.1 with the curve's name and an
# uncompressed point. Whatever differs by a byte, as a compressed point does, is another spelling and is not read.
_ED25519: Final = bytes.fromhex("302a300506032b6570032100")
_P256: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
# RFC 3279 section 2.3.1: behind the outer length stands the algorithm rsaEncryption, which is not RSASSA-PSS.
_RSA: Final = re.compile(rb"\x30\x82..\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", re.DOTALL)
# PKCS #8, PKCS #1 and SEC 1 begin a private key with its version, 0 or 1; no public key begins so.
_PRIVATE: Final = re.compile(rb"\x30(?:[\x00-\x7f]|\x81.|\x82..)\x02\x01[\x00\x01]", re.DOTALL)
_PEM: Final = re.compile(r"-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)\s-----END PUBLIC KEY-----")

_WANTED: Final = (
    "the public key is PEM, as `openssl pkey -pubout` writes it, or the same in base64: Ed25519, P-256 (uncompressed) "
    "or RSA; of Ed25519 and P-256 also the bare point in base64"
)
_IS_PRIVATE: Final = (
    "this is a private key, which stays with its holder: give its public half, `openssl pkey -in private.pem -pubout`; "
    "and if it has left your machine, make a new pair"
)


def read_public_key(text: str) -> tuple[Algorithm, bytes]:
    """What a key is for, and its material, from PEM or base64. Raises MalformedValue, and repeats nothing of the text.

    The key itself is not looked at: that is `check_public_key`.
    """
    if "PRIVATE KEY-----" in text:
        raise MalformedValue(_IS_PRIVATE)
    pem = _PEM.fullmatch(text.strip())
    raw = strict_base64("".join((pem[1] if pem else text).split()).encode(errors="replace"))
    if raw is None:
        raise MalformedValue(_WANTED)
    if _PRIVATE.match(raw):
        raise MalformedValue(_IS_PRIVATE)
    if len(raw) == 32 or (len(raw) == 44 and raw.startswith(_ED25519)):
        return Algorithm.ED25519, raw[-32:]
    if len(raw) == 65 or (len(raw) == 91 and raw.startswith(_P256)):
        return Algorithm.ECDSA_P256, raw[-65:]
    if _RSA.match(raw):
        return Algorithm.RSA_SHA256, raw
    raise MalformedValue(_WANTED)


def check_public_key(algorithm: Algorithm, material: bytes) -> None:
    """Return if this is a key of `algorithm`, in its one spelling, that only its holder can sign under.
    Raises MalformedValue."""
    match algorithm:
        case Algorithm.ED25519:
            _check_ed25519(material)
        case Algorithm.ECDSA_P256:
            _check_p256(material)
        case Algorithm.RSA_SHA256:
            _check_rsa(material)
        case _:
            raise MalformedValue(f"{algorithm.value} has no public key")


# ---- Ed25519

# Points of small order sign nothing and everything: with such a "public key" anybody's signature holds.
# The eight of them, in every encoding that libraries accept (Chalkias, Garillot, Nikolaenko 2020, table 1).
_SMALL_ORDER: Final = frozenset(
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

_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P


def _check_ed25519(raw: bytes) -> None:
    if len(raw) != 32 or raw in _SMALL_ORDER:
        raise MalformedValue("an Ed25519 public key is 32 bytes, and not a point of small order")
    # RFC 8032 section 5.1.3: y is below p, and x^2 = (y^2 - 1) / (d y^2 + 1) has a root. OpenSSL loads any 32 bytes,
    # and a key that is no point would be one that nothing can ever be signed with.
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P)
    if y >= _P or pow(x_squared, (_P - 1) // 2, _P) not in (0, 1):
        raise MalformedValue("these 32 bytes are not an Ed25519 public key")


# ---- P-256


def _check_p256(point: bytes) -> None:
    """The group's order is a prime, so every point of the curve that can be written in 65 bytes is a sound key."""
    try:
        if len(point) == 65:
            EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
            return
    except ValueError:
        pass
    raise MalformedValue("a P-256 public key is a point of the curve, uncompressed, in 65 bytes")


# ---- RSA

_USUAL: Final = rb"\x02\x03\x01\x00\x01"  # the exponent 65537
_RSA_KEY: Final = re.compile(
    re.escape(bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100"))
    + rb"([\x80-\xff].{255})"
    + _USUAL
    + rb"|"
    + re.escape(bytes.fromhex("30820222300d06092a864886f70d01010105000382020f003082020a0282020100"))
    + rb"([\x80-\xff].{511})"
    + _USUAL,
    re.DOTALL,
)
_PRIMES: Final = tuple(each for each in range(2, 752) if all(each % by for by in range(2, math.isqrt(each) + 1)))
_FERMAT_ROUNDS: Final = 100


def _check_rsa(der: bytes) -> None:
    """The two sizes that Binance takes, and what can be told from a modulus alone: what NIST SP 800-89 (section 5.3.3)
    and the CA/Browser Forum's Baseline Requirements (section 6.1.1.3) ask, since generators have failed so before."""
    found = _RSA_KEY.fullmatch(der)
    if found is None:
        raise MalformedValue("an RSA key has 2048 or 4096 bits and the exponent 65537, as `openssl genpkey` makes it")
    modulus = int.from_bytes(found[1] or found[2])
    if math.gcd(modulus, math.prod(_PRIMES)) != 1 or _has_roca(modulus) or _has_close_primes(modulus):
        raise MalformedValue("this RSA key can be broken, its primes were badly made: make a new pair with openssl")


def _has_roca(modulus: int) -> bool:
    """CVE-2017-15361: the primes are powers of 65537 modulo many small primes, so the modulus is one modulo each (Nemec
    and others 2017, *The Return of Coppersmith's Attack*, section 2). A sound modulus is with a chance below 2^-27."""
    return all(modulus % each in {pow(65537, power, each) for power in range(each)} for each in _PRIMES if each <= 167)


def _has_close_primes(modulus: int) -> bool:
    """CVE-2022-26320: Fermat's method finds primes that lie close together, or are one, in a few rounds."""
    first = math.isqrt(modulus - 1) + 1
    return any(math.isqrt(gap) ** 2 == gap for gap in (a * a - modulus for a in range(first, first + _FERMAT_ROUNDS)))
