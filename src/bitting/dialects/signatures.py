"""The primitives that decide whether a signature is genuine. Every dialect ends here, and nowhere else.

Comparison is in constant time and over bytes of one length; any other input is simply not a signature.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

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


def check_base64_mac(algorithm: Algorithm, secret: bytes, signing_input: bytes, given: bytes) -> None:
    """Return if `given` is the HMAC in standard base64 with padding. Raises BadSignature."""
    if not hmac.compare_digest(b64encode(mac(algorithm, secret, signing_input)), given):
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


def check_ecdsa_p256(public_key: bytes, signing_input: bytes, signature: bytes) -> None:
    """Return if `signature` is ECDSA with SHA-256 under a point of P-256 (SEC 1, uncompressed: 65 bytes). It is raw:
    r and s, 32 bytes each (IEEE P1363, as in JOSE and RFC 9421). Raises BadSignature.

    Where s holds, n - s holds too: whoever has seen one signature can write a second. It admits nothing twice, since
    replay ids are made of the signed bytes and never of signatures.
    """
    if len(signature) != 64:
        raise BadSignature("not a P-256 signature of 64 bytes")
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    try:
        _loaded_p256(public_key).verify(der, signing_input, ECDSA(SHA256()))
    except InvalidSignature:
        raise BadSignature("the signature does not match") from None


def sign_ecdsa_p256(secret: bytes, signing_input: bytes) -> bytes:
    """The raw signature by a private scalar: 32 bytes, big-endian."""
    key = derive_private_key(int.from_bytes(secret), SECP256R1())
    r, s = decode_dss_signature(key.sign(signing_input, ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def check_rsa_sha256(public_key: bytes, signing_input: bytes, signature: bytes) -> None:
    """Return if `signature`, raw, is RSASSA-PKCS1-v1_5 with SHA-256 under a SubjectPublicKeyInfo in DER.
    Raises BadSignature."""
    try:
        _loaded_rsa(public_key).verify(signature, signing_input, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise BadSignature("the signature does not match") from None


def sign_rsa_sha256(secret: bytes, signing_input: bytes) -> bytes:
    """The raw signature by a private key: PKCS #8 in DER. Raises MalformedValue when it is of another kind."""
    key = load_der_private_key(secret, None)
    if not isinstance(key, RSAPrivateKey):
        raise MalformedValue("the private key is not an RSA key")
    return key.sign(signing_input, PKCS1v15(), SHA256())


# Public keys only: nothing in these caches is worth stealing. What is kept was checked when it was given to us
# (`public_keys`); what does not load all the same proves nothing.


@lru_cache(maxsize=4096)
def _loaded(public_key: bytes) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(public_key)
    except ValueError:
        raise BadSignature("the credential is not an Ed25519 key") from None


@lru_cache(maxsize=4096)
def _loaded_p256(public_key: bytes) -> EllipticCurvePublicKey:
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
    except ValueError:
        raise BadSignature("the credential is not a point of P-256") from None


@lru_cache(maxsize=4096)
def _loaded_rsa(public_key: bytes) -> RSAPublicKey:
    try:
        key = load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey):
        raise BadSignature("the credential is not an RSA key")
    return key


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
