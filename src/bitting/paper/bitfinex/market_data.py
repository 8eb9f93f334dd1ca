"""Open market data and the public configuration, in which Bitfinex lists its pairs, currencies and methods."""

from __future__ import annotations

from bitting.dialects.strict import Json
from bitting.paper.bitfinex import shapes
from bitting.paper.bitfinex.shapes import SYMBOLS
from bitting.paper.market import Market
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import Call, Form


def platform_status(call: Call) -> Json:
    return [1]


def conf(call: Call) -> Json:
    return [shapes.conf(key) for key in call.form.text("keys").split(",")]


def ticker(call: Call) -> Json:
    return _ticker(call, market_of(call.form))


def tickers(call: Call) -> Json:
    """Of the symbols listed, or of `ALL`; what is not traded here is passed over."""
    wanted = call.form.text("symbols").split(",")
    listed = [symbol for symbol in SYMBOLS if symbol in wanted or wanted == ["ALL"]]
    return [[symbol, *_ticker(call, SYMBOLS[symbol])] for symbol in listed]


def book(call: Call) -> Json:
    book = call.exchange.books[market_of(call.form).pair]
    length = call.form.whole("len", 25)
    return shapes.raw_book(book, length) if call.form.text("precision") == "R0" else shapes.levels(book, length)


def market_of(form: Form) -> Market:
    """The market of the `symbol`. Raises Rejected (unknown pair)."""
    symbol = form.text("symbol")
    if symbol not in SYMBOLS:
        raise Rejected(Why.UNKNOWN_PAIR, symbol)
    return SYMBOLS[symbol]


def _ticker(call: Call, market: Market) -> list[Json]:
    return shapes.ticker(call.exchange.books[market.pair], call.exchange.tapes[market.pair])
