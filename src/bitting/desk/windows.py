"""Where a request that is only talked about would have come in, and by what it would have been judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bitting.desk.desk import Desk
from bitting.desk.form import Form, moment_ms
from bitting.desk.ports import GateMemory, Window
from bitting.dialects.dialect import Claim
from bitting.dialects.house_table import HouseTable
from bitting.domain.errors import MalformedRequest, MalformedValue
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.request import Request
from bitting.gate.admission import MemoryAdmission, Rates
from bitting.gate.explain.case import World
from bitting.gate.limits import Market, NoMarket
from bitting.gate.pipeline import Door
from bitting.gate.ports import Loaded
from bitting.gate.rates import Buckets
from bitting.gate.times import FLOOR_AHEAD_NS, Floor


def judged_at_ns(form: Form, now_ns: int) -> int:
    """`at`, or now."""
    if not form.has("at"):
        return now_ns
    at_ms = moment_ms(form.text("at"), now_ns // 1_000_000)
    if at_ms is None or at_ms < 0:
        raise MalformedValue("at is a moment: 2027-01-31T12:00:00.250Z, or 10m from now")
    return at_ms * 1_000_000


def windows_of(desk: Desk) -> list[Window]:
    """The mounts of a running gate; where none runs, one for each dialect and environment, at its usual place."""
    if desk.gate is not None:
        return desk.gate.windows
    rates = Rates()
    return [
        Window(
            f"/{name}",
            Door(dialect, each, desk.tag_key, Buckets(), rates.strangers, Buckets(), rates.public),
            NoMarket(),
        )
        for name, dialect in desk.dialects.items()
        for each in (Environment.LIVE, Environment.TEST)
    ]


async def window_for(desk: Desk, form: Form, request: Request) -> tuple[Window, Request]:
    """The mount that the request is for, and the request as its dialect sees it. Raises MalformedValue."""
    windows = windows_of(desk)
    if form.has("mount"):
        mount = form.text("mount").rstrip("/")
        windows = [each for each in windows if each.prefix == mount]
        if not windows:
            raise MalformedValue(f"there is no mount {mount[:64]!r}; there are: {_places(windows_of(desk))}")
    if form.has("dialect"):
        name = desk.dialect(form.text("dialect")).description.name
        windows = [each for each in windows if each.door.dialect.description.name == name]
    environment = form.choice("environment", [each.value for each in Environment], Environment.LIVE.value)
    windows = [each for each in windows if each.door.environment.value == environment] or windows
    within = [each for each in windows if request.target.startswith(f"{each.prefix}/".encode())]
    found = within or [each for each in windows if claim_of(each.door, request) is not None]
    names = {each.door.dialect.description.name for each in found}
    if len(names) != 1:
        raise MalformedValue(
            f"nothing tells which mount the request is for: name it with --mount or --dialect; there are: "
            f"{_places(windows_of(desk))}"
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


def is_for(window: Window, dialect: str, environment: Environment) -> bool:
    return window.door.dialect.description.name == dialect and window.door.environment is environment


def claim_of(door: Door, request: Request) -> Claim | None:
    try:
        return door.dialect.read(request)
    except MalformedRequest:
        return None


def world_of(desk: Desk, market: Market, loaded: Loaded | None, stamp_ns: int, now_ns: int) -> World:
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


def named_key(key: Key) -> dict[str, Any]:
    return {"label": key.policy.label, "key_id": key.wire_id, "id": key.id, "version": key.version}
