"""The desk's intents about what everything is sealed under: the root and its shares, and the keys of the shards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form, time_text
from bitting.desk.ports import Shelf
from bitting.domain.change import Change
from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import ConsentMissing, MalformedValue, Refused
from bitting.journal import log
from bitting.journal.leaf import Leaf
from bitting.lifecycle import vault
from bitting.lifecycle.act import Act
from bitting.lifecycle.ports import Work

_NAMED: Final = 8  # bytes of a check that name a key to people


async def show_root(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Which root the house is under, and where it is."""
    form.end()
    return dict(await desk.vault.root())


async def split_root(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The root as shares, any `needed` of which restore it. Only for the operator on the machine itself."""
    needed, shares = form.number("needed"), form.number("shares")
    form.end()
    _on_the_machine(consent)
    made = await desk.vault.split(needed, shares)

    def note(act: Act) -> None:
        act.note("root.split", {"needed": needed, "shares": shares})

    await desk.act(consent, note)  # before anybody sees one of them
    return {"needed": needed, "shares": made}


async def rotate_root(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Put everything under another root; `backups` are those that were made under the one before."""
    to = form.text("to")
    form.end()
    _on_the_machine(consent)
    now_ns = desk.clock.now_ns()

    def record(work: Work, before: str, after: str, boxes: Mapping[str, Mapping[int, bytes]]) -> None:
        vault.change_root(Act(work, consent, now_ns, desk.entropy), before, after, boxes)

    said = dict(await desk.vault.change_root(now_ns, to, record))
    return {**said, "backups": await desk.book.read(lambda shelf: _backups(shelf, said["before"]))}


async def show_shards(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The key of each shard, since when; and those that were to get another and have not."""
    form.end()
    checks = desk.vault.shard_keys()

    def look(shelf: Shelf) -> dict[str, Any]:
        turned = {number: _last(shelf, vault.SHARD, str(number)) for number in checks}
        shards = [
            {"shard": number, "key": check[:_NAMED].hex(), "since": _since(turned[number])}
            for number, check in checks.items()
        ]
        return {"shards": shards, "left": _left(shelf)}

    return await desk.book.read(look)


async def plan_shards(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Begin to give shards new keys: those that are named, or all. `shards.next` does it, one at a time."""
    shards = form.texts("shards")
    form.end()
    if not all(each.isascii() and each.isdigit() and len(each) < 4 for each in shards):
        raise MalformedValue("shards are numbers")
    left = await desk.act(consent, lambda act: vault.plan_turns(act, [int(each) for each in shards]))
    return {"left": left}


async def turn_next_shard(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Give the next shard of the plan its new key. `left` are those that come after it."""
    form.end()
    _on_the_machine(consent)
    left = await desk.book.read(_left)
    if not left:
        raise Refused("no rotation is under way: `bitting shards rotate` begins one")
    number, now_ns = left[0], desk.clock.now_ns()

    def record(work: Work, before: bytes, after: bytes) -> None:
        vault.turn(Act(work, consent, now_ns, desk.entropy), number, before, after)

    rows, wrong = await desk.vault.turn_shard(now_ns, number, record)
    return {
        "shard": number,
        "key": desk.vault.shard_keys()[number][:_NAMED].hex(),
        "rows": rows,
        "wrong": [f"{name}: {why}" for name, why in wrong.items()],
        "left": left[1:],
    }


def _on_the_machine(consent: Consent) -> None:
    """Before a root is asked for anything."""
    if consent.strength is not Strength.LOCAL:
        raise ConsentMissing("the root is the operator's on the machine itself")


def _left(shelf: Shelf) -> list[int]:
    return vault.turns_left(lambda kind, id: _last(shelf, kind, id))


def _last(shelf: Shelf, kind: str, id: str) -> Change | None:
    leaf = log.newest(shelf.journal_storage(), kind, id)
    return None if leaf is None else leaf.change


def _since(turned: Change | None) -> str:
    return "the house was founded" if turned is None else str(time_text(turned.at_ns // 1_000_000))


def _backups(shelf: Shelf, root_id: str) -> list[str]:
    """Where backups were put while the house was under that root."""
    storage = shelf.journal_storage()
    paths: list[str] = []
    for row in storage.journal_leaves(0, storage.journal_size()):
        if (row.kind, row.id) != ("house", "deeds"):
            continue
        change = Leaf.from_bytes(row.leaf).change
        if change.deed == "root.rotate" and change.facts["after"] == root_id:
            paths.clear()
        if change.deed == "house.backup":
            paths.append(str(change.facts["path"]))
    return paths


INTENTS: dict[str, Intent] = {
    "root.show": show_root,
    "root.split": split_root,
    "root.rotate": rotate_root,
    "shards.show": show_shards,
    "shards.plan": plan_shards,
    "shards.next": turn_next_shard,
}
