"""Which actions change state, and what an order is worth at most."""

import decimal
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.action import Action, Kind, Order, Side
from bitting.domain.money import amount_from_text
from tests.domain.naive import World, worth
from tests.domain.pools import BTC_USD

amounts = st.from_regex(r"[0-9]{1,30}(\.[0-9]{1,30})?", fullmatch=True).map(amount_from_text)
orders = st.builds(
    Order,
    st.just(BTC_USD),
    st.sampled_from(Side),
    st.none() | amounts,
    st.none() | amounts,
    st.none() | amounts,
    capped=st.booleans(),
)


def sale(price: str | None, *, amount: str = "2") -> Order:
    return Order(BTC_USD, Side.SELL, Decimal(amount), None if price is None else Decimal(price))


def test_only_reading_changes_nothing() -> None:
    """Everything else is durable before it goes on, a key's own end included."""
    assert {each.value for each in Kind if not each.changes_state} == {"read", "self.read"}
    assert {each.value for each in Kind if each.changes_state} == {
        "change",
        "order",
        "cancel",
        "withdrawal",
        "self.revoke",
    }


@given(order=orders, last=st.none() | st.integers(0, 10**9))
def test_the_value_is_the_worst_case_exactly(order: Order, last: int | None) -> None:
    """Against fractions, whatever the default context of decimals says."""
    with decimal.localcontext(prec=3):
        value = order.value(None if last is None else Decimal(last))
    expected = worth(order, World(last=last))
    assert (None if value is None else Fraction(value)) == expected


def test_a_limit_to_buy_is_worth_its_price() -> None:
    """It cannot trade above it, with or without a last price."""
    buy = Order(BTC_USD, Side.BUY, Decimal(2), Decimal(50))
    assert buy.value(None) == buy.value(Decimal(900)) == 100


def test_a_sale_without_a_last_price_is_of_unknown_value() -> None:
    """A sale of everything at a price of nearly nothing is how stolen keys empty accounts."""
    assert sale("0.01").value(None) is None
    assert sale("0.01").value(Decimal(100)) == 210
    assert sale("1000").value(Decimal(100)) == 2000


def test_a_trigger_caps_nothing() -> None:
    """A stop to buy becomes a market order: it is worth five percent above the last price, or its trigger."""
    stop = Order(BTC_USD, Side.BUY, Decimal(1), Decimal(50), capped=False)
    assert stop.value(None) is None
    assert stop.value(Decimal(100)) == 105
    assert stop._replace(price=Decimal(200)).value(Decimal(100)) == 200


def test_a_market_order_is_valued_above_the_last_price() -> None:
    """Five percent of slack; without a last price nobody can say."""
    assert sale(None).value(Decimal(100)) == 210
    assert sale(None).value(None) is None


def test_what_the_client_says_it_spends_counts() -> None:
    """A market order by quote amount names its own value; one that names nothing has none."""
    by_quote = Order(BTC_USD, Side.BUY, None, None, Decimal(70))
    assert by_quote.value(None) == 70
    assert by_quote._replace(quote_amount=None).value(Decimal(100)) is None


def test_the_fields_of_an_action_are_pinned() -> None:
    """Dialects build these by place."""
    assert Action._fields == ("name", "kind", "permission", "pair", "order", "withdrawal", "weight")
    assert Action("x", Kind.READ, None).weight == 1
