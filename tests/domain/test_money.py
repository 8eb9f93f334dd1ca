"""Amounts are read in one way, kept exactly and written in one way (P-10)."""

import decimal
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.money import (
    MOST_DIGITS,
    Amounts,
    amount_from_text,
    amount_to_text,
    currency_from_text,
    positive_from_text,
    product,
    total,
)

digits = st.text("0123456789", min_size=1, max_size=MOST_DIGITS)
plain_texts = st.builds(
    lambda sign, whole, fraction: sign + whole + ("." + fraction if fraction else ""),
    st.sampled_from(["", "-", "+"]),
    digits,
    st.text("0123456789", max_size=MOST_DIGITS),
)
amounts = plain_texts.map(amount_from_text)
currencies = st.from_regex(r"[A-Z0-9]{1,16}", fullmatch=True)
limits = st.dictionaries(currencies, amounts.map(abs), max_size=5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "sNaN",
        "nan",
        "Infinity",
        "-inf",
        "1_0",
        "1,000",
        "1.0.0",
        "0x10",
        "١٢",
        "\uff11\uff12",  # full-width digits, which Decimal and int read
        "½",
        " 1",
        "1 ",
        "1\n",
        "\t1",
        "--1",
        "+-1",
        "e5",
        ".",
        "1e",
        "1e+",
        "1e400",
        "-1e400",
        "1e-400",
        "1E999999999",
        "0e400",
        "1" * 37,
        "0." + "1" * 37,
        "9" * 1_000_000,
        "1e" + "9" * 1_000_000,
        "1e36",
        "1e-37",
        "12345678901234567890123456789012345.6e2",
        "0.000000000000000000000000000000000012e-1",
        "1" * 36 + "." + "1" * 36 + "e-1",
        "0e99",
        "0e-99",
        "null",
        "true",
    ],
)
def test_what_an_engine_might_read_otherwise_is_refused(text: str) -> None:
    """P-10: no NaN, no infinity, no separators, no foreign digits, no million digits, and nothing out of range."""
    with pytest.raises(MalformedValue) as caught:
        amount_from_text(text)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("+1", "1"),
        ("1.", "1"),
        (".5", "0.5"),
        ("1e-7", "0.0000001"),
        ("1E5", "100000"),
        ("2.5e-8", "0.000000025"),
        ("00012.300", "12.3"),
        ("9" * 36, "9" * 36),
        ("1e35", "1" + "0" * 35),
        ("1e-36", "0." + "0" * 35 + "1"),
    ],
)
def test_the_spellings_that_clients_use_are_read(text: str, value: str) -> None:
    """JSON numbers of small amounts, signs and zeros in front: one value each, in one spelling."""
    assert amount_to_text(amount_from_text(text)) == value


@given(text=plain_texts)
@example(text="-0")
@example(text="1" * 36 + "." + "9" * 36)
def test_a_plain_amount_is_read_exactly(text: str) -> None:
    """36 digits before the point and 36 behind it: nothing is rounded, whatever the default context says."""
    with decimal.localcontext(prec=3):
        read = amount_from_text(text)
        assert Fraction(read) == Fraction(text)
        assert Fraction(amount_to_text(read)) == Fraction(text)


@given(text=st.from_regex(r"\A[+-]?[0-9]{0,40}\.?[0-9]{0,40}([eE][+-]?[0-9]{1,3})?\Z"))
def test_every_accepted_text_is_a_bounded_number(text: str) -> None:
    """What is read has at most 36 digits on either side of the point, exponent or not."""
    try:
        read = amount_from_text(text)
    except MalformedValue:
        return
    assert Fraction(read) == Fraction(Decimal(text))
    assert abs(read) < 10**MOST_DIGITS
    assert (Fraction(read) * 10**MOST_DIGITS).denominator == 1


@given(text=st.text(max_size=50))
def test_any_text_at_all_is_an_amount_or_malformed(text: str) -> None:
    """Reading raises nothing else, and what is read is finite."""
    with suppress(MalformedValue):
        assert amount_from_text(text).is_finite()


LONGEST = Decimal("9" * MOST_DIGITS + "." + "9" * MOST_DIGITS)


@given(left=amounts, right=amounts, others=st.lists(amounts, max_size=20))
@example(left=LONGEST, right=LONGEST, others=[LONGEST, Decimal("1e-36")])
def test_sums_and_products_are_exact(left: Decimal, right: Decimal, others: list[Decimal]) -> None:
    """The default context would round to 28 digits; totals of values are exact rationals."""
    with decimal.localcontext(prec=5):
        assert Fraction(product(left, right)) == Fraction(left) * Fraction(right)
        assert Fraction(total(left, right)) == Fraction(left) + Fraction(right)
        # An order at market is worth amount * (last price * 1.05).
        worst = product(left, product(right, Decimal("1.05")))
        assert Fraction(worst) == Fraction(left) * Fraction(right) * Fraction(21, 20)
        whole, exact = worst, Fraction(worst)
        for each in others:
            whole, exact = total(whole, each), exact + Fraction(each)
        assert Fraction(whole) == exact
        assert Fraction(amount_to_text(whole)) == exact


@given(value=amounts)
def test_equal_amounts_have_one_spelling(value: Decimal) -> None:
    """Digests are over this spelling: no exponent, no zeros at the ends, no minus zero, and it reads back."""
    text = amount_to_text(value)
    assert text == amount_to_text(amount_from_text(text))
    assert "e" not in text.lower()
    assert not text.startswith("+")
    assert text != "-0"
    if "." in text:
        assert not text.endswith(("0", "."))


@pytest.mark.parametrize("text", ["0", "-0", "-1", "0.000", "-1e-36"])
def test_a_positive_amount_is_above_zero(text: str) -> None:
    """Zero and minus zero are not, nor is anything below."""
    with pytest.raises(MalformedValue, match="above zero"):
        positive_from_text(text)
    assert positive_from_text("1e-36") > 0


@given(by_currency=limits)
def test_a_limit_is_read_as_it_was_written(by_currency: dict[str, Decimal]) -> None:
    """Round trip, in canonical spelling, sorted by currency."""
    plain = {currency: str(amount) for currency, amount in by_currency.items()}
    read = Amounts.from_plain(plain)
    assert read == Amounts(by_currency)
    assert Amounts.from_plain(read.to_plain()) == read
    assert list(read.to_plain()) == sorted(by_currency)


@given(mine=limits, theirs=limits)
def test_within_is_at_most_in_every_currency(mine: dict[str, Decimal], theirs: dict[str, Decimal]) -> None:
    """A currency that is not named has no allowance at all."""
    one, other = Amounts(mine), Amounts(theirs)
    assert one.within(other) == all(one.most(each) <= other.most(each) for each in {*mine, *theirs})
    assert one.most("NOT NAMED") == 0


@pytest.mark.parametrize(
    "plain",
    [
        {"USD": 1000},
        {"USD": 1.5},
        {"USD": True},
        {"USD": None},
        {"USD": "-1"},
        {"USD": "NaN"},
        {"USD": ""},
        {"usd": "1"},
        {"": "1"},
        {"\uff35\uff33\uff24": "1"},
        {"US D": "1"},
        {"USD\n": "1"},
        {"X" * 17: "1"},
        {7: "1"},
    ],
)
def test_a_limit_that_cannot_be_read_is_refused(plain: dict[str, str]) -> None:
    """Numbers instead of texts, less than nothing, and codes that are none."""
    with pytest.raises(MalformedValue):
        Amounts.from_plain(plain)


@pytest.mark.parametrize("code", ["BTC", "1INCH", "USDT", "X" * 16])
def test_a_currency_code_is_kept(code: str) -> None:
    """Capitals and digits, as exchanges list them."""
    assert currency_from_text(code) == code
