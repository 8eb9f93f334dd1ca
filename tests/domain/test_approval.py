"""An approval: what was asked for, word for word, for one decision and for a day."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from bitting.domain.approval import APPROVAL_LIFE_MS, Approval, Decision
from bitting.domain.consent import Wanted
from bitting.domain.errors import IllegalStep
from tests.domain.examples import NOW_MS

WANTED = Wanted("house.edit", "house", 3, b"d" * 32, ("change the rules of the house", "frozen: true"))
APPROVAL = Approval(
    "approval-1",
    "house.edit",
    '{"rules": {}}',
    WANTED,
    "user:ada",
    NOW_MS,
    NOW_MS + APPROVAL_LIFE_MS,
    Decision.WAITING,
    "",
    1,
)
OTHERS: dict[str, Any] = {
    "id": "approval-2",
    "intent": "thaw",
    "values": "{}",
    "wanted": WANTED._replace(digest=b"e" * 32),
    "asked_by": "user:bob",
    "asked_at_ms": NOW_MS + 1,
    "expires_at_ms": NOW_MS + 2,
    "decision": Decision.REFUSED,
    "decided_by": "user:cy",
}


def test_all_of_it_stands_in_its_digest() -> None:
    """What a second person confirms is this one, with these words, by this person."""
    assert set(OTHERS) | {"version"} == {each.name for each in fields(Approval)}
    digests = {APPROVAL.digest(), *(replace(APPROVAL, **{name: other}).digest() for name, other in OTHERS.items())}
    assert len(digests) == 1 + len(OTHERS)
    assert APPROVAL.digest() != replace(APPROVAL, wanted=WANTED._replace(says=("nothing much",))).digest()


def test_it_reads_what_it_writes() -> None:
    read = Approval.from_plain(APPROVAL.id, APPROVAL.expires_at_ms, 1, APPROVAL.to_plain())
    assert read == APPROVAL


@pytest.mark.parametrize("decision", set(Decision) - {Decision.WAITING})
def test_it_is_decided_once(decision: Decision) -> None:
    after = APPROVAL.decided(decision, "user:bob", NOW_MS)
    assert (after.state(NOW_MS), after.decided_by, after.version) == (decision.value, "user:bob", 2)
    for again in Decision:
        with pytest.raises(IllegalStep, match=f"is {decision.value} and waits no more"):
            after.decided(again, "user:cy", NOW_MS)


def test_it_is_over_after_a_day() -> None:
    """To the millisecond; what was decided before stays what it is."""
    last = APPROVAL.expires_at_ms - 1
    assert APPROVAL.state(last) == "waiting"
    assert APPROVAL.state(last + 1) == "expired"
    with pytest.raises(IllegalStep, match="is expired"):
        APPROVAL.decided(Decision.APPROVED, "user:bob", last + 1)
    assert APPROVAL.decided(Decision.REFUSED, "user:bob", last).state(last + 1) == "refused"
