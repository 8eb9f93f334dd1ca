"""What a key was used for, by whom and when; and which of its rights were not used.

The log knows actions. Which right one needs, the tables of actions say, for one name sometimes several; where no table
has the name any more, every right counts as used that it may have needed: nobody is told to take away what is in use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bitting.activity.ports import Sighting, Uses
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form, past_ms
from bitting.desk.ports import Shelf
from bitting.domain.consent import Consent
from bitting.domain.errors import Tampered
from bitting.domain.keys import Key
from bitting.domain.network import address_to_text
from bitting.domain.permissions import Permission
from bitting.gate.explain.words import moment

PAGE: Final = 200  # keys at once; of each everything it was used for is read
MOST_SEEN: Final = 100  # addresses and clients that are told of one key

Meanings = Mapping[str, frozenset[Permission]]


def usage_view(desk: Desk, shelf: Shelf, key: Key, now_ns: int) -> dict[str, Any]:
    """What is known of a key's use. A log that was tampered with hides no key: then it says so."""
    try:
        uses = shelf.uses(key.id, now_ns)
    except Tampered as problem:
        return {"used": None, "used_why_not": str(problem)}
    rights = rights_used(uses, meanings(desk, shelf, key.dialect))
    return {
        "used": {
            "credentials": [
                {
                    "credential": each.credential,
                    "at": moment(each.at_ns),
                    "address": address_to_text(each.address) if each.address else "",
                    "client": each.client,
                    "method": each.method,
                    "path": each.path,
                }
                for each in uses.credentials
            ],
            "addresses": _seen(uses.addresses),
            "clients": _seen(uses.clients),
            "permissions": {
                each.value: moment(rights[each]) if each in rights else None
                for each in sorted(key.policy.grants, key=lambda each: each.value)
            },
        },
        "used_why_not": "",
    }


def _seen(sightings: Iterable[Sighting]) -> list[dict[str, Any]]:
    return [
        {"text": each.text, "first_at": moment(each.first_ns), "last_at": moment(each.last_ns), "times": each.times}
        for each in tuple(sightings)[:MOST_SEEN]
    ]


def meanings(desk: Desk, shelf: Shelf, dialect: str) -> Meanings:
    """Which rights an action of this name may need, by the dialect's own table and the house's."""
    found: defaultdict[str, set[Permission]] = defaultdict(set)
    for route in desk.dialect(dialect).routes:
        if route.action.permission is not None:
            found[route.action.name].add(route.action.permission)
    for row in shelf.actions(dialect)[0].rows:
        found[row.name].add(row.permission or Permission.MARKET_READ)
    return {name: frozenset(rights) for name, rights in found.items()}


def rights_used(uses: Uses, known: Meanings) -> dict[Permission, int]:
    """When each right was last used, for all that can be told."""
    used: dict[Permission, int] = {}
    for action, at_ns in uses.actions.items():
        for right in known.get(action) or _guessed(action):
            used[right] = max(at_ns, used.get(right, 0))
    return used


def _guessed(action: str) -> Iterable[Permission]:
    """By its first word, as tables name actions: `order.place` is about `orders.read` and `orders.write`."""
    noun = action.partition(".")[0]
    return [each for each in Permission if each.value.partition(".")[0] in (noun, f"{noun}s")] or Permission


async def unused(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Keys with rights that were not used since then, though the keys are older than that: the next ones behind the id
    `after`, and `next` where there are more."""
    name, after = form.maybe("account"), form.text("after", "")
    now_ns = desk.clock.now_ns()
    since_ns = past_ms(form.text("since", "90d"), desk.now_ms) * 1_000_000
    form.end()

    def look(shelf: Shelf) -> dict[str, Any]:
        account = None if name is None else shelf.find_account(name).id
        keys, damaged, last = shelf.listed(account, after, PAGE)
        tables = {dialect: meanings(desk, shelf, dialect) for dialect in {each.dialect for each in keys}}
        found = []
        for key in keys:
            if key.revoked_at_ms is not None or key.created_at_ms * 1_000_000 > since_ns:
                continue
            rights = rights_used(shelf.uses(key.id, now_ns), tables[key.dialect])
            idle = sorted(each.value for each in key.policy.grants if rights.get(each, -1) < since_ns)
            if idle:
                found.append(_unused_view(shelf, key, idle))
        return {"keys": found, "damaged": damaged, **({} if last is None else {"next": last})}

    return await desk.book.read(look)


def _unused_view(shelf: Shelf, key: Key, idle: list[str]) -> dict[str, Any]:
    used_at_ns = shelf.usage(key.id)
    return {
        "id": key.id,
        "key_id": key.wire_id,
        "label": key.policy.label,
        "account": key.account,
        "last_used_at": None if used_at_ns is None else moment(used_at_ns),
        "unused": idle,
        "granted": len(key.policy.grants),
    }


INTENTS: dict[str, Intent] = {"key.unused": unused}
