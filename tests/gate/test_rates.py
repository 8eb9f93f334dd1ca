"""Rates against a bucket of tokens that anybody can check by hand."""

from hypothesis import given
from hypothesis import strategies as st

from bitting.gate.rates import Buckets, Rate
from bitting.gate.times import SECOND_NS
from tests.gate.world import NOW

steps = st.lists(st.tuples(st.integers(0, 3 * SECOND_NS), st.integers(1, 12)), max_size=60)
rates = st.builds(Rate, st.integers(1, 10), st.integers(1_000, 5 * SECOND_NS))


class Tokens:
    """A bucket of `burst` tokens, refilled evenly; in whole numbers: a token is `period_ns` drops."""

    def __init__(self, rate: Rate, now_ns: int) -> None:
        self.rate, self.drops, self.at_ns = rate, rate.burst * rate.period_ns, now_ns

    def take(self, units: int, now_ns: int) -> bool:
        most = self.rate.burst * self.rate.period_ns
        self.drops = min(most, self.drops + (now_ns - self.at_ns) * self.rate.burst)
        self.at_ns = now_ns
        if self.drops < units * self.rate.period_ns:
            return False
        self.drops -= units * self.rate.period_ns
        return True

    @property
    def used(self) -> int:
        """Tokens that are missing, begun ones counted whole."""
        return -((self.drops - self.rate.burst * self.rate.period_ns) // self.rate.period_ns)


def take(buckets: Buckets, rate: Rate, units: int, now_ns: int, name: str = "one") -> int | None:
    """What is used then, or None when it does not fit."""
    return None if buckets.wait_ns(name, rate, units, now_ns) else buckets.spend(name, rate, units, now_ns)


@given(burst=st.integers(1, 10), unit_ns=st.integers(1, SECOND_NS), steps=steps)
def test_a_bucket_admits_what_a_bucket_of_tokens_would(burst: int, unit_ns: int, steps: list[tuple[int, int]]) -> None:
    """The one number of GCRA says neither more nor less than counting tokens, and the same of what is used."""
    rate, buckets, now_ns = Rate(burst, burst * unit_ns), Buckets(), NOW
    tokens = Tokens(rate, now_ns)
    for passed_ns, units in steps:
        now_ns += passed_ns
        used = take(buckets, rate, units, now_ns)
        assert (used is not None) is tokens.take(units, now_ns)
        if used is not None:
            assert used == tokens.used


@given(rate=rates, steps=steps)
def test_no_stretch_of_time_lets_more_through_than_burst_and_refill(rate: Rate, steps: list[tuple[int, int]]) -> None:
    """Also where the period does not divide by the burst: each unit then costs less than a nanosecond too little."""
    buckets, now_ns = Buckets(), NOW
    admitted: list[tuple[int, int]] = []
    for passed_ns, units in steps:
        now_ns += passed_ns
        if take(buckets, rate, units, now_ns) is not None:
            admitted.append((now_ns, units))
    for first, (since_ns, _) in enumerate(admitted):
        through = 0
        for at_ns, units in admitted[first:]:
            through += units
            assert (through - rate.burst) * rate.period_ns <= (at_ns - since_ns + len(admitted)) * rate.burst


@given(rate=rates, steps=steps)
def test_the_wait_is_exact(rate: Rate, steps: list[tuple[int, int]]) -> None:
    """What does not fit now fits after exactly that long, and not a nanosecond before."""
    buckets, now_ns = Buckets(), NOW
    for passed_ns, units in steps:
        now_ns += passed_ns
        wait_ns = buckets.wait_ns("one", rate, units, now_ns)
        if wait_ns == 0:
            buckets.spend("one", rate, units, now_ns)
        elif units <= rate.burst:
            assert buckets.wait_ns("one", rate, units, now_ns + wait_ns - 1) == 1
            assert buckets.wait_ns("one", rate, units, now_ns + wait_ns) == 0


@given(rate=rates, extra=st.integers(1, 100), idle_ns=st.integers(0, 10**15))
def test_more_than_the_burst_never_fits(rate: Rate, extra: int, idle_ns: int) -> None:
    """However long one waits."""
    buckets = Buckets()
    buckets.spend("one", rate, 1, NOW)
    assert buckets.wait_ns("one", rate, rate.burst + extra, NOW + idle_ns) > 0


@given(rate=rates, back_ns=st.integers(1, 10**13))
def test_a_clock_set_back_refills_nothing(rate: Rate, back_ns: int) -> None:
    """N-14: a bucket that is full stays full until time has caught up."""
    buckets = Buckets()
    buckets.spend("one", rate, rate.burst, NOW)
    assert buckets.wait_ns("one", rate, 1, NOW - back_ns) > 0


def test_a_rate_per_second_refills_that_fast() -> None:
    """Fifty a second and 200 at once: 200 units come back in four seconds."""
    assert Rate.per_second(50, 200) == Rate(200, 4 * SECOND_NS)


def test_buckets_do_not_share() -> None:
    """Each name has its own."""
    buckets, rate = Buckets(), Rate(1, SECOND_NS)
    assert take(buckets, rate, 1, NOW, "one") == 1
    assert take(buckets, rate, 1, NOW, "two") == 1
    assert take(buckets, rate, 1, NOW, "one") is None


def test_empty_buckets_make_room_for_new_ones() -> None:
    """A bucket that is empty again and no bucket are the same, so it costs nobody anything."""
    buckets, rate = Buckets(most=3), Rate(2, SECOND_NS)
    for name in ("early", "also"):
        take(buckets, rate, 1, NOW, name)
    later_ns = NOW + SECOND_NS
    take(buckets, rate, 1, later_ns, "late")
    take(buckets, rate, 1, later_ns, "new")
    assert len(buckets) == 2
    assert take(buckets, rate, 1, later_ns, "late") == 2


def test_a_flood_of_names_is_bounded() -> None:
    """R-08: when every bucket is in use the oldest give way, and memory does not grow."""
    buckets, rate = Buckets(most=100), Rate(2, SECOND_NS)
    for number in range(10_000):
        take(buckets, rate, 1, NOW, str(number))
        assert len(buckets) <= 100
    assert take(buckets, rate, 1, NOW, "9999") == 2


def test_a_bucket_that_is_used_up_outlasts_a_flood_of_names() -> None:
    """R-08: whoever has used a limit up does not get it anew by using a hundred thousand others a little."""
    buckets, rate = Buckets(most=100), Rate(10, 10 * SECOND_NS)
    assert take(buckets, rate, 10, NOW, "spent") == 10
    for number in range(100_000):
        take(buckets, rate, 1, NOW, str(number))
    assert len(buckets) <= 100
    assert take(buckets, rate, 1, NOW, "spent") is None


def test_where_all_are_used_up_somebody_gives_way() -> None:
    """Memory is bounded whatever comes."""
    buckets, rate = Buckets(most=100), Rate(10, 10 * SECOND_NS)
    for number in range(1_000):
        take(buckets, rate, 10, NOW, str(number))
    assert len(buckets) <= 100


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, SECOND_NS)), max_size=200))
def test_no_room_is_made_at_the_cost_of_who_is_there(asked: list[tuple[int, int]]) -> None:
    """While fewer are in use than there is room for, a small store of buckets says the same as one without end."""
    small, large, rate, now_ns = Buckets(most=40), Buckets(), Rate(3, 2 * SECOND_NS), NOW
    for number, passed_ns in asked:
        now_ns += passed_ns
        assert take(small, rate, 1, now_ns, str(number)) == take(large, rate, 1, now_ns, str(number))


def test_an_empty_bucket_is_empty_at_any_rate() -> None:
    """There is nothing of it to carry over."""
    buckets, before, after = Buckets(), Rate(2, SECOND_NS), Rate(4, 8 * SECOND_NS)
    take(buckets, before, 2, NOW)
    later_ns = NOW + SECOND_NS
    buckets.rescale("one", before, after, later_ns)
    assert take(buckets, after, 4, later_ns) == 4
