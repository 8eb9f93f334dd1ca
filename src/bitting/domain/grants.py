"""A grant: one permission with its limits.

Limits speak the pair's quote currency. None means *no limit of that kind*; an empty list of pairs or
addresses means none of them. What a limit cannot be applied to (an order of unknown value) it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bitting.domain.canonical import Plain
from bitting.domain.errors import MalformedValue
from bitting.domain.money import Amounts, product, total
from bitting.domain.pairs import EVERY_PAIR, PairScope


@dataclass(frozen=True, slots=True)
class OrderRate:
    """A burst of at most `orders`, refilled evenly over `seconds`."""

    orders: int
    seconds: int

    @classmethod
    def from_text(cls, text: str) -> OrderRate:
        """Read `10/60`: ten orders at once, and one more every six seconds. Raises MalformedValue."""
        orders, _, seconds = text.partition("/")
        if not (_count(orders) and _count(seconds)):
            raise MalformedValue(f"not an order rate: {text[:32]!r}; write ORDERS/SECONDS, like 10/60")
        return cls(int(orders), int(seconds))

    def to_text(self) -> str:
        """`10/60`."""
        return f"{self.orders}/{self.seconds}"

    def within(self, other: OrderRate) -> bool:
        """Whether whatever passes here would pass there: no bigger burst, and no faster refill."""
        return self.orders <= other.orders and self.orders * other.seconds <= other.orders * self.seconds


@dataclass(frozen=True, slots=True)
class Limits:
    """What narrows a grant, or a whole account.

    pairs              which pairs; for rights that know none it is not asked
    largest_order      the most one order may be worth
    daily_orders       the most all orders of one UTC day may be worth
    order_rate         orders in a time
    open_orders        orders that may rest at once
    collar_bp          how far from the last price a limit price may lie, in basis points
    addresses          ids of address-book entries withdrawals may go to; None is the whole book
    daily_withdrawals  the most that may be withdrawn in one UTC day, per asset
    """

    pairs: PairScope = EVERY_PAIR
    largest_order: Amounts | None = None
    daily_orders: Amounts | None = None
    order_rate: OrderRate | None = None
    open_orders: int | None = None
    collar_bp: int | None = None
    addresses: frozenset[str] | None = None
    daily_withdrawals: Amounts | None = None

    @property
    def counts(self) -> bool:
        """Whether anything has to be counted, rather than read off one request."""
        counted = (self.order_rate, self.open_orders, self.daily_orders, self.daily_withdrawals)
        return any(each is not None for each in counted)

    @property
    def asks_price(self) -> bool:
        """Whether the last price has a say."""
        return self.collar_bp is not None or self.needs_value

    @property
    def needs_value(self) -> bool:
        """Whether an order must have a known value to be judged."""
        return self.largest_order is not None or self.daily_orders is not None

    def within(self, other: Limits) -> bool:
        """Whether everything admitted under these limits, now or later, is admitted under those."""
        return (
            self.pairs.within(other.pairs)
            and _within(self.largest_order, other.largest_order)
            and _within(self.daily_orders, other.daily_orders)
            and _within(self.order_rate, other.order_rate)
            and _at_most(self.open_orders, other.open_orders)
            and _at_most(self.collar_bp, other.collar_bp)
            and (other.addresses is None or (self.addresses is not None and self.addresses <= other.addresses))
            and _within(self.daily_withdrawals, other.daily_withdrawals)
        )

    def to_plain(self) -> dict[str, Plain]:
        """Only the limits that are set, in canonical spelling; read again by `from_plain`."""
        plain: dict[str, Plain] = {}
        if not self.pairs.every:
            plain["pairs"] = self.pairs.to_text()
        for name in ("largest_order", "daily_orders", "daily_withdrawals"):
            amounts: Amounts | None = getattr(self, name)
            if amounts is not None:
                plain[name] = amounts.to_plain()
        if self.order_rate is not None:
            plain["order_rate"] = self.order_rate.to_text()
        for name in ("open_orders", "collar_bp"):
            number: int | None = getattr(self, name)
            if number is not None:
                plain[name] = number
        if self.addresses is not None:
            plain["addresses"] = sorted(self.addresses)
        return plain

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Limits:
        """Read what `to_plain` writes; unknown names are refused. Raises MalformedValue."""
        if plain == {}:
            return NO_LIMITS  # of most grants, and one object for all of them
        readers: dict[str, Any] = {
            "pairs": lambda value: PairScope.from_text(_texts(value)),
            "largest_order": Amounts.from_plain,
            "daily_orders": Amounts.from_plain,
            "daily_withdrawals": Amounts.from_plain,
            "order_rate": OrderRate.from_text,
            "open_orders": _bounded,
            "collar_bp": _bounded,
            "addresses": lambda value: frozenset(map(_entry_id, _texts(value))),
        }
        try:
            unknown = sorted(set(plain) - set(readers), key=str)
            if unknown:
                raise MalformedValue(f"no limit {unknown[0]!r}; there are: {', '.join(readers)}")
            return cls(**{name: readers[name](value) for name, value in plain.items()})
        except (TypeError, AttributeError):
            raise MalformedValue("a limit has a value of the wrong kind") from None


NO_LIMITS: Final = Limits()
_BASIS_POINT: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Collar:
    """Prices between `lowest` and `highest` round the last one."""

    lowest: Decimal
    highest: Decimal

    @classmethod
    def round_price(cls, last: Decimal, basis_points: int) -> Collar:
        """The band of that many hundredths of a percent to both sides."""
        width = product(last, product(Decimal(basis_points), _BASIS_POINT))
        return cls(total(last, width.copy_negate()), total(last, width))

    def admits(self, price: Decimal) -> bool:
        """Whether the price is inside, ends included."""
        return self.lowest <= price <= self.highest


def with_limits(limits: Limits, plain: Mapping[str, Any]) -> Limits:
    """The limits with those of `plain` set anew; a value of None takes a limit away."""
    kept = {name: value for name, value in limits.to_plain().items() if name not in plain}
    return Limits.from_plain(kept | {name: value for name, value in plain.items() if value is not None})


def _within(mine: Any, theirs: Any) -> bool:
    return theirs is None or (mine is not None and mine.within(theirs))


def _at_most(mine: int | None, theirs: int | None) -> bool:
    return theirs is None or (mine is not None and mine <= theirs)


def _count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6 and int(text) > 0


def _bounded(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 1_000_000:
        raise MalformedValue(f"a whole number from 0 to 1000000 is wanted, not {str(value)[:32]!r}")
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise MalformedValue("a list of texts is wanted")
    return list(value)


def _entry_id(text: str) -> str:
    if not (1 <= len(text) <= 64 and text.isascii() and text.isprintable()):
        raise MalformedValue(f"not the id of an address-book entry: {text[:64]!r}")
    return text
