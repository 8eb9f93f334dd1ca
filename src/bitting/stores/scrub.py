"""A walk over every protected row, for whoever asks whether the store is sound.

What the gate finds when a key is used, this finds before: rows that were edited, put back or deleted, and boxes
that do not open; and pages of the activity log. The journal itself is checked by `journal.audit`.

It can be walked in stretches, each over one state of the store: whoever holds a state for an hour keeps the engine from
tidying up behind its writer for an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Final, NamedTuple

from bitting.domain.account import Account
from bitting.domain.errors import Malformed, NotFound, Shredded, Tampered
from bitting.journal.leaf import Leaf
from bitting.stores.head import check_head
from bitting.stores.log_check import LogCheck
from bitting.stores.people import StoredPeople
from bitting.stores.personal import is_houses
from bitting.stores.ports import EVERY, Tables
from bitting.stores.reading import Reader
from bitting.stores.seals import HOUSE, Seals, destroyed
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
    wrong: dict[str, str] = {}
    walked, place = 0, since
    walk = islice(_steps(tables, since), None if most == EVERY else most)
    for step in chain(_few(tables) if since == FIRST else (), walk):
        walked += step.place != FIRST
        place = step.place
        try:
            _look(tables, seals, step, now_ns)
        except (Malformed, NotFound, Shredded, Tampered) as problem:
            wrong[f"{step.kind} {step.id}".rstrip()] = str(problem)
    return Scrubbed([f"{name}: {problem}" for name, problem in wrong.items()], place if walked == most else None)


def _look(tables: Tables, seals: Seals, step: _Step, now_ns: int) -> None:
    """Raises Malformed, NotFound or Tampered where something is wrong with it."""
    reader = Reader(tables, seals)
    match step.kind:
        case "activity":
            LogCheck(tables, seals, now_ns).ends()
        case "page of the activity log":
            LogCheck(tables, seals, now_ns).page(int(step.id))
        case "journal":
            check_head(tables, seals)
        case "house":
            reader.house()
        case "actions":
            reader.actions(step.id)
        case "user":
            StoredPeople(tables, seals, reader, now_ns).user(step.id)
        case "approval":
            reader.approval(step.id)
        case "confirmation":
            reader.confirmation(step.id)
        case "account key":
            _check_owner(tables, seals, step.id, now_ns)
        case "credential":
            raise Tampered("its key is not here: its row was put in past Bitting")
        case "person":
            raise Tampered("there is no such user: what is said of them was put in past Bitting")
        case "account":
            _check_account_key(tables, seals, reader.account(step.id), now_ns)
        case "key":
            key = reader.key(step.id)
            if reader.chain(key.account)[0].shredded_at_ms is None:  # else there is nothing left to be opened
                for proof in proofs(tables, seals, key, now_ns):
                    proof.material()
        case "":
            pass
        case _:
            raise Tampered("there are no such rows in a house: it was put in past Bitting")


def _check_account_key(tables: Tables, seals: Seals, account: Account, now_ns: int) -> None:
    """Whether it opens, or is as destroyed as the account says."""
    if account.shredded_at_ms is None:
        seals.account_key(tables.wrapped, account.tenant, account.id, now_ns)
        return
    if tables.wrapped.account_key_row(account.tenant, account.id) != destroyed(account.tenant, account.id):
        raise Tampered("the account was shredded, and its key is not as it was left: it was put back, or taken out")


def _check_owner(tables: Tables, seals: Seals, place: str, now_ns: int) -> None:
    """Whether an account's key is one of an account that there is; the house's own is asked to open, too."""
    tenant, _, account_id = place.partition("/")
    if (tenant, account_id) == HOUSE:
        seals.account_key(tables.wrapped, *HOUSE, now_ns)
        return
    row = tables.objects.account_row(account_id)
    if row is None or row.tenant_id != tenant:
        raise Tampered("there is no such account: its row was put in past Bitting")


def _house_has_sealed(tables: Tables) -> bool:
    """Whether there are records whose personal fields lie under the house's own key. Where there are none, a key that
    is missing was never needed, and is made when it is."""
    rows = tables.journal.journal_leaves(0, tables.journal.journal_size())
    changes = (Leaf.from_bytes(row.leaf).change for row in rows)
    return any(map(is_houses, changes))


def _few(tables: Tables) -> Iterator[_Step]:
    """What is looked at in one go: the journal's head, and what lies in no object's row."""
    yield _Step(FIRST, "journal", "")
    yield _Step(FIRST, "activity", "")
    for table in tables.objects.actions_rows():
        if tables.journal.newest_leaf("actions", table.dialect) is None:
            yield _Step(FIRST, "actions", table.dialect)
    for paper in tables.papers.macs():
        yield _Step(FIRST, *paper.id.split(" ", 1))
    for row in tables.wrapped.account_key_rows():
        yield _Step(FIRST, "account key", f"{row.tenant_id}/{row.account_id}")
    if tables.wrapped.account_key_row(*HOUSE) is None and _house_has_sealed(tables):
        yield _Step(FIRST, "account key", "/")
    for credential in tables.objects.stray_credentials():
        yield _Step(FIRST, "credential", credential)
    for user_id in tables.people.strays():
        yield _Step(FIRST, "person", user_id)


def _steps(tables: Tables, since: Place) -> Iterator[_Step]:
    """What there is by its rows, and what there should be by the journal."""
    stage, after = since
    if since == FIRST:
        yield _Step(("account", ""), "house", "rules")
    if stage in ("", "account"):
        for account in tables.objects.account_rows(after):
            yield _Step(("account", account.account_id), "account", account.account_id)
        after = ""
    if stage in ("", "account", "key"):
        for key in tables.objects.key_rows(None, after):
            yield _Step(("key", key.key_id), "key", key.key_id)
        after = ""
    if stage not in ("leaf", "page"):
        for user in tables.people.user_rows(after):
            yield _Step(("user", user.user_id), "user", user.user_id)
        after = "-1"
    rows: dict[str, Callable[[str], object | None]] = {
        "account": tables.objects.account_row,
        "key": tables.objects.key_row,
        "user": tables.people.user_row,
        "approval": partial(tables.papers.paper, "approval"),
    }
    if stage != "page":
        for leaf in tables.journal.journal_leaves(int(after) + 1, tables.journal.journal_size()):
            missing = leaf.kind in rows and rows[leaf.kind](leaf.id) is None
            yield _Step(("leaf", str(leaf.index)), leaf.kind if missing or leaf.kind == "actions" else "", leaf.id)
        after = "0"
    head, there = tables.log.head(), tables.log.ends()
    if head is not None:
        # No further than to the first that is missing: a head that was edited may speak of any number of pages.
        missing_from = head.first if there is None else there[1] + 1
        for page in range(max(head.first, int(after) + 1), min(head.last, missing_from) + 1):
            yield _Step(("page", str(page)), "page of the activity log", str(page))
