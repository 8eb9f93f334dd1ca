"""Binance's orders in the house's words: single ones, changes, batches, order lists.

The rule it keeps: nothing lifts a limit but the venue's own flag, and an order names what it may cost or it
is of unknown value. Field names follow the trading endpoints of the spot, margin and USDⓈ-M REST API (2026-07).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from bitting.dialects.binance_parameters import Fill, Parameters, amount, flag, maybe, pair, side, text
from bitting.dialects.strict import Json, json_value
from bitting.domain.action import Action, Kind, Order, Side
from bitting.domain.errors import MalformedRequest
from bitting.domain.permissions import Permission


class _Market(NamedTuple):
    """What orders look like: whether `price` limits a type, and where triggers stand. A stop whose price
    is no limit becomes a market order."""

    limits: dict[str, bool]
    triggers: tuple[str, ...]


_SPOT: Final = _Market(
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
_FUTURES: Final = _Market(
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
    return _one(action, _order(_SPOT, given, side(given), quantity, quote_quantity))


def futures_order(action: Action, given: Parameters) -> tuple[Action, ...]:
    """`order` and `algoOrder` of futures. `closePosition` stands in place of a quantity, and can only close."""
    closes, reduces = flag(given, "closePosition"), flag(given, "reduceOnly")
    if closes and given.get("type") not in _CLOSING:
        raise MalformedRequest("closePosition belongs to STOP_MARKET and TAKE_PROFIT_MARKET")
    quantity = maybe(given, "quantity")
    if closes == (quantity is not None):
        raise MalformedRequest("an order has a quantity, or closePosition")
    return _one(action, _order(_FUTURES, given, side(given), quantity, reduces=closes or reduces))


def futures_change(action: Action, given: Parameters) -> tuple[Action, ...]:
    """A resting LIMIT order of futures with another quantity and price. What it was flagged as is not known here."""
    limit = {**given, "type": "LIMIT"}
    return _one(action, _order(_FUTURES, limit, side(given), amount(given, "quantity")))


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
    """One order of a list: its fields begin with `name` (`pendingAbovePrice`), those it shares with `group`."""

    name: str
    group: str
    may_be_absent: bool = False


OCO: Final = (Leg("above", ""), Leg("below", ""))
OTO: Final = (Leg("working", "working"), Leg("pending", "pending"))
OTOCO: Final = (OTO[0], Leg("pendingAbove", "pending"), Leg("pendingBelow", "pending", may_be_absent=True))


def order_list(*legs: Leg) -> Fill:
    """`orderList/*`: an order a leg. In an OPO the pending quantity is what the working order brings in: not
    known, so no key with a money limit may place one."""

    def fill(action: Action, given: Parameters) -> tuple[Action, ...]:
        placed: tuple[Action, ...] = ()
        for leg in legs:
            if leg.may_be_absent and _field(leg.name, "type") not in given:
                continue
            quantity = _field(leg.group, "quantity")
            size = maybe(given, quantity) if leg.group == "pending" else amount(given, quantity)
            placed += _one(action, _order(_SPOT, given, side(given, _field(leg.group, "side")), size, leg=leg.name))
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
    market: _Market,
    given: Parameters,
    way: Side,
    quantity: Decimal | None,
    quote_quantity: Decimal | None = None,
    *,
    reduces: bool = False,
    leg: str = "",
) -> Order:
    """One order with its prices. A pegged one (`pegPriceType`, `priceMatch`) follows the book: nothing caps it."""
    kind = given.get(_field(leg, "type"), "")
    limited = market.limits.get(kind)
    if limited is None:
        raise MalformedRequest("the type of the order is not one of this market's")
    price = maybe(given, _field(leg, "price"))
    pegged = _field(leg, "pegPriceType") in given or _field(leg, "priceMatch") in given
    if limited and price is None and not pegged:
        raise MalformedRequest(f"no {_field(leg, 'price')}")
    triggers = [amount(given, name) for name in _fields(leg, market.triggers) if name in given]
    if triggers and kind in _UNTRIGGERED:
        raise MalformedRequest(f"a {kind} order has no trigger")  # it would only dress up the price
    named = triggers if price is None else [price, *triggers]
    lowest = min(named) if len(named) > 1 else None
    capped = limited and not pegged
    return Order(pair(given), way, quantity, max(named, default=None), quote_quantity, reduces, capped, lowest)


def _field(leg: str, name: str) -> str:
    return f"{leg}{name[0].upper()}{name[1:]}" if leg else name


def _fields(leg: str, names: tuple[str, ...]) -> Iterator[str]:
    return (_field(leg, name) for name in names)


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
