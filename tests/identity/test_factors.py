"""Choosing and changing what proves a person."""

from __future__ import annotations

import pytest

from bitting.domain.errors import ConsentMissing, IllegalStep, MalformedValue, NotFound, NotSignedIn, Refused, TooMany
from bitting.domain.roles import AccountRole
from bitting.domain.secret import Secret
from bitting.domain.user import Factor
from bitting.identity import factors, totp
from bitting.identity.factors import RESET_MS, SET_UP_MS, Answer, link
from bitting.identity.identity import Site
from bitting.identity.ports import Purpose
from bitting.identity.proving import Proof
from bitting.lifecycle import people
from bitting.lifecycle.act import Act
from tests.identity.device import Device
from tests.identity.hall import CAFE, HOME, NAME, PASSWORD, Hall
from tests.identity.test_passkeys import by_device, make

OTHER = "seven horses of mine"


def test_a_new_person_chooses_a_password_and_an_app_and_is_shown_codes(hall: Hall) -> None:
    ada = hall.ada()
    assert [each.factor for each in ada.authenticators] == [Factor.PASSWORD, Factor.TOTP, Factor.RECOVERY]
    assert ada.ready
    assert len(hall.codes) == 10
    assert hall.is_signed_in(hall.sign_in())


def test_a_password_alone_is_not_enough_to_be_set_up(hall: Hall) -> None:
    """Nobody has a session, and so nobody a key, without a second factor."""
    user = hall.add()
    token = hall.link(user)
    answer = hall.app_answer(user.id)
    with pytest.raises(IllegalStep, match="a password and an app, or with a passkey"):
        hall.run(factors.set_up(hall.identity, token, None, answer, "r"))
    with pytest.raises(Refused):
        hall.run(factors.set_up(hall.identity, token, PASSWORD, answer._replace(code="000000"), "r"))
    assert not hall.user(user.id).ready
    hall.run(factors.set_up(hall.identity, token, PASSWORD, answer._replace(code=hall.code()), "r"))
    assert hall.user(user.id).ready


def test_a_passkey_can_have_a_password_beside_it(hall: Hall) -> None:
    user, device = hall.add(), Device()
    token = hall.link(user)
    hall.run(factors.set_up(hall.identity, token, PASSWORD, make(hall, user.id, device), "r"))
    assert hall.is_signed_in(hall.by_passkey(device))


def test_the_code_that_proved_a_new_app_is_used_up_by_it(hall: Hall) -> None:
    hall.ada()
    hall.later(-totp.STEP_MS)
    with pytest.raises(NotSignedIn):
        hall.finish(hall.begin(), hall.code())


@pytest.mark.parametrize("purpose", [Purpose.SET_UP, Purpose.RESET])
def test_m18_a_link_is_used_once_and_for_its_time(hall: Hall, purpose: Purpose) -> None:
    """M-18: used, too old, replaced by another, or for something else: one answer."""
    user = hall.ada() if purpose is Purpose.RESET else hall.add()
    other = Purpose.SET_UP if purpose is Purpose.RESET else Purpose.RESET
    first, token = hall.link(user, purpose), hall.link(user, purpose)
    for wrong, wanted in ((first, purpose), (token, other)):
        with pytest.raises(NotSignedIn, match="used, too old, or none of ours"):
            hall.run(factors.look(hall.identity, wrong, wanted))
    use(hall, token, purpose, user.id)
    with pytest.raises(NotSignedIn, match="used, too old, or none of ours"):
        use(hall, token, purpose, user.id)
    if purpose is Purpose.RESET:
        late = hall.link(user, purpose)
        hall.later(RESET_MS)
        with pytest.raises(NotSignedIn, match="used, too old, or none of ours"):
            use(hall, late, purpose, user.id)


def use(hall: Hall, token: object, purpose: Purpose, user_id: str) -> None:
    if purpose is Purpose.RESET:
        hall.run(factors.reset_password(hall.identity, token, OTHER, hall.proof(), HOME, "r"))  # type: ignore[arg-type]
    else:
        hall.run(factors.set_up(hall.identity, token, PASSWORD, hall.app_answer(user_id), "r"))  # type: ignore[arg-type]


def test_m18_a_link_for_somebody_new_is_good_for_a_day(hall: Hall) -> None:
    user = hall.add()
    token = hall.link(user)
    hall.later(SET_UP_MS - 1_000)
    hall.run(factors.look(hall.identity, token, Purpose.SET_UP))
    hall.later(1_000)
    with pytest.raises(NotSignedIn):
        hall.run(factors.look(hall.identity, token, Purpose.SET_UP))


def test_m18_a_reset_does_not_skip_the_second_factor(hall: Hall) -> None:
    """M-18: whoever reads somebody's mail has a link, and no app."""
    ada = hall.ada()
    token = hall.link(ada, Purpose.RESET)
    for proof in (Proof(), Proof("000000"), Proof(response={})):
        with pytest.raises(NotSignedIn):
            hall.run(factors.reset_password(hall.identity, token, OTHER, proof, HOME, "r"))
    hall.run(factors.reset_password(hall.identity, token, OTHER, hall.proof(), HOME, "r"))
    assert hall.is_signed_in(hall.sign_in(password=OTHER))
    with pytest.raises(NotSignedIn):
        hall.sign_in()


def test_m18_a_link_begins_with_our_own_address_and_hides_its_token(hall: Hall) -> None:
    """M-18: no host that a request names comes into it, and browsers send what is behind the # to nobody."""
    token = hall.link(hall.add())
    text = Site.from_text("https://keys.example.com").link("set-up", token)
    assert text == f"https://keys.example.com/set-up#{token.reveal().decode()}"


def test_a_reset_lets_strangers_try_again(hall: Hall) -> None:
    """A password that was stopped is another one now."""
    ada = hall.ada()
    for _ in range(101):
        hall.later(15 * 60_000)
        try:
            hall.begin(password="wrong password", place=CAFE)
        except TooMany:
            break
    token = hall.link(ada, Purpose.RESET)
    hall.run(factors.reset_password(hall.identity, token, OTHER, hall.proof(), CAFE, "r"))
    assert hall.is_signed_in(hall.sign_in(CAFE, OTHER))


def test_a_link_is_given_to_who_needs_that_one_and_may_have_it(hall: Hall) -> None:
    ada, new = hall.ada(), hall.add("new@example.com")
    for user, purpose in ((ada, Purpose.SET_UP), (new, Purpose.RESET)):
        with pytest.raises(IllegalStep):
            hall.link(user, purpose)
    consent = hall.identity.consent(ada.id, "r")
    with pytest.raises(ConsentMissing):
        hall.trial.store.change(
            hall.trial.now_ns,
            lambda work: link(Act(work, consent, hall.trial.now_ns, hall.trial.entropy), work, ada, Purpose.RESET),
        )


def test_a_link_of_somebody_who_is_disabled_is_none(hall: Hall) -> None:
    new = hall.add()
    token = hall.link(new)
    hall.trial.do(lambda act: people.disable(act, new.id))
    with pytest.raises(NotSignedIn):
        hall.run(factors.look(hall.identity, token, Purpose.SET_UP))


def test_a_password_is_changed_by_who_knows_it_and_has_the_factor(hall: Hall) -> None:
    hall.ada()
    me = hall.sign_in()

    def change(current: str, password: str, proof: Proof) -> object:
        return hall.run(factors.change_password(hall.identity, me, current, password, proof, HOME, "r"))

    with pytest.raises(NotSignedIn):
        change("wrong password", OTHER, hall.proof())
    with pytest.raises(NotSignedIn):
        change(PASSWORD, OTHER, Proof("000000"))
    with pytest.raises(MalformedValue):
        change(PASSWORD, "password", hall.proof())
    assert hall.is_signed_in(me)
    change(PASSWORD, OTHER, hall.proof())
    assert hall.is_signed_in(hall.sign_in(password=OTHER))


def test_guesses_at_the_present_password_are_counted(hall: Hall) -> None:
    """Or a stolen session would be a place to guess the password at."""
    hall.ada()
    me, proof = hall.sign_in(), hall.proof()
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            hall.run(factors.change_password(hall.identity, me, "wrong", OTHER, Proof("000000"), CAFE, "r"))
    with pytest.raises(TooMany):
        hall.run(factors.change_password(hall.identity, me, PASSWORD, OTHER, proof, CAFE, "r"))


def test_who_has_a_passkey_only_adds_a_password_with_it(hall: Hall) -> None:
    bob, device = hall.with_passkey()
    me, proof = hall.by_passkey(device), by_device(hall, bob.id, device)
    me = hall.run(factors.change_password(hall.identity, me, "", OTHER, proof, HOME, "r"))
    assert [each.factor for each in hall.user(bob.id).authenticators] == [Factor.PASSKEY, Factor.PASSWORD]


def test_another_app_takes_the_place_of_the_former(hall: Hall) -> None:
    ada = hall.ada()
    me, proof, former = hall.sign_in(), hall.proof(), hall.app
    answer = hall.app_answer(ada.id)
    hall.run(factors.add_factor(hall.identity, me, answer, proof, HOME, "r"))
    hall.later(totp.STEP_MS)
    with pytest.raises(NotSignedIn):
        hall.finish(hall.begin(), totp.code_at(former, hall.now_ms // totp.STEP_MS))
    assert hall.is_signed_in(hall.sign_in())
    assert len(hall.user(ada.id).having(Factor.TOTP)) == 1


def test_new_codes_make_the_former_void(hall: Hall) -> None:
    hall.ada()
    _, codes = hall.run(factors.new_recovery_codes(hall.identity, hall.sign_in(), hall.proof(), HOME, "r"))
    with pytest.raises(NotSignedIn):
        hall.finish(hall.begin(), hall.codes[0].reveal().decode())
    assert hall.is_signed_in(hall.finish(hall.begin(), codes[0].reveal().decode()))


def test_what_the_person_could_not_sign_in_without_stays(hall: Hall) -> None:
    ada = hall.ada()
    app = ada.having(Factor.TOTP)[0].id
    with pytest.raises(IllegalStep, match="could not sign in"):
        hall.run(factors.remove_factor(hall.identity, hall.sign_in(), app, hall.proof(), HOME, "r"))
    me, proof, device = hall.sign_in(), hall.proof(), Device()
    me = hall.run(factors.add_factor(hall.identity, me, make(hall, ada.id, device), proof, HOME, "r"))
    hall.run(factors.remove_factor(hall.identity, me, app, hall.proof(), HOME, "r"))
    assert hall.is_signed_in(hall.by_passkey(device))
    with pytest.raises(NotSignedIn):
        hall.sign_in()


def test_what_is_not_there_is_not_removed(hall: Hall) -> None:
    hall.ada()
    with pytest.raises(NotFound):
        hall.run(factors.remove_factor(hall.identity, hall.sign_in(), "another", hall.proof(), HOME, "r"))


@pytest.mark.parametrize("deed", ["password", "app", "codes", "strip", "set up"])
def test_withdrawals_of_their_accounts_wait_a_day_after_it(hall: Hall, deed: str) -> None:
    """Of those that the person answers for, and of no other; and not again where a longer wait stands already."""
    ada = hall.add(NAME) if deed == "set up" else hall.ada()
    mine, seen = hall.owner(ada), hall.owner(ada, AccountRole.VIEWER)
    if deed == "set up":
        hall.run(factors.set_up(hall.identity, hall.link(ada), PASSWORD, hall.app_answer(ada.id), "r"))
    elif deed == "password":
        me = hall.sign_in()
        hall.run(factors.change_password(hall.identity, me, PASSWORD, OTHER, hall.proof(), HOME, "r"))
    elif deed == "app":
        me, proof = hall.sign_in(), hall.proof()
        hall.run(factors.add_factor(hall.identity, me, hall.app_answer(ada.id), proof, HOME, "r"))
    elif deed == "codes":
        hall.run(factors.new_recovery_codes(hall.identity, hall.sign_in(), hall.proof(), HOME, "r"))
    else:
        hall.trial.do(lambda act: people.strip(act, ada.id))
    waiting = hall.trial.look(lambda shelf: shelf.find_account(mine.id))
    assert waiting.withdrawals_from_ms == hall.now_ms + 24 * 3_600_000
    assert waiting.wait_objection(hall.now_ms) is not None
    assert waiting.wait_objection(waiting.withdrawals_from_ms) is None
    assert hall.trial.look(lambda shelf: shelf.find_account(seen.id)).withdrawals_from_ms == 0


def test_signing_in_lets_nothing_wait(hall: Hall) -> None:
    account = hall.owner(hall.ada())
    hall.sign_in()
    hall.finish(hall.begin(), hall.codes[0].reveal().decode())
    assert hall.trial.look(lambda shelf: shelf.find_account(account.id)).withdrawals_from_ms == 0


def test_an_answer_that_was_shown_to_nobody_is_none(hall: Hall) -> None:
    hall.ada()
    with pytest.raises(NotSignedIn):
        hall.run(
            factors.add_factor(
                hall.identity, hall.sign_in(), Answer(Secret(b"never"), "000000"), hall.proof(), HOME, "r"
            )
        )
