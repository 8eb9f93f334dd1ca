"""bitting activity chart: how much was asked for and refused, over time, in bars.

Every line has a scale of its own, whose top is written beside it: a few refusals among millions of requests are seen.
What is not nothing is never drawn as nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from cyclopts import App
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from bitting.cli.common import HERE, AccountName, Common, Flag, KeyName
from bitting.cli.page import visible

_BARS: Final = " ▁▂▃▄▅▆▇█"
_TALL: Final = 4  # lines of the first chart, of everything
_LABEL: Final = 28  # cells
_LEAST: Final = 10  # bars, however narrow the terminal is
MOST_LINES: Final = 12  # told apart; the rest is one line
_COLOURS: Final = {"admitted": "green", "observed": "yellow", "denied": "red"}


class Line(NamedTuple):
    """One chart; its counts are in the order of the periods."""

    label: str
    counts: Sequence[int]
    colour: str = ""
    height: int = 1


def add_to(app: App) -> None:
    """The command belongs to the noun `activity`."""
    app.command(chart)


def chart(
    *,
    over: str = "day",
    by: str = "reason",
    key: KeyName | None = None,
    account: AccountName | None = None,
    strangers: Flag = False,
    common: Common = HERE,
) -> None:
    """Requests and refusals over time, as bars.

    From counts that are kept for years, so a year is drawn as fast as an hour.
    A bar is as many periods as the width of the terminal asks for.

    For example:

        bitting activity chart

        bitting activity chart --over year --key bot

        bitting activity chart --over hour --strangers --by block

    Parameters
    ----------
    over: str
        The last hour by minutes, the last day or week by hours, or the last year by days.
    by: str
        What is told apart: reason, action, dialect; of a key, an account or strangers also key, client, block.
    strangers: bool
        Only who proved nothing.
    """
    said = common.ask("activity.chart", over=over, by=by, key=key, account=account, strangers=strangers or None)
    if common.json:
        common.show(said, list)
        return
    console = Console(highlight=False)
    for line in drawn(said, console.width):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def drawn(said: Mapping[str, Any], width: int) -> Iterator[Text]:
    """The answer to `activity.chart`, in lines of at most this many cells."""
    periods, lines = said["periods"], _lines(said)
    labels = [set_cell_size(each.label, min(_LABEL, _widest(each.label for each in lines))) for each in lines]
    tops = [f"{sum(each.counts):,}" for each in lines]
    left = cell_len(labels[0]) + 2 + _widest(tops) + 2
    bars = [folded(each.counts, max(_LEAST, width - left - 12)) for each in lines]
    each_bar = -(-len(periods) // len(bars[0]))
    yield Text(f"each bar is {each_bar} {said['step']}{'s' * (each_bar > 1)}; to the right, the most of one bar")
    for line, label, top, levels in zip(lines, labels, tops, bars, strict=True):
        most = max(levels)
        for number, row in enumerate(plotted(levels, line.height)):
            beside = f"{label}  {top:>{_widest(tops)}}" if number == 0 else " " * (left - 2)
            beyond = f"  {most:,}" if number == 0 and most else ""
            drawn_line = Text(f"{beside}  ").append(row, line.colour).append(beyond)
            drawn_line.rstrip()
            yield drawn_line
    first, last = (f"{each[:16]}Z" for each in (periods[0], periods[-1]))
    gap = max(1, len(bars[0]) - len(first) - len(last))
    yield Text(f"{first}{'':{gap}}{last}".rjust(left + len(bars[0])))


def _lines(said: Mapping[str, Any]) -> list[Line]:
    """Everything, each verdict that there was, and what is told apart."""
    series, by = said["series"], said["by"]
    none = [0] * len(said["periods"])
    lines = [Line("requests", _sum([each["counts"] for each in series], none), height=_TALL)]
    for verdict, colour in _COLOURS.items():
        counts = [each["counts"] for each in series if each["verdict"] == verdict]
        if counts:
            lines.append(Line(verdict, _sum(counts, none), colour))
    apart: dict[str, list[Sequence[int]]] = {}
    for each in series:
        if each[by] or by != "reason":
            apart.setdefault(each[by], []).append(each["counts"])
    colour = "red" if by == "reason" else "cyan"
    told = [Line(f"  {visible(of) or '(none)'}", _sum(counts, none), colour) for of, counts in apart.items()]
    told.sort(key=lambda line: (-sum(line.counts), line.label))
    rest = told[MOST_LINES:]
    lines += told[:MOST_LINES]
    return [*lines, Line(f"  {len(rest)} more", _sum([each.counts for each in rest], none), colour)] if rest else lines


def folded(counts: Sequence[int], most: int) -> list[int]:
    """The same in at most so many bars, each the sum of as many periods, the last one full."""
    size = -(-len(counts) // most)
    begin = len(counts) % size
    return ([sum(counts[:begin])] if begin else []) + [
        sum(counts[at : at + size]) for at in range(begin, len(counts), size)
    ]


def plotted(levels: Sequence[int], height: int) -> Iterator[str]:
    """Bars in so many lines, the upper one first, in eighths of a line; the highest fills them."""
    most, steps = max(levels) or 1, 8 * height
    eighths = [level and max(1, level * steps // most) for level in levels]
    for below in range(steps - 8, -1, -8):
        yield "".join(_BARS[min(8, max(0, each - below))] for each in eighths)


def _sum(many: Sequence[Sequence[int]], none: list[int]) -> list[int]:
    return [sum(each) for each in zip(*many, strict=True)] if many else none


def _widest(texts: Any) -> int:
    return max(map(cell_len, texts))
