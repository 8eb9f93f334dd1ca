"""Accounts and the house's rules at the desk."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.domain.errors import MalformedValue, NotFound, Refused
from tests.desk.office import Office

ENTRY = {
    "asset": "USDT",
    "network": "ETH",
    "address": "0x52908400098527886E0F7030069857D2E4169EE7",
    "label": "cold wallet",
}


def test_accounts_are_opened_and_found(office: Office) -> None:
    """By name and by id; a sub-account names its parent."""
    alice = office.ask("account.show", account="alice")
    sub = office.open_account("sub", parent="alice")
    assert (alice["name"], alice["state"], alice["parent"], alice["limits"], alice["addresses"]) == (
        "alice",
        "open",
        None,
        {},
        [],
    )
    assert sub["parent"] == alice["id"]
    assert office.ask("account.show", account=sub["id"]) == sub
    assert office.ask("account.list")["accounts"] == [alice, sub]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "alice"}, "there is an account alice already"),
        ({"name": " alice\t"}, "there is an account alice already"),
        ({"name": ""}, "1 to 64 characters"),
        ({"name": "a\u202eb"}, "only visible characters"),
        ({"name": "bob", "parent": "nobody"}, "there is no account nobody"),
        ({"name": "bob", "parent": "sub"}, "a sub-account has no sub-accounts"),
        ({"name": "bob", "owner": "alice"}, "unknown: owner"),
    ],
)
def test_what_no_account_can_be(office: Office, values: dict[str, Any], words: str) -> None:
    """A second account of the same name would make every later command ambiguous."""
    office.open_account("sub", parent="alice")
    with pytest.raises((MalformedValue, NotFound, Refused), match=words):
        office.ask("account.open", values)
    assert len(office.ask("account.list")["accounts"]) == 2


def test_limits_of_an_account(office: Office) -> None:
    """What is named is set, and null takes a limit away; the others stay."""
    office.ask("account.limit", account="alice", limits={"daily_orders": {"USD": "20000"}, "open_orders": 50})
    after = office.ask("account.limit", account="alice", limits={"daily_orders": None, "collar_bp": 300})
    assert after["limits"] == {"open_orders": 50, "collar_bp": 300}
    for wrong in ({}, {"opne_orders": 5}, {"open_orders": -1}):
        with pytest.raises(MalformedValue):
            office.ask("account.limit", account="alice", limits=wrong)


def test_an_address_waits(office: Office) -> None:
    """For a day, unless the house says otherwise when it is added."""
    [waiting] = office.ask("account.add-address", ENTRY, account="alice")["addresses"]
    assert (waiting["usable"], waiting["usable_from"]) == (False, "2026-09-22T14:13:22Z")
    assert waiting["address"] == ENTRY["address"].lower()
    office.later(hours=23)
    assert not office.ask("account.show", account="alice")["addresses"][0]["usable"]
    office.later(hours=1)
    assert office.ask("account.show", account="alice")["addresses"][0]["usable"]
    office.ask("house.edit", rules={"address_wait_hours": 0})
    [_, at_once] = office.ask("account.add-address", ENTRY, account="alice", network="BSC", tag="7")["addresses"]
    assert at_once["usable"]


def test_the_address_book_is_edited(office: Office) -> None:
    """An entry is there once, and is taken out by its id."""
    [entry] = office.ask("account.add-address", ENTRY, account="alice")["addresses"]
    with pytest.raises(Refused, match="in the book already"):
        office.ask("account.add-address", ENTRY, account="alice", label="again")
    with pytest.raises(NotFound, match="no such entry"):
        office.ask("account.remove-address", account="alice", entry="cold wallet")
    assert office.ask("account.remove-address", account="alice", entry=entry["id"])["addresses"] == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"asset": "usdt"}, "not a currency code"),
        ({"network": "eth"}, "not a network code"),
        ({"address": "0x 52"}, "4 to 128 visible ASCII characters"),
        ({"label": None}, "label is missing"),
        ({"account": "nobody"}, "there is no account nobody"),
        ({"waits": 0}, "unknown: waits"),
    ],
)
def test_what_is_no_address(office: Office, values: dict[str, Any], words: str) -> None:
    """And nobody chooses how long it waits."""
    with pytest.raises((MalformedValue, NotFound), match=words):
        office.ask("account.add-address", {"account": "alice", **ENTRY, **values})


def test_the_rules_of_the_house(office: Office) -> None:
    """What is named is changed, the others stay, and each edit is a version."""
    before = office.ask("house.show")
    assert (before["version"], before["frozen"], before["address_wait_hours"]) == (0, False, 24)
    after = office.ask("house.edit", rules={"forbidden": ["withdrawals.write"], "longest_life_days": 180})
    assert after == {**before, "forbidden": ["withdrawals.write"], "longest_life_days": 180, "version": 1}
    assert office.ask("house.edit", rules={"longest_life_days": None})["longest_life_days"] is None
    with pytest.raises(Refused, match=r"the house allows no key to have withdrawals\.write"):
        office.issue(permissions=["withdraw"])


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({}, "rules are missing"),
        ({"frozen": True}, "freeze and thaw have their own steps"),
        ({"longest_live_days": 1}, "no house rule 'longest_live_days'; there are: longest_life_days"),
        ({"network_required": "yes"}, "network_required cannot be 'yes'"),
        ({"forbidden": ["everything"]}, "no permission 'everything'"),
        ({"keys_per_account": -1}, "keys_per_account cannot be -1"),
    ],
)
def test_what_is_no_rule(office: Office, rules: dict[str, Any], words: str) -> None:
    """A rule that was misspelt is not a rule that is not there."""
    with pytest.raises(MalformedValue, match=words):
        office.ask("house.edit", rules=rules)
    assert office.ask("house.show")["version"] == 0


def test_a_long_list_of_accounts_comes_in_pages(office: Office) -> None:
    """Each says where the next begins."""
    names = ["alice", *(office.open_account(f"account {number}")["name"] for number in range(4))]
    shown: list[str] = []
    said: dict[str, Any] = {"next": ""}
    while "next" in said:
        said = office.ask("account.list", after=said["next"], most=2)
        shown += [each["name"] for each in said["accounts"]]
    assert shown == names
    assert "next" not in office.ask("account.list", most=5)
