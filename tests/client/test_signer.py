"""The client's signer: what it signs is proven by the dialect, and what cannot be signed is refused with words."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.native import DIALECT
from bitting.domain.credentials import Algorithm
from bitting.domain.request import Request
from bitting_client import NotSignable, SharedSecret, Signer, load_pem
from tests.client.pairs import KEY, PROOFS

GATE: Final = "https://api.example.com/native"
NOW: Final = 1_795_000_000


def signer(algorithm: Algorithm = Algorithm.ED25519, base: str = GATE, **more: Any) -> Signer:
    given: dict[str, Any] = {"clock": lambda: NOW + 0.9, "nonce": lambda: "0123456789abcdef", **more}
    return Signer(base, KEY, PROOFS[algorithm][0], **given)


def arrives(url: str, headers: dict[str, str], body: bytes = b"", method: str = "GET") -> Request:
    """As the gate gets it, mounted at the base of the tests."""
    target = url.removeprefix(GATE).partition("#")[0]
    pairs = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
    return Request(method.encode(), target.encode(), ((b"host", b"api.example.com"), *pairs), body, 0, GATE.encode())


@pytest.mark.parametrize("algorithm", PROOFS, ids=lambda algorithm: algorithm.value)
@pytest.mark.parametrize("body", [b"", b'{"a":1}', b"\0\xff"])
def test_what_it_signs_is_proven(algorithm: Algorithm, body: bytes) -> None:
    """With each kind of key, with a body and without one; for as long as it says."""
    url = f"{GATE}/orders?symbol=BTC-USDT&note=a%2Fb"
    claim = DIALECT.read(arrives(url, signer(algorithm, valid_s=7).headers("POST", url, body), body, "POST"))
    assert claim is not None
    assert (claim.wire_id, claim.stamp_ns, claim.window_ns) == (KEY, NOW * 10**9, 7 * 10**9)
    DIALECT.check(claim, algorithm, PROOFS[algorithm][1])


@given(st.binary(max_size=40), st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#")))
def test_whatever_url_and_body_are_sent(body: bytes, rest: str) -> None:
    """Any visible ASCII behind the gate's own URL is one URL to both sides."""
    url = f"{GATE}/{rest}"
    claim = DIALECT.read(arrives(url, signer().headers("PUT", url, body), body, "PUT"))
    assert claim is not None
    DIALECT.check(claim, Algorithm.ED25519, PROOFS[Algorithm.ED25519][1])


def test_each_signature_is_another_one() -> None:
    """By its nonce, of 128 random bits unless one brings another source."""
    fresh = Signer(GATE, KEY, PROOFS[Algorithm.ED25519][0], clock=lambda: NOW)
    inputs = {fresh.headers("GET", f"{GATE}/a")["Signature-Input"] for _ in range(50)}
    assert len(inputs) == 50


@pytest.mark.parametrize(
    ("base", "url", "signed"),
    [
        ("https://API.example.com:443/native/", "https://api.EXAMPLE.com/native/a", "https://api.example.com/native/a"),
        ("http://api.example.com", "http://api.example.com:80", "http://api.example.com/"),
        ("http://api.example.com:8700", "http://api.example.com:8700?a=b", "http://api.example.com:8700/?a=b"),
        ("http://[::1]:8700/n", "http://[::1]:8700/n/a?#top", "http://[::1]:8700/n/a?"),
        ("http://api.example.com", "http://api.example.com/a?b='c'\"", "http://api.example.com/a?b='c'\""),
    ],
)
def test_a_url_is_signed_in_one_spelling(base: str, url: str, signed: str) -> None:
    """Host in lower case, no default port, no fragment; path and query as they are."""
    seen: list[bytes] = []

    class Seeing:
        algorithm = "ed25519"

        def sign(self, message: bytes) -> bytes:
            seen.append(message)
            return bytes(64)

    Signer(base, KEY, Seeing()).headers("GET", url)
    assert f'"@target-uri": {signed}\n'.encode() in seen[0]


@pytest.mark.parametrize(
    "url",
    [
        *("https://evil.example/native/a", "http://api.example.com/native/a", "https://api.example.com:8443/native/a"),
        *("https://api.example.com/nativeness", "https://api.example.com/native", "https://api.example.com/"),
        *("https://api.example.com.evil.example/native/a",),
    ],
)
def test_it_signs_for_one_gate(url: str) -> None:
    """Wherever a redirect points, and whatever begins like the gate's URL."""
    with pytest.raises(NotSignable, match="this signer is for that gate"):
        signer().headers("GET", url)


@pytest.mark.parametrize(
    "url",
    [
        *("/native/a", "ftp://api.example.com/native/a", "https://user@api.example.com/native/a", "https://"),
        *(f"{GATE}/a b", f"{GATE}/ä", f"{GATE}/a\nb", "https://api.example.com:0443/native/a", "https://ä.example/"),
    ],
)
def test_what_is_no_url(url: str) -> None:
    """What a library would still have to encode is not signed before it is."""
    with pytest.raises(NotSignable, match="a URL is http or https"):
        signer().headers("GET", url)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: signer(valid_s=0), "1 to 60 seconds"),
        (lambda: signer(valid_s=61), "good for 1 to 60 seconds"),
        (lambda: signer(base=f"{GATE}?a=b"), "no query"),
        (lambda: Signer(GATE, 'bk"', PROOFS[Algorithm.ED25519][0]), "a key id has 1 to 128"),
        (lambda: signer().headers("get", f"{GATE}/a"), "upper case, not 'get'"),
        (lambda: signer().headers("G T", f"{GATE}/a"), "upper case"),
    ],
)
def test_what_else_cannot_be_signed(make: Callable[[], object], words: str) -> None:
    """The text says what to change."""
    with pytest.raises(NotSignable, match=words):
        make()


# ---- keys


def test_no_key_shows_itself() -> None:
    """Neither in its own representation nor in the signer's."""
    secret = "f" * 64
    shared = SharedSecret(secret)
    for each in (shared, Signer(GATE, KEY, shared), *(key for key, _ in PROOFS.values())):
        assert secret not in repr(each)
        assert "6b6b" not in repr(each)
    assert repr(signer()) == f"Signer('https://api.example.com/native/', '{KEY}', ed25519)"


@pytest.mark.parametrize("secret", ["", "abc\n", " abc", "ä"])
def test_a_secret_that_was_pasted_badly(secret: str) -> None:
    """It would sign, and never be proven."""
    with pytest.raises(ValueError, match="plain text without white space"):
        SharedSecret(secret)


def pem(key: Any, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    written: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return written


def test_keys_that_cannot_sign_here() -> None:
    """Another kind, another curve, no key, a locked one."""
    for other in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(ValueError, match="of another kind"):
            load_pem(pem(other))
    with pytest.raises(ValueError, match="PEM"):
        load_pem(b"ssh-ed25519 AAAA")
    locked = pem(Ed25519PrivateKey.generate(), b"word")
    assert load_pem(locked, b"word").algorithm == "ed25519"
    with pytest.raises(TypeError):
        load_pem(locked)


def test_it_stands_alone() -> None:
    """In a process of its own, with its adapters, nothing of the gate is imported."""
    words = (
        "import sys, bitting_client, bitting_client.for_aiohttp, bitting_client.for_httpx, bitting_client.for_requests;"
        "print([name for name in sys.modules if name == 'bitting' or name.startswith('bitting.')])"
    )
    folder = Path(__file__).parents[2] / "client" / "src"
    done = subprocess.run([sys.executable, "-c", words], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
