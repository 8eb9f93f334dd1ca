"""Other rules of the house, before they are made: whom they would stop, and what that key did last month."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.domain.errors import MalformedValue
from tests.desk.office import Office
from tests.stores.trial import record

DAY_NS = 86_400 * 1_000_000_000


def shown(office: Office, **rules: Any) -> dict[str, dict[str, Any]]:
    said = office.ask("house.preview", rules=rules)
    return {each["label"]: each for each in said["keys"]}


@pytest.fixture(autouse=True)
def keys(office: Office) -> None:
    office.issue(label="bound", expires="30d")
    office.issue(label="open", network=["anywhere"])
    office.issue(label="endless", expires="never")
    office.issue(label="fish", dialect="bitfinex", permissions=["read-only"])
    office.issue(label="gone", expires="never")
    office.ask("key.revoke", key="gone")


RULES: list[tuple[dict[str, Any], dict[str, tuple[str, list[str]]]]] = [
    ({"dialects": ["binance"]}, {"fish": ("house rule: dialects", [])}),
    (
        {"longest_life_days": 60},
        {
            "open": ("house rule: longest_life_days", []),
            "endless": ("house rule: longest_life_days", []),
            "fish": ("house rule: longest_life_days", []),
        },
    ),
    (
        {"forbidden": ["orders.write"]},
        {"bound": ("", ["orders.write"]), "open": ("", ["orders.write"]), "endless": ("", ["orders.write"])},
    ),
    ({"hmac_withdraw": True}, {}),
    ({"rotation_required": True}, {}),
    ({"rotation_required": True, "rotation_age_days": 0}, {"bound": ("house rule: rotation_required", [])}),
]


@pytest.mark.parametrize(("rules", "changed"), RULES)
def test_each_rule_shows_whom_it_would_stop(
    office: Office, rules: dict[str, Any], changed: dict[str, tuple[str, list[str]]]
) -> None:
    """What the gate would refuse: everything, or these rights; nothing of it is done by looking."""
    leaves = office.leaves()
    found = {label: (each["everything"], each["permissions"]) for label, each in shown(office, **rules).items()}
    if "rotation_age_days" in rules:
        assert set(found) == {"bound", "open", "endless", "fish"}
        found = {"bound": found["bound"]}
    assert found == changed
    assert office.leaves() == leaves
    assert office.ask("house.show")["version"] == 0


def test_the_preview_is_what_the_gate_then_does(office: Office) -> None:
    """Every key that was said to stop cannot do anything any more, and the others can."""
    rules = {"longest_life_days": 60, "dialects": ["binance"]}
    stopped = set(shown(office, **rules))
    office.ask("house.edit", rules=rules)
    for label in ("bound", "open", "endless", "fish"):
        said = office.ask("key.can", key=label, action="balances.read", **{"from": "203.0.113.7"})
        assert said["can"] is (label not in stopped)
    assert shown(office, **rules) == {}


def test_a_network_that_would_be_wanted(office: Office) -> None:
    """A key from anywhere loses every right it has; and could not be issued so any more."""
    [key] = shown(office, network_required=True).values()
    assert key["label"] == "open"
    assert len(key["permissions"]) > 3
    assert key["not_issued"].startswith("the house wants every key bound to addresses")


def test_what_it_would_have_refused_is_counted(office: Office) -> None:
    """Of the last thirty days; by action; only what was admitted, and only what would not be."""
    key = office.look(lambda shelf: shelf.find_key("bound"))
    now_ns = office.clock.ns
    rows = [record(key, at_ns=now_ns, action=each) for each in ("order.place", "order.place", "account.read")]
    rows.append(record(key, at_ns=now_ns, action="order.place", verdict="denied", reason="pair.outside"))
    rows.append(record(key, at_ns=now_ns - 40 * DAY_NS, action="order.place"))
    for each in sorted(rows, key=lambda row: row.at_ns):
        office.write(each)
    named = {route.action.name: route.action.permission for route in office.desk.dialect("binance").routes}
    ordering = {name for name, need in named.items() if need is not None and need.value == "orders.write"}
    assert "order.place" in ordering
    forbidden = shown(office, forbidden=["orders.write"])["bound"]
    assert (forbidden["requests"], forbidden["actions"]) == (2, {"order.place": 2})
    everything = shown(office, dialects=["bitfinex"])["bound"]
    assert (everything["requests"], everything["actions"]) == (3, {"account.read": 1, "order.place": 2})


def test_the_houses_own_routes_count_too(office: Office) -> None:
    row = {
        "method": "POST",
        "path": "/own/margin",
        "name": "own.margin",
        "kind": "change",
        "permission": "positions.write",
    }
    office.ask("actions.load", dialect="binance", table={"action": [row]})
    key = office.look(lambda shelf: shelf.find_key("bound"))
    office.write(record(key, at_ns=office.clock.ns, action="own.margin"))
    assert shown(office, forbidden=["positions.write"])["bound"]["actions"] == {"own.margin": 1}


def test_it_comes_in_pages(office: Office) -> None:
    """So many keys are looked at for each; those that nothing changes for are not listed."""
    labels: list[str] = []
    said: dict[str, Any] = {"next": ""}
    pages = 0
    while "next" in said:
        said = office.ask("house.preview", rules={"longest_life_days": 60}, after=said["next"], most=2)
        assert said["looked_at"] <= 2
        labels += [each["label"] for each in said["keys"]]
        pages += 1
    assert labels == ["open", "endless", "fish"]
    assert pages == 3


def test_full_accounts_are_named(office: Office) -> None:
    """No key stops for it, and none can be added."""
    said = office.ask("house.preview", rules={"keys_per_account": 3})
    alice = office.ask("account.show", account="alice")["id"]
    assert said["accounts"] == [{"account": alice, "keys": 4}]
    assert said["keys"] == []
    assert said["changes"] == ["keys_per_account: 3; it was 100"]
    assert office.ask("house.preview", rules={"keys_per_account": 4})["accounts"] == []


def test_what_is_no_rule(office: Office) -> None:
    for rules in ({}, {"frozen": True}, {"longest": 1}):
        with pytest.raises(MalformedValue):
            office.ask("house.preview", rules=rules)
