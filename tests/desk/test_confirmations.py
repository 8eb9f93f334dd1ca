"""Step-up at the desk (G7, L-08): power only with a second factor for exactly this change, in this session, once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from bitting.desk.asking import ask
from bitting.desk.confirmations import MOST_OPEN
from bitting.desk.intents import INTENTS
from bitting.domain.errors import (
    BittingError,
    Conflict,
    ConsentMissing,
    IllegalStep,
    MalformedValue,
    NotFound,
    NotSignedIn,
    Refused,
)
from bitting.domain.roles import AccountRole
from tests.desk.office import Office
from tests.desk.persons import Factors, Person, person

NEW: dict[str, Any] = {
    "account": "alice",
    "dialect": "binance",
    "label": "grid",
    "permissions": ["trade"],
    "network": ["203.0.113.7"],
}
OPEN = {"network": ["anywhere"]}


@pytest.fixture
def ada(office: Office) -> Person:
    """Owns alice's account, in which there is a key."""
    office.issue()
    return person(office, "ada", alice=AccountRole.OWNER)


def version(office: Office) -> int:
    shown: int = office.ask("key.show", key="bot")["version"]
    return shown


def test_power_needs_a_second_factor_and_then_goes_through(office: Office, ada: Person) -> None:
    """The page says what it gives; the same question with the confirmation makes the change, which is journalled so."""
    missing = ada.wanted("key.edit", key="bot", **OPEN)
    assert missing.confirmation is not None
    assert missing.confirmation.wanted.says == (
        "change the key bot",
        "usable from anywhere; it was 203.0.113.7",
    )
    assert version(office) == 1
    shown = ada.ask("confirmation.show", confirmation=missing.confirmation.id)
    assert (shown["state"], shown["says"]) == ("open", list(missing.confirmation.wanted.says))
    after = ada.ask_with(ada.answer(missing), "key.edit", key="bot", **OPEN)
    assert after["network"] == ["anywhere"]
    leaf = office.last_leaf()
    assert (leaf.deed, leaf.actor, leaf.strength) == ("key.edit", ada.actor, "step-up")


@pytest.mark.parametrize(
    ("intent", "values"),
    [
        ("key.edit", {"network": ["203.0.113.7"], "deny": ["orders.write"]}),
        ("key.pause", {}),
        ("key.revoke", {}),
        ("freeze", {}),
    ],
)
def test_taking_power_away_needs_the_session_alone(
    office: Office, ada: Person, intent: str, values: dict[str, Any]
) -> None:
    ada.ask(intent, key="bot", **values)
    assert office.last_leaf().strength == "session"


def test_a_new_key_needs_one_too(office: Office, ada: Person) -> None:
    """And `90d` counts from when it was asked for: the key is the very one that was confirmed, a minute later."""
    missing = ada.wanted("key.issue", **NEW)
    office.clock.ns += 60_000_000_000
    made = ada.ask_with(ada.answer(missing), "key.issue", **NEW)
    assert made["secret"]
    assert missing.confirmation is not None
    assert f"works until {made['expires_at']}" in missing.confirmation.wanted.says


def test_it_is_good_once(office: Office, ada: Person) -> None:
    """Also where the very same question would make the very same change again."""
    confirmed = ada.answer(ada.wanted("key.edit", key="bot", **OPEN))
    ada.ask_with(confirmed, "key.edit", key="bot", **OPEN)
    with pytest.raises(ConsentMissing, match="another change"):
        ada.ask_with(confirmed, "key.edit", key="bot", allow=["earn.write"])
    again = ada.answer(ada.wanted("key.issue", **NEW))
    ada.ask_with(again, "key.issue", **NEW)
    with pytest.raises(Conflict, match="used already"):
        ada.ask_with(again, "key.issue", **NEW)
    assert version(office) == 2


def test_it_is_good_once_in_parallel(office: Office, ada: Person) -> None:
    """Of eight at the same moment, one makes a key."""
    confirmed = ada.answer(ada.wanted("key.issue", **NEW))
    caller = ada.caller(confirmed)

    async def eight() -> list[Any]:
        questions = [ask(office.desk, INTENTS, "key.issue", NEW, caller) for _ in range(8)]
        return await asyncio.gather(*questions, return_exceptions=True)

    said = office.run(eight)
    assert sum(isinstance(each, dict) for each in said) == 1
    assert sum(isinstance(each, Conflict) for each in said) == 7
    assert len(office.ask("key.list")["keys"]) == 2


def test_it_is_for_this_change_only(office: Office, ada: Person) -> None:
    """The attack: what the page shows is confirmed, and something else is sent with it."""
    confirmed = ada.answer(ada.wanted("key.edit", key="bot", allow=["earn.write"]))
    for other in ({"network": ["anywhere"]}, {"allow": ["borrow.write"]}, {"allow": ["earn.write", "borrow.write"]}):
        with pytest.raises(ConsentMissing, match="another change"):
            ada.ask_with(confirmed, "key.edit", key="bot", **other)
    assert version(office) == 1


def test_it_is_for_the_key_as_it_stood(office: Office, ada: Person) -> None:
    """Edited meanwhile, by whomever, it has to be confirmed anew; and the new one is offered."""
    confirmed = ada.answer(ada.wanted("key.edit", key="bot", **OPEN))
    office.ask("key.edit", key="bot", label="renamed")
    with pytest.raises(ConsentMissing, match="another change") as caught:
        ada.ask_with(confirmed, "key.edit", key="renamed", **OPEN)
    ada.ask_with(ada.answer(caught.value), "key.edit", key="renamed", **OPEN)


def test_it_is_for_one_session(office: Office, ada: Person) -> None:
    """Another session's is not there: another person's, or the same person's on another device."""
    missing = ada.wanted("key.edit", key="bot", **OPEN)
    assert missing.confirmation is not None
    id, response = missing.confirmation.id, {"response": missing.confirmation.challenge.hex()}
    bob = person(office, "bob", alice=AccountRole.OWNER)
    for thief in (bob, ada.elsewhere()):
        with pytest.raises(NotFound) as unknown:
            thief.ask("confirmation.show", confirmation="0192f0c1")
        for intent, values in (("confirmation.show", {}), ("confirmation.answer", {"answer": response})):
            with pytest.raises(NotFound) as caught:
                thief.ask(intent, confirmation=id, **values)
            assert str(caught.value).replace(id, "0192f0c1") == str(unknown.value)
    ada.answer(missing)
    for thief in (bob, ada.elsewhere()):
        with pytest.raises(ConsentMissing, match="no such confirmation of yours"):
            thief.ask_with(id, "key.edit", key="bot", **OPEN)
    stolen = replace(bob, session=ada.session)  # a session id that is claimed by somebody else's user
    with pytest.raises(ConsentMissing, match="no such confirmation of yours"):
        stolen.ask_with(id, "key.edit", key="bot", **OPEN)
    assert version(office) == 1


def test_the_challenge_of_another_session_is_another(office: Office, ada: Person) -> None:
    """What one device signed says nothing on another, though the change is the same."""
    one, other = ada.wanted("key.edit", key="bot", **OPEN), ada.elsewhere().wanted("key.edit", key="bot", **OPEN)
    assert one.confirmation is not None
    assert other.confirmation is not None
    assert one.confirmation.wanted == other.confirmation.wanted
    assert one.confirmation.challenge != other.confirmation.challenge
    with pytest.raises(NotSignedIn):
        ada.ask(
            "confirmation.answer",
            confirmation=one.confirmation.id,
            answer={"response": other.confirmation.challenge.hex()},
        )


def test_it_takes_one_answer(office: Office, ada: Person) -> None:
    """M-10: a wrong answer is its end, and nothing is changed by it; a right one is not given twice."""
    missing = ada.wanted("key.edit", key="bot", **OPEN)
    assert missing.confirmation is not None
    id = missing.confirmation.id
    with pytest.raises(NotSignedIn):
        ada.ask("confirmation.answer", confirmation=id, answer={"code": "000000"})
    with pytest.raises(IllegalStep, match="had its answer"):
        ada.answer(missing)
    with pytest.raises(ConsentMissing, match="has not been answered"):
        ada.ask_with(id, "key.edit", key="bot", **OPEN)
    again = ada.wanted("key.edit", key="bot", **OPEN)
    ada.answer(again)
    with pytest.raises(IllegalStep, match="had its answer"):
        ada.answer(again)


def test_one_code_confirms_one_change(office: Office, ada: Person) -> None:
    """M-06: of two confirmations that are answered with one code at once, one has it."""
    assert isinstance(office.desk.people, Factors)
    office.desk.people.codes = {"246810"}
    waiting = [ada.wanted("key.edit", key="bot", **OPEN), ada.wanted("key.issue", **NEW)]
    callers = [ada.caller(), ada.caller()]

    async def both() -> list[Any]:
        questions = [
            ask(
                office.desk,
                INTENTS,
                "confirmation.answer",
                {"confirmation": each.confirmation and each.confirmation.id, "answer": {"code": "246810"}},
                caller,
            )
            for each, caller in zip(waiting, callers, strict=True)
        ]
        return await asyncio.gather(*questions, return_exceptions=True)

    said = office.run(both)
    assert sorted(type(each).__name__ for each in said) == ["NotSignedIn", "dict"]


def test_unanswered_it_gives_nothing(office: Office, ada: Person) -> None:
    missing = ada.wanted("key.edit", key="bot", **OPEN)
    assert missing.confirmation is not None
    with pytest.raises(ConsentMissing, match="has not been answered"):
        ada.ask_with(missing.confirmation.id, "key.edit", key="bot", **OPEN)
    with pytest.raises(ConsentMissing, match="no such confirmation"):
        ada.ask_with("0192f0c1", "key.edit", key="bot", **OPEN)


def test_it_expires(office: Office, ada: Person) -> None:
    """After five minutes it can be neither answered nor used."""
    answered, late = ada.wanted("key.edit", key="bot", **OPEN), ada.wanted("key.issue", **NEW)
    confirmed = ada.answer(answered)
    office.clock.ns += 300_000_000_000
    with pytest.raises(ConsentMissing, match="has expired"):
        ada.answer(late)
    with pytest.raises(ConsentMissing, match="has expired"):
        ada.ask_with(confirmed, "key.edit", key="bot", **OPEN)


def test_a_thief_with_a_session_cannot_fill_the_store(office: Office, ada: Person) -> None:
    """So many wait in one session; they go by themselves, and other sessions are not kept from anything."""
    for _ in range(MOST_OPEN):
        ada.wanted("key.edit", key="bot", **OPEN)
    with pytest.raises(Refused, match=f"{MOST_OPEN} changes wait"):
        ada.ask("key.edit", key="bot", **OPEN)
    ada.elsewhere().wanted("key.edit", key="bot", **OPEN)
    office.clock.ns += 301_000_000_000
    ada.wanted("key.edit", key="bot", **OPEN)


def test_what_is_no_answer(office: Office, ada: Person) -> None:
    with pytest.raises(MalformedValue):
        ada.ask("confirmation.answer", confirmation="0192f0c1", answer="123456")
    with pytest.raises(NotFound):
        ada.ask("confirmation.answer", confirmation="0192f0c1", answer={"code": "1"})
    office.desk.people = None
    with pytest.raises(Refused, match="knows no people"):
        ada.ask("confirmation.answer", confirmation="0192f0c1", answer={"code": "1"})


def test_a_confirmation_cannot_be_forged_in_the_store(office: Office, ada: Person) -> None:
    """K-05: whoever can write to the database sets it to confirmed, or puts another change in its place."""
    missing = ada.wanted("key.edit", key="bot", **OPEN)
    assert missing.confirmation is not None
    id = missing.confirmation.id
    with office.disk.writing() as tables:
        row = tables.papers.paper("confirmation", id)
        assert row is not None
        tables.papers.put_paper(row._replace(paper=row.paper.replace('"open"', '"confirmed"'), version=2), 1)
    with pytest.raises(BittingError) as caught:
        ada.ask_with(id, "key.edit", key="bot", **OPEN)
    assert type(caught.value).__name__ == "Tampered"
    with suppress(BittingError):
        ada.answer(missing)
    assert version(office) == 1
