"""A signature that does not match is held against what clients are known to do; it teaches nobody to sign."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import quote_from_bytes

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects import binance, bitfinex
from bitting.dialects.dialect import Claim, Dialect, Draft
from bitting.dialects.signatures import mac
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import Tampered
from bitting.domain.request import Request
from bitting.domain.secret import Secret
from bitting.gate.explain.signature import MOST_NAMED, Slips, Suspect, find
from tests.gate.world import NOW

SECRET = b"c5Guf9YVVHfRiz4HCMHKzcsWPLkkVN3VvZHcy6yqKZ0"
KEY_ID = "theirOldKeyId"
ORDER = b'{"type":"EXCHANGE LIMIT","symbol":"tBTCUSD","amount":"0.010","price":49000,"meta":{"note":"\xea\xb0\x80"}}'
DRAFTS: list[tuple[Dialect, Draft]] = [
    (bitfinex.DIALECT, Draft(b"POST", b"/v2/auth/w/order/submit", ORDER)),
    (bitfinex.DIALECT, Draft(b"POST", b"/v2/auth/r/wallets", b"")),
    (bitfinex.DIALECT, Draft(b"POST", b"/v2/auth/r/wallets", b"{}")),
    (binance.DIALECT, Draft(b"GET", b"/api/v3/order?symbol=BTCUSDT&recvWindow=5000&note=a%2Cb+c%5b1%5D", b"")),
    (binance.DIALECT, Draft(b"POST", b"/api/v3/order", b"symbol=BTCUSDT&side=BUY&recvWindow=4000.5")),
    (binance.DIALECT, Draft(b"POST", b"/api/v3/order?symbol=BTCUSDT", b"side=BUY&quantity=1")),
    (binance.DIALECT, Draft(b"POST", b"/api/v3/order?symbol=BTCUSDT", b"")),
]
NAMES = ["order", "nothing", "empty", "query", "form", "both", "apart"]


def read(dialect: Dialect, draft: Draft) -> tuple[Request, Claim]:
    """As its client signs it."""
    request = dialect.sign(draft, KEY_ID, dialect.description.algorithms[0], Secret(SECRET), NOW)
    claim = dialect.read(request)
    assert claim is not None
    return request, claim


def hexed(dialect: Dialect, signed: bytes, secret: bytes = SECRET) -> bytes:
    return mac(dialect.description.algorithms[0], secret, signed).hex().encode()


def escaped(raw: bytes) -> bytes:
    return quote_from_bytes(base64.b64encode(raw), safe="").encode()


def suspect(dialect: Dialect, name: str = "", secret: bytes = SECRET) -> Suspect:
    return Suspect(name, dialect.description.algorithms[0], lambda: secret)


@pytest.mark.parametrize(("dialect", "draft"), DRAFTS, ids=NAMES)
def test_every_slip_of_the_dialect_is_named(dialect: Dialect, draft: Draft) -> None:
    """Whoever signs what is in the list is told so: by its name, or by another that stands for the same bytes."""
    request, claim = read(dialect, draft)
    slips = list(dialect.slips(request, claim))
    assert len(slips) > 15
    for slip in slips:
        if slip.signing_input == claim.signing_input:
            continue
        found = find(
            request, claim._replace(signature=hexed(dialect, slip.signing_input)), dialect, [suspect(dialect)], b""
        )
        same = {each.mistake for each in slips if each.signing_input == slip.signing_input}
        assert {(mistake,) for mistake in same} & set(found.found), slip


SECRETS = {
    "the secret was used with a line end behind it (from a file, most likely)": SECRET + b"\n",
    "the secret was used with a line end of Windows behind it": SECRET + b"\r\n",
    "the secret was used in lower case": SECRET.lower(),
    "the secret was used without its last character": SECRET[:-1],
    "the secret was used encoded in base64": base64.b64encode(SECRET),
    "the secret was used encoded in hex": SECRET.hex().encode(),
    "the secret was empty": b"",
    "the secret was the word undefined: a variable that was not set": b"undefined",
    "the key id was used in place of the secret": KEY_ID.encode(),
}


@pytest.mark.parametrize("mistake", SECRETS)
@pytest.mark.parametrize("dialect", [bitfinex.DIALECT, binance.DIALECT], ids=["bitfinex", "binance"])
def test_what_became_of_the_secret_is_named(dialect: Dialect, mistake: str) -> None:
    """Whichever dialect it is for."""
    request, claim = read(dialect, DRAFTS[0 if dialect is bitfinex.DIALECT else 4][1])
    signature = hexed(dialect, claim.signing_input, SECRETS[mistake])
    found = find(request, claim._replace(signature=signature), dialect, [suspect(dialect)], b"")
    assert found.found == ((mistake,),)


@pytest.mark.parametrize(
    ("encoding", "encode"), [("base64", base64.b64encode), ("hex", lambda raw: raw.hex().encode())]
)
def test_a_secret_that_was_decoded_before_use(encoding: str, encode: object) -> None:
    """Some exchanges give secrets in base64 and sign with what they stand for; others do not."""
    assert callable(encode)
    dialect, secret = bitfinex.DIALECT, encode(hashlib.sha256(b"secret").digest())
    request, claim = read(dialect, DRAFTS[0][1])
    wrong = claim._replace(signature=hexed(dialect, claim.signing_input, hashlib.sha256(b"secret").digest()))
    found = find(request, wrong, dialect, [suspect(dialect, "", secret)], b"")
    assert found.found == ((f"the secret was decoded from {encoding} before use",),)


@pytest.mark.parametrize("algorithm", [Algorithm.HMAC_SHA512, Algorithm.HMAC_SHA384], ids=["512", "384"])
def test_another_hash_is_named(algorithm: Algorithm) -> None:
    """A client for another exchange, most likely."""
    dialect = binance.DIALECT
    request, claim = read(dialect, DRAFTS[4][1])
    wrong = claim._replace(signature=mac(algorithm, SECRET, claim.signing_input).hex().encode())
    found = find(request, wrong, dialect, [suspect(dialect)], b"")
    assert found.found == ((f"signed with {algorithm.value} in place of hmac-sha256",),)


@pytest.mark.parametrize(
    "spell",
    [
        base64.b64encode,
        lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"="),
        escaped,
        lambda raw: base64.b64encode(raw.hex().encode()),
    ],
    ids=["base64", "base64url", "escaped", "hex in base64"],
)
def test_another_encoding_is_named(spell: object) -> None:
    """The signature is right, and written as another exchange wants it."""
    assert callable(spell)
    dialect = binance.DIALECT
    request, claim = read(dialect, DRAFTS[4][1])
    wrong = claim._replace(signature=spell(mac(Algorithm.HMAC_SHA256, SECRET, claim.signing_input)))
    found = find(request, wrong, dialect, [suspect(dialect)], b"")
    assert found.found == (("the signature is right, and in another encoding than this dialect's",),)


def test_a_key_pair_has_its_own_encodings_and_no_secret_to_misspell() -> None:
    """Ed25519: in hex where base64 is wanted; over bytes with a line end."""
    dialect, seed = binance.DIALECT, bytes(range(32))
    private = Ed25519PrivateKey.from_private_bytes(seed)
    signer = Suspect("", Algorithm.ED25519, private.public_key().public_bytes_raw)
    request, claim = read(dialect, DRAFTS[4][1])
    in_hex = claim._replace(signature=private.sign(claim.signing_input).hex().encode())
    assert find(request, in_hex, dialect, [signer], b"").found == (
        ("the signature is right, and in another encoding than this dialect's",),
    )
    line = claim._replace(signature=escaped(private.sign(claim.signing_input + b"\n")))
    [[mistake]] = find(request, line, dialect, [signer], b"").found
    assert mistake.startswith("a line end was signed behind the bytes")


def test_two_mistakes_together_are_found() -> None:
    """Each is told; but never two where one explains it."""
    dialect = bitfinex.DIALECT
    request, claim = read(dialect, DRAFTS[0][1])
    slip = next(iter(dialect.slips(request, claim)))
    wrong = claim._replace(signature=hexed(dialect, slip.signing_input, SECRET + b"\n"))
    [found] = find(request, wrong, dialect, [suspect(dialect)], b"").found
    assert found == ("the secret was used with a line end behind it (from a file, most likely)", slip.mistake)


def test_the_path_of_the_mount_is_named() -> None:
    """Clients sign the exchange's path, not the one that leads to the gate."""
    dialect = bitfinex.DIALECT
    request, claim = read(dialect, DRAFTS[0][1])
    whole = request._replace(target=b"/at/home" + request.target)
    again = dialect.read(whole)
    assert again is not None
    wrong = claim._replace(signature=hexed(dialect, again.signing_input))
    found = find(request, wrong, dialect, [suspect(dialect)], b"/at/home")
    assert found.found == (("the path was signed with the gate's own prefix /at/home",),)
    assert find(request, wrong, dialect, [suspect(dialect)], b"/{").found == ()


def test_the_secret_of_another_key_is_named() -> None:
    """Also where it was misspelt besides. One whose box does not open is nobody's."""

    def broken() -> bytes:
        raise Tampered("the box is not what was sealed")

    dialect = bitfinex.DIALECT
    request, claim = read(dialect, DRAFTS[0][1])
    other = suspect(dialect, "the secret of the key bot", b"another")
    damaged = Suspect("a damaged one", Algorithm.HMAC_SHA384, broken)
    for secret, mistakes in (
        (b"another", ("the secret of the key bot",)),
        (b"another\r\n", ("the secret of the key bot", "the secret was used with a line end of Windows behind it")),
    ):
        wrong = claim._replace(signature=hexed(dialect, claim.signing_input, secret))
        assert find(request, wrong, dialect, [suspect(dialect), damaged, other], b"").found == (mistakes,)


@given(st.binary(min_size=48, max_size=48))
def test_what_nobody_knows_is_not_guessed(raw: bytes) -> None:
    """Any other signature fits nothing; and the answer says nothing but how much was tried."""
    dialect = bitfinex.DIALECT
    request, claim = read(dialect, DRAFTS[1][1])
    found = find(request, claim._replace(signature=raw.hex().encode()), dialect, [suspect(dialect)], b"")
    assert found.found == ()
    assert found.tried > 1000


@pytest.mark.parametrize(("dialect", "draft"), DRAFTS, ids=NAMES)
def test_it_is_no_signing_oracle(dialect: Dialect, draft: Draft) -> None:
    """Neither the right signature, nor the secret, nor a MAC of any of the bytes comes out, in any encoding; what comes
    out are sentences of a list that was fixed before."""
    request, claim = read(dialect, draft)
    inputs = [claim.signing_input, *(slip.signing_input for slip in dialect.slips(request, claim))]
    for signed in inputs[1:4]:
        found = find(request, claim._replace(signature=hexed(dialect, signed)), dialect, [suspect(dialect)], b"")
        said = repr(found)
        for each in inputs:
            raw = mac(dialect.description.algorithms[0], SECRET, each)
            for text in (raw.hex(), raw.hex()[:16], base64.b64encode(raw).decode(), repr(raw)):
                assert text not in said
        assert SECRET.decode() not in said
        assert len(found.found) <= MOST_NAMED
        assert isinstance(found, Slips)


def test_a_suspect_does_not_show_its_secret() -> None:
    """Neither printed nor in a traceback's locals."""
    assert SECRET.decode() not in repr(suspect(bitfinex.DIALECT))
    assert json.dumps(repr(suspect(bitfinex.DIALECT)))
