"""Sessions: how long they are, and what ends them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bitting.domain.errors import NotFound, NotSignedIn
from bitting.domain.secret import Secret
from bitting.identity import factors, session
from bitting.identity.ports import Purpose
from bitting.identity.session import IDLE_MS, LONGEST_MS, MOST_SESSIONS
from bitting.lifecycle import people
from tests.identity.hall import CAFE, HOME, PASSWORD, Hall, from_address

OTHER = "seven horses of mine"


def test_a_token_is_shown_once_and_kept_as_its_hash(hall: Hall) -> None:
    hall.ada()
    opened = hall.sign_in()
    assert opened.token is not None
    assert len(opened.token.reveal()) == 43  # 256 bits
    assert hall.signed_in(opened).token is None


def test_nobodys_token_is_no_session(hall: Hall) -> None:
    with pytest.raises(NotSignedIn):
        hall.run(session.signed_in(hall.identity, Secret(b"A" * 43)))


def test_a_session_ends_when_it_is_not_used(hall: Hall) -> None:
    hall.ada()
    idle, used = hall.sign_in(), hall.sign_in()
    hall.later(IDLE_MS - 90_000)
    assert hall.is_signed_in(used)
    hall.later(90_000)
    assert not hall.is_signed_in(idle)
    assert hall.is_signed_in(used)


def test_a_session_ends_however_much_it_is_used(hall: Hall) -> None:
    hall.ada()
    opened = hall.sign_in()
    steps = LONGEST_MS // (IDLE_MS // 2)
    for _ in range(steps - 1):
        hall.later(IDLE_MS // 2)
        assert hall.is_signed_in(opened)
    hall.later(IDLE_MS // 2)
    assert not hall.is_signed_in(opened)


def test_a_clock_that_is_set_back_opens_nothing(hall: Hall) -> None:
    hall.ada()
    opened = hall.sign_in()
    hall.later(-3_600_000)
    assert not hall.is_signed_in(opened)


def test_it_is_written_down_once_a_minute_that_a_session_is_used(hall: Hall) -> None:
    ada = hall.ada()
    opened = hall.sign_in()
    hall.later(59_000)
    hall.signed_in(opened)
    assert seen(hall, ada.id) == [opened.session.seen_at_ms]
    hall.later(1_000)
    hall.signed_in(opened)
    assert seen(hall, ada.id) == [opened.session.seen_at_ms + 60_000]


def seen(hall: Hall, user_id: str) -> list[int]:
    return [each.seen_at_ms for each in hall.run(session.sessions(hall.identity, user_id))]


def _new_password(hall: Hall) -> object:
    me = hall.sign_in()
    return hall.run(factors.change_password(hall.identity, me, PASSWORD, OTHER, hall.proof(), HOME, "r"))


def _new_app(hall: Hall) -> object:
    me = hall.sign_in()
    proof = hall.proof()
    answer = hall.app_answer(me.user.id)
    return hall.run(factors.add_factor(hall.identity, me, answer, proof, HOME, "r"))


def _new_codes(hall: Hall) -> object:
    return hall.run(factors.new_recovery_codes(hall.identity, hall.sign_in(), hall.proof(), HOME, "r"))


def _no_codes(hall: Hall) -> object:
    me = hall.sign_in()
    codes = next(each.id for each in me.user.authenticators if each.factor.value == "recovery")
    return hall.run(factors.remove_factor(hall.identity, me, codes, hall.proof(), HOME, "r"))


def _reset(hall: Hall) -> object:
    link = hall.link(hall.user(hall.sign_in().user.id), Purpose.RESET)
    return hall.run(factors.reset_password(hall.identity, link, OTHER, hall.proof(), HOME, "r"))


def _everywhere(hall: Hall) -> object:
    return hall.run(session.sign_out_everywhere(hall.identity, hall.sign_in().user.id, "r"))


def _disabled(hall: Hall) -> object:
    user_id = hall.sign_in().user.id
    hall.trial.do(lambda act: people.disable(act, user_id))
    return hall.trial.do(lambda act: people.enable(act, user_id))


def _stripped(hall: Hall) -> object:
    user_id = hall.sign_in().user.id
    return hall.trial.do(lambda act: people.strip(act, user_id))


def _signed_out(hall: Hall) -> object:
    user_id = hall.sign_in().user.id
    return hall.trial.do(lambda act: people.sign_out(act, user_id))


ENDS: dict[str, Callable[[Hall], object]] = {
    "another password": _new_password,
    "another app": _new_app,
    "other codes": _new_codes,
    "codes removed": _no_codes,
    "a reset": _reset,
    "signed out everywhere": _everywhere,
    "disabled and enabled again": _disabled,
    "stripped by an operator": _stripped,
    "signed out by an operator": _signed_out,
}


@pytest.mark.parametrize("ending", ENDS)
def test_m04_what_ends_every_session_there_was(hall: Hall, ending: str) -> None:
    """M-04: on other devices, too; and none of them is there to be looked at."""
    ada = hall.ada()
    before = [hall.sign_in(), hall.sign_in(CAFE)]
    after = ENDS[ending](hall)
    assert not any(map(hall.is_signed_in, before))
    left = {each.id for each in hall.run(session.sessions(hall.identity, ada.id))}
    assert left == ({after.session.id} if isinstance(after, session.SignedIn) else left)
    assert not left & {each.session.id for each in before}


def test_m04_whoever_changed_it_goes_on_with_a_new_token(hall: Hall) -> None:
    """M-04: the session that was used is over as well; its person is handed another."""
    hall.ada()
    after = _new_password(hall)
    assert isinstance(after, session.SignedIn)
    assert hall.is_signed_in(after)


def test_m04_a_row_that_is_put_back_is_no_session(hall: Hall) -> None:
    """M-04: what ended is of an epoch that is over, so there is nothing that could be forgotten or put back."""
    ada = hall.ada()
    opened = hall.sign_in()
    row = hall.trial.store.change(hall.trial.now_ns, lambda work: work._tables.people.session_rows(ada.id))[0][0]
    hall.run(session.sign_out_everywhere(hall.identity, ada.id, "r"))
    hall.trial.store.change(hall.trial.now_ns, lambda work: work._tables.people.drop_session(row.session_id))
    hall.trial.store.change(hall.trial.now_ns, lambda work: work._tables.people.put_session_row(row))
    assert not hall.is_signed_in(opened)


def test_one_device_can_be_signed_out(hall: Hall) -> None:
    ada = hall.ada()
    phone, laptop = hall.sign_in(CAFE), hall.sign_in()
    consent = hall.identity.consent(ada.id, "r")
    hall.run(session.end_session(hall.identity, ada.id, phone.session.id, consent))
    assert not hall.is_signed_in(phone)
    assert hall.is_signed_in(laptop)
    assert hall.deeds()[-1] == "user.end_session"
    with pytest.raises(NotFound):
        hall.run(session.end_session(hall.identity, ada.id, phone.session.id, consent))


def test_nobody_signs_somebody_elses_device_out(hall: Hall) -> None:
    hall.ada()
    mine = hall.sign_in()
    bob, _ = hall.with_passkey()
    with pytest.raises(NotFound):
        hall.run(session.end_session(hall.identity, bob.id, mine.session.id, hall.identity.consent(bob.id, "r")))
    assert hall.is_signed_in(mine)


def test_the_list_of_devices_says_where_they_are(hall: Hall) -> None:
    ada = hall.ada()
    hall.sign_in(CAFE)
    hall.sign_in(HOME)
    found = hall.run(session.sessions(hall.identity, ada.id))
    assert [each.place for each in found] == [CAFE, HOME]
    assert hall.run(session.place_of(hall.identity, ada.id, found[0].id)) == CAFE
    with pytest.raises(NotSignedIn):
        hall.run(session.place_of(hall.identity, ada.id, "another"))


def test_with_one_device_too_many_the_oldest_is_signed_out(hall: Hall) -> None:
    bob, device = hall.with_passkey()
    devices = []
    for number in range(MOST_SESSIONS + 1):
        hall.later(1)
        devices.append(hall.by_passkey(device, from_address(number)))
    assert [hall.is_signed_in(each) for each in devices] == [False] + [True] * MOST_SESSIONS
    assert len(hall.run(session.sessions(hall.identity, bob.id))) == MOST_SESSIONS


def test_another_role_does_not_end_a_session_and_counts_from_the_next_call_on(hall: Hall) -> None:
    """ASVS 8.3.2: what a person may do is read anew at every call."""
    ada = hall.ada()
    opened = hall.sign_in()
    account = hall.owner(ada)
    assert account.id in hall.signed_in(opened).user.accounts


def test_what_is_over_is_tidied_away(hall: Hall) -> None:
    ada = hall.ada()
    hall.sign_in()
    hall.begin()
    hall.later(LONGEST_MS)
    hall.trial.store.change(hall.trial.now_ns, lambda work: work.people.tidy(hall.now_ms))
    rows = hall.trial.store.change(hall.trial.now_ns, lambda work: work._tables.people.session_rows(ada.id))[0]
    assert rows == []
