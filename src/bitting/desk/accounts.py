"""The desk's intents about accounts and the house's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bitting.desk.desk import Desk, Intent
from bitting.desk.form import PAGE, Form
from bitting.desk.ports import Shelf
from bitting.desk.views import account_view
from bitting.domain.account import Account
from bitting.domain.consent import Consent
from bitting.domain.errors import MalformedValue, NotFound, Refused
from bitting.domain.grants import with_limits
from bitting.domain.house_policy import HousePolicy
from bitting.domain.policy import label_from_text
from bitting.lifecycle import accounts, house

TENANT = "house"  # one house, one tenant, until there are several


async def open_account(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """A new account, or a sub-account. Ids are what tells accounts apart; that names do, too, is for people."""
    name, parent = form.text("name"), form.maybe("parent")
    form.end()

    def look(shelf: Shelf) -> str | None:
        with suppress(NotFound):
            there = shelf.find_account(label_from_text(name))
            raise Refused(f"there is an account {there.name} already: {there.id}")
        return None if parent is None else shelf.find_account(parent).id

    parent_id = await desk.book.read(look)
    account = await desk.act(consent, lambda act: accounts.open_account(act, TENANT, name, parent_id))
    return account_view(account, desk.now_ms)


async def list_accounts(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """All accounts, oldest first: the next `most` behind the id `after`, and `next` where there are more."""
    after, most = form.text("after", ""), form.number("most", PAGE, least=1, most=PAGE)
    form.end()
    found = await desk.book.read(lambda shelf: shelf.accounts(after, most + 1))
    said: dict[str, Any] = {"accounts": [account_view(each, desk.now_ms) for each in found[:most]]}
    return said if len(found) <= most else {**said, "next": found[most - 1].id}


async def show_account(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """One account, with its address book."""
    account = await _find(desk, form)
    form.end()
    return account_view(account, desk.now_ms)


async def limit_account(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Limits over all keys of the account; a limit of null is taken away."""
    account = await _find(desk, form)
    given = form.table("limits")
    form.end()
    if not given:
        raise MalformedValue("limits are missing: name at least one")
    limits = with_limits(account.limits, given)
    after = await desk.act(consent, lambda act: accounts.limit_account(act, account.id, limits))
    return account_view(after, desk.now_ms)


async def add_address(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """An entry for the address book; it waits before it can be used."""
    account = await _find(desk, form)
    fields = [form.text(name) for name in ("asset", "network", "address")]
    tag, label = form.text("tag", ""), form.text("label")
    form.end()
    after, _ = await desk.act(
        consent, lambda act: accounts.add_address(act, account.id, fields[0], fields[1], fields[2], tag, label)
    )
    return account_view(after, desk.now_ms)


async def remove_address(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Take an entry out of the address book."""
    account = await _find(desk, form)
    entry = form.text("entry")
    form.end()
    after = await desk.act(consent, lambda act: accounts.remove_address(act, account.id, entry))
    return account_view(after, desk.now_ms)


async def shred_account(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Destroy the account's key, for good; `confirm` is the account's id, once more. Only on the machine itself."""
    account = await _find(desk, form)
    confirm = form.text("confirm", "")
    form.end()
    if confirm != account.id:
        raise Refused(
            f"this cannot be undone, and ends every key of {account.name}: if it is meant, say --confirm {account.id}"
        )

    def below(shelf: Shelf) -> list[str]:
        every = shelf.accounts()
        return [each.name for each in every if each.parent == account.id and each.shredded_at_ms is None]

    if names := await desk.book.read(below):
        raise Refused(f"sub-accounts would stop with it and not be shredded: shred {', '.join(names[:5])} first")
    after = await desk.act(consent, lambda act: accounts.shred_account(act, account.id))
    return account_view(after, desk.now_ms)


async def show_house(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """The house's rules."""
    form.end()
    policy, version = await desk.book.read(lambda shelf: shelf.house())
    return {**policy.to_plain(), "version": version}


async def edit_house(desk: Desk, consent: Consent, form: Form) -> dict[str, Any]:
    """Change the rules that are named; the others stay."""
    rules = form.table("rules")
    form.end()
    before, _ = await desk.book.read(lambda shelf: shelf.house())
    policy = rules_of(before, rules)
    await desk.act(consent, lambda act: house.edit_house(act, policy))
    return await show_house(desk, consent, Form({}))


def rules_of(before: HousePolicy, rules: Mapping[str, Any]) -> HousePolicy:
    """The rules with those that are named changed. Raises MalformedValue."""
    if not rules:
        raise MalformedValue("rules are missing: name at least one")
    if "frozen" in rules:
        raise MalformedValue("frozen is no rule to be edited: freeze and thaw have their own steps")
    return HousePolicy.from_plain({**before.to_plain(), **rules})


INTENTS: dict[str, Intent] = {
    "account.open": open_account,
    "account.list": list_accounts,
    "account.show": show_account,
    "account.limit": limit_account,
    "account.add-address": add_address,
    "account.remove-address": remove_address,
    "account.shred": shred_account,
    "house.show": show_house,
    "house.edit": edit_house,
}


async def _find(desk: Desk, form: Form) -> Account:
    name = form.text("account")
    return await desk.book.read(lambda shelf: shelf.find_account(name))
