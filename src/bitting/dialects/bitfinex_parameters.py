"""What the path and the JSON body of a private Bitfinex v2 request say, in the house's words.

Every reader takes the row's action, the parameter in the path and the body, and returns the actions it finds.
It raises MalformedRequest for what is missing, mistyped or could be read in two ways; a symbol that is none
is no error but no pair.

Sources: https://docs.bitfinex.com/reference, pages rest-auth-submit-order, rest-auth-update-order,
rest-auth-order-multi, rest-auth-transfer and rest-auth-withdraw; https://docs.bitfinex.com/docs/flag-values.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bitting.dialects.amounts import amount, highest_and_lowest, positive
from bitting.dialects.bitfinex_assets import METHODS, asset_from_code, pair_from_symbol
from bitting.dialects.strict import Json, json_object
from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.errors import MalformedRequest
from bitting.domain.permissions import Permission

Fields = dict[str, Json]

PLACE: Final = Action("order.place", Kind.ORDER, Permission.ORDERS_WRITE)
REPLACE: Final = Action("order.replace", Kind.ORDER, Permission.ORDERS_WRITE)
CANCEL: Final = Action("order.cancel", Kind.CANCEL, Permission.ORDERS_WRITE)
CANCEL_MANY: Final = Action("orders.cancel", Kind.CANCEL, Permission.ORDERS_WRITE)
TRANSFER_OUT: Final = Action("withdrawal.transfer", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)

MOST_OPERATIONS: Final = 75
_REDUCE_ONLY, _OCO = 1024, 16384

# Order type, less `EXCHANGE `: the prices it names, and whether they are a limit. A stop's price only triggers; what
# it triggers trades at any price, unless it is a limit order again.
_TYPES: Final[dict[str, tuple[tuple[str, ...], bool]]] = {
    "LIMIT": (("price",), True),
    "IOC": (("price",), True),
    "FOK": (("price",), True),
    "MARKET": ((), False),
    "STOP": (("price",), False),
    "STOP LIMIT": (("price", "price_aux_limit"), True),
    "TRAILING STOP": ((), False),
}

# What says nothing about where a withdrawal goes. Any other parameter could, so with one it is not read at all.
_BESIDE_THE_POINT: Final = frozenset(
    {
        "wallet",
        "fee_deduct",
        "note",
        "travel_rule_tos",
        "vasp_did",
        "vasp_name",
        "beneficiary_self",
        "dest_firstname",
        "dest_lastname",
        "dest_corp_name",
    }
)
_OWN_WALLETS: Final = frozenset({"exchange", "margin", "funding", "trading", "deposit"})
_BETWEEN_OWN_WALLETS: Final = frozenset({"from", "to", "currency", "currency_to", "amount"})


def pair_in_path(action: Action, parameter: str, body: bytes) -> tuple[Action, ...]:
    """Read `.../{symbol}/...`."""
    return (Action(action.name, action.kind, action.permission, pair_from_symbol(parameter)),)


def pair_and_id_in_path(action: Action, parameter: str, body: bytes) -> tuple[Action, ...]:
    """Read `.../{symbol}:{id}/...`; the symbol may hold a colon too."""
    return (action._replace(pair=pair_from_symbol(parameter.rpartition(":")[0])),)


def pair_in_body(action: Action, parameter: str, body: bytes) -> tuple[Action, ...]:
    """Read `{"symbol": "tBTCUSD", ...}`."""
    return (action._replace(pair=pair_from_symbol(_text(json_object(body), "symbol"))),)


def order(action: Action, parameter: str, body: bytes) -> tuple[Action, ...]:
    """Read a new order."""
    return (_order(json_object(body)),)


def replacement(action: Action, parameter: str, body: bytes) -> tuple[Action, ...]:
    """Read a change to an order."""
    return (_replacement(json_object(body)),)


def batch(action: Action, parameter: str, body: bytes) -> tuple[Action, ...] | None:
    """Read `{"ops": [["on", {...}], ["oc", {...}], ...]}`, an action for each; None when one has a name that is
    not mapped."""
    operations = json_object(body).get("ops")
    if not isinstance(operations, list) or not 1 <= len(operations) <= MOST_OPERATIONS:
        raise MalformedRequest(f"ops is not a list of 1 to {MOST_OPERATIONS} operations")
    found: list[Action] = []
    for operation in operations:
        match operation:
            case ["on", dict(fields)]:
                found.append(_order(fields))
            case ["ou", dict(fields)]:
                found.append(_replacement(fields))
            case ["oc", dict()]:
                found.append(CANCEL)
            case ["oc_multi", dict()]:
                found.append(CANCEL_MANY)
            case [str(), dict()]:
                return None
            case _:
                raise MalformedRequest("an operation is a name and its parameters")
    return tuple(found)


def increase(action: Action, parameter: str, body: bytes) -> tuple[Action, ...]:
    """Read an increase of a position: bought or sold at the market's price, so judged as such an order."""
    fields = json_object(body)
    pair = pair_from_symbol(_text(fields, "symbol"))
    side, size = _side_and_size(fields)
    return (action._replace(pair=pair, order=Order(pair, side, size, None, capped=False)),)


def transfer(action: Action, parameter: str, body: bytes) -> tuple[Action, ...]:
    """Read a transfer. It stays in the account when it names two of its wallets and nothing besides; `email_dst`
    and `user_id_dst` name somebody else's."""
    fields = json_object(body)
    wallets = {_text(fields, "from"), _text(fields, "to")}
    if wallets <= _OWN_WALLETS and fields.keys() <= _BETWEEN_OWN_WALLETS:
        return (action,)
    asset = asset_from_code(_text(fields, "currency")) or None
    goes = Withdrawal(asset, None, None, "", positive(fields.get("amount"), "amount"))
    return (TRANSFER_OUT._replace(withdrawal=goes),)


def outflow(action: Action, parameter: str, body: bytes) -> tuple[Action, ...]:
    """Value leaves by a route that names no address: no address book admits it."""
    return (action._replace(withdrawal=Withdrawal(None, None, None, "", None)),)


def withdrawal(action: Action, parameter: str, body: bytes) -> tuple[Action, ...]:
    """Read a withdrawal to an address. One by `invoice` (Lightning), by a method that is not listed, or with
    unknown parameters is an outflow to nobody knows where."""
    fields = {name: value for name, value in json_object(body).items() if name not in _BESIDE_THE_POINT}
    asset_and_network = METHODS.get(_text(fields, "method").lower())
    if asset_and_network is None or not fields.keys() <= {"method", "amount", "address", "payment_id"}:
        return outflow(action, parameter, body)
    tag = "" if fields.get("payment_id") is None else _text(fields, "payment_id")
    goes = Withdrawal(*asset_and_network, _text(fields, "address"), tag, positive(fields.get("amount"), "amount"))
    return (action._replace(withdrawal=goes),)


def _order(fields: Fields) -> Action:
    name = _text(fields, "type")
    kind = name.removeprefix("EXCHANGE ")
    if kind not in _TYPES:
        raise MalformedRequest(f"no order type {name[:32]!r}")
    priced_by, capped = _TYPES[kind]
    flags = _flags(fields)
    if flags & _OCO or fields.get("price_oco_stop") is not None:
        priced_by, capped = (*priced_by, "price_oco_stop"), False
    pair = pair_from_symbol(_text(fields, "symbol"))
    side, size = _side_and_size(fields)
    highest, lowest = highest_and_lowest([positive(fields.get(each), each) for each in priced_by])
    # On the spot market there is no position to reduce: Bitfinex ignores the flag there, and so must we, or it
    # would lift every limit from any order.
    reduce_only = bool(flags & _REDUCE_ONLY) and kind == name
    placed = Order(pair, side, size, highest, None, reduce_only, capped, lowest)
    return Action(PLACE.name, PLACE.kind, PLACE.permission, pair, placed)


def _replacement(fields: Fields) -> Action:
    """The request names an order and what changes about it, but neither its pair nor its type."""
    if type(fields.get("id")) is not int and not (
        type(fields.get("cid")) is int and isinstance(fields.get("cid_date"), str)
    ):
        raise MalformedRequest("a change names its order: id, or cid and cid_date")
    prices = [positive(fields.get(each), each) for each in ("price", "price_aux_limit") if fields.get(each) is not None]
    highest, lowest = highest_and_lowest(prices)
    side, size = Side.SELL, None  # unless it says: a sale is never worth less than is known of it
    if fields.get("amount") is not None:
        side, size = _side_and_size(fields)
    if fields.get("delta") is not None:
        amount(fields["delta"], "delta")
        size = None
    return REPLACE._replace(order=Order(None, side, size, highest, capped=False, lowest=lowest))


def _text(fields: Fields, name: str) -> str:
    """A text of visible ASCII: what names pairs, wallets and addresses is never anything else."""
    value = fields.get(name)
    if not isinstance(value, str) or len(value) > 256 or not (value.isascii() and value.isprintable()):
        raise MalformedRequest(f"{name} is not a plain text")
    return value


def _side_and_size(fields: Fields) -> tuple[Side, Decimal]:
    """An `amount` above zero is bought, one below is sold."""
    signed = amount(fields.get("amount"), "amount")
    if not signed:
        raise MalformedRequest("amount is zero")
    return (Side.BUY, signed) if signed > 0 else (Side.SELL, signed.copy_negate())


def _flags(fields: Fields) -> int:
    flags = fields.get("flags")
    if flags is None:
        return 0
    if type(flags) is not int or not 0 <= flags < 2**31:
        raise MalformedRequest("flags is not a sum of flags")
    return flags
