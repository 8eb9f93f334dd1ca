"""How an API writes pairs and sides is said once, and read in that one way."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.action import Side
from bitting.domain.errors import MalformedValue
from bitting.domain.notation import NOTATION, Notation
from bitting.domain.pairs import Pair

BTC_USDT = Pair("BTC", "USDT")


@pytest.mark.parametrize(
    ("form", "more", "symbol", "pair"),
    [
        ("BTC-USDT", {}, "BTC-USDT", BTC_USDT),
        ("BTC_USDT", {}, "ETH_USDT", Pair("ETH", "USDT")),
        ("BTC/USDT", {}, "BTC/USDT", BTC_USDT),
        ("BTC:USDT", {}, "BTC:USDT", BTC_USDT),
        ("USDT-BTC", {}, "KRW-BTC", Pair("BTC", "KRW")),
        ("btc-usdt", {}, "btc-usdt", BTC_USDT),
        ("BTCUSDT", {"quotes": ["USDT", "BTC"]}, "BTCUSDT", BTC_USDT),
        ("BTCUSDT", {"quotes": ["USDT", "BTC"]}, "ETHBTC", Pair("ETH", "BTC")),
        ("btcusdt", {"quotes": ["USDT"]}, "btcusdt", BTC_USDT),
        # what is not written so is unknown
        ("BTC-USDT", {}, "btc-usdt", None),
        ("BTC-USDT", {}, "BTCUSDT", None),
        ("BTC-USDT", {}, "BTC-USDT-SWAP", None),
        ("BTC-USDT", {}, "BTC-USDT,ETH-USDT", None),
        ("BTC-USDT", {}, "BTC-BTC", None),
        ("BTC-USDT", {}, "", None),
        ("BTC/USDT", {}, "A/B/C", None),
        ("btc-usdt", {}, "btc-u\ufb06", None),  # a ligature, which is ST in capitals
        ("BTCUSDT", {"quotes": ["USDT"]}, "BTCEUR", None),
        ("BTCUSDT", {"quotes": ["USDT"]}, "USDT", None),
    ],
)
def test_a_symbol_is_read_in_the_form_that_is_shown(
    form: str, more: dict[str, Any], symbol: str, pair: Pair | None
) -> None:
    assert Notation.from_plain({"pair_form": form, **more}).pair(symbol) == pair


@given(st.text())
def test_any_symbol_is_a_pair_or_unknown(symbol: str) -> None:
    """Never an error, and a pair is only read from its one spelling."""
    notation = Notation.from_plain({"pair_form": "BTC-USDT"})
    pair = notation.pair(symbol)
    assert pair is None or symbol == f"{pair.base}-{pair.quote}"


def test_sides_have_one_word_each() -> None:
    notation = Notation.from_plain({"sides": ["BID", "ASK"]})
    assert [notation.side(each) for each in ("BID", "ASK", "bid", "buy", None)] == [
        Side.BUY,
        Side.SELL,
        None,
        None,
        None,
    ]
    assert NOTATION.side("buy") is Side.BUY


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ({"pair_form": "BTC-EUR"}, "how your API writes the pair BTC/USDT"),
        ({"pair_form": "BTC-BTC"}, "how your API writes"),
        ({"pair_form": "Btc-Usdt"}, "how your API writes"),
        ({"pair_form": "bt\u0107-usdt"}, "how your API writes"),
        ({"pair_form": "BTC--USDT"}, "how your API writes"),
        ({"pair_form": 1}, "how your API writes"),
        ({"pair_form": "BTCUSDT"}, "quotes are listed"),
        ({"pair_form": "BTC-USDT", "quotes": ["USDT"]}, "and only there"),
        ({"quotes": ["USDT"]}, "and only there"),
        ({"pair_form": "USDTBTC", "quotes": ["USDT"]}, "has its quote last"),
        ({"pair_form": "BTCUSDT", "quotes": ["EUR", "AEUR"]}, "read in two ways; list one of them"),
        ({"pair_form": "BTCUSDT", "quotes": ["usdt"]}, "not a currency code"),
        ({"sides": ["buy"]}, "buying and selling, in this order"),
        ({"sides": ["buy", "buy"]}, "different words"),
        ({"sides": "buy"}, "sides is a list"),
        ({"limit_types": [1]}, "limit_types is a list"),
        ({"limit_types": ["a b"]}, "limit_types is a list"),
        ({"limit_types": [f"t{n}" for n in range(65)]}, "at most 64"),
    ],
)
def test_what_is_no_notation(plain: dict[str, Any], said: str) -> None:
    with pytest.raises(MalformedValue, match=said):
        Notation.from_plain(plain)


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"pair_form": "USDT-BTC", "sides": ["bid", "ask"], "limit_types": ["limit", "post-only"]},
        {"pair_form": "btcusdt", "quotes": ["BTC", "USDT"]},
    ],
)
def test_it_is_written_as_it_is_read(plain: dict[str, Any]) -> None:
    assert Notation.from_plain(plain).to_plain() == plain
