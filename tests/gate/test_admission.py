"""The atomic step: all of it is taken, or nothing but first use and the refusal's own price."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bitting.domain.grants import OrderRate
from bitting.domain.verdict import Admitted, Denied, Reason
from bitting.gate.admission import Admission, Entry, FirstUse, MemoryAdmission, Rates
from bitting.gate.first_use import CHANGED
from bitting.gate.rates import Rate
from bitting.gate.times import SECOND_NS
from bitting.gate.totals import Reservation
from tests.gate.world import NOW

RATES = Rates(key=Rate(10, 10 * SECOND_NS), account=Rate(20, 20 * SECOND_NS), denials=Rate(3, 3 * SECOND_NS))
PLENTY = Rate(10**6, SECOND_NS)
GENEROUS = Rates(PLENTY, PLENTY, PLENTY, PLENTY, PLENTY)
BARE = Entry("key-1", "acc-1", 1)
OBJECTION = Denied(Reason.PAIR, "ETH/USD")


def reservation(amount: str, kind: str = "orders") -> Reservation:
    return Reservation("key-1", kind, "USD", Decimal(amount), Decimal(100))


def reason(taken: Admitted | Denied) -> Reason | None:
    return taken.reason if isinstance(taken, Denied) else None


def use(name: bytes) -> FirstUse:
    return FirstUse("cred-1", name, NOW, CHANGED, -1)


def admit(
    admission: Admission,
    entry: Entry,
    now_ns: int = NOW,
    *,
    use: FirstUse | None = None,
    objection: Denied | None = None,
) -> Admitted | Denied:
    return admission.admit(entry, use, objection, now_ns)


@pytest.fixture
def admission() -> MemoryAdmission:
    return MemoryAdmission(RATES)


def test_memory_fits_the_port(admission: MemoryAdmission) -> None:
    """What is tested here is what the pipeline asks for."""
    port: Admission = admission
    assert port.admit(BARE, None, None, NOW) == Admitted(1, 10, 1000, {})


def test_what_is_taken_is_told(admission: MemoryAdmission) -> None:
    """Used of the rate, its limit, when it is whole again, and the new sums to be made durable."""
    entry = BARE._replace(weight=4, reservations=(reservation("60"),))
    taken = admit(admission, entry)
    assert taken == Admitted(4, 10, 4000, {("key-1", "orders", "USD", NOW // 86_400_000_000_000): Decimal(60)})


@pytest.mark.parametrize(
    ("spent", "asked", "expected"),
    [
        (BARE._replace(weight=10), BARE, Reason.KEY_RATE),
        (BARE._replace(key="key-2", weight=10), BARE._replace(key="key-1", weight=11), Reason.KEY_RATE),
        (BARE._replace(orders=1, order_rates=(("key-1", OrderRate(1, 60)),)),) * 2 + (Reason.ORDER_RATE,),
        (BARE._replace(reservations=(reservation("60"),)),) * 2 + (Reason.DAILY_TOTAL,),
        (BARE._replace(reservations=(reservation("60", "withdrawals"),)),) * 2 + (Reason.WITHDRAWAL_TOTAL,),
    ],
)
def test_each_limit_refuses_what_does_not_fit_any_more(
    admission: MemoryAdmission, spent: Entry, asked: Entry, expected: Reason
) -> None:
    """And not before."""
    assert reason(admit(admission, spent)) is None
    assert reason(admit(admission, asked)) is expected


def test_all_keys_of_an_account_share_its_rate(admission: MemoryAdmission) -> None:
    """Three keys within their own limits are over the account's."""
    verdicts = [reason(admit(admission, BARE._replace(key=f"key-{n}", weight=7))) for n in range(3)]
    assert verdicts == [None, None, Reason.ACCOUNT_RATE]


def test_the_wait_that_is_told_is_enough(admission: MemoryAdmission) -> None:
    """A client that waits as long as it was told is admitted."""
    admit(admission, BARE._replace(weight=10))
    refused = admit(admission, BARE)
    assert isinstance(refused, Denied)
    assert refused.retry_after_ms == 1001
    assert reason(admit(admission, BARE, NOW + refused.retry_after_ms * 1_000_000)) is None


def test_a_batch_counts_every_order_of_it(admission: MemoryAdmission) -> None:
    """Ten orders are ten, in one request or in ten."""
    batch = BARE._replace(orders=6, order_rates=(("key-1", OrderRate(10, 60)), ("acc-1", OrderRate(15, 60))))
    assert [reason(admit(admission, batch)) for _ in range(2)] == [None, Reason.ORDER_RATE]
    other = batch._replace(key="key-2", order_rates=(("key-2", OrderRate(10, 60)), ("acc-1", OrderRate(15, 60))))
    assert [reason(admit(admission, other)) for _ in range(2)] == [None, Reason.ORDER_RATE]


def test_several_orders_are_measured_against_one_total_together(admission: MemoryAdmission) -> None:
    """Two of 60 do not fit under 100, though each of them would."""
    both = BARE._replace(reservations=(reservation("60"), reservation("60")))
    assert reason(admit(admission, both)) is Reason.DAILY_TOTAL
    assert reason(admit(admission, BARE._replace(reservations=(reservation("100"),)))) is None


def test_the_owner_is_told_the_limit_and_the_caller_only_its_own_amount(admission: MemoryAdmission) -> None:
    """What is left of a total is nobody's business outside."""
    refused = admit(admission, BARE._replace(reservations=(reservation("100.5"),)))
    assert refused == Denied(Reason.DAILY_TOTAL, "100.5 USD", "at most 100 a day for key-1")


def test_cancels_have_a_bucket_of_their_own(admission: MemoryAdmission) -> None:
    """A bot that has run wild with orders, and an account whose bots all have, can still take them back."""
    for key in ("key-1", "key-2"):
        admit(admission, BARE._replace(key=key, weight=10))
    assert reason(admit(admission, BARE)) is Reason.KEY_RATE
    cancel = BARE._replace(cancels_only=True)
    assert [reason(admit(admission, cancel)) for _ in range(11)] == [None] * 10 + [Reason.KEY_RATE]


limits = st.sampled_from(
    [
        ({"weight": 11}, None),
        ({"orders": 2, "order_rates": (("key-1", OrderRate(1, 60)),)}, None),
        ({"reservations": (reservation("1"), reservation("100"))}, None),
        ({}, OBJECTION),
    ]
)


@given(st.lists(limits, min_size=1, max_size=8))
def test_a_refused_request_takes_nothing(refusals: list[tuple[dict[str, object], Denied | None]]) -> None:
    """However many of whatever kind are refused: afterwards everything that was free is still free."""
    admission = MemoryAdmission(RATES)
    for changes, objection in refusals:
        wanted = BARE._replace(orders=1, order_rates=(("key-1", OrderRate(1, 60)),), reservations=(reservation("1"),))
        asked = wanted._replace(**changes)  # type: ignore[arg-type]
        assert isinstance(admit(admission, asked, objection=objection), Denied)
    everything = BARE._replace(
        weight=10, orders=1, order_rates=(("key-1", OrderRate(1, 60)),), reservations=(reservation("100"),)
    )
    taken = admit(admission, everything)
    assert isinstance(taken, Admitted)
    assert taken.used == 10


def test_a_refused_request_is_used_up(admission: MemoryAdmission) -> None:
    """Or a refused withdrawal could come back to life when its address has matured."""
    assert admit(admission, BARE, use=use(b"a"), objection=OBJECTION) == OBJECTION
    assert reason(admit(admission, BARE, use=use(b"a"))) is Reason.REPLAYED


def test_what_is_out_of_its_time_uses_nothing_up(admission: MemoryAdmission) -> None:
    """It could not be admitted anyway, and its place in memory would be for ever."""
    stale = Denied(Reason.TIME_STALE)
    assert admit(admission, BARE, objection=stale) == stale
    assert reason(admit(admission, BARE, use=use(b"a"))) is None


def test_a_nonce_is_taken_by_its_mark(admission: MemoryAdmission) -> None:
    """Equal or lower is refused, whatever the bytes."""
    marks = [FirstUse("cred-1", b"", 0, CHANGED, mark) for mark in (5, 5, 4, 6)]
    verdicts = [reason(admit(admission, BARE, use=each)) for each in marks]
    assert verdicts == [None, Reason.NONCE_LOW, Reason.NONCE_LOW, None]


def test_refusals_have_a_small_budget_of_the_keys_own(admission: MemoryAdmission) -> None:
    """When it is used up the answer says so; what is allowed goes on, and other keys notice nothing."""
    refused = [reason(admit(admission, BARE, objection=OBJECTION)) for _ in range(4)]
    assert refused == [Reason.PAIR] * 3 + [Reason.DENIAL_RATE]
    told = admit(admission, BARE, objection=OBJECTION)
    assert told == Denied(Reason.DENIAL_RATE, "", "now: pair.outside", 1001)
    assert reason(admit(admission, BARE)) is None
    assert reason(admit(admission, BARE._replace(key="key-2"), objection=OBJECTION)) is Reason.PAIR
    assert reason(admit(admission, BARE, NOW + SECOND_NS, objection=OBJECTION)) is Reason.PAIR


order_rates = st.builds(OrderRate, st.integers(1, 20), st.integers(1, 600))


@given(
    before=order_rates,
    after=order_rates,
    orders_before=st.integers(0, 25),
    then=st.lists(st.tuples(st.integers(0, 90), st.integers(1, 5)), max_size=30),
)
def test_a_narrower_order_rate_never_hands_out_what_the_wider_would_not(
    before: OrderRate, after: OrderRate, orders_before: int, then: list[tuple[int, int]]
) -> None:
    """Promise 5: it is a change without a second factor, so a used-up bucket must not come out of it full."""
    assume(after.within(before))
    edited, untouched = MemoryAdmission(GENEROUS), MemoryAdmission(GENEROUS)

    def passes(admission: MemoryAdmission, rate: OrderRate, orders: int, now_ns: int) -> bool:
        wanted = BARE._replace(orders=orders, order_rates=(("key-1 orders.write", rate),))
        return isinstance(admit(admission, wanted, now_ns), Admitted)

    for _ in range(orders_before):
        assert passes(edited, before, 1, NOW) == passes(untouched, before, 1, NOW)
    now_ns = NOW
    for seconds, orders in then:
        now_ns += seconds * SECOND_NS
        if passes(edited, after, orders, now_ns):
            assert passes(untouched, before, orders, now_ns)


def test_an_edited_order_rate_starts_from_what_is_used() -> None:
    """Ten of ten are used; slowed down to ten in ten minutes there is none left, and not nine."""
    admission = MemoryAdmission(GENEROUS)
    for rate, taken in ((OrderRate(10, 60), 10), (OrderRate(10, 600), 0)):
        wanted = BARE._replace(orders=1, order_rates=(("key-1 orders.write", rate),))
        admitted = [isinstance(admit(admission, wanted), Admitted) for _ in range(12)]
        assert admitted.count(True) == taken


def test_what_is_remembered_of_order_rates_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many keys have one."""
    monkeypatch.setattr("bitting.gate.admission.MOST_ORDER_RATES", 3)
    admission = MemoryAdmission(GENEROUS)
    for number in range(20):
        wanted = BARE._replace(orders=1, order_rates=((f"key-{number}", OrderRate(1, 60)),))
        assert isinstance(admit(admission, wanted), Admitted)
        assert len(admission._order_rates) <= 4
