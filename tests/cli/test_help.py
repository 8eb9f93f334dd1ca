"""Every command explains itself: what it does, an example that can be typed, and each of its options."""

from __future__ import annotations

import pytest

from tests.cli.commands import commands, parse, written
from tests.cli.transcript import bitting

ALL = [pytest.param(words, id=" ".join(words)) for words in commands()]


@pytest.fixture(autouse=True)
def _usual_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("words", ALL)
def test_an_example_that_can_be_typed(words: list[str]) -> None:
    """It stands in the help text as it has to be typed, is about this command, and is read without complaint."""
    told = bitting(*words, "--help")
    examples = list(written(told.out))
    assert examples
    assert told.code == 0
    for example in examples:
        assert example.split()[1 : len(words) + 1] == words
        parse(example)


@pytest.mark.parametrize("words", ALL)
def test_no_line_is_broken_by_the_terminal(words: list[str]) -> None:
    """What is written in lines stays in lines of 80 columns."""
    text = bitting(*words, "--help").out.partition("╭")[0]
    description = text.partition("\n\n")[2]
    assert all(len(line) < 79 or line.endswith("\\") for line in description.splitlines())


@pytest.mark.parametrize("words", ALL)
def test_every_option_is_explained(words: list[str]) -> None:
    """No option stands there with its name only."""
    help = bitting(*words, "--help").out
    options = [line for line in help.splitlines() if line.startswith("│") and " --" in line[:9]]
    for line in options:
        assert line.strip("│ *").split("  ", 1)[1:], line


@pytest.mark.parametrize(
    "group", [[], ["key"], ["account"], ["account", "address"], ["activity"], ["house", "actions"], ["journal"]]
)
def test_a_group_lists_its_commands(group: list[str]) -> None:
    """With --help, and without a command where that does not do something by itself."""
    lists = [bitting(*group, "--help")] + ([] if group in commands() else [bitting(*group)])
    for words in commands():
        if words[: len(group)] == group != words:
            assert all(f"│ {words[len(group)]} " in each.out for each in lists)
    assert {each.code for each in lists} == {0}
