"""How the program ends: with a line that says what to do, and a code that says how it went; never with a trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bitting import cli
from bitting.cli import main
from bitting.cli.common import HERE
from tests.cli.server import found, lively
from tests.cli.transcript import bitting

PROGRAM = [sys.executable, "-m", "bitting"]


def test_the_program_is_the_function() -> None:
    """`python -m bitting` takes the words of its own command line."""
    done = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.count(".") == 2
    assert bitting("--version").out == done.stdout


def test_a_pipe_whose_reader_has_left(tmp_path: Path) -> None:
    """Nobody is told of it: `bitting key list | head -1` is no mistake."""
    found(tmp_path / "data")
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*PROGRAM, "house", "show", "--data", str(tmp_path / "data")],
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_without_korean(tmp_path: Path) -> None:
    """A label it cannot show is shown as its code points, and nothing breaks."""
    found(tmp_path / "data")
    lively(tmp_path / "data")
    done = subprocess.run(
        [*PROGRAM, "key", "show", "봇", "--data", str(tmp_path / "data")],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"label  \\ubd07\n" in done.stdout


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (OSError(28, "No space left on device", "/data/x"), 1, "bitting: /data/x: No space left on device\n"),
        (OSError("something odd"), 1, "bitting: a file: something odd\n"),
    ],
)
def test_what_else_can_happen(monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, said: str) -> None:
    """Ctrl-C ends without a word; a file that cannot be had is named."""

    def fails(*args: object, **more: object) -> None:
        raise raised

    monkeypatch.setattr(cli, "app", fails)
    told = bitting("key", "list")
    assert (told.out, told.err, told.code) == ("", said, code)


def test_a_name_no_folder_can_have(tmp_path: Path) -> None:
    """The system's own word for it is passed on."""
    told = bitting("doctor", "--data", str(tmp_path / ("x" * 300)))
    assert told.code == 1
    assert told.err.endswith(": File name too long\n")


def test_what_is_said_talks_to_no_terminal(tmp_path: Path) -> None:
    """What was typed is repeated without its control characters."""
    found(tmp_path / "data")
    told = bitting("key", "show", "\x1b[2Jbot", "--data", str(tmp_path / "data"))
    assert told.err == "bitting: there is no key \N{REPLACEMENT CHARACTER}[2Jbot\n"


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"BITTING_DATA": "/srv/bitting"}, "/srv/bitting"),
        ({"BITTING_DATA": "", "XDG_DATA_HOME": "/users/alice/.data"}, "/users/alice/.data/bitting"),
        ({"HOME": "/users/alice"}, "/users/alice/.local/share/bitting"),
    ],
)
def test_where_the_house_is(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], folder: str) -> None:
    """Where it was said to be, or where a user's data are."""
    for name in ("BITTING_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert HERE.folder == Path(folder)


def test_nothing_is_printed_that_is_not_asked_for(tmp_path: Path) -> None:
    """One command, one answer on standard output, and nothing on the other."""
    found(tmp_path / "data")
    told = bitting("house", "show", "--json", "--data", str(tmp_path / "data"))
    assert told.err == ""
    assert told.out.count("\n") == 1
    assert main is cli.main
