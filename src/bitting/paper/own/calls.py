"""What the exchange's own API can be asked and told; one function a call."""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.paper.market import CURRENCIES, NETWORKS, Market
from bitting.paper.orders import Order, Ticket
from bitting.paper.own import shapes
from bitting.paper.own.shapes import SYMBOLS
from bitting.paper.rejection import Rejected, Why
from bitting.paper.treasury import Destination
from bitting.paper.wire import Call, Form

_SIDES: Final = {side.value: side for side in Side}


def markets(call: Call) -> Json:
    return [*map(shapes.market, SYMBOLS.values())]


def ticker(call: Call) -> Json:
    market = _market(call.form)
    book, tape = call.exchange.books[market.pair], call.exchange.tapes[market.pair]
    return shapes.ticker(market, tape, book.levels(Side.BUY, 1)[0], book.levels(Side.SELL, 1)[0], call.now_ms)


def balances(call: Call) -> Json:
    purse = call.exchange.ledger.purse(call.caller.account)
    return {"balances": [shapes.balance(code, balance) for code, balance in purse.items()]}


def open_orders(call: Call) -> Json:
    """Of one symbol, or of all."""
    market = _market(call.form) if "symbol" in call.form else None
    orders = call.exchange.accounts[call.caller.account].open.values()
    return [shapes.order(order) for order in orders if market in (None, order.market)]


def order(call: Call) -> Json:
    return shapes.order(_find(call))


def place(call: Call) -> Json:
    """At the market or with a limit; only the latter has a price."""
    form, market = call.form, _market(call.form)
    side, kind = _SIDES.get(form.text("side")), form.text("type")
    if side is None:
        raise Rejected(Why.BAD_PARAMETER, "side")
    if kind not in ("limit", "market"):
        raise Rejected(Why.BAD_PARAMETER, "type")
    if kind == "market" and "price" in form:
        raise Rejected(Why.BAD_PARAMETER, "price")
    price = form.amount("price") if kind == "limit" else None
    client_id = form.text("client_order_id") if "client_order_id" in form else None
    ticket = Ticket(market, side, form.amount("amount"), price, client_id=client_id)
    return shapes.order(call.exchange.place(call.caller, ticket, call.now_ms))


def cancel(call: Call) -> Json:
    return shapes.order(call.exchange.cancel(call.caller.account, _find(call).id, call.now_ms))


def cancel_all(call: Call) -> Json:
    """Every open order of the symbol, or all there are."""
    market, account = _market(call.form) if "symbol" in call.form else None, call.caller.account
    open_orders = call.exchange.accounts[account].open.values()
    ids = [order.id for order in open_orders if market in (None, order.market)]
    return [shapes.order(call.exchange.cancel(account, each, call.now_ms)) for each in ids]


def trades(call: Call) -> Json:
    """One's own in one symbol, or in all; the oldest first."""
    market = _market(call.form) if "symbol" in call.form else None
    known = call.exchange.accounts[call.caller.account].trades
    return [shapes.trade(trade) for trade in known if market in (None, trade.order.market)]


def withdraw(call: Call) -> Json:
    form = call.form
    code = form.text("asset")
    if code not in CURRENCIES:
        raise Rejected(Why.UNKNOWN_CURRENCY, code)
    tag = form.text("tag") if form.raw("tag") else ""
    destination = Destination(NETWORKS.get(form.text("network"), ""), form.text("address"), tag)
    movement = call.exchange.treasury.withdraw(call.caller, code, form.amount("amount"), destination, call.now_ms)
    return shapes.withdrawal(movement, destination)


def _market(form: Form) -> Market:
    symbol = form.text("symbol")
    if symbol not in SYMBOLS:
        raise Rejected(Why.UNKNOWN_PAIR, symbol)
    return SYMBOLS[symbol]


def _find(call: Call) -> Order:
    """The order of the path's id. Raises Rejected (unknown order)."""
    wanted = call.form.text("id")
    return call.exchange.find(call.caller.account, lambda order: str(order.id) == wanted)
