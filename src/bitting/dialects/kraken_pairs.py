"""Kraken's names of pairs and assets, and the house's.

A pair has up to four names: `XBTUSD`, `XXBTZUSD` (of old assets: X before a coin and Z before money, four letters
each), `XBT/USD`, and by now `BTC/USD`. Nothing parts base and quote in the first two, so they are read by the quote
currencies that there are: a name that can be parted in two ways, or in none, is unknown. A key that is limited to
pairs is never admitted by a name of another pair: were one text the name of two, Kraken could not tell them either.

Source: https://api.kraken.com/0/public/AssetPairs, as ccxt 4.5.90 reads it (`commonCurrencies`).
"""

from __future__ import annotations

import re
from typing import Final

from bitting.domain.errors import MalformedValue
from bitting.domain.pairs import Pair

# The assets that Kraken calls otherwise than everybody else.
_OTHERWISE: Final = {"XBT": "BTC", "XDG": "DOGE"}

_OLD_COINS, _OLD_MONEY = "XBT XDG ETC ETH LTC MLN REP XLM XMR XRP ZEC", "AUD CAD EUR GBP JPY USD"
_OLD: Final = {
    **{f"X{code}": code for code in _OLD_COINS.split()},
    **{f"Z{code}": code for code in _OLD_MONEY.split()},
}
# The one newer asset that stands before an old one in a name of eight letters: USDTZUSD.
_OLD_BASES: Final = {**_OLD, "USDT": "USDT"}

# A name that ends in PYUSD ends in USD too: such names are parted by nobody. With a slash they are read.
_PRICED_IN: Final = (
    "AED AUD BTC CAD CHF DAI DOT ETH EUR EURC EURQ EURR GBP JPY PYUSD RLUSD SOL USD USD1 USDC USDG USDQ USDR USDT XBT"
)
_QUOTES: Final = tuple(_PRICED_IN.split())
_CODE: Final = re.compile(r"[A-Z0-9]{1,16}", re.ASCII)


def asset_from_code(code: str) -> str | None:
    """`XBT`, `XXBT` and `BTC` are BTC; None for what is no plain code (`XBT.M`, `ETH2.S`, lower case)."""
    if _CODE.fullmatch(code) is None:
        return None
    plain = _OLD.get(code, code)
    return _OTHERWISE.get(plain, plain)


def pair_from_name(name: str) -> Pair | None:
    """The pair, or None where nobody can say which it is."""
    base, slash, quote = name.partition("/")
    if not slash:
        old_base, old_quote = _OLD_BASES.get(name[:4]), _OLD.get(name[4:])
        if old_base is not None and old_quote is not None:
            base, quote = old_base, old_quote
        else:
            quotes = [each for each in _QUOTES if name.endswith(each) and name != each]
            if len(quotes) != 1:
                return None
            base, quote = name.removesuffix(quotes[0]), quotes[0]
    try:
        return Pair.from_text(f"{_OTHERWISE.get(base, base)}/{_OTHERWISE.get(quote, quote)}")
    except MalformedValue:
        return None
