"""The primitives under every dialect, against the vectors of Wycheproof (C2SP, commit dac1dd4)."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.signatures import (
    check_base64_mac,
    check_ecdsa_p256,
    check_ed25519,
    check_hex_mac,
    check_rsa_sha256,
    mac,
    sign_ecdsa_p256,
    sign_ed25519,
    sign_rsa_sha256,
    strict_base64,
)
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedValue
from tests.vault.wycheproof import vectors

MACS = {
    Algorithm.HMAC_SHA256: ("hmac_sha256_test.json", 256),
    Algorithm.HMAC_SHA384: ("hmac_sha384_test.json", 384),
    Algorithm.HMAC_SHA512: ("hmac_sha512_test.json", 512),
}

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SP 800-186 section 3.2.1.3


def holds(check: Any, *arguments: Any) -> bool:
    try:
        check(*arguments)
    except BadSignature:
        return False
    return True


@pytest.mark.parametrize("algorithm", MACS)
def test_a_mac_holds_exactly_where_wycheproof_says(algorithm: Algorithm) -> None:
    """Tags that are cut short are right as far as they go, and hold nowhere: half a signature is none."""
    name, bits = MACS[algorithm]
    for each in vectors(name):
        key, message, tag = (bytes.fromhex(each[part]) for part in ("key", "msg", "tag"))
        valid = each["result"] == "valid"
        assert (mac(algorithm, key, message)[: each["tagSize"] // 8] == tag) is valid, each["tcId"]
        whole = valid and each["tagSize"] == bits
        assert holds(check_hex_mac, algorithm, key, message, tag.hex().encode()) is whole, each["tcId"]


def test_an_ed25519_signature_holds_exactly_where_wycheproof_says() -> None:
    """Malleable, non-canonical, cut and extended signatures are refused."""
    for each in vectors("ed25519_test.json"):
        key, message, signature = bytes.fromhex(each["publicKey"]["pk"]), bytes.fromhex(each["msg"]), each["sig"]
        given = b64encode(bytes.fromhex(signature))
        assert holds(check_ed25519, key, message, given) is (each["result"] == "valid"), each["tcId"]


@given(st.sampled_from(list(MACS)), st.binary(), st.binary(), st.binary())
def test_a_mac_has_one_spelling(algorithm: Algorithm, secret: bytes, message: bytes, other: bytes) -> None:
    """Lower-case hex or base64, whole, and nothing around it; any other bytes are refused and raise nothing else."""
    genuine = mac(algorithm, secret, message).hex().encode()
    check_hex_mac(algorithm, secret, message, genuine)
    for wrong in (genuine[:-1], genuine + b"0", b" " + genuine, b"0x" + genuine, b"\xff" * len(genuine), b"", other):
        with pytest.raises(BadSignature):
            check_hex_mac(algorithm, secret, message, wrong)
    other_way = b64encode(bytes.fromhex(genuine.decode()))
    check_base64_mac(algorithm, secret, message, other_way)
    for wrong in (genuine, other_way[:-1], other_way + b"=", other_way.swapcase(), b"\xff" * len(other_way), other):
        with pytest.raises(BadSignature):
            check_base64_mac(algorithm, secret, message, wrong)
    if genuine.upper() != genuine:
        with pytest.raises(BadSignature):
            check_hex_mac(algorithm, secret, message, genuine.upper())


@given(st.sampled_from(list(MACS)), st.binary(), st.binary())
def test_a_mac_is_what_the_standard_library_computes(algorithm: Algorithm, secret: bytes, message: bytes) -> None:
    """Whichever algorithm; none stands in for another."""
    assert mac(algorithm, secret, message) == hmac.digest(secret, message, algorithm.value.removeprefix("hmac-"))


@given(st.binary(min_size=32, max_size=32), st.binary(), st.binary())
def test_what_is_signed_with_ed25519_holds_and_nothing_else_does(seed: bytes, message: bytes, other: bytes) -> None:
    """Sign and check fit together; any other text is refused and raises nothing else."""
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    signature = sign_ed25519(seed, message)
    check_ed25519(key, message, signature)
    for signed, given_signature in ((message + b"!", signature), (message, other), (message, b64encode(other))):
        with pytest.raises(BadSignature):
            check_ed25519(key, signed, given_signature)


def test_a_p256_signature_holds_exactly_where_wycheproof_says() -> None:
    """Raw signatures: nought, the order and more, of other lengths and curves, in DER; and points at the edges."""
    for each in vectors("ecdsa_secp256r1_sha256_p1363_test.json"):
        key, message = bytes.fromhex(each["publicKey"]["uncompressed"]), bytes.fromhex(each["msg"])
        holding = holds(check_ecdsa_p256, key, message, bytes.fromhex(each["sig"]))
        assert holding is (each["result"] == "valid"), each["tcId"]


def test_an_rsa_signature_holds_exactly_where_wycheproof_says() -> None:
    """Forged and lax paddings, also the one that some libraries accept; signatures that are short, long, or other
    spellings of one number."""
    for each in vectors("rsa_signature_2048_sha256_test.json"):
        key, message = bytes.fromhex(each["publicKeyDer"]), bytes.fromhex(each["msg"])
        holding = holds(check_rsa_sha256, key, message, bytes.fromhex(each["sig"]))
        assert holding is (each["result"] == "valid"), each["tcId"]


@given(st.integers(1, P256_ORDER - 1), st.binary(), st.binary())
def test_what_is_signed_with_p256_holds_and_nothing_else_does(scalar: int, message: bytes, other: bytes) -> None:
    """Sign and check fit together; 64 bytes, and any others are refused and raise nothing else."""
    point = ec.derive_private_key(scalar, ec.SECP256R1()).public_key()
    key = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    signature = sign_ecdsa_p256(scalar.to_bytes(32), message)
    assert len(signature) == 64
    check_ecdsa_p256(key, message, signature)
    for signed, given_signature in (
        (message + b"!", signature),
        *((message, wrong) for wrong in (other, signature[:-1], signature + b"\0", signature[32:] + signature[:32])),
        (message, signature[:32] + b"\0" + signature[32:]),  # the same two numbers
    ):
        with pytest.raises(BadSignature):
            check_ecdsa_p256(key, signed, given_signature)


def test_a_p256_signature_has_a_twin_that_holds() -> None:
    """So nothing may be told apart by its signature: what is used once is told by the signed bytes."""
    key = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    signature = sign_ecdsa_p256((7).to_bytes(32), b"once")
    twin = signature[:32] + (P256_ORDER - int.from_bytes(signature[32:])).to_bytes(32)
    assert twin != signature
    check_ecdsa_p256(point, b"once", twin)


RSA_KEYS = {bits: rsa.generate_private_key(65537, bits) for bits in (2048, 4096)}


def spki(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("bits", RSA_KEYS)
def test_what_is_signed_with_rsa_holds_and_nothing_else_does(bits: int) -> None:
    """Of both sizes; as long as the modulus, whatever stands in it."""
    pair = RSA_KEYS[bits]
    secret = pair.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signature = sign_rsa_sha256(secret, b"message")
    assert len(signature) == bits // 8
    check_rsa_sha256(spki(pair), b"message", signature)
    beyond = int.from_bytes(signature) + pair.public_key().public_numbers().n
    for message, wrong in (
        (b"messagE", signature),
        *((b"message", each) for each in (b"", b"\0" * len(signature), b"\xff" * len(signature), signature[:-1])),
        *((b"message", each) for each in (b"\0" + signature, signature + b"\0", beyond.to_bytes(len(signature) + 1))),
        (b"message", pair.sign(b"message", PKCS1v15(), SHA512())),
        (b"message", pair.sign(b"message", PSS(MGF1(SHA256()), 32), SHA256())),
    ):
        with pytest.raises(BadSignature):
            check_rsa_sha256(spki(pair), message, wrong)


PADDINGS: dict[str, Callable[[bytes, int], bytes]] = {
    # Bleichenbacher 2006: a short padding, and rubbish behind the digest.
    "rubbish behind": lambda ending, size: (b"\0\1" + b"\xff" * 8 + ending).ljust(size, b"\x5a"),
    # CVE-2018-16151: a digest's parameters that hold rubbish, or are left out.
    "no parameters": lambda ending, size: padded(
        bytes.fromhex("00302f300b06096086480165030402010420") + ending[-32:], size
    ),
    "rubbish parameters": lambda ending, size: padded(
        bytes.fromhex("003033300f060960864801650304020105025a5a0420") + ending[-32:], size
    ),
    "no digest's name": lambda ending, size: padded(b"\0" + ending[-32:], size),
    "of encryption": lambda ending, size: b"\0\2".ljust(size - len(ending), b"\xff") + ending,
    "not all ones": lambda ending, size: b"\0\1".ljust(size - len(ending), b"\xfe") + ending,
    "zeros": lambda ending, size: b"\0\1".ljust(size - len(ending), b"\0") + ending,
    "a long length": lambda ending, size: padded(
        bytes.fromhex("00308131300d060960864801650304020105000420") + ending[-32:], size
    ),
}


def padded(ending: bytes, size: int) -> bytes:
    return b"\0\1".ljust(size - len(ending), b"\xff") + ending


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("bits", RSA_KEYS)
def test_an_rsa_signature_has_one_padding(bits: int, padding: str) -> None:
    """RFC 8017 section 9.2, compared as a whole: lax readers have let signatures be made without the private key."""
    pair = RSA_KEYS[bits]
    private, size = pair.private_numbers(), bits // 8
    ending = bytes.fromhex("003031300d060960864801650304020105000420") + hashlib.sha256(b"message").digest()

    def opened_is(block: bytes) -> bytes:
        return pow(int.from_bytes(block), private.d, private.public_numbers.n).to_bytes(size)

    check_rsa_sha256(spki(pair), b"message", opened_is(padded(ending, size)))
    with pytest.raises(BadSignature):
        check_rsa_sha256(spki(pair), b"message", opened_is(PADDINGS[padding](ending, size)))


def test_what_is_no_key_of_the_kind_proves_nothing() -> None:
    """Not even an error of its own: whatever the record holds, nobody is let in by it and nothing falls over."""
    pair = RSA_KEYS[2048]
    message, point = b"message", b"\x04" + bytes(64)
    p256 = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    for check, materials, signature in (
        (check_ed25519, (b"", bytes(32), bytes(31), spki(pair)), sign_ed25519(bytes(32), message)),
        (check_ecdsa_p256, (b"", bytes(32), point, spki(pair)), sign_ecdsa_p256((7).to_bytes(32), message)),
        (
            check_rsa_sha256,
            (b"", bytes(32), point, p256.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
            pair.sign(message, PKCS1v15(), SHA256()),
        ),
    ):
        for material in materials:
            with pytest.raises(BadSignature):
                check(material, message, signature)


def test_a_private_key_of_another_kind_does_not_sign_for_rsa() -> None:
    """It is refused with a word, and not shown."""
    pair = ec.derive_private_key(7, ec.SECP256R1())
    with pytest.raises(MalformedValue, match="not an RSA key"):
        sign_rsa_sha256(pair.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), b"message")


@given(st.binary())
def test_base64_has_one_spelling(raw: bytes) -> None:
    """The canonical one is read; breaking it up, padding it more or less, or another alphabet is not."""
    text = b64encode(raw)
    assert strict_base64(text) == raw
    for other in (text + b"=", text + b"\n", b" " + text, text + b"====", text.rstrip(b"=") + b"*"):
        assert strict_base64(other) is None
    if text.endswith(b"="):
        assert strict_base64(text.rstrip(b"=")) is None


@pytest.mark.parametrize("text", [b"QR==", b"QUJ=", b"\xff\xff\xff\xff", b"QUI-", b"Q", b"===="])
def test_base64_with_stray_bits_or_signs_is_none(text: bytes) -> None:
    """The standard library would read some of these as the same bytes as their canonical spelling."""
    assert strict_base64(text) is None
