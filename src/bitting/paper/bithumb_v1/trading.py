"""Orders as Bithumb's API 1.0 takes and shows them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.paper.bithumb.shapes import SIDES, order_id
from bitting.paper.bithumb_v1 import shapes
from bitting.paper.bithumb_v1.market_data import market_of
from bitting.paper.bithumb_v1.shapes import fine
from bitting.paper.bithumb_v1.words import NOTHING_OPEN
from bitting.paper.orders import Order, Ticket
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import Call, Form

_NOT_HERE: Final = ("watch_price",)


def orders(call: Call) -> Json:
    """The open orders of a market, newest first: of one side, with one id, since a time, where that is named. None at
    all is a refusal."""
    form, market = call.form, market_of(call.form)
    side = _side(form) if "type" in form else None
    named = form.text("order_id") if "order_id" in form else None
    after_ms, count = form.whole("after", 0), form.whole("count", 100)
    open_orders = [
        order
        for order in reversed(call.exchange.accounts[call.caller.account].open.values())
        if order.market == market
        and side in (None, order.side)
        and named in (None, order_id(order))
        and order.created_ms >= after_ms
    ]
    if not open_orders:
        raise NOTHING_OPEN
    return fine(data=[*map(shapes.order, open_orders[:count])])


def order_detail(call: Call) -> Json:
    found = _find(call)
    trades = [trade for trade in call.exchange.accounts[call.caller.account].trades if trade.order is found]
    return fine(data=shapes.order_detail(found, trades))


def recent(call: Call) -> Json:
    """What the account last traded in a market, and the market's own prices."""
    market = market_of(call.form)
    tape = call.exchange.tapes[market.pair]
    return fine(data={**shapes.ticker(tape), "order_currency": market.base, "payment_currency": market.quote})


def place(call: Call) -> Json:
    return _place(call, _side(call.form), call.form.amount("price"))


def market_buy(call: Call) -> Json:
    return _place(call, Side.BUY, None)


def market_sell(call: Call) -> Json:
    return _place(call, Side.SELL, None)


def cancel(call: Call) -> Json:
    """The form has to name the order's side and market too."""
    found = _find(call)
    if _side(call.form) is not found.side:
        raise Rejected(Why.UNKNOWN_ORDER)
    call.exchange.cancel(call.caller.account, found.id, call.now_ms)
    return fine()


def _place(call: Call, side: Side, price: Decimal | None) -> Json:
    for name in _NOT_HERE:
        if name in call.form:
            raise Rejected(Why.BAD_PARAMETER, name)
    ticket = Ticket(market_of(call.form), side, call.form.amount("units"), price)
    return fine(order_id=order_id(call.exchange.place(call.caller, ticket, call.now_ms)))


def _side(form: Form) -> Side:
    side = SIDES.get(form.text("type"))
    if side is None:
        raise Rejected(Why.BAD_PARAMETER, "type")
    return side


def _find(call: Call) -> Order:
    """The order of the `order_id`, in the market named. Raises Rejected (unknown order)."""
    named, market = call.form.text("order_id"), market_of(call.form)
    return call.exchange.find(call.caller.account, lambda order: order_id(order) == named and order.market == market)
