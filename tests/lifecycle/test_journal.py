"""What is done to the journal itself, written into it."""

from __future__ import annotations

from bitting.lifecycle.journal import accept_loss
from tests.lifecycle.work import House


def test_what_was_given_up_is_written_down() -> None:
    """By whom, and with what anybody needs to know who compares it with a witness's later."""
    house = House()
    house.do(lambda act: accept_loss(act, {"size": 7}))
    change = house.rows.journal[-1]
    assert (change.deed, change.kind, change.actor, change.facts) == (
        "journal.recover",
        "journal",
        "operator:0",
        {"size": 7},
    )
