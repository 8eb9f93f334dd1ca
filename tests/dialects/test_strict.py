"""The strict readers: one spelling a value, and everything else is malformed."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.strict import (
    ascii_text,
    json_object,
    json_value,
    one_header,
    parameters,
    plain_path,
    whole_number,
)
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request


def request(target: bytes = b"/", *headers: tuple[bytes, bytes]) -> Request:
    return Request(b"GET", target, headers, b"", peer=0)


def test_a_header_is_read_when_it_stands_once() -> None:
    """Absent is None, and twice is malformed even if it says the same twice."""
    assert one_header(request(b"/", (b"a", b"1"), (b"b", b"2")), b"b") == b"2"
    assert one_header(request(b"/", (b"a", b"1")), b"b") is None
    assert one_header(request(b"/", (b"a", b"")), b"a") == b""
    with pytest.raises(MalformedRequest, match="header a stands twice"):
        one_header(request(b"/", (b"a", b"1"), (b"b", b"2"), (b"a", b"1")), b"a")


@given(st.binary(max_size=12))
def test_text_is_visible_ascii_of_bounded_length(value: bytes) -> None:
    """1 to 8 characters from ! to ~, and any other bytes are malformed."""
    if 1 <= len(value) <= 8 and all(0x21 <= each <= 0x7E for each in value):
        assert ascii_text(value, 8, "it").encode() == value
    else:
        with pytest.raises(MalformedRequest, match="it is not 1 to 8"):
            ascii_text(value, 8, "it")


@given(st.integers(0, 10**19 - 1))
def test_a_whole_number_is_its_digits(number: int) -> None:
    """The one spelling without sign or leading zero."""
    assert whole_number(str(number).encode(), 19, "it") == number


@pytest.mark.parametrize(
    "value",
    [
        b"", b"-1", b"+1", b" 1", b"1 ", b"1_0", b"01", b"00", b"1.0", b"1e3", b"0x1", b"\xd9\xa1", b"\xb2",
        b"1" * 20, b"9" * 5000,
    ],
)  # fmt: skip
def test_a_second_spelling_of_a_number_is_malformed(value: bytes) -> None:
    """Python's int reads most of these, and raises ValueError over the longest."""
    with pytest.raises(MalformedRequest, match="it is not a whole number"):
        whole_number(value, 19, "it")


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**9), max_value=10**9)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    """What any client's encoder writes, in ASCII or UTF-8, with spaces or without."""
    assert json_value(json.dumps(value).encode()) == value
    assert json_value(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) == value


@given(numbers)
def test_a_fraction_is_a_decimal(number: Decimal) -> None:
    """No float comes between the digits and the amount."""
    read = json_value(f"[{number:f}]".encode())
    assert read == [number]


@given(st.binary(max_size=60))
def test_any_bytes_are_json_or_malformed(body: bytes) -> None:
    """Nothing else ever escapes."""
    for reader in (json_value, json_object, parameters):
        try:
            reader(body)
        except MalformedRequest:
            continue


def test_white_space_round_json_is_nothing() -> None:
    """Space, tab and the two ends of a line."""
    assert json_value(b" \t\r\n[1 , 2]\n\r\t ") == [1, 2]


def test_no_body_is_an_empty_object() -> None:
    """As clients mean it; any other value than an object is refused."""
    assert json_object(b"") == {}
    assert json_object(b'{"a": 1}') == {"a": 1}
    for body in (b"[]", b"1", b'"a"', b"null", b"true"):
        with pytest.raises(MalformedRequest, match="not a JSON object"):
            json_object(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"p":"read","p":"withdraw"}', "stands twice"),
        (b'{"a":{"p":1,"p":1}}', "stands twice"),
        (b'{"p":1,"\\u0070":2}', "stands twice"),
        (b"[NaN]", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e400]", "amount"),
        (b"[1e-400]", "amount"),
        (b"[0." + b"1" * 40 + b"]", "amount"),
        (b"[" + b"1" * 41 + b"]", "too long"),
        (b"[" + b"1" * 5000 + b"]", "too long"),
        (b"[1_0]", "not JSON"),
        (b"[01]", "not JSON"),
        (b"[+1]", "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'{"a":1}{"a":2}', "not JSON"),
        (b'{"a":1,}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'["\xff"]', "not JSON"),
        ('["a"]'.encode("utf-16"), "not JSON"),
        (b" ", "not JSON"),
        (b"{}\x0b", "not JSON"),  # white space to str.strip, not to RFC 8259
        (b"\xc2\xa0{}", "not JSON"),
        (b"1 2", "not JSON"),
        (b"[" * 17 + b"]" * 17, "too deeply"),
        (b'{"a":' * 17 + b"1" + b"}" * 17, "too deeply"),
        (b"[" * 100_000, "too deeply"),
        (b'["' + b"]" * 100 + b'",' + b"[" * 100 + b"]" * 101, "too deeply"),  # closings in a string hide nothing
        (b'["\\"' + b"]" * 100 + b'",' + b"[" * 100 + b"]" * 101, "too deeply"),
    ],
)
def test_json_that_two_readers_may_read_differently_is_malformed(body: bytes, why: str) -> None:
    """Doubled keys, numbers that are none or have no end, other text, too deep."""
    with pytest.raises(MalformedRequest, match=why):
        json_value(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 16 + b"]" * 16,
        b"[" + b"[]," * 100 + b"[]]",  # wide is not deep
        b'["' + b"[" * 100 + b'"]',  # brackets in a string are text
        b'["\\\\", "' + b"{" * 100 + b'"]',
    ],
)
def test_json_may_be_wide_and_hold_brackets(body: bytes) -> None:
    """Only the depth outside strings counts."""
    assert json_value(body)


@pytest.mark.parametrize("body", [b'["' + b'\\"' * 50_000 + b"[" * 20, b"[" * 20 + b'"' + b"\\" * 100_001])
def test_a_string_without_an_end_costs_no_more_than_its_length(body: bytes) -> None:
    """It is passed over once, and is no JSON; a pattern that tried again from each quote would take hours."""
    with pytest.raises(MalformedRequest):
        json_value(body)


@given(st.dictionaries(st.text(min_size=1, max_size=6), st.text(max_size=8), max_size=6))
def test_a_form_is_read_as_it_was_written(fields: dict[str, str]) -> None:
    """With escapes and plus signs; blank values stay."""
    clean = {key: value for key, value in fields.items() if (key + value).isprintable()}
    assert parameters(urlencode(clean).encode()) == clean
    assert parameters(*(f"{quote_plus(key)}={quote_plus(value)}".encode() for key, value in clean.items())) == clean


def test_parts_of_a_form_are_read_in_turn() -> None:
    """Query and body make one form; an empty part is none."""
    assert parameters(b"a=1&b=", b"", b"c=%C3%A9+x") == {"a": "1", "b": "", "c": "\u00e9 x"}
    assert parameters() == {}


@pytest.mark.parametrize(
    "parts",
    [
        (b"a=1&a=2",),
        (b"a=1", b"a=1"),
        (b"a=1&%61=2",),
        (b"a",),
        (b"=1",),
        (b"a=1&",),
        (b"&a=1",),
        (b"a=%",),
        (b"a=%4",),
        (b"a=%zz",),
        (b"a=%ff",),
        (b"a=\xff",),
        (b"%=1",),
        (b"&".join(b"a%d=1" % number for number in range(201)),),
    ],
)
def test_a_form_that_can_be_read_two_ways_is_malformed(parts: tuple[bytes, ...]) -> None:
    """Doubled, nameless, broken, endless, or no text."""
    with pytest.raises(MalformedRequest):
        parameters(*parts)


@pytest.mark.parametrize(
    "path", ["/", "/v2/auth/r/wallets", "/api/v3/order", "/v2/auth/r/orders/tDUSK:USD", "/v2/conf/pub:a,pub:b", "/a.b"]
)
def test_a_plain_path_is_itself(path: str) -> None:
    """And the query is not part of it."""
    assert plain_path(request(path.encode())) == path
    assert plain_path(request(f"{path}?a=/../".encode())) == path


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"v2",
        b"*",
        b"http://host/v2",
        b"/v2/",
        b"//v2",
        b"/v2//x",
        b"/v2/../x",
        b"/v2/./x",
        b"/v2/..",
        b"/.",
        b"/v2/%2e%2e/x",
        b"/v2/%41",
        b"/v2\\x",
        b"/v2;a=b",
        b"/v2/x#y",
        b"/v2/{x}",
        b"/v2/x y",
        b"/v2/\x00",
        b"/v2/\xff",
        b"/v2\n",
        b"/" + b"x" * 512,
    ],
)
def test_a_path_that_another_server_may_resolve_is_malformed(path: bytes) -> None:
    """Dots, doubled and trailing slashes, escapes, path parameters, fragments, and what stands in no path."""
    with pytest.raises(MalformedRequest):
        plain_path(request(path))
