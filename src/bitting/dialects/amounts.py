"""Amounts and prices as signed requests write them, in the words of `domain.action.Order`.

One reader for every dialect, so that no two of them disagree about what an amount is.
"""

from __future__ import annotations

from decimal import Decimal

from bitting.domain.errors import MalformedRequest, MalformedValue
from bitting.domain.money import amount_from_text


def amount(given: object, what: str) -> Decimal:
    """A finite decimal of either sign (see `domain.money`), which clients write as text or as a number of JSON.
    Raises MalformedRequest."""
    if not isinstance(given, str):
        if isinstance(given, bool) or not isinstance(given, int | Decimal):
            raise MalformedRequest(f"{what} is not an amount")
        given = str(given)
    try:
        return amount_from_text(given)
    except MalformedValue as problem:
        raise MalformedRequest(f"{what} is {problem}") from None


def positive(given: object, what: str) -> Decimal:
    """An amount above zero. Raises MalformedRequest."""
    read = amount(given, what)
    if read <= 0:
        raise MalformedRequest(f"{what} is not above zero")
    return read


def highest_and_lowest(prices: list[Decimal]) -> tuple[Decimal | None, Decimal | None]:
    """The highest of the prices that an order names, and the lowest where it names several."""
    if len(prices) > 1:
        return max(prices), min(prices)
    return (prices[0] if prices else None), None
