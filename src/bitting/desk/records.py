"""The desk's intents about the house as a whole: the journal, its rows, backups, its state."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form
from bitting.desk.ports import Shelf
from bitting.domain.consent import Consent
from bitting.domain.errors import Unavailable
from bitting.journal.audit import check
from bitting.journal.bundle import export
from bitting.journal.note import Verifier
from bitting.journal.proof import prove
from bitting.journal.replay import Report

MOST_WRONG: Final = 1000  # rows that are told of
ROWS_AT_ONCE: Final = 5000


async def export_journal(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The journal, or what is in it of one account, as a new file that anybody can check with the public key."""
    path, account = form.text("path"), form.maybe("account")
    form.end()
    trusted, cosigned = await _signed(desk), desk.journal.cosigned

    def look(shelf: Shelf) -> int:
        if account is None:
            return desk.save(path, export(shelf.journal_storage(), trusted, cosigned))
        return desk.save(path, shelf.excerpt(shelf.find_account(account).id, trusted, cosigned))

    return {"path": path, "lines": await desk.book.read(look), "vkey": desk.journal.vkey}


async def prove_entry(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A proof that one entry is in the journal."""
    index = form.number("index")
    form.end()
    trusted = await _signed(desk)
    proof = await desk.book.read(lambda shelf: prove(shelf.journal_storage(), index, trusted, desk.journal.cosigned))
    return {"index": index, "proof": proof, "vkey": desk.journal.vkey}


async def _signed(desk: Desk) -> Sequence[Verifier]:
    """Sign what is newest, so that it is in what is taken away; with a full disk, what was signed before has to do."""
    with suppress(Unavailable):
        await desk.journal.sign()
    return desk.journal.trusted


async def check_journal(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Recompute the whole journal where it lies."""
    form.end()

    def look(shelf: Shelf) -> Report:
        shelf.check_head()
        return check(shelf.journal_storage(), desk.journal.trusted)

    report = await desk.book.read(look)
    return {
        "size": report.size,
        "root": report.root.hex(),
        "signed": report.signed_size,
        **({"dropped": report.dropped} if report.dropped else {}),
        "vkey": desk.journal.vkey,
    }


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
    """An online copy of the database, verified; sealed for the recipients, if there are any."""
    path, recipients = form.text("path"), form.texts("recipients")
    form.end()
    seal = desk.seal_for(recipients) if recipients else None
    pages = 0

    def progress(done: int, total: int) -> None:
        nonlocal pages
        pages = total

    await desk.book.read(lambda shelf: shelf.backup(path, progress, seal))
    await desk.act(consent, lambda act: act.note("house.backup", {"path": path, "recipients": recipients}))
    return {"path": path, "pages": pages, "recipients": recipients}


async def show_status(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """How the running house is; empty where no server runs."""
    form.end()
    return dict(desk.status())


INTENTS: dict[str, Intent] = {
    "journal.export": export_journal,
    "journal.prove": prove_entry,
    "journal.check": check_journal,
    "rows.check": check_rows,
    "backup": back_up,
    "status": show_status,
}
