"""What a key was used for: the last request of each credential, from where, by whom, and the rights nobody uses."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.activity.ports import Uses
from bitting.desk import usage
from bitting.desk.usage import meanings, rights_used
from bitting.domain.errors import MalformedValue, Tampered
from bitting.domain.keys import Key
from bitting.domain.permissions import Permission
from bitting.stores.shelf import Shelf
from tests.desk.office import DAY_NS, Office
from tests.stores.trial import START_NS, record


def test_a_key_that_was_used(office: Office, key: Key) -> None:
    """When and from where, the latest first; a right is used when an action that needs it was admitted."""
    far = (0xFFFF << 32) + 0xC6336401
    for each in (
        record(key),
        record(key, at_ns=START_NS + 10**9, action="balances.read", method="GET", path="/api/v3/account", peer=far),
        record(key, at_ns=START_NS + 2 * 10**9, action="order.cancel", verdict="denied", reason="pair.outside"),
    ):
        office.write(each)
    said = office.ask("key.show", key="bot")
    assert said["used_why_not"] == ""
    used = said["used"]
    assert [each["text"] for each in used["addresses"]] == ["203.0.113.7", "198.51.100.1"]
    assert used["clients"] == [
        {"text": "ccxt/4", "first_at": "2026-09-21T14:13:20.000Z", "last_at": "2026-09-21T14:13:22.000Z", "times": 3}
    ]
    [last] = used["credentials"]
    assert (last["credential"], last["at"], last["address"], last["client"], last["method"], last["path"]) == (
        key.primary.id,
        "2026-09-21T14:13:22.000Z",
        "203.0.113.7",
        "ccxt/4",
        "POST",
        "/api/v3/order",
    )
    rights = used["permissions"]
    assert set(rights) == {each.value for each in key.policy.grants}
    assert {name: at for name, at in rights.items() if at} == {
        "balances.read": "2026-09-21T14:13:21.000Z",
        "orders.write": "2026-09-21T14:13:20.000Z",
    }


def test_a_key_that_was_never_used(office: Office, key: Key) -> None:
    used = office.ask("key.show", key="bot")["used"]
    assert (used["credentials"], used["addresses"], used["clients"]) == ([], [], [])
    assert set(used["permissions"].values()) == {None}


def test_a_tampered_log_hides_no_key(office: Office, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is shown, and beside it that of its use nothing can be told."""

    def tampered(*_: Any) -> Uses:
        raise Tampered("the uses of a key were edited past Bitting")

    monkeypatch.setattr(Shelf, "uses", tampered)
    said = office.ask("key.show", key="bot")
    assert (said["id"], said["used"]) == (key.id, None)
    assert said["used_why_not"] == "the uses of a key were edited past Bitting"


def test_many_addresses_are_the_latest(office: Office, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MOST_SEEN", 2)
    for at in (1, 2, 3):
        office.write(record(key, peer=(0xFFFF << 32) + at, at_ns=START_NS + at * 10**9))
    told = office.ask("key.show", key="bot")["used"]["addresses"]
    assert [each["text"] for each in told] == ["0.0.0.3", "0.0.0.2"]


def test_what_an_action_may_have_needed(office: Office, key: Key) -> None:
    """By the tables; by its first word where none has it; and where even that says nothing, anything."""
    known = office.look(lambda shelf: meanings(office.desk, shelf, "binance"))
    assert known["order.place"] == {Permission.ORDERS_WRITE}

    def used(action: str) -> set[str]:
        return {each.value for each in rights_used(Uses((), (), (), {action: 7}), known)}

    assert used("order.place") == {"orders.write"}
    assert used("balances.read") == {"balances.read"}
    assert used("borrow.by_order") == {"borrow.write"}
    assert used("position.leverage") == {"positions.read", "positions.write"}
    assert used("my-house.does-this") == {each.value for each in Permission}


def test_a_house_row_says_what_its_action_needs(office: Office, key: Key) -> None:
    """Its names are the operator's own; what is open to everybody is market data."""
    row = {"method": "GET", "path": "/sapi/v1/house/report", "name": "report.read", "kind": "read"}
    table = {"action": [{**row, "permission": "history.read"}]}
    office.ask("actions.load", dialect="binance", table=table)
    known = office.look(lambda shelf: meanings(office.desk, shelf, "binance"))
    assert known["report.read"] == {Permission.HISTORY_READ}


def test_rights_that_nobody_uses(office: Office, key: Key) -> None:
    """Of keys that are old enough, and not revoked; a right that was used since then is not among them."""
    idle = office.issue(label="idle", permissions=["orders.write"])
    office.issue(label="gone")
    office.ask("key.revoke", key="gone")
    office.later(days=100)
    office.write(record(key, at_ns=office.clock.ns - 10 * DAY_NS))
    office.issue(label="young")
    said = office.ask("key.unused")
    assert "next" not in said
    told = {each["label"]: each for each in said["keys"]}
    assert set(told) == {"bot", "idle"}
    assert told["idle"]["unused"] == ["orders.write"]
    assert (told["idle"]["granted"], told["idle"]["last_used_at"], told["idle"]["id"]) == (1, None, idle["id"])
    assert "orders.write" not in told["bot"]["unused"]
    assert "orders.read" in told["bot"]["unused"]
    told = {each["label"]: each for each in office.ask("key.unused", since="5d", account="alice")["keys"]}
    assert "orders.write" in told["bot"]["unused"]
    with pytest.raises(MalformedValue, match="not a time"):
        office.ask("key.unused", since="long")


def test_page_after_page(office: Office, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many keys there are."""
    office.issue(label="second")
    monkeypatch.setattr(usage, "PAGE", 1)
    first = office.ask("key.unused", since="0")
    second = office.ask("key.unused", since="0", after=first["next"])
    assert [[each["label"] for each in page["keys"]] for page in (first, second)] == [["bot"], ["second"]]
    assert "next" not in second
