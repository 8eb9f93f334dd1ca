"""The native dialect and other people's code: http-message-signatures 3.0.0 both ways, http-sf 1.5.0, RFC 9421."""

import datetime
import time
from base64 import b64decode
from types import SimpleNamespace
from typing import Any, Final

import http_sf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver, algorithms
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.dialect import Draft
from bitting.dialects.native import DIALECT
from bitting.dialects.native_proof import read_proof
from bitting.dialects.signatures import check_ecdsa_p256, check_ed25519
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.request import Request
from bitting.domain.secret import Secret

KEY: Final = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd"
URL: Final = "https://api.example.com/native/exchange/v1/orders?symbol=BTC-USDT&note=a%20b"
BASE: Final = b"https://api.example.com/native"
TARGET: Final = b"/exchange/v1/orders?symbol=BTC-USDT&note=a%20b"
BODY: Final = b'{"symbol":"BTC-USDT"}'
ED25519: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P256: Final = ec.derive_private_key(7, ec.SECP256R1())
SHARED: Final = b"6b" * 32

# How the dialect is told, how it signs, what it checks with; the library's class, its private and its public key.
PROOFS: Final[dict[Algorithm, tuple[Secret, bytes, Any, Any, Any]]] = {
    Algorithm.ED25519: (
        Secret(ED25519.private_bytes_raw()),
        ED25519.public_key().public_bytes_raw(),
        algorithms.ED25519,
        ED25519,
        ED25519.public_key(),
    ),
    Algorithm.ECDSA_P256: (
        Secret((7).to_bytes(32)),
        P256.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        algorithms.ECDSA_P256_SHA256,
        P256,
        P256.public_key(),
    ),
    Algorithm.HMAC_SHA256: (Secret(SHARED), SHARED, algorithms.HMAC_SHA256, SHARED, SHARED),
}
EVERY: Final = pytest.mark.parametrize("algorithm", PROOFS, ids=lambda algorithm: algorithm.value)
BODIES: Final = pytest.mark.parametrize("body", [b"", BODY], ids=["no body", "body"])


def keys(algorithm: Algorithm) -> tuple[Any, MappingKeyResolver]:
    _, _, kind, private, public = PROOFS[algorithm]
    return kind, MappingKeyResolver(public_keys={KEY: public}, private_keys={KEY: private})


@EVERY
@BODIES
def test_what_the_library_signs_is_proven_here(algorithm: Algorithm, body: bytes) -> None:
    """With nothing said to it but a nonce and an end; the parts it covers by itself are the ones."""
    kind, resolver = keys(algorithm)
    message = SimpleNamespace(method="POST", url=URL, headers={})
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    until = now + datetime.timedelta(seconds=20)
    signer = HTTPMessageSigner(signature_algorithm=kind, key_resolver=resolver)
    signer.sign(message, key_id=KEY, created=now, expires=until, nonce="0123456789abcdef", body=body or None)
    headers = tuple((name.lower().encode(), value.encode()) for name, value in message.headers.items())
    request = Request(b"POST", TARGET, ((b"host", b"api.example.com"), *headers), body, 0, BASE)
    claim = DIALECT.read(request)
    assert claim is not None
    assert (claim.wire_id, claim.stamp_ns, claim.window_ns) == (KEY, int(now.timestamp()) * 10**9, 20 * 10**9)
    DIALECT.check(claim, algorithm, PROOFS[algorithm][1])


@EVERY
@BODIES
def test_what_is_signed_here_the_library_verifies(algorithm: Algorithm, body: bytes) -> None:
    """With its own parser, its own base and its own digest of the body."""
    kind, resolver = keys(algorithm)
    draft = Draft(b"POST", TARGET, body, BASE)
    signed = DIALECT.sign(draft, KEY, algorithm, PROOFS[algorithm][0], time.time_ns())
    headers = {name.decode(): value.decode() for name, value in signed.headers}
    verifier = HTTPMessageVerifier(signature_algorithm=kind, key_resolver=resolver)
    message = SimpleNamespace(method="POST", url=URL, headers=headers)
    [result] = verifier.verify(message, body=body or None)
    assert result.parameters["keyid"] == KEY
    covered = {'"@method"', '"@authority"', '"@target-uri"', *(['"content-digest"'] if body else [])}
    assert set(result.covered_components) - {'"@signature-params"'} == covered


PIECES: Final = st.sampled_from(
    [b"bitting", b"=", b'("@method" "@authority" "@target-uri")', b";created=1795000000", b";expires=1795000030",
     b';nonce="0123456789abcdef"', b';keyid="k"', b';alg="ed25519"', b" ", b"\t", b",", b'"', b"\\", b";", b"?1",
     b"1.0", b";created", b':YQ==:', b"0", b"A"]
)  # fmt: skip
GENUINE: Final = [
    b"bitting", b"=", b'("@method" "@authority" "@target-uri")', b";created=1795000000", b";expires=1795000030",
    b';nonce="0123456789abcdef"', b';keyid="k"',
]  # fmt: skip


@given(at=st.integers(0, len(GENUINE)), cut=st.integers(0, 2), inserted=st.lists(PIECES, max_size=3))
def test_what_is_read_here_another_parser_reads_the_same(at: int, cut: int, inserted: list[bytes]) -> None:
    """Whatever is admitted is one Structured Field in its canonical spelling, and http-sf finds the same in it."""
    text = b"".join([*GENUINE[:at], *inserted, *GENUINE[at + cut :]])
    request = Request(b"GET", b"/", ((b"signature-input", text), (b"signature", b"bitting=:YQ==:")), b"", 0)
    try:
        proof = read_proof(request)
    except MalformedRequest:
        return
    assert proof is not None
    read: Any = http_sf.parse(text, tltype="dictionary")
    assert http_sf.ser(read).encode() == text
    [(parts, parameters)] = read.values()
    assert [name for name, _ in parts] == ["@method", "@authority", "@target-uri"]
    assert parameters["keyid"] == proof.key_id
    assert (parameters["created"], parameters["expires"]) == (proof.created_s, proof.created_s + proof.window_s)


# RFC 9421, appendix B.1 (keys) and B.2 (signatures), as published.
RFC_P256: Final = b"""-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----
"""
RFC_ED25519: Final = "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="
B24: Final = (
    b'"@status": 200\n'
    b'"content-type": application/json\n'
    b'"content-digest": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxo'
    b"YhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n"
    b'"content-length": 23\n'
    b'"@signature-params": ("@status" "content-type" "content-digest" "content-length")'
    b';created=1618884473;keyid="test-key-ecc-p256"'
)
B24_SIGNATURE: Final = "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw=="
B26: Final = (
    b'"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
    b'"@method": POST\n'
    b'"@path": /foo\n'
    b'"@authority": example.com\n'
    b'"content-type": application/json\n'
    b'"content-length": 18\n'
    b'"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")'
    b';created=1618884473;keyid="test-key-ed25519"'
)
B26_SIGNATURE: Final = b"wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="


def test_the_standards_p256_signature_holds() -> None:
    """RFC 9421 B.2.4, an ECDSA signature of 64 bytes; one byte of it or of the base changed does not."""
    loaded = load_pem_public_key(RFC_P256)
    assert isinstance(loaded, ec.EllipticCurvePublicKey)
    public = loaded.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    signature = b64decode(B24_SIGNATURE)
    check_ecdsa_p256(public, B24, signature)
    for base, other in ((B24 + b" ", signature), (B24, signature[:-1] + b"\0")):
        with pytest.raises(BadSignature):
            check_ecdsa_p256(public, base, other)


def test_the_standards_ed25519_signature_holds() -> None:
    """RFC 9421 B.2.6; another base does not."""
    public = b64decode(RFC_ED25519)
    check_ed25519(public, B26, B26_SIGNATURE)
    with pytest.raises(BadSignature):
        check_ed25519(public, B26.replace(b"POST", b"PUT"), B26_SIGNATURE)
