"""The floor of time goes forward and never back."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stores.trial import Trial


def test_a_new_store_has_no_floor(trial: Trial) -> None:
    """0 says that nothing was ever admitted here."""
    assert trial.store.floor() == 0
    trial.store.ping()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(floors=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=5))
def test_the_floor_never_falls(trial: Trial, floors: list[int]) -> None:
    """Whatever is committed, the floor is the highest that ever was."""
    highest = trial.store.floor()
    for floor in floors:
        trial.store.commit_floor(floor)
        highest = max(highest, floor)
        assert trial.store.floor() == highest
