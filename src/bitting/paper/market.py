"""What the demonstration exchange trades: markets, currencies and the networks they move on.

One table each. The faces spell these names the way their exchange does; nothing else invents one.
Prices are those the house opens with, and it stays near them: a demonstration should be the same every time.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bitting.domain.pairs import Pair
from bitting.paper.rejection import Rejected, Why

ZERO: Final = Decimal(0)
STEP: Final = Decimal("0.00000001")
"""The smallest part of any amount."""
LARGEST_AMOUNT: Final = Decimal(1_000_000)
_TICKS: Final = 10**12
# 14 digits of amount times 12 of price are 26: every cost fits decimal's 28 digits, so no sum here is ever rounded.


@dataclass(frozen=True, slots=True)
class Market:
    """One pair: `opening` price and `tick` in the quote currency, `minimum` order and house `lot` in the base."""

    pair: Pair
    opening: Decimal
    tick: Decimal
    minimum: Decimal
    lot: Decimal

    @property
    def base(self) -> str:
        """What is traded."""
        return self.pair.base

    @property
    def quote(self) -> str:
        """What it is priced in."""
        return self.pair.quote

    @property
    def largest_price(self) -> Decimal:
        """Above every price there can be: a price has at most twelve digits."""
        return self.tick * _TICKS

    def allowed_amount(self, amount: Decimal) -> Decimal:
        """The amount, if an order may have it. Raises Rejected (bad amount)."""
        if amount < self.minimum:
            raise Rejected(Why.BAD_AMOUNT, "amount")
        return allowed_amount(amount)

    def allowed_price(self, price: Decimal) -> Decimal:
        """The price, if an order may have it. Raises Rejected (bad price)."""
        if not self.tick <= price < self.largest_price or price % self.tick:
            raise Rejected(Why.BAD_PRICE, "price")
        return price.quantize(self.tick)

    def cut(self, price: Decimal) -> Decimal:
        """The price without what is finer than the tick. Raises Rejected (bad price)."""
        if not ZERO <= price < self.largest_price:
            raise Rejected(Why.BAD_PRICE, "price")
        return self.allowed_price(price // self.tick * self.tick)


@dataclass(frozen=True, slots=True)
class Currency:
    """One currency: its English name, its networks (the first is the usual one), and the gift to a new account."""

    code: str
    name: str
    networks: tuple[str, ...]
    gift: Decimal


def allowed_amount(amount: Decimal) -> Decimal:
    """The amount, if it is above zero, in whole steps and not absurd. Raises Rejected (bad amount)."""
    if not STEP <= amount < LARGEST_AMOUNT or amount % STEP:
        raise Rejected(Why.BAD_AMOUNT, "amount")
    return amount.quantize(STEP)


def _market(pair: str, opening: str, tick: str, minimum: str, lot: str) -> Market:
    return Market(Pair.from_text(pair), Decimal(opening), Decimal(tick), Decimal(minimum), Decimal(lot))


MARKETS: Final = {
    market.pair: market
    for market in (
        _market("BTC/USD", "50000", "0.01", "0.0001", "2"),
        _market("ETH/USD", "2500", "0.01", "0.001", "40"),
        _market("LTC/USD", "80", "0.001", "0.01", "1000"),
        _market("ETH/BTC", "0.05", "0.000001", "0.001", "40"),
        _market("BTC/USDT", "50000", "0.01", "0.0001", "2"),
        _market("ETH/USDT", "2500", "0.01", "0.001", "40"),
        _market("BTC/KRW", "80000000", "1", "0.0001", "2"),
        _market("ETH/KRW", "4000000", "1", "0.001", "40"),
    )
}

NETWORKS: Final = {"BTC": "bitcoin", "ETH": "ethereum", "LTC": "litecoin", "TRX": "tron"}
"""By the short names that most exchanges have for them."""
SHORT_NAMES: Final = {network: short for short, network in NETWORKS.items()}

CURRENCIES: Final = {
    currency.code: currency
    for currency in (
        Currency("USD", "US Dollar", (), Decimal(100_000)),
        Currency("KRW", "South Korean Won", (), Decimal(100_000_000)),
        Currency("BTC", "Bitcoin", ("bitcoin",), Decimal(10)),
        Currency("ETH", "Ethereum", ("ethereum",), Decimal(100)),
        Currency("LTC", "Litecoin", ("litecoin",), Decimal(500)),
        Currency("USDT", "Tether USDt", ("ethereum", "tron"), Decimal(100_000)),
    )
}
