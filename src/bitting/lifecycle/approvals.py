"""Two persons for one change: ask, approve, refuse, withdraw, and break the glass.

Whoever decides has to have the right to at that very moment, and so has whoever asked: `may` says whether a user still
is what it takes, and is asked inside the transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bitting.domain.approval import APPROVAL_LIFE_MS, Approval, Decision
from bitting.domain.consent import Strength, Wanted
from bitting.domain.errors import MalformedValue, NotFound, Refused
from bitting.domain.ids import new_id
from bitting.lifecycle.act import Act

MOST_WAITING: Final = 100
SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 500

May = Callable[[Act, str], bool]  # whether this actor may, now


def ask_approval(act: Act, intent: str, values: str, wanted: Wanted) -> Approval:
    """Keep the change until somebody else approves it; the consent to it is used up. Raises Refused, ConsentMissing,
    Conflict."""
    act.use(wanted)
    if act.work.waiting_approvals(act.now_ms) >= MOST_WAITING:
        raise Refused(f"{MOST_WAITING} changes wait for approval already: approve, refuse or withdraw some")
    approval = Approval(
        new_id(act.now_ns, act.entropy),
        intent,
        values,
        wanted,
        act.consent.actor,
        act.now_ms,
        act.now_ms + APPROVAL_LIFE_MS,
        Decision.WAITING,
        "",
        1,
    )
    return act.keep_approval("approval.ask", None, approval, {"change": wanted.deed})


def approve(act: Act, approval_id: str, may: May) -> Approval:
    """Approve what another person asked for. The change itself follows in the same transaction. Raises NotFound,
    IllegalStep, Refused, ConsentMissing."""
    before = act.work.approval(approval_id)
    after = before.decided(Decision.APPROVED, act.consent.actor, act.now_ms)
    if act.consent.actor == before.asked_by:
        raise Refused("whoever asked for a change cannot approve it: another person has to")
    _still_may(act, before, may)
    says = (f"approve what {before.asked_by} asked for:", *before.wanted.says)
    act.allow("approval.approve", before.id, before.version, before.digest(), says=says, widens=True)
    return act.keep_approval("approval.approve", before, after, {"asked_by": before.asked_by})


def break_glass(act: Act, approval_id: str, reason: str, may: May) -> Approval:
    """Carry it out without a second person, when there is none to be had. It is not quiet: the journal has it under a
    deed of its own, and every operator is told. Raises as `approve`, and MalformedValue."""
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        raise MalformedValue(f"say in {SHORTEST_REASON} to {LONGEST_REASON} visible characters why it cannot wait")
    before = act.work.approval(approval_id)
    after = before.decided(Decision.ALONE, act.consent.actor, act.now_ms)
    _still_may(act, before, may)
    says = ("without a second person, and every operator is told:", *before.wanted.says)
    act.allow("house.break_glass", before.id, before.version, before.digest(), [reason], says=says, widens=True)
    return act.keep_approval("house.break_glass", before, after, {"asked_by": before.asked_by, "reason": reason})


def refuse(act: Act, approval_id: str) -> Approval:
    """Say no. Raises NotFound, IllegalStep."""
    before = act.work.approval(approval_id)
    after = before.decided(Decision.REFUSED, act.consent.actor, act.now_ms)
    return act.keep_approval("approval.refuse", before, after)


def withdraw(act: Act, approval_id: str) -> Approval:
    """Take back what one asked for. Raises NotFound, IllegalStep."""
    before = act.work.approval(approval_id)
    if act.consent.actor != before.asked_by:
        raise NotFound(f"there is no approval {approval_id[:64]} that you asked for")
    after = before.decided(Decision.WITHDRAWN, act.consent.actor, act.now_ms)
    return act.keep_approval("approval.withdraw", before, after)


def _still_may(act: Act, approval: Approval, may: May) -> None:
    if not may(act, approval.asked_by):
        raise Refused("whoever asked for the change may not ask for it any more")
    if act.consent.strength is not Strength.LOCAL and not may(act, act.consent.actor):
        raise Refused("you may not decide about this any more")
