"""bitting account: open, list, show, limit, and the address book; bitting house: the rules over all keys."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console

from bitting.cli.common import HERE, Common, fields, limits, rows, rules

app = App(name="account", help="Accounts: whose keys they are, limits over all of them, withdrawal addresses.")
address = App(name="address", help="The address book: where withdrawals may go.")
app.command(address)
house = App(name="house", help="The house's rules, which stand above every key.")


@app.command(name="open")
def open_(name: str, /, *, parent: str | None = None, common: Common = HERE) -> None:
    """Open an account, or a sub-account of another.

    Examples
    --------
    bitting account open alice
    """
    _answer(common, common.ask("account.open", name=name, parent=parent))


@app.command(name="list")
def list_(*, common: Common = HERE) -> None:
    """All accounts.

    Examples
    --------
    bitting account list
    """
    said = common.ask("account.list")
    lines = [[each["name"], each["id"], each["state"], str(len(each["addresses"]))] for each in said["accounts"]]
    common.show(said, lambda screen: rows(screen, ["name", "id", "state", "addresses"], lines))


@app.command
def show(account: str, /, *, common: Common = HERE) -> None:
    """One account, with its address book.

    Examples
    --------
    bitting account show alice
    """
    _answer(common, common.ask("account.show", account=account))


@app.command
def limit(account: str, /, *, limit: Annotated[list[str], Parameter(negative=())], common: Common = HERE) -> None:
    """Limit all keys of the account together.

    Examples
    --------
    bitting account limit alice --limit daily_orders=USD:20000 --limit open_orders=50

    Parameters
    ----------
    limit: list[str]
        NAME=VALUE as for a key; NAME=none takes a limit away.
    """
    _answer(common, common.ask("account.limit", account=account, limits=limits(limit)))


@address.command
def add(
    account: str,
    /,
    *,
    asset: str,
    network: str,
    address: str,
    label: str,
    tag: str | None = None,
    common: Common = HERE,
) -> None:
    """Add an address. It waits (24 hours, unless the house says otherwise) before it can be used.

    Examples
    --------
    bitting account address add alice --asset USDT --network ETH --address 0x52908400098527886E0F7030069857D2E4169EE7
        --label "cold wallet"
    """
    given = {"asset": asset, "network": network, "address": address, "label": label, "tag": tag}
    _answer(common, common.ask("account.add-address", account=account, **given))


@address.command(name="list")
def list_addresses(account: str, /, *, common: Common = HERE) -> None:
    """The address book.

    Examples
    --------
    bitting account address list alice
    """
    said = common.ask("account.show", account=account)
    common.show({"addresses": said["addresses"]}, lambda screen: _book(screen, said["addresses"]))


@address.command
def remove(account: str, entry: str, /, *, common: Common = HERE) -> None:
    """Take an entry out, by its id.

    Examples
    --------
    bitting account address remove alice 0192f0c1-5c1e-7a52-8f6e-3a1f2b9d4c11
    """
    _answer(common, common.ask("account.remove-address", account=account, entry=entry))


@house.command(name="show")
def show_house(*, common: Common = HERE) -> None:
    """The house's rules.

    Examples
    --------
    bitting house show
    """
    said = common.ask("house.show")
    common.show(said, lambda screen: fields(screen, said))


@house.command(name="edit")
def edit_house(*, rule: Annotated[list[str], Parameter(negative=())], common: Common = HERE) -> None:
    """Change rules; the others stay.

    Examples
    --------
    bitting house edit --rule network_required=true --rule longest_life_days=180 --rule forbidden=withdrawals.write

    Parameters
    ----------
    rule: list[str]
        NAME=VALUE; `bitting house show` lists the names.
    """
    said = common.ask("house.edit", rules=rules(rule))
    common.show(said, lambda screen: fields(screen, said))


def _answer(common: Common, said: dict[str, Any]) -> None:
    common.show(said, lambda screen: _card(screen, said))


def _card(screen: Console, said: dict[str, Any]) -> None:
    shown = {name: said[name] for name in ("name", "id", "state", "parent", "version") if said[name] is not None}
    fields(screen, {**shown, "limits": said["limits"] or "none"})
    if said["addresses"]:
        screen.print()
        _book(screen, said["addresses"])


def _book(screen: Console, book: list[dict[str, Any]]) -> None:
    lines = [
        [
            each["label"],
            each["asset"],
            each["network"],
            each["address"],
            each["tag"],
            "now" if each["usable"] else each["usable_from"],
            each["id"],
        ]
        for each in book
    ]
    rows(screen, ["label", "asset", "network", "address", "tag", "usable from", "id"], lines)
