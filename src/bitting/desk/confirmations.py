"""Step-up at the desk: a change that gives power waits for its person's second factor, and for nothing else.

A person asks for a change; it is refused, and with the refusal comes a confirmation: what exactly would be done, in
words and as a digest, and a challenge that is derived from all of it. The second factor answers it, once. Then the
person asks for the same change again and names the confirmation, which is used up by it in the same transaction.

The challenge binds a passkey's own signature to the change. A code of six digits signs nothing: that it is for this
change is known here only, because this confirmation was answered with it (docs/rights.md says what that leaves open).
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any, Final

from bitting.desk.caller import Caller
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form, time_text
from bitting.domain.consent import CONSENT_LIFE_MS, Confirmation, Consent, Step, Strength
from bitting.domain.errors import ConsentMissing, IllegalStep, NotFound, Refused
from bitting.domain.holds import Authority
from bitting.domain.ids import new_id
from bitting.lifecycle.ports import Work

MOST_OPEN: Final = 20  # of one session, in five minutes


async def given(desk: Desk, caller: Caller, authority: Authority) -> Consent:
    """What the caller brings along: the session, or a confirmation that was answered in it. Raises ConsentMissing."""
    consent = caller.consent(authority)
    if not caller.confirmed:
        return consent
    try:
        found = await desk.book.read(lambda shelf: shelf.confirmation(caller.confirmed))
        _must_own(found, caller.session, caller.actor)
    except NotFound:
        raise ConsentMissing("there is no such confirmation of yours: ask for the change without one") from None
    if found.step is not Step.CONFIRMED:
        raise ConsentMissing("this confirmation has not been answered: answer it, or ask for the change again")
    return replace(
        consent,
        strength=Strength.STEP_UP,
        id=found.id,
        covers=found.wanted.digest,
        expires_at_ms=found.expires_at_ms,
    )


async def asked_for(desk: Desk, caller: Caller, missing: ConsentMissing, asked_ms: int) -> ConsentMissing:
    """The refusal, with a confirmation by which the person can consent to what was asked then. Raises Refused,
    Unavailable."""
    now_ns, wanted = desk.clock.now_ns(), missing.wanted
    if wanted is None:
        return missing
    confirmation = Confirmation(
        new_id(now_ns, desk.entropy), caller.session, caller.actor, wanted, asked_ms + CONSENT_LIFE_MS
    )

    def keep(work: Work) -> None:
        if work.open_confirmations(caller.session) >= MOST_OPEN:
            raise Refused(f"{MOST_OPEN} changes wait for your second factor already: answer one, or wait five minutes")
        work.put_confirmation(confirmation, 0)

    await desk.book.change(now_ns, keep)
    missing.confirmation = confirmation
    return missing


async def show(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """What is to be confirmed, and the challenge for a passkey."""
    confirmation_id = form.text("confirmation")
    form.end()
    found = await desk.book.read(lambda shelf: shelf.confirmation(confirmation_id))
    _must_own(found, consent.session, consent.actor)
    return confirmation_view(found)


async def answer(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Confirm with a second factor: `answer` is what the person's app or key gives. It is taken once, right or not."""
    confirmation_id, given_answer = form.text("confirmation"), form.table("answer")
    form.end()
    people = desk.people
    if people is None:
        raise Refused("this house knows no people who could confirm anything")
    now_ns = desk.clock.now_ns()

    def take(work: Work) -> Confirmation:
        before = work.confirmation(confirmation_id)
        _must_own(before, consent.session, consent.actor)
        if before.expires_at_ms <= now_ns // 1_000_000:
            raise ConsentMissing("the confirmation has expired; ask for the change again")
        if before.step is not Step.OPEN:
            raise IllegalStep("this confirmation had its answer; ask for the change again")
        after = replace(before, step=Step.TRIED, version=before.version + 1)
        work.put_confirmation(after, before.version)
        return after

    # Before the answer is looked at: of two that come at once one finds it taken, and a wrong one was the last.
    taken = await desk.book.change(now_ns, take)
    factor = await people.confirm(consent, taken.challenge, given_answer)
    confirmed = replace(taken, step=Step.CONFIRMED, factor=factor, version=taken.version + 1)
    await desk.book.change(now_ns, lambda work: work.put_confirmation(confirmed, taken.version))
    return confirmation_view(confirmed)


def confirmation_view(confirmation: Confirmation) -> dict[str, Any]:
    """As a person's page needs it; `challenge` is in base64url, as WebAuthn has it."""
    return {
        "confirmation": confirmation.id,
        "says": list(confirmation.wanted.says),
        "change": confirmation.wanted.digest.hex(),
        "challenge": base64.urlsafe_b64encode(confirmation.challenge).decode().rstrip("="),
        "expires_at": time_text(confirmation.expires_at_ms),
        "state": confirmation.step.value,
        "factor": confirmation.factor,
    }


def _must_own(confirmation: Confirmation, session: str, actor: str) -> None:
    """Another session's is not there, with the words for what never was."""
    if (confirmation.session, confirmation.actor) != (session, actor):
        raise NotFound(f"there is no confirmation {confirmation.id}")


INTENTS: dict[str, Intent] = {"confirmation.show": show, "confirmation.answer": answer}
