"""Accounts: opened, limited, frozen; and the address book, whose entries wait."""

from dataclasses import replace

import pytest

from bitting.domain.account import MOST_ADDRESSES, Account, BookEntry
from bitting.domain.action import Withdrawal
from bitting.domain.canonical import digest
from bitting.domain.consent import Consent, Strength, change_digest
from bitting.domain.errors import ConsentMissing, IllegalStep, MalformedValue, NotFound, Refused
from bitting.domain.grants import NO_LIMITS, Limits
from bitting.domain.holds import Authority, Hold
from bitting.domain.house_policy import HousePolicy
from bitting.domain.verdict import Reason
from bitting.lifecycle.accounts import (
    add_address,
    freeze_account,
    limit_account,
    open_account,
    remove_address,
    shred_account,
    thaw_account,
)
from bitting.lifecycle.house import edit_house
from tests.lifecycle.work import NOW_MS, OPERATOR, SESSION, House, step_up

WALLET = "0x52908400098527886E0F7030069857D2E4169EE7"
HOUR_MS = 3_600_000
TIGHT, WIDE = Limits.from_plain({"open_orders": 1}), Limits.from_plain({"open_orders": 2})


def added(house: House, address: str = WALLET, *, tag: str = "", consent: Consent = OPERATOR) -> BookEntry:
    return house.do(lambda act: add_address(act, house.account, "USDT", "ETH", address, tag, "cold"), consent)[1]


def stored(house: House) -> Account:
    return house.rows.accounts[house.account]


def test_an_account_is_opened_with_a_key_of_its_own(house: House) -> None:
    """Its first version, no holds, no limits, an empty book; what seals its secrets is there at once."""
    account = house.do(lambda act: open_account(act, "tenant-1", "  desk two "))
    assert account.name == "desk two"
    assert (account.version, account.parent, account.holds, account.limits, account.book) == (
        1,
        None,
        frozenset(),
        NO_LIMITS,
        (),
    )
    assert account.id in house.rows.wrapped
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.kind, leaf.id, leaf.account, leaf.before) == (
        "account.open",
        "account",
        account.id,
        account.id,
        b"",
    )
    assert leaf.digest == account.digest()


def test_a_sub_account_has_a_parent_and_no_children(house: House) -> None:
    """One floor of them, in one tenant."""
    child = house.do(lambda act: open_account(act, "tenant-1", "child", house.account))
    assert child.parent == house.account
    with pytest.raises(Refused, match="no sub-accounts"):
        house.do(lambda act: open_account(act, "tenant-1", "grandchild", child.id))


def test_nothing_is_opened_under_another_tenants_account(house: House) -> None:
    """P-16: it is not found, like one that does not exist."""
    for tenant, parent in (("tenant-2", house.account), ("tenant-1", "account-9")):
        with pytest.raises(NotFound):
            house.do(lambda act, tenant=tenant, parent=parent: open_account(act, tenant, "child", parent))  # type: ignore[misc]


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "main\u200b", "a\nb"])
def test_a_name_is_read_like_any_label(house: House, name: str) -> None:
    """M-23."""
    with pytest.raises(MalformedValue):
        house.do(lambda act: open_account(act, "tenant-1", name))


def test_tighter_limits_need_a_session_and_wider_ones_a_second_factor(house: House) -> None:
    """G7, for the account as for a key."""
    limited = house.do(lambda act: limit_account(act, house.account, TIGHT), SESSION)
    assert (limited.limits, limited.version) == (TIGHT, 2)
    for wider in (WIDE, NO_LIMITS):
        with pytest.raises(ConsentMissing, match="second factor"):
            house.do(lambda act, wider=wider: limit_account(act, house.account, wider), SESSION)  # type: ignore[misc]
    covers = change_digest("account.limit", house.account, 2, replace(limited, limits=WIDE).digest())
    with pytest.raises(ConsentMissing, match="another change"):
        house.do(lambda act: limit_account(act, house.account, NO_LIMITS), step_up(covers))
    assert house.do(lambda act: limit_account(act, house.account, WIDE), step_up(covers)).limits == WIDE
    assert [each.facts for each in house.rows.journal[-2:]] == [{"widens": False}, {"widens": True}]


def test_a_new_address_waits_a_day(house: House) -> None:
    """P-05: added then used at once is refused, to the millisecond."""
    entry = added(house)
    assert entry.matures_at_ms == NOW_MS + 24 * HOUR_MS
    goes = Withdrawal("USDT", "ETH", WALLET, "", None)
    denied = stored(house).withdrawal_objection(goes, None, NOW_MS + 24 * HOUR_MS - 1)
    assert denied is not None
    assert denied.reason is Reason.WITHDRAWAL_WAITING
    assert stored(house).withdrawal_objection(goes, None, NOW_MS + 24 * HOUR_MS) is None
    assert house.rows.journal[-1].facts == {"entry": entry.id}


def test_the_house_says_how_long_an_address_waits(house: House) -> None:
    """For addresses added from then on; those in the book keep their time."""
    first = added(house)
    house.do(lambda act: edit_house(act, HousePolicy(address_wait_hours=48)))
    second = added(house, tag="2")
    assert second.matures_at_ms == NOW_MS + 48 * HOUR_MS
    assert stored(house).book[0] == first


def test_an_address_is_added_with_a_second_factor_for_just_it(house: House) -> None:
    """The attack: the owner confirms his own address, the page behind sends another one."""
    with pytest.raises(ConsentMissing, match="second factor"):
        added(house, consent=SESSION)
    confirmed = digest(["USDT", "ETH", WALLET.lower(), "", "cold"])
    consent = step_up(change_digest("account.add_address", house.account, 1, confirmed))
    with pytest.raises(ConsentMissing, match="another change"):
        added(house, "0x0000000000000000000000000000000000000bad", consent=consent)
    with pytest.raises(ConsentMissing, match="another change"):
        added(house, tag="7", consent=consent)
    assert added(house, consent=consent).address == WALLET.lower()
    assert set(house.rows.spent) == {"consent-1"}


@pytest.mark.parametrize("again", [WALLET, WALLET.lower(), "0X" + WALLET[2:]])
def test_an_address_is_in_the_book_once(house: House, again: str) -> None:
    """In whatever spelling: a second entry could not restart or shorten the wait."""
    added(house)
    house.now_ms += HOUR_MS
    with pytest.raises(Refused, match="in the book already"):
        added(house, again)
    assert added(house, again, tag="7").tag == "7"


def test_the_book_is_bounded(house: House) -> None:
    """500 entries, and then one has to go first."""
    entry = added(house)
    full = replace(stored(house), book=(entry,) * MOST_ADDRESSES, version=3)
    house.do(lambda act: act.keep_account("test.fill", stored(house), full))
    with pytest.raises(Refused, match="500 entries"):
        added(house, tag="1")


def test_an_address_that_is_none_is_refused(house: House) -> None:
    """P-06."""
    with pytest.raises(MalformedValue):
        added(house, WALLET + " ")


def test_an_address_is_removed_with_a_session(house: House) -> None:
    """Taking power away; added again it waits again."""
    entry = added(house)
    house.now_ms += 30 * HOUR_MS
    after = house.do(lambda act: remove_address(act, house.account, entry.id), SESSION)
    assert after.book == ()
    again = added(house)
    assert again.id != entry.id
    assert again.matures_at_ms == house.now_ms + 24 * HOUR_MS
    with pytest.raises(NotFound, match="no such entry"):
        house.do(lambda act: remove_address(act, house.account, entry.id))
    assert [each.deed for each in house.rows.journal[-3:]] == [
        "account.add_address",
        "account.remove_address",
        "account.add_address",
    ]


def test_an_account_is_frozen_by_its_operator_and_thawed_with_consent(house: House) -> None:
    """A holder can do neither; the second factor is for exactly this thaw."""
    with pytest.raises(IllegalStep, match="not set by the holder"):
        house.do(lambda act: freeze_account(act, house.account), SESSION)
    officer = Consent("user:bo", Strength.SESSION, Authority.OPERATOR, "request-5")
    frozen = house.do(lambda act: freeze_account(act, house.account), officer)
    assert frozen.holds == {Hold.OPERATOR}
    with pytest.raises(ConsentMissing):
        house.do(lambda act: thaw_account(act, house.account), officer)
    with pytest.raises(IllegalStep, match="not lifted by the holder"):
        house.do(lambda act: thaw_account(act, house.account), SESSION)
    covers = change_digest("account.thaw", house.account, 2, replace(frozen, holds=frozenset()).digest())
    thawed = house.do(lambda act: thaw_account(act, house.account), step_up(covers, by=Authority.OPERATOR))
    assert (thawed.holds, thawed.version) == (frozenset(), 3)
    assert [each.facts for each in house.rows.journal[-2:]] == [{"hold": "operator"}] * 2


def test_a_holder_can_stop_all_keys_of_an_account(house: House) -> None:
    """With the holder's own hold."""
    assert house.do(lambda act: freeze_account(act, house.account, Hold.HOLDER), SESSION).holds == {Hold.HOLDER}
    with pytest.raises(IllegalStep, match="stands already"):
        house.do(lambda act: freeze_account(act, house.account, Hold.HOLDER), SESSION)


def test_a_shredded_account_is_gone_for_good(house: House) -> None:
    """Its key is destroyed in the change that says so; name and addresses are forgotten, its keys held by the house;
    and nothing brings it back, nor is opened under it."""
    house.do(lambda act: add_address(act, house.account, "USDT", "ETH", WALLET, "", "cold"))
    gone = house.do(lambda act: shred_account(act, house.account))
    assert (gone.name, gone.book) == (f"shredded {house.account}", ())
    assert gone.holds == {Hold.OPERATOR}
    assert gone.shredded_at_ms == NOW_MS
    assert house.account not in house.rows.wrapped
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.digest) == ("account.shred", gone.digest())
    for step, words in (
        (lambda act: shred_account(act, house.account), "shredded already"),
        (lambda act: thaw_account(act, house.account), "does not come back"),
        (lambda act: open_account(act, "tenant-1", "below", house.account), "nothing of it works any more"),
    ):
        with pytest.raises(Refused, match=words):
            house.do(step)


def test_to_shred_an_account_takes_a_second_factor_for_that(house: House) -> None:
    """It ends every key there is in it."""
    with pytest.raises(ConsentMissing):
        house.do(lambda act: shred_account(act, house.account), SESSION)
    covers = change_digest("account.shred", house.account, 1, b"")
    assert house.do(lambda act: shred_account(act, house.account), step_up(covers)).shredded_at_ms == NOW_MS


def test_an_unknown_account_is_not_found(house: House) -> None:
    """P-16: whatever is asked of it."""
    for ask in (
        lambda act: limit_account(act, "account-9", TIGHT),
        lambda act: add_address(act, "account-9", "USDT", "ETH", WALLET, "", "cold"),
        lambda act: remove_address(act, "account-9", "entry-1"),
        lambda act: freeze_account(act, "account-9"),
        lambda act: thaw_account(act, "account-9"),
        lambda act: shred_account(act, "account-9"),
    ):
        with pytest.raises(NotFound):
            house.do(ask)
