"""The account, and money on its way, as Bithumb's API 2.0 takes and shows them."""

from __future__ import annotations

from collections.abc import Iterator

from bitting.dialects.strict import Json
from bitting.paper.bithumb import shapes
from bitting.paper.bithumb.market_data import market_of
from bitting.paper.bithumb.words import BithumbError
from bitting.paper.market import CURRENCIES, NETWORKS, SHORT_NAMES
from bitting.paper.rejection import Rejected, Why
from bitting.paper.treasury import Destination, Movement
from bitting.paper.wire import Call, Form


def accounts(call: Call) -> Json:
    purse = call.exchange.ledger.purse(call.caller.account)
    return [shapes.account(code, balance) for code, balance in purse.items()]


def chance(call: Call) -> Json:
    market, ledger = market_of(call.form), call.exchange.ledger
    quote, base = (ledger.balance(call.caller.account, code) for code in (market.quote, market.base))
    return shapes.chance(market, quote, base)


def withdraw(call: Call) -> Json:
    form = call.form
    tag = form.text("secondary_address") if "secondary_address" in form else ""
    destination = Destination(_network(form), form.text("address"), tag)
    code, amount = currency_of(form), form.amount("amount")
    try:
        movement = call.exchange.treasury.withdraw(call.caller, code, amount, destination, call.now_ms)
    except Rejected as no:
        if no.why is Why.INSUFFICIENT_FUNDS:  # what a withdrawal calls otherwise than an order
            raise BithumbError(400, "withdraw_insufficient_balance", f"Not enough {code} to withdraw.") from no
        raise
    return shapes.movement(movement)


def withdrawals(call: Call) -> Json:
    return shapes.page(call.form, [*map(shapes.movement, _withdrawals(call))])


def withdrawal(call: Call) -> Json:
    return shapes.movement(_find(call, _withdrawals(call), "withdraw_not_found"))


def deposits(call: Call) -> Json:
    """Of coins."""
    return shapes.page(
        call.form, [shapes.movement(each) for each in _deposits(call) if CURRENCIES[each.currency].networks]
    )


def won_deposits(call: Call) -> Json:
    return shapes.page(call.form, [shapes.movement(each) for each in _deposits(call) if each.currency == "KRW"])


def deposit(call: Call) -> Json:
    return shapes.movement(_find(call, _deposits(call), "deposit_not_found"))


def address(call: Call) -> Json:
    """Where a currency is received over a network; there is no difference between asking for it and having it made."""
    return _address(call, currency_of(call.form), _network(call.form))


def addresses(call: Call) -> Json:
    return [_address(call, currency.code, each) for currency in CURRENCIES.values() for each in currency.networks]


def currency_of(form: Form) -> str:
    """The `currency`. Raises Rejected (unknown currency)."""
    code = form.text("currency")
    if code not in CURRENCIES:
        raise Rejected(Why.UNKNOWN_CURRENCY, code)
    return code


def _network(form: Form) -> str:
    return NETWORKS.get(form.text("net_type"), "")


def _address(call: Call, code: str, network: str) -> Json:
    received_at = call.exchange.treasury.address(call.caller.account, code, network)
    return {
        "currency": code,
        "net_type": SHORT_NAMES[network],
        "deposit_address": received_at,
        "secondary_address": None,
    }


def _movements(call: Call) -> Iterator[Movement]:
    """Newest first, of the form's `currency` and list of `uuids` where it has them."""
    code = currency_of(call.form) if "currency" in call.form else None
    ids = call.form.texts("uuids")
    for movement in reversed(call.exchange.treasury.movements[call.caller.account]):
        if code in (None, movement.currency) and (ids is None or str(movement.id) in ids):
            yield movement


def _withdrawals(call: Call) -> Iterator[Movement]:
    return (each for each in _movements(call) if each.destination is not None)


def _deposits(call: Call) -> Iterator[Movement]:
    return (each for each in _movements(call) if each.destination is None)


def _find(call: Call, movements: Iterator[Movement], otherwise: str) -> Movement:
    """The newest, or that of the `uuid`."""
    wanted = call.form.text("uuid") if "uuid" in call.form else None
    for movement in movements:
        if wanted in (None, str(movement.id)):
            return movement
    raise BithumbError(404, otherwise, "There is no such movement.")
