"""bitting house: the rules that stand above every key, and the house's own routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cyclopts import App

from bitting.cli import actions, spelling
from bitting.cli.common import HERE, Common, Words
from bitting.cli.page import columns, fields

app = App(name="house", help="The house's rules, which stand above every key.")
app.command(actions.app)


@app.command
def show(*, common: Common = HERE) -> None:
    """The house's rules.

    For example:

        bitting house show
    """
    common.show(common.ask("house.show"), fields)


@app.command
def edit(*, rule: Words, common: Common = HERE) -> None:
    r"""Change rules; the others stay.

    For example:

        bitting house edit --rule network_required=true \
            --rule longest_life_days=180 --rule forbidden=withdrawals.write

    Parameters
    ----------
    rule: list[str]
        NAME=VALUE: true, false, none, nothing, a number, or a list with commas. `bitting house show` has the names.
    """
    common.show(common.ask("house.edit", rules=spelling.rules(rule)), fields)


@app.command
def preview(*, rule: Words, common: Common = HERE) -> None:
    r"""Whom other rules would stop, and what those keys did in the last
    thirty days that they could not do any more. Nothing is changed.

    For example:

        bitting house preview --rule network_required=true \
            --rule longest_life_days=180

    Parameters
    ----------
    rule: list[str]
        NAME=VALUE, as for `bitting house edit`.
    """
    common.show_pages("house.preview", _stopped, rules=spelling.rules(rule))


def _stopped(said: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [
            each["label"],
            each["key_id"],
            each["everything"] or ", ".join(each["permissions"]) or each["not_issued"],
            str(each["requests"]),
        ]
        for each in said["keys"]
    ]
    yield from columns(("label", "key id", "would be refused", "requests"), rows)
    yield from (f"account {each['account']} is full: {each['keys']} keys" for each in said["accounts"])
    yield from (f"cannot be believed: {each}" for each in said["damaged"])
