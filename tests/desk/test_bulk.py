"""One step over many keys: the exact list first, then all of it or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.desk import bulk
from bitting.desk.asking import ask
from bitting.desk.intents import INTENTS
from bitting.domain.errors import Conflict, MalformedValue, NotFound, Refused
from bitting.domain.roles import AccountRole, HouseRole
from tests.desk.office import OPERATOR, Office
from tests.desk.persons import person
from tests.stores.trial import record


@pytest.fixture(autouse=True)
def keys(office: Office) -> dict[str, dict[str, Any]]:
    """Five keys of two accounts, no two of which are alike."""
    office.open_account("bob")
    return {
        "trader": office.issue(label="trader"),
        "open": office.issue(label="open", network=["anywhere"]),
        "endless": office.issue(label="endless", expires="never"),
        "reader": office.issue(label="reader", permissions=["read-only"]),
        "other": office.issue(account="bob", dialect="bitfinex", label="trader of bob"),
    }


def found(office: Office, **wanted: Any) -> list[str]:
    said = office.ask("key.bulk", step="pause", dry_run=True, **wanted)
    return [each["label"] for each in said["keys"]]


def test_the_filter_means_what_it_says(office: Office) -> None:
    """Each part by itself, and several together; oldest first."""
    assert found(office, account="bob") == ["trader of bob"]
    assert found(office, label="trader*") == ["trader", "trader of bob"]
    assert found(office, label="[or]*") == ["open", "reader"]
    assert found(office, label="Trader") == []
    assert found(office, dialect="bitfinex") == ["trader of bob"]
    assert found(office, permission="orders.write", account="alice") == ["trader", "open", "endless"]
    assert found(office, never_expires=True) == ["endless"]
    assert found(office, anywhere=True) == ["open"]
    assert found(office, anywhere=True, never_expires=True) == []


def test_unused_keys_are_found(office: Office, keys: dict[str, dict[str, Any]]) -> None:
    """By their last use; one that was never used is as old as it is."""
    assert found(office, unused_for="30d") == []
    office.later(days=31)
    key = office.look(lambda shelf: shelf.find_key(keys["trader"]["id"]))
    office.write(record(key, at_ns=office.clock.ns))
    assert found(office, unused_for="30d", account="alice") == ["open", "endless", "reader"]


@pytest.mark.parametrize(("step", "state"), [("pause", "paused"), ("lock", "locked"), ("revoke", "revoked")])
def test_what_was_shown_is_done(office: Office, step: str, state: str) -> None:
    """To each of them and to nobody else, one leaf a key; again, there is nothing left to do."""
    leaves = office.leaves()
    dry = office.ask("key.bulk", step=step, account="alice", permission="orders.write", dry_run=True)
    assert office.leaves() == leaves
    done = office.ask("key.bulk", step=step, account="alice", permission="orders.write", digest=dry["digest"])
    assert done["keys"] == dry["keys"]
    assert office.leaves() == leaves + 3
    states = {each["label"]: each["state"] for each in office.ask("key.list")["keys"]}
    assert states == {
        "trader": state,
        "open": state,
        "endless": state,
        "reader": "working",
        "trader of bob": "working",
    }
    again = office.ask("key.bulk", step=step, account="alice", permission="orders.write", dry_run=True)
    assert again["keys"] == []


def test_another_list_is_a_conflict(office: Office) -> None:
    """One more key, one less, one that was changed, another step: then nothing at all is done."""
    dry = office.ask("key.bulk", step="revoke", account="alice", dry_run=True)

    def refused(step: str = "revoke", **wanted: Any) -> None:
        leaves = office.leaves()
        with pytest.raises(Conflict, match="not the keys of the dry run any more"):
            office.ask("key.bulk", step=step, digest=dry["digest"], **(wanted or {"account": "alice"}))
        assert office.leaves() == leaves

    refused("pause")
    refused(account="bob")
    office.issue(label="new")
    refused()
    office.ask("key.revoke", key="new")
    office.ask("key.edit", key="trader", label="renamed")
    refused()
    dry = office.ask("key.bulk", step="revoke", account="alice", dry_run=True)
    office.ask("key.revoke", key="renamed")
    refused()


def test_all_of_it_or_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is changed between looking and doing undoes the others."""
    dry = office.ask("key.bulk", step="revoke", account="alice", dry_run=True)
    found = bulk._found

    async def overtaken(*asked: Any) -> Any:
        said = await found(*asked)
        await bulk_edit()
        return said

    async def bulk_edit() -> None:
        await ask(office.desk, INTENTS, "key.edit", {"key": "reader", "label": "renamed"}, OPERATOR)

    monkeypatch.setattr(bulk, "_found", overtaken)
    with pytest.raises(Conflict, match="changed meanwhile"):
        office.ask("key.bulk", step="revoke", account="alice", digest=dry["digest"])
    assert {each["state"] for each in office.ask("key.list")["keys"]} == {"working"}


def test_a_holder_reaches_their_own(office: Office) -> None:
    """With a pattern that matches everything; and locks nothing, since that is the house's hold."""
    holder = person(office, "ada", alice=AccountRole.OWNER)
    dry = holder.ask("key.bulk", step="pause", label="*", dry_run=True)
    assert {each["label"] for each in dry["keys"]} == {"trader", "open", "endless", "reader"}
    holder.ask("key.bulk", step="pause", label="*", digest=dry["digest"])
    with pytest.raises(NotFound, match="there is no account bob"):
        holder.ask("key.bulk", step="pause", account="bob", dry_run=True)
    lock = holder.ask("key.bulk", step="lock", label="*", dry_run=True)
    with pytest.raises(Refused, match="not set by the holder"):
        holder.ask("key.bulk", step="lock", label="*", digest=lock["digest"])
    support = person(office, "sue", HouseRole.SUPPORT)
    lock = support.ask("key.bulk", step="lock", label="*", dry_run=True)
    assert len(support.ask("key.bulk", step="lock", label="*", digest=lock["digest"])["keys"]) == 5


def test_too_many_are_done_in_parts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction is not to keep the others waiting for minutes."""
    monkeypatch.setattr(bulk, "MOST_KEYS", 4)
    monkeypatch.setattr(bulk, "PAGE", 2)
    assert len(found(office, account="alice")) == 4
    with pytest.raises(Refused, match="more than 4 keys"):
        found(office, label="*")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "step is pause or lock or revoke"),
        ({"step": "resume", "label": "*", "dry_run": True}, "step is pause or lock or revoke"),
        ({"step": "pause", "dry_run": True}, "name at least one of account"),
        ({"step": "pause", "label": "*"}, "first a dry_run"),
        ({"step": "pause", "label": "*", "dry_run": True, "digest": "00"}, "first a dry_run"),
        ({"step": "pause", "permission": "orders", "dry_run": True}, "no permission 'orders'"),
        ({"step": "pause", "dialect": "nowhere", "dry_run": True}, "no dialect 'nowhere'"),
        ({"step": "pause", "unused_for": "long", "dry_run": True}, "not a duration"),
        ({"step": "pause", "label": "*", "dry_run": True, "force": True}, "unknown: force"),
    ],
)
def test_what_cannot_be_asked(office: Office, values: dict[str, Any], words: str) -> None:
    """A filter that names nothing would mean everything."""
    with pytest.raises(MalformedValue, match=words):
        office.ask("key.bulk", values)
