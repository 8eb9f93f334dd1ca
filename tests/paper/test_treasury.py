"""Withdrawals are written down and gone; addresses are nobody's."""

from decimal import Decimal

import pytest

from bitting.paper.exchange import Exchange
from bitting.paper.ledger import Wallet
from bitting.paper.market import CURRENCIES
from bitting.paper.orders import Caller
from bitting.paper.rejection import Rejected, Why
from bitting.paper.treasury import Destination

ANN = Caller("ann", "key-a")
HERE = Destination("bitcoin", "bc1qexample", "")


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange(0)
    exchange.open_account("ann", 0)
    return exchange


def test_a_withdrawal_is_written_down_and_the_money_is_gone(exchange: Exchange) -> None:
    """The balance is less by the amount, and the record says who, where to and when."""
    movement = exchange.treasury.withdraw(ANN, "BTC", Decimal("0.5"), HERE, 7)
    assert exchange.treasury.movements["ann"][-1] is movement
    assert (movement.destination, movement.key, movement.at_ms) == (HERE, "key-a", 7)
    assert exchange.ledger.balance("ann", "BTC").available == Decimal("9.5")
    assert exchange.ledger.total("BTC") == exchange.ledger.issued["BTC"]


@pytest.mark.parametrize(
    ("currency", "amount", "destination", "why"),
    [
        ("BTC", "10.00000001", HERE, Why.INSUFFICIENT_FUNDS),
        ("BTC", "0", HERE, Why.BAD_AMOUNT),
        ("BTC", "0.000000001", HERE, Why.BAD_AMOUNT),
        ("BTC", "-1", HERE, Why.BAD_AMOUNT),
        ("XRP", "1", HERE, Why.UNKNOWN_CURRENCY),
        ("ETH", "1", HERE, Why.UNKNOWN_NETWORK),
        ("USD", "1", Destination("", "DE00 bank"), Why.UNKNOWN_NETWORK),
        ("BTC", "1", Destination("bitcoin", ""), Why.BAD_PARAMETER),
    ],
)
def test_a_refused_withdrawal_takes_nothing(
    exchange: Exchange, currency: str, amount: str, destination: Destination, why: Why
) -> None:
    """Each reason has its name, and the balances stay."""
    before = dict(exchange.ledger.purse("ann"))
    with pytest.raises(Rejected) as caught:
        exchange.treasury.withdraw(ANN, currency, Decimal(amount), destination, 7)
    assert caught.value.why is why
    assert dict(exchange.ledger.purse("ann")) == before


def test_money_in_another_wallet_leaves_from_there(exchange: Exchange) -> None:
    """What was transferred to funding is withdrawn from funding."""
    exchange.treasury.transfer("ann", "BTC", Decimal(10), Wallet.SPOT, Wallet.FUNDING, 1)
    with pytest.raises(Rejected):
        exchange.treasury.withdraw(ANN, "BTC", Decimal(1), HERE, 2)
    exchange.treasury.withdraw(ANN, "BTC", Decimal(1), HERE, 2, Wallet.FUNDING)
    assert exchange.ledger.balance("ann", "BTC", Wallet.FUNDING).available == 9


def test_addresses_are_the_same_every_time_and_like_no_real_one(exchange: Exchange) -> None:
    """Each account, currency and network has one address, and it says that it is paper."""
    places = [
        (account, code, network)
        for account in ("ann", "bob")
        for code, currency in CURRENCIES.items()
        for network in currency.networks
    ]
    addresses = {place: exchange.treasury.address(*place) for place in places}
    assert len(set(addresses.values())) == len(places)
    assert addresses == {place: exchange.treasury.address(*place) for place in places}
    assert all(address.startswith("paper-") for address in addresses.values())
    with pytest.raises(Rejected):
        exchange.treasury.address("ann", "BTC", "ethereum")
