"""A walk over every protected row, for whoever asks whether the store is sound.

What the gate finds when a key is used, this finds before: rows that were edited, put back or deleted, and boxes
that do not open. The journal itself is checked by `journal.audit`.
"""

from __future__ import annotations

from collections.abc import Iterator

from bitting.domain.errors import Malformed, NotFound, Tampered
from bitting.stores.ports import Tables
from bitting.stores.reading import Reader
from bitting.stores.seals import Seals
from bitting.stores.snapshots import proofs


def scrub(tables: Tables, seals: Seals, now_ns: int) -> list[str]:
    """One line for each object with which something is wrong; empty when there is none."""
    reader = Reader(tables, seals)
    wrong: dict[str, str] = {}
    for kind, id in _objects(tables):
        try:
            if kind == "house":
                reader.house()
            elif kind == "actions":
                reader.actions(id)
            elif kind == "account":
                account = reader.account(id)
                seals.account_key(tables.wrapped, account.tenant, account.id, now_ns)
            else:
                key = reader.key(id)
                reader.chain(key.account)
                for proof in proofs(tables, seals, key, now_ns):
                    proof.material()
        except (Malformed, NotFound, Tampered) as problem:
            wrong[f"{kind} {id}"] = str(problem)
    return [f"{name}: {problem}" for name, problem in wrong.items()]


def _objects(tables: Tables) -> Iterator[tuple[str, str]]:
    """What there is by its rows, and what there should be by the journal."""
    yield "house", "rules"
    for account in tables.objects.account_rows():
        yield "account", account.account_id
    for key in tables.objects.key_rows(None):
        yield "key", key.key_id
    for leaf in tables.journal.journal_leaves(0, tables.journal.journal_size()):
        if leaf.kind == "actions":
            yield leaf.kind, leaf.id
        is_here = {"account": tables.objects.account_row, "key": tables.objects.key_row}.get(leaf.kind)
        if is_here is not None and is_here(leaf.id) is None:
            yield leaf.kind, leaf.id
