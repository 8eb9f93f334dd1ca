"""Somebody's own machine, with `bitting` on it and no house: with a terminal to sit at, or without one."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.cli.transcript import Told

_PATIENCE_S: Final = 60
_BITTING: Final = (sys.executable, "-m", "bitting")


class Desktop:
    """`home` is where its settings are."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._env = {name: value for name, value in os.environ.items() if name != "BITTING_DATA"}
        self._env |= {"XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"), "COLUMNS": "200"}

    @property
    def sessions(self) -> list[Path]:
        """The files of sessions."""
        return sorted((self.home / "config/bitting/sessions").glob("*"))

    def run(self, *words: str, **env: str) -> Told:
        """A command that a program starts: there is no terminal."""
        done = subprocess.run(
            [*_BITTING, *words],
            env=self._env | env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            start_new_session=True,
            check=False,
        )
        return Told(done.stdout, done.stderr, done.returncode)

    def type(self, *words: str, answers: Sequence[tuple[str, str]]) -> Told:
        """A command that somebody types, and what they answer, each after its prompt. `out` is all that the terminal
        shows."""
        ours, theirs = os.openpty()

        def sit_down() -> None:
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        with subprocess.Popen(
            [*_BITTING, *words], env=self._env, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=sit_down
        ) as process:
            os.close(theirs)
            shown = b""
            try:
                for prompt, answer in answers:
                    while prompt.encode() not in shown.rpartition(b"\n")[2]:
                        shown += os.read(ours, 65536)
                    os.write(ours, answer.encode() + b"\n")
                    shown += b"\n"  # what comes now is not this prompt again
                while piece := _piece(ours):
                    shown += piece
                code = process.wait(_PATIENCE_S)
            finally:
                process.kill()
                os.close(ours)
        return Told(shown.decode(), "", code)


def _piece(ours: int) -> bytes:
    try:
        return os.read(ours, 65536)
    except OSError:  # the other end is closed
        return b""
