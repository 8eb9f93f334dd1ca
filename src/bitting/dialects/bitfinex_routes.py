"""Which requests Bitfinex v2 knows, and what each one wants: one row an endpoint, and what is not here is denied.

Left out on purpose:

    auth/w/token, auth/w/token/del     a token would act beside its key, where no limit and no revocation reaches
    auth/w/ext/recurring-ao/...        a standing order places orders later, which no gate ever sees
    auth/w/pulse/...                   speaks in public in the holder's name
    auth/r/sub_accounts, .../transfer  not in the documentation

Source: https://docs.bitfinex.com/reference, pages rest-auth-* and merchants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from bitting.dialects import bitfinex_parameters as params
from bitting.domain.action import Action, Kind
from bitting.domain.permissions import Permission

Reader = Callable[[Action, str, bytes], tuple[Action, ...] | None]


class Route(NamedTuple):
    """One endpoint. `read` finds in path and body what the action's name alone does not say.

    A path that stands in two rows wants both actions.
    """

    path: str
    action: Action
    read: Reader | None = None

    @property
    def method(self) -> str:
        """Every private request is a POST."""
        return "POST"


def _reads(name: str, permission: Permission) -> Action:
    return Action(name, Kind.READ, permission)


def _changes(name: str, permission: Permission) -> Action:
    return Action(name, Kind.CHANGE, permission)


_BALANCES: Final = _reads("balances.read", Permission.BALANCES_READ)
_ORDERS: Final = _reads("orders.read", Permission.ORDERS_READ)
_HISTORY: Final = _reads("history.read", Permission.HISTORY_READ)
_POSITIONS: Final = _reads("positions.read", Permission.POSITIONS_READ)
_FUNDING: Final = _reads("funding.read", Permission.FUNDING_READ)
_DEPOSITS: Final = _reads("deposits.read", Permission.DEPOSITS_READ)
_WITHDRAWALS: Final = _reads("withdrawals.read", Permission.WITHDRAWALS_READ)
_SETTINGS: Final = _reads("settings.read", Permission.SETTINGS_READ)
_MARKET: Final = _reads("market.read", Permission.MARKET_READ)
_OFFER_CANCEL: Final = Action("funding.cancel", Kind.CANCEL, Permission.FUNDING_WRITE)
_INVOICE: Final = _changes("deposit.invoice", Permission.DEPOSITS_WRITE)
_SET: Final = _changes("settings.set", Permission.SETTINGS_WRITE)
_CONVERT: Final = _changes("convert.set", Permission.CONVERT_WRITE)
_MARGIN: Final = _changes("position.margin", Permission.POSITIONS_WRITE)
_TERM: Final = _changes("position.funding", Permission.POSITIONS_WRITE)
_INCREASE: Final = Action("position.increase", Kind.ORDER, Permission.POSITIONS_WRITE)
_OWN: Final = _changes("transfer.own", Permission.TRANSFERS_WRITE)
_WITHDRAW: Final = Action("withdrawal.place", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)
_REFUND: Final = Action("withdrawal.refund", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)
_PROVIDER: Final = Action("withdrawal.provider", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE)

ROUTES: Final[tuple[Route, ...]] = (
    # the key itself; the gate answers
    Route("/v2/auth/r/permissions", Action("key.read", Kind.SELF_READ, None)),
    Route("/v2/auth/w/bitting/revoke", Action("key.revoke", Kind.SELF_REVOKE, None)),
    # wallets
    Route("/v2/auth/r/wallets", _BALANCES),
    Route("/v2/auth/r/wallets/hist", _HISTORY),
    Route("/v2/auth/calc/order/avail", _BALANCES),
    # orders and trades
    Route("/v2/auth/r/orders", _ORDERS),
    Route("/v2/auth/r/orders/{symbol}", _ORDERS, params.pair_in_path),
    Route("/v2/auth/r/orders/hist", _HISTORY),
    Route("/v2/auth/r/orders/{symbol}/hist", _HISTORY, params.pair_in_path),
    Route("/v2/auth/r/orders/otc/{symbol}/hist", _HISTORY, params.pair_in_path),
    Route("/v2/auth/r/order/{symbol:id}/trades", _HISTORY, params.pair_and_id_in_path),
    Route("/v2/auth/r/trades/hist", _HISTORY),
    Route("/v2/auth/r/trades/{symbol}/hist", _HISTORY, params.pair_in_path),
    Route("/v2/auth/w/order/submit", params.PLACE, params.order),
    Route("/v2/auth/w/order/update", params.REPLACE, params.replacement),
    Route("/v2/auth/w/order/cancel", params.CANCEL),
    Route("/v2/auth/w/order/cancel/multi", params.CANCEL_MANY),
    Route("/v2/auth/w/order/multi", Action("order.batch", Kind.ORDER, Permission.ORDERS_WRITE), params.batch),
    # positions
    Route("/v2/auth/r/positions", _POSITIONS),
    Route("/v2/auth/r/positions/hist", _POSITIONS),
    Route("/v2/auth/r/positions/snap", _POSITIONS),
    Route("/v2/auth/r/positions/audit", _POSITIONS),
    Route("/v2/auth/r/info/margin/base", _POSITIONS),
    Route("/v2/auth/r/info/margin/sym_all", _POSITIONS),
    Route("/v2/auth/r/info/margin/{symbol}", _POSITIONS, params.pair_in_path),
    Route("/v2/auth/r/position/increase/info", _POSITIONS, params.pair_in_body),
    Route("/v2/auth/calc/deriv/collateral/limit", _POSITIONS, params.pair_in_body),
    Route("/v2/auth/calc/deriv/collateral/limits", _POSITIONS, params.pair_in_body),
    Route("/v2/auth/w/deriv/collateral/limits", _POSITIONS, params.pair_in_body),
    Route("/v2/auth/w/deriv/collateral/set", _MARGIN, params.pair_in_body),
    Route("/v2/auth/w/position/update/funding/type", _TERM, params.pair_in_body),
    Route("/v2/auth/w/position/claim", _changes("position.claim", Permission.POSITIONS_WRITE)),
    Route("/v2/auth/w/position/increase", _INCREASE, params.increase),
    # funding
    Route("/v2/auth/r/funding/offers", _FUNDING),
    Route("/v2/auth/r/funding/offers/hist", _FUNDING),
    Route("/v2/auth/r/funding/offers/{symbol}", _FUNDING),
    Route("/v2/auth/r/funding/offers/{symbol}/hist", _FUNDING),
    Route("/v2/auth/r/funding/loans", _FUNDING),
    Route("/v2/auth/r/funding/loans/hist", _FUNDING),
    Route("/v2/auth/r/funding/loans/{symbol}", _FUNDING),
    Route("/v2/auth/r/funding/loans/{symbol}/hist", _FUNDING),
    Route("/v2/auth/r/funding/credits", _FUNDING),
    Route("/v2/auth/r/funding/credits/hist", _FUNDING),
    Route("/v2/auth/r/funding/credits/{symbol}", _FUNDING),
    Route("/v2/auth/r/funding/credits/{symbol}/hist", _FUNDING),
    Route("/v2/auth/r/funding/trades/hist", _FUNDING),
    Route("/v2/auth/r/funding/trades/{symbol}/hist", _FUNDING),
    Route("/v2/auth/r/info/funding/{symbol}", _FUNDING),
    Route("/v2/auth/w/funding/offer/submit", _changes("funding.offer", Permission.FUNDING_WRITE)),
    Route("/v2/auth/w/funding/offer/cancel", _OFFER_CANCEL),
    Route("/v2/auth/w/funding/offer/cancel/all", _OFFER_CANCEL),
    Route("/v2/auth/w/funding/close", _changes("funding.close", Permission.FUNDING_WRITE)),
    Route("/v2/auth/w/funding/auto", _changes("funding.auto", Permission.FUNDING_WRITE)),
    Route("/v2/auth/w/funding/keep", _changes("funding.keep", Permission.FUNDING_WRITE)),
    # money in and out; movements list deposits and withdrawals together, so they want both rights
    Route("/v2/auth/r/ledgers/hist", _HISTORY),
    Route("/v2/auth/r/ledgers/{currency}/hist", _HISTORY),
    Route("/v2/auth/r/movements/hist", _DEPOSITS),
    Route("/v2/auth/r/movements/hist", _WITHDRAWALS),
    Route("/v2/auth/r/movements/{currency}/hist", _DEPOSITS),
    Route("/v2/auth/r/movements/{currency}/hist", _WITHDRAWALS),
    Route("/v2/auth/r/movements/info", _DEPOSITS),
    Route("/v2/auth/r/movements/info", _WITHDRAWALS),
    Route("/v2/auth/r/ext/invoice/payments", _DEPOSITS),
    Route("/v2/auth/r/ext/invoice/payments", _WITHDRAWALS),
    Route("/v2/auth/r/ext/wallets/transfers/free/count", _WITHDRAWALS),
    Route("/v2/auth/r/deposit/address/all", _DEPOSITS),
    Route("/v2/auth/w/deposit/address", _changes("deposit.address", Permission.DEPOSITS_WRITE)),
    Route("/v2/auth/w/deposit/invoice", _INVOICE),
    Route("/v2/auth/w/transfer", _OWN, params.transfer),
    Route("/v2/auth/w/withdraw", _WITHDRAW, params.withdrawal),
    # a provider's wallet is somebody else's, and the documentation does not say which way a "deposit" goes
    Route("/v2/auth/w/ext/wallets/deposits/request", _PROVIDER, params.outflow),
    Route("/v2/auth/w/ext/wallets/withdrawals/request", _PROVIDER, params.outflow),
    # Bitfinex Pay: a merchant's invoices bring money in, refunds send it away
    Route("/v2/auth/r/ext/pay/invoices", _DEPOSITS),
    Route("/v2/auth/r/ext/pay/invoices/paginated", _DEPOSITS),
    Route("/v2/auth/r/ext/pay/invoice/events", _DEPOSITS),
    Route("/v2/auth/r/ext/pay/deposits", _DEPOSITS),
    Route("/v2/auth/r/ext/pay/deposits/unlinked", _DEPOSITS),
    Route("/v2/auth/r/ext/pay/currency/list", _DEPOSITS),
    Route("/v2/auth/r/ext/pay/currency/detailed", _DEPOSITS),
    Route("/v2/auth/w/ext/pay/invoice/create", _INVOICE),
    Route("/v2/auth/w/ext/pay/invoice/create/pos", _INVOICE),
    Route("/v2/auth/w/ext/pay/invoice/update", _INVOICE),
    Route("/v2/auth/w/ext/pay/invoice/complete", _INVOICE),
    Route("/v2/auth/w/ext/pay/invoice/expire", _INVOICE),
    Route("/v2/auth/w/ext/pay/invoice/mark/refunded", _INVOICE),
    Route("/v2/auth/w/ext/pay/invoice/refund", _REFUND, params.outflow),
    Route("/v2/auth/r/ext/pay/settings/get", _SETTINGS),
    Route("/v2/auth/r/ext/pay/settings/list", _SETTINGS),
    Route("/v2/auth/r/ext/pay/settings/daily/limit", _SETTINGS),
    Route("/v2/auth/r/ext/pay/settings/convert/list", _SETTINGS),
    Route("/v2/auth/w/ext/pay/settings/set", _SET),
    Route("/v2/auth/w/ext/pay/settings/set/batch", _SET),
    Route("/v2/auth/w/ext/pay/settings/convert/create", _CONVERT),
    Route("/v2/auth/w/ext/pay/settings/convert/remove", _CONVERT),
    # the account
    Route("/v2/auth/r/info/user", _SETTINGS),
    Route("/v2/auth/r/summary", _HISTORY),
    Route("/v2/auth/r/stats/{statistic}/hist", _HISTORY),
    Route("/v2/auth/r/logins/hist", _SETTINGS),
    Route("/v2/auth/r/audit/hist", _SETTINGS),
    Route("/v2/auth/r/settings", _SETTINGS),
    Route("/v2/auth/r/settings/core", _SETTINGS),
    Route("/v2/auth/w/settings/set", _SET),
    Route("/v2/auth/w/settings/del", _SET),
    Route("/v2/auth/r/alerts", _SETTINGS),
    Route("/v2/auth/w/alert/set", _SET),
    Route("/v2/auth/w/alert/{type:symbol:price}/del", _SET),
    # market data that is asked for with a proof, though it needs none
    Route("/v2/calc/trade/avg", _MARKET),
    Route("/v2/calc/fx", _MARKET),
)

# Open market data: whole paths, and what paths begin with.
OPEN_POSTS: Final = frozenset({b"/v2/calc/trade/avg", b"/v2/calc/fx"})
OPEN_GETS: Final = frozenset(
    {
        b"/v2/platform/status",
        b"/v2/tickers",
        b"/v2/tickers/hist",
        b"/v2/liquidations/hist",
        b"/v2/pulse/hist",
        b"/v2/ext/vasps",
    }
)
OPEN_BELOW: Final = (
    b"/v2/book/",
    b"/v2/candles/",
    b"/v2/conf/",
    b"/v2/funding/stats/",
    b"/v2/pulse/profile/",
    b"/v2/rankings/",
    b"/v2/stats1/",
    b"/v2/status/",
    b"/v2/ticker/",
    b"/v2/trades/",
)
