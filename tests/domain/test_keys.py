"""A key works when nothing stands against it; each deed makes a new version of it; revoked is final."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.canonical import encode
from bitting.domain.credentials import State
from bitting.domain.errors import IllegalStep
from bitting.domain.holds import Hold
from bitting.domain.ids import Environment
from bitting.domain.keys import LONGEST_OVERLAP_S, Key
from bitting.domain.verdict import Reason
from tests.domain.examples import DAY_MS, NOW_MS, credential, key, policy

FRESH = credential(id="credential-2", version=2)
DEEDS: dict[str, Callable[[Key], Key]] = {
    "changed": lambda each: each.changed(policy(label="other")),
    "held": lambda each: each.held(frozenset({Hold.LEAK})),
    "rotated": lambda each: each.rotated(FRESH, None),
    "rolled back": lambda each: each.rolled_back(NOW_MS),
    "revoked": lambda each: each.revoked(NOW_MS),
}


def test_a_key_is_in_force_when_nothing_stands_against_it() -> None:
    """No hold, not expired, not revoked."""
    assert key().out_of_force(NOW_MS) is None
    assert key(policy=policy(expires_at_ms=None)).out_of_force(2**62) is None


@given(end=st.integers(0, 1_000), now=st.integers(0, 1_001))
def test_a_key_expires_at_its_millisecond(end: int, now: int) -> None:
    """L-09: the millisecond before it works, at the end it does not."""
    denied = key(policy=policy(expires_at_ms=end)).out_of_force(now)
    assert (denied is not None) == (now >= end)
    assert denied is None or denied.reason is Reason.EXPIRED


@given(holds=st.frozensets(st.sampled_from(Hold), min_size=1))
def test_any_hold_stops_it_and_the_owner_reads_which(holds: frozenset[Hold]) -> None:
    """Promise 8: the wire hears that it is held, never by what."""
    denied = key(holds=holds).out_of_force(NOW_MS)
    assert denied is not None
    assert (denied.reason, denied.shown) == (Reason.HELD, "")
    assert denied.detail == ", ".join(sorted(each.value for each in holds))


def test_revoked_outweighs_expired_outweighs_held() -> None:
    """The final reason is told first, so that nobody waits for a hold to be lifted in vain."""
    held = key(holds=frozenset(Hold))
    expired = replace(held, policy=policy(expires_at_ms=NOW_MS))
    revoked = replace(expired, revoked_at_ms=NOW_MS)
    reasons = [each.out_of_force(NOW_MS) for each in (held, expired, revoked)]
    assert [each and each.reason for each in reasons] == [Reason.HELD, Reason.EXPIRED, Reason.REVOKED]


@given(now=st.integers(-(2**62), 2**62))
def test_revoked_is_revoked_at_any_time(now: int) -> None:
    """Promise 3: a clock that goes back does not bring it back."""
    denied = key().revoked(NOW_MS).out_of_force(now)
    assert denied is not None
    assert denied.reason is Reason.REVOKED
    assert str(NOW_MS) in denied.detail


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_is_done_to_a_revoked_key(deed: str) -> None:
    """Final: it is neither edited, held, rotated, rolled back nor revoked again."""
    revoked = key(credentials=(FRESH, credential(state=State.RETIRING, retires_at_ms=NOW_MS + 1))).revoked(NOW_MS)
    with pytest.raises(IllegalStep, match="that is final"):
        DEEDS[deed](revoked)


@pytest.mark.parametrize("deed", [each for each in DEEDS if each != "rolled back"])
def test_every_deed_is_a_new_version_of_the_same_key(deed: str) -> None:
    """One version each; id, names and the time of making stay as they were."""
    after = DEEDS[deed](key(version=7))
    assert after.version == 8
    kept = ("id", "tenant", "account", "environment", "dialect", "wire_id", "imported", "created_at_ms")
    assert all(getattr(after, each) == getattr(key(), each) for each in kept)


def test_a_rotation_leaves_two_credentials_or_one() -> None:
    """L-05: the one before works to the end of the overlap, and without an overlap it is gone."""
    overlapping = key().rotated(FRESH, NOW_MS + 1_000)
    assert overlapping.primary == FRESH
    assert overlapping.retiring == credential(state=State.RETIRING, retires_at_ms=NOW_MS + 1_000)
    assert [each.live(NOW_MS + 999) for each in overlapping.credentials] == [True, True]
    assert [each.live(NOW_MS + 1_000) for each in overlapping.credentials] == [True, False]
    assert key().rotated(FRESH, None).credentials == (FRESH,)
    assert LONGEST_OVERLAP_S == 24 * 3600


def test_rotating_again_ends_the_oldest() -> None:
    """Two are the most that can be live."""
    third = credential(id="credential-3", version=3)
    twice = key().rotated(FRESH, NOW_MS + DAY_MS).rotated(third, NOW_MS + 1_000)
    assert [each.id for each in twice.credentials] == ["credential-3", "credential-2"]


def test_a_rotation_is_rolled_back_while_its_overlap_lasts() -> None:
    """The former credential is primary again and the new one is gone; a millisecond later there is no way back."""
    rotated = key().rotated(FRESH, NOW_MS + 1_000)
    back = rotated.rolled_back(NOW_MS + 999)
    assert back.credentials == (credential(),)
    assert back.retiring is None
    for none in (rotated, back, key()):
        with pytest.raises(IllegalStep, match="no rotation to roll back"):
            none.rolled_back(NOW_MS + 1_000)


def test_revoking_ends_both_credentials_of_an_overlap() -> None:
    """L-07: they stay in the row so that who proves one is told, and prove nothing else."""
    revoked = key().rotated(FRESH, NOW_MS + DAY_MS).revoked(NOW_MS)
    assert [each.state for each in revoked.credentials] == [State.RETIRED, State.RETIRED]
    assert not any(each.live(NOW_MS) for each in revoked.credentials)
    assert revoked.retiring is None
    with pytest.raises(IllegalStep, match="no credential any more"):
        _ = revoked.primary


def test_every_field_stands_in_the_row() -> None:
    """K-05, K-02: no column can be edited past the MAC, and no row passes for another's."""
    others: dict[str, Any] = {
        "id": "key-2",
        "tenant": "tenant-2",
        "account": "account-2",
        "environment": Environment.TEST,
        "dialect": "bitfinex",
        "wire_id": "bk_live_other",
        "imported": True,
        "policy": policy(expires_at_ms=None),
        "holds": frozenset({Hold.HOLDER}),
        "revoked_at_ms": NOW_MS,
        "credentials": (credential(state=State.RETIRED),),
        "created_at_ms": NOW_MS + 1,
        "version": 2,
    }
    assert set(others) == {each.name for each in fields(Key)}
    rows = {encode(replace(key(), **{name: other}).row()) for name, other in others.items()}
    assert len(rows | {encode(key().row())}) == 1 + len(others)


def test_the_row_is_pinned() -> None:
    """The MACs of stored rows are over this order for ever."""
    assert key(holds=frozenset({Hold.WATCH, Hold.HOLDER})).row() == [
        "key-1",
        "tenant-1",
        "account-1",
        "live",
        "binance",
        "bk_live_example",
        False,
        policy().digest(),
        ["holder", "watch"],
        None,
        [credential().to_plain()],
        NOW_MS,
        1,
    ]
