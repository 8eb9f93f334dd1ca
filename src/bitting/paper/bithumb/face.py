"""Bithumb's API 2.0, REST: what unmodified ccxt 4.5.90 calls, and the rest of accounts, orders and movements.

What an order asks for and this exchange does not have (stops, TWAP) is refused, never ignored. `GET /v1/api_keys` is
the gate's own answer and not here. Paths: https://apidocs.bithumb.com/reference.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects.bithumb_hash import query_pairs
from bitting.dialects.strict import Json, json_object
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Reply, Request
from bitting.paper.bithumb import market_data, money, trading
from bitting.paper.bithumb.words import BithumbError
from bitting.paper.exchange import Exchange
from bitting.paper.orders import Caller
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import NOBODY, Call, Form, Handler, Routes, reply

PUBLIC: Final[dict[str, Handler]] = {
    "GET /v1/market/all": market_data.markets,
    "GET /v1/ticker": market_data.tickers,
    "GET /v1/orderbook": market_data.orderbooks,
    "GET /v1/trades/ticks": market_data.ticks,
    "GET /v1/candles/minutes/{unit}": market_data.minute_candles,
    "GET /v1/candles/days": market_data.day_candles,
}
SIGNED: Final[dict[str, Handler]] = {
    "GET /v1/accounts": money.accounts,
    "GET /v1/orders/chance": money.chance,
    "GET /v1/orders": trading.orders,
    "GET /v1/order": trading.order,
    "POST /v1/orders": trading.place_as_before,
    "DELETE /v1/order": trading.cancel_as_before,
    "POST /v2/orders": trading.place,
    "POST /v2/orders/batch": trading.place_batch,
    "POST /v2/orders/cancel": trading.cancel_batch,
    "DELETE /v2/order": trading.cancel,
    "GET /v1/withdraws": money.withdrawals,
    "GET /v1/withdraw": money.withdrawal,
    "POST /v1/withdraws/coin": money.withdraw,
    "GET /v1/deposits": money.deposits,
    "GET /v1/deposits/krw": money.won_deposits,
    "GET /v1/deposit": money.deposit,
    "GET /v1/deposits/coin_address": money.address,
    "GET /v1/deposits/coin_addresses": money.addresses,
    "POST /v1/deposits/generate_coin_address": money.address,
}
_OPEN: Final = frozenset(PUBLIC.values())
_MAKES: Final = frozenset({trading.place, trading.place_as_before, money.withdraw})  # what is answered with 201
_ROUTES: Final = Routes(PUBLIC | SIGNED)


def answer(exchange: Exchange, caller: Caller | None, request: Request, now_ms: int) -> Reply:
    """Answer one request; `caller` is None for open market data. A refusal is a reply too: nothing is raised."""
    try:
        handler, path = _ROUTES.find(request)
        form = Form(_query(request.query) | json_object(request.body) | path)
        if handler in _OPEN:
            return reply(200, handler(Call(exchange, NOBODY, form, now_ms)))
        if caller is None:
            raise Rejected(Why.NOT_SIGNED_IN)
        exchange.open_account(caller.account, now_ms)
        return reply(201 if handler in _MAKES else 200, handler(Call(exchange, caller, form, now_ms)))
    except MalformedRequest:
        error = BithumbError(400, 400, "request: invalid")
    except Rejected as no:
        error = BithumbError.of(no)
    except BithumbError as said:
        error = said
    return reply(error.status, error.to_wire())


def _query(query: bytes) -> dict[str, Json]:
    """`uuids[]=a&uuids[]=b` is a list."""
    read: dict[str, Json] = {}
    for name, value in query_pairs(query) if query else ():
        if name.endswith("[]"):
            before = read.get(name[:-2])
            read[name[:-2]] = [*before, value] if isinstance(before, list) else [value]
        else:
            read[name] = value
    return read
