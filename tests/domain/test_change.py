"""The leaf of the journal has one schema, its version first; and what stands in it sealed."""

from dataclasses import fields, replace
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.canonical import encode
from bitting.domain.change import MOST_CLIENT, NOBODY, SCHEMA, Change, Personal
from bitting.domain.errors import MalformedStored

CHANGE = Change(
    7,
    "request-1",
    "user:ada",
    "step-up",
    "key.rotate",
    "key",
    "key-1",
    "account-1",
    3,
    b"b" * 32,
    b"a" * 32,
    {"overlap_s": 60},
    "refused",
    b"box",
)


def test_the_schema_is_pinned() -> None:
    """Version 2: fifteen places in this order; a new field is a new version. Version 1 was without the last two."""
    assert SCHEMA == 2
    assert CHANGE.to_plain(1) == [1, *CHANGE.to_plain()[1:-2]]
    assert CHANGE.to_plain() == [
        2,
        7,
        "request-1",
        "user:ada",
        "step-up",
        "key.rotate",
        "key",
        "key-1",
        "account-1",
        3,
        b"b" * 32,
        b"a" * 32,
        {"overlap_s": 60},
        "refused",
        b"box",
    ]


def test_every_field_stands_in_the_leaf() -> None:
    """One place each, behind the version."""
    assert CHANGE.to_plain()[1:] == [getattr(CHANGE, each.name) for each in fields(Change)]


def test_facts_are_optional_and_of_ones_own() -> None:
    """Without facts there is an empty map, and no two changes share one."""
    plain = Change(7, "r", "bitting", "none", "house.freeze", "house", "house", "", 1, b"", b"")
    assert plain.to_plain()[-3:] == [{}, "done", b""]
    assert cbor2.loads(encode(plain.to_plain())) == plain.to_plain()


@given(st.builds(Personal, address=st.text(), client=st.text(max_size=MOST_CLIENT), email=st.text()))
def test_personal_fields_come_back(personal: Personal) -> None:
    """Whatever was known is read again, and what was not is not written."""
    plain = personal.to_bytes()
    assert Personal.from_bytes(plain) == personal
    assert (b"email" in plain) is bool(personal.email)


def test_a_client_that_talks_without_end_is_cut() -> None:
    """A stranger's header does not fill the journal."""
    assert Personal.from_bytes(Personal(client="x" * 10**6).to_bytes()).client == "x" * MOST_CLIENT


def test_nobody_is_nothing() -> None:
    """Where nothing is known there is nothing to seal."""
    assert Personal() == NOBODY


@pytest.mark.parametrize("plain", [b"", b"[]", b"{", b'{"address":1,"secret":2}', b"\xff"])
def test_what_are_no_personal_fields(plain: bytes) -> None:
    """Said as any other stored thing that nobody wrote."""
    with pytest.raises(MalformedStored):
        Personal.from_bytes(plain)


def test_each_record_is_a_place_of_its_own() -> None:
    """What was sealed for one record is not another's, though both be of one object."""
    names: list[dict[str, Any]] = [{}, {"request_id": "x"}, {"deed": "x"}, {"kind": "x"}, {"id": "x"}]
    assert len({replace(CHANGE, **each).place for each in names}) == len(names)
