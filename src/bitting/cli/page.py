"""How answers look to people: a name and a value a line, or columns. Nothing is cut off, whatever the width of the
terminal: what is shown here is copied into other commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from bitting.cli.spelling import spelled

_GAP = "  "


def fields(values: Mapping[str, Any]) -> Iterator[str]:
    """A name and a value a line; a tuple is a value of several lines."""
    width = max(map(len, values), default=0)
    for name, value in values.items():
        lines = value if isinstance(value, tuple) else (value,)
        for place, line in enumerate(lines or ("none",)):
            yield f"{'' if place else name:>{width}}{_GAP}{visible(spelled(line))}".rstrip()


def columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows under their names, or a word when there are none; without names, just the rows."""
    if not rows:
        yield "nothing here"
        return
    table = [[visible(each) for each in row] for row in ([names, *rows] if names else rows)]
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield _GAP.join(_padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip()


def aligned(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Rows in columns, as one value of `fields`."""
    return tuple(columns((), rows)) if rows else ()


def record_row(record: Mapping[str, Any]) -> list[str]:
    """A record of activity in a line: at, key, address, action, pair, verdict, request id."""
    outcome = [record["verdict"], record["reason"], str(record["status"] or ""), record["outcome"]]
    return [
        record["at"],
        record["label"] or record["key_id"],
        record["address"],
        record["action"] or f"{record['method']} {record['path']}",
        record["pair"],
        " ".join(filter(None, outcome)),
        record["request_id"],
    ]


def visible(text: str) -> str:
    """The text with everything that is not a character to be seen as �: part of it was sent by strangers."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _padded(text: str, width: int) -> str:
    """Korean and Chinese take two cells a character."""
    return text + " " * (width - cell_len(text))
