"""One notation for a trading pair inside the house: `BTC/USD`.

Exchanges write the same pair as `tBTCUSD`, `BTCUSDT`, `KRW-BTC`. Each dialect turns its own spelling
into this one, by rule or by a list of the pairs that exist; what it cannot turn is unknown, and an
unknown pair is admitted by no key that is limited to pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from bitting.domain.errors import MalformedValue
from bitting.domain.money import currency_from_text


class Pair(NamedTuple):
    """What is traded (`base`) and what it is priced in (`quote`)."""

    base: str
    quote: str

    @classmethod
    def from_text(cls, text: str) -> Pair:
        """Read `BTC/USD`. Raises MalformedValue."""
        base, slash, quote = text.partition("/")
        if not slash or base == quote:
            raise MalformedValue(f"not a pair: {text[:32]!r}; write BASE/QUOTE, like BTC/USD")
        return cls(currency_from_text(base), currency_from_text(quote))

    def to_text(self) -> str:
        """`BTC/USD`."""
        return f"{self.base}/{self.quote}"


@dataclass(frozen=True, slots=True)
class PairScope:
    """Which pairs a grant is for: all of them, said explicitly, or a list. An empty list is none."""

    every: bool
    pairs: frozenset[Pair]

    @classmethod
    def from_text(cls, texts: Iterable[str]) -> PairScope:
        """Read a list of pairs, or the single word `all`. Raises MalformedValue."""
        words = list(texts)
        if words == ["all"]:
            return EVERY_PAIR
        return cls(False, frozenset(Pair.from_text(word) for word in words))

    def to_text(self) -> list[str]:
        """The list it can be read from again, sorted."""
        return ["all"] if self.every else sorted(pair.to_text() for pair in self.pairs)

    def admits(self, pair: Pair | None) -> bool:
        """Whether that pair is inside; None is a pair that could not be read, or every pair at once."""
        return self.every or (pair is not None and pair in self.pairs)

    def within(self, other: PairScope) -> bool:
        """Whether every pair admitted here is admitted there."""
        return other.every or (not self.every and self.pairs <= other.pairs)


EVERY_PAIR: Final = PairScope(True, frozenset())
