"""Which requests Bithumb's API 1.0 knows, and what each one wants: one row an endpoint, what is not here is denied.

Left out on purpose, since Bithumb no longer documents them and nobody can say what they do:

    /trade/krw_withdrawal, /trade/krw_deposit    won is paid in and out by other ways ("no API", says the page on coins)

Source: https://apidocs.bithumb.com/v1.2.0/reference (2026-10).
"""

from __future__ import annotations

from typing import Final

from bitting.dialects import bithumb_v1_parameters as params
from bitting.dialects.routing import Reader, Route
from bitting.domain.action import Action, Kind, Side
from bitting.domain.permissions import Permission


def _reads(path: str, permission: Permission, read: Reader | None = None) -> Route:
    return Route("POST", path, Action(permission.value, Kind.READ, permission), read)


def _places(path: str, read: Reader) -> Route:
    return Route("POST", path, Action("order.place", Kind.ORDER, Permission.ORDERS_WRITE), read)


_CANCEL: Final = Action("order.cancel", Kind.CANCEL, Permission.ORDERS_WRITE)
_WITHDRAW: Final = Action("withdrawal.place", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)

ROUTES: Final[tuple[Route, ...]] = (
    # the key itself; the gate answers, Bithumb has neither
    Route("POST", "/info/bitting/key", Action("key.read", Kind.SELF_READ, None)),
    Route("POST", "/trade/bitting/revoke", Action("key.revoke", Kind.SELF_REVOKE, None)),
    # the account: `account` tells the fee of a pair and the balance that can be spent on it
    _reads("/info/account", Permission.BALANCES_READ, params.pair_in_form),
    _reads("/info/balance", Permission.BALANCES_READ),
    _reads("/info/wallet_address", Permission.DEPOSITS_READ),
    _reads("/info/ticker", Permission.MARKET_READ, params.pair_in_form),
    _reads("/info/orders", Permission.ORDERS_READ, params.pair_in_form),
    _reads("/info/order_detail", Permission.ORDERS_READ, params.pair_in_form),
    _reads("/info/user_transactions", Permission.HISTORY_READ, params.pair_in_form),
    # orders
    _places("/trade/place", params.limit_order),
    _places("/trade/market_buy", params.market_order(Side.BUY)),
    _places("/trade/market_sell", params.market_order(Side.SELL)),
    _places("/trade/stop_limit", params.stop_limit_order),
    Route("POST", "/trade/cancel", _CANCEL, params.pair_in_form),
    # coins, whatever the name says
    Route("POST", "/trade/btc_withdrawal", _WITHDRAW, params.withdrawal),
)

# Open market data: whole paths, and what paths begin with.
OPEN_GETS: Final = frozenset({b"/public/btci", b"/public/network-info"})
OPEN_BELOW: Final = (
    b"/public/assetsstatus/",
    b"/public/candlestick/",
    b"/public/orderbook/",
    b"/public/ticker/",
    b"/public/transaction_history/",
    b"/public/withdraw/minimum/",
)
