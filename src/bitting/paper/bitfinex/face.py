"""Bitfinex v2, REST, spot wallets: what unmodified ccxt 4.5.90 and bitfinex-api-py 4.0.0 call.

What an order asks for and this exchange does not have (stops, margin, reduce-only) is refused, never ignored.
`auth/r/permissions` is the gate's own answer and not here. Paths: https://docs.bitfinex.com/reference.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import json_object, parameters
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Reply, Request
from bitting.paper.bitfinex import market_data, money, trading
from bitting.paper.bitfinex.words import PARAMETERS, BitfinexError
from bitting.paper.exchange import Exchange
from bitting.paper.orders import Caller
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import NOBODY, Call, Form, Routes, reply

ROUTES: Final = Routes(
    {
        "GET /v2/platform/status": market_data.platform_status,
        "GET /v2/conf/{keys}": market_data.conf,
        "GET /v2/tickers": market_data.tickers,
        "GET /v2/ticker/{symbol}": market_data.ticker,
        "GET /v2/book/{symbol}/{precision}": market_data.book,
        "POST /v2/auth/r/info/user": money.user,
        "POST /v2/auth/r/wallets": money.wallets,
        "POST /v2/auth/r/movements/hist": money.movements,
        "POST /v2/auth/r/movements/{currency}/hist": money.movements,
        "POST /v2/auth/w/withdraw": money.withdraw,
        "POST /v2/auth/w/transfer": money.transfer,
        "POST /v2/auth/w/deposit/address": money.deposit_address,
        "POST /v2/auth/r/orders": trading.orders,
        "POST /v2/auth/r/orders/hist": trading.orders_history,
        "POST /v2/auth/r/orders/{symbol}": trading.orders,
        "POST /v2/auth/r/orders/{symbol}/hist": trading.orders_history,
        "POST /v2/auth/r/trades/hist": trading.trades_history,
        "POST /v2/auth/r/trades/{symbol}/hist": trading.trades_history,
        "POST /v2/auth/r/order/{symbol}:{id}/trades": trading.trades_history,
        "POST /v2/auth/w/order/submit": trading.submit,
        "POST /v2/auth/w/order/update": trading.update,
        "POST /v2/auth/w/order/cancel": trading.cancel,
        "POST /v2/auth/w/order/cancel/multi": trading.cancel_multi,
        "POST /v2/auth/w/order/multi": trading.multi,
    }
)


def answer(exchange: Exchange, caller: Caller | None, request: Request, now_ms: int) -> Reply:
    """Answer one request; `caller` is None for open market data. What is refused is a reply too: nothing is raised."""
    try:
        handler, path = ROUTES.find(request)
        if not request.path.startswith(b"/v2/auth/"):
            return reply(200, handler(Call(exchange, NOBODY, Form(parameters(request.query) | path), now_ms)))
        if caller is None:
            raise Rejected(Why.NOT_SIGNED_IN)
        exchange.open_account(caller.account, now_ms)
        return reply(200, handler(Call(exchange, caller, Form(json_object(request.body) | path), now_ms)))
    except MalformedRequest:
        error = BitfinexError(PARAMETERS, "request: invalid")
    except Rejected as no:
        error = BitfinexError.of(no)
    except BitfinexError as said:
        error = said
    return reply(500, error.to_wire())
