"""Open market data as Binance shows it."""

from __future__ import annotations

from collections.abc import Callable

from bitting.dialects.strict import Json, json_value
from bitting.domain.action import Side
from bitting.paper.binance import shapes
from bitting.paper.binance.shapes import SYMBOL_OF, SYMBOLS, places
from bitting.paper.book import Level
from bitting.paper.market import Market
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import Call, Form


def ping(call: Call) -> Json:
    return {}


def time(call: Call) -> Json:
    return {"serverTime": call.now_ms}


def system_status(call: Call) -> Json:
    return {"status": 0, "msg": "normal"}


def exchange_info(call: Call) -> Json:
    return {
        "timezone": "UTC",
        "serverTime": call.now_ms,
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [shapes.symbol(market) for market in _markets(call.form)],
    }


def depth(call: Call) -> Json:
    book = call.exchange.books[market_of(call.form).pair]
    limit = call.form.whole("limit", 100)
    bids, asks = book.levels(Side.BUY, limit), book.levels(Side.SELL, limit)
    return {"lastUpdateId": call.now_ms, "bids": _levels(bids), "asks": _levels(asks)}


def day_ticker(call: Call) -> Json:
    """Of the time since the exchange opened, which is said to be the last day."""

    def one(market: Market) -> Json:
        tape, (bid, ask) = call.exchange.tapes[market.pair], _best(call, market)
        change = tape.last - tape.opening
        average = tape.turnover / tape.volume if tape.volume else tape.last
        return {
            "symbol": SYMBOL_OF[market.pair],
            "priceChange": places(change),
            "priceChangePercent": format(change / tape.opening * 100, ".3f"),
            "weightedAvgPrice": places(average),
            "prevClosePrice": places(tape.opening),
            "lastPrice": places(tape.last),
            "bidPrice": places(bid.price),
            "bidQty": places(bid.amount),
            "askPrice": places(ask.price),
            "askQty": places(ask.amount),
            "openPrice": places(tape.opening),
            "highPrice": places(tape.high),
            "lowPrice": places(tape.low),
            "volume": places(tape.volume),
            "quoteVolume": places(tape.turnover),
            "openTime": call.now_ms - 86_400_000,
            "closeTime": call.now_ms,
            "count": tape.trades,
        }

    return _one_or_all(call.form, one)


def price_ticker(call: Call) -> Json:
    def one(market: Market) -> Json:
        return {"symbol": SYMBOL_OF[market.pair], "price": places(call.exchange.tapes[market.pair].last)}

    return _one_or_all(call.form, one)


def book_ticker(call: Call) -> Json:
    def one(market: Market) -> Json:
        bid, ask = _best(call, market)
        return {
            "symbol": SYMBOL_OF[market.pair],
            "bidPrice": places(bid.price),
            "bidQty": places(bid.amount),
            "askPrice": places(ask.price),
            "askQty": places(ask.amount),
        }

    return _one_or_all(call.form, one)


def market_of(form: Form) -> Market:
    """The market of the `symbol`. Raises Rejected (unknown pair)."""
    return _market(form.text("symbol"))


def _market(symbol: str) -> Market:
    if symbol not in SYMBOLS:
        raise Rejected(Why.UNKNOWN_PAIR, symbol)
    return SYMBOLS[symbol]


def _markets(form: Form) -> list[Market]:
    """The market of the `symbol`, those of `symbols` (a JSON list), or all."""
    if "symbol" in form:
        return [market_of(form)]
    if "symbols" not in form:
        return [*SYMBOLS.values()]
    listed = json_value(form.text("symbols").encode())
    if not isinstance(listed, list):
        raise Rejected(Why.BAD_PARAMETER, "symbols")
    return [_market(str(symbol)) for symbol in listed]


def _one_or_all(form: Form, one: Callable[[Market], Json]) -> Json:
    """An object for a `symbol`, else a list."""
    shown = [one(market) for market in _markets(form)]
    return shown[0] if "symbol" in form else shown


def _best(call: Call, market: Market) -> tuple[Level, Level]:
    book = call.exchange.books[market.pair]
    return book.levels(Side.BUY, 1)[0], book.levels(Side.SELL, 1)[0]


def _levels(levels: list[Level]) -> Json:
    return [[places(level.price), places(level.amount)] for level in levels]
