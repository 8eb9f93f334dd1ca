"""What has to be so in a house that has died and come back, held against the notes of those who were there.

Each function gives a line for everything that is not so.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from bitting.domain.errors import BittingError
from bitting.journal.bundle import verify_bundle
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.note import Verifier
from tests.end_to_end.house import House
from tests.end_to_end.signing import Key, balances
from tests.end_to_end.upstream import Came
from tests.end_to_end.wire import Line
from tests.system.mixed_load import Clerk, View

AT_ONCE: Final = 1000
# What of a key is its row's own. The rest moves with the clock or with the key's use, or is shown once.
_OWN: Final = (
    *("id", "key_id", "account", "label", "dialect", "environment", "holds", "grants", "network"),
    *("expires_at", "created_at", "revoked_at", "version", "digest", "credentials"),
)


def broken(house: House) -> Iterator[str]:
    """The journal proves itself, and every row is what the journal's newest leaf about it says: there is no change
    without its leaf, and no leaf without its change."""
    try:
        house.ask("journal.check")
    except BittingError as problem:
        yield f"the journal: {problem}"
    yield from house.ask("rows.check")["wrong"]


def changed(house: House, clerk: Clerk, sure: int, keys: dict[str, View]) -> Iterator[str]:
    """Each key is as the clerk was told last. One about which it had asked and was not answered may be one step on, and
    so may what was answered after the first `sure` replies.

    `keys` are those the clerk had before, and are brought to what is there.
    """
    wanted = {**keys, **{view["id"]: view for view in clerk.told[:sure]}}
    late = clerk.told[sure:]
    steps = Counter([*(view["id"] for view in late), *([] if clerk.asked is None else [clerk.asked])])
    there = {view["id"]: view for view in listed(house, clerk.account)}
    for id, view in wanted.items():
        found = there.get(id)
        if found is None:
            yield f"the key {id} is gone, acknowledged in version {view['version']}"
        elif not view["version"] <= found["version"] <= view["version"] + steps[id]:
            yield f"the key {id} has version {found['version']}, acknowledged in version {view['version']}"
        elif found["version"] == view["version"] and lasting(found) != lasting(view):
            yield f"the key {id} is another one in version {view['version']}"
    unasked = len(there.keys() - wanted.keys() - {view["id"] for view in late}) - steps[""]
    if unasked > 0:
        yield f"{unasked} keys are there which nobody has asked for"
    keys.clear()
    keys.update(there)


def listed(house: House, account: str) -> Iterator[View]:
    """All keys of an account."""
    page = house.ask("key.list", account=account)
    yield from page["keys"]
    while "next" in page:
        page = house.ask("key.list", account=account, after=page["next"])
        yield from page["keys"]


def lasting(view: View) -> View:
    """What of a key is the row's own."""
    return {name: view[name] for name in _OWN}


def unproven(house: House, told: Iterable[View], keys: dict[str, View]) -> Iterator[str]:
    """A secret that was shown proves its key, if the key works. One that nobody was told of may stand before it, and
    leaves it its overlap."""
    secrets = {view["id"]: view for view in told if view.get("secret")}
    with Line(house.address) as line:
        for id, view in secrets.items():
            if id in keys and keys[id]["state"] == "working":
                answer = line.ask(balances(Key(view["dialect"], id, view["key_id"], view["secret"])).raw)
                if answer.reason:
                    yield f"the key {id} is not proven by the secret that was shown: {answer.reason}"


def records(house: House, after: int) -> list[dict[str, Any]]:
    """The activity log behind a row."""
    found: list[dict[str, Any]] = []
    while True:
        page = house.ask("activity.list", after=found[-1]["row"] if found else after, most=AT_ONCE)["records"]
        found += page
        if len(page) < AT_ONCE:
            return found


def unwritten(log: list[dict[str, Any]], came: Iterable[Came], placed: Iterable[str]) -> Iterator[str]:
    """Every order that the exchange has seen, or a bot was told of, is in the log as admitted, once."""
    admitted = Counter(each["request_id"] for each in log if each["verdict"] == "admitted")
    for id in {*(each.request_id for each in came if changes(each)), *placed}:
        if admitted[id] != 1:
            yield f"the order {id} went on and is in the log {admitted[id]} times"


def changes(came: Came) -> bool:
    """Whether it was an order."""
    return b"order" in came.target


def doubled(came: Iterable[Came]) -> Iterator[str]:
    """Signed bytes reach the exchange once."""
    times = Counter(each.target + each.body for each in came if changes(each))
    for signed, count in times.items():
        if count > 1:
            yield f"{count} times the exchange has seen {signed!r}"


def replay(house: House, sent: Iterable[bytes]) -> None:
    """Everything once more, over one connection."""
    with Line(house.address) as line:
        for message in sent:
            line.ask(message)


class Taken(NamedTuple):
    """The journal as somebody has taken it away, and verified it with nothing but the public key."""

    seen: Checkpoint
    digests: dict[tuple[str, int], str]  # of each entry, by its object and version


def taken(house: House, path: Path, before: Taken | None = None) -> Taken:
    """Take it away. Raises Tampered where it does not verify, or does not go on from what was taken `before`."""
    vkey = house.ask("journal.export", path=str(path))["vkey"]
    lines = path.read_text().splitlines(keepends=True)
    path.unlink()
    trusted = [Verifier.from_vkey(vkey)]
    verify_bundle(lines, trusted, None if before is None else before.seen)
    newest = Checkpoint.from_note(json.loads(lines[0])["checkpoint"], trusted)
    entries = [line["reads"] for line in map(json.loads, lines) if "leaf" in line]
    return Taken(newest, {(each["id"], each["version"]): each["digest"] for each in entries})


def unjournalled(journal: Taken, told: Iterable[View]) -> Iterator[str]:
    """Each change that was acknowledged has its entry, about that very policy."""
    for view in told:
        if journal.digests.get((view["id"], view["version"])) != view["digest"]:
            yield f"version {view['version']} of the key {view['id']} was acknowledged and is not in the journal"
