"""What every command shares: where the house is, how the answer is shown, and how an error is said."""

from __future__ import annotations

import json as jsonlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from bitting.wiring import reach


def default_data() -> Path:
    """`$BITTING_DATA`, or the usual place for a user's data."""
    named = os.environ.get("BITTING_DATA")
    if named:
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "bitting"


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Options of every command.

    Parameters
    ----------
    data: Path
        The data folder; by default $BITTING_DATA, or ~/.local/share/bitting.
    json: bool
        Print JSON instead of text.
    """

    data: Annotated[Path | None, Parameter(name="--data")] = None
    json: Annotated[bool, Parameter(name="--json", negative=())] = False

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.data or default_data()

    def ask(self, intent: str, **values: Any) -> dict[str, Any]:
        """Ask the desk; what is None was not given. Raises BittingError."""
        said: dict[str, Any] = reach.ask(self.folder, intent, {k: v for k, v in values.items() if v is not None})
        return said

    def show(self, said: Mapping[str, Any], text: Callable[[Console], None]) -> None:
        """Print the answer: as JSON, or by `text`."""
        if self.json:
            print(jsonlib.dumps(said, ensure_ascii=False))
        else:
            text(console())


HERE = Common()


def console() -> Console:
    """Standard output; wide when it is not a terminal, so that nothing is cut off in a pipe."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def fields(screen: Console, values: Mapping[str, Any]) -> None:
    """A name and a value a line."""
    width = max(map(len, values), default=0)
    for name, value in values.items():
        screen.print(f"{name:>{width}}  {value}", markup=False, soft_wrap=True)


def rows(screen: Console, names: list[str], lines: list[list[str]]) -> None:
    """A plain table, or a word when there is nothing in it."""
    if not lines:
        screen.print("nothing here")
        return
    table = Table(*names, box=None, pad_edge=False)
    for line in lines:
        table.add_row(*[each.replace("[", "\\[") for each in line])
    screen.print(table)


def limits(given: list[str] | None) -> dict[str, Any] | None:
    """Read `--limit NAME=VALUE` into a table: `largest_order=USD:1000,BTC:0.1`, `order_rate=10/60`,
    `open_orders=5`, `pairs=BTC/USD,ETH/USD`; `NAME=none` takes a limit away."""
    if given is None:
        return None
    table: dict[str, Any] = {}
    for each in given:
        name, _, text = each.partition("=")
        table[name] = _limit(name, text)
    return table


def _limit(name: str, text: str) -> Any:
    if text == "none":
        return None
    if name in ("largest_order", "daily_orders", "daily_withdrawals"):
        return {currency: amount for currency, _, amount in (part.partition(":") for part in text.split(","))}
    if name in ("open_orders", "collar_bp"):
        return int(text) if text.isascii() and text.isdigit() else text
    if name in ("pairs", "addresses"):
        return text.split(",")
    return text


def rules(given: list[str]) -> dict[str, Any]:
    """Read `--rule NAME=VALUE`: true, false, none, a number, or a list with commas."""
    return {name: _rule(name, text) for name, _, text in (each.partition("=") for each in given)}


def _rule(name: str, text: str) -> Any:
    words: dict[str, Any] = {"true": True, "false": False, "none": None}
    if text in words:
        return words[text]
    if text.isascii() and text.isdigit():
        return int(text)
    return [each for each in text.split(",") if each] if name in ("forbidden", "algorithms", "dialects") else text
