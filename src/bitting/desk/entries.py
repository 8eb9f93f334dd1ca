"""The desk's intents about entries of the journal: read by people, and what is sealed opened for those who may know."""

from __future__ import annotations

from typing import Any, Final

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form
from bitting.desk.ports import Shelf, Told
from bitting.domain.consent import Consent

MOST: Final = 1000


async def list_entries(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The newest entries, oldest first; all, or those of one account. `before` goes on before an index."""
    account, most = form.maybe("account"), form.number("most", 50, least=1, most=MOST)
    before = form.number("before") if form.has("before") else None
    form.end()

    def look(shelf: Shelf) -> list[Told]:
        found = None if account is None else shelf.find_account(account).id
        return shelf.told(found, before, most)

    return {"entries": [_view(each) for each in await desk.book.read(look)]}


def _view(told: Told) -> dict[str, Any]:
    """A leaf as it reads, and instead of what is sealed what it says."""
    view = told.leaf.view()
    view.pop("sealed", None)
    personal = {name: text for name, text in told.personal._asdict().items() if text}
    return {**view, "result": told.leaf.change.result, "personal": told.why_not or personal}


INTENTS: dict[str, Intent] = {"journal.list": list_entries}
