"""Stopping a key takes a session, letting it work again takes consent, and each hold its own authority."""

from collections.abc import Callable

import pytest

from bitting.domain.consent import Consent, Strength, change_digest
from bitting.domain.errors import ConsentMissing, IllegalStep, NotFound
from bitting.domain.holds import Authority, Hold
from bitting.domain.keys import Key
from bitting.domain.verdict import Reason
from bitting.lifecycle.act import Act
from bitting.lifecycle.hold import lock, pause, resume, unlock
from bitting.lifecycle.revoke import revoke
from tests.lifecycle.work import NOW_MS, OPERATOR, SESSION, House, step_up

WATCH = Consent("bitting", Strength.LOCAL, Authority.HOUSE, "request-3")


def lifting(key: Key, deed: str, hold: Hold, by: Authority = Authority.HOLDER) -> Consent:
    covers = change_digest(deed, key.id, key.version, key.policy.digest(), [hold.value])
    return step_up(covers, by=by)


def test_a_holder_pauses_with_a_session_and_resumes_with_a_second_factor(house: House, key: Key) -> None:
    """Promise 5: resuming gives power."""
    paused = house.do(lambda act: pause(act, key.id), SESSION)
    denied = paused.out_of_force(NOW_MS)
    assert denied is not None
    assert denied.reason is Reason.HELD
    with pytest.raises(ConsentMissing, match="second factor"):
        house.do(lambda act: resume(act, key.id), SESSION)
    resumed = house.do(lambda act: resume(act, key.id), lifting(paused, "key.resume", Hold.HOLDER))
    assert resumed.out_of_force(NOW_MS) is None
    assert [each.deed for each in house.rows.journal[-2:]] == ["key.pause", "key.resume"]
    assert all(each.facts == {"hold": "holder"} for each in house.rows.journal[-2:])
    assert set(house.rows.spent) == {"consent-1"}


@pytest.mark.parametrize("hold", [Hold.OPERATOR, Hold.LEAK])
def test_a_holder_neither_sets_nor_lifts_the_houses_holds(house: House, key: Key, hold: Hold) -> None:
    """With whatever second factor."""
    with pytest.raises(IllegalStep, match="not set by the holder"):
        house.do(lambda act: lock(act, key.id, hold), SESSION)
    locked = house.do(lambda act: lock(act, key.id, hold))
    with pytest.raises(IllegalStep, match="not lifted by the holder"):
        house.do(lambda act: unlock(act, key.id, hold), lifting(locked, "key.unlock", hold))
    assert house.do(lambda act: unlock(act, key.id, hold)).holds == frozenset()


def test_the_watch_stops_a_key_and_its_holder_may_judge(house: House, key: Key) -> None:
    """Set by the software itself, lifted by the holder's second factor."""
    stopped = house.do(lambda act: lock(act, key.id, Hold.WATCH), WATCH)
    assert house.rows.journal[-1].actor == "bitting"
    with pytest.raises(ConsentMissing):
        house.do(lambda act: unlock(act, key.id, Hold.WATCH), SESSION)
    freed = house.do(lambda act: unlock(act, key.id, Hold.WATCH), lifting(stopped, "key.unlock", Hold.WATCH))
    assert freed.holds == frozenset()


def test_a_consent_to_lift_one_hold_lifts_no_other(house: House, key: Key) -> None:
    """The attack: the officer confirms to lift a lock, the page behind lifts the leak."""
    house.do(lambda act: lock(act, key.id, Hold.OPERATOR))
    held = house.do(lambda act: lock(act, key.id, Hold.LEAK))
    consent = lifting(held, "key.unlock", Hold.OPERATOR, Authority.OPERATOR)
    with pytest.raises(ConsentMissing, match="another change"):
        house.do(lambda act: unlock(act, key.id, Hold.LEAK), consent)
    assert house.do(lambda act: unlock(act, key.id, Hold.OPERATOR), consent).holds == {Hold.LEAK}


def test_holds_stand_beside_one_another(house: House, key: Key) -> None:
    """A key works only when none is left."""
    house.do(lambda act: pause(act, key.id), SESSION)
    house.do(lambda act: lock(act, key.id))
    assert house.do(lambda act: resume(act, key.id)).holds == {Hold.OPERATOR}
    assert house.key(key.id).out_of_force(NOW_MS) is not None
    assert house.do(lambda act: unlock(act, key.id)).out_of_force(NOW_MS) is None
    assert house.key(key.id).version == 5


STEPS: dict[str, Callable[[Act, str], Key]] = {"pause": pause, "resume": resume, "lock": lock, "unlock": unlock}


@pytest.mark.parametrize("step", STEPS)
def test_a_revoked_key_is_not_held_or_freed(house: House, key: Key, step: str) -> None:
    """Final, whatever held it."""
    if step in ("resume", "unlock"):
        house.do(lambda act: STEPS["pause" if step == "resume" else "lock"](act, key.id))
    house.do(lambda act: revoke(act, key.id))
    with pytest.raises(IllegalStep, match="final"):
        house.do(lambda act: STEPS[step](act, key.id), OPERATOR)


@pytest.mark.parametrize("step", STEPS)
def test_an_unknown_key_is_not_found(house: House, step: str) -> None:
    """P-16."""
    with pytest.raises(NotFound):
        house.do(lambda act: STEPS[step](act, "key-9"))


@pytest.mark.parametrize("step", ["resume", "unlock"])
def test_what_does_not_stand_is_not_lifted(house: House, key: Key, step: str) -> None:
    """And it makes no new version."""
    with pytest.raises(IllegalStep, match="no .* hold to lift"):  # noqa: RUF043
        house.do(lambda act: STEPS[step](act, key.id))
    assert house.key(key.id) == key
