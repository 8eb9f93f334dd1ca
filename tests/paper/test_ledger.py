"""The ledger neither makes nor loses money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.paper.ledger import Balance, Ledger, Wallet
from bitting.paper.rejection import Rejected, Why

ONE = Decimal(1)
amounts = st.decimals(min_value=0, max_value=100, places=8)
people = st.sampled_from(["ann", "bob"])
wallets = st.sampled_from(Wallet)
steps = st.one_of(
    st.tuples(st.just("issue"), st.tuples(people, st.just("BTC"), amounts)),
    st.tuples(st.just("redeem"), st.tuples(people, st.just("BTC"), amounts, wallets)),
    st.tuples(st.sampled_from(["hold", "release"]), st.tuples(people, st.just("BTC"), amounts)),
    st.tuples(st.sampled_from(["pay", "charge"]), st.tuples(people, people, st.just("BTC"), amounts)),
    st.tuples(st.just("move"), st.tuples(people, st.just("BTC"), amounts, wallets, wallets)),
)


def balances(ledger: Ledger) -> list[Balance]:
    """Every balance there is."""
    return [ledger.balance(person, "BTC", wallet) for person in ("ann", "bob") for wallet in Wallet]


@given(st.lists(steps, max_size=30))
def test_whatever_is_done_the_sum_is_what_was_issued(done: list[tuple[str, tuple[object, ...]]]) -> None:
    """After any steps, refused ones too, balances sum up to what was issued, and none is below zero."""
    ledger = Ledger()
    ledger.issue("ann", "BTC", Decimal(50))
    for name, arguments in done:
        before = balances(ledger)
        try:
            getattr(ledger, name)(*arguments)
        except Rejected:
            assert balances(ledger) == before
        assert ledger.total("BTC") == ledger.issued["BTC"]
        assert all(min(balance) >= 0 for balance in balances(ledger))


def test_a_wallet_is_apart_from_the_others() -> None:
    """Money moved to funding is not there for orders."""
    ledger = Ledger()
    ledger.issue("ann", "BTC", ONE)
    ledger.move("ann", "BTC", ONE, Wallet.SPOT, Wallet.FUNDING)
    with pytest.raises(Rejected) as caught:
        ledger.hold("ann", "BTC", ONE)
    assert caught.value.why is Why.INSUFFICIENT_FUNDS
    assert ledger.balance("ann", "BTC", Wallet.FUNDING) == Balance(ONE, Decimal(0))


def test_what_is_held_cannot_leave() -> None:
    """A withdrawal cannot take what an order holds, and the balance says both parts."""
    ledger = Ledger()
    ledger.issue("ann", "BTC", ONE)
    ledger.hold("ann", "BTC", ONE)
    with pytest.raises(Rejected):
        ledger.redeem("ann", "BTC", ONE, Wallet.SPOT)
    assert ledger.balance("ann", "BTC").total == ONE
    assert ledger.purse("ann") == {"BTC": Balance(Decimal(0), ONE)}
