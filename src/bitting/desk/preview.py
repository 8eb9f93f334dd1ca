"""What other rules of the house would do, before anybody makes them: to keys that are there, and to what these did.

It is looked at a page of keys at a time. What the gate would refuse is asked of the rules themselves, as the gate asks
them; how often that was used is read off the counts of days, not off single requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bitting.activity.ports import By, CountQuery, Step
from bitting.desk.accounts import rules_of
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import PAGE, Form, time_text
from bitting.desk.ports import Shelf
from bitting.domain.consent import Consent
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.domain.permissions import Permission

DAYS: Final = 30
_DAY_NS: Final = 86_400 * 1_000_000_000


class Refusals(NamedTuple):
    """What the gate would refuse a key by other rules and does not now: all of it, or these permissions. `not_issued`
    is why no such key could be issued any more."""

    everything: str
    permissions: tuple[Permission, ...]
    not_issued: str

    def __bool__(self) -> bool:
        return bool(self.everything or self.permissions or self.not_issued)


async def preview(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Which of the next `most` keys behind the id `after` the rules that are named would change, and how often in the
    last thirty days each did what it could not do any more; `next` where there are more keys."""
    rules = form.table("rules")
    after, most = form.text("after", ""), form.number("most", 100, least=1, most=PAGE)
    form.end()
    now_ns = desk.clock.now_ns()
    since_ns = now_ns // _DAY_NS * _DAY_NS - DAYS * _DAY_NS

    def look(shelf: Shelf) -> dict[str, Any]:
        before, _ = shelf.house()
        then = rules_of(before, rules)
        keys, damaged, last = shelf.listed(None, after, most)
        changed = []
        for key in keys:
            refusals = refusals_of(before, then, key, now_ns // 1_000_000)
            if refusals:
                used = _used(desk, shelf, key, refusals, since_ns, now_ns)
                changed.append(_view(key, refusals, used))
        said = {
            "changes": before.changes(then),
            "since": time_text(since_ns // 1_000_000),
            "looked_at": len(keys),
            "keys": changed,
            "accounts": _full(shelf, then, keys),
            "damaged": damaged,
        }
        return said if last is None else {**said, "next": last}

    return await desk.book.read(look)


def refusals_of(before: HousePolicy, then: HousePolicy, key: Key, now_ms: int) -> Refusals:
    """What is new in them for a key; a revoked one has nothing left to be refused."""
    if key.revoked_at_ms is not None:
        return Refusals("", (), "")
    policy, credential = key.policy, key.primary
    anywhere = policy.network.anywhere
    barred = then.bars(key.dialect, policy, credential, now_ms)
    everything = "" if barred is None or before.bars(key.dialect, policy, credential, now_ms) else barred.detail
    permissions = tuple(
        each
        for each in sorted(policy.grants, key=lambda each: each.value)
        if then.denies(each, credential.algorithm, anywhere=anywhere)
        and not before.denies(each, credential.algorithm, anywhere=anywhere)
    )
    objection = then.objection(policy, credential.algorithm, key.dialect, now_ms)
    was_issued = before.objection(policy, credential.algorithm, key.dialect, now_ms) is None
    return Refusals(everything, permissions, objection or "" if was_issued else "")


def _used(desk: Desk, shelf: Shelf, key: Key, refusals: Refusals, since_ns: int, now_ns: int) -> Mapping[str, int]:
    """How often each action that would be refused was admitted."""
    query = CountQuery(Step.DAY, since_ns, now_ns, key=key.id, by=(By.ACTION, By.VERDICT))
    times: Counter[str] = Counter()
    for each in shelf.counted(query, now_ns):
        action, verdict = each.by
        if verdict == "admitted":
            times[action] += each.times
    if refusals.everything:
        return times
    needs = {route.action.name: route.action.permission for route in desk.dialect(key.dialect).routes}
    table, _ = shelf.actions(key.dialect)
    needs |= {row.name: row.permission for row in table.rows}
    return {action: number for action, number in times.items() if needs.get(action) in refusals.permissions}


def _full(shelf: Shelf, then: HousePolicy, keys: list[Key]) -> list[dict[str, Any]]:
    """The accounts of these keys that have more keys than there may be; no key stops for it, and none can be added."""
    full = []
    for account in sorted({each.account for each in keys}):
        number = sum(each.revoked_at_ms is None for each in shelf.listed(account).keys)
        if number > then.keys_per_account:
            full.append({"account": account, "keys": number})
    return full


def _view(key: Key, refusals: Refusals, used: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": key.id,
        "key_id": key.wire_id,
        "account": key.account,
        "label": key.policy.label,
        "dialect": key.dialect,
        "everything": refusals.everything,
        "permissions": [each.value for each in refusals.permissions],
        "not_issued": refusals.not_issued,
        "requests": sum(used.values()),
        "actions": dict(sorted(used.items())),
    }


INTENTS: dict[str, Intent] = {"house.preview": preview}
