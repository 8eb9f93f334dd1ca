"""Forms: what is read is what was given, what is left over is an error, and nothing else ever escapes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.desk.form import Form, duration_ms, moment_ms, time_text
from bitting.domain.errors import MalformedValue

NOW_MS = 1_790_000_000_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3),
    max_leaves=5,
)
READERS = {
    "text": lambda form: form.text("it"),
    "maybe": lambda form: form.maybe("it"),
    "choice": lambda form: form.choice("it", ("this", "that"), "this"),
    "texts": lambda form: form.texts("it"),
    "number": lambda form: form.number("it", 7),
    "flag": lambda form: form.flag("it"),
    "table": lambda form: form.table("it"),
}
WRONG: dict[str, list[Any]] = {
    "text": [1, True, [], {}, "\ud800"],
    "maybe": [1, "\udfff"],
    "choice": ["other", "", 1],
    "texts": ["a", [1], ["a", None], {"a": "b"}],
    "number": ["1", 1.0, True, -1, 2**53 + 1],
    "flag": [0, 1, "true"],
    "table": [[], "a", 1],
}


@pytest.mark.parametrize("reader", WRONG)
def test_a_value_of_the_wrong_kind_is_refused(reader: str) -> None:
    """Each reader takes its own kind and no other, and names the argument."""
    for value in WRONG[reader]:
        with pytest.raises(MalformedValue, match=r"^it is "):
            READERS[reader](Form({"it": value}))


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("text", "a"),
        ("maybe", "a"),
        ("choice", "that"),
        ("texts", ["a", "b"]),
        ("number", 0),
        ("flag", True),
        ("table", {"a": 1}),
    ],
)
def test_what_is_given_is_read_and_used_up(reader: str, value: Any) -> None:
    """The value comes out as it went in, once."""
    form = Form({"it": value})
    assert form.has("it")
    assert READERS[reader](form) == value
    assert not form.has("it")
    form.end()


def test_what_is_not_given() -> None:
    """An argument that is missing, or null, has its default; a text without one has to be given."""
    for form in (Form({}), Form({"it": None})):
        assert not form.has("it")
        assert form.maybe("it") is None
        assert form.texts("it") == []
        assert form.table("it") == {}
        assert form.flag("it") is False
        assert form.number("it", 7) == 7
        with pytest.raises(MalformedValue, match="it is missing"):
            form.text("it")
        with pytest.raises(MalformedValue):
            form.number("it")
        form.end()


def test_what_nobody_asked_for_is_an_error() -> None:
    """A name that was not read is named."""
    form = Form({"label": "a", "lable": "b", "netwrok": []})
    form.text("label")
    with pytest.raises(MalformedValue, match="unknown: lable, netwrok"):
        form.end()


@given(st.sampled_from(sorted(READERS)), JSON)
def test_any_json_is_read_or_refused(reader: str, value: Any) -> None:
    """Whatever comes, a reader gives a value of its kind or raises MalformedValue."""
    form = Form({"it": value})
    with suppress(MalformedValue):
        READERS[reader](form)
        form.end()


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("0", 0), ("30s", 30_000), ("15m", 900_000), ("24h", 86_400_000), ("90d", 7_776_000_000), ("2w", 1_209_600_000)],
)
def test_durations(text: str, milliseconds: int) -> None:
    """A number and a unit."""
    assert duration_ms(text) == milliseconds


@pytest.mark.parametrize("text", ["", "1", "h", "-1h", "1.5h", "1 h", "1H", "٣h", "1hh", "9999999999d"])
def test_no_durations(text: str) -> None:
    """Anything else is refused, with examples."""
    with pytest.raises(MalformedValue, match="write 30s, 15m, 24h, 90d or 2w"):
        duration_ms(text)


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("never", None),
        ("1h", NOW_MS + 3_600_000),
        ("2027-01-31T00:00:00Z", 1_801_353_600_000),
        ("2027-01-31T09:00:00+09:00", 1_801_353_600_000),
    ],
)
def test_moments(text: str, at_ms: int | None) -> None:
    """Never, a while from now, or a time with its zone."""
    assert moment_ms(text, NOW_MS) == at_ms


@pytest.mark.parametrize("text", ["", "0", "tomorrow", "2027-01-31", "2027-01-31T00:00:00", "2027-02-30T00:00:00Z"])
def test_no_moments(text: str) -> None:
    """A time without a zone is somebody else's time, and is refused."""
    with pytest.raises(MalformedValue, match="write never, 90d, or 2027-01-31T00:00:00Z"):
        moment_ms(text, NOW_MS)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    """No text makes anything else of the reader than a number, None or MalformedValue."""
    with suppress(MalformedValue):
        assert isinstance(moment_ms(text, NOW_MS), int | None)


@given(st.integers(0, 253_402_300_799_999))
def test_times_are_written_as_they_are_read(at_ms: int) -> None:
    """To the second, and never later than the moment."""
    text = time_text(at_ms)
    assert text is not None
    assert moment_ms(text, NOW_MS) == at_ms // 1000 * 1000


def test_no_time_is_no_text() -> None:
    """None stays None."""
    assert time_text(None) is None
