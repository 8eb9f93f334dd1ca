"""The desk's intents that explain: a request, and a decision of the past.

Rule: nothing is used up, counted or written down, and nothing of the request is kept. What is asked here is asked of
copies (`gate.explain`), so a request that was explained can still be admitted.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from bitting.activity.ports import Entry, Query
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form
from bitting.desk.ports import Shelf
from bitting.desk.views import REASONS, entry_view
from bitting.desk.windows import claim_of, judged_at_ns, named_key, window_for, world_of
from bitting.domain.consent import Consent
from bitting.domain.errors import BittingError, MalformedValue, NotFound
from bitting.domain.holds import Authority
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import address_from_text
from bitting.domain.request import Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Denied, Reason
from bitting.gate.explain.case import step_of
from bitting.gate.explain.remedy import would_pass
from bitting.gate.explain.signature import Suspect
from bitting.gate.explain.telling import Asked, Explained, explain
from bitting.gate.explain.words import moment
from bitting.gate.pipeline import Door
from bitting.gate.times import FLOOR_AHEAD_NS, Floor

_TAG_KEY_BYTES: Final = 32
MOST_KEYS: Final = 100  # of the same account, whose secrets are tried too


async def explain_request(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A request as it was sent, or would be: every step of the gate, and what would pass."""
    request, peer_known = _request(form)
    then = form.has("at")
    judged_ns = judged_at_ns(form, desk.clock.now_ns())
    window, request = await window_for(desk, form, request)
    form.end()
    claim = claim_of(window.door, request)
    about = window.door.dialect.description
    loaded, others, elsewhere = None, [], []
    if claim is not None:
        loaded = await desk.book.load(window.door.environment, about.name, claim.wire_id)
        elsewhere = await _elsewhere(desk, window.door, claim.wire_id)
    if loaded is not None:
        others = await _others(desk, loaded.snapshot.key, window.door)
    door = window.door
    if loaded is None and consent.authority is Authority.HOLDER:
        # Nobody hears whether a key id that is not theirs was ever made here: by another tag, none was.
        door = door._replace(tag_key=Secret(desk.entropy(_TAG_KEY_BYTES)))
    world = world_of(desk, window.market, loaded, 0 if claim is None else claim.stamp_ns, judged_ns)
    if then:  # as a gate that ran then
        world = replace(world, floor=Floor(0, judged_ns + FLOOR_AHEAD_NS))
    asked = Asked(
        request,
        window.prefix.encode(),
        door,
        peer_known,
        None if loaded is None else loaded.snapshot,
        others,
        elsewhere,
        world,
    )
    explained = await asyncio.to_thread(explain, asked)
    key = None if loaded is None else loaded.snapshot.key
    return {
        "mount": window.prefix or "/",
        "dialect": about.name,
        "environment": window.door.environment.value,
        "observes": window.door.observes is not None,
        "key": None if key is None else named_key(key),
        "judged_at": moment(judged_ns),
        **_explained_view(explained),
    }


async def explain_record(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A decision of the past, by its request id: what the record tells, and what would pass today."""
    request_id = form.text("request_id")
    form.end()
    now_ns = desk.clock.now_ns()
    query = Query(request_id=request_id, most=1)

    def look(shelf: Shelf) -> tuple[Entry, Key | None]:
        entries = shelf.activity(query, now_ns).entries
        if not entries:
            raise NotFound(
                f"there is no record of {request_id[:64]}: it may be a moment away, or of a stranger who is only "
                "counted; `bitting activity strangers` has those"
            )
        record = entries[0].record
        key = None
        if record.key:
            with suppress(NotFound):
                key = shelf.find_key(record.key)
        return entries[0], key

    entry, key = await desk.book.read(look)
    record = entry_view(entry, {} if key is None else {key.id: key.policy.label})
    loaded = None if key is None else await desk.book.load(key.environment, key.dialect, key.wire_id)
    reason = REASONS.get(record["reason"])
    view: dict[str, Any] = {"record": record, "step": None, "would_pass": [], "changed_since": False}
    if reason is not None:
        denied = Denied(reason, record["shown"], record["detail"])
        view["step"] = _step(reason, proven=key is not None)
        if loaded is not None:
            view["would_pass"] = list(would_pass(denied, loaded.snapshot, now_ns))
    if key is not None:
        view["key"] = named_key(key)
        view["changed_since"] = key.version != entry.record.policy
    return view


def _request(form: Form) -> tuple[Request, bool]:
    """The request as it stands on the form, and whether it says where it came from."""
    headers = []
    for each in form.texts("headers"):
        name, _, value = each.partition(":")
        headers.append((name.strip().lower().encode("latin-1", "replace"), value.strip().encode("latin-1", "replace")))
    try:
        body = base64.b64decode(form.text("body", ""), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedValue("the body is in base64") from None
    method, target, base = form.text("method"), form.text("target"), form.text("base", "")
    if not target.startswith("/"):
        raise MalformedValue("the target begins with a slash")
    given = form.maybe("from")
    peer = 0 if given is None else address_from_text(given)
    encoded = (method.encode("latin-1", "replace"), target.encode("latin-1", "replace"))
    return Request(*encoded, tuple(headers), body, peer, base.encode("latin-1", "replace")), given is not None


async def _others(desk: Desk, key: Key, door: Door) -> list[Suspect]:
    """The credentials of the same account's other keys: mixing them up is a usual mistake."""
    keys = (await desk.book.read(lambda shelf: shelf.listed(key.account))).keys
    algorithm = key.credentials[0].algorithm
    suspects = []
    for each in [each for each in keys if each.id != key.id][:MOST_KEYS]:
        with suppress(BittingError):
            loaded = await desk.book.load(each.environment, each.dialect, each.wire_id)
            for proof in () if loaded is None else loaded.snapshot.proofs:
                shared = proof.credential.algorithm.shared
                fits = algorithm if shared and algorithm.shared else proof.credential.algorithm
                if fits in door.dialect.description.algorithms:
                    suspects.append(Suspect(_owner(each), fits, proof.material))
    return suspects


def _owner(key: Key) -> str:
    return f"it was signed with the secret of another key, {key.policy.label} ({key.environment.value} {key.dialect})"


async def _elsewhere(desk: Desk, door: Door, wire_id: str) -> list[str]:
    """In which other dialects and environments the key id is known."""
    found = []
    for name in desk.dialects:
        for environment in Environment:
            if (name, environment) != (door.dialect.description.name, door.environment):
                with suppress(BittingError):
                    if await desk.book.load(environment, name, wire_id) is not None:
                        found.append(f"{environment.value} {name}")
    return found


def _explained_view(explained: Explained) -> dict[str, Any]:
    return {
        "steps": [
            {
                "step": each.number,
                "title": each.title,
                "result": each.result.value,
                "said": list(each.said),
                "would_pass": list(each.would_pass),
            }
            for each in explained.steps
        ],
        "verdict": _verdict_view(explained.verdict),
        "signed_anew": None if explained.hidden else _verdict_view(explained.anew),
    }


def _verdict_view(denied: Denied | None) -> dict[str, Any]:
    if denied is None:
        return {"admitted": True, "reason": "", "caller": "", "why": ""}
    return {
        "admitted": False,
        "reason": denied.reason.code,
        "caller": denied.text,
        "why": denied.reason.owner,
    }


_OUTSIDE: Final = frozenset({Reason.UNAVAILABLE, Reason.UPSTREAM_DOWN, Reason.UPSTREAM_UNKNOWN})


def _step(reason: Reason, *, proven: bool) -> int | None:
    """The step that refused it; None where a part was down, which may be any."""
    if reason is Reason.MALFORMED and not proven:
        return 2
    return None if reason in _OUTSIDE else step_of(reason)


INTENTS: dict[str, Intent] = {
    "key.explain": explain_request,
    "key.explain-record": explain_record,
}
