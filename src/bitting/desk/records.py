"""The desk's intents about what happened: activity, the journal, unmapped routes, backups, the state of the house."""

from __future__ import annotations

from typing import Any

from bitting.activity.ports import Query
from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form, time_text
from bitting.desk.views import entry_view
from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import ConsentMissing, MalformedValue
from bitting.journal.audit import check
from bitting.journal.bundle import export
from bitting.journal.note import Verifier
from bitting.journal.proof import prove
from bitting.lifecycle.act import Act

MOST_LINES = 1000


async def list_activity(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Records, oldest first; `after` continues from a row, for following."""
    key, account = form.maybe("key"), form.maybe("account")
    key_id = ""
    if key is not None:
        found = await desk.book.read(lambda shelf: shelf.find_key(key))
        key_id = found.id
    account_id = ""
    if account is not None:
        account_id = (await desk.book.read(lambda shelf: shelf.find_account(account))).id
    query = Query(
        key_id,
        account_id,
        form.text("verdict", ""),
        form.text("reason", ""),
        form.text("request_id", ""),
        form.number("after", 0),
        min(form.number("most", 50), MOST_LINES),
    )
    form.end()
    now_ns = desk.clock.now_ns()
    entries = await desk.book.read(lambda shelf: shelf.activity(query, now_ns))
    return {"records": [entry_view(each) for each in entries]}


async def unmapped(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Routes that clients asked for and no table of actions names: all were denied."""
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


async def export_journal(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The journal as lines that anybody can check with the public key."""
    form.end()
    trusted = [Verifier.from_vkey(desk.vkey)]
    lines = await desk.book.read(lambda shelf: list(export(shelf.journal_storage(), trusted)))
    return {"vkey": desk.vkey, "lines": lines}


async def prove_entry(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A proof that one entry is in the journal."""
    index = form.number("index")
    form.end()
    trusted = [Verifier.from_vkey(desk.vkey)]
    proof = await desk.book.read(lambda shelf: prove(shelf.journal_storage(), index, trusted))
    return {"vkey": desk.vkey, "proof": proof}


async def check_journal(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Recompute the whole journal where it lies."""
    form.end()
    trusted = [Verifier.from_vkey(desk.vkey)]
    report = await desk.book.read(lambda shelf: check(shelf.journal_storage(), trusted))
    return {"size": report.size, "root": report.root.hex(), "signed": report.signed_size, "vkey": desk.vkey}


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


async def split_root(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The root as shares, any `needed` of which restore it. Only for the operator on the machine itself."""
    needed, shares = form.number("needed"), form.number("shares")
    form.end()
    if consent.strength is not Strength.LOCAL:
        raise ConsentMissing("the root is backed up on the machine itself")
    if not 1 < needed <= shares <= 16:
        raise MalformedValue("at least two shares are needed, of at most 16")

    def note(act: Act) -> None:
        act.note("root.split", {"needed": needed, "shares": shares})

    await desk.act(consent, note)
    return {"needed": needed, "shares": desk.root_shares(needed, shares)}


async def show_status(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """How the running house is."""
    form.end()
    return dict(desk.status())


INTENTS: dict[str, Intent] = {
    "activity.list": list_activity,
    "activity.unmapped": unmapped,
    "journal.export": export_journal,
    "journal.prove": prove_entry,
    "journal.check": check_journal,
    "backup": back_up,
    "root.split": split_root,
    "status": show_status,
}
