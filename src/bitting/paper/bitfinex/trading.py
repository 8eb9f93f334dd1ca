"""Orders and trades as Bitfinex takes and shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.domain.money import amount_to_text
from bitting.paper.bitfinex import shapes
from bitting.paper.bitfinex.market_data import market_of
from bitting.paper.bitfinex.shapes import POST_ONLY, TYPES
from bitting.paper.bitfinex.words import GENERIC, BitfinexError
from bitting.paper.market import Market
from bitting.paper.orders import Order, Ticket, TimeInForce
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import Call, Form

_NOT_HERE: Final = ("lev", "price_trailing", "price_aux_limit", "price_oco_stop", "tif", "delta")


def orders(call: Call) -> Json:
    open_orders = call.exchange.accounts[call.caller.account].open.values()
    return [shapes.order(order) for order in _wanted(call.form, open_orders)]


def orders_history(call: Call) -> Json:
    closed = reversed(call.exchange.accounts[call.caller.account].closed)
    return shapes.page(call.form, ((order.updated_ms, shapes.order(order)) for order in _wanted(call.form, closed)))


def trades_history(call: Call) -> Json:
    market = market_of(call.form) if "symbol" in call.form else None
    order_id = call.form.whole("id") if "id" in call.form else None
    return shapes.page(
        call.form,
        (
            (trade.at_ms, shapes.trade(trade))
            for trade in reversed(call.exchange.accounts[call.caller.account].trades)
            if market in (None, trade.order.market) and order_id in (None, trade.order.id)
        ),
    )


def submit(call: Call) -> Json:
    ticket = _ticket(call.form)
    try:
        order = call.exchange.place(call.caller, ticket, call.now_ms)
    except Rejected as no:
        raise _in_words(no, ticket.market, ticket.amount, ticket.price) from no
    return shapes.notification("on-req", [shapes.order(order)], "Submitting 1 orders.", call.now_ms)


def update(call: Call) -> Json:
    form, account = call.form, call.caller.account
    _refuse(form, ("flags", *_NOT_HERE))
    order_id = form.whole("id")
    order = call.exchange.find(account, lambda order: order.id == order_id)
    price = order.market.cut(form.amount("price")) if "price" in form else None
    amount = None
    if "amount" in form:
        side, amount = _side_and_amount(form)
        if side is not order.side:
            raise Rejected(Why.BAD_AMOUNT, "amount")
    try:
        call.exchange.amend(account, order.id, price, amount, call.now_ms)
    except Rejected as no:
        raise _in_words(no, order.market, amount or order.amount, price or order.price) from no
    text = f"Submitting update to {shapes.order_type(order).lower()} {order.side.value} order."
    return shapes.notification("ou-req", shapes.order(order), text, call.now_ms)


def cancel(call: Call) -> Json:
    order = call.exchange.cancel(call.caller.account, _order_id(call), call.now_ms)
    text = f"Submitted for cancellation; waiting for confirmation (ID: {order.id})."
    return shapes.notification("oc-req", shapes.order(order), text, call.now_ms)


def cancel_multi(call: Call) -> Json:
    """All open orders, or those listed by id; what is listed and not open is passed over."""
    account = call.caller.account
    open_orders = call.exchange.accounts[account].open
    if call.form.raw("all") == 1:  # or true, which is equal to it
        ids = list(open_orders)
    else:
        ids = [order.id for order in _wanted(call.form, open_orders.values(), required=True)]
    cancelled: list[Json] = [shapes.order(call.exchange.cancel(account, id_, call.now_ms)) for id_ in ids]
    text = f"Submitting {len(cancelled)} order cancellations."
    return shapes.notification("oc_multi-req", cancelled, text, call.now_ms)


def multi(call: Call) -> Json:
    """A list of operations, each answered on its own: one that is refused does not stop the others."""
    operations = call.form.raw("ops")
    if not isinstance(operations, list):
        raise Rejected(Why.BAD_PARAMETER, "ops")
    done = [_operation(call, operation) for operation in operations]
    text = f"Submitting {len(done)} order operations."
    return shapes.notification("ox_multi-req", done, text, call.now_ms)


_OPERATIONS: Final = {"on": submit, "ou": update, "oc": cancel, "oc_multi": cancel_multi}


def _operation(call: Call, operation: Json) -> Json:
    match operation:
        case [str(name), dict(values)] if name in _OPERATIONS:
            form = Form(values)
        case _:
            raise Rejected(Why.BAD_PARAMETER, "ops")
    try:
        return _OPERATIONS[name](call._replace(form=form))
    except Rejected as no:
        error = BitfinexError.of(no)
    except BitfinexError as said:
        error = said
    return [call.now_ms, f"{name}-req", None, None, [None], error.code, "ERROR", str(error)]


def _ticket(form: Form) -> Ticket:
    """The order as asked for. A price beyond the tick is cut, as Bitfinex does; a market order's is not read."""
    market, kind = market_of(form), form.text("type")
    _refuse(form, _NOT_HERE)
    if kind not in TYPES:
        raise Rejected(Why.BAD_PARAMETER, "type")
    time_in_force, flags = TYPES[kind], form.whole("flags", 0)
    if flags == POST_ONLY and time_in_force is TimeInForce.GTC:
        time_in_force = TimeInForce.POST_ONLY
    elif flags:
        raise Rejected(Why.BAD_PARAMETER, "flags")
    side, amount = _side_and_amount(form)
    price = None if kind == "EXCHANGE MARKET" else market.cut(form.amount("price"))
    client_id = str(form.whole("cid")) if "cid" in form else None
    return Ticket(market, side, amount, price, time_in_force, client_id)


def _side_and_amount(form: Form) -> tuple[Side, Decimal]:
    amount = form.amount("amount")
    return (Side.BUY if amount > 0 else Side.SELL), abs(amount)


def _order_id(call: Call) -> int:
    """The order's `id`, or that of the client id `cid` given on the day `cid_date`."""
    form, account = call.form, call.caller.account
    if "id" in form:
        return form.whole("id")
    cid, day = str(form.whole("cid")), form.text("cid_date")
    return call.exchange.find(account, lambda order: order.client_id == cid and _day(order) == day).id


def _day(order: Order) -> str:
    return datetime.fromtimestamp(order.created_ms // 1000, UTC).date().isoformat()


def _wanted(form: Form, orders: Iterable[Order], *, required: bool = False) -> list[Order]:
    """The orders of the form's `symbol` and list of `id`s, where it has them; with `required` it must have ids."""
    market = market_of(form) if "symbol" in form else None
    listed = form.raw("id")
    if listed is None and not required:
        return [order for order in orders if market in (None, order.market)]
    if not isinstance(listed, list):
        raise Rejected(Why.BAD_PARAMETER, "id")
    ids = {Form({"id": item}).whole("id") for item in listed}
    return [order for order in orders if order.id in ids and market in (None, order.market)]


def _refuse(form: Form, names: Iterable[str]) -> None:
    for name in names:
        if name in form:
            raise Rejected(Why.BAD_PARAMETER, name)


def _in_words(no: Rejected, market: Market, amount: Decimal, price: Decimal | None) -> BitfinexError:
    """The refusal of an order; for want of money Bitfinex names the order."""
    if no.why is not Why.INSUFFICIENT_FUNDS:
        return BitfinexError.of(no)
    what = f"{amount_to_text(amount)} {shapes.SYMBOL_OF[market.pair][1:]}"
    at = "at market" if price is None else f"at {amount_to_text(price)}"
    return BitfinexError(GENERIC, f"Invalid order: not enough exchange balance for {what} {at}")
