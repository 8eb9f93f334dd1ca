"""The account, its coins, and money on its way, as Binance takes and shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from bitting.dialects.strict import Json
from bitting.paper.binance import shapes
from bitting.paper.binance.shapes import places
from bitting.paper.ledger import Wallet
from bitting.paper.market import CURRENCIES, NETWORKS
from bitting.paper.rejection import Rejected, Why
from bitting.paper.treasury import Destination, Movement
from bitting.paper.wire import Call, Form

_WALLETS: Final = {"MAIN": Wallet.SPOT, "MARGIN": Wallet.MARGIN, "FUNDING": Wallet.FUNDING}
_TRANSFERS: Final = {
    f"{source}_{target}": (_WALLETS[source], _WALLETS[target])
    for source in _WALLETS
    for target in _WALLETS
    if source != target
}


def account(call: Call) -> Json:
    return shapes.account(call.exchange.ledger.purse(call.caller.account), call.now_ms)


def coins(call: Call) -> Json:
    balances = call.exchange.ledger.purse(call.caller.account)
    return [shapes.coin(currency, balances[currency.code]) for currency in CURRENCIES.values()]


def funding_asset(call: Call) -> Json:
    wanted = call.form.text("asset") if "asset" in call.form else None
    return [
        {"asset": code, "free": places(balance.available), "locked": "0", "freeze": "0", "withdrawing": "0"}
        for code, balance in call.exchange.ledger.purse(call.caller.account, Wallet.FUNDING).items()
        if wanted in (None, code)
    ]


def withdraw(call: Call) -> Json:
    form = call.form
    code = _coin(form, "coin")
    tag = form.text("addressTag") if "addressTag" in form else ""
    destination = Destination(_network(form, code), form.text("address"), tag)
    wallet = {0: Wallet.SPOT, 1: Wallet.FUNDING}.get(form.whole("walletType", 0))
    if wallet is None:
        raise Rejected(Why.BAD_PARAMETER, "walletType")
    treasury = call.exchange.treasury
    movement = treasury.withdraw(call.caller, code, form.amount("amount"), destination, call.now_ms, wallet)
    return {"id": shapes.withdrawal_id(movement)}


def withdrawals(call: Call) -> Json:
    return _page(
        call.form,
        (
            shapes.withdrawal(movement, movement.destination)
            for movement in _movements(call)
            if movement.destination is not None
        ),
    )


def deposits(call: Call) -> Json:
    movements = (movement for movement in _movements(call) if movement.destination is None)
    return _page(call.form, map(shapes.deposit, movements))


def deposit_address(call: Call) -> Json:
    code = _coin(call.form, "coin")
    address = call.exchange.treasury.address(call.caller.account, code, _network(call.form, code))
    return {"coin": code, "address": address, "tag": "", "url": ""}


def transfer(call: Call) -> Json:
    """Between one's own wallets; `MAIN_FUNDING` and the like."""
    way = _TRANSFERS.get(call.form.text("type"))
    if way is None:
        raise Rejected(Why.BAD_PARAMETER, "type")
    code, amount = _coin(call.form, "asset"), call.form.amount("amount")
    moved = call.exchange.treasury.transfer(call.caller.account, code, amount, *way, call.now_ms)
    return {"tranId": moved.id}


def _movements(call: Call) -> Iterator[Movement]:
    """Newest first, of the form's `coin` and time where it has them."""
    period = call.form.period("startTime", "endTime")
    code = _coin(call.form, "coin") if "coin" in call.form else None
    for movement in reversed(call.exchange.treasury.movements[call.caller.account]):
        if code in (None, movement.currency) and movement.at_ms in period:
            yield movement


def _page(form: Form, entries: Iterable[Json]) -> Json:
    return [*islice(entries, form.whole("limit", 1000))]


def _coin(form: Form, name: str) -> str:
    code = form.text(name)
    if code not in CURRENCIES:
        raise Rejected(Why.UNKNOWN_CURRENCY, code)
    return code


def _network(form: Form, code: str) -> str:
    """The network named, or else the currency's usual one."""
    if "network" not in form:
        return next(iter(CURRENCIES[code].networks), "")
    return NETWORKS.get(form.text("network"), "")
