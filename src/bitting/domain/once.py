"""A change that happens once, however often it is asked for: its name, and what it is."""

from __future__ import annotations

from typing import Final, NamedTuple

KEPT_MS: Final = 24 * 3_600_000  # how long a name is remembered


class Once(NamedTuple):
    """`who` asks, and has given it the `name`; `digest` is SHA-256 over all of the question, so that the same name for
    another question can be told from a repetition."""

    who: str
    name: str
    digest: bytes
