"""The day's totals, against sums made anew from everything that was reserved."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bitting.gate.totals import DAY_NS, Reservation, Totals

MOST = Decimal(100)
MIDNIGHT = 20_776 * DAY_NS
amounts = st.decimals(min_value=Decimal("0.00000001"), max_value=Decimal(120), places=8)
scopes = st.sampled_from(["key-1", "acc-1"])
kinds = st.sampled_from(["orders", "withdrawals"])
reservations = st.builds(Reservation, scopes, kinds, st.sampled_from(["USD", "BTC"]), amounts, st.just(MOST))
hours = st.integers(0, 71).map(lambda hour: MIDNIGHT + hour * DAY_NS // 24)


def dollars(amount: str, scope: str = "key-1") -> Reservation:
    return Reservation(scope, "orders", "USD", Decimal(amount), MOST)


@given(st.lists(st.tuples(st.lists(reservations, max_size=3).map(tuple), hours, st.booleans())))
def test_no_sum_ever_passes_its_most(asked: list[tuple[tuple[Reservation, ...], int, bool]]) -> None:
    """Whatever comes in which order: all of a request fits or none is counted, and what is declined is whole again."""
    totals, held = Totals(), dict[tuple[str, str, str, int], Decimal]()
    for wanted, now_ns, declined in asked:
        after = dict(held)
        for each in wanted:
            after[each.slot(now_ns)] = after.get(each.slot(now_ns), Decimal(0)) + each.amount
        fits = all(after[each.slot(now_ns)] <= MOST for each in wanted)
        assert (totals.first_over(wanted, now_ns) is None) is fits
        if not fits:
            continue
        assert totals.reserve(wanted, now_ns) == {each.slot(now_ns): after[each.slot(now_ns)] for each in wanted}
        if declined:
            restored = {each.slot(now_ns): held.get(each.slot(now_ns), Decimal(0)) for each in wanted}
            assert totals.give_back(wanted, now_ns) == restored
        else:
            held = after
        assert all(amount <= MOST for amount in held.values())


def test_a_total_can_be_used_up_to_the_last_digit() -> None:
    """Exactly the limit fits; the smallest amount above it does not."""
    totals = Totals()
    totals.reserve((dollars("99.99999999"),), MIDNIGHT)
    assert totals.first_over((dollars("0.00000001"),), MIDNIGHT) is None
    assert totals.first_over((dollars("0.000000011"),), MIDNIGHT) == dollars("0.000000011")


def test_amounts_of_many_digits_are_summed_exactly() -> None:
    """No digit is rounded away, however far the amounts lie apart."""
    totals = Totals()
    small, large = "0." + "0" * 35 + "1", "9" * 36
    (sum_,) = totals.reserve((dollars(large), dollars(small)), MIDNIGHT).values()
    assert f"{sum_:f}" == f"{large}{small[1:]}"


def test_the_day_ends_at_midnight_utc() -> None:
    """P-12: a nanosecond before, the total is used up; at midnight it is whole."""
    totals = Totals()
    totals.reserve((dollars("100"),), MIDNIGHT - 1)
    assert totals.first_over((dollars("1"),), MIDNIGHT - 1) == dollars("1")
    assert totals.first_over((dollars("1"),), MIDNIGHT) is None


def test_what_is_given_back_goes_to_the_day_it_was_counted_in() -> None:
    """An order of last night that is declined this morning frees nothing of today's total."""
    totals = Totals()
    totals.reserve((dollars("100"),), MIDNIGHT - 1)
    totals.reserve((dollars("100"),), MIDNIGHT)
    totals.give_back((dollars("100"),), MIDNIGHT - 1)
    assert totals.first_over((dollars("1"),), MIDNIGHT) == dollars("1")
    assert totals.first_over((dollars("100"),), MIDNIGHT - 1) is None


def test_what_the_store_knows_counts_until_this_process_counts_itself() -> None:
    """A row loaded again later must not take back what was reserved since."""
    totals, slot = Totals(), dollars("0").slot(MIDNIGHT)
    totals.learn(slot, Decimal(90))
    assert totals.reserve((dollars("5"),), MIDNIGHT) == {slot: Decimal(95)}
    totals.learn(slot, Decimal(90))
    assert totals.first_over((dollars("6"),), MIDNIGHT) == dollars("6")


def test_days_that_are_over_are_forgotten() -> None:
    """Today's sums stay."""
    totals = Totals()
    totals.reserve((dollars("100"),), MIDNIGHT - 1)
    totals.reserve((dollars("100"),), MIDNIGHT)
    totals.forget_before(MIDNIGHT // DAY_NS)
    assert totals.first_over((dollars("100"),), MIDNIGHT - 1) is None
    assert totals.first_over((dollars("1"),), MIDNIGHT) == dollars("1")


def test_nothing_is_given_back_to_a_day_that_was_forgotten() -> None:
    """The sum would be below zero, and were the clock set back, an allowance beyond the limit."""
    totals = Totals()
    totals.reserve((dollars("60"),), MIDNIGHT - 1)
    totals.forget_before(MIDNIGHT // DAY_NS)
    assert totals.give_back((dollars("60"),), MIDNIGHT - 1) == {}
    assert totals.first_over((dollars("100.01"),), MIDNIGHT - 1) is not None


def test_a_scope_is_kept_until_the_disk_has_its_newest_sum() -> None:
    """An older one that arrives meanwhile says nothing of what was reserved since."""
    totals, slot = Totals(), dollars("0").slot(MIDNIGHT)
    totals.reserve((dollars("60"),), MIDNIGHT)
    totals.reserve((dollars("30"),), MIDNIGHT)
    totals.written(slot, Decimal(60))
    assert not totals.forget("key-1")
    assert totals.first_over((dollars("11"),), MIDNIGHT) is not None
    totals.written(slot, Decimal(90))
    assert totals.forget("key-1")
    assert len(totals) == 0
    assert totals.forget("key-1")
