"""Open market data as Bithumb's API 1.0 shows it. `ALL` stands for every currency traded for the other one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby, islice
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.domain.pairs import Pair
from bitting.paper.bithumb_v1 import shapes
from bitting.paper.bithumb_v1.shapes import fine
from bitting.paper.book import Tape
from bitting.paper.market import MARKETS, Market
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import Call, Form

_MINUTE_MS: Final = 60_000
_INTERVALS: Final = {
    **{f"{minutes}m": minutes for minutes in (1, 3, 5, 10, 30)},
    **{f"{hours}h": hours * 60 for hours in (1, 6, 12, 24)},
}


def ticker(call: Call) -> Json:
    shown = _one_or_all(call, lambda market: shapes.ticker(_tape(call, market)))
    return fine(data={**shown, "date": str(call.now_ms)})


def orderbook(call: Call) -> Json:
    count = call.form.whole("count", 30)

    def one(market: Market) -> dict[str, Json]:
        book = call.exchange.books[market.pair]
        return shapes.orderbook(market, book.levels(Side.BUY, count), book.levels(Side.SELL, count))

    common: dict[str, Json] = {"timestamp": str(call.now_ms), "payment_currency": call.form.text("payment_currency")}
    return fine(data={**common, **_one_or_all(call, one)})


def transaction_history(call: Call) -> Json:
    """The latest trades, newest first."""
    prints = reversed(_tape(call, market_of(call.form)).prints)
    return fine(data=[*map(shapes.print_, islice(prints, call.form.whole("count", 20)))])


def candlestick(call: Call) -> Json:
    """The oldest first; a period without a trade has none."""
    minutes = _INTERVALS.get(call.form.text("interval"))
    if minutes is None:
        raise Rejected(Why.BAD_PARAMETER, "interval")
    period_ms = minutes * _MINUTE_MS
    periods = groupby(_tape(call, market_of(call.form)).prints, key=lambda each: each.at_ms // period_ms)
    return fine(data=[shapes.candle(number * period_ms, [*traded]) for number, traded in periods])


def market_of(form: Form) -> Market:
    """The market of `order_currency` and `payment_currency`, which is won unless named. Raises Rejected (unknown
    pair)."""
    base, quote = form.text("order_currency"), form.text("payment_currency", "KRW")
    market = MARKETS.get(Pair(base, quote))
    if market is None:
        raise Rejected(Why.UNKNOWN_PAIR, f"{base}/{quote}")
    return market


def _one_or_all(call: Call, one: Callable[[Market], dict[str, Json]]) -> dict[str, Json]:
    """The fields of one market, or those of each by its currency."""
    if call.form.text("order_currency") != "ALL":
        return one(market_of(call.form))
    quote = call.form.text("payment_currency")
    return {market.base: one(market) for market in MARKETS.values() if market.quote == quote}


def _tape(call: Call, market: Market) -> Tape:
    return call.exchange.tapes[market.pair]
