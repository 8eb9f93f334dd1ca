"""Which requests Kraken's spot REST knows, and what each one wants: what is not here is denied.

Left out on purpose:

    GetWebSocketsToken       its connection acts beside the key, where no limit and no revocation reaches
    CreateSubaccount         makes an account, whose keys nobody here issued
    AccountTransfer          moves funds between accounts of a family, from any of them: it is nobody's own right
    adding and changing      withdrawal addresses, which Kraken has a right of its own for: a key would write into
                             the list that its withdrawals are held to

Source: https://docs.kraken.com/api-reference, and ccxt 4.5.90; `Stake` and its kin are what `Earn` replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bitting.dialects import kraken_parameters as params
from bitting.dialects.routing import Reader, Route
from bitting.domain.action import Action, Kind
from bitting.domain.permissions import Permission

_PRIVATE: Final = "/0/private/"

_READS: Final[Mapping[Permission, str]] = {
    Permission.MARKET_READ: "Level3",
    Permission.BALANCES_READ: "Balance BalanceEx CreditLines ListWalletAccounts TradeBalance",
    Permission.ORDERS_READ: "OpenOrders QueryOrders OrderAmends",
    Permission.POSITIONS_READ: "OpenPositions",
    # An export is a file of trades or of the ledger, which a key has to ask for as well.
    Permission.HISTORY_READ: """
        ClosedOrders TradesHistory QueryTrades Ledgers QueryLedgers TradeVolume AddExport ExportStatus RetrieveExport
    """,
    Permission.DEPOSITS_READ: "DepositMethods DepositStatus",
    Permission.WITHDRAWALS_READ: "WithdrawMethods WithdrawAddresses WithdrawInfo WithdrawStatus",
    Permission.EARN_READ: """
        Earn/Strategies Earn/Allocations Earn/AllocateStatus Earn/DeallocateStatus
        Staking/Assets Staking/Pending Staking/Transactions
    """,
}


def _route(words: str, name: str, kind: Kind, right: Permission | None, read: Reader | None = None) -> list[Route]:
    return [Route("POST", _PRIVATE + word, Action(name, kind, right), read) for word in words.split()]


ROUTES: Final[tuple[Route, ...]] = (
    # the key itself; the gate answers
    *_route("GetApiKeyInfo", "key.read", Kind.SELF_READ, None),
    *_route("bitting/Revoke", "key.revoke", Kind.SELF_REVOKE, None),
    *(route for right, words in _READS.items() for route in _route(words, right.value, Kind.READ, right)),
    # orders
    *_route("AddOrder", "order.place", Kind.ORDER, Permission.ORDERS_WRITE, params.order),
    *_route("AddOrderBatch", "order.place", Kind.ORDER, Permission.ORDERS_WRITE, params.batch),
    *_route("EditOrder", "order.replace", Kind.ORDER, Permission.ORDERS_WRITE, params.edit),
    *_route("AmendOrder", "order.replace", Kind.ORDER, Permission.ORDERS_WRITE, params.amend),
    *_route("CancelOrder", "order.cancel", Kind.CANCEL, Permission.ORDERS_WRITE),
    *_route("CancelOrderBatch CancelAll CancelAllOrdersAfter", "orders.cancel", Kind.CANCEL, Permission.ORDERS_WRITE),
    # money in and out
    *_route("DepositAddresses", "deposits.read", Kind.READ, Permission.DEPOSITS_READ, params.deposit_address),
    *_route("Withdraw", "withdrawal.place", Kind.WITHDRAWAL, Permission.WITHDRAWALS_WRITE, params.withdrawal),
    *_route("WithdrawCancel", "withdrawal.cancel", Kind.CHANGE, Permission.WITHDRAWALS_WRITE),
    *_route("WalletTransfer", "transfer.own", Kind.CHANGE, Permission.TRANSFERS_WRITE, params.transfer),
    *_route("Earn/Allocate Earn/Deallocate Stake Unstake", "earn.change", Kind.CHANGE, Permission.EARN_WRITE),
    *_route("RemoveExport", "settings.set", Kind.CHANGE, Permission.SETTINGS_WRITE),
)

_MARKET_DATA: Final = (
    "Time SystemStatus MaintenanceSchedule Assets AssetPairs Ticker OHLC Depth GroupedBook Trades Spread "
    "PreTrade PostTrade"
)
OPEN_GETS: Final = frozenset(f"/0/public/{word}".encode() for word in _MARKET_DATA.split())
