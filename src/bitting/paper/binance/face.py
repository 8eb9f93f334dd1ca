"""Binance spot, REST: what unmodified ccxt 4.5.90 and binance-connector 3.13.0 call.

What an order asks for and this exchange does not have (stops, icebergs) is refused, never ignored.
`sapi/v1/account/apiRestrictions` is the gate's own answer and not here. Paths:
https://developers.binance.com/docs/binance-spot-api-docs/rest-api and …/docs/wallet.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import parameters
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Reply, Request
from bitting.paper.binance import market_data, money, trading
from bitting.paper.binance.words import BinanceError
from bitting.paper.exchange import Exchange
from bitting.paper.orders import Caller
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import NOBODY, Call, Form, Handler, Routes, reply

PUBLIC: Final[dict[str, Handler]] = {
    "GET /api/v3/ping": market_data.ping,
    "GET /api/v3/time": market_data.time,
    "GET /api/v3/exchangeInfo": market_data.exchange_info,
    "GET /api/v3/depth": market_data.depth,
    "GET /api/v3/ticker/24hr": market_data.day_ticker,
    "GET /api/v3/ticker/price": market_data.price_ticker,
    "GET /api/v3/ticker/bookTicker": market_data.book_ticker,
    "GET /sapi/v1/system/status": market_data.system_status,
}
SIGNED: Final[dict[str, Handler]] = {
    "GET /api/v3/account": money.account,
    "GET /api/v3/openOrders": trading.open_orders,
    "GET /api/v3/allOrders": trading.all_orders,
    "GET /api/v3/myTrades": trading.my_trades,
    "GET /api/v3/order": trading.order,
    "POST /api/v3/order": trading.new_order,
    "DELETE /api/v3/order": trading.cancel_order,
    "DELETE /api/v3/openOrders": trading.cancel_open_orders,
    "POST /api/v3/order/cancelReplace": trading.cancel_replace,
    "GET /sapi/v1/capital/config/getall": money.coins,
    "GET /sapi/v1/capital/deposit/address": money.deposit_address,
    "GET /sapi/v1/capital/deposit/hisrec": money.deposits,
    "GET /sapi/v1/capital/withdraw/history": money.withdrawals,
    "POST /sapi/v1/capital/withdraw/apply": money.withdraw,
    "POST /sapi/v1/asset/get-funding-asset": money.funding_asset,
    "POST /sapi/v1/asset/transfer": money.transfer,
}
_OPEN: Final = frozenset(PUBLIC.values())
_ROUTES: Final = Routes(PUBLIC | SIGNED)


def answer(exchange: Exchange, caller: Caller | None, request: Request, now_ms: int) -> Reply:
    """Answer one request; `caller` is None for open market data. A refusal is a reply too: nothing is raised."""
    try:
        handler, _ = _ROUTES.find(request)
        form = Form(parameters(request.query, request.body))
        if handler in _OPEN:
            return reply(200, handler(Call(exchange, NOBODY, form, now_ms)))
        if caller is None:
            raise Rejected(Why.NOT_SIGNED_IN)
        exchange.open_account(caller.account, now_ms)
        return reply(200, handler(Call(exchange, caller, form, now_ms)))
    except MalformedRequest:
        error = BinanceError(400, -1100, "Illegal characters found in a parameter.")
    except Rejected as no:
        error = BinanceError.of(no)
    except BinanceError as said:
        error = said
    return reply(error.status, error.to_wire())
