"""bitting account: open, list, show, limit, and the address book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cyclopts import App

from bitting.cli import spelling
from bitting.cli.common import HERE, AccountName, Common, Words
from bitting.cli.key_page import limits_text
from bitting.cli.page import columns, fields

app = App(name="account", help="Accounts: whose keys they are, limits over all of them, withdrawal addresses.")
address = App(name="address", help="The address book: where withdrawals may go.")
app.command(address)

_BOOK = ("label", "asset", "network", "address", "tag", "usable from", "id")


@app.command(name="open")
def open_(name: str, /, *, parent: str | None = None, common: Common = HERE) -> None:
    """Open an account, or a sub-account of another.

    For example:

        bitting account open alice

        bitting account open alice-bots --parent alice

    Parameters
    ----------
    name: str
        A name for people, and for later commands.
    parent: str
        The account above it, by id or name; its limits and its freeze count here, too.
    """
    common.show(common.ask("account.open", name=name, parent=parent), _card)


@app.command(name="list")
def list_(*, common: Common = HERE) -> None:
    """All accounts.

    For example:

        bitting account list
    """
    common.show_pages("account.list", _list)


@app.command
def show(account: AccountName, /, *, common: Common = HERE) -> None:
    """One account, with its address book.

    For example:

        bitting account show alice
    """
    common.show(common.ask("account.show", account=account), _card)


@app.command
def limit(account: AccountName, /, *, limit: Words, common: Common = HERE) -> None:
    r"""Limit all keys of the account together.

    For example:

        bitting account limit alice \
            --limit daily_orders=USD:20000 --limit open_orders=50

    Parameters
    ----------
    limit: list[str]
        NAME=VALUE as for a key; none takes a limit away, nothing admits nothing. Repeat for more.
    """
    common.show(common.ask("account.limit", account=account, limits=spelling.limits(limit)), _card)


@app.command
def shred(account: AccountName, /, *, confirm: str = "", common: Common = HERE) -> None:
    """Destroy the key under which the account's secrets and personal data are kept.

    Every key of the account stops for good. The journal keeps its entries, and
    nobody can read any more who was behind them. Backups made before can still
    be opened: see to it that they go, too. Labels and networks of keys stay.

    For example:

        bitting account shred alice --confirm 0192f0c1-5c1e-7a52-8f6e-3a1f2b9d4c11

    Parameters
    ----------
    confirm: str
        The account's id, once more: this cannot be undone.
    """
    common.show(common.ask("account.shred", account=account, confirm=confirm), _card)


@address.command
def add(
    account: AccountName,
    /,
    *,
    asset: str,
    network: str,
    address: str,
    label: str,
    tag: str | None = None,
    common: Common = HERE,
) -> None:
    r"""Add an address. It waits a day (house rule address_wait_hours) before its use.

    For example:

        bitting account address add alice --asset USDT --network ETH \
            --address 0x52908400098527886E0F7030069857D2E4169EE7 \
            --label "cold wallet"

    Parameters
    ----------
    asset: str
        The asset's code, in capitals.
    network: str
        The chain's code, in capitals: ETH, TRX, BTC.
    address: str
        The address itself.
    label: str
        A name for people.
    tag: str
        Memo or destination tag, for chains that have one.
    """
    given = {"asset": asset, "network": network, "address": address, "label": label, "tag": tag}
    common.show(common.ask("account.add-address", account=account, **given), _card)


@address.command(name="list")
def list_addresses(account: AccountName, /, *, common: Common = HERE) -> None:
    """The address book.

    For example:

        bitting account address list alice
    """
    said = common.ask("account.show", account=account)
    common.show({"addresses": said["addresses"]}, lambda said: _book(said["addresses"]))


@address.command
def remove(account: AccountName, entry: str, /, *, common: Common = HERE) -> None:
    """Take an entry out, by its id.

    For example:

        bitting account address remove alice 0192f0c1-5c1e-7a52-8f6e-3a1f2b9d4c11

    Parameters
    ----------
    entry: str
        The entry's id; `bitting account address list` has it.
    """
    common.show(common.ask("account.remove-address", account=account, entry=entry), _card)


def _list(said: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [each["name"], each["id"], each["state"], limits_text(each["limits"]) or "none", str(len(each["addresses"]))]
        for each in said["accounts"]
    ]
    return columns(("name", "id", "state", "limits", "addresses"), rows)


def _card(said: Mapping[str, Any]) -> Iterator[str]:
    shown = {name: said[name] for name in ("name", "id", "state", "parent", "version") if said[name] is not None}
    yield from fields({**shown, "limits": limits_text(said["limits"]) or "none"})
    if said["addresses"]:
        yield ""
        yield from _book(said["addresses"])


def _book(book: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    rows = [
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
    return columns(_BOOK, rows)
