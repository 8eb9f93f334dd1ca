"""All commands there are, and how a written one is read without being done."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from cyclopts import App

from bitting.cli import app


def commands(above: App = app, *words: str) -> Iterator[list[str]]:
    """The words of each command that does something: `["account", "address", "add"]`."""
    for name in above:
        if name.startswith("-"):
            continue
        if above[name].default_command is not None:
            yield [*words, name]
        yield from commands(above[name], *words, name)


def written(text: str) -> Iterator[str]:
    """Command lines of bitting in a text, with what they go on with behind a final `\\`."""
    lines = iter(text.splitlines())
    for line in lines:
        typed = line.strip()
        if not re.match(r"(?:\S*/)?bitting ", typed):
            continue
        while typed.endswith("\\"):
            typed = f"{typed[:-1].rstrip()} {next(lines).strip()}"
        yield typed


def parse(typed: str) -> None:
    """Read the command line as the program would. Raises CycloptsError, with what is wrong with it."""
    app.parse_args(shlex.split(typed, comments=True)[1:], print_error=False, exit_on_error=False)
