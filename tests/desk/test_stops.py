"""The emergency stop at the desk: at once, also with a full disk, and durable as soon as that is possible."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.domain.errors import IllegalStep, MalformedValue, NotFound, Unavailable
from bitting.gate.freeze import EVERYTHING
from tests.desk.office import Office

SCOPES: list[dict[str, Any]] = [{"key": "bot"}, {"account": "alice"}, {"everything": True}]


def stopped(office: Office) -> bool:
    """Whether the gate would refuse the key: by its row, or in memory."""
    return bool(office.ask("key.show", key="bot")["state"] != "working")


@pytest.fixture(autouse=True)
def key(office: Office) -> dict[str, Any]:
    return office.issue()


@pytest.mark.parametrize("scope", SCOPES)
def test_a_stop_and_its_end(office: Office, scope: dict[str, Any]) -> None:
    """It is durable when the disk takes it, nothing is left in memory, and thawing undoes it."""
    assert office.ask("freeze", scope)["durable"]
    assert stopped(office)
    assert office.desk.freeze.scopes == frozenset()
    assert office.desk.unsettled == {}
    office.ask("thaw", scope)
    assert not stopped(office)
    with pytest.raises(IllegalStep):
        office.ask("thaw", scope)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_stop_with_a_full_disk(office: Office, scope: dict[str, Any]) -> None:
    """It stands in memory at once, says so, and becomes durable by itself when there is room again."""
    office.disk.full = True
    said = office.ask("freeze", scope)
    assert not said["durable"]
    assert said["why"].startswith("the disk is full")
    assert stopped(office)
    office.settle()
    assert len(office.desk.unsettled) == 1
    office.disk.full = False
    office.settle()
    assert (office.desk.freeze.scopes, office.desk.unsettled) == (frozenset(), {})
    assert stopped(office)
    office.ask("thaw", scope)
    assert not stopped(office)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_stop_that_was_never_durable_is_thawed(office: Office, scope: dict[str, Any]) -> None:
    """When the disk is back, nothing of it is written behind the back of whoever thawed it."""
    office.disk.full = True
    office.ask("freeze", scope)
    office.disk.full = False
    office.ask("thaw", scope)
    office.settle()
    assert not stopped(office)
    assert office.desk.freeze.scopes == frozenset()


@pytest.mark.parametrize("scope", SCOPES)
def test_thawing_with_a_full_disk_changes_nothing(office: Office, scope: dict[str, Any]) -> None:
    """It is refused, the stop stays and is still to be settled; afterwards it can be thawed."""
    office.disk.full = True
    office.ask("freeze", scope)
    with pytest.raises(Unavailable, match="the disk is full"):
        office.ask("thaw", scope)
    assert stopped(office)
    assert len(office.desk.unsettled) == 1
    office.disk.full = False
    office.settle()
    office.disk.full = True
    with pytest.raises(Unavailable, match="the disk is full"):
        office.ask("thaw", scope)
    assert stopped(office)
    assert office.desk.unsettled == {}
    office.disk.full = False
    office.ask("thaw", scope)
    assert not stopped(office)


def test_a_stop_of_what_is_stopped_is_durable(office: Office) -> None:
    """Pulling the brake twice is no mistake."""
    for _ in range(2):
        assert office.ask("freeze", everything=True) == {"frozen": EVERYTHING, "durable": True}


def test_a_revoked_key_is_stopped_for_good(office: Office) -> None:
    """To freeze it says that it is stopped; to thaw it is refused."""
    office.ask("key.revoke", key="bot")
    assert office.ask("freeze", key="bot")["durable"]
    with pytest.raises(IllegalStep, match="there is no operator hold to lift"):
        office.ask("thaw", key="bot")


def test_one_stop_that_cannot_be_settled_does_not_hold_up_the_others(office: Office) -> None:
    """Each is tried, and one that was thawed while another was being tried is left alone."""
    office.disk.full = True
    for scope in SCOPES:
        office.ask("freeze", scope)
    tried = []
    first, second, third = office.desk.unsettled

    async def fails() -> None:
        tried.append(first)
        del office.desk.unsettled[second]  # as a thaw does it meanwhile
        raise IllegalStep("a row that is not what it was")

    office.desk.unsettled[first] = fails
    office.disk.full = False
    office.settle()
    assert tried == [first]
    assert list(office.desk.unsettled) == [first]
    assert office.desk.freeze.scopes == {first, second}
    assert third == EVERYTHING


@pytest.mark.parametrize("values", [{}, {"key": "bot", "everything": True}, {"key": "bot", "account": "alice"}])
def test_a_stop_says_what(office: Office, values: dict[str, Any]) -> None:
    """One thing, and which: a stop that was misread is worse than none."""
    for intent in ("freeze", "thaw"):
        with pytest.raises(MalformedValue, match="say what: one key, one account, or everything"):
            office.ask(intent, values)
        with pytest.raises(MalformedValue, match="unknown: all"):
            office.ask(intent, all=True)
        with pytest.raises(NotFound):
            office.ask(intent, key="nobody")
    assert not stopped(office)
