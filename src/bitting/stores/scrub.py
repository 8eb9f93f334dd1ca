"""A walk over every protected row, for whoever asks whether the store is sound.

What the gate finds when a key is used, this finds before: rows that were edited, put back or deleted, and boxes
that do not open. The journal itself is checked by `journal.audit`.

It can be walked in stretches, each over one state of the store: whoever holds a state for an hour keeps the engine from
tidying up behind its writer for an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from bitting.domain.errors import Malformed, NotFound, Tampered
from bitting.stores.ports import EVERY, Tables
from bitting.stores.reading import Reader
from bitting.stores.seals import Seals
from bitting.stores.snapshots import proofs

Place = tuple[str, str]  # how far the walk has come: a stage, and the id or index of the last one seen
FIRST: Final[Place] = ("", "")


class Scrubbed(NamedTuple):
    """One line for each object with which something is wrong, and the place to go on from; None at the end."""

    wrong: list[str]
    place: Place | None


class _Step(NamedTuple):
    """An object to look at; one without a kind is a leaf that says nothing new."""

    place: Place
    kind: str
    id: str


def scrub(tables: Tables, seals: Seals, now_ns: int, since: Place, most: int) -> Scrubbed:
    """Look at everything from a place on, or at so many rows."""
    reader = Reader(tables, seals)
    wrong: dict[str, str] = {}
    walked, place = 0, since
    for step in islice(_steps(tables, since), None if most == EVERY else most):
        walked, place = walked + 1, step.place
        try:
            if step.kind == "house":
                reader.house()
            elif step.kind == "actions":
                reader.actions(step.id)
            elif step.kind == "account":
                account = reader.account(step.id)
                seals.account_key(tables.wrapped, account.tenant, account.id, now_ns)
            elif step.kind == "key":
                key = reader.key(step.id)
                reader.chain(key.account)
                for proof in proofs(tables, seals, key, now_ns):
                    proof.material()
        except (Malformed, NotFound, Tampered) as problem:
            wrong[f"{step.kind} {step.id}"] = str(problem)
    return Scrubbed([f"{name}: {problem}" for name, problem in wrong.items()], place if walked == most else None)


def _steps(tables: Tables, since: Place) -> Iterator[_Step]:
    """What there is by its rows, and what there should be by the journal."""
    stage, after = since
    if since == FIRST:
        yield _Step(("account", ""), "house", "rules")
    if stage in ("", "account"):
        for account in tables.objects.account_rows(after):
            yield _Step(("account", account.account_id), "account", account.account_id)
        after = ""
    if stage != "leaf":
        for key in tables.objects.key_rows(None, after):
            yield _Step(("key", key.key_id), "key", key.key_id)
        after = "-1"
    rows = {"account": tables.objects.account_row, "key": tables.objects.key_row}
    for leaf in tables.journal.journal_leaves(int(after) + 1, tables.journal.journal_size()):
        missing = leaf.kind in rows and rows[leaf.kind](leaf.id) is None
        yield _Step(("leaf", str(leaf.index)), leaf.kind if missing or leaf.kind == "actions" else "", leaf.id)
