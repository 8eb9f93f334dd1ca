"""The life of a credential is a table, and its canonical form covers all of it."""

import hashlib
from dataclasses import fields, replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.canonical import encode
from bitting.domain.credentials import STEPS, Algorithm, Credential, NonceMode, State, Step
from bitting.domain.errors import IllegalStep
from tests.domain.examples import NOW_MS, credential

LIFE = {
    (State.PRIMARY, Step.REPLACE): State.RETIRING,
    (State.PRIMARY, Step.RETIRE): State.RETIRED,
    (State.RETIRING, Step.RESTORE): State.PRIMARY,
    (State.RETIRING, Step.RETIRE): State.RETIRED,
}


def test_the_table_is_the_one_of_the_design() -> None:
    """Every state has its row, also the last one, which leads nowhere."""
    assert set(STEPS) == set(State)
    assert {(state, step): to for state, row in STEPS.items() for step, to in row.items()} == LIFE


@pytest.mark.parametrize(("state", "step"), list(product(State, Step)))
def test_every_step_leads_where_the_table_says_or_nowhere(state: State, step: Step) -> None:
    """Whatever the state, whatever the step."""
    before = credential(state=state, retires_at_ms=NOW_MS + 5 if state is State.RETIRING else None)
    if (state, step) not in LIFE:
        with pytest.raises(IllegalStep, match=f"a {state.value} credential cannot {step.value}"):
            before.after(step)
        return
    after = before.after(step, retires_at_ms=NOW_MS + 9)
    assert after.state is LIFE[state, step]
    assert after.retires_at_ms == (NOW_MS + 9 if after.state is State.RETIRING else None)
    assert replace(after, state=before.state, retires_at_ms=before.retires_at_ms) == before


@given(steps=st.lists(st.sampled_from(Step), max_size=12))
def test_what_is_retired_stays_retired(steps: list[Step]) -> None:
    """No walk over the table comes back from the end."""
    walking, ended = credential(), False
    for step in steps:
        try:
            walking = walking.after(step, retires_at_ms=NOW_MS + 1)
        except IllegalStep:
            continue
        assert not ended
        ended = walking.state is State.RETIRED
    assert walking.live(NOW_MS) == (walking.state is not State.RETIRED)


@given(until=st.integers(0, 100), now=st.integers(0, 101))
def test_an_overlap_ends_exactly(until: int, now: int) -> None:
    """L-05: the millisecond before it works, at the end it does not."""
    assert credential(state=State.RETIRING, retires_at_ms=until).live(now) == (now < until)


@pytest.mark.parametrize("now_ms", [0, NOW_MS, 2**60])
def test_only_time_ends_a_primary_never(now_ms: int) -> None:
    """A primary works at any time, a retired one at none, and a retiring one without an end at none."""
    assert credential().live(now_ms)
    assert not credential(state=State.RETIRED).live(now_ms)
    assert not credential(state=State.RETIRED, retires_at_ms=now_ms + 1).live(now_ms)
    assert not credential(state=State.RETIRING, retires_at_ms=None).live(now_ms)


def test_only_the_holder_has_the_secret_of_a_key_pair() -> None:
    """The algorithms whose secret we hold too are the HMACs."""
    assert {each.value: each.shared for each in Algorithm} == {
        "hmac-sha256": True,
        "hmac-sha384": True,
        "hmac-sha512": True,
        "ed25519": False,
        "ecdsa-p256-sha256": False,
        "rsa-pkcs1-sha256": False,
    }


def test_what_is_legacy_is_said_once() -> None:
    """RSA: no client has it that has not a better one too."""
    assert [each for each in Algorithm if each.legacy] == [Algorithm.RSA_SHA256]


def test_every_field_stands_in_the_canonical_form() -> None:
    """K-01, K-05: a sealed box, a version, an end of overlap: nothing can be edited past the row's MAC."""
    others: dict[str, Any] = {
        "id": "credential-2",
        "algorithm": Algorithm.HMAC_SHA512,
        "state": State.RETIRED,
        "version": 2,
        "material": b"other",
        "created_at_ms": NOW_MS + 1,
        "retires_at_ms": NOW_MS,
        "nonce_mode": NonceMode.COUNTER,
    }
    assert set(others) == {each.name for each in fields(Credential)}
    forms = {encode(replace(credential(), **{name: other}).to_plain()) for name, other in others.items()}
    assert len(forms | {encode(credential().to_plain())}) == 1 + len(others)


def test_the_canonical_form_is_pinned() -> None:
    """The material is named by its SHA-256, and the order is for ever."""
    assert credential().to_plain() == [
        "credential-1",
        "hmac-sha256",
        "primary",
        1,
        hashlib.sha256(b"sealed").digest(),
        NOW_MS,
        None,
        "time",
    ]
