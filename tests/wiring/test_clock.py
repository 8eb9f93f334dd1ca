"""A clock that was set is noticed, and nobody is let in until what was judged by the old time is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import Unavailable
from bitting.gate.times import AHEAD_NS, LONGEST_WINDOW_NS, SECOND_NS
from bitting.wiring.clock import MOST_STEP_NS, SteadyWatch

NOW = 1_800_000_000 * SECOND_NS


def looked(step_ns: int) -> SteadyWatch:
    """Two looks a quarter of a second apart, the wall clock set by `step_ns` between them."""
    watch = SteadyWatch()
    watch.look(NOW, 0)
    watch.look(NOW + SECOND_NS // 4 + step_ns, SECOND_NS // 4)
    return watch


@pytest.mark.parametrize("step_ns", [MOST_STEP_NS + 1, -MOST_STEP_NS - 1, 3600 * SECOND_NS, -600 * SECOND_NS])
def test_a_step_in_either_direction_shuts_the_gate(step_ns: int) -> None:
    """N-14: ten minutes back, an hour forward, or just over two seconds."""
    with pytest.raises(Unavailable, match="clock has been set"):
        looked(step_ns)


@given(st.integers(-MOST_STEP_NS, MOST_STEP_NS))
def test_a_clock_that_is_slewed_is_no_cause(step_ns: int) -> None:
    """What a time daemon does all day."""
    looked(step_ns)


def test_it_opens_when_nothing_judged_before_the_step_can_be_admitted_any_more() -> None:
    """As long as the longest window and the furthest stamp ahead, on the clock that is never set."""
    watch = SteadyWatch()
    watch.look(NOW, 0)
    for monotonic_ns in (1, LONGEST_WINDOW_NS + AHEAD_NS):
        with pytest.raises(Unavailable):
            watch.look(NOW + 3600 * SECOND_NS + monotonic_ns, monotonic_ns)
    watch.look(NOW + 3600 * SECOND_NS + LONGEST_WINDOW_NS + AHEAD_NS + 1, LONGEST_WINDOW_NS + AHEAD_NS + 1)
