"""Money that comes, goes, and moves between an account's own wallets.

Nothing is sent anywhere: a withdrawal is written down and the balance is gone. Deposit addresses say `paper`
aloud, so that nobody can take one for a place to send real money to.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from bitting.paper.ledger import Ledger, Wallet
from bitting.paper.market import CURRENCIES, Currency, allowed_amount
from bitting.paper.orders import Caller
from bitting.paper.rejection import Rejected, Why

_REMEMBERED: Final = 1000  # of each account: a demonstration may run for weeks


class Destination(NamedTuple):
    """Where a withdrawal goes."""

    network: str
    address: str
    tag: str = ""


class Movement(NamedTuple):
    """A withdrawal, or with no destination a deposit. `key` is the id of the key that asked for it."""

    id: int
    currency: str
    amount: Decimal
    destination: Destination | None
    key: str | None
    at_ms: int


class Transfer(NamedTuple):
    """Between two wallets of one account."""

    id: int
    currency: str
    amount: Decimal
    source: Wallet
    target: Wallet
    at_ms: int


class Treasury:
    """Deposits, withdrawals and transfers, newest last; `ids` are the exchange's own."""

    def __init__(self, ledger: Ledger, ids: Iterator[int]) -> None:
        self._ledger = ledger
        self._ids = ids
        self.movements: defaultdict[str, deque[Movement]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))

    def deposit(self, account: str, currency: str, amount: Decimal, now_ms: int) -> Movement:
        """Money arrives from outside."""
        self._ledger.issue(account, currency, amount)
        movement = Movement(next(self._ids), currency, amount, None, None, now_ms)
        self.movements[account].append(movement)
        return movement

    def withdraw(
        self,
        caller: Caller,
        currency: str,
        amount: Decimal,
        destination: Destination,
        now_ms: int,
        wallet: Wallet = Wallet.SPOT,
    ) -> Movement:
        """Money leaves. Raises Rejected: unknown currency or network, bad amount, insufficient funds."""
        _network(currency, destination.network)
        if not destination.address:
            raise Rejected(Why.BAD_PARAMETER, "address")
        self._ledger.redeem(caller.account, currency, allowed_amount(amount), wallet)
        movement = Movement(next(self._ids), currency, amount, destination, caller.key, now_ms)
        self.movements[caller.account].append(movement)
        return movement

    def transfer(
        self, account: str, currency: str, amount: Decimal, source: Wallet, target: Wallet, now_ms: int
    ) -> Transfer:
        """From one wallet to another. Raises Rejected: unknown currency, bad amount, insufficient funds."""
        _currency(currency)
        self._ledger.move(account, currency, allowed_amount(amount), source, target)
        return Transfer(next(self._ids), currency, amount, source, target, now_ms)

    def address(self, account: str, currency: str, network: str) -> str:
        """Where the account would receive that currency: the same every time. Raises Rejected."""
        _network(currency, network)
        digest = hashlib.sha256(f"{account}\n{currency}\n{network}".encode()).hexdigest()
        return f"paper-{network}-{digest[:32]}"


def _currency(code: str) -> Currency:
    if code not in CURRENCIES:
        raise Rejected(Why.UNKNOWN_CURRENCY, code)
    return CURRENCIES[code]


def _network(currency: str, network: str) -> None:
    if network not in _currency(currency).networks:
        raise Rejected(Why.UNKNOWN_NETWORK, network)
