"""The primitives under every dialect, against the vectors of Wycheproof (C2SP, commit dac1dd4)."""

import hmac
from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.signatures import (
    check_ed25519,
    check_hex_mac,
    ed25519_public_key,
    mac,
    sign_ed25519,
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
    """Lower-case hex, whole, and nothing around it; any other bytes are refused and raise nothing else."""
    genuine = mac(algorithm, secret, message).hex().encode()
    check_hex_mac(algorithm, secret, message, genuine)
    for wrong in (genuine[:-1], genuine + b"0", b" " + genuine, b"0x" + genuine, b"\xff" * len(genuine), b"", other):
        with pytest.raises(BadSignature):
            check_hex_mac(algorithm, secret, message, wrong)
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


SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_public_key_of_small_order_is_refused(point: str) -> None:
    """Under such a key a signature can be made without any secret, for all messages at once."""
    with pytest.raises(MalformedValue, match="small order"):
        ed25519_public_key(bytes.fromhex(point))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_public_key_has_32_bytes(length: int) -> None:
    """No other length is looked at."""
    with pytest.raises(MalformedValue):
        ed25519_public_key(b"\x01" * length)


@pytest.mark.parametrize("y", [2, 7, 8, 2**255 - 19, 2**255 - 16, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_a_public_key_is_a_point_of_the_curve(y: int, sign: int) -> None:
    """Neither a y that has no x, nor one written as p or more, whatever OpenSSL loads."""
    with pytest.raises(MalformedValue):
        ed25519_public_key((y | sign << 255).to_bytes(32, "little"))


@given(st.binary(min_size=32, max_size=32))
def test_a_holders_public_key_is_taken_as_it_is(seed: bytes) -> None:
    """What comes back is what was given, for the public half of any seed."""
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert ed25519_public_key(key) == key


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
