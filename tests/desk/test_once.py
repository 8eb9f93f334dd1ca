"""A question with a name is carried out once: what comes again is told what it made, and changes nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bitting.desk.asking import ask
from bitting.desk.intents import INTENTS
from bitting.domain.errors import BittingError, ConsentMissing, MalformedValue, NameReused, Repeated, Unavailable
from bitting.domain.once import KEPT_MS, Once
from bitting.domain.roles import AccountRole
from tests.desk.office import Office
from tests.desk.persons import Person, person

NEW: dict[str, Any] = {
    "account": "alice",
    "dialect": "binance",
    "label": "grid",
    "permissions": ["trade"],
    "network": ["203.0.113.7"],
}


@pytest.fixture
def ada(office: Office) -> Person:
    return person(office, "ada", alice=AccountRole.OWNER)


def named(ada: Person, name: str, intent: str, confirmed: str = "", digest: bytes = b"a" * 32, **values: Any) -> Any:
    """Ask under a name."""
    caller = replace(ada.caller(confirmed), once=Once(ada.actor, name, digest))
    return ada.office.ask_as(caller, intent, values)


def keys(office: Office) -> int:
    return len(office.ask("key.list")["keys"])


def test_a_repeated_question_changes_nothing(office: Office, ada: Person) -> None:
    """With its confirmation or without; it says what was made, and the journal has one entry of it."""
    confirmed = ada.answer(ada.wanted("key.issue", **NEW))
    made = named(ada, "first", "key.issue", confirmed, **NEW)
    leaves = office.leaves()
    for again in (confirmed, ""):
        with pytest.raises(Repeated) as told:
            named(ada, "first", "key.issue", again, **NEW)
        assert told.value.object_id == made["id"]
    assert (keys(office), office.leaves()) == (1, leaves)


def test_each_kind_of_change_names_what_it_changed(office: Office, ada: Person) -> None:
    """A key that was rotated, and an account whose address book has grown."""
    key = office.issue()
    rotated = ada.answer(ada.wanted("key.rotate", key=key["id"]))
    book = {"account": "alice", "asset": "USDT", "network": "ETH", "label": "vault", "address": "0x" + "52" * 20}
    added = ada.answer(ada.wanted("account.add-address", **book))
    account = office.ask("account.show", account="alice")["id"]
    for name, intent, confirmed, values, made in (
        ("rotate", "key.rotate", rotated, {"key": key["id"]}, key["id"]),
        ("add", "account.add-address", added, book, account),
    ):
        named(ada, name, intent, confirmed, **values)
        with pytest.raises(Repeated) as told:
            named(ada, name, intent, **values)
        assert told.value.object_id == made
    assert len(office.ask("key.show", key=key["id"])["credentials"]) == 2


def test_what_was_not_done_is_not_remembered(office: Office, ada: Person) -> None:
    """The name stays free while the change waits for its factor, is malformed, or the disk is full."""
    with pytest.raises(ConsentMissing):
        named(ada, "first", "key.issue", **NEW)
    with pytest.raises(MalformedValue):
        named(ada, "first", "key.issue", **{**NEW, "dialect": "none"})
    confirmed = ada.answer(ada.wanted("key.issue", **NEW))
    office.disk.full = True
    with pytest.raises(Unavailable):
        named(ada, "first", "key.issue", confirmed, **NEW)
    office.disk.full = False
    assert named(ada, "first", "key.issue", confirmed, **NEW)["secret"]


def test_a_name_is_for_one_question_of_one_person_for_a_day(office: Office, ada: Person) -> None:
    """Another question under it is refused; another person has names of their own; a day later it is free."""
    bob = person(office, "bob", alice=AccountRole.OWNER)
    for each in (ada, bob):
        named(each, "first", "key.issue", each.answer(each.wanted("key.issue", **NEW)), **NEW)
    with pytest.raises(NameReused):
        named(ada, "first", "key.issue", ada.answer(ada.wanted("key.issue", **NEW)), digest=b"b" * 32, **NEW)
    office.clock.ns += KEPT_MS * 1_000_000
    named(ada, "first", "key.issue", ada.answer(ada.wanted("key.issue", **NEW)), digest=b"b" * 32, **NEW)
    assert keys(office) == 3


def test_of_many_at_once_one_is_carried_out(office: Office, ada: Person) -> None:
    """Each with a confirmation of its own, so that nothing but the name holds them back."""
    confirmations = [ada.answer(ada.wanted("key.issue", **NEW)) for _ in range(10)]
    once = Once(ada.actor, "first", b"a" * 32)
    callers = [replace(ada.caller(each), once=once) for each in confirmations]

    async def together() -> list[Any]:
        asked = (ask(office.desk, INTENTS, "key.issue", NEW, each) for each in callers)
        return await asyncio.gather(*asked, return_exceptions=True)

    said = office.run(together)
    [made] = [each for each in said if not isinstance(each, BittingError)]
    assert {each.object_id for each in said if isinstance(each, Repeated)} == {made["id"]}
    assert sum(isinstance(each, Repeated) for each in said) == 9
    assert keys(office) == 1
