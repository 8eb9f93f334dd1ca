"""What people still have to sign, in the store: sealed, used once, never believed in another shape."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bitting.domain.approval import Approval, Decision
from bitting.domain.consent import Confirmation, Step, Wanted
from bitting.domain.errors import BittingError, Conflict, NotFound, Tampered
from bitting.lifecycle.act import Act
from bitting.lifecycle.approvals import ask_approval, refuse
from bitting.stores.rows import PaperRow
from bitting.stores.work import DAY_MS
from tests.stores.test_turn import turn_all
from tests.stores.trial import OPERATOR, START_NS, Trial
from tests.stores.vandal import COLUMNS, Vandal

START_MS = START_NS // 1_000_000
WANTED = Wanted("house.edit", "house", 0, b"d" * 32, ("change the rules",))
CONFIRMATION = Confirmation("confirmation-1", "session-1", "user:ada", WANTED, START_MS + 300_000)


def approval(trial: Trial) -> Approval:
    return trial.do(lambda act: ask_approval(act, "house.edit", "{}", WANTED))


def keep(trial: Trial, confirmation: Confirmation = CONFIRMATION, before: int = 0) -> None:
    trial.do(lambda act: act.work.put_confirmation(confirmation, before))


def shown(trial: Trial, approval_id: str) -> Approval:
    return trial.look(lambda shelf: shelf.approval(approval_id))


def confirmed(trial: Trial) -> Confirmation:
    return trial.look(lambda shelf: shelf.confirmation(CONFIRMATION.id))


def test_what_is_kept_is_read_back(trial: Trial) -> None:
    """The newest approval first; a confirmation by its id alone."""
    asked = [approval(trial) for _ in range(3)]
    decided = trial.do(lambda act: refuse(act, asked[0].id))
    assert decided.decision is Decision.REFUSED
    assert trial.look(lambda shelf: shelf.approvals("", 10)) == [asked[2], asked[1], decided]
    assert trial.look(lambda shelf: shelf.approvals(asked[2].id, 1)) == [asked[1]]
    keep(trial)
    assert confirmed(trial) == CONFIRMATION
    assert trial.do(lambda act: act.work.confirmation(CONFIRMATION.id)) == CONFIRMATION
    assert trial.look(lambda shelf: shelf.scrub()) == []


def test_those_that_wait_are_counted(trial: Trial) -> None:
    """Decided or over, they count no more; confirmations by their session."""
    asked = [approval(trial) for _ in range(2)]
    trial.do(lambda act: refuse(act, asked[0].id))

    def waiting(act: Act) -> tuple[int, int]:
        return act.work.waiting_approvals(act.now_ms), act.work.open_confirmations("session-1")

    keep(trial)
    keep(trial, replace(CONFIRMATION, id="confirmation-2", session="session-2"))
    assert trial.do(waiting) == (1, 1)
    trial.now_ns += 300 * 10**9
    assert trial.do(waiting) == (1, 0)
    trial.now_ns += 86_400 * 10**9
    assert trial.do(waiting) == (0, 0)


@pytest.mark.parametrize("before", [0, 2])
def test_each_step_is_taken_once(trial: Trial, before: int) -> None:
    """Of two that take the same one, the second conflicts; and so does one that was never there."""
    keep(trial)
    for paper in (CONFIRMATION, replace(CONFIRMATION, step=Step.TRIED, version=2)):
        with pytest.raises(Conflict, match="was used meanwhile"):
            keep(trial, paper, before)
    keep(trial, replace(CONFIRMATION, step=Step.TRIED, version=2), 1)
    assert confirmed(trial).step is Step.TRIED


def test_confirmations_go_by_themselves(trial: Trial) -> None:
    """A day after they are over, with the next one; approvals stay for good."""
    asked = approval(trial)
    keep(trial)
    trial.now_ns = (CONFIRMATION.expires_at_ms + DAY_MS) * 1_000_000
    late = replace(CONFIRMATION, id="confirmation-2", expires_at_ms=trial.now_ns // 1_000_000 + 300_000)
    keep(trial, late)
    with pytest.raises(NotFound, match="no confirmation confirmation-1"):
        confirmed(trial)
    assert shown(trial, asked.id) == asked


def test_what_was_never_there(trial: Trial) -> None:
    """Nor is a confirmation an approval, whatever it is asked for as."""
    keep(trial)
    for id in ("0192f0c1", CONFIRMATION.id):
        with pytest.raises(NotFound, match=f"there is no approval {id}"):
            shown(trial, id)
    with pytest.raises(NotFound, match="there is no confirmation 0192f0c1"):
        trial.look(lambda shelf: shelf.confirmation("0192f0c1"))


def not_believed(trial: Trial, approval_id: str) -> bool:
    """Neither read nor decided."""
    with pytest.raises((Tampered, NotFound)):
        shown(trial, approval_id)
    with pytest.raises((Tampered, NotFound)):
        trial.do(lambda act: refuse(act, approval_id))
    return True


@pytest.mark.parametrize("column", COLUMNS["papers"])
def test_no_cell_can_be_edited(trial: Trial, vandal: Vandal, column: str) -> None:
    """K-05: another end, other values, another person who asked, a decision that nobody made."""
    asked = approval(trial)
    keep(trial)
    others: dict[str, list[Any]] = {
        "kind": ["confirmation", "Approval"],
        "paper_id": ["0192f0c1", asked.id.upper()],
        "owner": ["session-1"],
        "waits": [0],
        "until_ms": [asked.expires_at_ms + 1, 0],
        "paper": ["", "{}", "[" * 9999],
        "version": [2, 0, -1],
        "mac": [bytes(32), b""],
    }
    for kind in ("approval", "confirmation"):
        [row] = [each for each in vandal.rows("papers") if each["kind"] == kind]
        more = [row["paper"] + " ", row["paper"].replace("ada", "bob"), row["paper"].replace("house", "horse")]
        values = others[column] + (more if column == "paper" else [])
        for value in values:
            if value == row[column]:
                continue
            vandal.edit("papers", row, **{column: value})
            with pytest.raises((Tampered, NotFound)):
                shown(trial, asked.id) if kind == "approval" else confirmed(trial)
            if kind == "approval":
                assert not_believed(trial, asked.id)
                assert any(asked.id in each for each in trial.look(lambda shelf: shelf.scrub()))
            vandal.edit("papers", {**row, column: value}, **{column: row[column]})
    assert shown(trial, asked.id) == asked
    assert confirmed(trial) == CONFIRMATION


def test_a_decision_cannot_be_taken_back(trial: Trial, vandal: Vandal) -> None:
    """K-07: the row as it was when it still waited, MAC and all; or no row at any rate."""
    asked = approval(trial)
    [former] = vandal.rows("papers")
    trial.do(lambda act: refuse(act, asked.id))
    [row] = vandal.rows("papers")
    vandal.edit("papers", row, **former)
    with pytest.raises(Tampered, match="its row was put back"):
        shown(trial, asked.id)
    assert not_believed(trial, asked.id)
    vandal.delete("papers", former)
    with pytest.raises(Tampered, match="its row was deleted"):
        shown(trial, asked.id)
    assert not_believed(trial, asked.id)


def test_they_turn_with_their_shard(trial: Trial, vandal: Vandal) -> None:
    """Sealed anew under a new key; under the old one they are another house's."""
    asked = approval(trial)
    keep(trial)
    before = vandal.rows("papers")
    turn_all(trial)
    assert shown(trial, asked.id) == asked
    assert confirmed(trial) == CONFIRMATION
    for former, row in zip(before, vandal.rows("papers"), strict=True):
        vandal.edit("papers", row, **former)
    for look in (lambda: shown(trial, asked.id), lambda: confirmed(trial)):
        with pytest.raises(Tampered, match="does not match its MAC"):
            look()


def test_no_approval_is_kept_without_its_leaf(trial: Trial) -> None:
    """Promise 6."""
    asked = approval(trial)
    with pytest.raises(BittingError):
        trial.do(lambda act: act.work.put_approval(asked.decided(Decision.APPROVED, "user:eve", act.now_ms), 1))
    assert shown(trial, asked.id) == asked


def test_one_kind_is_not_read_as_the_other() -> None:
    row = PaperRow.of(CONFIRMATION, b"mac")
    assert row.to_paper() == CONFIRMATION
    with pytest.raises(Tampered):
        row._replace(kind="approval").to_paper()


def test_the_operators_own_needs_no_consent(trial: Trial) -> None:
    """On the machine itself nothing is used up."""
    assert approval(trial).asked_by == OPERATOR.actor
