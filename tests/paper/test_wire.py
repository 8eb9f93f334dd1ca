"""JSON keeps every digit, and forms read one spelling."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.dialects.strict import Json
from bitting.domain.request import Request
from bitting.paper.rejection import Rejected, Why
from bitting.paper.wire import Form, Routes, to_json

texts = st.text(max_size=10)
numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=14)
leaves = st.none() | st.booleans() | st.integers() | numbers | texts
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


@given(values)
def test_json_keeps_every_digit(value: Json) -> None:
    """Read back with exact numbers, what was written is what there was."""
    assert json.loads(to_json(value), parse_float=Decimal) == value


@pytest.mark.parametrize(
    ("reader", "good", "bad"),
    [
        ("text", ["a", " "], [1, "", None, [], True]),
        ("whole", [0, 7, "12", "007"], [-1, "-1", "1.0", Decimal("1.5"), "", "٣", True, None, [], "1" * 19]),
        ("amount", [1, "-0.5", "1e-7", Decimal("0.1")], ["", "NaN", "1_0", True, None, [], "9" * 40]),
    ],
)
def test_a_form_reads_one_spelling(reader: str, good: list[Json], bad: list[Json]) -> None:
    """What is not of its kind, or not there, is a bad parameter, called by its name."""
    for value in good:
        assert str(getattr(Form({"x": value}), reader)("x")) is not None
    for value in bad:
        with pytest.raises(Rejected) as caught:
            getattr(Form({"x": value}), reader)("x")
        assert (caught.value.why, caught.value.about) == (Why.BAD_PARAMETER, "x")


def test_a_default_stands_for_what_is_not_there() -> None:
    """Missing and null are alike."""
    form = Form({"null": None})
    assert form.text("none", "a") == form.text("null", "a") == "a"
    assert form.whole("null", 3) == 3
    assert form.amount("null", Decimal(2)) == 2
    assert "null" not in form
    assert 5 in Form({"from": 5}).period("from", "to")
    assert 4 not in Form({"from": 5}).period("from", "to")
    assert 5 in Form({"to": "5"}).period("from", "to")


def test_the_first_route_that_fits_is_taken() -> None:
    """Braces stand for one part of the path; method and whole path must fit."""
    routes = Routes({"GET /a/b": lambda call: 1, "GET /a/{x}": lambda call: 2, "GET /a/{x}:{y}/z": lambda call: 3})

    def found(method: bytes, target: bytes) -> tuple[Json, dict[str, str]]:
        handler, path = routes.find(Request(method, target, (), b"", 0))
        return handler(None), path  # type: ignore[arg-type]

    assert found(b"GET", b"/a/b?c=d") == (1, {})
    assert found(b"GET", b"/a/c") == (2, {"x": "c"})
    assert found(b"GET", b"/a/t:1/z") == (3, {"x": "t", "y": "1"})
    for method, target in ((b"POST", b"/a/b"), (b"GET", b"/a"), (b"GET", b"/a/b/c"), (b"\xff", b"/a/b")):
        with pytest.raises(Rejected) as caught:
            found(method, target)
        assert caught.value.why is Why.NO_SUCH_CALL
