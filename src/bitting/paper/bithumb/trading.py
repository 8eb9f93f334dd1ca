"""Orders as Bithumb's API 2.0 takes and shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from itertools import chain
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.paper.bithumb import shapes
from bitting.paper.bithumb.market_data import market_of
from bitting.paper.bithumb.shapes import LIVES, SIDES
from bitting.paper.bithumb.words import BithumbError
from bitting.paper.market import LARGEST_AMOUNT, Market
from bitting.paper.orders import Order, Ticket, TimeInForce, Trade
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import Call, Form

_STATES: Final = ("wait", "watch", "done", "cancel")
_NOT_HERE: Final = ("watch_price", "stp_type")


def orders(call: Call) -> Json:
    """Of the form's market, states and lists of ids, where it has them; without states or ids, those that wait."""
    form, account = call.form, call.exchange.accounts[call.caller.account]
    market = market_of(form) if "market" in form else None
    ids, client_ids = form.texts("uuids"), form.texts("client_order_ids")
    states = _states(form, listed=ids is not None or client_ids is not None)
    known = sorted(chain(account.closed, account.open.values()), key=lambda order: order.id, reverse=True)
    wanted = [
        order
        for order in known
        if market in (None, order.market)
        and shapes.state(order) in states
        and (ids is None or shapes.order_id(order) in ids)
        and (client_ids is None or order.client_id in client_ids)
    ]
    counts = Counter(trade.order.id for trade in account.trades)
    return shapes.page(form, [shapes.order(order, counts[order.id]) for order in wanted])


def order(call: Call) -> Json:
    found = _find(call, "uuid")
    trades = _trades(call, found)
    return {**shapes.order(found, len(trades)), "trades": [*map(shapes.trade, trades)]}


def place(call: Call) -> dict[str, Json]:
    return shapes.placed(call.exchange.place(call.caller, _ticket(call, "order_type"), call.now_ms))


def cancel(call: Call) -> dict[str, Json]:
    found = _find(call, "order_id")
    return shapes.cancelled(call.exchange.cancel(call.caller.account, found.id, call.now_ms))


def place_as_before(call: Call) -> Json:
    """As it was before /v2: the type has another name, and the answer is the order."""
    placed = call.exchange.place(call.caller, _ticket(call, "ord_type"), call.now_ms)
    return shapes.order(placed, len(_trades(call, placed)))


def cancel_as_before(call: Call) -> Json:
    """As it was before /v2: the id has another name, and the answer is the order."""
    found = _find(call, "uuid")
    call.exchange.cancel(call.caller.account, found.id, call.now_ms)
    return shapes.order(found, len(_trades(call, found)))


def place_batch(call: Call) -> Json:
    """Each order answered on its own: one that is refused does not stop the others."""
    batch = call.form.raw("batch_orders")
    if not isinstance(batch, list):
        raise Rejected(Why.BAD_PARAMETER, "batch_orders")
    return {"batch_orders_response": [_one(call, each, place) for each in batch]}


def cancel_batch(call: Call) -> Json:
    """Each order answered on its own, by whether that went well."""
    for name, listed in (("order_id", "order_ids"), ("client_order_id", "client_order_ids")):
        if (ids := call.form.texts(listed)) is not None:
            done = [_one(call, {name: each}, cancel) for each in ids]
            return {
                "success": [each for each in done if "created_at" in each],
                "fail": [{name: each, "error": said} for each, said in zip(ids, done, strict=True) if "name" in said],
            }
    raise Rejected(Why.BAD_PARAMETER, "order_ids")


def _one(call: Call, values: Json, handler: Callable[[Call], dict[str, Json]]) -> dict[str, Json]:
    """One call of a batch: its answer, or its refusal."""
    try:
        if not isinstance(values, dict):
            raise Rejected(Why.BAD_PARAMETER, "batch_orders")
        return handler(call._replace(form=Form(values)))
    except Rejected as no:
        error = BithumbError.of(no)
    return {"name": error.name, "message": str(error)}


def _states(form: Form, *, listed: bool) -> tuple[str, ...]:
    states = form.texts("states")
    if states is None:
        states = [form.text("state")] if "state" in form else [*_STATES] if listed else ["wait"]
    if not set(states) <= set(_STATES):
        raise Rejected(Why.BAD_PARAMETER, "state")
    return tuple(states)


def _find(call: Call, by_id: str) -> Order:
    """The order that the form names in one of two ways. Raises Rejected (unknown order)."""
    form = call.form
    order_id = form.text(by_id) if by_id in form else None
    client_id = form.text("client_order_id") if "client_order_id" in form or order_id is None else None
    return call.exchange.find(
        call.caller.account,
        lambda order: order_id in (None, shapes.order_id(order)) and client_id in (None, order.client_id),
    )


def _trades(call: Call, order: Order) -> list[Trade]:
    return [trade for trade in call.exchange.accounts[call.caller.account].trades if trade.order is order]


def _ticket(call: Call, kind: str) -> Ticket:
    """The order as asked for, its type in `kind`. At the market it says what to spend, or what to sell."""
    form, market = call.form, market_of(call.form)
    _refuse(form, *_NOT_HERE)
    side = SIDES.get(form.text("side"))
    if side is None:
        raise Rejected(Why.BAD_PARAMETER, "side")
    client_id = form.text("client_order_id") if "client_order_id" in form else None
    match form.text(kind), side:
        case "limit", _:
            return Ticket(market, side, form.amount("volume"), form.amount("price"), _life(form), client_id)
        case "price", Side.BUY:
            _refuse(form, "volume", "time_in_force")
            return Ticket(market, side, _affordable(call, market), None, TimeInForce.IOC, client_id)
        case "market", Side.SELL:
            _refuse(form, "price", "time_in_force")
            return Ticket(market, side, form.amount("volume"), None, TimeInForce.IOC, client_id)
        case _:
            raise Rejected(Why.BAD_PARAMETER, kind)


def _life(form: Form) -> TimeInForce:
    if "time_in_force" not in form:
        return TimeInForce.GTC
    life = LIVES.get(form.text("time_in_force"))
    if life is None:
        raise Rejected(Why.BAD_PARAMETER, "time_in_force")
    return life


def _affordable(call: Call, market: Market) -> Decimal:
    cost = call.form.amount("price")
    if not 0 < cost < LARGEST_AMOUNT * market.largest_price:
        raise Rejected(Why.BAD_PRICE, "price")
    return call.exchange.books[market.pair].amount_for(Side.BUY, cost)


def _refuse(form: Form, *names: str) -> None:
    for name in names:
        if name in form:
            raise Rejected(Why.BAD_PARAMETER, name)
