"""People: who may decide what about them, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitting.domain.errors import ConsentMissing, IllegalStep, MalformedValue, NotFound, Refused
from bitting.domain.grants import NO_LIMITS
from bitting.domain.permissions import WITHDRAWING
from bitting.domain.roles import AccountRole, HouseRole
from bitting.domain.user import Authenticator, Factor, User, UserState
from bitting.lifecycle import people
from bitting.lifecycle.accounts import hold_withdrawals
from bitting.lifecycle.edit import edit
from tests.lifecycle.requests import ED25519, issued, policy
from tests.lifecycle.work import NOW_MS, SESSION, House

DAY_MS = 86_400_000
PASSKEY = Authenticator("a-1", Factor.PASSKEY, "laptop", b"key", NOW_MS)


@pytest.fixture
def ada(house: House) -> User:
    return house.do(lambda act: people.add_user(act, "tenant-1", "Ada@Example.com", frozenset()))


def test_a_new_person_is_nothing_yet(house: House, ada: User) -> None:
    assert (ada.name, ada.house, ada.accounts, ada.authenticators) == ("ada@example.com", frozenset(), {}, ())
    assert not ada.ready
    assert house.rows.journal[-1].deed == "user.add"
    assert "ada" not in str(house.rows.journal[-1])


def test_a_name_is_given_once(house: House, ada: User) -> None:
    with pytest.raises(Refused, match=ada.id):
        house.do(lambda act: people.add_user(act, "tenant-1", "ADA@example.com", frozenset()))
    with pytest.raises(MalformedValue):
        house.do(lambda act: people.add_user(act, "tenant-1", "ada", frozenset()))


def test_a_session_alone_adds_nobody_and_makes_nobody_more(house: House, ada: User) -> None:
    operator = frozenset({HouseRole.OPERATOR})
    for deed in (
        lambda act: people.add_user(act, "tenant-1", "bob@example.com", frozenset()),
        lambda act: people.set_house_roles(act, ada.id, operator),
        lambda act: people.set_account_role(act, ada.id, house.account, AccountRole.VIEWER),
        lambda act: people.strip(act, ada.id),
    ):
        with pytest.raises(ConsentMissing):
            house.do(deed, SESSION)
    assert house.user(ada.id) == ada


@pytest.mark.parametrize(
    ("former", "role", "widens"),
    [
        (None, AccountRole.VIEWER, True),
        (AccountRole.VIEWER, AccountRole.MANAGER, True),
        (AccountRole.MANAGER, AccountRole.OWNER, True),
        (AccountRole.OWNER, AccountRole.MANAGER, False),
        (AccountRole.OWNER, AccountRole.VIEWER, False),
        (AccountRole.OWNER, AccountRole.OWNER, False),
        (AccountRole.VIEWER, None, False),
        (None, None, False),
    ],
)
def test_less_needs_a_session_and_more_a_second_factor(
    house: House, ada: User, former: AccountRole | None, role: AccountRole | None, widens: bool
) -> None:
    house.do(lambda act: people.set_account_role(act, ada.id, house.account, former))
    if widens:
        with pytest.raises(ConsentMissing):
            house.do(lambda act: people.set_account_role(act, ada.id, house.account, role), SESSION)
        return
    after = house.do(lambda act: people.set_account_role(act, ada.id, house.account, role), SESSION)
    assert after.accounts == ({} if role is None else {house.account: role})


def test_a_role_on_an_account_that_is_not_there_is_none(house: House, ada: User) -> None:
    with pytest.raises(NotFound):
        house.do(lambda act: people.set_account_role(act, ada.id, "account-9", AccountRole.OWNER))


def test_nobody_is_something_to_endless_accounts(house: House, ada: User) -> None:
    many = replace(ada, accounts={str(number): AccountRole.VIEWER for number in range(500)})
    house.rows.users[ada.id] = many
    with pytest.raises(MalformedValue, match="at most 500"):
        house.do(lambda act: people.set_account_role(act, ada.id, house.account, AccountRole.OWNER))


def test_fewer_roles_in_the_house_need_no_second_factor(house: House, ada: User) -> None:
    both = frozenset({HouseRole.OPERATOR, HouseRole.AUDITOR})
    house.do(lambda act: people.set_house_roles(act, ada.id, both))
    after = house.do(lambda act: people.set_house_roles(act, ada.id, frozenset({HouseRole.AUDITOR})), SESSION)
    assert after.house == {HouseRole.AUDITOR}


def test_a_person_is_stopped_by_a_session_and_let_in_again_by_more(house: House, ada: User) -> None:
    stopped = house.do(lambda act: people.disable(act, ada.id), SESSION)
    assert (stopped.state, stopped.epoch) == (UserState.DISABLED, ada.epoch + 1)
    with pytest.raises(IllegalStep):
        house.do(lambda act: people.disable(act, ada.id), SESSION)
    with pytest.raises(ConsentMissing):
        house.do(lambda act: people.enable(act, ada.id), SESSION)
    assert house.do(lambda act: people.enable(act, ada.id)).state is UserState.ACTIVE


def test_signing_out_is_another_epoch(house: House, ada: User) -> None:
    assert house.do(lambda act: people.sign_out(act, ada.id), SESSION).epoch == ada.epoch + 1


def test_setting_up_is_for_who_has_nothing_and_has_to_be_enough(house: House, ada: User) -> None:
    with pytest.raises(IllegalStep, match="choose what is missing"):
        house.do(lambda act: people.set_up(act, ada, replace(PASSKEY, factor=Factor.TOTP)))
    after = house.do(lambda act: people.set_up(act, ada, PASSKEY))
    with pytest.raises(IllegalStep, match="set up already"):
        house.do(lambda act: people.set_up(act, after, PASSKEY))


def test_what_changes_nothing_for_a_thief_lets_sessions_be(house: House, ada: User) -> None:
    before = house.do(lambda act: people.set_up(act, ada, PASSKEY))
    fresh = replace(PASSKEY, material=b"again")
    after = house.do(lambda act: people.replace_material(act, "user.rehash", before, fresh, {}))
    assert (after.authenticators, after.epoch) == ((fresh,), before.epoch)


def test_withdrawals_wait_as_long_as_the_house_says_and_never_less(house: House) -> None:
    house.do(lambda act: hold_withdrawals(act, house.account, "user.strip"))
    first = house.rows.accounts[house.account]
    assert first.withdrawals_from_ms == NOW_MS + DAY_MS
    assert dict(house.rows.journal[-1].facts) == {"withdrawals_from_ms": NOW_MS + DAY_MS, "after": "user.strip"}
    rules, version = house.rows.rules
    house.rows.rules = (replace(rules, withdrawal_wait_hours=1), version)
    house.do(lambda act: hold_withdrawals(act, house.account, "user.strip"))
    assert house.rows.accounts[house.account] == first
    house.rows.rules = (replace(rules, withdrawal_wait_hours=0), version)
    house.now_ms += 2 * DAY_MS
    house.do(lambda act: hold_withdrawals(act, house.account, "user.strip"))
    assert house.rows.accounts[house.account] == first


def test_a_grant_of_withdrawals_lets_them_wait_where_it_is_new(house: House) -> None:
    """At issue and at an edit; not where an edit leaves them as they were."""
    key = issued(house, proofs=ED25519).key
    assert house.rows.accounts[house.account].withdrawals_from_ms == 0
    granted = policy(grants={WITHDRAWING: NO_LIMITS})
    house.do(lambda act: edit(act, key.id, granted))
    assert house.rows.accounts[house.account].withdrawals_from_ms == NOW_MS + DAY_MS
    house.now_ms += 1_000
    house.do(lambda act: edit(act, key.id, replace(granted, label="other")))
    assert house.rows.accounts[house.account].withdrawals_from_ms == NOW_MS + DAY_MS
    issued(house, granted, ED25519)
    assert house.rows.accounts[house.account].withdrawals_from_ms == NOW_MS + 1_000 + DAY_MS
