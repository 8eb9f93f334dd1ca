"""Orders and trades as Binance takes and shows them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import chain
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.paper.binance import shapes
from bitting.paper.binance.market_data import market_of
from bitting.paper.binance.words import BinanceError
from bitting.paper.market import LARGEST_AMOUNT, Market
from bitting.paper.orders import Order, Status, Ticket, TimeInForce
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import Call, Form

_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}
_LIVES: Final = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_LENGTHS: Final = ("ACK", "RESULT", "FULL")
_NOT_HERE: Final = ("stopPrice", "trailingDelta", "icebergQty")


def open_orders(call: Call) -> Json:
    """Of one symbol, or of all."""
    market = market_of(call.form) if "symbol" in call.form else None
    orders = call.exchange.accounts[call.caller.account].open.values()
    return [shapes.order(order) for order in orders if market in (None, order.market)]


def all_orders(call: Call) -> Json:
    """Open and ended, the oldest first."""
    market, first = market_of(call.form), call.form.whole("orderId", 0)
    account = call.exchange.accounts[call.caller.account]
    orders = sorted(chain(account.closed, account.open.values()), key=lambda order: order.id)
    wanted = (order for order in orders if order.market == market and order.id >= first)
    return _page(call.form, ((order.created_ms, shapes.order(order)) for order in wanted))


def my_trades(call: Call) -> Json:
    """Of one symbol, the oldest first."""
    form, market = call.form, market_of(call.form)
    order_id = form.whole("orderId") if "orderId" in form else None
    first = form.whole("fromId", 0)
    wanted = (
        trade
        for trade in call.exchange.accounts[call.caller.account].trades
        if trade.order.market == market and order_id in (None, trade.order.id) and trade.id >= first
    )
    return _page(form, ((trade.at_ms, shapes.trade(trade)) for trade in wanted))


def order(call: Call) -> Json:
    try:
        return shapes.order(_find(call, "orderId", "origClientOrderId"))
    except Rejected as no:
        if no.why is Why.UNKNOWN_ORDER:  # what a query calls otherwise than a cancellation
            raise BinanceError(400, -2013, "Order does not exist.") from no
        raise


def new_order(call: Call) -> Json:
    length = call.form.text("newOrderRespType", "FULL")
    if length not in _LENGTHS:
        raise Rejected(Why.BAD_PARAMETER, "newOrderRespType")
    order = call.exchange.place(call.caller, _ticket(call), call.now_ms)
    if order.time_in_force is TimeInForce.POST_ONLY and order.status is Status.EXPIRED:
        raise BinanceError(400, -2010, "Order would immediately match and take.")
    trades = call.exchange.accounts[call.caller.account].trades
    return shapes.new_order(order, (trade for trade in trades if trade.order is order), length)


def cancel_order(call: Call) -> Json:
    order = _find(call, "orderId", "origClientOrderId")
    return shapes.cancelled(call.exchange.cancel(call.caller.account, order.id, call.now_ms))


def cancel_open_orders(call: Call) -> Json:
    market, account = market_of(call.form), call.caller.account
    ids = [order.id for order in call.exchange.accounts[account].open.values() if order.market == market]
    if not ids:
        raise Rejected(Why.UNKNOWN_ORDER)
    return [shapes.cancelled(call.exchange.cancel(account, order_id, call.now_ms)) for order_id in ids]


def cancel_replace(call: Call) -> Json:
    """Cancel one order and place another; by its mode, also when the cancellation fails."""
    mode = call.form.text("cancelReplaceMode")
    if mode not in ("STOP_ON_FAILURE", "ALLOW_FAILURE"):
        raise Rejected(Why.BAD_PARAMETER, "cancelReplaceMode")
    _ticket(call)  # an order that cannot be read must not cost the old one its place
    done: dict[str, Json] = {"cancelResult": "SUCCESS", "newOrderResult": "SUCCESS"}
    try:
        old = _find(call, "cancelOrderId", "cancelOrigClientOrderId")
        done["cancelResponse"] = shapes.cancelled(call.exchange.cancel(call.caller.account, old.id, call.now_ms))
    except Rejected as no:
        done |= {"cancelResult": "FAILURE", "cancelResponse": BinanceError.of(no).to_wire()}
        if mode == "STOP_ON_FAILURE":
            done |= {"newOrderResult": "NOT_ATTEMPTED", "newOrderResponse": None}
            raise BinanceError(400, -2022, "Order cancel-replace failed.", done) from no
    try:
        done["newOrderResponse"] = new_order(call)
    except Rejected as no:
        done |= {"newOrderResult": "FAILURE", "newOrderResponse": BinanceError.of(no).to_wire()}
    except BinanceError as error:
        done |= {"newOrderResult": "FAILURE", "newOrderResponse": error.to_wire()}
    match done["cancelResult"], done["newOrderResult"]:
        case "SUCCESS", "SUCCESS":
            return done
        case "FAILURE", "FAILURE":
            raise BinanceError(400, -2022, "Order cancel-replace failed.", done)
        case _:
            raise BinanceError(409, -2021, "Order cancel-replace partially failed.", done)


def _find(call: Call, by_id: str, by_client_id: str) -> Order:
    """The order of the `symbol` that the form names in one of two ways. Raises Rejected (unknown order)."""
    form, market = call.form, market_of(call.form)
    order_id = form.whole(by_id) if by_id in form else None
    client_id = form.text(by_client_id) if by_client_id in form or order_id is None else None
    return call.exchange.find(
        call.caller.account,
        lambda order: (
            order.market == market and order_id in (None, order.id) and client_id in (None, shapes.client_id(order))
        ),
    )


def _ticket(call: Call) -> Ticket:
    """The order as asked for. At the market, `quoteOrderQty` may stand for the quantity."""
    form, market = call.form, market_of(call.form)
    for name in _NOT_HERE:
        if name in form:
            raise BinanceError(400, -1106, f"Parameter '{name}' sent when not required.")
    side = _SIDES.get(form.text("side"))
    if side is None:
        raise BinanceError(400, -1117, "Invalid side.")
    client_id = form.text("newClientOrderId") if "newClientOrderId" in form else None
    match form.text("type"):
        case "MARKET":
            return Ticket(market, side, _market_amount(call, market, side), None, TimeInForce.IOC, client_id)
        case "LIMIT":
            time_in_force = _LIVES.get(form.text("timeInForce"))
            if time_in_force is None:
                raise BinanceError(400, -1115, "Invalid timeInForce.")
        case "LIMIT_MAKER":
            time_in_force = TimeInForce.POST_ONLY
        case _:
            raise BinanceError(400, -1116, "Invalid orderType.")
    return Ticket(market, side, form.amount("quantity"), form.amount("price"), time_in_force, client_id)


def _market_amount(call: Call, market: Market, side: Side) -> Decimal:
    if "quoteOrderQty" not in call.form:
        return call.form.amount("quantity")
    if "quantity" in call.form:
        raise BinanceError(400, -1106, "Parameter 'quoteOrderQty' sent when not required.")
    quote_amount = call.form.amount("quoteOrderQty")
    if not 0 < quote_amount < LARGEST_AMOUNT * market.largest_price:
        raise Rejected(Why.BAD_AMOUNT, "quoteOrderQty")
    return call.exchange.books[market.pair].amount_for(side, quote_amount)


def _page(form: Form, entries: Iterable[tuple[int, Json]]) -> Json:
    """Of a history, oldest first and each entry with its time in ms: the first ones if the form says from where
    or when, else the last."""
    period, limit = form.period("startTime", "endTime"), form.whole("limit", 500)
    within = [entry for at_ms, entry in entries if at_ms in period]
    from_somewhere = any(name in form for name in ("startTime", "fromId", "orderId"))
    return within[:limit] if from_somewhere else within[max(len(within) - limit, 0) :]
