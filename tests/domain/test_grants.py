"""Limits: read, written, compared. Each limit is asked by itself, exhaustively over a small pool."""

from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.grants import NO_LIMITS, Collar, Limits, OrderRate, with_limits
from bitting.domain.money import Amounts, amount_from_text, total
from bitting.domain.pairs import EVERY_PAIR
from tests.domain import pools
from tests.domain.naive import within_counts, within_rules

rates = st.builds(OrderRate, st.integers(1, 6), st.integers(1, 6))
COUNTED = set(pools.SETTINGS) - {"order_rate"}  # the rate is asked over time, below


def test_every_limit_is_in_the_pool() -> None:
    """A new limit must be given settings to be tried with, or the tests below would not know it."""
    assert set(pools.SETTINGS) == {each.name for each in fields(Limits)}


@given(limits=pools.limits)
def test_limits_read_what_they_write(limits: Limits) -> None:
    """Round trip over the canonical form; what is not set does not stand in it."""
    plain = limits.to_plain()
    assert Limits.from_plain(plain) == limits
    assert set(plain) == {
        each.name
        for each in fields(limits)
        if getattr(limits, each.name) is not None and getattr(limits, each.name) != EVERY_PAIR
    }


@pytest.mark.parametrize("name", sorted(pools.SETTINGS))
def test_every_limit_stands_in_the_digest(name: str) -> None:
    """K-05: no setting of a limit looks like another, or like none."""
    spelled = [NO_LIMITS.to_plain(), *(Limits.from_plain({name: each}).to_plain() for each in pools.SETTINGS[name])]
    assert all(spelled.count(each) == 1 for each in spelled)


@pytest.mark.parametrize("name", sorted(COUNTED))
def test_within_says_neither_too_much_nor_too_little(name: str) -> None:
    """Each pair of settings, unset included: within exactly when no action in any world tells them apart."""
    choices = [NO_LIMITS, *(Limits.from_plain({name: each}) for each in pools.SETTINGS[name])]
    admitted = [
        {
            (index, world)
            for index, action in enumerate(pools.ACTIONS)
            for world in pools.WORLDS
            if within_rules(_plain(choice), action, world) and within_counts(_plain(choice), action, world)
        }
        for choice in choices
    ]
    for mine, mine_admitted in zip(choices, admitted, strict=True):
        for theirs, theirs_admitted in zip(choices, admitted, strict=True):
            if mine.within(theirs):
                assert mine_admitted <= theirs_admitted
            else:
                assert not mine_admitted <= theirs_admitted


def _plain(limits: Limits) -> dict[str, Any]:
    return dict(limits.to_plain())


@given(one=pools.limits, other=pools.limits)
def test_limits_are_within_when_each_of_them_is(one: Limits, other: Limits) -> None:
    """No limit makes up for another."""
    each_is = all(
        with_limits(NO_LIMITS, {name: _plain(one).get(name)}).within(
            with_limits(NO_LIMITS, {name: _plain(other).get(name)})
        )
        for name in pools.SETTINGS
    )
    assert one.within(other) == each_is
    assert one.within(one)
    assert one.within(NO_LIMITS)


class Bucket:
    """A burst refilled evenly, in exact fractions."""

    def __init__(self, rate: OrderRate) -> None:
        self.room = Fraction(rate.orders)
        self.refill = Fraction(rate.orders, rate.seconds)
        self.rate, self.at = rate, Fraction(0)

    def takes(self, at: Fraction) -> bool:
        self.room = min(Fraction(self.rate.orders), self.room + (at - self.at) * self.refill)
        self.at = at
        if self.room < 1:
            return False
        self.room -= 1
        return True


@given(one=rates, other=rates, pauses=st.lists(st.fractions(0, 5, max_denominator=12), max_size=60))
def test_what_a_rate_lets_through_passes_every_rate_it_is_within(
    one: OrderRate, other: OrderRate, pauses: list[Fraction]
) -> None:
    """Any arrival of orders: those the narrower bucket takes, the wider one takes too."""
    assume(one.within(other))
    narrow, wide, at = Bucket(one), Bucket(other), Fraction(0)
    for pause in pauses:
        at += pause
        if narrow.takes(at):
            assert wide.takes(at)


@given(one=rates, other=rates)
def test_a_rate_that_is_not_within_lets_more_through(one: OrderRate, other: OrderRate) -> None:
    """It has the bigger burst, or on the long run the faster refill."""
    assume(not one.within(other))
    mine, theirs = Bucket(one), Bucket(other)
    at, step = Fraction(0), Fraction(one.seconds, one.orders)
    told_apart = False
    for number in range(one.orders * other.orders * other.seconds + one.orders + 1):
        at += 0 if number < one.orders else step
        assert mine.takes(at)
        told_apart = told_apart or not theirs.takes(at)
    assert told_apart


@given(rate=rates)
def test_a_rate_reads_what_it_writes(rate: OrderRate) -> None:
    """`10/60`, in and out."""
    assert OrderRate.from_text(rate.to_text()) == rate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "10/",
        "/60",
        "0/60",
        "10/0",
        "-1/60",
        "+1/60",
        "1.5/60",
        "1_0/60",
        "\uff11/60",
        " 1/60",
        "1/60\n",
        "1/2/3",
        "1000000/1",
        "1/" + "9" * 5_000,
    ],
)
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    """P-10: two counts above zero, of at most six digits each."""
    with pytest.raises(MalformedValue, match="not an order rate"):
        OrderRate.from_text(text)


@given(
    last=st.from_regex(r"[1-9][0-9]{0,30}(\.[0-9]{1,36})?", fullmatch=True).map(amount_from_text),
    basis_points=st.integers(0, 20_000),
)
def test_a_collar_ends_exactly_where_it_says(last: Decimal, basis_points: int) -> None:
    """Both ends are inside, and the next price behind them is not, however many digits they have."""
    collar = Collar.round_price(last, basis_points)
    width = Fraction(last) * basis_points / 10_000
    assert (Fraction(collar.lowest), Fraction(collar.highest)) == (Fraction(last) - width, Fraction(last) + width)
    tick = Decimal("1e-70")
    assert collar.admits(collar.lowest)
    assert collar.admits(collar.highest)
    assert not collar.admits(total(collar.highest, tick))
    assert not collar.admits(total(collar.lowest, tick.copy_negate()))


@pytest.mark.parametrize(
    "plain",
    [
        {"typo": 1},
        {"Pairs": []},
        {1: 2, "a": 3},
        {"pairs": "all"},
        {"pairs": None},
        {"pairs": [1]},
        {"pairs": ["btcusd"]},
        {"pairs": {"BTC/USD": 1}},
        {"largest_order": 1000},
        {"largest_order": "1000"},
        {"largest_order": [["USD", "1"]]},
        {"largest_order": {"USD": 1000}},
        {"largest_order": {"USD": "NaN"}},
        {"daily_orders": {"USD": "-1"}},
        {"daily_withdrawals": {"btc": "1"}},
        {"order_rate": 10},
        {"order_rate": None},
        {"order_rate": "10 per minute"},
        {"open_orders": "5"},
        {"open_orders": True},
        {"open_orders": 1.0},
        {"open_orders": -1},
        {"open_orders": 1_000_001},
        {"collar_bp": None},
        {"collar_bp": -1},
        {"addresses": "a"},
        {"addresses": [""]},
        {"addresses": [5]},
        {"addresses": ["x" * 65]},
        {"addresses": ["\ud800"]},
        {"addresses": ["entry\u200b"]},
        None,
        [],
        ["pairs"],
        [[1]],
        "pairs",
        7,
    ],
)
def test_a_limit_that_cannot_be_read_is_refused(plain: Any) -> None:
    """A limit that was misspelt must not be a limit that is not there."""
    with pytest.raises(MalformedValue):
        Limits.from_plain(plain)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(plain=st.dictionaries(st.sampled_from(sorted(pools.SETTINGS)), json_values))
def test_any_json_at_all_is_limits_or_malformed(plain: dict[str, Any]) -> None:
    """Reading raises nothing else."""
    try:
        read = Limits.from_plain(plain)
    except MalformedValue:
        return
    assert Limits.from_plain(read.to_plain()) == read


@given(limits=pools.limits, other=pools.limits)
def test_limits_are_set_and_taken_away_by_name(limits: Limits, other: Limits) -> None:
    """What is named is set anew, None takes it away, the rest stays."""
    plain = dict(other.to_plain())
    after = with_limits(limits, plain)
    for each in fields(Limits):
        kept = other if each.name in plain else limits
        assert getattr(after, each.name) == getattr(kept, each.name)
    assert with_limits(limits, dict.fromkeys(pools.SETTINGS)) == NO_LIMITS
    assert with_limits(limits, {}) == limits


def test_an_unset_limit_and_an_empty_one_are_opposites() -> None:
    """P-13: None is no limit of that kind; an empty list or table admits nothing."""
    nothing = Limits.from_plain({"pairs": [], "largest_order": {}, "addresses": []})
    assert nothing.within(NO_LIMITS)
    assert not NO_LIMITS.within(nothing)
    assert nothing.largest_order == Amounts({})
    assert nothing.needs_value
    assert not NO_LIMITS.needs_value
    assert Limits.from_plain({"daily_orders": {"USD": "1"}}).needs_value
