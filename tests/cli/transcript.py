"""Transcripts: what somebody typed, and what they were told. The files in `transcripts/` are read and played here.

    # A line that says what comes.
    $ bitting key list --account alice
    label  account  key id
    bot    alice    <wire bot>

    $ bitting key show nobody
    ! bitting: there is no key nobody
    [1]

A line that begins with `$ ` is typed, and goes on behind a final `\\`; `< file` and `> file` mean what they mean in a
shell. Below it stands what came: standard output as it is, standard error behind `! `, and last the exit code in
brackets unless it is 0. Blank lines at the end of an answer do not count, nor how many spaces, from two up, are
between two columns.

The first line may say what there is before: `# House: none`, or `# House: lively` for one with a past; else there is an
empty house. `# Ways: folder` is for what is told otherwise where a server runs.

`<kind>` stands for anything of that kind, `<kind name>` for the same thing wherever it stands, also where it is typed.
"""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from bitting.cli import main

KINDS: Final = {
    "id": r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
    "wire": r"bk_(?:live|test)_[a-z2-7]{32}",
    "secret": r"[0-9A-Za-z]{32,64}",
    "token": r"[0-9A-Za-z_-]{43}",
    "time": r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z",
    "hash": r"[0-9a-f]{64}",
    "short": r"[0-9a-f]{16}",
    "vkey": r"[a-z0-9./]+\+[0-9a-f]{8}\+[0-9A-Za-z+/=]+",
    "request": r"[0-9a-f]{8}-[a-z2-7]{8}-[0-9a-f]+",
    "number": r"[0-9]+",
    "text": r".+",
}
_PLACE: Final = re.compile(r"<([a-z]+)(?: [a-z0-9]+)?>")
_PARTS: Final = re.compile(r"(<[a-z]+(?: [a-z0-9]+)?>|(?<=\S) {2,})")


class Step(NamedTuple):
    """One command, and what came of it."""

    line: int
    typed: str
    answer: tuple[str, ...]


def steps(text: str) -> Iterator[Step]:
    """The steps of a transcript."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        if not lines[at].startswith("$ "):
            assert not lines[at] or lines[at].startswith("#"), f"line {at + 1}: what is this? {lines[at]}"
            at += 1
            continue
        first, typed = at + 1, lines[at][2:]
        while typed.endswith("\\"):
            at += 1
            typed = f"{typed[:-1].rstrip()} {lines[at].strip()}"
        at += 1
        answer = []
        while at < len(lines) and not lines[at].startswith(("$ ", "# ")):
            answer.append(lines[at])
            at += 1
        yield Step(first, typed, _trimmed(answer))


class Told(NamedTuple):
    """What a command said and how it ended."""

    out: str
    err: str
    code: int

    @property
    def lines(self) -> tuple[str, ...]:
        """As they stand in a transcript."""
        told = [*self.out.splitlines(), *(f"! {each}" for each in self.err.splitlines())]
        return (*_trimmed(told), *([f"[{self.code}]"] if self.code else []))


def bitting(*words: str, typed: str = "") -> Told:
    """A command in this process; `typed` is its standard input."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr("sys.stdin", io.StringIO(typed))
        try:
            main(words)
        except SystemExit as end:
            code = int(end.code or 0)
    return Told(out.getvalue(), err.getvalue(), code)


@dataclass
class Player:
    """Plays steps in a folder and remembers what placeholders stood for."""

    folder: Path
    known: dict[str, str] = field(default_factory=dict)

    def play(self, step: Step) -> None:
        """Type it, and compare. Programs other than bitting are run as they are, for what a person does besides."""
        told = self.type(step.typed)
        at = f"line {step.line}: $ {step.typed}"
        for expected, came in zip(step.answer, told.lines, strict=False):
            assert self.fits(expected, came), f"{at}\nexpected  {expected}\nbut       {came}"
        assert len(step.answer) == len(told.lines), "\n".join([at, *told.lines])

    def type(self, typed: str) -> Told:
        line, _, target = _PLACE.sub(lambda place: self.known[place[0]], typed).partition(" > ")
        line, _, source = line.partition(" < ")
        program, *words = shlex.split(line)
        if program == "bitting":
            told = bitting(*words, typed=(self.folder / source).read_text() if source else "")
        else:
            done = subprocess.run([program, *words], cwd=self.folder, capture_output=True, text=True, check=False)
            told = Told(done.stdout, done.stderr, done.returncode)
        if target:
            (self.folder / target).write_text(told.out)
            told = told._replace(out="")
        return told

    def fits(self, expected: str, came: str) -> bool:
        """Whether the line is the one expected; what its placeholders stand for is known afterwards."""
        names: list[str] = []
        pattern = ""
        for number, part in enumerate(_PARTS.split(expected)):
            if number % 2 and part.isspace():  # at the start of a line the width does count
                pattern += " {2,}"
            elif (place := _PLACE.fullmatch(part)) is None:
                pattern += re.escape(part)
            elif part in self.known:
                pattern += re.escape(self.known[part])
            else:
                pattern += f"({KINDS[place[1]]})"
                names.append(part)
        found = re.fullmatch(pattern, came)
        if found is None:
            return False
        self.known.update((name, value) for name, value in zip(names, found.groups(), strict=True) if " " in name)
        return True


def _trimmed(lines: list[str]) -> tuple[str, ...]:
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)
