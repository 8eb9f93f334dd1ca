"""The account, its wallets, and money on its way, as Bitfinex takes and shows them."""

from __future__ import annotations

from decimal import Decimal

from bitting.dialects.strict import Json
from bitting.domain.money import amount_to_text
from bitting.paper.bitfinex import shapes
from bitting.paper.bitfinex.shapes import CODES, CURRENCY_OF, METHODS, WALLETS
from bitting.paper.bitfinex.words import GENERIC, BitfinexError
from bitting.paper.rejection import Rejected, Why
from bitting.paper.treasury import Destination
from bitting.paper.wire import Call, Form


def user(call: Call) -> Json:
    account = call.caller.account
    return shapes.user(account, call.exchange.accounts[account].opened_ms)


def wallets(call: Call) -> Json:
    return [
        shapes.wallet(name, code, balance)
        for name, wallet in WALLETS.items()
        for code, balance in call.exchange.ledger.purse(call.caller.account, wallet).items()
    ]


def movements(call: Call) -> Json:
    code = _currency(call.form, "currency") if "currency" in call.form else None
    return shapes.page(
        call.form,
        (
            (movement.at_ms, shapes.movement(movement))
            for movement in reversed(call.exchange.treasury.movements[call.caller.account])
            if code in (None, movement.currency)
        ),
    )


def withdraw(call: Call) -> Json:
    form = call.form
    method, (code, network) = _method(form)
    destination = Destination(network, form.text("address"), form.text("payment_id") if "payment_id" in form else "")
    wallet, amount = _wallet(form, "wallet"), form.amount("amount")
    try:
        movement = call.exchange.treasury.withdraw(call.caller, code, amount, destination, call.now_ms, WALLETS[wallet])
    except Rejected as no:
        raise _in_words(call, no, "withdraw", amount, code, wallet) from no
    return shapes.notification("acc_wd-req", shapes.withdrawal(movement, method, wallet), "success", call.now_ms)


def transfer(call: Call) -> Json:
    """Between one's own wallets. To another user value would leave the account: that is not served here."""
    form = call.form
    for name in ("email_dst", "user_id_dst", "tfa_token"):
        if name in form:
            raise Rejected(Why.BAD_PARAMETER, name)
    code, amount = _currency(form, "currency"), form.amount("amount")
    source, target = _wallet(form, "from"), _wallet(form, "to")
    if "currency_to" in form and _currency(form, "currency_to") != code:
        raise Rejected(Why.BAD_PARAMETER, "currency_to")
    account, ways = call.caller.account, (WALLETS[source], WALLETS[target])
    try:
        moved = call.exchange.treasury.transfer(account, code, amount, *ways, call.now_ms)
    except Rejected as no:
        raise _in_words(call, no, "transfer", amount, code, source) from no
    text = f"{amount_to_text(amount)} {code} transfered from {source} to {target}"
    return shapes.notification("acc_tf", shapes.transfer(moved, source, target), text, call.now_ms)


def deposit_address(call: Call) -> Json:
    method, (code, network) = _method(call.form)
    _wallet(call.form, "wallet")
    address = call.exchange.treasury.address(call.caller.account, code, network)
    data: list[Json] = [None, method.upper(), CODES[code], None, address, None]
    return shapes.notification("acc_dep", data, "success", call.now_ms)


def _method(form: Form) -> tuple[str, tuple[str, str]]:
    """The method, and the currency and network it stands for."""
    method = form.text("method").lower()
    if method not in METHODS:
        raise Rejected(Why.UNKNOWN_NETWORK, method)
    return method, METHODS[method]


def _currency(form: Form, name: str) -> str:
    wire = form.text(name)
    if wire not in CURRENCY_OF:
        raise Rejected(Why.UNKNOWN_CURRENCY, wire)
    return CURRENCY_OF[wire]


def _wallet(form: Form, name: str) -> str:
    wallet = form.text(name)
    if wallet not in WALLETS:
        raise Rejected(Why.BAD_PARAMETER, name)
    return wallet


def _in_words(call: Call, no: Rejected, verb: str, amount: Decimal, code: str, wallet: str) -> BitfinexError:
    """The refusal of a movement; for want of money Bitfinex says what there is."""
    if no.why is not Why.INSUFFICIENT_FUNDS:
        return BitfinexError.of(no)
    left = call.exchange.ledger.balance(call.caller.account, code, WALLETS[wallet]).available
    return BitfinexError(
        GENERIC,
        f"Cannot {verb} {amount_to_text(amount)} {CODES[code]} from your {wallet} wallet. "
        f"The available balance is only {amount_to_text(left)} {CODES[code]}.",
    )
