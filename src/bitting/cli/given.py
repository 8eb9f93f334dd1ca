"""What a command is given by file or by hand rather than on its line: keys, secrets, shares of the root.

A secret on a command line is in the shell's history and in everybody's `ps`. So secrets come in files of mode 0600,
or on standard input.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from bitting.domain.errors import MalformedValue, Misconfigured
from bitting.kms.backup import WORDS


def public_key(given: str | None) -> str | None:
    """The key itself, or the content of the file that is named. Raises Misconfigured."""
    if given is None or "\n" in given:
        return given
    path = Path(given)
    # Neither base64 nor a name without an ending can be told from a file that is not there; the others can. And what
    # is too long for a name is no file: os.path says so, where Path raises.
    return read(path) if path.suffix or os.path.exists(path) else given


def secret(path: Path | None) -> str | None:
    """The one line of a file that nobody else can read, or of standard input for `-`. Raises Misconfigured."""
    if path is None:
        return None
    if str(path) == "-":
        return sys.stdin.read().strip()
    text = read(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Misconfigured(f"others may read {path}: `chmod 600 {path}`, and think about who has")
    return text.strip()


def shares() -> list[str]:
    """Shares of the root from standard input, in words, however they are broken into lines; an empty line ends them.
    Raises MalformedValue."""
    if sys.stdin.isatty():
        print(f"Type the shares, {WORDS} words each, and an empty line when there are enough:", file=sys.stderr)
    words: list[str] = []
    for line in sys.stdin:
        if not line.strip() and words and len(words) % WORDS == 0 and sys.stdin.isatty():
            break
        words += line.split()
    if not words:
        raise MalformedValue("no shares were given: type or pipe them in, or name each with --share")
    return [" ".join(words[start : start + WORDS]) for start in range(0, len(words), WORDS)]


def read(path: Path) -> str:
    """A small text file, whole. Raises Misconfigured."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as problem:
        raise Misconfigured(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not text: name the right file") from None
