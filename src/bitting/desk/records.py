"""The desk's intents about what happened: activity, the journal, backups, the state of the house."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any, Final

from bitting.activity.ports import Query
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form, duration_ms, time_text
from bitting.desk.ports import Shelf
from bitting.desk.views import REASONS, entry_view
from bitting.domain.consent import Consent
from bitting.domain.errors import BittingError, MalformedValue, Unavailable
from bitting.journal.audit import check
from bitting.journal.bundle import export
from bitting.journal.note import Verifier
from bitting.journal.proof import prove

MOST_LINES: Final = 1000
MOST_WRONG: Final = 1000  # rows that are told of
ROWS_AT_ONCE: Final = 5000
MINUTE_NS: Final = 60_000_000_000
DAY_NS: Final = 1440 * MINUTE_NS


async def list_activity(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The newest records, oldest first; `after` continues behind a row, -1 begins with the first there is."""
    key, account = form.maybe("key"), form.maybe("account")
    wanted = Query(
        verdict=form.choice("verdict", ("admitted", "denied", "observed"), "") if form.has("verdict") else "",
        reason=form.text("reason", ""),
        request_id=form.text("request_id", ""),
        after=form.number("after", 0, least=-1),
        most=form.number("most", 50, least=1, most=MOST_LINES),
    )
    form.end()
    if wanted.reason and wanted.reason not in REASONS:
        raise MalformedValue(f"there is no reason {wanted.reason[:32]!r}; docs/reasons.md has the list")
    now_ns = desk.clock.now_ns()

    def look(shelf: Shelf) -> list[dict[str, Any]]:
        query = wanted._replace(
            key="" if key is None else shelf.find_key(key).id,
            account="" if account is None else shelf.find_account(account).id,
        )
        entries = shelf.activity(query, now_ns)
        labels = _labels(shelf, {each.record.key for each in entries})
        return [entry_view(each, labels) for each in entries]

    return {"records": await desk.book.read(look)}


def _labels(shelf: Shelf, key_ids: set[str]) -> dict[str, str]:
    """The labels of these keys, by id. One that is tampered with has none, and hides no activity."""
    labels = {}
    for key_id in key_ids - {""}:
        with suppress(BittingError):
            labels[key_id] = shelf.find_key(key_id).policy.label
    return labels


async def unmapped(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Routes that clients asked for and no table of actions names: denied, or only observed."""
    form.end()
    rows = await desk.book.read(lambda shelf: shelf.unmapped())
    return {
        "routes": [
            {
                "dialect": row["dialect"],
                "method": row["method"],
                "path": row["path"],
                "count": row["count"],
                "last_at": time_text(row["last_at_ns"] // 1_000_000),
            }
            for row in rows
        ]
    }


async def observed(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """By caller and reason: what would have been refused, and what was admitted here and refused by the exchange."""
    since_ns = max(0, desk.clock.now_ns() - duration_ms(form.text("since", "24h")) * 1_000_000)
    form.end()

    def look(shelf: Shelf) -> list[dict[str, Any]]:
        rows = shelf.observed(since_ns)
        labels = _labels(shelf, {each.key for each in rows})
        return [
            {
                "label": labels.get(each.key, ""),
                "key_id": each.wire_id,
                "dialect": each.dialect,
                "here": each.reason or each.verdict,
                "times": each.times,
                "refused_there": each.refused,
                "answered_there": each.answered,
                "request_ids": list(each.request_ids),
            }
            for each in rows
        ]

    return {"since": time_text(since_ns // 1_000_000), "observed": await desk.book.read(look)}


async def strangers(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Refusals of the last day that came too fast to be kept one by one, counted by minute."""
    form.end()
    since_ns = desk.clock.now_ns() - DAY_NS
    counts = await desk.book.read(lambda shelf: shelf.strangers(since_ns))
    return {
        "counts": [
            {"minute": time_text(minute * MINUTE_NS // 1_000_000), "dialect": dialect, "reason": reason, "count": count}
            for (minute, dialect, reason), count in sorted(counts.items())
        ]
    }


async def export_journal(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The journal as a new file that anybody can check with the public key."""
    path = form.text("path")
    form.end()
    trusted = await _signed(desk)
    lines = await desk.book.read(lambda shelf: desk.save(path, export(shelf.journal_storage(), trusted)))
    return {"path": path, "lines": lines, "vkey": desk.journal.vkey}


async def prove_entry(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A proof that one entry is in the journal."""
    index = form.number("index")
    form.end()
    trusted = await _signed(desk)
    proof = await desk.book.read(lambda shelf: prove(shelf.journal_storage(), index, trusted))
    return {"index": index, "proof": proof, "vkey": desk.journal.vkey}


async def _signed(desk: Desk) -> list[Verifier]:
    """Sign what is newest, so that it is in what is taken away; with a full disk, what was signed before has to do."""
    with suppress(Unavailable):
        await desk.journal.sign()
    return [Verifier.from_vkey(desk.journal.vkey)]


async def check_journal(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Recompute the whole journal where it lies."""
    form.end()
    trusted = [Verifier.from_vkey(desk.journal.vkey)]
    report = await desk.book.read(lambda shelf: check(shelf.journal_storage(), trusted))
    return {"size": report.size, "root": report.root.hex(), "signed": report.signed_size, "vkey": desk.journal.vkey}


async def check_rows(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Look at every row and open every box; `wrong` has a line for each that is not as the journal says."""
    form.end()
    wrong: list[str] = []
    place: tuple[str, str] | None = ("", "")
    while place is not None and len(wrong) < MOST_WRONG:
        # A little at a time: while somebody looks at one state, SQLite cannot shorten the log beside the database.
        found, place = await desk.book.read(partial(_scrubbed, place))
        wrong += found
    return {"wrong": wrong if place is None else [*wrong, "there may be more: the rest was not looked at"]}


def _scrubbed(since: tuple[str, str], shelf: Shelf) -> tuple[list[str], tuple[str, str] | None]:
    return shelf.scrub_on(since, ROWS_AT_ONCE)


async def back_up(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """An online copy of the database, verified."""
    path = form.text("path")
    form.end()
    pages = 0

    def progress(done: int, total: int) -> None:
        nonlocal pages
        pages = total

    await desk.book.read(lambda shelf: shelf.backup(path, progress))
    await desk.act(consent, lambda act: act.note("house.backup", {"path": path}))
    return {"path": path, "pages": pages}


async def show_status(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """How the running house is; empty where no server runs."""
    form.end()
    return dict(desk.status())


INTENTS: dict[str, Intent] = {
    "activity.list": list_activity,
    "activity.unmapped": unmapped,
    "activity.observed": observed,
    "activity.strangers": strangers,
    "journal.export": export_journal,
    "journal.prove": prove_entry,
    "journal.check": check_journal,
    "rows.check": check_rows,
    "backup": back_up,
    "status": show_status,
}
