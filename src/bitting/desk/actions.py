"""The desk's intents about the house's own tables of actions."""

from __future__ import annotations

from typing import Any

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import Form
from bitting.dialects.house_table import check_fits
from bitting.domain.action_table import ActionTable
from bitting.domain.consent import Consent
from bitting.lifecycle.house import set_actions


async def show_actions(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The house's table for a dialect, as it can be loaded again."""
    dialect = desk.dialect(form.text("dialect")).description.name
    form.end()
    table, version = await desk.book.read(lambda shelf: shelf.actions(dialect))
    return {"dialect": dialect, "version": version, "digest": table.digest().hex(), "table": table.to_plain()}


async def check_actions(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """What a table would change, if it were loaded."""
    dialect, table = _read(desk, form)
    form.end()
    before, version = await desk.book.read(lambda shelf: shelf.actions(dialect))
    return _view(dialect, before, table, version)


async def load_actions(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Make this the house's table for a dialect; `expected` is the version that was looked at before."""
    dialect, table = _read(desk, form)
    expected = form.number("expected") if form.has("expected") else None
    form.end()
    before, seen = await desk.book.read(lambda shelf: shelf.actions(dialect))
    if expected is None:
        expected = seen  # so that what is said to have changed is what has
    version = await desk.act(consent, lambda act: set_actions(act, dialect, table, expected=expected))
    return _view(dialect, before, table, version)


def _read(desk: Desk, form: Form) -> tuple[str, ActionTable]:
    dialect = desk.dialect(form.text("dialect"))
    table = ActionTable.from_plain(form.table("table"))
    check_fits(table, dialect)
    return dialect.description.name, table


def _view(dialect: str, before: ActionTable, after: ActionTable, version: int) -> dict[str, Any]:
    return {
        "dialect": dialect,
        "version": version,
        "digest": after.digest().hex(),
        "rows": len(after.rows),
        **before.changes(after)._asdict(),
    }


INTENTS: dict[str, Intent] = {
    "actions.show": show_actions,
    "actions.check": check_actions,
    "actions.load": load_actions,
}
