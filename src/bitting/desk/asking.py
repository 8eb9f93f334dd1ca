"""How anybody asks the desk for anything: may they, on what, and have they confirmed it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bitting.desk import approvals, confirmations
from bitting.desk.caller import Caller
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form
from bitting.desk.rights import admitted
from bitting.desk.scope import ScopedBook
from bitting.domain.consent import CONSENT_LIFE_MS
from bitting.domain.errors import ApprovalMissing, ConsentMissing, MalformedValue, Refused


async def ask(desk: Desk, intents: Mapping[str, Intent], name: str, values: Mapping[str, Any], caller: Caller) -> Any:
    """Carry out the intent `name` for the caller.

    Raises BittingError; of a person's change that gives power ConsentMissing, with the confirmation by which to consent
    to it. A change that needs a second person is kept for one, and the reply is `{"waits_for_approval": …}`.
    """
    try:
        return await _asked(desk, intents, name, values, caller)
    except Refused as refusal:
        await desk.refusals.note(desk.book, caller, name, values, refusal, desk.clock.now_ns(), desk.entropy)
        raise


async def _asked(
    desk: Desk, intents: Mapping[str, Intent], name: str, values: Mapping[str, Any], caller: Caller
) -> Any:
    intent = intents.get(name)
    if intent is None:
        raise MalformedValue(f"no intent {name[:40]!r}")
    authority, scope = admitted(caller, name)
    if caller.is_local:
        return await intent(desk, caller.consent(authority), Form(values))
    consent = await confirmations.given(desk, caller, authority)
    # One moment for the question, however often it comes: what counts from now is the same when it was confirmed.
    asked_ms = consent.expires_at_ms - CONSENT_LIFE_MS if consent.id else desk.now_ms
    inside = replace(
        desk, book=desk.book if scope is None else ScopedBook(desk.book, scope), asked_ms=asked_ms, once=caller.once
    )
    try:
        return await intent(inside, consent, Form(values))
    except ConsentMissing as missing:
        raise await confirmations.asked_for(desk, caller, missing, asked_ms) from None
    except ApprovalMissing as missing:
        return await approvals.begin(desk, name, values, consent, missing.wanted)
