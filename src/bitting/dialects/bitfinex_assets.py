"""How Bitfinex v2 spells pairs, assets and the chains that withdrawals take; and nothing else spells them so.

One pair has one spelling here. What is spelled otherwise is no pair, and admitted by no key that is limited to pairs.

Sources: https://docs.bitfinex.com/reference/rest-public-conf (pairs; pub:map:currency:sym), as ccxt 4.5.90 keeps it;
https://docs.bitfinex.com/reference/rest-auth-withdraw (methods).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from bitting.domain.pairs import Pair

# Bitfinex's codes for assets that everybody else writes otherwise.
CODES: Final = {
    "UST": "USDT",
    "EUT": "EURT",
    "UDC": "USDC",
    "TSD": "TUSD",
    "ALG": "ALGO",
    "AMP": "AMPL",
    "ATO": "ATOM",
    "DAT": "DATA",
    "DSH": "DASH",
    "IOT": "IOTA",
    "LUNA": "LUNC",
    "LUNA2": "LUNA",
    "MNA": "MANA",
    "QTM": "QTUM",
    "STJ": "STORJ",
    "TERRAUST": "USTC",
    "WAX": "WAXP",
}
# Two symbols must not be one pair: a code that is another's translation, and no code itself, is unknown.
_TRANSLATIONS: Final = frozenset(CODES.values()) - CODES.keys()

METHODS: Final = {
    "bitcoin": ("BTC", "BTC"),
    "ethereum": ("ETH", "ETH"),
    "litecoin": ("LTC", "LTC"),
    "tetheruse": ("USDT", "ETH"),
    "tetherusx": ("USDT", "TRX"),
    "tetherusl": ("USDT", "LIQUID"),
    "tetheruso": ("USDT", "OMNI"),
    "tetheruss": ("USDT", "EOS"),
    "tetherusdtalg": ("USDT", "ALGO"),
    "tetherusdtavax": ("USDT", "AVAXC"),
    "tetherusdtbch": ("USDT", "BCH"),
    "tetherusdtcelo": ("USDT", "CELO"),
    "tetherusdtdot": ("USDT", "DOT"),
    "tetherusdtkava": ("USDT", "KAVA"),
    "tetherusdtksm": ("USDT", "KSM"),
    "tetherusdtnear": ("USDT", "NEAR"),
    "tetherusdtply": ("USDT", "MATIC"),
    "tetherusdtsol": ("USDT", "SOL"),
    "tetherusdtton": ("USDT", "TON"),
    "tetherusdtxtz": ("USDT", "XTZ"),
    "tetherusdtzk": ("USDT", "ZKSYNC"),
    "tethercnhte": ("CNHT", "ETH"),
    "tethereue": ("EURT", "ETH"),
    "tethermxnte": ("MXNT", "ETH"),
    "tetherxaute": ("XAUT", "ETH"),
    "tetherxautzk": ("XAUT", "ZKSYNC"),
}
"""Withdrawal methods: the asset, and the chain in the address book's notation. By a method that is not here nobody
can say what goes where, so no address book admits it."""


def pair_from_symbol(symbol: str) -> Pair | None:
    """`tBTCUSD` or `tDUSK:USD` as a pair, or None. The colon stands where, and only where, a code is longer than 3.

    A perpetual (`tBTCF0:USTF0`) keeps the F0 in its base: it is not the spot pair, but has its quote currency.
    """
    return _pair(symbol) if len(symbol) <= _LONGEST_SYMBOL else None


_LONGEST_SYMBOL: Final = 32  # no pair has a longer one, and the cache is to stay small


@lru_cache(maxsize=4096)  # more than there are symbols; nothing in it is secret
def _pair(symbol: str) -> Pair | None:
    base, colon, quote = symbol[1:].partition(":")
    if not colon:
        base, quote = symbol[1:4], symbol[4:]
    plain, perpetual = len(base) == len(quote) == 3, base.endswith("F0")
    if symbol[:1] != "t" or plain is bool(colon) or perpetual is not quote.endswith("F0"):
        return None
    pair = Pair(asset_from_code(base), asset_from_code(quote.removesuffix("F0")))
    return pair if pair.base and pair.quote and pair.base != pair.quote else None


def asset_from_code(code: str) -> str:
    """The usual code of an asset that Bitfinex calls `code`, or "" when it calls none so."""
    if not 1 <= len(code) <= 12 or not (code.isascii() and code.isalnum() and code == code.upper()):
        return ""
    return "" if code in _TRANSLATIONS else CODES.get(code, code)
