"""The decision about one request, from raw bytes to a verdict.

The steps are numbered, in order, and all here. The order is the defence:

 - Until step 5 has passed, nothing is answered that depends on what is stored, and nothing of the key's is
   spent: whoever knows a key id can learn nothing and burn nothing with it.
 - After step 6 the request is used up (7) whatever else is decided: a refused withdrawal must not come
   back to life when its address has matured.
 - Steps 8 to 11 are pure: they cost and change nothing. So they are computed first, and 7 and 12
   follow as one atomic call.

`hear` is steps 1 to 3, `decide` steps 5 to 12. Between them the shell fetches the snapshot (4), and after
them it waits for what must be durable (13). Whoever explains a decision (`explain`) asks the same functions.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import Final, NamedTuple

from bitting.dialects.dialect import Claim, Clock, Dialect
from bitting.dialects.house_table import NO_ROWS
from bitting.domain.action import Action
from bitting.domain.credentials import Credential, State
from bitting.domain.errors import BadSignature, MalformedRequest, Tampered, Unavailable
from bitting.domain.holds import Hold
from bitting.domain.ids import Environment, has_tag
from bitting.domain.network import address_to_text, block_of
from bitting.domain.request import Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Admitted, Denied, Reason
from bitting.gate.admission import Admission, FirstUse
from bitting.gate.first_use import CHANGED
from bitting.gate.freeze import Freeze
from bitting.gate.limits import Market, entry, forbidden
from bitting.gate.observe import Outflows
from bitting.gate.ports import Routes
from bitting.gate.rates import Buckets, Rate
from bitting.gate.snapshot import Snapshot
from bitting.gate.times import Floor, nonce_mark, untimely
from bitting.gate.totals import Reservation

_NO_SUCH_SECRET: Final = bytes(32)
# Read once: until Python 3.12 to read a member off its Enum takes as long as a function call.
_AGREES: Final = Clock.AGREES
_PRIMARY: Final = State.PRIMARY


class Door(NamedTuple):
    """Where a request came in: the dialect and environment of the mount, and the limits on strangers there. With
    `observes`, refusals are written down and not enforced, but for what takes value out. `routes` are the house's
    own, which are asked about where the dialect says nothing."""

    dialect: Dialect
    environment: Environment
    tag_key: Secret
    strangers: Buckets
    stranger_rate: Rate
    public: Buckets
    public_rate: Rate
    observes: Outflows | None = None
    routes: Routes = NO_ROWS


class Public(NamedTuple):
    """An open endpoint: it goes on without a key."""


PUBLIC: Final = Public()


class Turned(NamedTuple):
    """A refusal. `snapshot` and `credential` are known only when the request was proven. `mark` (-1: none) is the
    nonce it used up all the same, to be made durable soon: a restart must not free what might change state."""

    denied: Denied
    snapshot: Snapshot | None = None
    credential: str = ""
    actions: tuple[Action, ...] = ()
    mark: int = -1


class Passed(NamedTuple):
    """An admission, and what has to be done about it: `reserved` can be given back if the exchange declines;
    its sums and `mark` (-1: none) must be durable before a state-changing request goes on."""

    admitted: Admitted
    snapshot: Snapshot
    credential: str
    actions: tuple[Action, ...]
    mark: int
    reserved: tuple[Reservation, ...]
    changes_state: bool


def hear(request: Request, door: Door, now_ns: int, against: Denied | None = None) -> Claim | Public | Denied:
    """Steps 1 to 3: what does the request say of itself? Nothing is looked up. `against` is what stands against it
    already where it came in."""
    # 1. Is this address allowed another try? Only strangers spend here; see `stranger`.
    block = block_of(request.peer)
    if wait_ns := door.strangers.wait_ns(block, door.stranger_rate, 1, now_ns):
        return Denied(Reason.STRANGER_RATE, retry_after_ms=wait_ns // 1_000_000 + 1)
    if against is not None:
        return against
    # 2. What does it claim, in the dialect of this mount?
    dialect = door.dialect
    try:
        if dialect.is_public(request) or door.routes.is_public(request):
            if wait_ns := door.public.wait_ns(block, door.public_rate, 1, now_ns):
                return Denied(Reason.STRANGER_RATE, retry_after_ms=wait_ns // 1_000_000 + 1)
            door.public.spend(block, door.public_rate, 1, now_ns)
            return PUBLIC
        claim = dialect.read(request)
    except MalformedRequest as problem:
        return Denied(Reason.MALFORMED, str(problem))
    if claim is None:
        return Denied(Reason.NOT_PROVEN, "", "no credential on a private endpoint")
    return claim


def invented(claim: Claim, door: Door) -> bool:
    """Step 3: is this an id in our shape that we never made? Then no store needs to be asked."""
    return claim.wire_id.startswith("bk_") and not has_tag(claim.wire_id, door.tag_key)


def stranger(request: Request, door: Door, now_ns: int) -> None:
    """Charge the address for a request that proved nothing."""
    door.strangers.spend(block_of(request.peer), door.stranger_rate, 1, now_ns)


def decide(
    request: Request,
    claim: Claim,
    door: Door,
    snapshot: Snapshot | None,
    admission: Admission,
    freeze: Freeze,
    market: Market,
    floor: Floor,
    now_ns: int,
) -> Passed | Turned:
    """Steps 5 to 12, over one snapshot (None: there is no such key)."""
    # 5. Is it really them? Nothing below this line runs for a stranger, and nothing above it tells one anything.
    if snapshot is None:
        return Turned(_unknown(claim, door.dialect))
    credential = prove(claim, door.dialect, snapshot, now_ns)
    if isinstance(credential, Denied):
        return Turned(credential)
    return weigh(request, claim, door, snapshot, credential, admission, freeze, market, floor, now_ns)


def weigh(
    request: Request,
    claim: Claim,
    door: Door,
    snapshot: Snapshot,
    credential: Credential,
    admission: Admission,
    freeze: Freeze,
    market: Market,
    floor: Floor,
    now_ns: int,
) -> Passed | Turned:
    """Steps 6 to 12, of a request that is this credential's."""
    # 6. Fresh? And by what will its first use be told?
    if door.dialect.description.clock is _AGREES:
        mark = -1
        against = untimely(claim.stamp_ns, claim.window_ns, floor, now_ns)
    else:
        read = nonce_mark(claim.nonce, credential.nonce_mode, now_ns)
        mark, against = (-1, read) if isinstance(read, Denied) else (read, None)

    # 8 to 11. In force, network, action, policy. What is out of its time is not looked at any further: it
    # cannot be admitted, so there is nothing to use up.
    actions: tuple[Action, ...] = ()
    use: FirstUse | None = None
    if against is None:
        against = standing(snapshot, freeze, floor, request.peer, now_ns)
        if against is None:
            wanted = wants(request, door)
            if isinstance(wanted, Denied):
                against = wanted
            else:
                actions, against = wanted, forbidden(wanted, snapshot, credential, market, now_ns)
        use = first_use(request, claim, credential, mark, actions)

    # 7 and 12. Used up now, and counted if nothing stands against it.
    asked = entry(snapshot, actions, against, market)
    admitted = admission.admit(asked, use, against, now_ns)
    changes_state = use is not None and use.target == CHANGED
    if isinstance(admitted, Denied):
        return Turned(admitted, snapshot, credential.id, actions, mark if changes_state else -1)
    return Passed(admitted, snapshot, credential.id, actions, mark, asked.reservations, changes_state)


def _unknown(claim: Claim, dialect: Dialect) -> Denied:
    """Refuse an id nobody has, after as much work as for one that exists: the clock must not tell them apart."""
    with suppress(BadSignature):
        dialect.check(claim, dialect.description.algorithms[0], _NO_SUCH_SECRET)
    return Denied(Reason.NOT_PROVEN, "", "no key has this id here")


def prove(claim: Claim, dialect: Dialect, snapshot: Snapshot, now_ns: int) -> Credential | Denied:
    """The credential whose signature this is. The refusal's detail is for the owner; the wire knows one answer."""
    for credential, material in snapshot.proofs:
        if credential.state is not _PRIMARY and not _proves(credential, snapshot, now_ns):
            continue
        try:
            dialect.check(claim, credential.algorithm, material())
        except BadSignature:
            continue
        except Tampered as problem:
            return Denied(Reason.NOT_PROVEN, "", str(problem))
        return credential
    return Denied(Reason.NOT_PROVEN, "", "the signature is not this key's over these bytes")


def _proves(credential: Credential, snapshot: Snapshot, now_ns: int) -> bool:
    """Whether one that is not the primary does: until its overlap ends, and of a revoked key, to be told so."""
    return snapshot.key.revoked_at_ms is not None or credential.live(now_ns // 1_000_000)


def first_use(
    request: Request, claim: Claim, credential: Credential, mark: int, actions: tuple[Action, ...]
) -> FirstUse:
    """By what this request is told from its copies: its nonce, or a digest of its signed bytes."""
    changes_state = not actions
    for action in actions:
        changes_state = changes_state or action.kind.changes_state
    target = CHANGED if changes_state else request.method + b" " + request.path
    if mark >= 0:
        return FirstUse(credential.id, b"", 0, target, mark)
    # Length-prefixed, so that no other credential's bytes can be the same.
    name = credential.id.encode()
    replay_id = sha256(len(name).to_bytes(4) + name + claim.signing_input).digest()
    return FirstUse(credential.id, replay_id, claim.stamp_ns, target, -1)


def standing(snapshot: Snapshot, freeze: Freeze, floor: Floor, peer: int, now_ns: int) -> Denied | None:
    """Steps 8 and 9: why the key does not work now, or not from there; None: it does."""
    # 8. In force? By the latest time there was: a clock that is set back revives no key.
    latest_ns = floor.latest_ns(now_ns)
    if freeze.scopes or latest_ns >= snapshot.in_force_until_ms * 1_000_000:
        against = _out_of_force(snapshot, freeze, latest_ns // 1_000_000)
        if against is not None:
            return against
    # 9. From an address of the key's network?
    network = snapshot.key.policy.network
    if not network.admits(peer):
        allowed = ", ".join(network.to_text()) or "empty"
        return Denied(Reason.NETWORK, address_to_text(peer), f"the network is {allowed}")
    return None


def wants(request: Request, door: Door) -> tuple[Action, ...] | Denied:
    """Step 10: what the request wants, read from the signed bytes."""
    try:
        actions = door.dialect.actions(request)
        if actions is None:
            actions = door.routes.actions(request)
    except MalformedRequest as problem:
        return Denied(Reason.MALFORMED, str(problem))
    except Unavailable as problem:
        return Denied(Reason.UNAVAILABLE, "", str(problem))
    if not actions:
        return Denied(Reason.UNMAPPED, f"{request.method.decode()} {request.path.decode('ascii', 'replace')}")
    return actions


def _out_of_force(snapshot: Snapshot, freeze: Freeze, now_ms: int) -> Denied | None:
    """What stops the key: the brake, its own state, the house, an account; or nothing."""
    key, accounts = snapshot.scopes[0], snapshot.scopes[1:]
    against = freeze.objection(key, accounts) or snapshot.key.out_of_force(now_ms)
    if against is None and snapshot.house.frozen:
        against = Denied(Reason.HOUSE_HELD)
    for account in snapshot.accounts:
        if against is None and account.holds:
            against = Denied(Reason.ACCOUNT_HELD, "", _names(account.holds))
    return against


def _names(holds: frozenset[Hold]) -> str:
    return ", ".join(sorted(each.value for each in holds))
