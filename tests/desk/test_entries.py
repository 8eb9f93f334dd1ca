"""The journal as people read it: what is sealed is told to those who may know, and nobody after it was shredded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bitting.domain.change import Change, Personal
from bitting.domain.errors import MalformedValue, NotFound, Refused
from bitting.domain.roles import AccountRole, HouseRole
from bitting.journal.excerpt import verify_excerpt
from bitting.journal.note import Verifier
from tests.desk.office import Office
from tests.desk.persons import Person, person

HOME, OFFICE = Personal("203.0.113.7", "Firefox", "olga@example.com"), Personal("2001:db8::7", "", "otto@example.com")


def ask(asker: Person, personal: Personal, intent: str, **values: Any) -> None:
    asker.office.ask_as(replace(asker.caller(), personal=personal), intent, values)


@pytest.fixture
def owner(office: Office) -> Person:
    """Olga, whose key was paused by herself, and locked by an officer of the house."""
    office.issue()
    owner = person(office, "olga", alice=AccountRole.OWNER)
    ask(owner, HOME, "key.pause", key="bot")
    ask(person(office, "otto", HouseRole.SECURITY), OFFICE, "key.lock", key="bot")
    return owner


def test_the_house_reads_all_of_it(office: Office, owner: Person) -> None:
    """Who was behind an entry, from where and with what, is opened; of the machine's operator nothing is known."""
    entries = office.ask("journal.list")["entries"]
    assert [each["index"] for each in entries] == list(range(office.leaves()))
    told = {each["deed"]: each["personal"] for each in entries}
    assert told["key.pause"] == {"address": "203.0.113.7", "client": "Firefox", "email": "olga@example.com"}
    assert told["key.lock"] == {"address": "2001:db8::7", "email": "otto@example.com"}
    assert told["key.issue"] == {}
    assert not any("sealed" in each for each in entries)
    for word in ("203.0.113.7", "olga@example.com", "otto@example.com"):
        with office.disk.looking() as tables:
            assert not any(word.encode() in row.leaf for row in tables.journal.journal_leaves(0, 99))


def test_a_holder_reads_what_is_the_accounts(office: Office, owner: Person) -> None:
    """Her own entries with what is known of her people, and nothing about those of the house; of others nothing."""
    office.open_account("bob")
    office.issue(account="bob", label="bobs")
    entries = owner.ask("journal.list", account="alice")["entries"]
    assert [each["deed"] for each in entries] == ["account.open", "key.issue", "key.pause", "key.lock"]
    assert entries[2]["personal"]["address"] == "203.0.113.7"
    assert entries[3]["personal"] == {}
    assert entries[3]["actor"].startswith("user:")
    with pytest.raises(Refused, match="the rest of the journal is the house's to see"):
        owner.ask("journal.list")
    with pytest.raises(NotFound, match="there is no account bob"):
        owner.ask("journal.list", account="bob")


def test_pages(office: Office, owner: Person) -> None:
    """The newest few, and those before them."""
    size = office.leaves()

    def indexes(**values: Any) -> list[int]:
        return [each["index"] for each in office.ask("journal.list", values)["entries"]]

    assert indexes(most=2) == [size - 2, size - 1]
    assert indexes(most=2, before=size - 2) == [size - 4, size - 3]
    assert indexes(before=0) == []
    assert indexes(before=10**9, most=1) == [size - 1]
    assert indexes(account="alice", most=1, before=2) == [1]
    for values in ({"most": 0}, {"most": 1001}, {"before": -1}, {"key": "bot"}):
        with pytest.raises(MalformedValue):
            indexes(**values)


def test_what_was_shredded_is_told_to_nobody(office: Office, owner: Person) -> None:
    """The entries stand, the journal is sound, the rows are as the journal says; and what was sealed under the
    account's key says that it is gone. What the house's people did is the house's, and is still known."""
    account = office.ask("account.show", account="alice")["id"]
    with pytest.raises(Refused, match=f"say --confirm {account}"):
        office.ask("account.shred", account="alice")
    with pytest.raises(Refused, match="cannot be undone"):
        office.ask("account.shred", account="alice", confirm="yes")
    said = office.ask("account.shred", account="alice", confirm=account)
    assert (said["state"], said["name"], said["addresses"]) == ("shredded", f"shredded {account}", [])
    told = {each["deed"]: each["personal"] for each in office.ask("journal.list", account=account)["entries"]}
    assert told["key.pause"] == "shredded"
    assert told["key.lock"] == {"address": "2001:db8::7", "email": "otto@example.com"}
    assert office.ask("journal.check")["size"] == office.leaves()
    assert office.ask("rows.check") == {"wrong": []}
    ask(owner, HOME, "key.revoke", key="bot")  # nothing of this is kept any more, and the deed is
    newest = office.ask("journal.list", most=1)["entries"][0]
    assert (newest["deed"], newest["personal"]) == ("key.revoke", {})


def test_a_sub_account_is_not_left_behind(office: Office) -> None:
    """It would stand there stopped for good, with all of its data."""
    sub = office.open_account("sub", parent="alice")["id"]
    alice = office.ask("account.show", account="alice")["id"]
    with pytest.raises(Refused, match="shred sub first"):
        office.ask("account.shred", account="alice", confirm=alice)
    office.ask("account.shred", account="sub", confirm=sub)
    assert office.ask("account.shred", account="alice", confirm=alice)["state"] == "shredded"


def test_what_does_not_open_is_said(office: Office, owner: Person) -> None:
    """Personal fields that are somebody else's box are shown as what they are, and hide no entry."""
    alice = office.look(lambda shelf: shelf.find_account("alice")).id
    with office.disk.writing() as tables:
        rows = {row.account_id: row for row in tables.wrapped.account_key_rows()}
        tables.wrapped.replace_account_key_row(rows[alice]._replace(box=rows[""].box))
    office.later(hours=1)  # what was derived from the right one is kept for five minutes
    told = {each["deed"]: each["personal"] for each in office.ask("journal.list", account=alice)["entries"]}
    assert "not for this place, or not under this key" in told["key.pause"]


def test_a_box_under_nobodys_key_is_said(office: Office) -> None:
    """What a later version sealed in another way, for one."""
    strange = replace(
        Change(1, "r", "user:ada", "session", "house.noted", "house", "deeds", "", 0, b"", b""), sealed=b"\x07"
    )
    office.do(lambda act: act.work.record(strange))
    assert (
        office.ask("journal.list", most=1)["entries"][0]["personal"] == "personal fields under a key that is nobody's"
    )


def test_an_accounts_own_entries_are_taken_away(office: Office, owner: Person, tmp_path: Path) -> None:
    """A file that its holder can verify alone, and in which nobody else is named."""
    office.open_account("bob")
    path = tmp_path / "alice.jsonl"
    said = office.ask("journal.export", path=str(path), account="alice")
    with path.open() as file:
        excerpt = verify_excerpt(file, [Verifier.from_vkey(said["vkey"])])
    assert (excerpt.entries, excerpt.size, excerpt.begun) == (4, office.leaves(), 0)
    assert said["lines"] == 5
    bob = office.ask("account.show", account="bob")["id"]
    assert bob not in path.read_text()
    with pytest.raises(NotFound):
        office.ask("journal.export", path=str(tmp_path / "other"), account="nobody")
