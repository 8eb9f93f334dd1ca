"""What a request of Bithumb's API 2.0 asks for: the market in its query, the order or withdrawal in its JSON body.

Every reader takes the row's action and the request, whose parameters `bithumb_hash` has found to be those that were
signed. It raises MalformedRequest for what is missing or mistyped; a market that is none is no error but no pair.

Sources: https://apidocs.bithumb.com/reference, pages 주문-요청, 다건-주문-요청, twap-주문-요청, 가상-자산-출금-요청 and
원화-출금-요청; its notice of 2026-06 on order types and conditions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bitting.dialects.amounts import positive
from bitting.dialects.bithumb_hash import query_pairs
from bitting.dialects.bithumb_markets import pair_from_market, side_from_text
from bitting.dialects.routing import Reader
from bitting.dialects.strict import Json, json_object
from bitting.domain.action import Action, Order, Side, Withdrawal
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Request

Fields = dict[str, Json]
Names = Mapping[str, str]

MOST_ORDERS: Final = 30  # in a batch, since 2026-08
# What says nothing about how much an order may turn over, beside what is read of it.
_BESIDE_AN_ORDER: Final = frozenset({"client_order_id", "time_in_force", "stp_type"})
_PLAN: Final = frozenset({"market", "side", "volume", "price", "duration", "frequency"})

_DESTINATION: Final = frozenset({"currency", "net_type", "address", "secondary_address", "amount"})
_BESIDE_A_DESTINATION: Final = frozenset(
    {
        "exchange_name",
        "receiver_type",
        "receiver_ko_name",
        "receiver_en_name",
        "receiver_corp_ko_name",
        "receiver_corp_en_name",
    }
)


def market_in_query(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read `?market=KRW-BTC`; without it, every market is meant."""
    market = dict(query_pairs(request.query)).get("market")
    return (action._replace(pair=None if market is None else pair_from_market(market)),)


def order(kind: str) -> Reader:
    """A reader of a new order whose type stands in `kind`: `ord_type` in /v1, `order_type` in /v2."""

    def read(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
        return (_ordering(action, _order(json_object(request.body), kind)),)

    return read


def batch(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read `{"batch_orders": [{...}, ...]}`, an action for each."""
    orders = json_object(request.body).get("batch_orders")
    if not isinstance(orders, list) or not 1 <= len(orders) <= MOST_ORDERS:
        raise MalformedRequest(f"batch_orders is not a list of 1 to {MOST_ORDERS} orders")
    return tuple(_ordering(action, _order(_object(each), "order_type")) for each in orders)


def plan(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read an order that is spread over time (TWAP): a sale of `volume`, or a purchase for `price` in all."""
    fields = json_object(request.body)
    pair, side = pair_from_market(_text(fields, "market")), side_from_text(fields.get("side"), "side")
    placed = Order(pair, side, None, None, capped=False)  # of unknown value, unless it says
    if fields.keys() <= _PLAN:
        if side is Side.SELL:
            placed = placed._replace(amount=positive(fields.get("volume"), "volume"))
        elif "volume" not in fields:
            placed = placed._replace(quote_amount=positive(fields.get("price"), "price"))
    return (_ordering(action, placed),)


def withdrawal(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read a withdrawal of coins. A parameter that is not known could name another destination, so with one it goes
    to nobody knows where. What is missing stays None, and no address book admits it."""
    fields = json_object(request.body)
    goes = Withdrawal(None, None, None, "", None)
    if fields.keys() <= _DESTINATION | _BESIDE_A_DESTINATION:
        tag = "" if "secondary_address" not in fields else _text(fields, "secondary_address")
        asset, network, address = (
            _text(fields, each) if each in fields else None for each in ("currency", "net_type", "address")
        )
        goes = Withdrawal(asset, network, address, tag, positive(fields.get("amount"), "amount"))
    return (action._replace(withdrawal=goes),)


def to_the_bank(action: Action, names: Names, request: Request) -> tuple[Action, ...]:
    """Read a withdrawal of won to the account that Bithumb knows, for which no address book has an entry."""
    amount = positive(json_object(request.body).get("amount"), "amount")
    return (action._replace(withdrawal=Withdrawal("KRW", None, None, "", amount)),)


def _ordering(action: Action, placed: Order) -> Action:
    return action._replace(pair=placed.pair, order=placed)


def _order(fields: Fields, kind: str) -> Order:
    pair, side = pair_from_market(_text(fields, "market")), side_from_text(fields.get("side"), "side")
    sizes = {each: positive(fields[each], each) for each in ("price", "volume") if each in fields}
    match _text(fields, kind), side, list(sizes):
        case "limit", _, ["price", "volume"]:
            placed = Order(pair, side, sizes["volume"], sizes["price"])
        case "price" | "best", Side.BUY, ["price"]:  # what it costs in all
            placed = Order(pair, side, None, None, quote_amount=sizes["price"], capped=False)
        case ("market", Side.SELL, ["volume"]) | ("best", _, ["volume"]):
            placed = Order(pair, side, sizes["volume"], None, capped=False)
        case _:
            raise MalformedRequest(
                f"{kind} is none of these: limit, of volume and price; price, a purchase for price in all; "
                "market, a sale of volume; best, of one of the two"
            )
    if fields.keys() - {"market", "side", "volume", "price", kind} - _BESIDE_AN_ORDER:
        # What else it says may be a trigger, or another size.
        return Order(pair, side, None, None, capped=False)
    return placed


def _object(value: Json) -> Fields:
    if not isinstance(value, dict):
        raise MalformedRequest("an order is not an object")
    return value


def _text(fields: Fields, name: str) -> str:
    """A text of visible ASCII: what names markets, types, addresses and tags is never anything else."""
    value = fields.get(name)
    if not isinstance(value, str) or len(value) > 256 or not (value.isascii() and value.isprintable()):
        raise MalformedRequest(f"{name} is not a plain text")
    return value
