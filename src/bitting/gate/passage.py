"""A request that may go on, and what is to be said when it comes back.

Whoever carries it on (the gate's own face, an application around it) says afterwards what became of it, once: the
log gets its outcome, and what was reserved comes back if nothing can have happened. Whoever says nothing leaves
everything reserved.
"""

from __future__ import annotations

from typing import Final

from bitting.domain.action import Action
from bitting.domain.activity import Outcome
from bitting.domain.errors import BittingError, Unavailable
from bitting.domain.request import Header, Reply
from bitting.domain.verdict import Admitted, Denied, Reason
from bitting.gate.pipeline import Passed, Turned
from bitting.gate.ports import NotSent, Recorder
from bitting.gate.totals import Totals
from bitting.gate.visit import Visit, with_headers

DECLINED: Final = "declined"  # the note of what an exchange refused with a status that does not say so
SHORT_BYTES: Final = 4096  # an error is no longer; more of a reply is not read to see whether it is one


class Passage:
    """`decided` is None for an open endpoint, which needs no key, and Turned for what is only observed.

    account  whose; "" where nobody has been let in
    key      by which key
    actions  what the caller may do with this request
    headers  belong to the reply
    awaited  whether the log wants to know of the reply: of what changed state, and of everything at a door that
             observes, where our verdict is held against the exchange's
    """

    __slots__ = (
        "_decided",
        "_recorder",
        "_said",
        "_totals",
        "_visit",
        "account",
        "actions",
        "awaited",
        "headers",
        "key",
    )

    def __init__(self, visit: Visit, decided: Passed | Turned | None, recorder: Recorder, totals: Totals) -> None:
        door = visit.door
        self.headers: tuple[Header, ...] = visit.own_headers
        self.account = self.key = ""
        self.actions: tuple[Action, ...] = ()
        self.awaited = door.observes is not None and decided is not None
        if isinstance(decided, Passed):
            key = decided.snapshot.key
            self.account, self.key, self.actions = key.account, key.id, decided.actions
            if door.observes is None:  # else clients keep the exchange's own pace
                self.awaited = decided.changes_state
                self.headers += door.dialect.usage(decided.admitted) + _rate_headers(decided.admitted)
        self._visit = visit
        self._decided = decided
        self._recorder = recorder
        self._totals = totals
        self._said = False

    @property
    def request_id(self) -> str:
        """Under which the log has it."""
        return self._visit.id

    @property
    def spent(self) -> frozenset[bytes]:
        """Headers that have proved the caller here and do not travel on; a live API behind a door that observes still
        needs them."""
        door = self._visit.door
        return door.dialect.description.credential_headers if door.observes is None else frozenset()

    def returned(self, reply: Reply) -> Reply:
        """It came back with this reply: the same with our headers. Of one that is still coming the log is told at its
        end: what has broken off might have said anything."""
        rest = reply.rest
        if self.awaited and rest is None:
            self.heard(reply)
        elif self.awaited and rest is not None:
            rest.at_end(lambda seen: self.done(0, "unknown") if seen is None else self.heard(reply._replace(body=seen)))
        return with_headers(reply, self.headers)

    def heard(self, reply: Reply) -> None:
        """It came back with this reply, of which the body's beginning is enough: the log is told."""
        decided, observes = self._decided, self._visit.door.observes is not None
        if not (isinstance(decided, Passed) and decided.changes_state) and len(reply.body) > SHORT_BYTES:
            reply = reply._replace(body=b"")
        effect = self._visit.door.dialect.effect(reply)
        refused = reply.status >= 400 or effect.declined
        if isinstance(decided, Passed) and not decided.changes_state and not refused:
            return  # admitted here and answered there
        note = DECLINED if observes and effect.declined and not effect.reference else effect.reference
        self.done(reply.status, note, declined=effect.declined)

    def unanswered(self, problem: Unavailable) -> Reply:
        """It was not sent (NotSent), or got no whole answer: two very different things to the client."""
        unsent = isinstance(problem, NotSent)
        self.done(0, "not sent" if unsent else "unknown", declined=unsent)
        return self._refusal(Reason.UPSTREAM_DOWN if unsent else Reason.UPSTREAM_UNKNOWN, problem)

    def undone(self, note: str, problem: BittingError) -> Reply:
        """What was admitted could not be carried out here, and nothing has left."""
        self.done(0, note, declined=True)
        return self._refusal(Reason.UNAVAILABLE, problem)

    def done(self, status: int, note: str = "", *, declined: bool = False) -> None:
        """Add the outcome to the record; `declined` only when nothing can have happened. The first word counts, or what
        was reserved could come back twice."""
        if self._decided is None or self._said:
            return
        self._said = True
        reserved = self._decided.reserved if declined and isinstance(self._decided, Passed) else ()
        sums = self._totals.give_back(reserved, self._visit.now_ns) if reserved else {}
        self._recorder.outcome(Outcome(self._visit.id, status, note), sums)

    def _refusal(self, reason: Reason, problem: BittingError) -> Reply:
        visit = self._visit
        return with_headers(visit.door.dialect.refuse(Denied(reason, "", str(problem)), visit.id), self.headers)


def _rate_headers(admitted: Admitted) -> tuple[Header, ...]:
    """draft-ietf-httpapi-ratelimit-headers: what is left of the key's burst, and when it is whole again."""
    used, limit, reset_ms, _ = admitted
    left = limit - used if limit > used else 0
    return (
        (b"ratelimit-policy", b'"key";q=%d' % limit),
        (b"ratelimit", b'"key";r=%d;t=%d' % (left, -(-reset_ms // 1000))),
    )
