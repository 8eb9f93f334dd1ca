"""Who may ask for what: the table is whole, what it does not name is closed, and the roles are what they are called."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.desk.caller import Caller
from bitting.desk.intents import INTENTS
from bitting.desk.rights import MACHINE, OWN, RIGHTS, admitted
from bitting.desk.scope import Scope
from bitting.domain.errors import BittingError, ConsentMissing, NotFound, Refused
from bitting.domain.holds import Authority
from bitting.domain.roles import IN_HOUSE, ON_ACCOUNT, AccountRole, HouseRole, Right
from bitting.lifecycle.people import set_account_role
from tests.desk.office import Office
from tests.desk.persons import Person, person

READING = sorted(name for name, need in RIGHTS.items() if Right.SEE in (need.account, need.house))
STOPPING = {"key.pause", "key.lock", "key.revoke", "key.bulk", "freeze"}
GIVING = {
    "key.issue",
    "key.import",
    "key.edit",
    "key.rotate",
    "key.roll-back",
    "key.resume",
    "key.unlock",
    "key.reset-nonces",
    "thaw",
    "account.open",
    "account.limit",
    "account.add-address",
    "house.edit",
    "actions.load",
}


def somebody(*house: HouseRole, **accounts: AccountRole) -> Caller:
    return Caller.person("0192-ada", "session", frozenset(house), accounts, "r-1")


def test_every_intent_has_its_line() -> None:
    """And no line is for what does not exist: what is added to the desk is forgotten by nobody."""
    assert sorted(RIGHTS) == sorted(INTENTS)


def test_what_has_no_line_is_closed(office: Office) -> None:
    """To everybody but the operator on the machine itself; so is what only the machine may do."""

    async def forgotten(*_: Any) -> dict[str, Any]:
        return {"done": True}

    INTENTS["house.forgotten"] = forgotten
    try:
        assert office.ask("house.forgotten") == {"done": True}
        everything = person(office, "ada", *HouseRole, alice=AccountRole.OWNER)
        for intent in ("house.forgotten", *(name for name, need in RIGHTS.items() if need == MACHINE)):
            with pytest.raises(Refused, match="the operator on the machine itself may"):
                everything.ask(intent)
    finally:
        del INTENTS["house.forgotten"]


def test_files_are_written_by_the_machine_only() -> None:
    """What takes a path on the server writes where it is told to."""
    assert {"backup", "journal.export"} <= {name for name, need in RIGHTS.items() if need == MACHINE}


@pytest.mark.parametrize("intent", sorted(GIVING))
def test_support_and_auditors_give_nothing(intent: str) -> None:
    """Support pauses and freezes and never issues or widens; an auditor changes nothing."""
    for role in (HouseRole.SUPPORT, HouseRole.AUDITOR):
        assert RIGHTS[intent].house not in IN_HOUSE[role]


@pytest.mark.parametrize("intent", sorted(STOPPING))
def test_support_stops_and_auditors_do_not(intent: str) -> None:
    assert RIGHTS[intent].house in IN_HOUSE[HouseRole.SUPPORT]
    assert RIGHTS[intent].house not in IN_HOUSE[HouseRole.AUDITOR]


@pytest.mark.parametrize("intent", READING)
def test_everybody_of_the_house_reads(intent: str) -> None:
    for role in HouseRole:
        assert admitted(somebody(role), intent) == (Authority.OPERATOR, None)


def test_nobody_of_the_house_issues_or_widens_a_holders_keys(office: Office) -> None:
    """Not even all roles together: those rights come from the account."""
    office.issue()
    house = person(office, "ada", *HouseRole)
    for intent in ("key.edit", "key.rotate", "key.resume"):
        with pytest.raises(Refused, match="your role there does not include it"):
            house.ask(intent, key="bot", allow=["earn.write"] if intent == "key.edit" else None)
    with pytest.raises(Refused, match="your role there does not include it"):
        house.ask("key.issue", account="alice", dialect="binance", label="x", permissions=["trade"])
    with pytest.raises(NotFound, match="there is no key nobody"):
        house.ask("key.rotate", key="nobody")


def test_somebody_of_the_house_with_an_account(office: Office) -> None:
    """Is to it what its owner is, and to the others what the house made of them."""
    office.open_account("bob")
    office.issue()
    office.issue(account="bob", label="bobs")
    support = person(office, "ada", HouseRole.SUPPORT, alice=AccountRole.OWNER)
    support.sure("key.edit", key="bot", network=["anywhere"])
    with pytest.raises(Refused, match="your role there does not include it"):
        support.ask("key.edit", key="bobs", network=["anywhere"])
    support.ask("key.pause", key="bobs")
    assert len(support.ask("key.list")["keys"]) == 2


def test_a_viewer_looks_and_touches_nothing(office: Office) -> None:
    office.issue()
    viewer = person(office, "vera", alice=AccountRole.VIEWER)
    assert viewer.ask("key.show", key="bot")["label"] == "bot"
    for intent in ("key.pause", "key.revoke", "freeze", "key.rotate", "key.resume", "thaw"):
        with pytest.raises(Refused, match="you may look at this account"):
            viewer.ask(intent, key="bot")
    with pytest.raises(Refused, match="you may look at this account"):
        viewer.ask("account.limit", account="alice", limits={"open_orders": 1})


@pytest.mark.parametrize("role", [AccountRole.OWNER, AccountRole.MANAGER])
def test_owners_and_managers_run_their_keys(office: Office, role: AccountRole) -> None:
    """All of it, with a second factor where it gives power."""
    holder = person(office, "ada", alice=role)
    holder.sure("key.issue", account="alice", dialect="binance", label="bot", permissions=["trade"], network=[])
    holder.ask("key.pause", key="bot")
    holder.sure("key.resume", key="bot")
    assert holder.sure("key.rotate", key="bot")["secret"]
    holder.sure("key.roll-back", key="bot")
    holder.ask("account.limit", account="alice", limits={"open_orders": 5})
    holder.sure("account.limit", account="alice", limits={"open_orders": 6})
    holder.ask("key.revoke", key="bot")


def test_a_hold_of_the_house_is_not_lifted_by_a_holder(office: Office) -> None:
    """Each by its own authority: locking a key is not undone from the account, and its pause is not the house's."""
    office.issue()
    holder = person(office, "ada", alice=AccountRole.OWNER)
    support, officer = person(office, "sue", HouseRole.SUPPORT), person(office, "olga", HouseRole.SECURITY)
    support.ask("key.lock", key="bot")
    for intent in ("key.unlock", "key.lock"):
        with pytest.raises(Refused, match="not yours to ask for"):
            holder.ask(intent, key="bot")
    with pytest.raises(Refused, match="no holder hold to lift"):
        holder.ask("thaw", key="bot")
    with pytest.raises(Refused, match="not yours to ask for"):
        support.ask("key.unlock", key="bot")
    assert officer.sure("key.unlock", key="bot")["state"] == "working"


def test_a_holder_stops_their_own_and_not_the_house(office: Office) -> None:
    """The panic button: a key or an account of theirs at once, by a hold that the house's does not touch."""
    office.issue()
    office.open_account("bob")
    holder = person(office, "ada", alice=AccountRole.OWNER)
    assert holder.ask("freeze", account="alice")["durable"]
    assert office.ask("account.show", account="alice")["holds"] == ["holder"]
    holder.sure("thaw", account="alice")
    holder.ask("freeze", key="bot")
    assert office.ask("key.show", key="bot")["state"] == "paused"
    holder.sure("thaw", key="bot")
    for intent in ("freeze", "thaw"):
        with pytest.raises(Refused, match="everything is the house's to stop"):
            holder.ask(intent, everything=True)
        with pytest.raises(NotFound, match="there is no account bob"):
            holder.ask(intent, account="bob")
    assert office.desk.freeze.scopes == frozenset()


@pytest.mark.parametrize("scope", [{"key": "bot"}, {"account": "alice"}, {"everything": True}])
def test_a_stop_that_is_only_in_memory_is_not_thawed_by_a_session(office: Office, scope: dict[str, Any]) -> None:
    """There is nothing on disk that a second factor could be asked about: the attack is to thaw what the full disk
    did not take yet."""
    office.issue()
    officer = person(office, "olga", HouseRole.OPERATOR)
    office.disk.full = True
    assert not office.ask("freeze", scope)["durable"]
    with pytest.raises(Refused, match="not on disk yet"):
        officer.ask("thaw", scope)
    assert office.desk.freeze.scopes
    office.disk.full = False
    office.settle()
    with pytest.raises(ConsentMissing):
        officer.ask("thaw", scope)
    office.ask("thaw", scope)


def test_people_without_a_role_reach_nothing(office: Office) -> None:
    """Every list is empty, every name unknown, everything of the house refused."""
    office.issue()
    nobody = person(office, "nemo")
    assert nobody.ask("key.list") == {"keys": [], "damaged": []}
    assert nobody.ask("account.list") == {"accounts": []}
    assert nobody.ask("activity.list")["records"] == []
    for intent, need in RIGHTS.items():
        if need not in (OWN, MACHINE) and intent not in ("key.list", "account.list", "activity.list"):
            with pytest.raises(BittingError):
                nobody.ask(intent, key="bot", account="alice")


def test_a_person_without_a_session_is_no_operator() -> None:
    """The one thing that tells a person from the root of the machine is never empty."""
    with pytest.raises(ValueError, match="has a session"):
        Caller.person("0192-ada", "", frozenset(), {}, "r-1")
    assert Caller.local(0, "r-1").is_local
    assert not somebody().is_local


@pytest.mark.parametrize("role", AccountRole)
def test_a_role_on_an_account_opens_what_its_rights_say(role: AccountRole) -> None:
    """And on that account only: by the table, for every intent."""
    caller = somebody(**{"account-1": role})
    for intent, need in RIGHTS.items():
        if need.account is None and need != OWN:
            with pytest.raises(Refused):
                admitted(caller, intent)
            continue
        authority, scope = admitted(caller, intent)
        assert authority is Authority.HOLDER
        mine = frozenset({"account-1"})
        assert scope == Scope(mine, mine if need.account in ON_ACCOUNT[role] else frozenset())


def test_roles_taken_away_are_gone_at_the_next_question(office: Office) -> None:
    """They are read for each question anew."""
    office.issue()
    holder: Person = person(office, "ada", alice=AccountRole.OWNER)
    holder.ask("key.pause", key="bot")
    alice = office.ask("account.show", account="alice")["id"]
    office.do(lambda act: set_account_role(act, holder.id, alice, None))
    with pytest.raises(NotFound, match="there is no key bot"):
        holder.ask("key.show", key="bot")
