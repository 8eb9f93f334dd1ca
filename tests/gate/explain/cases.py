"""What explaining asks about, made from the gate's own tests."""

from __future__ import annotations

from typing import Any

from bitting.dialects.dialect import Claim
from bitting.domain.credentials import Credential
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request
from bitting.domain.verdict import Denied
from bitting.gate.explain.case import Signed
from bitting.gate.explain.case import World as Judged
from bitting.gate.explain.telling import Asked, Explained, explain
from bitting.gate.pipeline import prove
from bitting.gate.snapshot import Snapshot
from tests.gate.world import World


def judged(world: World, snapshot: Snapshot | None, stamp_ns: int) -> Judged:
    """By what the world's gate judges, as a rehearsal."""
    admission = world.admission
    if snapshot is not None:
        admission = admission.rehearsal(snapshot.key, [each.id for each in snapshot.accounts], stamp_ns)
    return Judged(admission, world.freeze, world.board, world.footing.floor, world.clock.now)


def signed(world: World, request: Request) -> Signed:
    """A request that is proven."""
    claim = world.dialect.read(request)
    assert isinstance(claim, Claim)
    snapshot = world.store.snapshot(world.name(claim.wire_id))
    assert snapshot is not None
    credential = prove(claim, world.dialect, snapshot, world.clock.now)
    assert isinstance(credential, Credential)
    return Signed(request, claim, world.door, snapshot, credential, judged(world, snapshot, claim.stamp_ns))


def explained(world: World, request: Request, **more: Any) -> Explained:
    """Any request."""
    try:
        claim = world.dialect.read(request)
    except MalformedRequest:  # which is explained too
        claim = None
    snapshot = None if claim is None else world.store.snapshot(world.name(claim.wire_id))
    asked = Asked(
        request=request,
        prefix=b"",
        door=world.door,
        peer_known=True,
        snapshot=snapshot,
        others=(),
        elsewhere=(),
        world=judged(world, snapshot, 0 if claim is None else claim.stamp_ns),
    )
    return explain(asked._replace(**more))


def told(world: World, request: Request) -> Denied | None:
    """What the gate says to it, which uses it up."""
    verdict = world.judge(request)
    return verdict if isinstance(verdict, Denied) else None
