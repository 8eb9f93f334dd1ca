"""Who has how much of what, and the one rule: money moves, it is neither made nor lost.

Each account has three wallets. A balance is what is available and what open orders hold, and neither is
ever below zero. Money comes in by `issue` and leaves by `redeem`, both counted, so that at any moment
the sum of all balances of a currency is what was issued of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from bitting.paper.market import ZERO
from bitting.paper.rejection import Rejected, Why


class Wallet(StrEnum):
    """The wallets of an account; orders trade in SPOT only."""

    SPOT = "spot"
    MARGIN = "margin"
    FUNDING = "funding"


class Balance(NamedTuple):
    """Of one currency in one wallet: free to use, and held by open orders."""

    available: Decimal = ZERO
    held: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.available + self.held


class Ledger:
    """All balances. Methods that take money raise Rejected (insufficient funds) and then have changed nothing."""

    def __init__(self) -> None:
        self._purses: defaultdict[tuple[str, Wallet], dict[str, Balance]] = defaultdict(dict)
        self.issued: defaultdict[str, Decimal] = defaultdict(Decimal)

    def purse(self, account: str, wallet: Wallet = Wallet.SPOT) -> Mapping[str, Balance]:
        """Every currency the wallet has ever had, with its balance."""
        return self._purses[account, wallet]

    def balance(self, account: str, currency: str, wallet: Wallet = Wallet.SPOT) -> Balance:
        """The balance; zeros where there never was any."""
        return self._purses[account, wallet].get(currency, Balance())

    def total(self, currency: str) -> Decimal:
        """The sum over all accounts; equals `issued[currency]`."""
        return sum((purse[currency].total for purse in self._purses.values() if currency in purse), ZERO)

    def issue(self, account: str, currency: str, amount: Decimal) -> None:
        """Money arrives from outside."""
        self._change(account, Wallet.SPOT, currency, available=amount)
        self.issued[currency] += amount

    def redeem(self, account: str, currency: str, amount: Decimal, wallet: Wallet) -> None:
        """Money leaves for good."""
        self._change(account, wallet, currency, available=-amount)
        self.issued[currency] -= amount

    def hold(self, account: str, currency: str, amount: Decimal) -> None:
        """Set money aside for an order."""
        self._change(account, Wallet.SPOT, currency, available=-amount, held=amount)

    def release(self, account: str, currency: str, amount: Decimal) -> None:
        """Give back what was set aside."""
        self._change(account, Wallet.SPOT, currency, available=amount, held=-amount)

    def pay(self, payer: str, payee: str, currency: str, amount: Decimal) -> None:
        """Pay out of what the payer's order holds."""
        self._change(payer, Wallet.SPOT, currency, held=-amount)
        self._change(payee, Wallet.SPOT, currency, available=amount)

    def charge(self, payer: str, payee: str, currency: str, amount: Decimal) -> None:
        """Pay out of what is available: a fee."""
        self._change(payer, Wallet.SPOT, currency, available=-amount)
        self._change(payee, Wallet.SPOT, currency, available=amount)

    def move(self, account: str, currency: str, amount: Decimal, source: Wallet, target: Wallet) -> None:
        """From one wallet of the account to another."""
        self._change(account, source, currency, available=-amount)
        self._change(account, target, currency, available=amount)

    def _change(
        self, account: str, wallet: Wallet, currency: str, available: Decimal = ZERO, held: Decimal = ZERO
    ) -> None:
        before = self.balance(account, currency, wallet)
        after = Balance(before.available + available, before.held + held)
        if min(after) < 0:
            raise Rejected(Why.INSUFFICIENT_FUNDS, currency)
        self._purses[account, wallet][currency] = after
