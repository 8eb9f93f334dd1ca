"""A holder's public key: the spellings that are read, and the keys under which others than the holder can sign."""

import math
import random
from base64 import b64encode
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import example, given
from hypothesis import strategies as st

from bitting.dialects.public_keys import check_public_key, read_public_key
from bitting.dialects.signatures import strict_base64
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import MalformedValue

ED25519, P256, RSA = Algorithm.ED25519, Algorithm.ECDSA_P256, Algorithm.RSA_SHA256
PAIRS: Final[dict[Algorithm, PrivateKeyTypes]] = {
    ED25519: Ed25519PrivateKey.from_private_bytes(bytes(range(32))),
    P256: ec.derive_private_key(7, ec.SECP256R1()),
    RSA: rsa.generate_private_key(65537, 2048),
}


def spki(key: PublicKeyTypes, encoding: Encoding = Encoding.DER) -> bytes:
    return key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def material(algorithm: Algorithm) -> bytes:
    key = PAIRS[algorithm].public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return spki(key) if algorithm is RSA else spki(key)[-32:]


# ---- reading


@pytest.mark.parametrize("algorithm", PAIRS)
def test_a_key_is_read_from_pem_and_base64(algorithm: Algorithm) -> None:
    """Whichever way it is written, what is kept are the same bytes; and the key says what it is for."""
    key = PAIRS[algorithm].public_key()
    pem = spki(key, Encoding.PEM).decode()
    body = b64encode(spki(key)).decode()
    for text in (
        pem,
        pem.replace("\n", "\r\n"),
        f"\n {pem}\n",
        f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----",
        body,
        f"{body}\n",
        b64encode(material(algorithm)).decode(),
    ):
        assert read_public_key(text) == (algorithm, material(algorithm))
    check_public_key(algorithm, material(algorithm))


def test_the_keys_of_the_documentation_are_read() -> None:
    """The samples that Binance shows: binance-spot-api-docs, faqs/api_key_types.md (2026-07)."""
    ed25519 = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAgmDRTtj2FA+wzJUIlAL9ly1eovjLBu7uXUFR+jFULmg=
-----END PUBLIC KEY-----
"""
    rsa_2048 = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyfKiFXpcOhF5rX1XxePN
akwN7Etwtn3v05cZNY+ftDHbVZHs/kY6Ruj5lhxVFAq5dv7Ba9/4jPijXuMuIc6Y
8nUlqtrrxC8DEOAczw9SKATDYZN9nbLfYlbBFfHzRQUXdAtYCPI6XtxmJBS7aOBb
4nZe1SVm+bhLrp0YQnx2P0s+37qkGeVn09m6w9MnWxjgCkkYFPWQkXIu5qOnwx6p
NfqDmFD7d7dUc/6PZQ1bKFALu/UETsobmBk82ShbrBhlc0JXuhf9qBR7QASjHjFQ
2N+VF2PfH8dm5prZIpz/MFKPkBW4Yuss0OXiD+jQt1J2JUKspLqsIqoXjHQQGjL7
3wIDAQAB
-----END PUBLIC KEY-----
"""
    for text, algorithm in ((ed25519, ED25519), (rsa_2048, RSA)):
        read = read_public_key(text)
        assert read[0] is algorithm
        check_public_key(*read)


PASSWORD = BestAvailableEncryption(b"password")


def private_texts() -> list[str]:
    """Every way in which a private key is commonly written."""
    texts = []
    for pair in PAIRS.values():
        texts.append(pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
        texts.append(pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, PASSWORD).decode())
        texts.append(pair.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode())
        texts.append(b64encode(pair.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode())
    for algorithm in (P256, RSA):
        pair, old = PAIRS[algorithm], PrivateFormat.TraditionalOpenSSL
        texts.append(pair.private_bytes(Encoding.PEM, old, NoEncryption()).decode())
        texts.append(b64encode(pair.private_bytes(Encoding.DER, old, NoEncryption())).decode())
    return [*texts, texts[0] + spki(PAIRS[ED25519].public_key(), Encoding.PEM).decode()]


@pytest.mark.parametrize("text", private_texts())
def test_a_private_key_is_refused_and_never_repeated(text: str) -> None:
    """With what to do instead; not a piece of it stands in the words or behind them."""
    with pytest.raises(MalformedValue, match="this is a private key, which stays with its holder") as refusal:
        read_public_key(text)
    said = "".join(str(each) for each in (refusal.value, refusal.value.__cause__, refusal.value.__context__))
    body = "".join(text.splitlines()[1:-1]) or text
    assert not any(body[at : at + 12] in said for at in range(len(body) - 12))


def no_public_keys() -> list[str]:
    """What people might give for a public key and is none that is known here."""
    point = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    compressed = point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    pkcs1 = PAIRS[RSA].public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    ssh = PAIRS[ED25519].public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    whole = spki(PAIRS[ED25519].public_key(), Encoding.PEM).decode()
    body = b64encode(spki(PAIRS[ED25519].public_key())).decode()
    return [
        *("", " ", "no base64!", "ключ", "\ud800", "\x00", pkcs1, ssh),
        *(b64encode(bytes(length)).decode() for length in (1, 31, 33, 64, 66)),
        b64encode(compressed).decode(),
        spki(ec.derive_private_key(7, ec.SECP384R1()).public_key(), Encoding.PEM).decode(),
        spki(ec.derive_private_key(7, ec.SECP256K1()).public_key(), Encoding.PEM).decode(),
        spki(ed448.Ed448PrivateKey.generate().public_key(), Encoding.PEM).decode(),
        spki(x25519.X25519PrivateKey.generate().public_key(), Encoding.PEM).decode(),
        whole + whole,
        f"a comment\n{whole}",
        whole.replace("-----END PUBLIC KEY-----", ""),
        whole.replace(" PUBLIC KEY", " CERTIFICATE"),
        body.rstrip("="),
        f"{body}=",
        b64encode(spki(PAIRS[ED25519].public_key()) + b"\0").decode(),
        b64encode(spki(PAIRS[P256].public_key()) + b"\0").decode(),
    ]


@pytest.mark.parametrize("text", no_public_keys())
def test_what_is_no_public_key_is_refused_with_what_would_be(text: str) -> None:
    """Another kind, another curve, another spelling, two at once, half of one."""
    with pytest.raises(MalformedValue, match="the public key is PEM, as `openssl pkey -pubout` writes it"):
        read_public_key(text)


@given(st.text() | st.binary().map(lambda raw: b64encode(raw).decode()))
def test_any_text_is_read_or_refused(text: str) -> None:
    """And whatever is read is judged, with no other end."""
    try:
        check_public_key(*read_public_key(text))
    except MalformedValue:
        return
    assert strict_base64("".join(text.split()).encode()) is not None


@pytest.mark.parametrize("algorithm", [each for each in Algorithm if each.shared])
def test_a_shared_secret_has_no_public_key(algorithm: Algorithm) -> None:
    """Whatever bytes are given for one."""
    with pytest.raises(MalformedValue, match="has no public key"):
        check_public_key(algorithm, bytes(32))


# ---- Ed25519


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
def test_a_point_of_small_order_is_refused(point: str) -> None:
    """Under such a key a signature can be made without any secret, for all messages at once."""
    with pytest.raises(MalformedValue, match="small order"):
        check_public_key(ED25519, bytes.fromhex(point))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_an_ed25519_key_has_32_bytes(length: int) -> None:
    """No other length is looked at."""
    with pytest.raises(MalformedValue, match="is 32 bytes"):
        check_public_key(ED25519, b"\x01" * length)


@pytest.mark.parametrize("y", [2, 7, 8, 2**255 - 19, 2**255 - 16, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_an_ed25519_key_is_a_point_of_its_curve(y: int, sign: int) -> None:
    """Neither a y that has no x, nor one written as p or more, whatever OpenSSL loads."""
    with pytest.raises(MalformedValue):
        check_public_key(ED25519, (y | sign << 255).to_bytes(32, "little"))


@given(st.binary(min_size=32, max_size=32))
def test_the_public_half_of_any_seed_is_a_key(seed: bytes) -> None:
    """Nothing that can sign is refused."""
    check_public_key(ED25519, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())


# ---- P-256


NO_POINTS = {
    "off the curve": b"\x04" + (5).to_bytes(32) + (1).to_bytes(32),
    "nought": b"\x04" + bytes(64),
    "infinity": b"\x00",
    "infinity, padded": bytes(65),
    "x above p": b"\x04" + b"\xff" * 32 + material(P256)[33:],
    "compressed": b"\x02" + material(P256)[1:33],
    "compressed, padded": b"\x02" + material(P256)[1:],
    "hybrid": bytes([6 | material(P256)[-1] & 1]) + material(P256)[1:],
    "short": material(P256)[:-1],
    "long": material(P256) + b"\0",
    "of another curve": ec.derive_private_key(7, ec.SECP256K1())
    .public_key()
    .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
    "empty": b"",
}


@pytest.mark.parametrize("point", NO_POINTS.values(), ids=NO_POINTS)
def test_a_p256_key_is_a_point_of_its_curve(point: bytes) -> None:
    """Uncompressed, not at infinity: OpenSSL reads some of these, and each would be a second spelling or no key."""
    with pytest.raises(MalformedValue, match="a point of the curve, uncompressed"):
        check_public_key(P256, point)


@given(st.integers(1, 2**256 - 2**224))
@example(1)
def test_the_public_half_of_any_scalar_is_a_key(scalar: int) -> None:
    """Nothing that can sign is refused."""
    key = ec.derive_private_key(scalar, ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    check_public_key(P256, point)
    assert read_public_key(spki(key, Encoding.PEM).decode()) == (P256, point)


# ---- RSA


def rsa_key(modulus: int, exponent: int = 65537) -> bytes:
    """Its SubjectPublicKeyInfo, written by hand: libraries do not write all of what we want to be refused."""

    def tlv(tag: int, value: bytes) -> bytes:
        size = len(value)
        return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)) + value

    def number(value: int) -> bytes:
        return tlv(2, value.to_bytes(value.bit_length() // 8 + 1))

    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    return tlv(0x30, algorithm + tlv(3, b"\0" + tlv(0x30, number(modulus) + number(exponent))))


NUMBERS = rsa.generate_private_key(65537, 2048).private_numbers()
SOUND = NUMBERS.public_numbers.n
SMALL_PRIMES = [each for each in range(2, 752) if all(each % by for by in range(2, each))]
CHANCE = random.Random(752)


def roca(bits: int) -> int:
    """A modulus with the mark of CVE-2017-15361: a power of 65537 modulo the small primes."""
    product = math.prod(each for each in SMALL_PRIMES if each <= 167)
    while True:
        found = pow(65537, 12345, product) + CHANCE.getrandbits(bits - product.bit_length()) * product
        if found.bit_length() == bits and not any(found % each == 0 for each in SMALL_PRIMES):
            return found


def multiple(of: int) -> int:
    """A modulus with one small factor."""
    other = SOUND // of | 1
    while any(other % each == 0 for each in SMALL_PRIMES):
        other += 2
    return of * other


def close(gap: int) -> int:
    """A modulus of two factors that lie about `gap` apart, and have no small ones themselves."""
    other = NUMBERS.p + gap
    while any(other % each == 0 for each in SMALL_PRIMES):
        other += 2
    return NUMBERS.p * other


BROKEN = {
    "even": SOUND - 1,
    **{f"divisible by {each}": multiple(each) for each in (3, 5, 167, 503, 751)},
    "roca, 2048": roca(2048),
    "roca, 4096": roca(4096),
    "a square": NUMBERS.p**2,
    "close primes": close(2),
    "primes 2^500 apart": close(2**500),
}


@pytest.mark.parametrize("modulus", BROKEN.values(), ids=BROKEN)
def test_an_rsa_key_that_can_be_broken_is_refused(modulus: int) -> None:
    """By what generators have done wrong in the field: from such a public key anybody computes the private one."""
    with pytest.raises(MalformedValue, match="can be broken"):
        check_public_key(RSA, rsa_key(modulus))


@pytest.mark.parametrize("bits", [1024, 2047, 2049, 3072, 4095, 8192])
def test_an_rsa_key_has_2048_or_4096_bits(bits: int) -> None:
    """The two sizes of the exchange that speaks it."""
    with pytest.raises(MalformedValue, match="has 2048 or 4096 bits"):
        check_public_key(RSA, rsa_key(1 << bits - 1 | SOUND % 2**1000))


@pytest.mark.parametrize("exponent", [1, 3, 17, 65539, 2**32 + 1])
def test_an_rsa_key_has_the_usual_exponent(exponent: int) -> None:
    """A small one forgives what PKCS #1 v1.5 must not (Bleichenbacher 2006), a large one costs the gate time."""
    with pytest.raises(MalformedValue, match="and the exponent 65537"):
        check_public_key(RSA, rsa_key(SOUND, exponent))


def test_rsa_keys_of_both_sizes_are_taken() -> None:
    """Sound ones, as OpenSSL makes them."""
    check_public_key(RSA, rsa_key(SOUND))
    pair = rsa.generate_private_key(65537, 4096)
    assert read_public_key(spki(pair.public_key(), Encoding.PEM).decode()) == (RSA, spki(pair.public_key()))
    check_public_key(RSA, spki(pair.public_key()))


NO_RSA = {
    "empty": b"",
    "not DER": b"\x30\x82\x01\x22" + bytes(290),
    "something behind it": rsa_key(SOUND) + b"\0",
    "cut": rsa_key(SOUND)[:-1],
    "of P-256": spki(PAIRS[P256].public_key()),
    "only for RSASSA-PSS": rsa_key(SOUND).replace(b"\xf7\x0d\x01\x01\x01", b"\xf7\x0d\x01\x01\x0a"),
    "PKCS #1": PAIRS[RSA].public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1),
    "a zero too many": rsa_key(SOUND)[:33] + b"\x7f" + rsa_key(SOUND)[34:],
    "a zero too many, 4096": rsa_key(SOUND << 2048)[:33] + b"\x7f" + rsa_key(SOUND << 2048)[34:],
    "another spelling of its length": b"\x30\x83\x00" + rsa_key(SOUND)[2:],
}


@pytest.mark.parametrize("der", NO_RSA.values(), ids=NO_RSA)
def test_an_rsa_key_has_one_spelling(der: bytes) -> None:
    """The SubjectPublicKeyInfo of rsaEncryption, in DER, and nothing around it."""
    with pytest.raises(MalformedValue, match="as `openssl genpkey` makes it"):
        check_public_key(RSA, der)
