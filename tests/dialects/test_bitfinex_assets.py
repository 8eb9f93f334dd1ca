"""How Bitfinex v2 spells pairs: one symbol a pair, and one pair a symbol."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.bitfinex_assets import CODES, METHODS, _pair, asset_from_code, pair_from_symbol
from bitting.domain.account import network_from_text
from bitting.domain.money import currency_from_text
from bitting.domain.pairs import Pair


@pytest.mark.parametrize(
    ("symbol", "pair"),
    [
        ("tBTCUSD", "BTC/USD"),
        ("tBTCUST", "BTC/USDT"),
        ("tUSTUSD", "USDT/USD"),
        ("tETHBTC", "ETH/BTC"),
        ("tDUSK:USD", "DUSK/USD"),
        ("tLUNA2:UST", "LUNA/USDT"),
        ("tLUNA:UST", "LUNC/USDT"),
        ("tBTCF0:USTF0", "BTCF0/USDT"),
        ("tTESTBTC:TESTUSD", "TESTBTC/TESTUSD"),
        ("tALT2612:USD", "ALT2612/USD"),
    ],
)
def test_a_symbol_is_a_pair(symbol: str, pair: str) -> None:
    """Spot pairs, paper pairs, securities and perpetuals, in the house's notation."""
    assert pair_from_symbol(symbol) == Pair.from_text(pair)


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        "t",
        "BTCUSD",
        "fUSD",
        "fBTCUSD",
        "TBTCUSD",
        "tbtcusd",
        "tBTCusd",
        "tBTC-USD",
        "tBTC/USD",
        "tBTC:USD",  # a second spelling of tBTCUSD
        "tBTCUSDT",  # neither three and three nor with a colon
        "tBTCUS",
        "tBTC:USDT",  # Tether is UST here
        "tUSDT:USD",
        "tDUSK:",
        "t:DUSK",
        "tDUSK:USD:",
        "tBTCBTC",
        "tUST:USTF0",  # a spot pair is not priced in the margin of perpetuals
        "tBTCF0:USD",
        "tBTCF0:F0",
        "tDUSK:DUSK",
        "t\uff22\uff34\uff23USD",
        "tB\u0422CUSD",
        "tBTC\u0660\u0661\u0662",
        " tBTCUSD",
        "tBTCUSD ",
        "tABCDEFGHIJKLMN:USD",
    ],
)
def test_any_other_spelling_is_no_pair(symbol: str) -> None:
    """Look-alikes, other cases, other marks and other exchanges' codes are unknown."""
    assert pair_from_symbol(symbol) is None


def test_only_symbols_of_a_symbols_length_are_remembered() -> None:
    """However many and however long ones a client sends, what is kept of them stays small."""
    kept = _pair.cache_info()
    assert pair_from_symbol("t" + "A" * 100_000 + ":USD") is None
    assert _pair.cache_info() == kept
    assert kept.maxsize == 4096


def test_no_two_symbols_are_one_pair() -> None:
    """A key limited to a pair is limited to one symbol, whichever codes Bitfinex and others have for an asset."""
    codes = ["BTC", "USD", "DUSK", *CODES, *CODES.values()]
    codes += [f"{each}F0" for each in codes]
    symbols = {f"t{base}{colon}{quote}" for base, quote in product(codes, codes) for colon in ("", ":")}
    known = [pair for symbol in symbols if (pair := pair_from_symbol(symbol)) is not None]
    assert len(known) > 100
    assert len(known) == len(set(known))


@given(st.text(max_size=14))
def test_any_text_is_a_pair_or_none(text: str) -> None:
    """What is found can be written as a pair and read again."""
    pair = pair_from_symbol("t" + text)
    if pair is not None:
        assert Pair.from_text(pair.to_text()) == pair


@pytest.mark.parametrize("method", METHODS)
def test_each_method_names_an_asset_and_a_chain_as_the_address_book_does(method: str) -> None:
    """An entry for them can be written; and methods are in lower case, as Bitfinex wants them."""
    asset, network = METHODS[method]
    assert currency_from_text(asset) == asset
    assert network_from_text(network) == network
    assert method == method.lower()


def test_an_asset_has_its_usual_code() -> None:
    """Bitfinex's own codes are translated, unknown ones stay, and what cannot be one is none."""
    assert asset_from_code("UST") == "USDT"
    assert asset_from_code("BTC") == "BTC"
    assert asset_from_code("USDT") == ""
    assert asset_from_code("btc") == ""
    assert asset_from_code("") == ""
