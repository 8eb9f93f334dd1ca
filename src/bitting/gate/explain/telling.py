"""The gate's thirteen steps over one request, each with what it found: docs/request.md, told about one case.

It goes on past what refuses, as far as that means anything, and says what would be refused then.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple

from bitting.dialects.dialect import Claim, Clock
from bitting.domain.action import Action
from bitting.domain.credentials import Credential, State
from bitting.domain.network import Network, address_to_text, block_of
from bitting.domain.request import Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.explain.case import Signed, World, step_of
from bitting.gate.explain.mending import objections
from bitting.gate.explain.remedy import would_pass
from bitting.gate.explain.signature import Suspect, find
from bitting.gate.explain.words import UNITS, moment, nonce, offset, refusal, route, text, wanted
from bitting.gate.pipeline import Door, Public, hear, invented, prove
from bitting.gate.rates import Buckets
from bitting.gate.snapshot import Snapshot
from bitting.gate.times import unit_ns

_TITLES: Final = (
    "address",
    "reading",
    "key id",
    "key",
    "signature",
    "time",
    "first use",
    "in force",
    "network",
    "action",
    "permission and limits",
    "rates and totals",
    "written first",
)


class Result(Enum):
    """What a step says. After the first refusal everything is *what if*."""

    PASSES = "passes"
    REFUSED = "refused"
    THEN_PASSES = "would pass"
    THEN_REFUSED = "would be refused too"
    UNKNOWN = "not known"


class Step(NamedTuple):
    """One step: what was found, and where it refuses, what would pass."""

    number: int
    title: str
    result: Result
    said: tuple[str, ...]
    would_pass: tuple[str, ...] = ()


class Explained(NamedTuple):
    """`verdict` is what the gate would say now (None: admitted). `anew` is what it would say to the same request
    signed anew by the right credential at this moment; None where `hidden`: nobody can say."""

    steps: tuple[Step, ...]
    verdict: Denied | None
    anew: Denied | None
    hidden: bool


class Asked(NamedTuple):
    """A request to be explained. `peer_known` is false where nobody said where it came from. `strangers` are the
    credentials of the same owner's other keys; `elsewhere` says in which dialects the key id is known besides."""

    request: Request
    prefix: bytes
    door: Door
    peer_known: bool
    snapshot: Snapshot | None
    others: Sequence[Suspect]
    elsewhere: Sequence[str]
    world: World


def explain(asked: Asked) -> Explained:
    """Every step, in order."""
    told = _Telling()
    claim = _heard(asked, told)
    if claim is None:
        return told.finished(None, hidden=True)
    _known(asked, claim, told)
    if asked.snapshot is None:
        return told.finished(None, hidden=True)
    credential = _proven(asked, asked.snapshot, claim, told)
    case = Signed(asked.request, claim, asked.door, asked.snapshot, credential, asked.world)
    if not asked.peer_known:
        rules = asked.snapshot.key.policy.network.rules
        case = case.from_address(rules[0].first if rules else 0)
    found, complete = objections(case)
    if not asked.peer_known:
        found = [each for each in found if each.reason is not Reason.NETWORK]
    proven = told.verdict is None
    _weighed(asked, case, found, complete, told)
    if proven and found:
        told.verdict = found[0]  # a key that is refused too often is told that first, whatever its steps say
    lasting = [each for each in found if step_of(each.reason) > 7]
    return told.finished(lasting[0] if lasting else None, hidden=False)


class _Telling:
    """The steps so far, and the first refusal."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.verdict: Denied | None = None

    def passes(self, *said: str) -> None:
        self._add(Result.PASSES if self.verdict is None else Result.THEN_PASSES, said)

    def unknown(self, *said: str) -> None:
        self._add(Result.UNKNOWN, said)

    def refused(self, denied: Denied, *said: str, would: tuple[str, ...] = ()) -> None:
        result = Result.REFUSED if self.verdict is None else Result.THEN_REFUSED
        self.verdict = self.verdict or denied
        self._add(result, (refusal(denied), *said), would)

    def _add(self, result: Result, said: Sequence[str], would: tuple[str, ...] = ()) -> None:
        number = len(self.steps) + 1
        self.steps.append(Step(number, _TITLES[number - 1], result, tuple(filter(None, said)), would))

    def finished(self, anew: Denied | None, *, hidden: bool) -> Explained:
        return Explained(tuple(self.steps), self.verdict, anew, hidden)


def _heard(asked: Asked, told: _Telling) -> Claim | None:
    """Steps 1 and 2."""
    request, door, now_ns = asked.request, asked.door, asked.world.now_ns
    block = block_of(request.peer)
    if not asked.peer_known:
        told.unknown("nobody said from which address; name it with --from")
    elif wait_ns := door.strangers.wait_ns(block, door.stranger_rate, 1, now_ns):
        told.refused(
            Denied(Reason.STRANGER_RATE, address_to_text(request.peer), "too many unproven requests came from there"),
            would=(f"the same again in {wait_ns // 1_000_000 + 1} ms",),
        )
    else:
        told.passes(f"{address_to_text(request.peer)} has not been wrong too often")
    # The buckets of the door are not spent from, and one that is full does not hide the rest.
    heard = hear(request, door._replace(strangers=Buckets(), public=Buckets()), now_ns)
    about = door.dialect.description
    if isinstance(heard, Public):
        told.passes(f"{about.name}: {route(request)} is open market data, which needs no key")
        return None
    if isinstance(heard, Denied):
        told.refused(heard, would=(f"where each part stands: docs/dialects/{about.name}.md",))
        return None
    stamp = (
        f"stamped {moment(heard.stamp_ns)}, good for {heard.window_ns // 1_000_000} ms"
        if about.clock is Clock.AGREES
        else f"nonce {nonce(heard.nonce)}"
    )
    told.passes(
        f"{about.name}: {route(request)}",
        f"key id {heard.wire_id}, {stamp}",
        f"what has to be signed ({about.formula}):",
        text(heard.signing_input),
    )
    return heard


def _known(asked: Asked, claim: Claim, told: _Telling) -> None:
    """Steps 3 and 4."""
    about, snapshot = asked.door.dialect.description, asked.snapshot
    if snapshot is None and invented(claim, asked.door):
        told.refused(Denied(Reason.NOT_PROVEN, "", "this house has never made that key id: a typing error?"))
    else:
        told.passes("made here" if claim.wire_id.startswith("bk_") else "of another system's shape; looked up")
    if snapshot is None:
        place = f"{asked.door.environment.value} {about.name}"
        told.refused(
            Denied(Reason.NOT_PROVEN, "", f"no key of {place} has this id, so there is no secret to check with"),
            *(f"the same key id is known to {each}: another mount is meant" for each in asked.elsewhere),
        )
        return
    key = snapshot.key
    told.passes(f"{key.policy.label}, of account {snapshot.accounts[0].name}; version {key.version}")


def _proven(asked: Asked, snapshot: Snapshot, claim: Claim, told: _Telling) -> Credential:
    """Step 5; the credential that it is, or has to be."""
    dialect, now_ns = asked.door.dialect, asked.world.now_ns
    proven = prove(claim, dialect, snapshot, now_ns)
    if isinstance(proven, Credential):
        told.passes(f"by credential {proven.id}, {proven.algorithm.value}")
        return proven
    suspects = [
        Suspect(_former(proof.credential, now_ns // 1_000_000), proof.credential.algorithm, proof.material)
        for proof in snapshot.proofs
    ]
    slips = find(asked.request, claim, dialect, [*suspects, *asked.others], asked.prefix)
    why = [f"what fits: {', and '.join(each)}" for each in slips.found] or [
        f"none of {slips.tried} known mistakes fits: it was made with another secret, or over other bytes"
    ]
    told.refused(proven, *why, would=("a signature over the bytes of step 2, as they stand there",))
    return next((each for each in snapshot.key.credentials if each.state is State.PRIMARY), snapshot.key.credentials[0])


def _former(credential: Credential, now_ms: int) -> str:
    if credential.live(now_ms) or credential.state is not State.RETIRING:
        return ""
    ended = moment((credential.retires_at_ms or 0) * 1_000_000)
    return f"it was signed with the secret from before the rotation, which worked until {ended}"


def _weighed(asked: Asked, case: Signed, found: Sequence[Denied], complete: bool, told: _Telling) -> None:
    """Steps 6 to 13."""
    last = step_of(found[-1].reason) if found and not complete else 13
    passing = {
        6: _time(case),
        7: _use(case),
        8: ("key, accounts and house are in force",),
        9: (_network(asked, case.snapshot.key.policy.network),),
        10: tuple(map(wanted, case.wanted)),
        11: ("granted, and within the limits that can be read off the request",),
        12: ("within every rate and total",),
        13: _written(case.wanted),
    }
    for step in range(6, 14):
        here = [each for each in found if step_of(each.reason) == step]
        if step == 9 and not asked.peer_known:
            told.unknown("nobody said from which address; name it with --from")
        elif here:
            would = tuple(line for each in here for line in _remedies(each, case))
            told.refused(here[0], *map(refusal, here[1:]), *(passing[step] if step in (6, 7) else ()), would=would)
        elif step > last:
            told.unknown("nobody can say before the step that refuses passes")
        else:
            told.passes(*passing[step])


def _remedies(denied: Denied, case: Signed) -> tuple[str, ...]:
    return would_pass(denied, case.snapshot, case.world.now_ns, case.wanted)


def _time(case: Signed) -> tuple[str, ...]:
    now_ns, claim = case.world.now_ns, case.claim
    if case.door.dialect.description.clock is Clock.AGREES:
        return (offset(claim.stamp_ns, now_ns),)
    to_ns = unit_ns(claim.nonce)
    return () if to_ns is None else (f"as a time in {UNITS[to_ns]}: {offset(claim.nonce * to_ns, now_ns)}",)


def _use(case: Signed) -> tuple[str, ...]:
    if case.door.dialect.description.clock is Clock.AGREES:
        return ("its copies are told by its signed bytes",)
    mark = case.world.admission.marks.mark(case.credential.id)
    return ("no nonce has been used yet",) if mark < 0 else (f"the mark of its credential stands at {mark}",)


def _network(asked: Asked, network: Network) -> str:
    address = address_to_text(asked.request.peer)
    return f"{address} is in the key's network: {', '.join(network.to_text())}"


def _written(actions: Sequence[Action]) -> tuple[str, ...]:
    if any(each.kind.changes_state for each in actions):
        return ("it changes state: it is on the disk before it goes on, and passes once",)
    return ("it only reads: nothing has to be on the disk first",)
