"""The account, and money on its way, as Bithumb's API 1.0 takes and shows them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.money import amount_to_text
from bitting.domain.pairs import Pair
from bitting.paper.bithumb_v1 import shapes
from bitting.paper.bithumb_v1.market_data import market_of
from bitting.paper.bithumb_v1.shapes import fine
from bitting.paper.exchange import FEE
from bitting.paper.market import CURRENCIES, NETWORKS
from bitting.paper.rejection import Rejected, Why
from bitting.paper.treasury import Destination
from bitting.paper.wire import Call, Form

_SEARCHES: Final = ("0", "1", "2", "3", "4", "5", "9")  # all, purchases, sales, withdrawals to come, deposits, …


def account(call: Call) -> Json:
    market, name = market_of(call.form), call.caller.account
    return fine(
        data={
            "created": call.exchange.accounts[name].opened_ms,
            "account_id": name,
            "order_currency": market.base,
            "payment_currency": market.quote,
            "trade_fee": str(FEE),
            "balance": amount_to_text(_available(call, market.base)),
        }
    )


def balance(call: Call) -> Json:
    """Of one currency, or of `ALL`; won are always there."""
    code = call.form.text("currency", "BTC")
    codes = [*CURRENCIES] if code == "ALL" else ["KRW", _currency(code)]
    shown: dict[str, Json] = {}
    for each in codes:
        shown |= shapes.balance(each, call.exchange.ledger.balance(call.caller.account, each), _last(call, each))
    return fine(data=shown)


def wallet_address(call: Call) -> Json:
    code = _currency(call.form.text("currency", "BTC"))
    address = call.exchange.treasury.address(call.caller.account, code, _network(call.form, code))
    return fine(data={"wallet_address": address, "currency": code})


def user_transactions(call: Call) -> Json:
    """Trades and movements, newest first; nothing here is ever on its way."""
    search, offset, count = call.form.text("searchGb", "0"), call.form.whole("offset", 0), call.form.whole("count", 20)
    if search not in _SEARCHES:
        raise Rejected(Why.BAD_PARAMETER, "searchGb")
    found = sorted(_transactions(call), key=lambda each: each[0], reverse=True)
    shown = [shape for _, shape in found if search in ("0", shape["search"])]
    return fine(data=[*shown[offset : offset + count]])


def withdraw(call: Call) -> Json:
    """To the currency's usual network, unless another is named."""
    form = call.form
    code = _currency(form.text("currency", "BTC"))
    tag = form.text("destination") if form.raw("destination") else ""
    destination = Destination(_network(form, code), form.text("address"), tag)
    call.exchange.treasury.withdraw(call.caller, code, form.amount("units"), destination, call.now_ms)
    return fine()


def _transactions(call: Call) -> Iterator[tuple[int, dict[str, Json]]]:
    """Those of the `order_currency`, each with its time."""
    code, quote = _currency(call.form.text("order_currency")), call.form.text("payment_currency", "KRW")
    for trade in call.exchange.accounts[call.caller.account].trades:
        market = trade.order.market
        if (market.base, market.quote) == (code, quote):
            yield trade.at_ms, shapes.trade(trade, _available(call, code), _available(call, quote))
    for movement in call.exchange.treasury.movements[call.caller.account]:
        if movement.currency == code:
            yield movement.at_ms, shapes.movement(movement, _available(call, code))


def _available(call: Call, code: str) -> Decimal:
    return call.exchange.ledger.balance(call.caller.account, code).available


def _last(call: Call, code: str) -> Decimal | None:
    tape = call.exchange.tapes.get(Pair(code, "KRW"))
    return tape.last if tape is not None else None


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise Rejected(Why.UNKNOWN_CURRENCY, code)
    return code


def _network(form: Form, code: str) -> str:
    """The network named, or else the currency's usual one."""
    if "net_type" not in form:
        return next(iter(CURRENCIES[code].networks), "")
    return NETWORKS.get(form.text("net_type"), "")
