"""`query_hash`: what real clients hash is found, and one hash stands for one reading."""

import hashlib
import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.bithumb_hash import forms, must_match, query_pairs
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request

JSON = ((b"content-type", b"application/json"),)


def get(query: str | bytes) -> Request:
    wire = query if isinstance(query, bytes) else query.encode()
    return Request(b"GET", b"/v1/orders?" + wire, (), b"", peer=0)


def post(body: str | bytes, headers: tuple[tuple[bytes, bytes], ...] = JSON) -> Request:
    return Request(b"POST", b"/v2/orders", headers, body if isinstance(body, bytes) else body.encode(), peer=0)


def sha512(text: str | bytes) -> str:
    return hashlib.sha512(text if isinstance(text, bytes) else text.encode()).hexdigest()


def matches(request: Request, text: str | bytes) -> bool:
    try:
        must_match(request, sha512(text))
    except MalformedRequest:
        return False
    return True


# Marks that mean something in a query, in JSON, or in percent-encoding; letters to be between them.
MARKS = st.text(st.sampled_from('a1=&%+[] /:é\U0001f600"\\{},'), max_size=6)
NAMES = st.sampled_from(["a", "b", "market", "volume"])


@given(st.dictionaries(NAMES, MARKS | st.lists(MARKS, min_size=1, max_size=3), min_size=1))
def test_a_body_that_is_hashed_as_clients_do_matches(fields: dict[str, Any]) -> None:
    """As ccxt and encodeURIComponent do, and as Python's urlencode does; whatever the values are."""
    flat = [
        (f"{name}[]" if isinstance(value, list) else name, each)
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    component = "&".join(f"{name}={quote(value, safe='')}" for name, value in flat)
    form = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in flat)
    for body in (json.dumps(fields), json.dumps(fields, indent=1, ensure_ascii=False)):
        assert matches(post(body), component)
        assert matches(post(body), form)
        assert not matches(post(body), form + "&x=1")


@given(st.dictionaries(NAMES, st.floats(1e-15, 1e20) | st.floats(-1e20, -1e-15), min_size=1))
def test_numbers_match_as_they_stand_and_as_python_writes_them(fields: dict[str, float]) -> None:
    """JavaScript's spelling in the JSON with Python's in the hash is what ccxt sends."""
    body = json.dumps(fields).replace("e-0", "e-")
    assert matches(post(body), "&".join(f"{name}={value!r}".replace("+", "%2B") for name, value in fields.items()))


def meaning(request: Request) -> list[tuple[str, str | Decimal]]:
    """The parameters, by other readers than the one under test. A number is a number, in whatever it stands."""
    if request.query:
        flat = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True, strict_parsing=True)
    else:
        flat = []
        for name, value in json.loads(request.body, parse_float=str, parse_int=str).items():
            for each in value if isinstance(value, list) else [value]:
                flat.append((name + "[]" * isinstance(value, list), each))
    return [(name, _number(value)) for name, value in flat]


def _number(value: str) -> str | Decimal:
    try:
        return Decimal(value) if value.isascii() and "_" not in value else value
    except ArithmeticError:
        return value


TIGHT = st.text(st.sampled_from("a1=&%25+ "), max_size=5)
queries = st.lists(st.tuples(st.sampled_from(["a", "b", "a[]"]), TIGHT), min_size=1, max_size=3).map(
    lambda pairs: get("&".join(f"{name}={value}" for name, value in pairs))
)
bodies = st.dictionaries(
    st.sampled_from(["a", "b"]),
    TIGHT | st.lists(TIGHT, max_size=2) | st.integers(0, 20) | st.sampled_from([1e-7, 0.5]),
    min_size=1,
).map(lambda fields: post(json.dumps(fields)))


@given(queries | bodies, queries | bodies)
def test_one_hash_stands_for_one_reading(one: Request, other: Request) -> None:
    """Whatever two requests match the same hash, they have the same parameters, by any reader's reading."""
    for request in (one, other):
        try:
            texts = [text for text, _ in forms(request)]
        except MalformedRequest:
            return
        for text in texts:
            if matches(one, text) and matches(other, text):
                assert meaning(one) == meaning(other)


@pytest.mark.parametrize(
    ("wire", "hashed"),
    [
        ("a=1%26b=2", "a=1&b=2"),
        ("a=1&b=2", "a=1%26b=2"),
        ("a=1%2B2", "a=1+2"),
        ("a=%2541", "a=%41"),
    ],
)
def test_a_query_is_not_taken_for_another_by_decoding(wire: str, hashed: str) -> None:
    """What was hashed reads otherwise than what was sent: refused, with the reason where the hash is one of ours."""
    assert not matches(get(wire), hashed)
    assert matches(get(wire), wire)


def test_a_text_that_reads_in_two_ways_says_so() -> None:
    """And a hash of something else says which texts were tried, and shows no hash."""
    with pytest.raises(MalformedRequest, match="two ways: percent-encode"):
        must_match(get("a=1%26b=2"), sha512("a=1&b=2"))
    with pytest.raises(MalformedRequest, match="neither as sent, nor with") as refused:
        must_match(get("a=1"), sha512("a=2"))
    assert sha512("a=2") not in str(refused.value)
    assert sha512("a=1") not in str(refused.value)
    with pytest.raises(MalformedRequest, match="as Python writes them"):
        must_match(post('{"a":"1"}'), sha512("a=2"))


def test_lists_are_hashed_with_brackets_and_objects_as_they_stand() -> None:
    """So an object's spelling is under the hash, and that of the JSON around it is not."""
    item = '{"b": "1",  "c":1e-7}'
    text = f"a[]={quote(item, safe='')}&a[]=x&d=1"
    assert matches(post(f'{{"a":[{item},"x"],"d":1}}'), text)
    assert matches(post(f'{{ "a" : [ {item} , "x" ] , "d" : 1 }}'), text)
    assert not matches(post(f'{{"a":[{item.replace("  ", "")},"x"],"d":1}}'), text)


def test_where_there_is_nothing_there_is_no_hash() -> None:
    """And where there is something, there is one."""
    must_match(Request(b"GET", b"/v1/accounts", (), b"", peer=0), "")
    must_match(Request(b"POST", b"/v2/orders", (), b"", peer=0), "")
    must_match(post("{}"), sha512(""))
    for request in (get("a=1"), post('{"a":"1"}'), post("{}")):
        with pytest.raises(MalformedRequest, match="no query_hash"):
            must_match(request, "")
    with pytest.raises(MalformedRequest, match="no parameters"):
        must_match(Request(b"GET", b"/v1/accounts", (), b"", peer=0), sha512(""))


@pytest.mark.parametrize(("name", "fine"), [("a", True), ("A_1", True), ("a[]", True), ("a[0]", False), ("", False)])
def test_names_are_plain(name: str, fine: bool) -> None:
    """A list has its brackets, and nothing else has any."""
    if fine:
        assert query_pairs(f"{name}=1".encode()) == [(name, "1")]
    else:
        with pytest.raises(MalformedRequest):
            query_pairs(f"{name}=1".encode())


@given(
    st.binary(max_size=60), st.binary(max_size=60), st.sampled_from([b"GET", b"POST", b"DELETE"]), st.text(max_size=4)
)
def test_any_request_at_all_matches_or_is_malformed(query: bytes, body: bytes, method: bytes, given_hash: str) -> None:
    """Nothing else escapes, whatever is in query, body and hash."""
    try:
        must_match(Request(method, b"/v1/orders?" + query, JSON, body, peer=0), given_hash)
    except MalformedRequest:
        return
    assert query + body == b""
    assert given_hash == ""


def test_what_strangers_can_make_us_read_is_bounded() -> None:
    """A body is read before anything is proven."""
    names = [f"a{number}" for number in range(201)]
    for request in (
        post(json.dumps({"a": "x" * 17000})),
        post(json.dumps(dict.fromkeys(names, "1"))),
        post(json.dumps({"a": names})),
        get("&".join(f"{name}=1" for name in names)),
    ):
        with pytest.raises(MalformedRequest, match=r"too many parameters|longer than"):
            must_match(request, sha512("a=1"))
    assert matches(post(json.dumps({"a": names[:200]})), "&".join(f"a[]={name}" for name in names[:200]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.sampled_from("ab[]\ud800 "), max_size=3), json_values, max_size=3))
def test_any_json_at_all_has_forms_or_is_malformed(fields: dict[str, Any]) -> None:
    """Every form of a body reads back as the body's parameters, or is not used."""
    try:
        for text, pairs in forms(post(json.dumps(fields))):
            assert isinstance(text, bytes)
            assert all(isinstance(value, str) for _, value in pairs)
    except MalformedRequest:
        return
