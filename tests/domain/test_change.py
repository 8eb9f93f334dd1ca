"""The leaf of the journal has one schema, its version first."""

from dataclasses import fields

import cbor2

from bitting.domain.canonical import encode
from bitting.domain.change import SCHEMA, Change

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
)


def test_the_schema_is_pinned() -> None:
    """Version 1: thirteen places in this order; a new field is a new version."""
    assert SCHEMA == 1
    assert CHANGE.to_plain() == [
        1,
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
    ]


def test_every_field_stands_in_the_leaf() -> None:
    """One place each, behind the version."""
    assert CHANGE.to_plain()[1:] == [getattr(CHANGE, each.name) for each in fields(Change)]


def test_facts_are_optional_and_of_ones_own() -> None:
    """Without facts there is an empty map, and no two changes share one."""
    plain = Change(7, "r", "bitting", "none", "house.freeze", "house", "house", "", 1, b"", b"")
    assert plain.to_plain()[-1] == {}
    assert cbor2.loads(encode(plain.to_plain())) == plain.to_plain()
