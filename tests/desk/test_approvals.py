"""Two persons for what moves everybody's money or blinds the house, and the glass that can be broken."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bitting.desk.asking import ask
from bitting.desk.intents import INTENTS
from bitting.domain.errors import BittingError, Conflict, IllegalStep, MalformedValue, NotFound, Refused, Tampered
from bitting.domain.roles import AccountRole, HouseRole
from bitting.lifecycle import approvals, people
from tests.desk.office import Office
from tests.desk.persons import Person, person

SWITCH = {"rules": {"hmac_withdraw": True}}
REASON = "the exchange is down and nobody else answers"


@pytest.fixture
def ada(office: Office) -> Person:
    return person(office, "ada", HouseRole.OPERATOR)


@pytest.fixture
def bea(office: Office) -> Person:
    return person(office, "bea", HouseRole.SECURITY)


def switched(office: Office) -> bool:
    """Whether shared secrets may withdraw."""
    on: bool = office.ask("house.show")["hmac_withdraw"]
    return on


def asked(by: Person, intent: str = "house.edit", **values: Any) -> str:
    """Confirmed by one person, and waiting for another; the approval's id."""
    said = by.sure(intent, **(values or SWITCH))["waits_for_approval"]
    assert said["state"] == "waiting"
    id: str = said["approval"]
    return id


def test_two_persons_change_the_rules(office: Office, ada: Person, bea: Person) -> None:
    """One asks and confirms, and nothing happens; another sees what it is, confirms, and it is done then and there."""
    id = asked(ada)
    assert not switched(office)
    shown = bea.ask("approval.show", approval=id)
    assert shown["values"] == SWITCH
    assert shown["says"] == ["change the rules of the house", "hmac_withdraw: true; it was false"]
    assert shown["asked_by"] == ada.actor
    assert [each["approval"] for each in bea.ask("approval.list")["approvals"]] == [id]
    assert bea.sure("approval.approve", approval=id)["hmac_withdraw"] is True
    assert switched(office)
    leaf = office.last_leaf()
    assert (leaf.deed, leaf.actor, leaf.strength) == ("house.edit", ada.actor, "step-up")
    assert leaf.facts == {"approval": id, "approved_by": bea.actor}
    after = bea.ask("approval.show", approval=id)
    assert (after["state"], after["decided_by"]) == ("approved", bea.actor)


@pytest.mark.parametrize(
    ("intent", "values"),
    [
        ("house.edit", SWITCH),
        ("thaw", {"everything": True}),
        (
            "actions.load",
            {
                "dialect": "binance",
                "table": {"action": [{"method": "GET", "path": "/own", "name": "own.read", "public": True}]},
            },
        ),
    ],
)
def test_what_needs_two(office: Office, ada: Person, bea: Person, intent: str, values: dict[str, Any]) -> None:
    """The rules with the withdrawal switch, the end of the house's stop, what a route means."""
    if intent == "thaw":
        ada.ask("freeze", everything=True)  # to stop takes one
    before = office.ask("house.show"), office.ask("actions.show", dialect="binance")
    id = asked(ada, intent, **values)
    assert (office.ask("house.show"), office.ask("actions.show", dialect="binance")) == before
    bea.sure("approval.approve", approval=id)
    assert (office.ask("house.show"), office.ask("actions.show", dialect="binance")) != before


def test_who_asked_cannot_approve(office: Office, ada: Person) -> None:
    """Not on another device either, and not by a confirmation given beforehand."""
    id = asked(ada)
    for self in (ada, ada.elsewhere()):
        with pytest.raises(Refused, match="cannot approve it"):
            self.ask("approval.approve", approval=id)
    assert not switched(office)


def test_a_second_person_needs_a_second_factor(office: Office, ada: Person, bea: Person) -> None:
    """L-08: a stolen session of a second operator approves nothing."""
    id, other = asked(ada), asked(ada, rules={"longest_life_days": 30})
    missing = bea.wanted("approval.approve", approval=id)
    assert missing.wanted is not None
    assert missing.wanted.says[0] == f"approve what {ada.actor} asked for:"
    confirmed = bea.answer(missing)
    with pytest.raises(Refused, match="another change"):
        bea.ask_with(confirmed, "approval.approve", approval=other)
    assert not switched(office)
    bea.ask_with(confirmed, "approval.approve", approval=id)
    assert switched(office)


@pytest.mark.parametrize("role", [HouseRole.AUDITOR, HouseRole.SUPPORT])
def test_who_has_not_the_right_approves_nothing(office: Office, ada: Person, role: HouseRole) -> None:
    id = asked(ada)
    carl = person(office, "carl", role)
    for intent in ("approval.approve", "approval.refuse", "approval.withdraw"):
        with pytest.raises(Refused, match="not yours to ask for: in the house, operator or security may"):
            carl.ask(intent, approval=id)
    with pytest.raises(Refused, match="not yours to ask for: in the house, operator may"):
        carl.ask("approval.break-glass", approval=id, reason=REASON)
    assert carl.ask("approval.show", approval=id)["state"] == "waiting"


def test_a_holder_hears_nothing_of_approvals(office: Office, ada: Person) -> None:
    id = asked(ada)
    holder = person(office, "hanna", alice=AccountRole.OWNER)
    for intent in ("approval.list", "approval.show", "approval.approve"):
        with pytest.raises(Refused, match="not yours to ask for"):
            holder.ask(intent, approval=id)


def test_both_still_have_to_be_what_it_takes(office: Office, ada: Person, bea: Person) -> None:
    """Whoever lost a role after asking, or between confirming and approving, has no say in it any more."""
    id = asked(ada)
    confirmed = bea.answer(bea.wanted("approval.approve", approval=id))
    caller = bea.caller(confirmed)  # read before the role was taken
    office.do(lambda act: people.set_house_roles(act, bea.id, frozenset({HouseRole.AUDITOR})))
    with pytest.raises(Refused, match="you may not decide"):
        office.ask_as(caller, "approval.approve", {"approval": id})
    office.do(lambda act: people.set_house_roles(act, bea.id, frozenset({HouseRole.SECURITY})))
    for takes_away, gives_back in (
        (lambda act: people.disable(act, ada.id), lambda act: people.enable(act, ada.id)),
        (
            lambda act: people.set_house_roles(act, ada.id, frozenset({HouseRole.SUPPORT})),
            lambda act: people.set_house_roles(act, ada.id, frozenset({HouseRole.OPERATOR})),
        ),
    ):
        office.do(takes_away)
        with pytest.raises(Refused, match="whoever asked for the change may not ask for it any more"):
            bea.sure("approval.approve", approval=id)
        office.do(gives_back)
    assert not switched(office)
    bea.sure("approval.approve", approval=id)
    assert switched(office)


def test_one_confirmation_asks_once(office: Office, ada: Person) -> None:
    """Or one second factor would fill the list, and what was refused would be asked for again by a stolen session."""
    confirmed = ada.answer(ada.wanted("house.edit", **SWITCH))
    ada.ask_with(confirmed, "house.edit", **SWITCH)
    with pytest.raises(Conflict, match="used already"):
        ada.ask_with(confirmed, "house.edit", **SWITCH)
    assert len(ada.ask("approval.list")["approvals"]) == 1


def test_what_moved_on_is_not_approved(office: Office, ada: Person, bea: Person) -> None:
    """It was asked of the house as it stood; the approval goes on waiting, and is good for nothing else."""
    id = asked(ada)
    office.ask("house.edit", rules={"longest_life_days": 90})
    with pytest.raises(Conflict, match="another change by now"):
        bea.sure("approval.approve", approval=id)
    assert bea.ask("approval.show", approval=id)["state"] == "waiting"
    assert not switched(office)


def test_it_is_done_once(office: Office, ada: Person, bea: Person) -> None:
    """Of two who approve at the same moment, one does."""
    id = asked(ada)
    cleo = person(office, "cleo", HouseRole.OPERATOR)
    callers = [each.caller(each.answer(each.wanted("approval.approve", approval=id))) for each in (bea, cleo)]

    async def both() -> list[Any]:
        questions = [ask(office.desk, INTENTS, "approval.approve", {"approval": id}, each) for each in callers]
        return await asyncio.gather(*questions, return_exceptions=True)

    said = office.run(both)
    assert sorted(type(each).__name__ for each in said) == ["IllegalStep", "dict"]
    with pytest.raises(IllegalStep, match="is approved and waits no more"):
        cleo.ask("approval.approve", approval=id)


def test_it_is_refused_or_withdrawn(office: Office, ada: Person, bea: Person) -> None:
    """By the other, or by whoever asked, without a second factor: nothing is given by it."""
    refused, withdrawn = asked(ada), asked(ada)
    assert bea.ask("approval.refuse", approval=refused)["state"] == "refused"
    with pytest.raises(NotFound, match="that you asked for"):
        bea.ask("approval.withdraw", approval=withdrawn)
    assert ada.ask("approval.withdraw", approval=withdrawn)["state"] == "withdrawn"
    for id, state in ((refused, "refused"), (withdrawn, "withdrawn")):
        with pytest.raises(IllegalStep, match=f"is {state} and waits no more"):
            bea.ask("approval.approve", approval=id)
    assert not switched(office)


def test_it_waits_for_a_day(office: Office, ada: Person, bea: Person) -> None:
    id = asked(ada)
    confirmed = bea.answer(bea.wanted("approval.approve", approval=id))
    office.later(hours=24)
    assert bea.ask("approval.show", approval=id)["state"] == "expired"
    with pytest.raises(IllegalStep, match="is expired"):
        bea.ask_with(confirmed, "approval.approve", approval=id)
    with pytest.raises(IllegalStep, match="is expired"):
        ada.ask("approval.break-glass", approval=id, reason=REASON)


def test_the_glass_is_broken_loudly(office: Office, ada: Person, bea: Person) -> None:
    """One operator, a second factor for just this, a reason; a deed of its own in the journal, and everybody of the
    house is told."""
    id = asked(ada)
    for reason in ("", "now", "x" * 501, "because\nof this and that"):
        with pytest.raises(MalformedValue, match="10 to 500 visible characters"):
            ada.ask("approval.break-glass", approval=id, reason=reason)
    missing = ada.wanted("approval.break-glass", approval=id, reason=REASON)
    assert missing.wanted is not None
    assert missing.wanted.says[0] == "without a second person, and every operator is told:"
    confirmed = ada.answer(missing)
    with pytest.raises(Refused, match="another change"):
        ada.ask_with(confirmed, "approval.break-glass", approval=id, reason="a reason that was not confirmed")
    assert not switched(office)
    assert ada.ask_with(confirmed, "approval.break-glass", approval=id, reason=REASON)["hmac_withdraw"] is True
    glass, change = office.last_leaves(2)
    assert (glass.deed, glass.actor, glass.facts) == (
        "house.break_glass",
        ada.actor,
        {"asked_by": ada.actor, "reason": REASON},
    )
    assert (change.deed, change.facts) == ("house.edit", {"approval": id, "approved_by": ""})
    told = office.look(lambda shelf: shelf.people.notices(office.clock.ns // 1_000_000, 100))
    assert {each.user for each in told if each.change.deed == "house.break_glass"} == {ada.id, bea.id}


def test_the_glass_is_not_for_security(office: Office, bea: Person) -> None:
    id = asked(bea)
    with pytest.raises(Refused, match="operator may"):
        bea.ask("approval.break-glass", approval=id, reason=REASON)


def test_the_operator_on_the_machine_needs_nobody(office: Office, ada: Person) -> None:
    """Promise 5: it is the root, and journalled as such; and it can be the second person."""
    office.ask("house.edit", rules={"longest_life_days": 90})
    assert office.last_leaf().strength == "local"
    id = asked(ada)
    office.ask("approval.approve", approval=id)
    decided, change = office.last_leaves(2)
    assert (decided.deed, decided.actor, decided.strength) == ("approval.approve", "operator:0", "local")
    assert change.facts["approved_by"] == "operator:0"
    assert switched(office)


def test_a_decision_and_its_change_are_one(office: Office, ada: Person, bea: Person) -> None:
    """With a full disk neither happens, and both can be had later."""
    id = asked(ada)
    confirmed = bea.answer(bea.wanted("approval.approve", approval=id))
    leaves = office.leaves()
    office.disk.full = True
    with pytest.raises(BittingError, match="disk is full"):
        bea.ask_with(confirmed, "approval.approve", approval=id)
    office.disk.full = False
    assert office.leaves() == leaves
    bea.ask_with(confirmed, "approval.approve", approval=id)
    assert office.leaves() == leaves + 2


def test_so_many_wait_at_once(office: Office, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """One who asks and asks is stopped; what is decided, or over, makes room."""
    monkeypatch.setattr(approvals, "MOST_WAITING", 2)
    id = asked(ada)
    asked(ada)
    with pytest.raises(Refused, match="2 changes wait for approval already"):
        ada.sure("house.edit", **SWITCH)
    ada.ask("approval.withdraw", approval=id)
    asked(ada)
    office.later(hours=25)
    asked(ada)


def test_the_list_comes_in_pages(office: Office, ada: Person) -> None:
    """The newest first."""
    ids = [asked(ada) for _ in range(3)]
    said = ada.ask("approval.list", most=2)
    assert [each["approval"] for each in said["approvals"]] == ids[:0:-1]
    assert [each["approval"] for each in ada.ask("approval.list", before=said["next"])["approvals"]] == ids[:1]


@pytest.mark.parametrize("tampering", ["values", "put back", "deleted"])
def test_an_approval_cannot_be_forged_in_the_store(office: Office, ada: Person, bea: Person, tampering: str) -> None:
    """K-05, K-07: other values under the same name, or a refused one as it was when it waited."""
    id = asked(ada)
    with office.disk.writing() as tables:
        row = tables.papers.paper("approval", id)
        assert row is not None
        if tampering == "values":
            tables.papers.put_paper(row._replace(paper=row.paper.replace("hmac_withdraw", "network_required")), 1)
        if tampering == "deleted":
            tables.papers.forget_papers("approval", 2**62)
    if tampering == "put back":
        bea.ask("approval.refuse", approval=id)
        with office.disk.writing() as tables:
            tables.papers.put_paper(row, 2)
    with pytest.raises(Tampered):
        bea.ask("approval.approve", approval=id)
    assert any(id in each for each in office.ask("rows.check")["wrong"])
    assert not switched(office)
