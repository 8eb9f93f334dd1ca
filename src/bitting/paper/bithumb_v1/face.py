"""Bithumb's API 1.0, REST: what unmodified ccxt 4.5.90 (its generation 1) and pybithumb 1.0.21 call.

Private calls are POST with a form, which also names the endpoint; that is the gate's to check. Every answer has HTTP
status 200 and says by its own `status` what it is. Paths: https://apidocs.bithumb.com/v1.2.0/reference.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import parameters
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Reply, Request
from bitting.paper.bithumb_v1 import market_data, money, trading
from bitting.paper.bithumb_v1.words import PARAMETER, BithumbV1Error
from bitting.paper.exchange import Exchange
from bitting.paper.orders import Caller
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import NOBODY, Call, Form, Handler, Routes, reply

_MARKET: Final = "{order_currency}_{payment_currency}"
PUBLIC: Final[dict[str, Handler]] = {
    f"GET /public/ticker/{_MARKET}": market_data.ticker,
    f"GET /public/orderbook/{_MARKET}": market_data.orderbook,
    f"GET /public/transaction_history/{_MARKET}": market_data.transaction_history,
    f"GET /public/candlestick/{_MARKET}/{{interval}}": market_data.candlestick,
}
SIGNED: Final[dict[str, Handler]] = {
    "POST /info/account": money.account,
    "POST /info/balance": money.balance,
    "POST /info/wallet_address": money.wallet_address,
    "POST /info/user_transactions": money.user_transactions,
    "POST /info/ticker": trading.recent,
    "POST /info/orders": trading.orders,
    "POST /info/order_detail": trading.order_detail,
    "POST /trade/place": trading.place,
    "POST /trade/market_buy": trading.market_buy,
    "POST /trade/market_sell": trading.market_sell,
    "POST /trade/cancel": trading.cancel,
    "POST /trade/btc_withdrawal": money.withdraw,
}
_OPEN: Final = frozenset(PUBLIC.values())
_ROUTES: Final = Routes(PUBLIC | SIGNED)


def answer(exchange: Exchange, caller: Caller | None, request: Request, now_ms: int) -> Reply:
    """Answer one request; `caller` is None for open market data. A refusal is a reply too: nothing is raised."""
    try:
        handler, path = _ROUTES.find(request)
        form = Form(parameters(request.query, request.body) | path)
        if handler in _OPEN:
            return reply(200, handler(Call(exchange, NOBODY, form, now_ms)))
        if caller is None:
            raise Rejected(Why.NOT_SIGNED_IN)
        exchange.open_account(caller.account, now_ms)
        return reply(200, handler(Call(exchange, caller, form, now_ms)))
    except MalformedRequest:
        error = BithumbV1Error(PARAMETER, "Invalid Parameter")
    except Rejected as no:
        error = BithumbV1Error.of(no)
    except BithumbV1Error as said:
        error = said
    return reply(200, error.to_wire())
