"""Amounts and prices as requests write them: text or number, one meaning, and malformed otherwise."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.amounts import amount, highest_and_lowest, positive
from bitting.domain.errors import MalformedRequest
from bitting.domain.money import amount_from_text, amount_to_text

decimals = st.decimals(-(10**30), 10**30, places=12)


@given(decimals)
def test_a_text_and_a_number_are_one_amount(number: Decimal) -> None:
    """Clients write both; what JSON gave as a Decimal or an int is not rounded on its way."""
    assert amount(number, "it") == amount(amount_to_text(number), "it") == number
    assert amount(int(number), "it") == int(number)


@pytest.mark.parametrize(
    "given", [None, True, False, 1.5, b"1", ["1"], {}, "", "x", "NaN", "1_0", 10**36, Decimal("1e-37")]
)
def test_what_is_no_amount_is_malformed(given: object) -> None:
    """And the refusal says which parameter it was; a boolean is no number, though Python thinks so."""
    for reader in (amount, positive):
        with pytest.raises(MalformedRequest, match=r"it is (not an amount|amount out of range)"):
            reader(given, "it")


@given(decimals)
def test_a_positive_amount_is_above_zero(number: Decimal) -> None:
    """Zero, minus zero and less are malformed."""
    if number > 0:
        assert positive(number, "it") == number
    else:
        with pytest.raises(MalformedRequest, match="it is not above zero"):
            positive(number, "it")


@given(st.text(max_size=50))
def test_any_text_at_all_is_an_amount_or_malformed(text: str) -> None:
    """Nothing else ever escapes, and what is read is what the house reads anywhere."""
    try:
        read = amount(text, "it")
    except MalformedRequest:
        return
    assert read == amount_from_text(text)


@given(st.lists(decimals, max_size=4))
def test_several_prices_have_a_highest_and_a_lowest(prices: list[Decimal]) -> None:
    """One price is only the highest, and none is neither."""
    highest, lowest = highest_and_lowest(prices)
    assert highest == max(prices, default=None)
    assert lowest == (min(prices) if len(prices) > 1 else None)
