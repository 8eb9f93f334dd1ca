"""A consent is for one change, once, for five minutes, by somebody known well enough (G7)."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.canonical import digest
from bitting.domain.consent import (
    CONSENT_LIFE_MS,
    Confirmation,
    Consent,
    Second,
    Step,
    Strength,
    Wanted,
    change_digest,
)
from bitting.domain.errors import ConsentMissing
from bitting.domain.holds import Authority
from tests.domain.examples import NOW_MS

CHANGE = change_digest("key.edit", "key-1", 3, b"p" * 32)
STEP_UP = Consent(
    "user:ada", Strength.STEP_UP, Authority.HOLDER, "request-1", "consent-1", CHANGE, NOW_MS + CONSENT_LIFE_MS
)


def known(strength: Strength) -> Consent:
    return replace(STEP_UP, strength=strength)


def test_a_step_up_allows_its_change_and_has_to_be_spent() -> None:
    """True says: mark it used, in the same transaction."""
    assert STEP_UP.require(CHANGE, widens=True, now_ms=NOW_MS) is True


@pytest.mark.parametrize("strength", [Strength.LOCAL, Strength.STEP_UP, Strength.SESSION])
def test_taking_power_away_needs_no_second_factor(strength: Strength) -> None:
    """And uses none up: a session is enough, whatever the digest."""
    assert known(strength).require(b"anything", widens=False, now_ms=NOW_MS) is False


def test_the_operator_on_the_machine_is_its_root() -> None:
    """Promise 5: no step-up there; the journal says so."""
    bare = Consent("operator:0", Strength.LOCAL, Authority.OPERATOR, "request-1")
    assert bare.require(CHANGE, widens=True, now_ms=NOW_MS) is False


def test_a_session_gives_no_power() -> None:
    """L-08: whoever has stolen one can only narrow, even with a valid consent of another strength in hand."""
    with pytest.raises(ConsentMissing, match="second factor"):
        known(Strength.SESSION).require(CHANGE, widens=True, now_ms=NOW_MS)


@pytest.mark.parametrize("widens", [True, False])
def test_a_signature_changes_nothing(widens: bool) -> None:
    """P-01, P-02: no API key edits, makes or holds a key, itself included, not even to narrow it."""
    with pytest.raises(ConsentMissing, match="read and revoke itself"):
        known(Strength.SIGNATURE).require(CHANGE, widens=widens, now_ms=NOW_MS)


@given(age=st.integers(-3 * CONSENT_LIFE_MS, 3 * CONSENT_LIFE_MS))
def test_a_step_up_lives_five_minutes_exactly(age: int) -> None:
    """Not a millisecond longer; one that would live longer still was not given just now."""
    made = replace(STEP_UP, expires_at_ms=NOW_MS + CONSENT_LIFE_MS)
    now_ms = NOW_MS + age
    if 0 <= age < 300_000:
        assert made.require(CHANGE, widens=True, now_ms=now_ms)
    else:
        with pytest.raises(ConsentMissing, match="expired"):
            made.require(CHANGE, widens=True, now_ms=now_ms)


def test_a_consent_without_an_end_is_none() -> None:
    """What was never confirmed has no time, and covers nothing."""
    never = Consent("user:ada", Strength.STEP_UP, Authority.HOLDER, "request-1")
    with pytest.raises(ConsentMissing):
        never.require(CHANGE, widens=True, now_ms=NOW_MS)


@pytest.mark.parametrize(
    "covers", [b"", CHANGE[:-1], CHANGE + b"\x00", change_digest("key.edit", "key-1", 3, b"q" * 32)]
)
def test_a_consent_for_another_change_is_none(covers: bytes) -> None:
    """G7: bound to the digest of exactly this one."""
    with pytest.raises(ConsentMissing, match="another change"):
        replace(STEP_UP, covers=covers).require(CHANGE, widens=True, now_ms=NOW_MS)


def test_a_change_is_named_by_all_that_power_hangs_on() -> None:
    """Another deed, object, version, policy or term is another change."""
    changes = [
        CHANGE,
        change_digest("key.rotate", "key-1", 3, b"p" * 32),
        change_digest("key.edit", "key-2", 3, b"p" * 32),
        change_digest("key.edit", "key-1", 4, b"p" * 32),
        change_digest("key.edit", "key-1", 3, b"q" * 32),
        change_digest("key.edit", "key-1", 3, b"p" * 32, ["leak"]),
        change_digest("key.edit", "key-1", 3, b"p" * 32, [None]),
    ]
    assert len(set(changes)) == len(changes)


def test_the_digest_of_a_change_is_pinned() -> None:
    """Whoever asks for consent, and whoever checks it, compute the same."""
    assert digest(["key.edit", "key-1", 3, b"p" * 32, []]) == CHANGE
    assert change_digest("key.lock", "k", 1, b"", ["leak"]) == digest(["key.lock", "k", 1, b"", ["leak"]])


WANTED = Wanted("key.edit", "key-1", 3, CHANGE, ("usable from anywhere; it was 203.0.113.7",))
CONFIRMATION = Confirmation("confirmation-1", "session-1", "user:ada", WANTED, NOW_MS)


def test_a_challenge_is_for_one_change_in_one_session() -> None:
    """Session, object, version, change, end, id: another one of these is another challenge."""
    others = [
        replace(CONFIRMATION, session="session-2"),
        replace(CONFIRMATION, wanted=WANTED._replace(object_id="key-2")),
        replace(CONFIRMATION, wanted=WANTED._replace(version=4)),
        replace(CONFIRMATION, wanted=WANTED._replace(digest=b"d" * 32)),
        replace(CONFIRMATION, expires_at_ms=NOW_MS + 1),
        replace(CONFIRMATION, id="confirmation-2"),
        replace(CONFIRMATION, session="session-1key", wanted=WANTED._replace(object_id="-1")),
    ]
    challenges = {CONFIRMATION.challenge, *(each.challenge for each in others)}
    assert len(challenges) == 1 + len(others)
    assert {len(each) for each in challenges} == {32}


def test_a_challenge_is_pinned() -> None:
    """SHA-256 over the parts, each behind its length."""
    parts = [b"bitting confirmation", b"session-1", b"key-1", b"3", CHANGE, b"%d" % NOW_MS, b"confirmation-1"]
    framed = b"".join(len(each).to_bytes(4, "big") + each for each in parts)
    assert hashlib.sha256(framed).digest() == CONFIRMATION.challenge


@pytest.mark.parametrize("step", Step)
def test_a_confirmation_reads_what_it_writes(step: Step) -> None:
    written = replace(CONFIRMATION, step=step, factor="totp", version=2)
    assert Confirmation.from_plain(written.id, written.expires_at_ms, 2, written.to_plain()) == written


def test_the_journal_hears_of_a_second_person() -> None:
    """And, where there was none, of nothing."""
    assert STEP_UP.facts == {}
    second = Second("approval-1", "user:bob")
    assert replace(STEP_UP, second=second).facts == {"approval": "approval-1", "approved_by": "user:bob"}
