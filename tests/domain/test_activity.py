"""Records of the gate's decisions have fixed fields: stores and roll-ups are built on them."""

from bitting.domain.activity import Outcome, Record


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
