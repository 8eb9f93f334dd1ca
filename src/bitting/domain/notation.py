"""How an operator's own API writes pairs, sides and types of orders, said once for its whole table of actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bitting.domain.action import Side
from bitting.domain.canonical import Plain
from bitting.domain.errors import MalformedValue
from bitting.domain.money import currency_from_text
from bitting.domain.pairs import Pair

MOST_WORDS: Final = 64
_FORM: Final = re.compile(r"(BTC|USDT)([-_/:]?)(BTC|USDT)", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


class PairForm(NamedTuple):
    """How symbols are written, shown by the one of BTC/USDT: `BTC-USDT`, `USDT-BTC`, `btc_usdt`, `BTCUSDT`."""

    text: str
    mark: str
    quote_first: bool
    lower: bool

    @classmethod
    def from_text(cls, text: object) -> PairForm:
        """Raises MalformedValue."""
        shown = text if isinstance(text, str) else ""
        found = _FORM.fullmatch(shown.upper())
        if found is None or found[1] == found[3] or shown not in (found[0], found[0].lower()):
            raise MalformedValue(
                f"pair_form is how your API writes the pair BTC/USDT (BTC-USDT, btc_usdt, USDT-BTC), not {text!r}"
            )
        return cls(shown, found[2], found[1] == "USDT", shown.islower())


@dataclass(frozen=True, slots=True)
class Notation:
    """`sides` are the words for buying and selling; `limit_types` the types of orders of which the price is a limit.
    `quotes` are needed, and read, only where nothing stands between base and quote."""

    pair_form: PairForm | None = None
    quotes: tuple[str, ...] = ()
    sides: tuple[str, str] = ("buy", "sell")
    limit_types: tuple[str, ...] = ()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Notation:
        """Read what `to_plain` writes; what is left out keeps its default. Raises MalformedValue."""
        form = PairForm.from_text(plain["pair_form"]) if "pair_form" in plain else None
        quotes = tuple(sorted(map(currency_from_text, _words(plain, "quotes"))))
        if (form is not None and not form.mark) is not bool(quotes):
            raise MalformedValue(
                'quotes are listed where pair_form has nothing between base and quote, and only there: ["USDT", "BTC"]'
            )
        if form is not None and not form.mark and form.quote_first:
            raise MalformedValue("a pair_form with nothing between has its quote last: BTCUSDT")
        for each in quotes:
            if any(other != each and other.endswith(each) for other in quotes):
                raise MalformedValue(
                    f"quotes: one ends in {each}, so a symbol could be read in two ways; list one of them"
                )
        sides = _words(plain, "sides") or ("buy", "sell")
        if len(sides) != 2:
            raise MalformedValue('sides are the words for buying and selling, in this order: ["buy", "sell"]')
        return cls(form, quotes, (sides[0], sides[1]), tuple(sorted(_words(plain, "limit_types"))))

    def to_plain(self) -> dict[str, Plain]:
        """What it can be read from again; defaults are left out."""
        plain: dict[str, Plain] = {}
        if self.pair_form is not None:
            plain["pair_form"] = self.pair_form.text
        if self.quotes:
            plain["quotes"] = list(self.quotes)
        if self.sides != ("buy", "sell"):
            plain["sides"] = list(self.sides)
        if self.limit_types:
            plain["limit_types"] = list(self.limit_types)
        return plain

    def pair(self, symbol: str) -> Pair | None:
        """The pair of a symbol; None for one that is not written in the form: it is unknown."""
        form = self.pair_form
        if form is None or not symbol.isascii() or symbol != (symbol.lower() if form.lower else symbol.upper()):
            return None
        symbol = symbol.upper()
        if form.mark:
            first, _, second = symbol.partition(form.mark)
            base, quote = (second, first) if form.quote_first else (first, second)
        else:
            quote = next((each for each in self.quotes if symbol.endswith(each)), "")
            base = symbol.removesuffix(quote)
        try:
            return Pair.from_text(f"{base}/{quote}")
        except MalformedValue:
            return None

    def side(self, word: object) -> Side | None:
        """Which way, or None for a word that is neither."""
        buy, sell = self.sides
        return Side.BUY if word == buy else Side.SELL if word == sell else None


NOTATION: Final = Notation()


def _words(plain: Mapping[str, Any], name: str) -> tuple[str, ...]:
    words = plain.get(name, [])
    if (
        not isinstance(words, list)
        or len(words) > MOST_WORDS
        or not all(isinstance(each, str) and _WORD.fullmatch(each) for each in words)
        or len(set(words)) != len(words)
    ):
        raise MalformedValue(f"{name} is a list of at most {MOST_WORDS} different words of letters and digits")
    return tuple(words)
