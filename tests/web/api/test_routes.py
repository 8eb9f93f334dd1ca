"""The table of routes: what it leads to is there, what it leaves out is left out on purpose, and shapes are whole."""

from __future__ import annotations

import re

import pytest

from bitting.desk.intents import INTENTS
from bitting.desk.rights import MACHINE, RIGHTS
from bitting.desk.sign_in import OWN, PUBLIC
from bitting.domain.house_policy import HousePolicy
from bitting.web.api.route import Access, Route
from bitting.web.api.routes import ROUTES
from bitting.web.api.shapes.house import House, RulesGiven

# What a person may ask for and the API has no resource for: about the machine, or of programs.
ELSEWHERE = {
    "actions.check",
    "actions.load",
    "actions.show",
    "activity.observed",
    "activity.strangers",
    "activity.unmapped",
    "journal.check",
    "journal.prove",
    "journal.prune",
    "key.explain",
    "root.show",
    "rows.check",
    "shards.show",
    "status",
}


@pytest.mark.parametrize("route", ROUTES, ids=lambda each: each.intent)
def test_every_route_leads_to_an_intent(route: Route) -> None:
    """Of the table that belongs to who may call it."""
    there = set(PUBLIC) if route.access is Access.PUBLIC else {*INTENTS, *OWN}
    assert route.intent in there
    assert not route.again or route.again in INTENTS
    assert route.body is None or route.method in ("POST", "PATCH")


def test_no_two_routes_are_one() -> None:
    """Neither by method and path, nor by intent, which is the operation's id."""
    places = [(each.method, re.sub(r"\{.*?\}", "{}", each.path)) for each in ROUTES]
    assert len(set(places)) == len(places)
    intents = [each.intent for each in ROUTES]
    assert len(set(intents)) == len(intents)


def test_everything_a_person_can_do_is_here() -> None:
    """Whatever the table of rights opens to people has a route, or stands above with its reason."""
    open_to_people = {name for name, need in RIGHTS.items() if need != MACHINE} | set(OWN) | set(PUBLIC)
    assert open_to_people - {each.intent for each in ROUTES} == ELSEWHERE


def test_the_rules_of_the_house_are_whole() -> None:
    """A new rule has its place in the shapes."""
    rules = set(HousePolicy().to_plain())
    assert set(House.model_fields) == rules | {"version"}
    assert set(RulesGiven.model_fields) == rules - {"frozen"}
