"""The order book of one market, and its tape. Price comes first, then time.

Matching only plans: `match` says which resting orders would be met, and changes nothing, so that the
exchange can look at the funds before anything happens. A trade is made at the price of the order that
was there first.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby, islice
from typing import Final, NamedTuple

from bitting.domain.action import Side
from bitting.paper.market import STEP, ZERO
from bitting.paper.orders import Order

_OTHER: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
_REMEMBERED: Final = 1000  # trades of each market: a demonstration may run for weeks


class Fill(NamedTuple):
    """A planned trade with one resting order, at that order's price."""

    maker: Order
    amount: Decimal

    @property
    def cost(self) -> Decimal:
        """What the trade turns over, in the quote currency."""
        return self.amount * self.maker.price


class Level(NamedTuple):
    """All orders at one price."""

    price: Decimal
    amount: Decimal
    orders: int


class Book:
    """Resting orders, best first on both sides."""

    def __init__(self) -> None:
        self._sides: dict[Side, list[Order]] = {Side.BUY: [], Side.SELL: []}

    def orders(self, side: Side) -> Sequence[Order]:
        """The resting orders of a side, best first."""
        return self._sides[side]

    def levels(self, side: Side, depth: int) -> list[Level]:
        """The best `depth` prices of a side."""
        levels = []
        for price, group in islice(groupby(self._sides[side], key=lambda order: order.price), depth):
            orders = list(group)
            levels.append(Level(price, sum((order.remaining for order in orders), ZERO), len(orders)))
        return levels

    def add(self, order: Order) -> None:
        """Put an order in its place."""
        insort(self._sides[order.side], order, key=_rank)

    def remove(self, order: Order) -> None:
        """Take a resting order out."""
        orders = self._sides[order.side]
        del orders[bisect_left(orders, _rank(order), key=_rank)]

    def match(self, side: Side, price: Decimal, amount: Decimal) -> list[Fill]:
        """The trades that an order of `side` would make now."""
        fills = []
        for maker in self._sides[_OTHER[side]]:
            if not amount or (maker.price > price if side is Side.BUY else maker.price < price):
                break
            taken = min(amount, maker.remaining)
            fills.append(Fill(maker, taken))
            amount -= taken
        return fills

    def amount_for(self, side: Side, quote_amount: Decimal) -> Decimal:
        """The most of the base currency that an order of `side` can trade now for `quote_amount`."""
        amount = ZERO
        for maker in self._sides[_OTHER[side]]:
            taken = min(maker.remaining, quote_amount // (maker.price * STEP) * STEP)
            amount += taken
            quote_amount -= taken * maker.price
            if taken < maker.remaining:  # too little is left for a step here; at a lower price there may be enough
                break
        return amount


class Print(NamedTuple):
    """One trade as everybody sees it; `side` is that of whoever came second."""

    id: int
    side: Side
    price: Decimal
    amount: Decimal
    at_ms: int


@dataclass(slots=True)
class Tape:
    """What was traded in one market since the exchange opened; `turnover` is in the quote currency.

    `prints` has the latest trades, newest last.
    """

    opening: Decimal
    last: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal = ZERO
    turnover: Decimal = ZERO
    trades: int = 0
    prints: deque[Print] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    @classmethod
    def at(cls, opening: Decimal) -> Tape:
        """An empty tape; the opening price stands for the last."""
        return cls(opening, opening, opening, opening)

    def take_down(self, print_: Print) -> None:
        """One more trade."""
        price = print_.price
        self.last, self.high, self.low = price, max(self.high, price), min(self.low, price)
        self.volume += print_.amount
        self.turnover += price * print_.amount
        self.trades += 1
        self.prints.append(print_)


def _rank(order: Order) -> tuple[Decimal, int]:
    """Best price first, and at the same price whoever came first."""
    return (-order.price if order.side is Side.BUY else order.price), order.turn
