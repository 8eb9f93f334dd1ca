"""One request on its way through the gate, and how a decision about it is written down."""

from __future__ import annotations

from typing import NamedTuple

from bitting.dialects.dialect import Claim
from bitting.domain.activity import Record
from bitting.domain.request import Header, Reply, Request
from bitting.domain.verdict import Denied
from bitting.gate.pipeline import Door, Passed, Turned


class Visit(NamedTuple):
    """A request, the door it came to, and the moment by which it is judged."""

    id: str
    now_ns: int
    request: Request
    door: Door

    @property
    def own_headers(self) -> tuple[Header, ...]:
        """What every reply carries."""
        return ((b"x-request-id", self.id.encode()),)

    def refusal(self, denied: Denied) -> Reply:
        """The refusal in the dialect's words."""
        return with_headers(self.door.dialect.refuse(denied, self.id), self.own_headers)


def with_headers(reply: Reply, headers: tuple[Header, ...]) -> Reply:
    """The reply with our headers; the upstream's own of the same names give way."""
    ours = dict(headers)
    kept = [each for each in reply.headers if each[0].lower() not in ours]
    return Reply(reply.status, (*kept, *headers), reply.body, reply.rest)


def record_of(visit: Visit, claim: Claim | None, decided: Passed | Turned, verdict: str) -> Record:
    """The decision as activity. What a stranger sent is cut to a bounded length."""
    request, actions = visit.request, decided.actions
    tenant = account = key = action = pair = reason = shown = detail = value = currency = ""
    policy = 0
    if decided.snapshot is not None:
        row = decided.snapshot.key
        tenant, account, key, policy = row.tenant, row.account, row.id, row.version
    if actions:
        first = actions[0]
        action = first.name if len(actions) == 1 else ", ".join([each.name for each in actions[:10]])
        pair = first.pair.to_text() if first.pair else ""
    if isinstance(decided, Turned):
        denied = decided.denied
        reason, shown, detail = denied.reason.code, denied.shown[:200], denied.detail[:500]
    elif decided.reserved:
        value, currency = f"{decided.reserved[0].amount:f}", decided.reserved[0].currency
    return Record(
        visit.now_ns,
        visit.id,
        tenant,
        account,
        key,
        decided.credential,
        claim.wire_id[:128] if claim else "",
        visit.door.dialect.description.name,
        request.method[:16].decode("ascii", "replace"),
        request.path[:200].decode("ascii", "replace"),
        action,
        pair,
        verdict,
        reason,
        shown,
        detail,
        request.peer,
        (request.header(b"user-agent") or b"")[:120].decode("ascii", "replace"),
        policy,
        value,
        currency,
    )
