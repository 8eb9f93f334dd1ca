"""The gate's word about a caller: believed for exactly one request, from exactly one gate, for a moment."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import BadSignature, Malformed, MalformedRequest, MalformedValue
from bitting.domain.request import Header
from bitting.domain.secret import Secret
from bitting.web.identity import PREFIX, Identity, sign_identity, verify_identity

SECRET = Secret(bytes(range(32)))
NOW_MS = 1_790_000_000_000
METHOD, TARGET, BODY = b"POST", b"/v1/orders?a=1", b'{"amount": "1"}'
ACCOUNT, KEY, REQUEST_ID = "0199-account", "0199-key", "0199-request"


def signed(**changes: str) -> tuple[Header, ...]:
    ids = {"account": ACCOUNT, "key": KEY, "request_id": REQUEST_ID} | changes
    return sign_identity(SECRET, METHOD, TARGET, BODY, now_ms=NOW_MS, **ids)


def verified(headers: tuple[Header, ...], now_ms: int = NOW_MS) -> Identity:
    return verify_identity(SECRET, METHOD, TARGET, headers, BODY, now_ms=now_ms)


def test_the_signed_bytes() -> None:
    """The formula of the module's first paragraph, written out by hand."""
    parts = [
        b"bitting-identity-v1", b"POST", b"/v1/orders?a=1", hashlib.sha256(BODY).digest(),
        b"0199-account", b"0199-key", b"1790000000000", b"0199-request",
    ]  # fmt: skip
    said = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    assert signed() == (
        (b"bitting-account", b"0199-account"),
        (b"bitting-key", b"0199-key"),
        (b"bitting-time", b"1790000000000"),
        (b"bitting-request-id", b"0199-request"),
        (b"bitting-signature", b"v1=" + hmac.new(bytes(range(32)), said, "sha256").hexdigest().encode()),
    )


def test_what_is_signed_is_believed() -> None:
    """Among other headers, in any order and any case."""
    headers = ((b"host", b"a"), *[(name.title(), value) for name, value in reversed(signed())], (b"host", b"b"))
    assert verified(headers) == Identity(ACCOUNT, KEY, REQUEST_ID, NOW_MS)


@pytest.mark.parametrize("name", [name for name, _ in signed()])
def test_each_header_is_needed_once(name: bytes) -> None:
    """None may be missing, and none may stand twice, be it equal or in another case."""
    headers = signed()
    with pytest.raises(MalformedRequest, match="missing"):
        verified(tuple(one for one in headers if one[0] != name))
    for twice in ((name, b"other"), (name, dict(headers)[name]), (name.upper(), b"other")):
        with pytest.raises(MalformedRequest, match="twice"):
            verified((*headers, twice))
        with pytest.raises(MalformedRequest, match="twice"):
            verified((twice, *headers))


@pytest.mark.parametrize("name", [name for name, _ in signed()])
def test_each_header_is_signed(name: bytes) -> None:
    """Another value is not believed."""
    other = tuple((one, b"1790000000001" if one == name else value) for one, value in signed())
    with pytest.raises(BadSignature):
        verified(other)


@pytest.mark.parametrize(
    ("method", "target", "body", "secret"),
    [
        (b"PUT", TARGET, BODY, SECRET),
        (METHOD, b"/v1/orders?a=2", BODY, SECRET),
        (METHOD, TARGET, BODY + b" ", SECRET),
        (METHOD, TARGET, b"", SECRET),
        (METHOD, TARGET, BODY, Secret(bytes(32))),
        (METHOD + TARGET[:1], TARGET[1:], BODY, SECRET),
    ],
)
def test_the_request_is_signed(method: bytes, target: bytes, body: bytes, secret: Secret) -> None:
    """For another method, target, body or upstream, the headers are worth nothing."""
    with pytest.raises(BadSignature, match="not the gate's word"):
        verify_identity(secret, method, target, signed(), body, now_ms=NOW_MS)


@pytest.mark.parametrize(("late_ms", "believed"), [(30_000, True), (-30_000, True), (30_001, False), (-30_001, False)])
def test_for_a_moment(late_ms: int, believed: bool) -> None:
    """The window is 30 s to both sides, both ends included."""
    if believed:
        assert verified(signed(), NOW_MS + late_ms).signed_at_ms == NOW_MS
    else:
        with pytest.raises(BadSignature, match="not of now"):
            verified(signed(), NOW_MS + late_ms)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"bitting-time", b""),
        (b"bitting-time", b"+1790000000000"),
        (b"bitting-time", b"1_790_000_000_000"),
        (b"bitting-time", b"1790000000000\n"),
        (b"bitting-time", b"0"),
        (b"bitting-time", b"9" * 5_000),
        (b"bitting-account", b""),
        (b"bitting-account", b"a b"),
        (b"bitting-key", b"\xff"),
        (b"bitting-request-id", b"a" * 129),
    ],
)
def test_what_is_not_well_formed(name: bytes, value: bytes) -> None:
    """It is refused before anything is computed or converted."""
    with pytest.raises(MalformedRequest, match="malformed"):
        verified(tuple((one, value if one == name else was) for one, was in signed()))


@pytest.mark.parametrize("signature", [b"", b"v1=", b"v2=", b"\xff\xfe", b"v1=" + b"0" * 64])
def test_no_signature_is_never_a_fault(signature: bytes) -> None:
    """Empty, short, foreign or not even text: it is a bad signature."""
    with pytest.raises(BadSignature):
        verified((*signed()[:4], (b"bitting-signature", signature)))


def test_one_spelling_of_a_signature() -> None:
    """The same bytes in capitals are another signature."""
    *rest, (name, value) = signed()
    with pytest.raises(BadSignature):
        verified((*rest, (name, b"v1=" + value[3:].upper())))


@pytest.mark.parametrize("one", ["", "a b", "é", "a\r\nb", "a" * 129])
@pytest.mark.parametrize("which", ["account", "key", "request_id"])
def test_an_id_that_is_not_one(which: str, one: str) -> None:
    """It is not signed."""
    with pytest.raises(MalformedValue):
        signed(**{which: one})


HEADERS = st.lists(
    st.tuples(st.sampled_from([name for name, _ in signed()] + [b"host", PREFIX]), st.binary(max_size=20))
)


@given(HEADERS)
def test_any_headers_at_all(headers: list[Header]) -> None:
    """Nobody without the secret is believed, and nothing but these two answers comes out."""
    with pytest.raises((Malformed, BadSignature)):
        verified(tuple(headers))


IDS = st.text([chr(code) for code in range(0x21, 0x7F)], min_size=1, max_size=128)


@given(IDS, IDS, IDS, st.binary(), st.binary(), st.binary(), st.integers(1, 9_999_999_999_999))
def test_round_trip(
    account: str, key: str, request_id: str, method: bytes, target: bytes, body: bytes, now_ms: int
) -> None:
    """Whatever is signed is read back as it was."""
    headers = sign_identity(
        SECRET, method, target, body, account=account, key=key, request_id=request_id, now_ms=now_ms
    )
    assert all(name.startswith(PREFIX) for name, _ in headers)
    identity = verify_identity(SECRET, method, target, headers, body, now_ms=now_ms)
    assert identity == Identity(account, key, request_id, now_ms)
