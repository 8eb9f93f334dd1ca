"""One value, one spelling: against another CBOR library, the vectors of RFC 8949, and what has no spelling."""

import hashlib
from collections import OrderedDict
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.canonical import Plain, digest, encode, framed

# RFC 8949 appendix A, the rows that deterministic encoding of our types can give.
APPENDIX_A: list[tuple[Plain, str]] = [
    (0, "00"),
    (1, "01"),
    (10, "0a"),
    (23, "17"),
    (24, "1818"),
    (25, "1819"),
    (100, "1864"),
    (1000, "1903e8"),
    (1000000, "1a000f4240"),
    (1000000000000, "1b000000e8d4a51000"),
    (18446744073709551615, "1bffffffffffffffff"),
    (-18446744073709551616, "3bffffffffffffffff"),
    (-1, "20"),
    (-10, "29"),
    (-100, "3863"),
    (-1000, "3903e7"),
    (False, "f4"),
    (True, "f5"),
    (None, "f6"),
    (b"", "40"),
    (bytes.fromhex("01020304"), "4401020304"),
    ("", "60"),
    ("a", "6161"),
    ("IETF", "6449455446"),
    ('"\\', "62225c"),
    ("\u00fc", "62c3bc"),
    ("\u6c34", "63e6b0b4"),
    ("\U00010151", "64f0908591"),
    ([], "80"),
    ([1, 2, 3], "83010203"),
    ([1, [2, 3], [4, 5]], "8301820203820405"),
    (
        list(range(1, 26)),
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
    ),
    ({}, "a0"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
    (["a", {"b": "c"}], "826161a161626163"),
    ({"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}, "a56161614161626142616361436164614461656145"),
]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
scalars = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | texts
plains: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=30) | st.dictionaries(texts, inner, max_size=30), max_leaves=40
)


@pytest.mark.parametrize(("value", "hex"), APPENDIX_A)
def test_the_vectors_of_rfc_8949(value: Plain, hex: str) -> None:
    """Appendix A, row by row."""
    assert encode(value).hex() == hex


@given(value=plains)
def test_another_library_writes_the_same_bytes(value: Any) -> None:
    """cbor2 in its canonical mode agrees on every value, and reads it back."""
    assert encode(value) == cbor2.dumps(value, canonical=True)
    assert cbor2.loads(encode(value)) == value


@given(width=st.sampled_from([0, 8, 16, 32, 64]), off=st.integers(-2, 2), tens=st.sampled_from([0, 24]))
def test_heads_are_the_shortest_at_every_edge(width: int, off: int, tens: int) -> None:
    """Where one width of number ends and the next begins, by length and by sign."""
    number = (1 << width) + off + tens
    if 0 <= number < 2**64:
        assert encode(number) == cbor2.dumps(number, canonical=True)
        assert encode(-1 - number) == cbor2.dumps(-1 - number, canonical=True)
    if 0 <= number < 2**17:
        assert encode("x" * number) == cbor2.dumps("x" * number, canonical=True)


@given(items=st.dictionaries(texts, st.integers(0, 9), max_size=12), data=st.data())
def test_the_order_things_were_written_in_does_not_matter(items: dict[str, int], data: st.DataObject) -> None:
    """RFC 8949 4.2.1: keys are sorted by their encoded bytes, so a dict from anywhere gives one digest."""
    shuffled = data.draw(st.permutations(list(items.items())))
    assert encode(OrderedDict(shuffled)) == encode(MappingProxyType(items))
    assert digest(dict(shuffled)) == hashlib.sha256(encode(items)).digest()


@given(one=plains, other=plains)
def test_two_values_have_two_spellings(one: Any, other: Any) -> None:
    """Nothing that is told apart by cbor2 shares its bytes; True and 1, None and b"" included."""
    assert (encode(one) == encode(other)) == (cbor2.dumps(one, canonical=True) == cbor2.dumps(other, canonical=True))


def test_kinds_are_told_apart() -> None:
    """What Python calls equal is not the same on paper."""
    values: list[Plain] = [0, 1, True, False, None, b"", "", [], {}, "1", b"1", [1]]
    spellings = [encode(each) for each in values]
    assert len(set(spellings)) == len(spellings)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        Decimal(1),
        {1, 2},
        frozenset(),
        object(),
        bytearray(b"ab"),
        memoryview(b"ab"),
        range(3),
        [1, [2.0]],
        {"a": {"b": 1.5}},
    ],
)
def test_what_has_no_one_spelling_is_refused(value: Any) -> None:
    """Floats, sets, decimals and buffers; a bytearray would otherwise pass for a list of numbers."""
    with pytest.raises(TypeError, match="has no canonical form"):
        encode(value)


@pytest.mark.parametrize("value", [2**64, -(2**64) - 1, 10**400])
def test_numbers_end_at_64_bits(value: int) -> None:
    """No big numbers: they have a second notation."""
    with pytest.raises(OverflowError, match="64 bits"):
        encode([value])


def test_half_a_surrogate_pair_is_not_text() -> None:
    """It has no UTF-8, so it has no digest."""
    with pytest.raises(UnicodeEncodeError):
        encode({"label": "\ud800"})


@given(parts=st.lists(st.binary(max_size=20)), others=st.lists(st.binary(max_size=20)))
def test_framed_parts_cannot_be_cut_elsewhere(parts: list[bytes], others: list[bytes]) -> None:
    """`("ab", "c")` and `("a", "bc")` differ: the frame is read in one way only."""
    whole, read = framed(*parts), []
    while whole:
        length = int.from_bytes(whole[:4], "big")
        read.append(whole[4 : 4 + length])
        whole = whole[4 + length :]
    assert read == parts
    assert (framed(*parts) == framed(*others)) == (parts == others)


def test_framed_is_pinned() -> None:
    """The layout is under every seal and MAC."""
    assert framed(b"ab", b"", b"c") == b"\x00\x00\x00\x02ab" + bytes(4) + b"\x00\x00\x00\x01c"
    for size in (255, 256, 70_000):
        assert framed(bytes(size)) == size.to_bytes(4, "big") + bytes(size)
