"""What the house's own feed is told."""

import json
from decimal import Decimal

from bitting.domain.action import Side
from bitting.domain.pairs import Pair
from bitting.paper.exchange import Exchange
from bitting.paper.facts import facts
from bitting.paper.market import MARKETS
from bitting.paper.orders import Caller, Ticket

BTC_USD = MARKETS[Pair("BTC", "USD")]


def test_a_new_exchange_has_prices_and_nobodys_orders() -> None:
    """Prices have the digits of their tick; the market maker's orders are not counted."""
    told = json.loads(facts(Exchange(0)))
    assert told["prices"]["BTC/USD"] == "50000.00"
    assert told["prices"].keys() == {pair.to_text() for pair in MARKETS}
    assert told["open_orders"] == told["open_orders_by_key"] == {}


def test_open_orders_are_counted_by_account_and_by_key() -> None:
    """Each open order counts for its account and the key that placed it; one without a key, for the account."""
    exchange = Exchange(0)
    for caller in (Caller("ann", "k1"), Caller("ann", "k2"), Caller("ann", None), Caller("bob", "k3")):
        for price in ("40000", "40001"):
            exchange.place(caller, Ticket(BTC_USD, Side.BUY, Decimal("0.01"), Decimal(price)), 1)
    exchange.cancel("bob", next(iter(exchange.accounts["bob"].open)), 2)
    exchange.place(Caller("bob", "k3"), Ticket(BTC_USD, Side.BUY, Decimal("0.01"), None), 3)
    told = json.loads(facts(exchange))
    assert told["open_orders"] == {"ann": 6, "bob": 1}
    assert told["open_orders_by_key"] == {"k1": 2, "k2": 2, "k3": 1}
    assert told["prices"]["BTC/USD"] == "50025.00"
