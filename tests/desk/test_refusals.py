"""What was refused to whom stands in the journal, and no loop of refusals fills the disk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bitting.desk import refusals
from bitting.desk.refusals import MOST_AN_HOUR
from bitting.domain.change import Personal
from bitting.domain.errors import BittingError, ConsentMissing, IllegalStep, MalformedValue, NotFound, Refused
from bitting.domain.roles import AccountRole, HouseRole
from tests.desk.office import Office
from tests.desk.persons import Person, person


@pytest.fixture
def viewer(office: Office) -> Person:
    """Somebody who may look at alice's keys, of which there is one."""
    office.issue()
    return person(office, "vera", alice=AccountRole.VIEWER)


def entries(office: Office) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = office.ask("journal.list", most=1000)["entries"]
    return listed


def refused(office: Office) -> list[dict[str, Any]]:
    return [each for each in entries(office) if each["result"] == "refused"]


def test_a_refusal_to_a_person_is_an_entry(office: Office, viewer: Person) -> None:
    """Who, how surely known, what, on what, and why; filed under the key and the account it is about. The key is as it
    was, and works."""
    with pytest.raises(Refused) as caught:
        viewer.ask("key.revoke", key="bot")
    [entry] = refused(office)
    key = office.ask("key.show", key="bot")
    assert (entry["actor"], entry["strength"], entry["deed"]) == (viewer.actor, "session", "key.revoke")
    assert (entry["kind"], entry["id"], entry["account"]) == ("refusal", key["id"], key["account"])
    assert entry["facts"] == {"why": str(caught.value), "asked": {"key": "bot"}}
    assert key["state"] == "working"
    assert office.ask("rows.check") == {"wrong": []}


def test_a_refusal_knows_from_where_it_was_asked(office: Office, viewer: Person) -> None:
    """Sealed, as with every other entry of a person."""
    caller = viewer.caller()
    from_there = caller.person(
        viewer.id, viewer.session, caller.house, caller.accounts, "r-1", personal=Personal("203.0.113.7", "curl/8")
    )
    with pytest.raises(Refused):
        office.ask_as(from_there, "key.revoke", {"key": "bot"})
    [entry] = refused(office)
    assert entry["personal"] == {"address": "203.0.113.7", "client": "curl/8"}
    assert "203.0.113.7" not in str({**entry, "personal": None})


def test_what_nobody_has_a_right_to_is_refused_on_record(office: Office, viewer: Person) -> None:
    """Also what only the operator on the machine may ask for, and what is only looked at."""
    for intent in ("root.split", "user.list"):
        with pytest.raises(Refused):
            viewer.ask(intent)
    assert [each["deed"] for each in refused(office)] == ["root.split", "user.list"]


def test_nobody_is_refused_into_the_records_of_others(office: Office, viewer: Person) -> None:
    """Whatever is named: a stranger to an account leaves nothing in its entries, nor do people of the house leave their
    addresses under its key."""
    office.open_account("bob")
    with pytest.raises(Refused):
        viewer.ask("root.split", account="bob")
    assert (refused(office)[-1]["account"], refused(office)[-1]["id"]) == ("", "")
    auditor = person(office, "otto", HouseRole.AUDITOR).caller()
    from_there = replace(auditor, personal=Personal("2001:db8::7"))
    with pytest.raises(Refused):
        office.ask_as(from_there, "key.revoke", {"key": "bot"})
    alice = office.ask("account.show", account="alice")["id"]
    assert refused(office)[-1]["account"] == alice
    seen = viewer.ask("journal.list", account="alice", most=1)["entries"][0]
    assert (seen["result"], seen["personal"]) == ("refused", {})


def test_the_machines_operator_is_on_record_with_changes(office: Office) -> None:
    """Not with looks: a label that several keys have is no refusal of anything."""
    issued = office.issue()["id"]
    office.ask("key.pause", key="bot")
    with pytest.raises(IllegalStep):
        office.ask("key.pause", key="bot")
    office.open_account("bob")
    office.issue(account="bob")
    with pytest.raises(Refused):
        office.ask("key.show", key="bot")
    [entry] = refused(office)
    assert (entry["actor"], entry["deed"], entry["id"]) == ("operator:0", "key.pause", issued)
    assert entry["facts"]["why"] == "the holder hold stands already"


def test_a_question_is_no_refusal(office: Office) -> None:
    """That a second factor or a second person is wanted is how such changes go; what is misspelt or not there was never
    refused."""
    owner = person(office, "olga", alice=AccountRole.OWNER)
    officer = person(office, "otto", HouseRole.OPERATOR)
    office.issue()
    owner.ask("key.pause", key="bot")
    with pytest.raises(ConsentMissing):
        owner.ask("key.resume", key="bot")
    assert "waits_for_approval" in officer.sure("house.edit", rules={"rotation_age_days": 30})
    for values in ({"key": "nobody"}, {"kay": "bot"}):
        with pytest.raises((NotFound, MalformedValue)):
            owner.ask("key.pause", values)
    assert refused(office) == []


def test_a_confirmation_that_does_not_fit_is_refused_on_record(office: Office) -> None:
    """Somebody uses one up for another change: that is not how it goes."""
    owner = person(office, "olga", alice=AccountRole.OWNER)
    office.issue()
    owner.ask("key.pause", key="bot")
    confirmed = owner.answer(owner.wanted("key.resume", key="bot"))
    owner.ask_with(confirmed, "key.resume", key="bot")
    owner.ask("key.pause", key="bot")
    with pytest.raises(BittingError):
        owner.ask_with(confirmed, "key.resume", key="bot")
    assert len(refused(office)) == 1


def test_a_loop_of_refusals_is_counted_and_not_kept(office: Office, viewer: Person) -> None:
    """So many an hour; then the journal grows no more, and the next that is kept says how many there were
    between. Others are not held up by it."""
    for _ in range(MOST_AN_HOUR + 7):
        with pytest.raises(Refused):
            viewer.ask("key.revoke", key="bot")
    assert len(refused(office)) == MOST_AN_HOUR
    other = person(office, "otto", alice=AccountRole.VIEWER)
    with pytest.raises(Refused):
        other.ask("key.revoke", key="bot")
    assert refused(office)[-1]["actor"] == other.actor
    office.later(hours=1)
    with pytest.raises(Refused):
        viewer.ask("key.revoke", key="bot")
    assert refused(office)[-1]["facts"]["left_out"] == 7
    with pytest.raises(Refused):
        viewer.ask("key.revoke", key="bot")
    assert "left_out" not in refused(office)[-1]["facts"]


def test_who_is_counted_is_forgotten_some_day(office: Office, viewer: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many people there are, they do not fill the memory."""
    monkeypatch.setattr(refusals, "MOST_ACTORS", 2)
    for name in ("one", "two", "three"):
        with pytest.raises(Refused):
            person(office, name, alice=AccountRole.VIEWER).ask("key.revoke", key="bot")
    assert len(office.desk.refusals._hours) == 2


def test_a_refusal_needs_no_disk(office: Office, viewer: Person) -> None:
    """It stands, whether it can be written down or not."""
    office.disk.full = True
    with pytest.raises(Refused, match="you may look at this account"):
        viewer.ask("key.revoke", key="bot")
    office.disk.full = False
    assert refused(office) == []


def test_nothing_of_a_request_is_kept_but_names(office: Office, viewer: Person) -> None:
    """A secret that is brought along is not in the journal, nor is a name without end; half a character is none."""
    values = {"account": "alice", "dialect": "binance", "label": "x", "permissions": ["trade"]}
    with pytest.raises(Refused):
        viewer.ask("key.import", {**values, "key_id": "theirOldKeyId", "secret": "very-secret-0123456789"})
    with pytest.raises(Refused):
        viewer.ask("root.split", account="a" * 1000, user="\ud800")
    first, second = refused(office)
    assert first["facts"]["asked"] == {"account": "alice", "dialect": "binance"}
    assert first["account"] == office.ask("account.show", account="alice")["id"]
    assert second["facts"]["asked"] == {"account": "a" * 64, "user": "?"}
    assert second["account"] == ""
    assert "very-secret" not in str(entries(office))
