"""Records of the gate's decisions have fixed fields: stores and roll-ups are built on them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.activity import Outcome, Record, request_id_of, second_of


def test_the_fields_of_a_record_are_pinned() -> None:
    """In this order; none of them is a place for a secret or a signature."""
    assert Record._fields == (
        "at_ns",
        "request_id",
        "tenant",
        "account",
        "key",
        "credential",
        "wire_id",
        "dialect",
        "method",
        "path",
        "action",
        "pair",
        "verdict",
        "reason",
        "shown",
        "detail",
        "peer",
        "agent",
        "policy",
        "value",
        "currency",
    )


def test_the_fields_of_an_outcome_are_pinned() -> None:
    """What became of an admitted request: its status, or 0 and a note."""
    assert Outcome._fields == ("request_id", "status", "note")
    assert Outcome("request-1", 0, "no answer").status == 0


@given(second=st.integers(0, 2**32 - 1), number=st.integers(0, 2**64 - 1))
def test_a_request_id_says_its_second(second: int, number: int) -> None:
    """Whoever has only the id finds the record by it."""
    assert second_of(request_id_of(second, "abcdefgh", number)) == second


@given(text=st.text())
def test_any_text_is_an_id_of_ours_or_none(text: str) -> None:
    """Nobody's text is taken for a time by half; nothing is raised."""
    assert second_of(text) is None or request_id_of(0, "abcdefgh", 0)[8:9] == text[8:9]


@pytest.mark.parametrize(
    "text",
    ["", "6a1234ab", "6a1234ab-abcdefgh-", "6A1234AB-abcdefgh-1", "6a1234ab-abcdefg1-1", "6a1234ab-abcdefgh-1\n"],
)
def test_what_is_no_request_id_says_nothing(text: str) -> None:
    """Not even with one letter too many."""
    assert second_of(text) is None
