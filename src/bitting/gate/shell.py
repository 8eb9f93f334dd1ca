"""The gate as it runs: the pure pipeline, with the waiting round it.

It fetches the snapshot (step 4), waits for what must be durable (13), sends what is admitted to the
exchange and says refusals in the dialect's words. It decides nothing itself, and when it cannot do its part
it refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from bitting.dialects.dialect import Claim
from bitting.domain.action import Action, Kind
from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import BittingError, Unavailable
from bitting.domain.request import Header, Reply, Request
from bitting.domain.verdict import Admitted, Denied, Reason
from bitting.gate.admission import MemoryAdmission
from bitting.gate.cache import Snapshots
from bitting.gate.freeze import Freeze
from bitting.gate.limits import Market
from bitting.gate.pipeline import Door, Passed, Public, Turned, decide, hear, invented, stranger
from bitting.gate.ports import Clock, Effects, Exchange, Footing, Keys, NotSent, Recorder, Revoker
from bitting.gate.snapshot import Snapshot

LEASE_NS: Final = 1_000_000_000  # how long a cached row is believed while the store does not answer


class Gate:
    """One process's gate: `answer` is called for every request, whatever its door."""

    def __init__(
        self,
        *,
        clock: Clock,
        request_id: Callable[[], str],
        keys: Keys,
        footing: Footing,
        recorder: Recorder,
        market: Market,
        revoker: Revoker,
        admission: MemoryAdmission,
        snapshots: Snapshots,
        freeze: Freeze,
    ) -> None:
        self._clock = clock
        self._request_id = request_id
        self._keys = keys
        self._footing = footing
        self._recorder = recorder
        self._market = market
        self._revoker = revoker
        self._admission = admission
        self._snapshots = snapshots
        self._freeze = freeze

    async def answer(self, request: Request, door: Door, exchange: Exchange) -> Reply:
        """The reply to one request: the exchange's, the gate's own, or a refusal. Never raises BittingError."""
        now_ns = self._clock.now_ns()
        visit = _Visit(self._request_id(), now_ns, request, door)
        heard = hear(request, door, now_ns)
        if isinstance(heard, Public):
            return await self._open_endpoint(visit, exchange)
        if isinstance(heard, Denied):
            return self._turned_away(visit, None, Turned(heard))
        try:
            snapshot = await self._snapshot(heard, door, now_ns)
        except Unavailable as problem:
            return self._turned_away(visit, heard, Turned(Denied(Reason.UNAVAILABLE, "", str(problem))))
        except BittingError as problem:  # a row that does not match its seal; no stranger learns that there is one
            return self._turned_away(visit, heard, Turned(Denied(Reason.NOT_PROVEN, "", str(problem))))
        # A load takes its time, and others have been judged meanwhile: what is old by now is judged as old.
        visit = visit._replace(now_ns=self._clock.now_ns())
        decision = decide(
            request,
            heard,
            door,
            snapshot,
            self._admission,
            self._freeze,
            self._market,
            self._footing.floor,
            visit.now_ns,
        )
        if isinstance(decision, Turned):
            return self._turned_away(visit, heard, decision)
        return await self._admitted(visit, heard, decision, exchange)

    async def _snapshot(self, claim: Claim, door: Door, now_ns: int) -> Snapshot | None:
        """Step 4. Raises Unavailable when the store is away for longer than the lease."""
        if self._clock.monotonic_ns() - self._footing.store_seen_ns > LEASE_NS:
            raise Unavailable("the store has not answered for a second, or the clock was set; `bitting doctor` tells")
        name = (door.environment, door.dialect.description.name, claim.wire_id)
        snapshot = self._snapshots.get(name, now_ns)
        if snapshot is not None or self._snapshots.is_absent(name, now_ns) or invented(claim, door):
            return snapshot
        while True:
            epoch = self._snapshots.epoch
            loaded = await self._keys.load(*name)
            if self._snapshots.put(name, None if loaded is None else loaded.snapshot, epoch, now_ns):
                break
        if loaded is None:
            return None
        for credential, mark in loaded.marks.items():
            self._admission.marks.learn(credential, mark)
        for slot, amount in loaded.sums.items():
            self._admission.totals.learn(slot, amount)
        return loaded.snapshot

    async def _open_endpoint(self, visit: _Visit, exchange: Exchange) -> Reply:
        try:
            reply = await exchange.send(visit.request, "", "", visit.id)
        except Unavailable as problem:
            reason = Reason.UPSTREAM_DOWN if isinstance(problem, NotSent) else Reason.UPSTREAM_UNKNOWN
            return _with(visit.door.dialect.refuse(Denied(reason), visit.id), visit.own_headers)
        return _with(reply, visit.own_headers)

    def _turned_away(self, visit: _Visit, claim: Claim | None, turned: Turned) -> Reply:
        """A refusal, noted and said in the dialect's words."""
        # What a bucket refused is not charged to it again, or a flood of seconds would shut an address out for days.
        uncharged = (Reason.UNAVAILABLE, Reason.STRANGER_RATE)
        if turned.snapshot is None and turned.denied.reason not in uncharged:
            stranger(visit.request, visit.door, visit.now_ns)
        used_up = Effects({turned.credential: turned.mark}, {}, None) if turned.mark >= 0 else None
        self._recorder.note(_record(visit, claim, turned), used_up)
        return _with(visit.door.dialect.refuse(turned.denied, visit.id), visit.own_headers)

    async def _admitted(self, visit: _Visit, claim: Claim, passed: Passed, exchange: Exchange) -> Reply:
        dialect, key, admitted = visit.door.dialect, passed.snapshot.key, passed.admitted
        action = passed.actions[0]
        headers = (*visit.own_headers, *dialect.usage(admitted), *_rate_headers(admitted))
        record = _record(visit, claim, passed)
        # 13. What changes state is durable, with its mark and totals, before it goes on.
        if passed.changes_state:
            marks = {passed.credential: passed.mark} if passed.mark >= 0 else {}
            withdraws = any(each.kind is Kind.WITHDRAWAL for each in passed.actions)
            unchanged = (key.id, key.version) if withdraws else None
            try:
                await self._recorder.commit(record, Effects(marks, passed.admitted.sums, unchanged))
            except BittingError as problem:  # nobody knows whether it was written: the log is told what was done
                return _with(self._undone(visit, passed, "not forwarded", problem), headers)
        else:
            self._recorder.note(record)
        if action.permission is None:
            return _with(await self._own_affair(visit, passed, action), headers)
        try:
            if orders := sum(1 for each in passed.actions if each.kind is Kind.ORDER):
                self._market.placed((key.id, *(each.id for each in passed.snapshot.accounts)), orders)
            reply = await exchange.send(visit.request, key.account, key.id, visit.id)
        except Unavailable as problem:
            return _with(self._unanswered(visit, passed, problem), headers)
        if passed.changes_state:
            effect = dialect.effect(reply)
            self._outcome(visit, passed, reply.status, effect.reference, declined=effect.declined)
        return _with(reply, headers)

    async def _own_affair(self, visit: _Visit, passed: Passed, action: Action) -> Reply:
        """The key reads or ends itself: the gate answers, and the exchange hears nothing of it."""
        key = passed.snapshot.key
        if action.kind is Kind.SELF_REVOKE:
            try:
                await self._revoker.self_revoke(key, visit.id)
            except BittingError as problem:  # never "revoked" unless it is; somebody may have been faster
                return self._undone(visit, passed, "revocation not confirmed", problem)
        return visit.door.dialect.about(key, action, visit.request)

    def _undone(self, visit: _Visit, passed: Passed, note: str, problem: BittingError) -> Reply:
        """What was admitted could not be carried out here, and nothing has left."""
        self._outcome(visit, passed, 0, note, declined=True)
        return visit.door.dialect.refuse(Denied(Reason.UNAVAILABLE, "", str(problem)), visit.id)

    def _unanswered(self, visit: _Visit, passed: Passed, problem: Unavailable) -> Reply:
        """The upstream was not reached, or gave no whole answer: two very different things to the client."""
        unsent = isinstance(problem, NotSent)
        self._outcome(visit, passed, 0, "not sent" if unsent else "unknown", declined=unsent)
        reason = Reason.UPSTREAM_DOWN if unsent else Reason.UPSTREAM_UNKNOWN
        return visit.door.dialect.refuse(Denied(reason, "", str(problem)), visit.id)

    def _outcome(self, visit: _Visit, passed: Passed, status: int, note: str, *, declined: bool) -> None:
        """Add the outcome to the record, and give reservations back if nothing can have happened."""
        sums = self._admission.totals.give_back(passed.reserved, visit.now_ns) if declined else {}
        self._recorder.outcome(Outcome(visit.id, status, note), sums)


class _Visit(NamedTuple):
    """One request on its way through."""

    id: str
    now_ns: int
    request: Request
    door: Door

    @property
    def own_headers(self) -> tuple[Header, ...]:
        return ((b"x-request-id", self.id.encode()),)


def _with(reply: Reply, headers: tuple[Header, ...]) -> Reply:
    """The reply with our headers; the upstream's own of the same names give way."""
    names = {name for name, _ in headers}
    return reply._replace(headers=(*(each for each in reply.headers if each[0].lower() not in names), *headers))


def _rate_headers(admitted: Admitted) -> tuple[Header, ...]:
    """draft-ietf-httpapi-ratelimit-headers: what is left of the key's burst, and when it is whole again."""
    left, seconds = admitted.limit - admitted.used, -(-admitted.reset_ms // 1000)
    return (
        (b"ratelimit-policy", f'"key";q={admitted.limit}'.encode()),
        (b"ratelimit", f'"key";r={max(left, 0)};t={seconds}'.encode()),
    )


def _record(visit: _Visit, claim: Claim | None, decided: Passed | Turned) -> Record:
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
        verdict="denied" if denied else "admitted",
        reason=denied.reason.code if denied else "",
        shown=denied.shown[:200] if denied else "",
        detail=denied.detail[:500] if denied else "",
        peer=request.peer,
        agent=(request.header(b"user-agent") or b"")[:120].decode("ascii", "replace"),
        policy=key.version if key else 0,
        value=f"{reserved.amount:f}" if reserved else "",
        currency=reserved.currency if reserved else "",
    )
