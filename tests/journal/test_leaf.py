"""A leaf is its bytes: they come back, in one spelling, or are refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitting.domain.canonical import Plain
from bitting.domain.change import Change
from bitting.domain.errors import MalformedStored
from bitting.journal.leaf import Leaf

Refused = Callable[[type[Exception], str], AbstractContextManager[None]]

NUMBERS = st.integers(-(2**64), 2**64 - 1)
DIGESTS = st.sampled_from([b""]) | st.binary(min_size=32, max_size=32)
TEXTS = st.text(max_size=20)
FACTS = st.dictionaries(
    TEXTS,
    st.recursive(
        NUMBERS | TEXTS | st.binary(max_size=20) | st.booleans() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)
CHANGES = st.builds(
    Change,
    at_ns=NUMBERS,
    request_id=TEXTS,
    actor=TEXTS,
    strength=TEXTS,
    deed=TEXTS,
    kind=TEXTS,
    id=TEXTS,
    account=TEXTS,
    version=NUMBERS,
    before=DIGESTS,
    digest=DIGESTS,
    facts=FACTS,
    result=st.sampled_from(["done", "refused"]),
    sealed=st.binary(max_size=80),
)

FIELDS = [2, 7, 10, "r", "a", "s", "d", "k", "i", "", 3, b"", bytes(32), {}, "done", b""]
FORMER = [1, *FIELDS[1:14]]


def fields_with(at: int, value: object, former: bool = False) -> bytes:
    fields = list(FORMER if former else FIELDS)
    fields[at] = value
    return cbor2.dumps(fields, canonical=True)


def test_the_bytes_are_these() -> None:
    """The encoding is pinned: schema, index, then the change's fields in order."""
    change = Change(10, "r", "a", "s", "d", "k", "i", "", 3, b"", bytes(32), {"bb": True, "c": [None, -1]})
    leaf = Leaf.of(7, change)
    fields = "07" + "0a" + "6172" + "6161" + "6173" + "6164" + "616b" + "6169" + "60" + "03"
    fields += "40" + "5820" + "00" * 32 + "a2" + "6163" + "82f620" + "626262" + "f5"
    assert leaf.raw.hex() == "90" + "02" + fields + "64646f6e65" + "40"
    assert Leaf.of(7, change, 1).raw.hex() == "8e" + "01" + fields
    assert leaf.hash == hashlib.sha256(b"\x00" + leaf.raw).digest()


@given(st.integers(0, 2**64 - 1), CHANGES)
def test_a_leaf_comes_back(index: int, change: Change) -> None:
    """Every change comes back from its bytes, and another implementation writes the same ones."""
    leaf = Leaf.of(index, change)
    assert Leaf.from_bytes(leaf.raw) == leaf
    schema, *rest = change.to_plain()
    assert cbor2.dumps([schema, index, *rest], canonical=True) == leaf.raw


@given(st.integers(0, 2**64 - 1), CHANGES)
def test_everybody_can_read_a_leaf(index: int, change: Change) -> None:
    """The view of any leaf is JSON, and names every field."""
    view = json.loads(json.dumps(Leaf.of(index, change).view()))
    assert view["index"] == index
    assert view["digest"] == change.digest.hex()
    assert set(view) == {"index", "at", *Change.__slots__}


def test_a_leaf_of_schema_1_reads_as_it_always_did(a_change: Callable[[int], Change]) -> None:
    """It comes back, with what it could not say as it was then: done, and nothing sealed; its view has no word more, or
    exports of that time could not be verified any longer."""
    former = Leaf.of(3, a_change(3), 1)
    leaf = Leaf.from_bytes(former.raw)
    assert leaf == former
    assert (leaf.schema, leaf.change.result, leaf.change.sealed) == (1, "done", b"")
    assert set(leaf.view()) == {"index", "at", *Change.__slots__} - {"result", "sealed"}


def test_a_view() -> None:
    """Times are dates to the nanosecond, bytes are hex, also deep inside the facts."""
    facts: dict[str, Plain] = {"x": [b"\x0f", {"y": 1}]}
    change = Change(1_790_000_000_000_000_042, "r", "a", "s", "d", "k", "i", "", 3, b"", bytes(32), facts)
    view = Leaf.of(0, change).view()
    assert view["at"] == "2026-09-21T14:13:20.000000042Z"
    assert view["before"] == ""
    assert view["digest"] == "00" * 32
    assert view["facts"] == {"x": ["0f", {"y": 1}]}


@given(st.binary() | st.builds(cbor2.dumps, st.lists(NUMBERS | TEXTS | st.binary(), max_size=15)))
@example(b"")
def test_any_bytes_are_a_leaf_or_malformed(raw: bytes) -> None:
    """Nothing but MalformedStored escapes, whatever the bytes."""
    try:
        leaf = Leaf.from_bytes(raw)
    except MalformedStored:
        return
    assert Leaf.of(leaf.index, leaf.change).raw == raw


@given(CHANGES, st.data())
def test_a_damaged_leaf_is_another_leaf_or_malformed(change: Change, data: st.DataObject) -> None:
    """One byte changed, lost or put in gives MalformedStored, or a leaf with exactly those bytes."""
    raw = Leaf.of(5, change).raw
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = data.draw(st.binary(max_size=2))
    damaged = raw[:at] + byte + raw[at + data.draw(st.sampled_from([0, 1])) :]
    try:
        assert Leaf.from_bytes(damaged).raw == damaged
    except MalformedStored:
        return


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not the CBOR of a leaf"),
        (b"\xff", "not the CBOR of a leaf"),
        (bytes.fromhex("a0"), "not a list with its schema first"),
        (bytes.fromhex("80"), "not a list with its schema first"),
        (bytes.fromhex("81f5"), "not a list with its schema first"),
        (fields_with(0, 3), "schema 3 is not known here, only 1 and 2"),
        (fields_with(0, 0), "schema 0 is not known here, only 1 and 2"),
        (fields_with(0, 1), "not the fields of schema 1"),
        (fields_with(0, 2, former=True), "not the fields of schema 2"),
        (fields_with(13, [], former=True), "not the fields of schema 1"),
        (cbor2.dumps([2]), "not the fields of schema 2"),
        (cbor2.dumps([*FIELDS, 0]), "not the fields of schema 2"),
        (fields_with(1, True), "not the fields of schema 2"),
        (fields_with(2, 1.0), "not the fields of schema 2"),
        (fields_with(3, b"r"), "not the fields of schema 2"),
        (fields_with(13, []), "not the fields of schema 2"),
        (fields_with(14, b"done"), "not the fields of schema 2"),
        (fields_with(15, ""), "not the fields of schema 2"),
        (fields_with(14, "perhaps"), "a result that is neither done nor refused"),
        (fields_with(1, -1), "not an index, or not a digest of 32 bytes"),
        (fields_with(11, bytes(31)), "not an index, or not a digest of 32 bytes"),
        (fields_with(12, bytes(33)), "not an index, or not a digest of 32 bytes"),
        (fields_with(13, {"a": 1.5}), "facts without a canonical form"),
        (fields_with(13, {"a": cbor2.undefined}), "facts without a canonical form"),
        (fields_with(13, {1: 1}), "not the CBOR of a leaf"),
        (fields_with(13, {"a": {b"b": 1}}), "not the CBOR of a leaf"),
        (fields_with(13, {"a": 2**64}), "not the CBOR of a leaf"),  # a tag: a big number
        (fields_with(2, cbor2.CBORTag(2, b"\x0a")), "not the CBOR of a leaf"),
        (fields_with(13, cbor2.CBORTag(28, {"a": cbor2.CBORTag(29, 0)})), "not the CBOR of a leaf"),
        (fields_with(13, cbor2.CBORTag(4711, {})), "not the CBOR of a leaf"),
        (cbor2.dumps(FIELDS) + b"\x00", "not in canonical form"),
        (b"\x90\x18\x02" + cbor2.dumps(FIELDS)[2:], "not in canonical form"),
        (cbor2.dumps([*FIELDS[:13], {"bb": 1, "a": 1}, "done", b""]), "not in canonical form"),
        (cbor2.dumps(FORMER)[:-1] + bytes.fromhex("a2616101616102"), "not the CBOR of a leaf"),
        (cbor2.dumps(FORMER)[:-1] + bytes.fromhex("bfff"), "not the CBOR of a leaf"),
        (cbor2.dumps(FORMER)[:-1] + b"\xa1\x61a" + b"\x81" * 500 + b"\x00", "not the CBOR of a leaf"),
    ],
)
def test_what_is_not_a_leaf(raw: bytes, reason: str, refused: Refused) -> None:
    """Each way of not being a leaf is refused in its own words."""
    with refused(MalformedStored, reason):
        Leaf.from_bytes(raw)


def test_the_fields_used_above_are_a_leaf(a_change: Callable[[int], Change]) -> None:
    """The refusals above are refusals of one thing each: without it, it is a leaf."""
    assert Leaf.from_bytes(cbor2.dumps(FIELDS)).index == 7
    assert Leaf.from_bytes(cbor2.dumps(FORMER)).index == 7
    assert Leaf.from_bytes(Leaf.of(3, a_change(3)).raw).change == a_change(3)
