"""Open market data as Bithumb's API 2.0 shows it."""

from __future__ import annotations

from itertools import groupby, islice
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.paper.bithumb import shapes
from bitting.paper.bithumb.shapes import MARKET_IDS
from bitting.paper.market import CURRENCIES, Market
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import Call, Form

_MINUTE_MS: Final = 60_000
_DAY: Final = 1440
_UNITS: Final = (1, 3, 5, 10, 15, 30, 60, 240)
_DEPTH: Final = 30


def markets(call: Call) -> Json:
    return [
        {
            "market": name,
            "korean_name": CURRENCIES[market.base].name,
            "english_name": CURRENCIES[market.base].name,
            "market_warning": "NONE",
        }
        for name, market in MARKET_IDS.items()
    ]


def tickers(call: Call) -> Json:
    return [shapes.ticker(market, call.exchange.tapes[market.pair], call.now_ms) for market in _markets(call.form)]


def orderbooks(call: Call) -> Json:
    return [_orderbook(call, market) for market in _markets(call.form)]


def ticks(call: Call) -> Json:
    """The latest trades, newest first."""
    market = market_of(call.form)
    tape = call.exchange.tapes[market.pair]
    newest_first = (shapes.tick(market, tape, each) for each in reversed(tape.prints))
    return [*islice(newest_first, call.form.whole("count", 1))]


def minute_candles(call: Call) -> Json:
    unit = call.form.whole("unit")
    if unit not in _UNITS:
        raise Rejected(Why.BAD_PARAMETER, "unit")
    return [{**candle, "unit": unit} for candle in _candles(call, unit)]


def day_candles(call: Call) -> Json:
    return [*_candles(call, _DAY)]


def market_of(form: Form) -> Market:
    """The market of the `market`. Raises Rejected (unknown pair)."""
    return _market(form.text("market"))


def _market(name: str) -> Market:
    if name not in MARKET_IDS:
        raise Rejected(Why.UNKNOWN_PAIR, name)
    return MARKET_IDS[name]


def _markets(form: Form) -> list[Market]:
    return [_market(name) for name in form.text("markets").split(",")]


def _orderbook(call: Call, market: Market) -> Json:
    book = call.exchange.books[market.pair]
    return shapes.orderbook(market, book.levels(Side.BUY, _DEPTH), book.levels(Side.SELL, _DEPTH), call.now_ms)


def _candles(call: Call, minutes: int) -> list[dict[str, Json]]:
    """Newest first; a period without a trade has none."""
    market, period_ms = market_of(call.form), minutes * _MINUTE_MS
    prints = call.exchange.tapes[market.pair].prints
    candles = [
        shapes.candle(market, number * period_ms, traded)
        for number, traded in groupby(prints, key=lambda each: each.at_ms // period_ms)
    ]
    return candles[::-1][: call.form.whole("count", 1)]
