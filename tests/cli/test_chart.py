"""Bars: as wide as the terminal, true to their counts, and coloured for people only."""

from __future__ import annotations

import io
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from bitting.cli.chart import MOST_LINES, drawn, folded, plotted
from tests.cli.transcript import bitting

COUNTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=400)


def said(periods: int, by: str = "reason", **series: list[int]) -> dict[str, Any]:
    """An answer of the desk; series by verdict and the rest, `denied__pair_outside`."""
    told = []
    for name, counts in series.items():
        verdict, _, of = name.partition("__")
        told.append({"verdict": verdict, by: of, "counts": counts})
    times = [f"2026-09-21T{each:02}:00:00Z" for each in range(periods)]
    return {"step": "hour", "by": by, "periods": times, "series": told}


def test_a_chart() -> None:
    """Everything on four lines, each verdict on one, and each reason; the top of each scale stands beside it."""
    answer = said(
        8, admitted__=[1, 2, 3, 4, 5, 6, 7, 32], denied__pair=[0, 0, 0, 1, 0, 0, 0, 2], denied__rate=[1] + [0] * 7
    )
    assert [each.plain for each in drawn(answer, 80)] == [
        "each bar is 1 hour; to the right, the most of one bar",
        "requests  64         █  34",
        "                     █",
        "                     █",
        "              ▁▁▂▄▄▅▆█",
        "admitted  60  ▁▁▁▁▁▁▁█  32",
        "denied     4  ▄  ▄   █  2",
        "  pair     3     ▄   █  2",
        "  rate     1  █         1",
        "2026-09-21T00:00Z 2026-09-21T07:00Z",
    ]


@given(COUNTS, st.integers(10, 400))
def test_folding_loses_nothing(counts: list[int], most: int) -> None:
    """At most as many bars as there is room for, whose sum is the sum, and of which the last ones are full."""
    bars = folded(counts, most)
    assert len(bars) <= most
    assert sum(bars) == sum(counts)
    size = -(-len(counts) // most)
    assert bars[-1] == sum(counts[-size:])


@given(COUNTS, st.integers(1, 6))
def test_what_is_not_nothing_is_seen(counts: list[int], height: int) -> None:
    """The highest bar fills its lines, nothing is drawn where nothing was, and more is never lower."""
    rows = list(plotted(counts, height))
    heights = [sum(" ▁▂▃▄▅▆▇█".index(row[at]) for row in rows) for at in range(len(counts))]
    assert len(rows) == height
    assert [bool(each) for each in heights] == [bool(each) for each in counts]
    assert max(heights) == (8 * height if max(counts) else 0)
    assert [each for _, each in sorted(zip(counts, heights, strict=True))] == sorted(heights)


@given(st.integers(70, 300), st.integers(24, 366), st.text(max_size=60))
def test_it_fits_the_terminal(width: int, periods: int, label: str) -> None:
    """Whatever a client calls itself, and however much there was."""
    answer = said(periods, "client", **{f"admitted__{label}": [10**6] * periods})
    for line in drawn({**answer, "periods": ["2026-09-21T00:00:00Z"] * periods}, width):
        assert cell_len(line.plain) <= width
        assert line.plain.isprintable()


def test_many_are_the_largest_and_the_rest() -> None:
    """Nobody reads a hundred charts."""
    answer = said(1, "action", **{f"admitted__a{each}": [each] for each in range(MOST_LINES + 5)})
    lines = [each.plain for each in drawn(answer, 80)]
    assert lines[-2].startswith("  5 more")
    assert lines[-2].split()[2] == str(0 + 1 + 2 + 3 + 4)
    assert len([each for each in lines if each.startswith("  a")]) == MOST_LINES


def test_nothing_happened() -> None:
    """Then there is nothing to see, and that is said with a number."""
    lines = [each.plain for each in drawn(said(24), 80)]
    assert lines[1] == "requests  0"


@pytest.mark.parametrize(("colours", "coloured"), [("standard", True), ("auto", False)])
def test_colours_are_for_terminals(colours: Literal["standard", "auto"], coloured: bool) -> None:
    """A file or a pipe gets the bars alone."""
    console = Console(file=io.StringIO(), color_system=colours, width=80)
    for line in drawn(said(1, denied__pair=[3]), 80):
        console.print(line)
    assert isinstance(console.file, io.StringIO)
    assert ("\x1b[31m" in console.file.getvalue()) is coloured


def test_what_cannot_be_counted_is_refused() -> None:
    """Through the command line, before anything is asked."""
    assert bitting("activity", "chart", "--strangers=maybe").code == 2
