"""Pairs have one notation here, and what cannot be turned into it is no pair (P-07)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.pairs import EVERY_PAIR, Pair, PairScope

BTC_USD = Pair("BTC", "USD")

codes = st.sampled_from(["BTC", "ETH", "USD", "KRW", "1INCH"])
pairs = st.tuples(codes, codes).filter(lambda each: each[0] != each[1]).map(lambda each: Pair(*each))
scopes = st.just(EVERY_PAIR) | st.frozensets(pairs, max_size=6).map(lambda each: PairScope(False, each))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "BTC",
        "btc/usd",
        "Btc/Usd",
        "tBTCUSD",
        "BTCUSD",
        "BTC-USD",
        "BTC_USD",
        "BTC//USD",
        "BTC/USD/EUR",
        "BTC/",
        "/USD",
        "BTC/BTC",
        " BTC/USD",
        "BTC/USD ",
        "BTC /USD",
        "BTC/USD\n",
        "BTC\u200b/USD",
        "\uff22\uff34\uff23/\uff35\uff33\uff24",
        "\u0412\u0422\u0421/USD",  # Cyrillic
        "BTC\uff0fUSD",
        "BTC\u2215USD",
        "这是测试币456/USDT",
        "BTC/USD" * 1_000,
        "A" * 17 + "/USD",
        "all",
        "*",
    ],
)
def test_every_other_notation_is_refused(text: str) -> None:
    """P-07: no second spelling of a pair can pass beside the one that is limited."""
    with pytest.raises(MalformedValue) as caught:
        Pair.from_text(text)
    assert len(str(caught.value)) < 100


@given(pair=pairs)
def test_a_pair_reads_what_it_writes(pair: Pair) -> None:
    """`BTC/USD`, in and out; the other way round is another pair."""
    assert Pair.from_text(pair.to_text()) == pair
    assert Pair(pair.quote, pair.base) != pair


@given(scope=scopes, pair=pairs)
def test_a_scope_reads_what_it_writes_and_admits_its_pairs(scope: PairScope, pair: Pair) -> None:
    """Round trip; inside is what stands in the list, and everything when it says *all*."""
    assert PairScope.from_text(scope.to_text()) == scope
    assert scope.to_text() == sorted(scope.to_text())
    assert scope.admits(pair) == (scope.every or pair in scope.pairs)


def test_an_unknown_pair_is_in_no_list() -> None:
    """A pair that could not be read, and every pair at once, need the explicit *all*."""
    assert not PairScope.from_text(["BTC/USD"]).admits(None)
    assert EVERY_PAIR.admits(None)


def test_an_empty_list_is_no_pair() -> None:
    """P-13: empty admits nothing."""
    nothing = PairScope.from_text([])
    assert not nothing.admits(BTC_USD)
    assert not nothing.admits(None)


@pytest.mark.parametrize("words", [["all", "BTC/USD"], ["ALL"], ["all", "all"], ["*"], ["BTC/*"]])
def test_all_is_said_in_one_way(words: list[str]) -> None:
    """No wildcards, and *all* beside nothing else."""
    with pytest.raises(MalformedValue):
        PairScope.from_text(words)


@given(one=scopes, other=scopes)
def test_within_is_true_of_subsets_only(one: PairScope, other: PairScope) -> None:
    """Asked pair by pair, the unreadable one and one that no list can name included."""
    universe: list[Pair | None] = [None, Pair("NEVER", "LISTED")]
    universe += [
        Pair(a, b) for a in ("BTC", "ETH", "USD", "KRW", "1INCH") for b in ("BTC", "ETH", "USD", "KRW", "1INCH")
    ]
    assert one.within(other) == all(other.admits(each) for each in universe if one.admits(each))
