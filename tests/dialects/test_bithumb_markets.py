"""What Bithumb's two interfaces have alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.bithumb_markets import is_open, pair_from_codes, pair_from_market, side_from_text
from bitting.domain.action import Side
from bitting.domain.errors import MalformedRequest
from bitting.domain.pairs import Pair
from bitting.domain.request import Request


@pytest.mark.parametrize(
    ("market", "pair"),
    [
        ("KRW-BTC", Pair("BTC", "KRW")),
        ("BTC-ETH", Pair("ETH", "BTC")),
        ("KRW-1INCH", Pair("1INCH", "KRW")),
        ("krw-btc", None),
        ("KRWBTC", None),
        ("KRW-", None),
        ("-BTC", None),
        ("KRW-BTC-ETH", None),
        ("BTC-BTC", None),
        ("KRW-" + "B" * 17, None),
        ("KRW-ＢＴＣ", None),  # noqa: RUF001 - full-width letters are the point
        ("", None),
    ],
)
def test_a_market_is_read_with_what_is_paid_first(market: str, pair: Pair | None) -> None:
    """One spelling a pair; what is spelled otherwise is none."""
    assert pair_from_market(market) == pair


@given(st.text(), st.text())
def test_no_two_spellings_are_one_pair(base: str, quote: str) -> None:
    """Whatever is read as a pair is spelled as its codes are."""
    pair = pair_from_codes(base, quote)
    assert pair is None or pair == (base, quote)


@pytest.mark.parametrize(("text", "side"), [("bid", Side.BUY), ("ask", Side.SELL)])
def test_sides_are_seen_from_the_book(text: str, side: Side) -> None:
    """A bid buys."""
    assert side_from_text(text, "side") is side


@pytest.mark.parametrize("text", ["BID", "buy", "", None, 1, ["bid"]])
def test_nothing_else_is_a_side(text: object) -> None:
    """No guess is made."""
    with pytest.raises(MalformedRequest, match="type is not bid or ask"):
        side_from_text(text, "type")


@pytest.mark.parametrize(
    ("method", "target", "is_so"),
    [
        (b"GET", b"/a", True),
        (b"GET", b"/a?x=1", True),
        (b"GET", b"/b/BTC_KRW", True),
        (b"GET", b"/b/BTC_KRW/1m?count=1", True),
        (b"GET", b"/b/", False),
        (b"GET", b"/b/../secret", False),
        (b"GET", b"/b/%2e%2e/secret", False),
        (b"GET", b"/b/x;y", False),
        (b"GET", b"/b//x", False),
        (b"GET", b"/b/x/", False),
        (b"GET", b"/c", False),
        (b"POST", b"/a", False),
        (b"HEAD", b"/a", False),
    ],
)
def test_what_is_open_is_a_get_of_a_plain_path(method: bytes, target: bytes, is_so: bool) -> None:
    """Nothing that another server could resolve to a route behind a key."""
    assert is_open(Request(method, target, (), b"", peer=0), frozenset({b"/a"}), (b"/b/",)) is is_so
