"""YAML says what it shows: nothing is guessed, nothing is taken twice, nothing grows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.cli.strict_yaml import DEEPEST, read_yaml
from bitting.domain.errors import MalformedValue

LETTERS = "abcdefghijklmnop"
BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairwise(LETTERS))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: [on, yes, y, off]", {"a": ["on", "yes", "y", "off"]}),
        ("a: 010", {"a": "010"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 1:30", {"a": "1:30"}),
        ("a: 0x10", {"a": "0x10"}),
        ("a: 1.5", {"a": "1.5"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: <<", {"a": "<<"}),
        ("a: true\nb: false\nc: null\nd: ~\ne:", {"a": True, "b": False, "c": None, "d": None, "e": None}),
        ("a: -7\nb: 0", {"a": -7, "b": 0}),
        ("200: x\ntrue: y", {"200": "x", "true": "y"}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("a: 'true'", {"a": "true"}),
        ("a: |\n  text\n", {"a": "text\n"}),
    ],
)
def test_plain_words_are_what_they_are(text: str, value: object) -> None:
    """YAML 1.1 takes `no` for false, `010` for eight, and `1:30` for ninety."""
    assert read_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "line 2: an alias; write out what it stands for"),
        ("a: &a\n  b: *a", "line 2: an alias"),
        ("a: 1\nb: {c: 1, c: 2}", "line 2: 'c' stands twice"),
        ("a: 1\n'a': 2", "line 2: 'a' stands twice"),
        ("? [a]\n: 1", "line 1: a key is a word"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), f"nested more than {DEEPEST} deep"),
        ("{a: " * 100_000, f"nested more than {DEEPEST} deep"),
        ("a: !!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("a: !other x", "could not determine a constructor"),
        ("--- 1\n--- 2", "expected a single document"),
        ("a: [", "while parsing"),
        ("a: \x00", "special characters are not allowed|control characters are not allowed"),
    ],
    ids=["bomb", "loop", "twice", "quoted", "key", "deep", "deeper", "python", "tag", "two", "open", "null"],
)
def test_what_is_not_read(text: str, said: str) -> None:
    with pytest.raises(MalformedValue, match=said):
        read_yaml(text)


def test_what_is_as_deep_as_allowed_is_read() -> None:
    value: Any = read_yaml("[" * DEEPEST + "]" * DEEPEST)
    for _ in range(DEEPEST - 1):
        [value] = value
    assert value == []


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else ever escapes."""
    try:
        read_yaml(text)
    except MalformedValue:
        return
