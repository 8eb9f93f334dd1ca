"""Kraken spot: what its signatures bind, and that no signed bytes mean two requests."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.dialect import Claim, Draft
from bitting.dialects.kraken import DIALECT, signed_bytes
from bitting.domain.action import Kind
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.request import Request
from bitting.domain.secret import Secret

FORM, JSON = b"application/x-www-form-urlencoded", b"application/json"
SECRET: Final = DIALECT.mint(lambda size: bytes(range(size)))
NOW_NS: Final = 1_795_265_494_041_000_000


def private(body: bytes, kind: bytes = FORM, path: bytes = b"/0/private/Balance") -> Request:
    """A request whose proof is in shape and proves nothing."""
    headers = ((b"content-type", kind), (b"api-key", b"bk_live_x"), (b"api-sign", b"A" * 86 + b"=="))
    return Request(b"POST", path, headers, body, 0)


def read(body: bytes, kind: bytes = FORM) -> Claim | None:
    """The claim, or None for a body that is refused."""
    try:
        return DIALECT.read(private(body, kind))
    except MalformedRequest:
        return None


def test_what_is_signed_is_the_path_and_a_hash() -> None:
    """The formula, over the exchange's own example."""
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    signed = b"/0/private/AddOrder" + sha256(b"1616492376594" + body).digest()
    assert signed_bytes(b"/0/private/AddOrder", b"1616492376594", body) == signed


_NONCES = st.integers(1, 10**14).map(lambda number: b"%d" % number)
_WORDS = st.sampled_from(
    [b"nonce", b"1nonce", b"a", b"12", b"3", b"{", b'{"nonce":"', b'"}', b"nonce=1", b"%6eonce", b""]
)
_PIECES = st.lists(st.tuples(_WORDS, st.one_of(_NONCES, _WORDS)), max_size=3)


@given(nonce=_NONCES, before=_PIECES, after=_PIECES, is_json=st.booleans())
def test_signed_bytes_are_cut_in_one_way(
    nonce: bytes, before: list[tuple[bytes, bytes]], after: list[tuple[bytes, bytes]], is_json: bool
) -> None:
    """Whatever stands round the nonce: of all places where nonce and body may part, under either Content-Type, one
    at most is read."""
    pieces = [name + b"=" + value for name, value in (*before, (b"nonce", nonce), *after)]
    body = b'{"nonce":"%b","x":"%b"}' % (nonce, b"&".join(pieces).replace(b'"', b"")) if is_json else b"&".join(pieces)
    hashed = nonce + body
    ways = []
    for cut in range(1, len(hashed)):
        for kind in (FORM, JSON):
            claim = read(hashed[cut:], kind)
            if claim is not None and b"%d" % claim.nonce + hashed[cut:] == hashed:
                ways.append((cut, kind))
    assert len(ways) <= 1


@pytest.mark.parametrize(
    ("hashed", "cut", "otherwise"),
    [
        (b"123nonce=123&nonce=12", 2, 3),  # the first of two nonces, or the last
        (b'123{"nonce":"123","u":"a=b&nonce=12&c="}', 3, 2),  # JSON, or a form with an odd first name
    ],
)
def test_each_rule_on_bodies_is_needed(hashed: bytes, cut: int, otherwise: int) -> None:
    """Bytes that a laxer reader would cut in two ways: one of them is read, and the other is refused."""
    ways = {each: read(hashed[each:], JSON if hashed[each:].startswith(b"{") else FORM) for each in (cut, otherwise)}
    assert ways[cut] is not None
    assert ways[otherwise] is None


@pytest.mark.parametrize("material", [b"", b"====", b"AAA", b"AA-AA", SECRET.reveal()[:-1], SECRET.reveal() + b"\n"])
def test_an_imported_secret_that_is_no_base64_proves_nothing(material: bytes) -> None:
    """Not even with the MAC key that a laxer reader would make of it: of nothing it would make one that all have."""
    request = private(b"nonce=1")
    claim = DIALECT.read(request)
    assert claim is not None
    lax = hmac.digest(b64decode(material + b"=="), claim.signing_input, "sha512")
    with pytest.raises(BadSignature):
        DIALECT.check(claim._replace(signature=b64encode(lax)), Algorithm.HMAC_SHA512, material)
    with pytest.raises(BadSignature):
        DIALECT.sign(Draft(b"POST", b"/", b""), "k", Algorithm.HMAC_SHA512, Secret(material), NOW_NS)


@pytest.mark.parametrize("body", [b"", b"asset=XBT", b"{}", b'{ "asset": "XBT" }', b"{ }"])
def test_a_draft_is_signed_in_its_own_notation(body: bytes) -> None:
    """The nonce stands before what the draft says, in a form or in JSON."""
    draft = Draft(b"POST", b"/0/private/Ledgers", body)
    request = DIALECT.sign(draft, "bk_live_x", Algorithm.HMAC_SHA512, SECRET, NOW_NS)
    claim = DIALECT.read(request)
    assert claim is not None
    assert claim.nonce == NOW_NS // 1000
    DIALECT.check(claim, Algorithm.HMAC_SHA512, SECRET.reveal())
    assert request.body.endswith(body.lstrip(b"{ "))


def test_a_minted_secret_is_64_bytes_in_base64() -> None:
    """What ccxt can decode, and what Kraken's own look like."""
    assert SECRET.reveal() == b64encode(bytes(range(64)))


def test_nothing_under_private_is_public() -> None:
    """And a POST never is."""
    assert DIALECT.is_public(Request(b"GET", b"/0/public/Ticker?pair=XBTUSD", (), b"", 0))
    for method, target in ((b"POST", b"/0/public/Ticker"), (b"GET", b"/0/private/Balance"), (b"GET", b"/0/public/x")):
        assert not DIALECT.is_public(Request(method, target, (), b"", 0))


@pytest.mark.parametrize("name", ["GetWebSocketsToken", "CreateSubaccount", "AccountTransfer", "AddWithdrawAddress"])
def test_power_that_outlives_the_key_is_closed(name: str) -> None:
    """Tokens, accounts, other accounts' funds, and the list that withdrawals are held to."""
    assert DIALECT.actions(private(b"nonce=1", path=b"/0/private/" + name.encode())) is None


def test_every_withdrawal_is_one() -> None:
    """The only route by which value leaves is of that kind."""
    leaving = [row.path for row in DIALECT.routes if row.action.kind is Kind.WITHDRAWAL]
    assert leaving == ["/0/private/Withdraw"]
