"""Amounts of money: decimals with bounded digits, never floats.

What arrives as text is read once, here. `Decimal` by itself reads `NaN`, `Infinity`, `1_0`, full-width
digits and a million zeros behind `1e`; an exchange's matching engine reads none of those the same way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Final

from bitting.domain.errors import MalformedValue

MOST_DIGITS: Final = 36
# One plain spelling, which is in bounds by its length alone, and the exponent that JSON numbers of small amounts
# really carry (1e-7).
_PLAIN: Final = re.compile(r"[+-]?(?:[0-9]{1,36}(?:\.[0-9]{0,36})?|\.[0-9]{1,36})", re.ASCII)
_SCALED: Final = re.compile(rf"{_PLAIN.pattern}[eE][+-]?[0-9]{{1,2}}", re.ASCII)
# A value is a product of two amounts, and more of them than there will ever be are summed: none is rounded.
_EXACT: Final = Context(prec=6 * MOST_DIGITS)


def amount_from_text(text: str) -> Decimal:
    """Read a finite decimal of at most 36 digits before and behind the point. Raises MalformedValue."""
    if _PLAIN.fullmatch(text) is not None:
        return Decimal(text)
    if _SCALED.fullmatch(text) is None:
        raise MalformedValue(f"not an amount: {text[:48]!r}")
    amount = Decimal(text)
    # The places of the first digit and of the last, whatever exponent they were written with.
    if amount.adjusted() >= MOST_DIGITS or int(amount.as_tuple().exponent) < -MOST_DIGITS:
        raise MalformedValue(f"amount out of range: {text[:48]!r}")
    return amount


def positive_from_text(text: str) -> Decimal:
    """Read an amount above zero. Raises MalformedValue."""
    amount = amount_from_text(text)
    if amount <= 0:
        raise MalformedValue(f"an amount above zero is wanted, not {text[:48]!r}")
    return amount


def product(left: Decimal, right: Decimal) -> Decimal:
    """The exact product: the default context would round it to 28 digits."""
    return _EXACT.multiply(left, right)


def total(left: Decimal, right: Decimal) -> Decimal:
    """The exact sum."""
    return _EXACT.add(left, right)


def amount_to_text(amount: Decimal) -> str:
    """Plain digits without exponent or trailing zeros: the one canonical spelling of a value."""
    if not amount:
        return "0"
    with localcontext(_EXACT):
        return format(amount.normalize(), "f")


@dataclass(frozen=True, slots=True)
class Amounts:
    """A limit: the most per currency. A currency that is not named has no allowance, that is, zero."""

    by_currency: Mapping[str, Decimal]

    @classmethod
    def from_plain(cls, plain: Mapping[str, str]) -> Amounts:
        """Read `{"USD": "1000", "BTC": "0.1"}`; zero is allowed and forbids. Raises MalformedValue."""
        read: dict[str, Decimal] = {}
        for currency, text in plain.items():
            if not isinstance(text, str):
                raise MalformedValue('an amount is written as text, like "1000"')
            amount = amount_from_text(text)
            if amount < 0:
                raise MalformedValue(f"a limit cannot be below zero: {currency} {text}")
            read[currency_from_text(currency)] = amount
        return cls(dict(sorted(read.items())))

    def to_plain(self) -> dict[str, str]:
        """The mapping it can be read from again, in canonical spelling."""
        return {currency: amount_to_text(amount) for currency, amount in self.by_currency.items()}

    def most(self, currency: str) -> Decimal:
        """The allowance in that currency."""
        return self.by_currency.get(currency, Decimal(0))

    def within(self, other: Amounts) -> bool:
        """Whether every amount allowed here is allowed there."""
        return all(amount <= other.most(currency) for currency, amount in self.by_currency.items())


_CURRENCY: Final = re.compile(r"[A-Z0-9]{1,16}", re.ASCII)


def currency_from_text(text: str) -> str:
    """An asset's code: 1 to 16 capital ASCII letters and digits. Raises MalformedValue."""
    if not isinstance(text, str) or _CURRENCY.fullmatch(text) is None:
        raise MalformedValue(f"not a currency code: {str(text)[:32]!r}")
    return text
