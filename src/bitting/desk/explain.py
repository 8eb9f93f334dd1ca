"""The desk's intents that explain: a request, a decision of the past, and what a key could do.

Rule: nothing is used up, counted or written down, and nothing of the request is kept. What is asked here is asked of
copies (`gate.explain`), so a request that was explained can still be admitted.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from bitting.activity.ports import Entry, Query
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form, moment_ms
from bitting.desk.ports import GateMemory, Shelf, Window
from bitting.desk.views import REASONS, entry_view
from bitting.dialects.dialect import Claim
from bitting.dialects.house_table import HouseTable
from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.consent import Consent
from bitting.domain.errors import BittingError, MalformedRequest, MalformedValue, NotFound
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.money import amount_from_text, currency_from_text
from bitting.domain.network import address_from_text
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.admission import MemoryAdmission, Rates
from bitting.gate.explain.case import Wish, World, step_of
from bitting.gate.explain.mending import objections
from bitting.gate.explain.remedy import would_pass
from bitting.gate.explain.signature import Suspect
from bitting.gate.explain.telling import Asked, Explained, explain
from bitting.gate.explain.words import moment, refusal, wanted
from bitting.gate.limits import Market
from bitting.gate.pipeline import Door
from bitting.gate.ports import Loaded
from bitting.gate.rates import Buckets
from bitting.gate.times import FLOOR_AHEAD_NS, Floor

MOST_KEYS: Final = 100  # of the same account, whose secrets are tried too
_KINDS: Final = {
    Permission.ORDERS_WRITE: Kind.ORDER,
    Permission.WITHDRAWALS_WRITE: Kind.WITHDRAWAL,
}


class _NoMarket:
    """Where no server runs, nobody knows a price."""

    def last_price(self, pair: Pair) -> Decimal | None:
        """None."""
        return None

    def open_orders(self, scope: str) -> int | None:
        """None."""
        return None

    def placed(self, scopes: Iterable[str], orders: int) -> None:
        """Nothing rests here."""


async def explain_request(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A request as it was sent, or would be: every step of the gate, and what would pass."""
    request, peer_known = _request(form)
    then = form.has("at")
    judged_ns = _moment_ns(form, desk.clock.now_ns())
    window, request = await _window(desk, form, request)
    form.end()
    claim = _claim(window.door, request)
    about = window.door.dialect.description
    loaded, others, elsewhere = None, [], []
    if claim is not None:
        loaded = await desk.book.load(window.door.environment, about.name, claim.wire_id)
        elsewhere = await _elsewhere(desk, window.door, claim.wire_id)
    if loaded is not None:
        others = await _others(desk, loaded.snapshot.key, window.door)
    world = _world(desk, window.market, loaded, 0 if claim is None else claim.stamp_ns, judged_ns)
    if then:  # as a gate that ran then
        world = replace(world, floor=Floor(0, judged_ns + FLOOR_AHEAD_NS))
    asked = Asked(
        request,
        window.prefix.encode(),
        window.door,
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
        "key": None if key is None else _key_view(key),
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
        entries = shelf.activity(query, now_ns)
        if not entries:
            raise NotFound(
                f"there is no record of {request_id[:64]}: it may be a moment away, or one of a flood that is only "
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
        view["key"] = _key_view(key)
        view["changed_since"] = key.version != entry.record.policy
    return view


async def can(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Whether a key could do something from an address now, and everything that stops it."""
    name = form.text("key")
    key = await desk.book.read(lambda shelf: shelf.find_key(name))
    table, _ = await desk.book.read(lambda shelf: shelf.actions(key.dialect))
    routes = [route.action for route in desk.dialect(key.dialect).routes]
    routes += [Action(row.name, row.kind, row.permission or Permission.MARKET_READ) for row in table.rows]
    action, left_out = _wish(form, routes)
    given = form.maybe("from")
    judged_ns = _moment_ns(form, desk.clock.now_ns())
    form.end()
    loaded = await desk.book.load(key.environment, key.dialect, key.wire_id)
    if loaded is None:
        raise NotFound(f"there is no key {key.wire_id}")
    window = next((each for each in _windows(desk) if _is_for(each, key.dialect, key.environment)), None)
    snapshot = loaded.snapshot
    credential = next(each.credential for each in snapshot.proofs)
    rules = key.policy.network.rules
    peer = address_from_text(given) if given is not None else rules[0].first if rules else 0
    market = _NoMarket() if window is None else window.market
    wish = Wish((action,), peer, snapshot, credential, _world(desk, market, loaded, 0, judged_ns))
    found, complete = await asyncio.to_thread(objections, wish)
    if given is None:
        found = [each for each in found if each.reason is not Reason.NETWORK]
        left_out.append("the address: name it with --from")
    return {
        "key": _key_view(key),
        "action": wanted(action),
        "judged_at": moment(judged_ns),
        "can": not found,
        "objections": [_objection_view(each, would_pass(each, snapshot, judged_ns, (action,))) for each in found],
        "all_found": complete,
        "not_judged": left_out,
    }


# ---- what is asked about


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


def _moment_ns(form: Form, now_ns: int) -> int:
    """`at`, or now."""
    if not form.has("at"):
        return now_ns
    at_ms = moment_ms(form.text("at"), now_ns // 1_000_000)
    if at_ms is None or at_ms < 0:
        raise MalformedValue("at is a moment: 2027-01-31T12:00:00.250Z, or 10m from now")
    return at_ms * 1_000_000


def _windows(desk: Desk) -> list[Window]:
    """The mounts of a running gate; where none runs, one for each dialect and environment, at its usual place."""
    if desk.gate is not None:
        return desk.gate.windows
    rates = Rates()
    return [
        Window(
            f"/{name}",
            Door(dialect, each, desk.tag_key, Buckets(), rates.strangers, Buckets(), rates.public),
            _NoMarket(),
        )
        for name, dialect in desk.dialects.items()
        for each in (Environment.LIVE, Environment.TEST)
    ]


async def _window(desk: Desk, form: Form, request: Request) -> tuple[Window, Request]:
    """The mount that the request is for, and the request as its dialect sees it. Raises MalformedValue."""
    windows = _windows(desk)
    if form.has("mount"):
        mount = form.text("mount").rstrip("/")
        windows = [each for each in windows if each.prefix == mount]
        if not windows:
            raise MalformedValue(f"there is no mount {mount[:64]!r}; there are: {_places(_windows(desk))}")
    if form.has("dialect"):
        name = desk.dialect(form.text("dialect")).description.name
        windows = [each for each in windows if each.door.dialect.description.name == name]
    environment = form.choice("environment", [each.value for each in Environment], Environment.LIVE.value)
    windows = [each for each in windows if each.door.environment.value == environment] or windows
    within = [each for each in windows if request.target.startswith(f"{each.prefix}/".encode())]
    found = within or [each for each in windows if _claim(each.door, request) is not None]
    names = {each.door.dialect.description.name for each in found}
    if len(names) != 1:
        raise MalformedValue(
            f"nothing tells which mount the request is for: name it with --mount or --dialect; there are: "
            f"{_places(_windows(desk))}"
        )
    window = found[0]
    if within:
        target = request.target[len(window.prefix) :]
        request = request._replace(target=target, base=request.base + window.prefix.encode())
    if desk.gate is None:
        name = window.door.dialect.description.name
        table, _ = await desk.book.read(lambda shelf: shelf.actions(name))
        window = window._replace(door=window.door._replace(routes=HouseTable(table)))
    return window, request


def _places(windows: Sequence[Window]) -> str:
    return ", ".join(dict.fromkeys(f"{each.prefix or '/'} ({each.door.dialect.description.name})" for each in windows))


def _is_for(window: Window, dialect: str, environment: Environment) -> bool:
    return window.door.dialect.description.name == dialect and window.door.environment is environment


def _claim(door: Door, request: Request) -> Claim | None:
    try:
        return door.dialect.read(request)
    except MalformedRequest:
        return None


def _world(desk: Desk, market: Market, loaded: Loaded | None, stamp_ns: int, now_ns: int) -> World:
    """By what it is judged: copies of what the gate has in memory, with what is on disk."""
    gate = desk.gate or GateMemory(MemoryAdmission(Rates()), lambda: Floor(0, now_ns + FLOOR_AHEAD_NS), [])
    admission = MemoryAdmission(gate.admission.rates)
    if loaded is not None:
        snapshot = loaded.snapshot
        admission = gate.admission.rehearsal(snapshot.key, [each.id for each in snapshot.accounts], stamp_ns)
        for credential, mark in loaded.marks.items():
            admission.marks.learn(credential, mark)
        for slot, amount in loaded.sums.items():
            admission.totals.learn(slot, amount)
    return World(admission, desk.freeze, market, gate.floor(), now_ns)


async def _others(desk: Desk, key: Key, door: Door) -> list[Suspect]:
    """The credentials of the same account's other keys: mixing them up is a usual mistake."""
    keys, _ = await desk.book.read(lambda shelf: shelf.listed(key.account))
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


# ---- a wish


def _wish(form: Form, known: Sequence[Action]) -> tuple[Action, list[str]]:
    """The action that somebody would like to do, and what it leaves open. `known` are those of the key's routes."""
    action = _named(form.text("action"), known)
    left_out: list[str] = []
    pair = Pair.from_text(form.text("pair")) if form.has("pair") else None
    amounts = {name: amount_from_text(form.text(name)) for name in ("amount", "price", "quote") if form.has(name)}
    side = Side(form.choice("side", [each.value for each in Side], Side.BUY.value))
    to, asset = form.maybe("to"), form.maybe("asset")
    if action.kind is Kind.ORDER:
        order = Order(pair, side, amounts.get("amount"), amounts.get("price"), amounts.get("quote"))
        action = action._replace(order=order)
        if pair is None:
            left_out.append("the pair: name it with --pair")
    elif action.kind is Kind.WITHDRAWAL:
        network, colon, address = (to or "").partition(":")
        if to is not None and not (colon and network and address):
            raise MalformedValue("to is NETWORK:ADDRESS, like ETH:0x52908400098527886E0F7030069857D2E4169EE7")
        code = currency_from_text(asset) if asset is not None else None
        goes = Withdrawal(code, network or None, address or None, form.text("tag", ""), amounts.get("amount"))
        action = action._replace(withdrawal=goes)
    return action._replace(pair=pair), left_out


def _named(name: str, known: Sequence[Action]) -> Action:
    """An action by its name, or by the permission it needs. Raises MalformedValue."""
    for each in known:
        if each.name == name:
            return Action(name, each.kind, each.permission)
    with suppress(MalformedValue):
        permission = Permission.from_text(name)
        usual = Kind.READ if name.endswith(".read") else Kind.CHANGE
        return Action(name, _KINDS.get(permission, usual), permission)
    names = ", ".join(sorted({each.name for each in known}))
    raise MalformedValue(f"no action {name[:40]!r}: name a permission, or one of {names}")


# ---- how it is told


def _key_view(key: Key) -> dict[str, Any]:
    return {"label": key.policy.label, "key_id": key.wire_id, "id": key.id, "version": key.version}


def _objection_view(denied: Denied, would: Sequence[str]) -> dict[str, Any]:
    return {
        "step": step_of(denied.reason),
        "reason": denied.reason.code,
        "said": refusal(denied),
        "why": denied.reason.owner,
        "would_pass": list(would),
    }


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
    "key.can": can,
}
