"""bitting activity export: records into a file of one's own, page by page, however many there are."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import App, Parameter

from bitting.cli.common import HERE, Common
from bitting.cli.filters import ALL, Filters
from bitting.cli.formats import format_from_text
from bitting.cli.page import fields
from bitting.desk.form import past_ms
from bitting.gate.explain.words import moment
from bitting.wiring.files import new_file

PAGE: Final = 1000


def add_to(app: App) -> None:
    """The command belongs to the noun `activity`."""
    app.command(export)


def export(
    path: Path,
    /,
    *,
    format_: Annotated[str, Parameter(name="--format")] = "csv",
    which: Filters = ALL,
    common: Common = HERE,
) -> None:
    """Write records to a new file, oldest first: everything until now.

    In CSV, texts that a spreadsheet would take for formulas begin with an
    apostrophe, and what cannot be seen is escaped. Parquet needs pyarrow.

    For example:

        bitting activity export bot.csv --key bot --since 30d

        bitting activity export all.jsonl --format jsonl

    Parameters
    ----------
    path: Path
        The new file, for its owner only.
    format_: str
        csv, jsonl or parquet.
    """
    make, now_ms = format_from_text(format_), time.time_ns() // 1_000_000
    asked: dict[str, Any] = {**which.form(), "most": PAGE}
    for name in ("since", "until"):  # on every page the same moment
        if asked[name] is not None:
            asked[name] = moment(past_ms(asked[name], now_ms) * 1_000_000)
    records, after = 0, -1
    with common.asking() as ask:
        newest = ask("activity.list", most=1)["newest"]
        with new_file(path) as file:
            writer = make(file)
            while True:
                said = ask("activity.list", **asked, after=after, before=newest + 1)
                writer.add(said["records"])
                records += len(said["records"])
                _progress(f"{records:,} records")
                if said["on"] is None:
                    break
                after = said["on"]
            writer.end()
    _progress("")
    common.show({"path": str(path), "format": format_, "records": records}, fields)


def _progress(text: str) -> None:
    """One line that is written over, for a person; nothing in a log."""
    if sys.stderr.isatty():
        print(f"\r{text:<40}\r", end="", file=sys.stderr, flush=True)
