"""Which requests Bithumb's API 2.0 knows, and what each one wants: one row an endpoint, what is not here is denied.

What a row wants follows what its reply reveals: `orders/chance` tells balances. Lists of orders are one right, whether
the orders rest or are done, since GET /v1/orders tells of both.

Sources: https://apidocs.bithumb.com/reference (v2.1.5, 2026-10), with /v1/orders and /v1/order as in its v2.1.0, which
clients still use; ccxt 4.5.90, bithumb.py, for POST /v2/orders/search.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects import bithumb_parameters as params
from bitting.dialects.routing import Route
from bitting.domain.action import Action, Kind
from bitting.domain.permissions import Permission


def _reads(permission: Permission) -> Action:
    return Action(permission.value, Kind.READ, permission)


_MARKET: Final = _reads(Permission.MARKET_READ)
_BALANCES: Final = _reads(Permission.BALANCES_READ)
_ORDERS: Final = _reads(Permission.ORDERS_READ)
_DEPOSITS: Final = _reads(Permission.DEPOSITS_READ)
_WITHDRAWALS: Final = _reads(Permission.WITHDRAWALS_READ)
_PLACE: Final = Action("order.place", Kind.ORDER, Permission.ORDERS_WRITE)
_CANCEL: Final = Action("order.cancel", Kind.CANCEL, Permission.ORDERS_WRITE)
_CANCEL_MANY: Final = Action("orders.cancel", Kind.CANCEL, Permission.ORDERS_WRITE)
_ADDRESS: Final = Action("deposit.address", Kind.CHANGE, Permission.DEPOSITS_WRITE)
_FROM_BANK: Final = Action("deposit.fiat", Kind.CHANGE, Permission.DEPOSITS_WRITE)
_WITHDRAW: Final = Action("withdrawal.place", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)
_TO_BANK: Final = Action("withdrawal.fiat", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)
_KEEP: Final = Action("withdrawal.cancel", Kind.CANCEL, Permission.WITHDRAWALS_WRITE)

ROUTES: Final[tuple[Route, ...]] = (
    # the key itself; the gate answers
    Route("GET", "/v1/api_keys", Action("key.read", Kind.SELF_READ, None)),
    Route("DELETE", "/v1/bitting/key", Action("key.revoke", Kind.SELF_REVOKE, None)),
    # accounts
    Route("GET", "/v1/accounts", _BALANCES),
    Route("GET", "/v1/orders/chance", _BALANCES, params.market_in_query),
    # orders
    Route("GET", "/v1/order", _ORDERS),
    Route("GET", "/v1/orders", _ORDERS, params.market_in_query),
    Route("GET", "/v2/orders/pending", _ORDERS, params.market_in_query),
    Route("GET", "/v2/orders/history", _ORDERS, params.market_in_query),
    Route("POST", "/v2/orders/search", _ORDERS),
    Route("POST", "/v2/orders", _PLACE, params.order("order_type")),
    Route("POST", "/v1/orders", _PLACE, params.order("ord_type")),
    Route("POST", "/v2/orders/batch", _PLACE, params.batch),
    Route("DELETE", "/v2/order", _CANCEL),
    Route("DELETE", "/v1/order", _CANCEL),
    Route("POST", "/v2/orders/cancel", _CANCEL_MANY),
    # orders that are spread over time
    Route("GET", "/v1/twap", _ORDERS, params.market_in_query),
    Route("POST", "/v1/twap", _PLACE, params.plan),
    Route("DELETE", "/v1/twap", _CANCEL),
    # withdrawals
    Route("GET", "/v1/withdraws", _WITHDRAWALS),
    Route("GET", "/v1/withdraws/krw", _WITHDRAWALS),
    Route("GET", "/v1/withdraw", _WITHDRAWALS),
    Route("GET", "/v1/withdraws/chance", _WITHDRAWALS),
    Route("GET", "/v1/withdraws/chance", _BALANCES),
    Route("GET", "/v1/withdraws/coin_addresses", _WITHDRAWALS),
    Route("POST", "/v1/withdraws/coin", _WITHDRAW, params.withdrawal),
    Route("POST", "/v1/withdraws/krw", _TO_BANK, params.to_the_bank),
    Route("DELETE", "/v1/withdraws/coin", _KEEP),
    # deposits
    Route("GET", "/v1/deposits", _DEPOSITS),
    Route("GET", "/v1/deposits/krw", _DEPOSITS),
    Route("GET", "/v1/deposit", _DEPOSITS),
    Route("GET", "/v1/deposits/coin_addresses", _DEPOSITS),
    Route("GET", "/v1/deposits/coin_address", _DEPOSITS),
    Route("POST", "/v1/deposits/generate_coin_address", _ADDRESS),
    Route("POST", "/v1/deposits/krw", _FROM_BANK),
    # which coins can be paid in and out just now; it tells nothing of the account, and Bithumb wants a key for it
    Route("GET", "/v1/status/wallet", _MARKET),
)

# Open market data: whole paths, and what paths begin with.
OPEN_GETS: Final = frozenset(
    {
        b"/v1/market/all",
        b"/v1/market/virtual_asset_warning",
        b"/v1/candles/days",
        b"/v1/candles/weeks",
        b"/v1/candles/months",
        b"/v1/trades/ticks",
        b"/v1/ticker",
        b"/v1/orderbook",
        b"/v1/notices",
    }
)
OPEN_BELOW: Final = (b"/v1/candles/minutes/", b"/v2/fee/inout/")
