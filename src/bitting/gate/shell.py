"""The gate as it runs: the pure pipeline, with the waiting round it.

`judge` fetches the snapshot (step 4), waits for what must be durable (13), and gives either a refusal in the
dialect's words or a passage: what goes on, for whom, and whom to tell what became of it. `answer` carries it to an
exchange and back. Nothing is decided here, and what cannot do its part refuses.

A door that observes (see `observe`) gives a passage where it would have refused, and writes that down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bitting.dialects.dialect import Claim
from bitting.domain.action import Kind
from bitting.domain.activity import Record
from bitting.domain.errors import BittingError, Unavailable
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.admission import MemoryAdmission
from bitting.gate.cache import Name, Snapshots
from bitting.gate.freeze import Freeze
from bitting.gate.limits import Market
from bitting.gate.passage import Passage
from bitting.gate.pipeline import Door, Passed, Public, Turned, decide, hear, invented, stranger
from bitting.gate.ports import Clock, Effects, Exchange, Footing, Keys, Recorder, Revoker
from bitting.gate.snapshot import Snapshot
from bitting.gate.visit import Visit, record_of, with_headers

# Read once: until Python 3.12 to read a member off its Enum takes as long as a function call.
_ORDER: Final = Kind.ORDER
_WITHDRAWAL: Final = Kind.WITHDRAWAL

LEASE_NS: Final = 1_000_000_000  # how long a cached row is believed while the store does not answer


class Gate:
    """One process's gate: every request, whatever its door, is given to `judge` or `answer`."""

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
        passage = await self.judge(request, door)
        if isinstance(passage, Reply):
            return passage
        try:
            reply = await exchange.send(request, passage.account, passage.key, passage.request_id)
        except Unavailable as problem:
            return passage.unanswered(problem)
        return passage.returned(reply)

    async def judge(self, request: Request, door: Door, against: Denied | None = None) -> Passage | Reply:
        """Whether the request may go on; if not, or if it is the gate's own affair, the reply. `against` is a refusal
        that is certain where it came in, to be written down and said as any other. Never raises BittingError."""
        now_ns = self._clock.now_ns()
        visit = Visit(self._request_id(), now_ns, request, door)
        heard = hear(request, door, now_ns, against)
        if isinstance(heard, Public):
            return self._passage(visit, None)
        if isinstance(heard, Denied):
            return self._turned_away(visit, None, Turned(heard))
        # 4. One snapshot: from memory, while the store is known to be well, or read.
        name = (door.environment, door.dialect.description.name, heard.wire_id)
        snapshot = self._snapshots.get(name, now_ns)
        if snapshot is None or self._clock.monotonic_ns() - self._footing.store_seen_ns > LEASE_NS:
            try:
                snapshot = await self._load(name, heard, door, now_ns)
            except Unavailable as problem:
                return self._turned_away(visit, heard, Turned(Denied(Reason.UNAVAILABLE, "", str(problem))))
            except BittingError as problem:  # a row that does not match its seal; no stranger learns that there is one
                return self._turned_away(visit, heard, Turned(Denied(Reason.NOT_PROVEN, "", str(problem))))
            # A load takes its time, and others have been judged meanwhile: what is old by now is judged as old.
            visit = Visit(visit.id, self._clock.now_ns(), request, door)
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
        passage, record = self._passage(visit, decision), record_of(visit, heard, decision, "admitted")
        if decision.changes_state or decision.actions[0].permission is None:
            return await self._admitted(visit, decision, passage, record)
        self._recorder.note(record)
        return passage

    async def _load(self, name: Name, claim: Claim, door: Door, now_ns: int) -> Snapshot | None:
        """The key that is not in memory. Raises Unavailable, whatever is in memory, when the store is away for longer
        than the lease."""
        if self._clock.monotonic_ns() - self._footing.store_seen_ns > LEASE_NS:
            raise Unavailable("the store has not answered for a second, or the clock was set; `bitting doctor` tells")
        if self._snapshots.is_absent(name, now_ns) or invented(claim, door):
            return None
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

    def _turned_away(self, visit: Visit, claim: Claim | None, turned: Turned) -> Passage | Reply:
        """A refusal, noted and said in the dialect's words; or noted only, at a door that observes."""
        door = visit.door
        # What a bucket refused is not charged to it again, or a flood of seconds would shut an address out for days.
        uncharged = (Reason.UNAVAILABLE, Reason.STRANGER_RATE)
        if turned.snapshot is None and turned.denied.reason not in uncharged:
            stranger(visit.request, door, visit.now_ns)
        used_up = Effects({turned.credential: turned.mark}, {}, None) if turned.mark >= 0 else None
        observed = door.observes is not None and not door.observes.could_be(visit.request)
        self._recorder.note(record_of(visit, claim, turned, "observed" if observed else "denied"), used_up)
        return self._passage(visit, turned) if observed else visit.refusal(turned.denied)

    async def _admitted(self, visit: Visit, passed: Passed, passage: Passage, record: Record) -> Passage | Reply:
        """What is more than a read of the exchange."""
        orders, withdraws = 0, False
        for each in passed.actions:
            orders += each.kind is _ORDER
            withdraws = withdraws or each.kind is _WITHDRAWAL
        # 13. What changes state is durable, with its mark and totals, before it goes on.
        if not passed.changes_state:
            self._recorder.note(record)
        elif visit.door.observes is None or passed.actions[0].permission is None or withdraws:
            try:
                await self._recorder.commit(record, _effects(passed, withdraws=withdraws))
            except BittingError as problem:  # nobody knows whether it was written: the log is told what was done
                return passage.undone("not forwarded", problem)
        else:  # it would go on whatever the disk says, so a live API does not wait for it
            self._recorder.note(record, _effects(passed, withdraws=withdraws))
        if passed.actions[0].permission is None:
            return await self._own_affair(visit, passed, passage)
        if orders:
            self._market.placed(passed.snapshot.scopes, orders)
        return passage

    async def _own_affair(self, visit: Visit, passed: Passed, passage: Passage) -> Reply:
        """The key reads or ends itself: the gate answers, and the exchange hears nothing of it."""
        key, action = passed.snapshot.key, passed.actions[0]
        if action.kind is Kind.SELF_REVOKE:
            try:
                await self._revoker.self_revoke(key, visit.id)
            except BittingError as problem:  # never "revoked" unless it is; somebody may have been faster
                return passage.undone("revocation not confirmed", problem)
        return with_headers(visit.door.dialect.about(key, action, visit.request), passage.headers)

    def _passage(self, visit: Visit, decided: Passed | Turned | None) -> Passage:
        return Passage(visit, decided, self._recorder, self._admission.totals)


def _effects(passed: Passed, *, withdraws: bool) -> Effects:
    """What has to be durable with the record. A withdrawal trusts no cache: its key must still be the one judged."""
    key = passed.snapshot.key
    marks = {passed.credential: passed.mark} if passed.mark >= 0 else {}
    return Effects(marks, passed.admitted.sums, (key.id, key.version) if withdraws else None)
