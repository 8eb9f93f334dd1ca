"""bitting house: the rules that stand above every key, and the house's own routes."""

from __future__ import annotations

from cyclopts import App

from bitting.cli import actions, spelling
from bitting.cli.common import HERE, Common, Words
from bitting.cli.page import fields

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
