"""Windows, nonces and the floor, at the nanosecond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.credentials import NonceMode
from bitting.domain.verdict import Denied, Reason
from bitting.gate.times import AHEAD_NS, MOST_COUNTER, NONCE_AHEAD_NS, SECOND_NS, Floor, nonce_mark, untimely
from tests.gate.world import NOW

OPEN = Floor(0, NOW + 3600 * SECOND_NS)
WINDOW = 5 * SECOND_NS
UNITS_NS = (1_000_000_000, 1_000_000, 1_000, 1)
FIRST, LAST = 10**18, 10**19 - 1  # 2001-09-09 and 2286-11-20, in nanoseconds


def reason(verdict: object) -> Reason | None:
    return verdict.reason if isinstance(verdict, Denied) else None


@pytest.mark.parametrize(
    ("age_ns", "expected"),
    [
        (WINDOW + 1, Reason.TIME_STALE),
        (WINDOW, None),
        (0, None),
        (1 - AHEAD_NS, None),
        (-AHEAD_NS, Reason.TIME_AHEAD),
    ],
)
def test_the_window_includes_its_old_end_and_not_the_one_ahead(age_ns: int, expected: Reason | None) -> None:
    """As Binance documents it: `serverTime - timestamp <= recvWindow` and `timestamp < serverTime + 1000`."""
    assert reason(untimely(NOW - age_ns, WINDOW, OPEN, NOW)) is expected


def test_a_refused_time_is_shown_by_its_distance_from_ours() -> None:
    """The client sees how far off its clock is; the owner also sees the window."""
    stale = untimely(NOW - WINDOW - 7_000_000, WINDOW, OPEN, NOW)
    assert stale == Denied(Reason.TIME_STALE, "5007 ms old", "the request allowed 5000 ms")
    assert untimely(NOW + 1_500_000_000, WINDOW, OPEN, NOW) == Denied(Reason.TIME_AHEAD, "1500 ms ahead")


@pytest.mark.parametrize(
    ("floor", "expected"),
    [
        (Floor(NOW - 1, NOW), None),
        (Floor(NOW, NOW + 1), Reason.TIME_FLOOR),
        (Floor(NOW - 2, NOW - 1), Reason.UNAVAILABLE),
    ],
)
def test_a_time_is_admitted_above_the_start_and_up_to_what_is_committed(floor: Floor, expected: Reason | None) -> None:
    """What lies at the start may have been admitted before it; what lies beyond the commitment may be so again."""
    assert reason(untimely(NOW, WINDOW, floor, NOW)) is expected


@given(
    stamp_ns=st.integers(NOW - 100 * SECOND_NS, NOW + 100 * SECOND_NS),
    window_ns=st.integers(0, 60 * SECOND_NS),
    start_ns=st.integers(NOW - 100 * SECOND_NS, NOW + 100 * SECOND_NS),
    ahead_ns=st.integers(0, 10 * SECOND_NS),
)
def test_exactly_the_documented_interval_is_timely(stamp_ns: int, window_ns: int, start_ns: int, ahead_ns: int) -> None:
    """floor.start < stamp <= floor.committed, and now - window <= stamp < now + AHEAD."""
    floor = Floor(start_ns, NOW + ahead_ns)
    expected = floor.start_ns < stamp_ns <= floor.committed_ns and NOW - window_ns <= stamp_ns < NOW + AHEAD_NS
    assert (untimely(stamp_ns, window_ns, floor, NOW) is None) is expected


@given(moment_ns=st.integers(FIRST, LAST), unit_ns=st.sampled_from(UNITS_NS))
def test_a_nonce_in_any_unit_is_the_time_it_was_read_from(moment_ns: int, unit_ns: int) -> None:
    """Seconds, milliseconds, microseconds and nanoseconds come out on one scale, cut to the client's own unit."""
    assert nonce_mark(moment_ns // unit_ns, NonceMode.TIME, LAST) == moment_ns // unit_ns * unit_ns


@given(
    first=st.integers(FIRST, LAST), later=st.integers(FIRST, LAST), units=st.tuples(*[st.sampled_from(UNITS_NS)] * 2)
)
def test_clients_that_count_differently_keep_the_order_of_time(first: int, later: int, units: tuple[int, int]) -> None:
    """A later nonce is a larger mark whatever the two units, once a whole unit of the coarser one lies between."""
    first, later = sorted((first, later))
    before = nonce_mark(first // units[0], NonceMode.TIME, LAST)
    after = nonce_mark(later // units[1], NonceMode.TIME, LAST)
    assert isinstance(before, int)
    assert isinstance(after, int)
    if first // max(units) < later // max(units):
        assert before < after


def test_a_time_is_admitted_up_to_a_day_ahead() -> None:
    """One nanosecond more, and it would lock the key's own client out for longer than that."""
    latest = NOW + NONCE_AHEAD_NS
    assert nonce_mark(latest, NonceMode.TIME, NOW) == latest
    assert reason(nonce_mark(latest + 1, NonceMode.TIME, NOW)) is Reason.NONCE_AHEAD


@pytest.mark.parametrize("nonce", [0, 1, 10**9 - 1, 10**10, 10**12 - 1, 2**53, 2**53 + 1, 10**19, 2**64, 10**400])
def test_what_is_not_shaped_like_a_time_is_no_time(nonce: int) -> None:
    """N-03: every extreme is an answer, and none of them becomes a mark. (2^53 would be a time in the year 2255.)"""
    assert isinstance(nonce_mark(nonce, NonceMode.TIME, NOW), Denied)


@given(nonce=st.integers(0, 10**30))
def test_every_nonce_has_a_mark_or_a_reason(nonce: int) -> None:
    """A mark fits into 63 bits and lies at most a day ahead."""
    for mode in NonceMode:
        mark = nonce_mark(nonce, mode, NOW)
        if isinstance(mark, Denied):
            assert mark.reason in (Reason.NONCE_LOW, Reason.NONCE_AHEAD)
        else:
            assert 0 <= mark <= (MOST_COUNTER if mode is NonceMode.COUNTER else NOW + NONCE_AHEAD_NS)


@pytest.mark.parametrize(("nonce", "expected"), [(0, 0), (12, 12), (MOST_COUNTER, MOST_COUNTER)])
def test_a_counter_is_its_own_mark(nonce: int, expected: int) -> None:
    """It has no shape to keep."""
    assert nonce_mark(nonce, NonceMode.COUNTER, NOW) == expected


def test_a_counter_stays_below_two_to_the_sixty_third() -> None:
    """Stores keep marks as signed 64-bit numbers."""
    assert reason(nonce_mark(MOST_COUNTER + 1, NonceMode.COUNTER, NOW)) is Reason.NONCE_AHEAD
