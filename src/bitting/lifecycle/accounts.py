"""Accounts: open one, limit it over all its keys, keep its address book, freeze it."""

from __future__ import annotations

from dataclasses import replace

from bitting.domain.account import MOST_ADDRESSES, Account, BookEntry
from bitting.domain.canonical import digest
from bitting.domain.errors import IllegalStep, NotFound, Refused
from bitting.domain.gains import limit_gains
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.holds import Hold, with_hold, without_hold
from bitting.domain.ids import new_id
from bitting.domain.policy import label_from_text
from bitting.lifecycle.act import Act

HOUR_MS = 3_600_000


def open_account(act: Act, tenant: str, name: str, parent: str | None = None) -> Account:
    """A new account, or a sub-account of `parent`. Raises MalformedValue, NotFound, ConsentMissing."""
    if parent is not None:
        above = act.work.account(parent)
        if above.tenant != tenant:
            raise NotFound("no such account")
        if above.shredded_at_ms is not None:
            raise Refused("the account above it was shredded, and nothing of it works any more")
        if above.parent is not None:
            raise Refused("a sub-account has no sub-accounts")
    account = Account(
        new_id(act.now_ns, act.entropy),
        tenant,
        parent,
        label_from_text(name),
        frozenset(),
        NO_LIMITS,
        (),
        act.now_ms,
        1,
    )
    act.allow("account.open", tenant, 0, account.digest(), widens=True, says=(f"open the account {account.name}",))
    return act.keep_account("account.open", None, account)


def limit_account(act: Act, account_id: str, limits: Limits) -> Account:
    """Set the limits over all keys of the account. Raises NotFound, ConsentMissing."""
    account = act.work.account(account_id)
    after = replace(account, limits=limits, version=account.version + 1)
    widens = not limits.within(account.limits)
    says = (f"change the limits over all keys of {account.name}", *limit_gains(account.limits, limits))
    act.allow("account.limit", account.id, account.version, after.digest(), widens=widens, says=says)
    return act.keep_account("account.limit", account, after, {"widens": widens})


def add_address(
    act: Act, account_id: str, asset: str, network: str, address: str, tag: str, label: str
) -> tuple[Account, BookEntry]:
    """Put an address into the book; it can be used when the house's waiting period is over.
    Raises NotFound, MalformedValue, Refused, ConsentMissing."""
    account = act.work.account(account_id)
    house, _ = act.work.house()
    matures_at_ms = act.now_ms + house.address_wait_hours * HOUR_MS
    entry = BookEntry.read(new_id(act.now_ns, act.entropy), asset, network, address, tag, label, matures_at_ms)
    if len(account.book) >= MOST_ADDRESSES:
        raise Refused(f"the address book has {MOST_ADDRESSES} entries, as many as it holds; remove one first")
    if any(
        (each.asset, each.network, each.address, each.tag) == (entry.asset, entry.network, entry.address, entry.tag)
        for each in account.book
    ):
        raise Refused("this address is in the book already")
    after = replace(account, book=(*account.book, entry), version=account.version + 1)
    # Not `after`, which has the entry's id and maturity: they are made now, and consent was given before.
    added = digest([entry.asset, entry.network, entry.address, entry.tag, entry.label])
    tagged = f" with tag {entry.tag}" if entry.tag else ""
    says = (f"let keys of {account.name} withdraw {entry.asset} on {entry.network} to {entry.address}{tagged}",)
    act.allow("account.add_address", account.id, account.version, added, widens=True, says=says)
    return act.keep_account("account.add_address", account, after, {"entry": entry.id}), entry


def remove_address(act: Act, account_id: str, entry_id: str) -> Account:
    """Take an address out of the book. Raises NotFound."""
    account = act.work.account(account_id)
    book = tuple(each for each in account.book if each.id != entry_id)
    if len(book) == len(account.book):
        raise NotFound("no such entry in the address book")
    after = replace(account, book=book, version=account.version + 1)
    act.allow("account.remove_address", account.id, account.version, after.digest(), widens=False)
    return act.keep_account("account.remove_address", account, after, {"entry": entry_id})


def hold_withdrawals(act: Act, account_id: str, why: str) -> None:
    """Let the withdrawals of the account's keys wait, and of its sub-accounts', for as long as the house says. It is
    what another deed entails, `why`, and takes no consent. Raises NotFound."""
    house, _ = act.work.house()
    from_ms = act.now_ms + house.withdrawal_wait_hours * HOUR_MS
    account = act.work.account(account_id)
    if house.withdrawal_wait_hours and from_ms > account.withdrawals_from_ms:
        after = replace(account, withdrawals_from_ms=from_ms, version=account.version + 1)
        act.keep_account("account.wait", account, after, {"withdrawals_from_ms": from_ms, "after": why})


def freeze_account(act: Act, account_id: str, hold: Hold = Hold.OPERATOR) -> Account:
    """Stop every key of the account. Raises NotFound, IllegalStep."""
    account = act.work.account(account_id)
    after = _holding(account, with_hold(account.holds, hold, act.consent.authority))
    act.allow("account.freeze", account.id, account.version, after.digest(), widens=False)
    return act.keep_account("account.freeze", account, after, {"hold": hold.value})


def thaw_account(act: Act, account_id: str, hold: Hold = Hold.OPERATOR) -> Account:
    """Let the account's keys work again. Raises NotFound, IllegalStep, ConsentMissing."""
    account = act.work.account(account_id)
    if account.shredded_at_ms is not None:
        raise IllegalStep("the account was shredded, and does not come back")
    after = _holding(account, without_hold(account.holds, hold, act.consent.authority))
    says = (f"lift the {hold.value} hold of the account {account.name}: all its keys work again",)
    act.allow("account.thaw", account.id, account.version, after.digest(), widens=True, says=says)
    return act.keep_account("account.thaw", account, after, {"hold": hold.value})


def shred_account(act: Act, account_id: str) -> Account:
    """Destroy the key that the account's secrets and personal fields are sealed under, and forget its name and its
    address book. Its keys stop for good. The journal keeps its records, and can still be verified.
    Raises NotFound, IllegalStep, ConsentMissing."""
    account = act.work.account(account_id)
    if account.shredded_at_ms is not None:
        raise IllegalStep("the account was shredded already")
    after = replace(
        _holding(account, account.holds | {Hold.OPERATOR}),
        name=f"shredded {account.id}",
        book=(),
        shredded_at_ms=act.now_ms,
    )
    act.allow("account.shred", account.id, account.version, b"", widens=True)  # `after` has the moment, made now
    kept = act.keep_account("account.shred", account, after)
    act.work.destroy_account_key(account_id)
    return kept


def _holding(account: Account, holds: frozenset[Hold]) -> Account:
    return replace(account, holds=holds, version=account.version + 1)
