"""What both of Bithumb's interfaces have alike: sides, currencies and the pairs that these make, open market data."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from bitting.domain.action import Side
from bitting.domain.errors import MalformedRequest, MalformedValue
from bitting.domain.money import currency_from_text
from bitting.domain.pairs import Pair
from bitting.domain.request import Request

_SIDES: Final = {"bid": Side.BUY, "ask": Side.SELL}
# Nothing in such a path that anybody behind us could resolve into another one.
_PLAIN: Final = re.compile(rb"(?:/[A-Za-z0-9_-]{1,64}){1,8}")
_LONGEST_CODE: Final = 16  # as in `domain.money`, and the cache is to stay small


def side_from_text(given: object, what: str) -> Side:
    """`bid` buys, `ask` sells. Raises MalformedRequest."""
    found = _SIDES.get(given) if isinstance(given, str) else None
    if found is None:
        raise MalformedRequest(f"{what} is not bid or ask")
    return found


def pair_from_market(market: str) -> Pair | None:
    """`KRW-BTC` as BTC/KRW: what is paid with stands first. None for what is no pair."""
    quote, dash, base = market.partition("-")
    return pair_from_codes(base, quote) if dash else None


def pair_from_codes(base: str, quote: str) -> Pair | None:
    """The pair, or None where either is no code: also in small letters, though Bithumb may read those."""
    return _pair(base, quote) if max(len(base), len(quote)) <= _LONGEST_CODE else None


@lru_cache(maxsize=4096)  # more than there are pairs; nothing in it is secret
def _pair(base: str, quote: str) -> Pair | None:
    try:
        pair = Pair(currency_from_text(base), currency_from_text(quote))
    except MalformedValue:
        return None
    return pair if base != quote else None


def is_open(request: Request, exact: frozenset[bytes], below: tuple[bytes, ...]) -> bool:
    """Whether it is a GET of one of these paths, or of one that begins like those."""
    path = request.path
    return request.method == b"GET" and (
        path in exact or (path.startswith(below) and _PLAIN.fullmatch(path) is not None)
    )
