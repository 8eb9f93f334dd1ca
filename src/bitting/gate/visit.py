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
    names = [name for name, _ in headers]
    kept = [each for each in reply.headers if each[0].lower() not in names]
    return Reply(reply.status, (*kept, *headers), reply.body)


def record_of(visit: Visit, claim: Claim | None, decided: Passed | Turned, verdict: str) -> Record:
    """The decision as activity. What a stranger sent is cut to a bounded length."""
    request = visit.request
    key = decided.snapshot.key if decided.snapshot is not None else None
    denied = decided.denied if isinstance(decided, Turned) else None
    reserved = decided.reserved[0] if isinstance(decided, Passed) and decided.reserved else None
    first = decided.actions[0] if decided.actions else None
    return Record(
        at_ns=visit.now_ns,
        request_id=visit.id,
        tenant=key.tenant if key else "",
        account=key.account if key else "",
        key=key.id if key else "",
        credential=decided.credential,
        wire_id=claim.wire_id[:128] if claim else "",
        dialect=visit.door.dialect.description.name,
        method=request.method[:16].decode("ascii", "replace"),
        path=request.path[:200].decode("ascii", "replace"),
        action=", ".join(each.name for each in decided.actions[:10]),
        pair=first.pair.to_text() if first and first.pair else "",
        verdict=verdict,
        reason=denied.reason.code if denied else "",
        shown=denied.shown[:200] if denied else "",
        detail=denied.detail[:500] if denied else "",
        peer=request.peer,
        agent=(request.header(b"user-agent") or b"")[:120].decode("ascii", "replace"),
        policy=key.version if key else 0,
        value=f"{reserved.amount:f}" if reserved else "",
        currency=reserved.currency if reserved else "",
    )
