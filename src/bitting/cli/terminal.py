"""The terminal that somebody sits at, wherever input and output go: what is asked there cannot come out of a pipe."""

from __future__ import annotations

import getpass
from typing import Final

from bitting.domain.errors import Refused

_TERMINAL: Final = "/dev/tty"


def asked(prompt: str) -> str:
    """What somebody types. Raises Refused where nobody sits."""
    try:
        with open(_TERMINAL, "w", encoding="utf-8") as shown, open(_TERMINAL, encoding="utf-8") as typed:
            print(prompt, end="", file=shown, flush=True)
            return typed.readline().strip()
    except OSError:
        raise Refused("there is no terminal to ask at: run this at one") from None


def asked_unseen(prompt: str) -> str:
    """The same without an echo. Raises Refused where nobody sits."""
    try:
        open(_TERMINAL, encoding="utf-8").close()
    except OSError:  # else it would be read from a pipe, or with an echo
        raise Refused("there is no terminal to ask at: run this at one") from None
    return getpass.getpass(prompt)
