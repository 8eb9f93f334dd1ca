"""Two persons at the desk: what one has asked for and confirmed, another approves, and it is done then and there.

The decision and the change are one transaction: the house is never left with an approval that was used and a change
that was not made, nor the other way round.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import PAGE, Form, time_text
from bitting.desk.rights import RIGHTS
from bitting.domain.approval import Approval
from bitting.domain.consent import CONSENT_LIFE_MS, Consent, Second, Strength, Wanted
from bitting.domain.errors import Conflict, ConsentMissing
from bitting.domain.holds import Authority
from bitting.domain.roles import IN_HOUSE
from bitting.domain.user import UserState
from bitting.lifecycle import approvals
from bitting.lifecycle.act import Act
from bitting.lifecycle.ports import Work


async def begin(desk: Desk, name: str, values: Mapping[str, Any], consent: Consent, wanted: Wanted) -> dict[str, Any]:
    """Keep a confirmed change for a second person; nothing of it is done. Raises Refused, Conflict, Unavailable."""
    asked = json.dumps({key: each for key, each in values.items() if each is not None}, sort_keys=True)
    approval = await desk.act(consent, lambda act: approvals.ask_approval(act, name, asked, wanted))
    return {"waits_for_approval": approval_view(approval, desk.now_ms)}


async def list_approvals(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The newest first; the next `most` before the one with the id `before`, and `next` where there may be more."""
    before, most = form.text("before", ""), form.number("most", 50, least=1, most=PAGE)
    form.end()
    found = await desk.book.read(lambda shelf: shelf.approvals(before, most))
    said: dict[str, Any] = {"approvals": [approval_view(each, desk.now_ms) for each in found]}
    return said if len(found) < most else {**said, "next": found[-1].id}


async def show_approval(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """What was asked for, word for word, and what has become of it."""
    approval_id = form.text("approval")
    form.end()
    return approval_view(await desk.book.read(lambda shelf: shelf.approval(approval_id)), desk.now_ms)


def _deciding(decide: Callable[[Act, str], Approval]) -> Intent:
    """An intent that only names an approval, and makes no change besides."""

    async def intent(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
        approval_id = form.text("approval")
        form.end()
        return approval_view(await desk.act(consent, lambda act: decide(act, approval_id)), desk.now_ms)

    return intent


def over(intents: Mapping[str, Intent]) -> dict[str, Intent]:
    """The intents about approvals, some of which carry out the others."""

    async def approve(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
        """Approve what another person asked for; the reply is that of the change."""
        approval_id = form.text("approval")
        form.end()
        second = Second(approval_id, consent.actor)
        return await _carry_out(desk, intents, consent, second, partial(approvals.approve, approval_id=approval_id))

    async def break_glass(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
        """Carry it out without a second person; the reply is that of the change."""
        approval_id, reason = form.text("approval"), form.text("reason")
        form.end()
        alone = partial(approvals.break_glass, approval_id=approval_id, reason=reason)
        return await _carry_out(desk, intents, consent, Second(approval_id, ""), alone)

    return {
        "approval.list": list_approvals,
        "approval.show": show_approval,
        "approval.approve": approve,
        "approval.refuse": _deciding(approvals.refuse),
        "approval.withdraw": _deciding(approvals.withdraw),
        "approval.break-glass": break_glass,
    }


async def _carry_out(
    desk: Desk,
    intents: Mapping[str, Intent],
    consent: Consent,
    second: Second,
    decide: Callable[..., Approval],
) -> dict[str, Any]:
    """Decide, and do it as it was asked for, in one transaction; or neither."""
    approval = await desk.book.read(lambda shelf: shelf.approval(second.approval))

    def first(work: Work, now_ns: int) -> None:
        decide(Act(work, consent, now_ns, desk.entropy), may=partial(_may, intent=approval.intent))

    # In the name of whoever asked: the consent was used up when it was asked for, and is used up once more by this.
    given = Consent(
        approval.asked_by,
        Strength.STEP_UP,
        Authority.OPERATOR,
        consent.request_id,
        f"approval {approval.id}",
        approval.wanted.digest,
        desk.now_ms + CONSENT_LIFE_MS,
        second=second,
    )
    try:
        return await intents[approval.intent](replace(desk, first=first), given, Form(json.loads(approval.values)))
    except ConsentMissing as missing:
        if missing.wanted is not None and missing.wanted.object_id == approval.id:
            raise  # the decision's own
        raise Conflict("what was asked for would be another change by now, so it is not approved: ask anew") from None


def _may(act: Act, actor: str, intent: str) -> bool:
    """Whether this person of the house may still ask for that. Raises NotFound."""
    user = act.work.user(actor.removeprefix("user:"))
    rights = {right for role in user.house for right in IN_HOUSE[role]}
    return user.state is UserState.ACTIVE and RIGHTS[intent].house in rights


def approval_view(approval: Approval, now_ms: int) -> dict[str, Any]:
    """An approval, whole."""
    return {
        "approval": approval.id,
        "state": approval.state(now_ms),
        "intent": approval.intent,
        "values": json.loads(approval.values),
        "says": list(approval.wanted.says),
        "change": approval.wanted.digest.hex(),
        "asked_by": approval.asked_by,
        "asked_at": time_text(approval.asked_at_ms),
        "expires_at": time_text(approval.expires_at_ms),
        "decided_by": approval.decided_by,
        "version": approval.version,
    }
