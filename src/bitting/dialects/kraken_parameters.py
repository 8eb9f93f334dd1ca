"""What Kraken's parameters say of orders, withdrawals and transfers.

A parameter that Kraken does not document is refused where money depends on the request: what it means is anybody's
guess. Sources: https://docs.kraken.com/api-reference/trading/add-order, .../edit-order, .../amend-order,
https://docs.kraken.com/api-reference/funding/withdraw-funds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from bitting.dialects.amounts import amount, highest_and_lowest, positive
from bitting.dialects.kraken_body import Fields, fields
from bitting.dialects.kraken_pairs import asset_from_code, pair_from_name
from bitting.dialects.strict import Json
from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.errors import MalformedRequest
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission
from bitting.domain.request import Request

Names = Mapping[str, str]

_MOST_ORDERS: Final = 15  # in a batch


def _named(words: str) -> frozenset[str]:
    return frozenset(words.split())


_EVERYWHERE: Final = _named("nonce otp")
_OF_AN_ORDER: Final = _named(
    "ordertype type volume displayvol price price2 trigger leverage reduce_only stptype oflags timeinforce starttm "
    "expiretm userref cl_ord_id close"
)
_OF_A_CLOSE: Final = _named("ordertype price price2")
_OF_A_REQUEST: Final = _EVERYWHERE | _named("pair asset_class deadline validate broker")
_OF_AN_EDIT: Final = _OF_A_REQUEST | _named("txid userref volume displayvol price price2 oflags cancel_response")
_OF_AN_AMEND: Final = _OF_A_REQUEST | _named("txid cl_ord_id order_qty display_qty limit_price trigger_price post_only")
_OF_A_WITHDRAWAL: Final = _EVERYWHERE | _named("asset aclass key amount address max_fee rebase_multiplier")
_OF_A_TRANSFER: Final = _EVERYWHERE | _named("asset from to amount")


class _Shape(NamedTuple):
    """An order type: the prices it names, whether one of them is a limit, and whether they are distances, with or
    without a sign that says so."""

    priced_by: tuple[str, ...]
    capped: bool
    trails: bool = False


_MARKET: Final = "market"
_SHAPES: Final = {
    _MARKET: _Shape((), capped=False),
    "settle-position": _Shape((), capped=False),
    "limit": _Shape(("price",), capped=True),
    "iceberg": _Shape(("price",), capped=True),
    "stop-loss": _Shape(("price",), capped=False),
    "take-profit": _Shape(("price",), capped=False),
    "trailing-stop": _Shape(("price",), capped=False, trails=True),
    "stop-loss-limit": _Shape(("price", "price2"), capped=True),
    "take-profit-limit": _Shape(("price", "price2"), capped=True),
    "trailing-stop-limit": _Shape(("price", "price2"), capped=True, trails=True),
}
_FLAGS: Final = frozenset({"post", "fcib", "fciq", "nompp", "viqc"})
_OTHER_SIDE: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
_LEVERAGE: Final = re.compile(r"(?:[2-9]|[1-9][0-9])(?::1)?", re.ASCII)
# A distance from the last price: added to it, taken from it, or (#) whichever suits; in the quote currency or percent.
_RELATIVE: Final = re.compile(r"[+#-][^+#-]+|[^+#-]+%")


def order(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read one order."""
    given = _known(fields(request), _OF_AN_ORDER | _OF_A_REQUEST)
    return _order(action, given, _pair(given))


def batch(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read `{"pair": ..., "orders": [{...}, ...]}`: orders of one pair."""
    given = _known(fields(request), _OF_A_REQUEST | {"orders"})
    pair, orders = _pair(given), given.get("orders")
    if not isinstance(orders, list) or not 1 <= len(orders) <= _MOST_ORDERS:
        raise MalformedRequest(f"orders is not a list of 1 to {_MOST_ORDERS} orders")
    return tuple(
        each for item in orders for each in _order(action, _known(_group(item, "an order"), _OF_AN_ORDER), pair)
    )


def edit(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read a change that makes a new order of an old one."""
    given = _known(fields(request), _OF_AN_EDIT)
    _text(given, "txid")
    return (_changed(action, given, "volume", ("price", "price2")),)


def amend(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read a change to an order that stays the same one."""
    given = _known(fields(request), _OF_AN_AMEND)
    _text(given, "cl_ord_id" if "txid" not in given else "txid")
    return (_changed(action, given, "order_qty", ("limit_price", "trigger_price")),)


def deposit_address(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """The addresses there are, or with `new` one more of them."""
    if _flag(fields(request), "new"):
        return (Action("deposit.address", Kind.CHANGE, Permission.DEPOSITS_WRITE),)
    return (action,)


def withdrawal(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read a withdrawal to the address that Kraken keeps under the name `key`: what is not said of it is None."""
    given = _known(fields(request), _OF_A_WITHDRAWAL)
    _text(given, "key")
    address = _text(given, "address") if "address" in given else None
    asset = asset_from_code(_text(given, "asset"))
    goes = Withdrawal(asset, None, address, "", positive(given.get("amount"), "amount"))
    return (action._replace(withdrawal=goes),)


def transfer(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read a transfer to the futures wallet, the one that there is."""
    given = _known(fields(request), _OF_A_TRANSFER)
    if (_text(given, "from"), _text(given, "to")) != ("Spot Wallet", "Futures Wallet"):
        raise MalformedRequest("a transfer goes from Spot Wallet to Futures Wallet")
    return (action,)


def _order(action: Action, given: Fields, pair: Pair | None) -> tuple[Action, ...]:
    """The order, the right to use leverage where it does, and its conditional close: an order that follows it."""
    kind, side, volume = _text(given, "ordertype"), _side(given), _volume(given, "volume")
    in_quote = "viqc" in _flags(given)
    leveraged = _leveraged(given)
    # As documented: for buying at the market, and nothing else. Elsewhere it could be ignored, and the volume be base.
    if in_quote and (kind != _MARKET or side is not Side.BUY or leveraged):
        raise MalformedRequest("oflags viqc is for market orders to buy, without leverage")
    # Without leverage there is no position that could be reduced: would Kraken then ignore the flag, as Bitfinex
    # does, it would lift every limit from any order.
    reduces = _flag(given, "reduce_only") and leveraged
    placed = _priced(pair, side, None if in_quote else volume, kind, given)
    placed = placed._replace(quote_amount=volume if in_quote else None, reduce_only=reduces)
    wanted = [action._replace(pair=pair, order=placed)]
    if leveraged and not reduces:
        wanted.append(Action("position.leverage", Kind.CHANGE, Permission.POSITIONS_WRITE, pair))
    if "close" in given:
        terms = _known(_group(given["close"], "close"), _OF_A_CLOSE)
        closing = _priced(pair, _OTHER_SIDE[side], placed.amount, _text(terms, "ordertype"), terms)
        wanted.append(action._replace(pair=pair, order=closing))
    return tuple(wanted)


def _priced(pair: Pair | None, side: Side, volume: Decimal | None, kind: str, given: Fields) -> Order:
    """An order with the prices of its type. A relative price is none that could be compared, and with one of them
    nobody can say what the order may turn over: its amount is then not known."""
    shape = _SHAPES.get(kind)
    if shape is None:
        raise MalformedRequest(f"no order type {kind[:32]!r}")
    for name in ("price", "price2"):
        if name in given and name not in shape.priced_by:
            raise MalformedRequest(f"an order of type {kind} takes no {name}")
    prices = [_price(given.get(each), each) for each in shape.priced_by]
    if None in prices or shape.trails:
        return Order(pair, side, None, None, capped=False)
    highest, lowest = highest_and_lowest([each for each in prices if each is not None])
    return Order(pair, side, volume, highest, capped=shape.capped, lowest=lowest)


def _changed(action: Action, given: Fields, size: str, priced_by: tuple[str, ...]) -> Action:
    """The request names an order and what changes about it, but neither its side nor its type, and its pair in words
    that nobody may hold it to. A sale is never worth less than is known of it."""
    prices = [_price(given[each], each) for each in priced_by if each in given]
    known = [each for each in prices if each is not None]
    highest, lowest = highest_and_lowest(known)
    volume = _volume(given, size) if size in given and len(known) == len(prices) else None
    return action._replace(order=Order(None, Side.SELL, volume, highest, capped=False, lowest=lowest))


def _known(given: Fields, names: frozenset[str]) -> Fields:
    for name in given:
        if name not in names:
            raise MalformedRequest(f"parameter {name[:32]!r} is not known here, and could change what is wanted")
    return given


def _pair(given: Fields) -> Pair | None:
    """The pair, unless it is one of another class of assets, whose names say something else."""
    name = _text(given, "pair")
    return None if "asset_class" in given else pair_from_name(name)


def _side(given: Fields) -> Side:
    try:
        return Side(_text(given, "type"))
    except ValueError:
        raise MalformedRequest("type is not buy or sell") from None


def _volume(given: Fields, name: str) -> Decimal | None:
    """An amount above zero; of 0, which closes as much as there is, nobody here knows how much it will be."""
    read = amount(given.get(name), name)
    if read < 0:
        raise MalformedRequest(f"{name} is below zero")
    return read or None


def _price(given: Json, what: str) -> Decimal | None:
    """A price above zero, or None for one that is relative to the last."""
    if isinstance(given, str) and _RELATIVE.fullmatch(given) is not None:
        amount(given.lstrip("+#-").removesuffix("%"), what)
        return None
    return positive(given, what)


def _flags(given: Fields) -> frozenset[str]:
    flags = frozenset(_text(given, "oflags").split(",")) if "oflags" in given else frozenset()
    if not flags <= _FLAGS:
        raise MalformedRequest(f"oflags has others than {', '.join(sorted(_FLAGS))}")
    return flags


def _flag(given: Fields, name: str) -> bool:
    value = given.get(name, False)
    if value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise MalformedRequest(f"{name} is not true or false")
    return value


def _leveraged(given: Fields) -> bool:
    """Whether the order trades on margin: `leverage` is 2, 2:1 and so on."""
    leverage = given.get("leverage", "none")
    if leverage == "none":
        return False
    if isinstance(leverage, bool) or _LEVERAGE.fullmatch(str(leverage)) is None:
        raise MalformedRequest("leverage is neither none nor a whole number from 2, like 3 or 3:1")
    return True


def _group(value: Json, what: str) -> Fields:
    if not isinstance(value, dict):
        raise MalformedRequest(f"{what} is not a group of parameters")
    return value


def _text(given: Fields, name: str) -> str:
    """A text of visible ASCII and spaces: what names orders, pairs, wallets and addresses is never anything else."""
    value = given.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 256 or not (value.isascii() and value.isprintable()):
        raise MalformedRequest(f"{name} is missing, or not a plain text")
    return value
