"""Bodies of Kraken requests: forms and JSON, and nonces in one spelling."""

from typing import Any

import pytest

from bitting.dialects.kraken_body import fields, nonce_of
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request

FORM, JSON = b"application/x-www-form-urlencoded", b"application/json"


def given(body: bytes, *kinds: bytes) -> dict[str, Any]:
    return dict(fields(Request(b"POST", b"/", tuple((b"content-type", each) for each in kinds), body, 0)))


@pytest.mark.parametrize("kind", [FORM, FORM + b"; charset=UTF-8", b"Application/X-WWW-Form-URLEncoded;charset=utf-8"])
def test_a_form_is_read_with_its_groups(kind: bytes) -> None:
    """In the order sent, escapes undone."""
    body = b"nonce=12&close[price]=%2B5%25&close%5Bordertype%5D=limit&fee-info=True"
    close = {"price": "+5%", "ordertype": "limit"}
    assert given(body, kind) == {"nonce": "12", "close": close, "fee-info": "True"}


@pytest.mark.parametrize("kind", [JSON, JSON + b"; charset=utf-8"])
def test_json_is_read_as_it_is(kind: bytes) -> None:
    """Groups are objects."""
    assert given(b'{"nonce": 12, "close": {"price": "1"}}', kind) == {"nonce": 12, "close": {"price": "1"}}


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        (b"nonce=12", []),
        (b"nonce=12", [b""]),
        (b"nonce=12", [JSON]),
        (b"nonce=12", [FORM, FORM]),
        (b"nonce=12", [b"text/plain"]),
        (b"nonce=12", [FORM + b"; charset=utf-7"]),
        (b'{"nonce":12}', [FORM]),
        (b'{"nonce":12}', [b"application/json; charset=utf-16"]),
        (b' {"nonce":12}', [JSON]),
        (b"[12]", [JSON]),
    ],
)
def test_a_body_is_marked_as_what_it_is(body: bytes, kinds: list[bytes]) -> None:
    """Content-Type is not signed, so it may not decide what the bytes mean."""
    with pytest.raises(MalformedRequest):
        given(body, *kinds)


@pytest.mark.parametrize(
    "body",
    [
        b"close=1&close[a]=2",
        b"close[a]=2&close=1",
        b"close[a]=1&close[a]=2",
        b"close[a]=1&close%5Ba%5D=2",
        b"close[a][b]=1",
        b"close[]=1",
        b"close[=1",
        b"close]=1",
        b"a.b=1",
        b"a%20=1",
        b"%C3%A9=1",
        b'{=1&"=2',
        b'1{"a":"b"=1',
        b"=1",
        b"a",
        b"a=1&&b=2",
    ],
)
def test_names_are_plain_and_stand_once(body: bytes) -> None:
    """What two parsers could take for different parameters is refused."""
    with pytest.raises(MalformedRequest):
        given(body, FORM)


@pytest.mark.parametrize(("nonce", "number"), [("1", 1), (7, 7), (str(2**64 - 1), 2**64 - 1)])
def test_a_nonce_is_an_unsigned_number_of_64_bits(nonce: str | int, number: int) -> None:
    """As text, or as a number of JSON."""
    assert nonce_of({"nonce": nonce}) == number


@pytest.mark.parametrize(
    "nonce",
    [
        None,
        True,
        0,
        -1,
        "-",
        "0000",
        "",
        "+1",
        " 1",
        "01",
        "-7",
        "1.0",
        "1e3",
        "1_0",
        "\u0661",
        "\xb2",
        2**64,
        {},
        ["1"],
    ],
)
def test_a_nonce_has_one_spelling(nonce: Any) -> None:
    """Everything else is refused: the digits are part of what is signed."""
    with pytest.raises(MalformedRequest):
        nonce_of({"nonce": nonce})
