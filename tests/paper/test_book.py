"""The book plans trades; it makes none."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from bitting.domain.action import Side
from bitting.domain.pairs import Pair
from bitting.paper.exchange import Exchange
from bitting.paper.market import MARKETS, ZERO

MARKET = MARKETS[Pair("BTC", "USD")]
BOOK = Exchange(0).books[MARKET.pair]
amounts = st.decimals(min_value="0.00000001", max_value=100, places=8)


@given(st.sampled_from(Side), st.decimals(min_value=49_000, max_value=51_000, places=2), amounts)
def test_a_plan_takes_the_best_prices_and_no_worse_than_asked(side: Side, price: Decimal, amount: Decimal) -> None:
    """A plan begins at the best price, goes on in order, stays within the price, and stops only when it must."""
    fills = BOOK.match(side, price, amount)
    makers = [fill.maker for fill in fills]
    other = Side.SELL if side is Side.BUY else Side.BUY
    assert makers == list(BOOK.orders(other))[: len(makers)]
    assert all(maker.price <= price if side is Side.BUY else maker.price >= price for maker in makers)
    within = [maker for maker in BOOK.orders(other) if (maker.price <= price) is (side is Side.BUY)]
    taken = sum((fill.amount for fill in fills), ZERO)
    assert taken == min(amount, sum((maker.remaining for maker in within), ZERO))


@given(st.sampled_from(Side), st.decimals(min_value="0.00000001", max_value=10_000_000, places=8))
@example(Side.SELL, Decimal("0.008491"))  # buys no step at the best price, and one at a worse
def test_what_a_quote_amount_buys_costs_no_more(side: Side, quote_amount: Decimal) -> None:
    """The amount for so much of the quote currency turns over that much at most, and one step more would not."""
    amount = BOOK.amount_for(side, quote_amount)
    price = MARKET.largest_price if side is Side.BUY else ZERO
    turned_over = sum((fill.cost for fill in BOOK.match(side, price, amount)), ZERO)
    assert turned_over <= quote_amount
    step = sum((fill.cost for fill in BOOK.match(side, price, amount + Decimal("0.00000001"))), ZERO)
    assert step > quote_amount or amount == 40  # which is all the house offers


def test_levels_sum_up_what_stands_at_one_price() -> None:
    """As many levels as asked for, the best first."""
    levels = BOOK.levels(Side.SELL, 2)
    assert levels == [(Decimal(50_025), Decimal(2), 1), (Decimal(50_050), Decimal(2), 1)]
    assert len(BOOK.levels(Side.BUY, 100)) == 20
