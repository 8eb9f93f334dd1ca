"""What people are shown stands in columns, whole, and cannot talk to their terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bitting.cli.page import aligned, columns, fields, visible

CELLS = st.text(st.characters(codec="utf-8"), max_size=12)


def test_fields_stand_in_two_columns() -> None:
    """Names to the right, values to the left; a value of several lines goes on below itself."""
    values = {"label": "봇", "key id": "bk_live_x", "network": ("a", "b"), "credentials": (), "limits": {"USD": "1"}}
    assert list(fields(values)) == [
        "      label  봇",
        "     key id  bk_live_x",
        "    network  a",
        "             b",
        "credentials  none",
        "     limits  USD:1",
    ]
    assert list(fields({})) == []


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    """Korean takes two cells a character; nothing stands behind the last column."""
    assert list(columns(["label", "state"], [["긴 이름의 봇", "working"], ["bot", "paused"], ["", ""]])) == [
        "label         state",
        "긴 이름의 봇  working",
        "bot           paused",
        "",
    ]
    assert list(columns(["label"], [])) == ["nothing here"]
    assert aligned([("orders.write", "pairs=BTC/USD"), ("orders.read", "")]) == (
        "orders.write  pairs=BTC/USD",
        "orders.read",
    )
    assert aligned([]) == ()


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5))
def test_every_column_begins_where_it_began_above(rows: list[tuple[str, str, str]]) -> None:
    """Whatever stands in the cells, one line is one row, and the last column begins at one place."""
    lines = list(columns(["a", "b", "c"], rows))
    assert len(lines) == len(rows) + 1
    start = cell_len(lines[0]) - 1
    for line, row in zip(lines[1:], rows, strict=True):
        if last := visible(row[2]).rstrip():
            assert cell_len(line) == start + cell_len(last)


@given(st.text())
def test_nothing_invisible_is_shown(text: str) -> None:
    """No control, no mark that turns text round or hides it: what a stranger sent is only looked at."""
    shown = visible(text)
    assert len(shown) == len(text)
    assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in shown)
    assert (
        visible("\x1b[2J한글\u202e\n")
        == "\N{REPLACEMENT CHARACTER}[2J한글\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
    )
