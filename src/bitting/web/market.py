"""What the exchange says of itself, asked every second: last prices and resting orders.

The operator's exchange answers `GET <path>` with JSON:

    {"prices": {"BTC/USD": "50000.00"}, "open_orders": {"<account id>": 3}, "open_orders_by_key": {"<key id>": 2}}

What is older than a few seconds is not known any more, and limits that need it refuse.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from bitting.domain.errors import Malformed, MalformedValue, Unavailable
from bitting.domain.money import positive_from_text
from bitting.domain.pairs import Pair
from bitting.web.http import Upstream

EVERY_S: Final = 1.0
STALE_NS: Final = 5_000_000_000


class MarketFeed:
    """Fits `gate.limits.Market`; `run` keeps it fresh.

    An order is counted from the moment it is sent until the second answer after that: the first may have been on
    its way before the order arrived. So it may be counted twice for a second, and never not at all.
    """

    def __init__(self, upstream: Upstream, path: bytes, monotonic_ns: Callable[[], int]) -> None:
        self._upstream = upstream
        self._path = path
        self._monotonic_ns = monotonic_ns
        self._prices: dict[Pair, Decimal] = {}
        self._resting: dict[str, int] = {}
        self._sent: Counter[str] = Counter()  # since we last asked
        self._sent_before: Counter[str] = Counter()  # since the time before that
        self._heard_ns: int | None = None

    def last_price(self, pair: Pair) -> Decimal | None:
        """The last trade's price, if it was heard lately."""
        return self._prices.get(pair) if self._fresh() else None

    def open_orders(self, scope: str) -> int | None:
        """Resting orders, if heard lately, and those sent that the answer may not have shown."""
        if not self._fresh():
            return None
        return self._resting.get(scope, 0) + self._sent[scope] + self._sent_before[scope]

    def placed(self, scopes: Iterable[str], orders: int) -> None:
        """Count orders that are about to be sent."""
        for scope in scopes:
            self._sent[scope] += orders

    async def run(self) -> None:
        """Ask for ever. While the exchange does not answer, what is known grows stale by itself."""
        while True:
            await self.refresh()
            await asyncio.sleep(EVERY_S)

    async def refresh(self) -> None:
        """Ask once."""
        asked = self._sent.copy()
        try:
            reply = await self._upstream.send(b"GET", self._path, (), b"")
            if reply.status != 200:
                raise MalformedValue(f"status {reply.status}")
            self._prices, self._resting = _read(reply.body)
        except (Unavailable, Malformed):
            return
        self._heard_ns = self._monotonic_ns()
        self._sent, self._sent_before = self._sent - asked, asked

    def _fresh(self) -> bool:
        return self._heard_ns is not None and self._monotonic_ns() - self._heard_ns <= STALE_NS


def _read(body: bytes) -> tuple[dict[Pair, Decimal], dict[str, int]]:
    """Raises MalformedValue: a price that cannot be read must not pass for one."""
    try:
        said = json.loads(body)
        prices = {Pair.from_text(pair): positive_from_text(price) for pair, price in said["prices"].items()}
        counts = {**said["open_orders"], **said["open_orders_by_key"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise MalformedValue("the exchange's facts cannot be read") from None
    if not all(type(orders) is int and orders >= 0 for orders in counts.values()):
        raise MalformedValue("the exchange counts its resting orders in whole numbers")
    return prices, counts
