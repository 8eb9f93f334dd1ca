"""The nonce doctor: where a credential's mark stands, who moves it, and what helps.

A reset brings the mark in memory down to where a restart would. Promise 4 holds through it: below what changed state,
on disk or on its way there, no mark falls (`gate.first_use.Marks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from bitting.activity.ports import Entry, Query
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form, time_text
from bitting.desk.ports import GateMemory
from bitting.dialects.dialect import Clock
from bitting.domain.consent import Consent
from bitting.domain.credentials import Credential, NonceMode
from bitting.domain.errors import Refused
from bitting.domain.keys import Key
from bitting.domain.network import address_to_text
from bitting.domain.verdict import Reason
from bitting.gate.explain.words import UNITS
from bitting.lifecycle.nonces import reset_nonce

MOST_RECORDS: Final = 1000  # of the key's newest, in which its clients are looked for
_LOW: Final = frozenset({Reason.NONCE_LOW.code, Reason.NONCE_AHEAD.code})
_TIME: Final = frozenset({Reason.TIME_STALE.code, Reason.TIME_AHEAD.code, Reason.TIME_FLOOR.code})


async def show_nonces(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Where the key's nonces or its clients' clocks stand, and advice."""
    key = await _find(desk, form)
    form.end()
    return await _examined(desk, key)


async def reset_nonces(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Bring the marks in memory down to where a restart would."""
    key = await _find(desk, form)
    form.end()
    if desk.dialect(key.dialect).description.clock is not Clock.FREE:
        raise Refused(f"{key.dialect} has no nonce: its requests carry a time, so mend the client's clock")
    if desk.gate is None:
        raise Refused("no server runs, so no mark is in memory: a start reads what is on the disk")
    await desk.act(consent, lambda act: reset_nonce(act, key.id))
    for credential_id, durable in (await _durable(desk, key)).items():
        desk.gate.admission.marks.lower(credential_id, durable)
    return await _examined(desk, key)


async def _find(desk: Desk, form: Form) -> Key:
    name = form.text("key")
    return await desk.book.read(lambda shelf: shelf.find_key(name))


async def _durable(desk: Desk, key: Key) -> dict[str, int]:
    """The marks of its credentials as a start would read them; -1 where there is none."""
    loaded = await desk.book.load(key.environment, key.dialect, key.wire_id)
    marks: Mapping[str, int] = {} if loaded is None else loaded.marks
    return {each.id: marks.get(each.id, -1) for each in key.credentials}


async def _examined(desk: Desk, key: Key) -> dict[str, Any]:
    now_ns = desk.clock.now_ns()
    query = Query(key=key.id, most=MOST_RECORDS)
    entries = (await desk.book.read(lambda shelf: shelf.activity(query, now_ns))).entries
    clients = _clients(entries)
    view: dict[str, Any] = {
        "label": key.policy.label,
        "key_id": key.wire_id,
        "dialect": key.dialect,
        "now": time_text(now_ns // 1_000_000),
        "clients": clients,
    }
    if desk.dialect(key.dialect).description.clock is Clock.AGREES:
        return {**view, "credentials": [], "advice": list(_clock_advice(entries, clients))}
    durable = await _durable(desk, key)
    credentials = [
        _credential_view(each, durable[each.id], desk.gate, now_ns)
        for each in key.credentials
        if each.live(now_ns // 1_000_000)
    ]
    advice = [line for each in credentials for line in each.pop("advice")]
    return {**view, "credentials": credentials, "advice": [*advice, *_conflicts(entries, clients)]}


def _credential_view(credential: Credential, durable: int, gate: GateMemory | None, now_ns: int) -> dict[str, Any]:
    memory = durable if gate is None else max(gate.admission.marks.mark(credential.id), durable)
    counts = credential.nonce_mode is NonceMode.COUNTER
    view: dict[str, Any] = {
        "id": credential.id,
        "state": credential.state.value,
        "mode": credential.nonce_mode.value,
        "mark": None if memory < 0 else memory,
        "durable": None if durable < 0 else durable,
        "unit": "" if counts or memory <= 0 else _unit(memory),
        "ahead_ms": None if counts or memory < 0 else (memory - now_ns) // 1_000_000,
        "passes_from": None if counts or memory < 0 else time_text(max(memory, now_ns) // 1_000_000),
    }
    tell = _counter_advice(memory, now_ns) if counts else _mark_advice(memory, durable, now_ns)
    return {**view, "advice": list(tell)}


def _unit(mark: int) -> str:
    """The coarsest unit that the mark is a whole number of: what its client counts in, most likely."""
    return next(name for ns, name in sorted(UNITS.items(), reverse=True) if mark % ns == 0)


def _counter_advice(mark: int, now_ns: int) -> Iterator[str]:
    yield f"this key counts: only a number above {max(mark, 0)} passes, whatever the time"
    for ns, name in sorted(UNITS.items(), reverse=True):
        if now_ns // ns > mark:
            yield f"a client whose nonce is the time in {name} can follow"
            return
    yield "no client whose nonce is the time can follow: rotate the key with --nonce-mode time"


def _mark_advice(memory: int, durable: int, now_ns: int) -> Iterator[str]:
    if memory < 0:
        yield "no nonce has been used with this credential yet"
        return
    if memory <= now_ns:
        yield "the mark lies behind now: a client whose nonce is the time passes, in whatever unit it counts"
        return
    passes = time_text(memory // 1_000_000)
    yield f"the mark lies ahead of now: a client whose nonce is the time passes from {passes} on"
    if durable < memory:
        lower = time_text(max(durable, 0) // 1_000_000)
        yield f"on disk it stands at {lower}: `bitting key nonce KEY --reset` brings it down to what changed state"
    if durable > now_ns:
        yield "it is on the disk, where nothing lowers it: wait, or rotate the key (a new credential has a new mark)"


def _clients(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Who used the key, by address and user agent: how often admitted, and refused for a nonce or a time."""
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for each in entries:
        record = each.record
        client = found.setdefault(
            (record.peer, record.agent),
            {
                "address": address_to_text(record.peer) if record.peer else "",
                "client": record.agent,
                "admitted": 0,
                "nonce_refused": 0,
                "time_refused": 0,
                "last_at": "",
                "last_said": "",
            },
        )
        client["admitted"] += record.verdict == "admitted"
        client["nonce_refused"] += record.reason in _LOW
        client["time_refused"] += record.reason in _TIME
        client["last_at"] = time_text(record.at_ns // 1_000_000)
        if record.reason in _LOW | _TIME:
            client["last_said"] = " ".join(filter(None, (record.reason, record.shown)))
    return list(found.values())


def _conflicts(entries: Sequence[Entry], clients: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Whether several programs move the same mark."""
    using = [each for each in clients if each["admitted"] or each["nonce_refused"]]
    low = sum(each["nonce_refused"] for each in using)
    if len(using) > 1 and low:
        order = [(each.record.peer, each.record.agent) for each in entries if each.record.verdict == "admitted"]
        turns = sum(1 for before, after in pairwise(order) if before != after)
        yield (
            f"{len(using)} clients share this key and took turns {turns} times; {low} of their requests came with a "
            "nonce below the other's: give each a key of its own"
        )
    elif low:
        yield (
            f"one client, and {low} of its requests came out of order: let it wait for each reply, or sign under a lock"
        )


def _clock_advice(entries: Sequence[Entry], clients: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "this dialect has no nonce: its requests carry a time that has to agree with the gate's"
    late = [each for each in clients if each["time_refused"]]
    for each in late:
        who = " ".join(filter(None, (each["address"], each["client"])))
        yield f"{who}: {each['time_refused']} refused for their time, the last one with {each['last_said']}"
    if late:
        yield "let that machine's clock be set by NTP, or its client ask the server's time first"
    elif entries:
        yield "no request of the last ones was refused for its time"


INTENTS: dict[str, Intent] = {"key.nonces": show_nonces, "key.reset-nonces": reset_nonces}
