"""How Binance spot writes things: objects, in which every amount is text with eight places.

Fields as ccxt 4.5.90 reads them; documented at
https://developers.binance.com/docs/binance-spot-api-docs/rest-api.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.paper.exchange import FEE
from bitting.paper.ledger import Balance
from bitting.paper.market import LARGEST_AMOUNT, MARKETS, SHORT_NAMES, STEP, Currency, Market
from bitting.paper.orders import Order, Status, TimeInForce, Trade
from bitting.paper.treasury import Destination, Movement

SYMBOLS: Final = {f"{market.base}{market.quote}": market for market in MARKETS.values()}
SYMBOL_OF: Final = {market.pair: symbol for symbol, market in SYMBOLS.items()}

_STATUS: Final = {Status.FILLED: "FILLED", Status.CANCELLED: "CANCELED", Status.EXPIRED: "EXPIRED"}
_ACK: Final = ("symbol", "orderId", "orderListId", "clientOrderId")
_RESULT: Final = (
    *("price", "origQty", "executedQty", "origQuoteOrderQty", "cummulativeQuoteQty"),
    *("status", "timeInForce", "type", "side", "workingTime", "selfTradePreventionMode"),
)
_LIFE: Final = {TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}  # and everything else is GTC


def places(amount: Decimal) -> str:
    """Text with eight places; what is finer is not shown."""
    return format(amount.quantize(STEP, ROUND_DOWN), "f")


def symbol(market: Market) -> Json:
    """One entry of the exchange information."""
    return {
        "symbol": SYMBOL_OF[market.pair],
        "status": "TRADING",
        "baseAsset": market.base,
        "baseAssetPrecision": 8,
        "quoteAsset": market.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": places(market.tick),
                "maxPrice": places(market.largest_price - market.tick),
                "tickSize": places(market.tick),
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": places(market.minimum),
                "maxQty": places(LARGEST_AMOUNT - STEP),
                "stepSize": places(STEP),
            },
        ],
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def order(order: Order) -> dict[str, Json]:
    """An order as queries and cancellations show it."""
    return {
        "symbol": SYMBOL_OF[order.market.pair],
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": client_id(order),
        "price": places(order.named_price),
        "origQty": places(order.amount),
        "executedQty": places(order.filled),
        "origQuoteOrderQty": places(Decimal(0)),
        "cummulativeQuoteQty": places(order.cost),
        "status": _STATUS.get(order.status, "PARTIALLY_FILLED" if order.filled else "NEW"),
        "timeInForce": _LIFE.get(order.time_in_force, "GTC") if not order.is_market else "GTC",
        "type": _order_type(order),
        "side": order.side.value.upper(),
        "stopPrice": places(Decimal(0)),
        "icebergQty": places(Decimal(0)),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": True,
        "workingTime": order.created_ms,
        "selfTradePreventionMode": "NONE",
    }


def client_id(order: Order) -> str:
    """The client's own id of the order, or the one made up for it."""
    return f"paper-{order.id}" if order.client_id is None else order.client_id


def new_order(order: Order, trades: Iterable[Trade], length: str) -> dict[str, Json]:
    """The answer to a new order, as long as was asked for: ACK, RESULT or FULL."""
    shown = _named(order, _ACK if length == "ACK" else _ACK + _RESULT)
    if length == "FULL":
        shown["fills"] = [
            {
                "price": places(trade.price),
                "qty": places(trade.amount),
                "commission": places(trade.fee),
                "commissionAsset": trade.fee_currency,
                "tradeId": trade.id,
            }
            for trade in trades
        ]
    return shown


def cancelled(order: Order) -> dict[str, Json]:
    """The answer to a cancellation, which has a client id of its own."""
    own: dict[str, Json] = {"origClientOrderId": client_id(order), "clientOrderId": f"paper-cancel-{order.id}"}
    return _named(order, _ACK + _RESULT) | own


def _named(order_: Order, fields: tuple[str, ...]) -> dict[str, Json]:
    whole = order(order_)
    return {field: whole[field] for field in fields} | {"transactTime": order_.updated_ms}


def _order_type(order: Order) -> str:
    if order.is_market:
        return "MARKET"
    return "LIMIT_MAKER" if order.time_in_force is TimeInForce.POST_ONLY else "LIMIT"


def trade(trade: Trade) -> Json:
    """One's own trade."""
    return {
        "symbol": SYMBOL_OF[trade.order.market.pair],
        "id": trade.id,
        "orderId": trade.order.id,
        "orderListId": -1,
        "price": places(trade.price),
        "qty": places(trade.amount),
        "quoteQty": places(trade.price * trade.amount),
        "commission": places(trade.fee),
        "commissionAsset": trade.fee_currency,
        "time": trade.at_ms,
        "isBuyer": trade.order.side is Side.BUY,
        "isMaker": trade.is_maker,
        "isBestMatch": True,
    }


def account(balances: Mapping[str, Balance], updated_ms: int) -> Json:
    """The spot wallet."""
    commission = int(FEE * 10_000)
    return {
        "makerCommission": commission,
        "takerCommission": commission,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": updated_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": code, "free": places(balance.available), "locked": places(balance.held)}
            for code, balance in balances.items()
        ],
        "permissions": ["SPOT"],
    }


def coin(currency: Currency, balance: Balance) -> Json:
    """One entry of all coins' information."""
    return {
        "coin": currency.code,
        "name": currency.name,
        "depositAllEnable": True,
        "withdrawAllEnable": True,
        "free": places(balance.available),
        "locked": places(balance.held),
        "freeze": "0",
        "withdrawing": "0",
        "ipoing": "0",
        "ipoable": "0",
        "storage": "0",
        "isLegalMoney": not currency.networks,
        "trading": True,
        "networkList": [
            {
                "network": SHORT_NAMES[network],
                "coin": currency.code,
                "name": network,
                "isDefault": network == currency.networks[0],
                "depositEnable": True,
                "withdrawEnable": True,
                "withdrawIntegerMultiple": places(STEP),
                "withdrawFee": "0",
                "withdrawMin": places(STEP),
                "withdrawMax": places(LARGEST_AMOUNT - STEP),
                "minConfirm": 1,
                "unLockConfirm": 0,
                "sameAddress": False,
                "busy": False,
            }
            for network in currency.networks
        ],
    }


def withdrawal(movement: Movement, destination: Destination) -> Json:
    """One entry of the withdrawals."""
    return {
        "id": withdrawal_id(movement),
        "amount": places(movement.amount),
        "transactionFee": "0",
        "coin": movement.currency,
        "status": 6,  # completed
        "address": destination.address,
        "addressTag": destination.tag,
        "txId": withdrawal_id(movement),
        "applyTime": datetime.fromtimestamp(movement.at_ms // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "network": SHORT_NAMES[destination.network],
        "transferType": 0,
        "walletType": 0,
    }


def withdrawal_id(movement: Movement) -> str:
    """32 hexadecimal digits."""
    return f"{movement.id:032x}"


def deposit(movement: Movement) -> Json:
    """One entry of the deposits."""
    return {
        "id": str(movement.id),
        "amount": places(movement.amount),
        "coin": movement.currency,
        "status": 1,  # credited
        "txId": f"paper {movement.id}",
        "insertTime": movement.at_ms,
        "transferType": 0,
        "walletType": 0,
    }
