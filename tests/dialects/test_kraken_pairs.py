"""Kraken's names of pairs: four of one pair, and no name of two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.kraken_pairs import asset_from_code, pair_from_name


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("XBTUSD", "BTC/USD"),
        ("XXBTZUSD", "BTC/USD"),
        ("XBT/USD", "BTC/USD"),
        ("BTC/USD", "BTC/USD"),
        ("BTCUSD", "BTC/USD"),
        ("ETHXBT", "ETH/BTC"),
        ("XETHXXBT", "ETH/BTC"),
        ("XXDGXXBT", "DOGE/BTC"),
        ("XDGUSD", "DOGE/USD"),
        ("ZEURZUSD", "EUR/USD"),
        ("USDTZUSD", "USDT/USD"),
        ("USDTUSD", "USDT/USD"),
        ("XTZUSD", "XTZ/USD"),  # not XT and ZUSD
        ("ADAETH", "ADA/ETH"),
        ("SOLUSDC", "SOL/USDC"),
        ("XBT/PYUSD", "BTC/PYUSD"),
        ("PYUSDEUR", "PYUSD/EUR"),
        ("1INCHUSD", "1INCH/USD"),
    ],
)
def test_a_pair_has_several_names(name: str, pair: str) -> None:
    """And one in the house."""
    read = pair_from_name(name)
    assert read is not None
    assert read.to_text() == pair


@pytest.mark.parametrize(
    "name",
    [
        "XBTPYUSD",  # XBT and PYUSD, or XBTPY and USD
        "PEARLUSD",  # PEARL and USD, or PEA and RLUSD
        "USD",
        "XBT",
        "XBTXYZ",
        "xbtusd",
        "XbtUSD",
        "AAPLxUSD",
        "XBTUSD.d",
        "XBT/USD:BTNL",
        "XBT-USD",
        "XBT USD",
        "\uff38BTUSD",
        "XBT/",
        "/USD",
        "XBT/BTC",
        "XBT/USD/EUR",
        "A" * 17 + "USD",
        "XBTUSD,ETHUSD",
        "",
        "/",
    ],
)
def test_what_cannot_be_read_in_one_way_is_unknown(name: str) -> None:
    """An unknown pair is admitted by no key that is limited to pairs."""
    assert pair_from_name(name) is None


@given(st.text(max_size=20))
def test_no_name_breaks_the_reader(name: str) -> None:
    """A pair comes out, or None."""
    pair_from_name(name)
    asset_from_code(name)


@pytest.mark.parametrize(
    ("code", "asset"),
    [
        ("XBT", "BTC"),
        ("XXBT", "BTC"),
        ("BTC", "BTC"),
        ("ZUSD", "USD"),
        ("XXDG", "DOGE"),
        ("XTZ", "XTZ"),
        ("USDT", "USDT"),
        ("XBT.M", None),
        ("ETH2.S", None),
        ("doge", None),
        ("", None),
    ],
)
def test_assets_have_the_house_names(code: str, asset: str | None) -> None:
    """Staked and rewarded ones have none."""
    assert asset_from_code(code) == asset
