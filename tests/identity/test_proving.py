"""The second factor: once, whoever comes at the same moment; and how often somebody may be wrong."""

from __future__ import annotations

import pytest

from bitting.domain.errors import NotSignedIn, TooMany
from bitting.domain.secret import Secret
from bitting.identity import factors, proving, sign_in
from bitting.identity.patience import CODE, YEAR_MS
from bitting.identity.ports import Purpose
from bitting.identity.proving import Proof
from bitting.identity.session import SignedIn
from bitting.lifecycle import people
from tests.identity.device import b64
from tests.identity.hall import CAFE, HOME, NAME, Hall, from_address


def confirm(hall: Hall, user_id: str, proof: Proof, **more: object) -> str:
    return hall.run(proving.confirm(hall.identity, user_id, proof, HOME, "r", **more))  # type: ignore[arg-type]


def until_stopped(hall: Hall, token: Secret, code: str) -> int:
    """How many tries there are at once."""
    for tried in range(20):
        try:
            hall.finish(token, code, CAFE)
        except TooMany:
            return tried
        except NotSignedIn:
            pass
    return 20


def test_m06_a_code_opens_one_session(hall: Hall) -> None:
    """M-06: the same code again within its minute is no code."""
    hall.ada()
    code = hall.fresh_code()
    hall.finish(hall.begin(), code)
    with pytest.raises(NotSignedIn):
        hall.finish(hall.begin(), code)


def test_m06_a_code_that_comes_everywhere_at_once_is_taken_once(hall: Hall) -> None:
    """M-06: at three sign-ins and at three confirmations in the same moment, one of the six is let pass."""
    ada = hall.ada()
    tickets = [hall.begin() for _ in range(3)]
    code = hall.fresh_code()
    answers = hall.together(
        *(sign_in.finish(hall.identity, each, code, HOME, "r") for each in tickets),
        *(proving.confirm(hall.identity, ada.id, Proof(code), HOME, "r") for _ in range(3)),
    )
    assert [isinstance(each, NotSignedIn) for each in answers].count(False) == 1


def test_m19_a_code_on_paper_is_good_once_also_at_the_same_moment(hall: Hall) -> None:
    """M-19: reused, or used by five at once."""
    hall.ada()
    code = hall.codes[3].reveal().decode()
    tickets = [hall.begin() for _ in range(5)]
    answers = hall.together(*(sign_in.finish(hall.identity, each, code, HOME, "r") for each in tickets))
    assert sum(isinstance(each, SignedIn) for each in answers) == 1
    hall.later(60_000)
    with pytest.raises(NotSignedIn):
        hall.finish(hall.begin(), code)
    assert hall.deeds().count("user.recovery_code") == 1


def test_m19_codes_on_paper_are_counted_as_tries_like_any_other(hall: Hall) -> None:
    """M-19: brute force has the tries of the app, and no others of its own."""
    hall.ada()
    assert until_stopped(hall, hall.begin(place=CAFE), "abcd-efgh-ijkl-mnop") == 5


def test_m07_guesses_from_everywhere_are_thirty_a_year(hall: Hall) -> None:
    """M-07: who has the password guesses codes from other addresses, in other sessions, as slowly as is asked for; and
    that the person signs in at home between two guesses gives nothing back."""
    hall.ada()
    hall.sign_in(HOME)
    tried = 0
    for number in range(100):
        hall.later(15 * 60_000)  # the longest wait of all
        place = from_address(number)
        try:
            hall.finish(hall.begin(place=place), "000000", place)
        except NotSignedIn:
            tried += 1
        except TooMany:
            break
        if number % 7 == 0:
            hall.sign_in(HOME)
    assert tried == CODE.strangers == 30
    assert hall.is_signed_in(hall.sign_in(HOME))  # who is at home is not stopped by it
    assert hall.deeds().count("user.locked") == 1


def test_m07_a_guess_is_counted_though_its_caller_fails(hall: Hall) -> None:
    """M-07: the count is in a transaction of its own, and what the caller does next does not give it back."""
    ada = hall.ada()
    me = hall.sign_in()
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            hall.run(factors.remove_factor(hall.identity, me, "no-such-thing", Proof("000000"), CAFE, "r"))
    with pytest.raises(TooMany):
        confirm_from_cafe(hall, ada.id)


def confirm_from_cafe(hall: Hall, user_id: str) -> str:
    return hall.run(proving.confirm(hall.identity, user_id, Proof(hall.code()), CAFE, "r"))


def test_m07_the_count_survives_a_restart(hall: Hall) -> None:
    """M-07: it is on the disk before anything is compared."""
    ada = hall.ada()
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            hall.run(proving.confirm(hall.identity, ada.id, Proof("000000"), CAFE, "r"))
    hall.restart()
    with pytest.raises(TooMany):
        confirm_from_cafe(hall, ada.id)


def test_waits_grow_and_end(hall: Hall) -> None:
    ada = hall.ada()
    waits = []
    for _ in range(18):
        try:
            confirm(hall, ada.id, Proof("000000"))
        except TooMany as refused:
            waits.append(refused.retry_after_s)
            hall.later(refused.retry_after_s * 1_000)
        except NotSignedIn:
            pass
    assert waits == [1, 2, 4, 8, 16, 32, 64]
    hall.later(900_000)
    assert confirm(hall, ada.id, Proof(hall.fresh_code())) == "totp"


def test_what_strangers_did_to_the_app_is_forgotten_after_a_year(hall: Hall) -> None:
    ada = hall.ada()
    hall.sign_in(HOME)
    for _ in range(CODE.strangers):
        hall.later(15 * 60_000)
        with pytest.raises(NotSignedIn):
            hall.run(proving.confirm(hall.identity, ada.id, Proof("000000"), CAFE, "r"))
    hall.later(YEAR_MS - 30 * 15 * 60_000)
    with pytest.raises(TooMany, match="too many wrong tries: use a passkey"):
        hall.run(proving.confirm(hall.identity, ada.id, Proof("000000"), CAFE, "r"))
    hall.later(30 * 15 * 60_000)
    hall.sign_in(CAFE)


def test_m08_a_stranger_does_not_lock_the_person_out(hall: Hall) -> None:
    """M-08: a hundred wrong passwords stop the strangers; at home the password works, and a passkey everywhere."""
    hall.ada()
    hall.sign_in(HOME)
    for number in range(120):
        hall.later(15 * 60_000)
        try:
            hall.begin(password="wrong password", place=from_address(number))
        except TooMany:
            break
    assert number == 100
    with pytest.raises(TooMany, match="too many wrong tries: use a passkey"):
        hall.begin(place=from_address(2_000))
    assert hall.is_signed_in(hall.sign_in(HOME))
    assert hall.is_signed_in(hall.sign_in(CAFE)), "strangers' tries are forgiven by a success"


def test_m08_the_passkey_path_is_open_while_the_password_is_stopped(hall: Hall) -> None:
    """M-08: there is nothing to guess about a passkey, so no failure of anybody holds it up."""
    bob, device = hall.with_passkey(NAME)
    for number in range(101):
        hall.later(15 * 60_000)
        try:
            hall.begin(password="wrong password", place=from_address(number))
        except TooMany:
            break
    assert number == 100
    session = hall.by_passkey(device, from_address(9_999))
    assert hall.signed_in(session).user.id == bob.id


def test_m08_without_the_password_nobody_uses_up_the_tries_of_the_app(hall: Hall) -> None:
    """M-08: thirty tries a year are few, so they are spent only by who knows the password."""
    hall.ada()
    assert until_stopped(hall, hall.begin(password="wrong password", place=CAFE), "000000") == 5
    hall.later(1_000_000)
    assert hall.is_signed_in(hall.sign_in(from_address(1)))


def test_a_confirmation_wants_the_challenge_that_it_answers(hall: Hall) -> None:
    bob, device = hall.with_passkey()
    ada = hall.add("other@example.com")
    begun = hall.run(sign_in.challenge(hall.identity, Purpose.STEP_UP, bob.id))
    others = hall.run(sign_in.challenge(hall.identity, Purpose.STEP_UP, ada.id))
    with pytest.raises(NotSignedIn):
        confirm(hall, bob.id, Proof(response=device.get(others.options), challenge=others.token))
    with pytest.raises(NotSignedIn):
        confirm(hall, bob.id, Proof(response=device.get(begun.options)))
    answer = Proof(response=device.get(begun.options), challenge=begun.token)
    assert confirm(hall, bob.id, answer) == "passkey"
    with pytest.raises(NotSignedIn):
        confirm(hall, bob.id, answer)


def test_a_confirmation_can_bring_a_challenge_of_its_own(hall: Hall) -> None:
    """So that what a passkey signs is the very change."""
    bob, device = hall.with_passkey()
    challenge = b"digest of exactly this change ..."
    response = device.get({"challenge": b64(challenge)})
    assert confirm(hall, bob.id, Proof(response=response), challenge=challenge) == "passkey"
    with pytest.raises(NotSignedIn):
        confirm(hall, bob.id, Proof(response=device.get({"challenge": b64(b"another")})), challenge=challenge)


def test_nobody_who_is_disabled_confirms_anything(hall: Hall) -> None:
    ada = hall.ada()
    hall.trial.do(lambda act: people.disable(act, ada.id))
    with pytest.raises(NotSignedIn):
        confirm(hall, ada.id, Proof(hall.fresh_code()))
