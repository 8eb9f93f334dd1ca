"""The exchange's own REST API, as a new exchange might write one that speaks the native dialect.

Reads and cancellations have their parameters in path and query, everything else in a JSON body.
"""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import json_object, parameters
from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Reply, Request
from bitting.paper.exchange import Exchange
from bitting.paper.orders import Caller
from bitting.paper.own import calls
from bitting.paper.own.words import OwnError
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import NOBODY, Call, Form, Handler, Routes, reply

PUBLIC: Final[dict[str, Handler]] = {
    "GET /exchange/v1/markets": calls.markets,
    "GET /exchange/v1/ticker": calls.ticker,
}
SIGNED: Final[dict[str, Handler]] = {
    "GET /exchange/v1/balances": calls.balances,
    "GET /exchange/v1/orders": calls.open_orders,
    "GET /exchange/v1/orders/{id}": calls.order,
    "POST /exchange/v1/orders": calls.place,
    "DELETE /exchange/v1/orders/{id}": calls.cancel,
    "DELETE /exchange/v1/orders": calls.cancel_all,
    "GET /exchange/v1/trades": calls.trades,
    "POST /exchange/v1/withdrawals": calls.withdraw,
}
_OPEN: Final = frozenset(PUBLIC.values())
_MAKES: Final = frozenset({calls.place, calls.withdraw})  # what is answered with 201
_ROUTES: Final = Routes(PUBLIC | SIGNED)


def answer(exchange: Exchange, caller: Caller | None, request: Request, now_ms: int) -> Reply:
    """Answer one request; `caller` is None for open market data. A refusal is a reply too: nothing is raised."""
    try:
        handler, path = _ROUTES.find(request)
        form = Form(json_object(request.body) if request.method == b"POST" else parameters(request.query) | path)
        if handler in _OPEN:
            return reply(200, handler(Call(exchange, NOBODY, form, now_ms)))
        if caller is None:
            raise Rejected(Why.NOT_SIGNED_IN)
        exchange.open_account(caller.account, now_ms)
        return reply(201 if handler in _MAKES else 200, handler(Call(exchange, caller, form, now_ms)))
    except MalformedRequest as no:
        error = OwnError(400, "malformed", str(no))
    except Rejected as no:
        error = OwnError.of(no)
    return reply(error.status, error.to_wire())
