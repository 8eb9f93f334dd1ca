"""What the console says, a table for each language; a test compares them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

LANGUAGES: Final = ("en", "ko")


def _read(language: str) -> Mapping[str, str]:
    plain = tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text("utf-8"))
    return MappingProxyType(dict(_flat("", plain)))


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield prefix + name, value
        else:
            yield from _flat(f"{prefix}{name}.", value)


WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({each: _read(each) for each in LANGUAGES})


def preferred(accepted: str) -> str:
    """The language for an Accept-Language header: the first of ours that is named; English where none is."""
    for part in accepted.split(","):
        language = part.partition(";")[0].strip().lower().partition("-")[0]
        if language in WORDS:
            return language
    return LANGUAGES[0]
