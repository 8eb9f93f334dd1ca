"""Binance's orders in the house's words: single ones, changes, batches, order lists.

The rule it keeps: nothing lifts a limit but the venue's own flag, and an order names what it may cost or it
is of unknown value. Field names follow the trading endpoints of the spot, margin and USDⓈ-M REST API (2026-07).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from bitting.dialects.amounts import highest_and_lowest
from bitting.dialects.binance_parameters import Fill, Parameters, amount, flag, maybe, pair, side, text
from bitting.dialects.strict import Json, json_value
from bitting.domain.action import Action, Kind, Order
from bitting.domain.errors import MalformedRequest
from bitting.domain.permissions import Permission


class _Shape(NamedTuple):
    """What orders of a market look like: whether `price` limits a type, and under which names fields stand. A stop
    whose price is no limit becomes a market order; a pegged price follows the book, and caps nothing."""

    limits: dict[str, bool]
    triggers: tuple[str, ...]
    pegs: tuple[str, ...] = ("pegPriceType", "priceMatch")
    type: str = "type"
    price: str = "price"
    side: str = "side"
    quantity: str = "quantity"


_SPOT: Final = _Shape(
    {
        "LIMIT": True,
        "LIMIT_MAKER": True,
        "MARKET": False,
        "STOP_LOSS": False,
        "STOP_LOSS_LIMIT": True,
        "TAKE_PROFIT": False,
        "TAKE_PROFIT_LIMIT": True,
    },
    ("stopPrice",),
)
_FUTURES: Final = _Shape(
    {
        "LIMIT": True,
        "MARKET": False,
        "STOP": True,
        "STOP_MARKET": False,
        "TAKE_PROFIT": True,
        "TAKE_PROFIT_MARKET": False,
        "TRAILING_STOP_MARKET": False,
    },
    ("stopPrice", "triggerPrice", "activationPrice", "activatePrice"),
)
_UNTRIGGERED: Final = ("LIMIT", "LIMIT_MAKER", "MARKET")
_CLOSING: Final = ("STOP_MARKET", "TAKE_PROFIT_MARKET")  # the types that know closePosition


def spot_order(action: Action, given: Parameters) -> tuple[Action, ...]:
    """`order`, `order/test`, `order/cancelReplace`, `sor/order`, `margin/order`."""
    quantity, quote_quantity = maybe(given, "quantity"), maybe(given, "quoteOrderQty")
    by_quote = quote_quantity is not None
    if by_quote == (quantity is not None) or (by_quote and given.get("type") != "MARKET"):
        raise MalformedRequest("an order has a quantity, or a MARKET order a quoteOrderQty")
    return _one(action, _order(_SPOT, given, quantity, quote_quantity))


def futures_order(action: Action, given: Parameters) -> tuple[Action, ...]:
    """`order` and `algoOrder` of futures. `closePosition` stands in place of a quantity, and can only close."""
    closes, reduces = flag(given, "closePosition"), flag(given, "reduceOnly")
    if closes and given.get("type") not in _CLOSING:
        raise MalformedRequest("closePosition belongs to STOP_MARKET and TAKE_PROFIT_MARKET")
    quantity = maybe(given, "quantity")
    if closes == (quantity is not None):
        raise MalformedRequest("an order has a quantity, or closePosition")
    return _one(action, _order(_FUTURES, given, quantity, reduces=closes or reduces))


def futures_change(action: Action, given: Parameters) -> tuple[Action, ...]:
    """A resting LIMIT order of futures with another quantity and price. What it was flagged as is not known here."""
    limit = {**given, "type": "LIMIT"}
    return _one(action, _order(_FUTURES, limit, amount(given, "quantity")))


def algo_order(action: Action, given: Parameters) -> tuple[Action, ...]:
    """TWAP and VP: a quantity spread over time, at market unless `limitPrice` says otherwise."""
    limit = maybe(given, "limitPrice")
    capped = limit is not None
    return _one(action, Order(pair(given), side(given), amount(given, "quantity"), limit, capped=capped))


def each_of(fill: Fill) -> Fill:
    """`batchOrders`: a JSON list in one parameter, each item an order."""

    def batch(action: Action, given: Parameters) -> tuple[Action, ...]:
        items = json_value(text(given, "batchOrders").encode())
        if not isinstance(items, list) or not items:
            raise MalformedRequest("batchOrders is not a list of orders")
        return tuple(placed for item in items for placed in fill(action, dict(_spelled(item))))

    return batch


def oco_order(action: Action, given: Parameters) -> tuple[Action, ...]:
    """`order/oco`, the older notation: a limit order and a stop of the same side and quantity."""
    limit = Order(pair(given), side(given), amount(given, "quantity"), amount(given, "price"))
    trigger, capped_at = amount(given, "stopPrice"), maybe(given, "stopLimitPrice")
    stop = limit._replace(price=trigger, capped=False)
    if capped_at is not None:
        stop = limit._replace(price=max(trigger, capped_at), lowest=min(trigger, capped_at))
    return _one(action, limit) + _one(action, stop)


class Leg(NamedTuple):
    """One order of a list. What waits for another order may be of unknown size."""

    shape: _Shape
    waits: bool = False
    may_be_absent: bool = False


def _field(prefix: str, name: str) -> str:
    return f"{prefix}{name[0].upper()}{name[1:]}" if prefix else name


def _shape(leg: str, group: str) -> _Shape:
    """A leg's own fields begin with its name (`pendingAbovePrice`), those that legs share with their group's."""
    return _Shape(
        _SPOT.limits,
        tuple(_field(leg, each) for each in _SPOT.triggers),
        tuple(_field(leg, each) for each in _SPOT.pegs),
        _field(leg, _SPOT.type),
        _field(leg, _SPOT.price),
        _field(group, _SPOT.side),
        _field(group, _SPOT.quantity),
    )


OCO: Final = (Leg(_shape("above", "")), Leg(_shape("below", "")))
OTO: Final = (Leg(_shape("working", "working")), Leg(_shape("pending", "pending"), waits=True))
OTOCO: Final = (
    OTO[0],
    Leg(_shape("pendingAbove", "pending"), waits=True),
    Leg(_shape("pendingBelow", "pending"), waits=True, may_be_absent=True),
)


def order_list(*legs: Leg) -> Fill:
    """`orderList/*`: an order a leg. In an OPO the pending quantity is what the working order brings in: not
    known, so no key with a money limit may place one."""

    def fill(action: Action, given: Parameters) -> tuple[Action, ...]:
        placed: tuple[Action, ...] = ()
        for leg in legs:
            shape = leg.shape
            if leg.may_be_absent and shape.type not in given:
                continue
            size = maybe(given, shape.quantity) if leg.waits else amount(given, shape.quantity)
            placed += _one(action, _order(shape, given, size))
        return placed

    return fill


_BORROW: Final = Action("borrow.by_order", Kind.CHANGE, Permission.BORROW_WRITE)


def with_borrowing(fill: Fill) -> Fill:
    """Margin orders: a `sideEffectType` makes an order borrow or repay as well, which is a right of its own."""

    def margin(action: Action, given: Parameters) -> tuple[Action, ...]:
        placed = fill(action, given)
        return placed if given.get("sideEffectType", "NO_SIDE_EFFECT") == "NO_SIDE_EFFECT" else (*placed, _BORROW)

    return margin


def _one(action: Action, order: Order) -> tuple[Action, ...]:
    return (Action(action.name, action.kind, action.permission, order.pair, order),)


def _order(
    shape: _Shape,
    given: Parameters,
    quantity: Decimal | None,
    quote_quantity: Decimal | None = None,
    *,
    reduces: bool = False,
) -> Order:
    """One order with its prices."""
    kind = given.get(shape.type, "")
    limited = shape.limits.get(kind)
    if limited is None:
        raise MalformedRequest("the type of the order is not one of this market's")
    price = maybe(given, shape.price)
    pegged = not given.keys().isdisjoint(shape.pegs)
    if limited and price is None and not pegged:
        raise MalformedRequest(f"no {shape.price}")
    triggers = [amount(given, name) for name in shape.triggers if name in given]
    if triggers and kind in _UNTRIGGERED:
        raise MalformedRequest(f"a {kind} order has no trigger")  # it would only dress up the price
    highest, lowest = highest_and_lowest(triggers if price is None else [price, *triggers])
    capped = limited and not pegged
    return Order(pair(given), side(given, shape.side), quantity, highest, quote_quantity, reduces, capped, lowest)


def _spelled(item: Json) -> Iterator[tuple[str, str]]:
    """A JSON order as parameters: numbers and booleans in the spelling they would have in a form."""
    if not isinstance(item, dict):
        raise MalformedRequest("an order of the batch is not an object")
    for name, value in item.items():
        match value:
            case str():
                yield name, value
            case bool():
                yield name, "true" if value else "false"
            case int():
                yield name, str(value)
            case Decimal():
                yield name, f"{value:f}"
            case _:
                raise MalformedRequest(f"{name[:32]!r} in the batch is neither text nor number")
