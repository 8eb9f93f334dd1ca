"""The house's own rules, its tables of actions, and its emergency stop: above its holders."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bitting.domain.action_table import ActionTable
from bitting.domain.consent import Consent, Second, Strength, change_digest
from bitting.domain.errors import ApprovalMissing, Conflict, ConsentMissing, IllegalStep, Refused
from bitting.domain.holds import Authority
from bitting.domain.house_policy import HousePolicy
from bitting.lifecycle.act import Act
from bitting.lifecycle.house import edit_house, freeze_house, set_actions, thaw_house
from tests.lifecycle.work import SESSION, House, step_up

OFFICER = Consent("user:bo", Strength.SESSION, Authority.OPERATOR, "request-5")
LOOSE = HousePolicy(hmac_withdraw=True, keys_per_account=7)
ROW = {"method": "GET", "path": "/own/time", "name": "time", "public": True}
TIME = ActionTable.from_plain({"action": [ROW]})
OTHER = ActionTable.from_plain({"action": [{**ROW, "name": "clock"}, {**ROW, "path": "/own/clock"}]})


def approved(consent: Consent) -> Consent:
    """By a second person."""
    return replace(consent, second=Second("approval-1", "user:cy"))


def test_rules_are_edited_with_a_second_factor_for_just_them(house: House) -> None:
    """Any edit: which of two rules is looser is not always clear."""
    with pytest.raises(ConsentMissing):
        house.do(lambda act: edit_house(act, LOOSE), OFFICER)
    consent = step_up(change_digest("house.edit", "house", 0, LOOSE.digest()), by=Authority.OPERATOR)
    with pytest.raises(ApprovalMissing, match="a second person"):
        house.do(loosen, consent)
    consent = approved(consent)
    with pytest.raises(ConsentMissing, match="another change"):
        house.do(lambda act: edit_house(act, HousePolicy(hmac_withdraw=True)), consent)
    assert house.do(lambda act: edit_house(act, LOOSE), consent) == LOOSE
    assert house.rows.rules == (LOOSE, 1)
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.kind, leaf.id, leaf.account, leaf.version) == ("house.edit", "house", "house", "", 1)
    assert (leaf.before, leaf.digest) == (HousePolicy().digest(), LOOSE.digest())


def test_the_emergency_stop_is_one_click_away(house: House) -> None:
    """Freezing needs no second factor, thawing does; both are journalled with the rules' digests."""
    frozen = house.do(freeze_house, OFFICER)
    assert frozen == HousePolicy(frozen=True)
    with pytest.raises(ConsentMissing):
        house.do(thaw_house, OFFICER)
    consent = step_up(change_digest("house.thaw", "house", 1, HousePolicy().digest()), by=Authority.OPERATOR)
    with pytest.raises(ApprovalMissing, match="a second person"):
        house.do(thaw_house, consent)
    consent = approved(consent)
    assert house.do(thaw_house, consent) == HousePolicy()
    assert [each.deed for each in house.rows.journal[-2:]] == ["house.freeze", "house.thaw"]
    assert house.rows.rules == (HousePolicy(), 2)


def test_an_edit_neither_freezes_nor_thaws(house: House) -> None:
    """That has steps of its own, so that nobody thaws the house by saving a form."""
    house.do(lambda act: edit_house(act, HousePolicy(frozen=True)))
    assert house.rows.rules[0].frozen is False
    house.do(freeze_house)
    house.do(lambda act: edit_house(act, LOOSE))
    assert house.rows.rules[0].frozen is True


def test_frozen_twice_and_thawed_twice_are_errors(house: House) -> None:
    """Whoever hears of success was the one who did it."""
    with pytest.raises(IllegalStep, match="not frozen"):
        house.do(thaw_house)
    house.do(freeze_house)
    with pytest.raises(IllegalStep, match="frozen already"):
        house.do(freeze_house)


def loosen(act: Act) -> HousePolicy:
    return edit_house(act, LOOSE)


def map_time(act: Act) -> int:
    return set_actions(act, "native", TIME)


HOUSE_DEEDS: list[Callable[[Act], object]] = [loosen, freeze_house, thaw_house, map_time]


@pytest.mark.parametrize("deed", HOUSE_DEEDS)
@pytest.mark.parametrize("strength", Strength)
def test_no_holder_touches_the_houses_rules(house: House, deed: Callable[[Act], object], strength: Strength) -> None:
    """The attack: a holder's session stops every key there is, or a holder confirms looser rules for all."""
    holder = Consent("user:ada", strength, Authority.HOLDER, "request-1")
    for consent in (holder, SESSION):
        with pytest.raises(Refused, match="its operator's to change"):
            house.do(deed, consent)
    assert house.rows.rules == (HousePolicy(), 0)
    assert house.rows.actions == {}


def test_a_table_of_actions_is_set_with_a_second_factor_for_just_it(house: House) -> None:
    """The attack: whoever has an operator's session for a minute maps a withdrawal as something smaller."""
    with pytest.raises(ConsentMissing):
        house.do(map_time, OFFICER)
    consent = step_up(change_digest("actions.set", "native", 0, TIME.digest()), by=Authority.OPERATOR)
    with pytest.raises(ApprovalMissing, match="a second person"):
        house.do(map_time, consent)
    consent = approved(consent)
    with pytest.raises(ConsentMissing, match="another change"):
        house.do(lambda act: set_actions(act, "native", OTHER), consent)
    with pytest.raises(ConsentMissing, match="another change"):
        house.do(lambda act: set_actions(act, "binance", TIME), consent)
    assert house.do(map_time, consent) == 1
    assert house.rows.actions == {"native": (TIME, 1)}


def test_a_table_of_actions_is_journalled(house: House) -> None:
    """Before and after by their digests, and how many rows came, went and changed."""
    assert house.do(map_time) == 1
    assert house.do(lambda act: set_actions(act, "native", OTHER)) == 2
    leaf = house.rows.journal[-1]
    assert (leaf.deed, leaf.kind, leaf.id, leaf.account, leaf.version) == ("actions.set", "actions", "native", "", 2)
    assert (leaf.before, leaf.digest) == (TIME.digest(), OTHER.digest())
    assert leaf.facts == {"rows": 2, "added": 1, "removed": 0, "changed": 1}


def test_a_table_that_is_there_already_is_left_there(house: House) -> None:
    """A file that is loaded by every deployment leaves no trace where it says nothing new."""
    house.do(map_time)
    size = len(house.rows.journal)
    assert house.do(lambda act: set_actions(act, "native", TIME, expected=1)) == 1
    assert len(house.rows.journal) == size


def test_a_table_is_changed_as_it_was_seen(house: House) -> None:
    house.do(map_time)
    with pytest.raises(Conflict, match="version 1, you saw 0"):
        house.do(lambda act: set_actions(act, "native", OTHER, expected=0))
    assert house.do(lambda act: set_actions(act, "native", OTHER, expected=1)) == 2
