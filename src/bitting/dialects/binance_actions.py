"""What Binance's routes can mean, each meaning once: a name, a kind, a right, and how its parameters are read.

The rule it keeps: what reveals two things needs both rights, and value that leaves the account is a withdrawal,
by whatever route. The routes themselves stand in `binance_routes` and `binance_sapi`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bitting.dialects import binance_orders as orders
from bitting.dialects.binance_parameters import NOWHERE, Fill, by_symbol, withdrawal
from bitting.domain.action import Action, Kind
from bitting.domain.permissions import Permission


class Meaning(NamedTuple):
    """What a route wants. Where parameters matter, there is one action, and `fill` makes of it what they say."""

    actions: tuple[Action, ...]
    fill: Fill | None = None


def _read(*permissions: Permission, fill: Fill | None = None) -> Meaning:
    return Meaning(tuple(Action(each.value, Kind.READ, each) for each in permissions), fill)


def _does(name: str, permission: Permission, kind: Kind = Kind.CHANGE, fill: Fill | None = None) -> Meaning:
    return Meaning((Action(name, kind, permission),), fill)


def _places(name: str, fill: Fill) -> Meaning:
    return _does(name, Permission.ORDERS_WRITE, Kind.ORDER, fill)


def _leaves(name: str) -> Meaning:
    """Value goes where no address book has an entry."""
    return Meaning((Action(name, Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE, withdrawal=NOWHERE),))


MARKET: Final = _read(Permission.MARKET_READ)
BALANCES: Final = _read(Permission.BALANCES_READ)
BALANCES_AND_POSITIONS: Final = _read(Permission.BALANCES_READ, Permission.POSITIONS_READ)
ORDERS: Final = _read(Permission.ORDERS_READ, fill=by_symbol)
HISTORY: Final = _read(Permission.HISTORY_READ, fill=by_symbol)
POSITIONS: Final = _read(Permission.POSITIONS_READ, fill=by_symbol)
EARN: Final = _read(Permission.EARN_READ)
DEPOSITS: Final = _read(Permission.DEPOSITS_READ)
WITHDRAWALS: Final = _read(Permission.WITHDRAWALS_READ)
SETTINGS: Final = _read(Permission.SETTINGS_READ)

ORDER: Final = _places("order.place", orders.spot_order)
REPLACE: Final = _places("order.replace", orders.spot_order)
AMEND: Final = _places("order.amend", by_symbol)  # keepPriority takes nothing but a smaller quantity
# A test changes nothing, so it counts against no total; it is judged as the order it tests, or it would not be one.
TEST: Final = _does("order.test", Permission.ORDERS_WRITE, Kind.READ, orders.spot_order)
OCO: Final = _places("order.place", orders.oco_order)
LIST_OCO: Final = _places("order.place", orders.order_list(*orders.OCO))
LIST_OTO: Final = _places("order.place", orders.order_list(*orders.OTO))
LIST_OTOCO: Final = _places("order.place", orders.order_list(*orders.OTOCO))
MARGIN_ORDER: Final = _places("order.place", orders.with_borrowing(orders.spot_order))
MARGIN_OCO: Final = _places("order.place", orders.with_borrowing(orders.oco_order))
MARGIN_OTO: Final = _places("order.place", orders.with_borrowing(orders.order_list(*orders.OTO)))
MARGIN_OTOCO: Final = _places("order.place", orders.with_borrowing(orders.order_list(*orders.OTOCO)))
ALGO: Final = _places("order.place", orders.algo_order)
FUTURE: Final = _places("order.place", orders.futures_order)
FUTURE_TEST: Final = _does("order.test", Permission.ORDERS_WRITE, Kind.READ, orders.futures_order)
FUTURE_BATCH: Final = _places("order.place", orders.each_of(orders.futures_order))
FUTURE_CHANGE: Final = _places("order.replace", orders.futures_change)
FUTURE_CHANGES: Final = _places("order.replace", orders.each_of(orders.futures_change))
CANCEL: Final = _does("order.cancel", Permission.ORDERS_WRITE, Kind.CANCEL, by_symbol)
CANCEL_ALL: Final = _does("orders.cancel", Permission.ORDERS_WRITE, Kind.CANCEL, by_symbol)

POSITION: Final = _does("position.change", Permission.POSITIONS_WRITE, fill=by_symbol)
SETTING: Final = _does("settings.set", Permission.SETTINGS_WRITE)
INVEST: Final = _does("earn.change", Permission.EARN_WRITE)
CONVERT: Final = _does("convert.make", Permission.CONVERT_WRITE)
BORROW: Final = _does("borrow.change", Permission.BORROW_WRITE)
CREDIT: Final = _does("deposit.claim", Permission.DEPOSITS_WRITE)
TRANSFER: Final = _does("transfer.own", Permission.TRANSFERS_WRITE)
WITHDRAW: Final = _does("withdrawal.place", Permission.WITHDRAWALS_WRITE, Kind.WITHDRAWAL, withdrawal)
FIAT: Final = _leaves("withdrawal.fiat")
GIFT: Final = _leaves("withdrawal.gift")
HASH_RATE: Final = _leaves("withdrawal.hash_rate")
TO_ANOTHER: Final = _leaves("withdrawal.transfer")

SELF: Final = Meaning((Action("key.read", Kind.SELF_READ, None),))
REVOKE: Final = Meaning((Action("key.revoke", Kind.SELF_REVOKE, None),))
