"""How clients write the same thing in other bytes: JSON, forms, and numbers that are made twice."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.respelled import form_respelled, json_respelled, made_twice

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=8,
)


@given(JSON, st.booleans(), st.booleans())
def test_every_spelling_of_json_says_the_same(value: object, escaped: bool, spaced: bool) -> None:
    """And the two that a library of Python would make of it are among them."""
    separators = (", ", ": ") if spaced else (",", ":")
    sent = json.dumps(value, ensure_ascii=escaped, separators=separators).encode("utf-8", "surrogatepass")
    try:
        sent.decode()
    except UnicodeDecodeError:
        return
    found = dict(json_respelled(sent))
    assert all(json.loads(each.decode("utf-8", "surrogatepass")) == value for each in found.values())
    for other in ((", ", ": "), (",", ":")):
        assert json.dumps(value, separators=other).encode() in found.values()


def test_white_space_and_numbers_stay_as_they_were_in_strings_and_out() -> None:
    """`1.10` is no float on its way, and a colon in a string is no colon."""
    found = dict(json_respelled(b'{ "a" : 1.10,\n"b": "x : y, \\" z" }'))
    assert found["without white space"] == b'{"a":1.10,"b":"x : y, \\" z"}'
    assert found["with a space behind each comma and colon"] == b'{"a": 1.10, "b": "x : y, \\" z"}'
    assert found["read and written again, its keys sorted, with spaces"] == b'{"a": 1.1, "b": "x : y, \\" z"}'


@given(st.binary(max_size=40))
def test_any_bytes_are_respelled_or_not(octets: bytes) -> None:
    """Nothing is raised, whatever it is."""
    assert isinstance(list(json_respelled(octets)), list)
    assert list(form_respelled(octets))


def test_what_is_no_json_has_no_spelling() -> None:
    """Neither has what is nested without end."""
    assert list(json_respelled(b"")) == list(json_respelled(b"\xff")) == list(json_respelled(b"[" * 10**6)) == []


def test_spellings_of_a_form() -> None:
    """What urllib, requests and JavaScript leave as it is, they leave differently."""
    found = dict(form_respelled(b"symbols=%5b%22A%22%2C%22B%22%5D&note=a+b%20c*"))
    assert found["with its parameters sorted"] == b"note=a+b%20c*&symbols=%5b%22A%22%2C%22B%22%5D"
    assert found["before it was percent-encoded"] == b'symbols=["A","B"]&note=a+b c*'
    assert found["before it was percent-encoded, a plus for a space"] == b'symbols=["A","B"]&note=a b c*'
    assert found["with its percent escapes in upper case"] == b"symbols=%5B%22A%22%2C%22B%22%5D&note=a+b%20c*"
    assert found["with its percent escapes in lower case"] == b"symbols=%5b%22A%22%2c%22B%22%5d&note=a+b%20c*"
    assert found["percent-encoded as a form, a plus for a space"] == b"symbols=%5B%22A%22%2C%22B%22%5D&note=a+b+c%2A"
    assert found["percent-encoded as encodeURIComponent does"] == b"symbols=%5B%22A%22%2C%22B%22%5D&note=a%20b%20c*"
    assert found["commas, colons and brackets as they are"] == b"symbols=[%22A%22,%22B%22]&note=a%20b%20c%2A"


def test_a_number_that_was_made_twice() -> None:
    """A little below, or above; never below zero."""
    assert list(made_twice(b"2"))[:3] == [b"1", b"0", b"0"]
    assert next(iter(made_twice(b"2", later=True))) == b"3"
