"""Reading what a person asked for: plain JSON values in, domain values out, nothing left over.

Every intent of the desk reads its arguments through a `Form`; a name nobody asked for is an error, since a
limit that was misspelt must not be a limit that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bitting.domain.errors import MalformedValue

PAGE: Final = 1_000  # lines of a list that are given at once
MOST: Final = 2**53  # the last whole number that every reader of JSON agrees about
_UNITS_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION: Final = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)


class Form:
    """The arguments of one intent; what is None was not given. Everything raises MalformedValue."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}

    def has(self, name: str) -> bool:
        """Whether the argument was given, and not read yet."""
        return name in self._values

    def text(self, name: str, default: str | None = None) -> str:
        """A text; without a default it has to be given."""
        value = self._values.pop(name, default)
        if value is None:
            raise MalformedValue(f"{name} is missing")
        if not isinstance(value, str):
            raise MalformedValue(f"{name} is a text")
        try:
            value.encode()
        except UnicodeEncodeError:  # JSON can say half of a surrogate pair, and a command line any bytes
            raise MalformedValue(f"{name} is not Unicode") from None
        return value

    def maybe(self, name: str) -> str | None:
        """A text, or None when it is not given."""
        return self.text(name) if name in self._values else None

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """One of a few words."""
        word = self.text(name, default)
        if word not in choices:
            raise MalformedValue(f"{name} is {' or '.join(choices)}, not {word[:32]!r}")
        return word

    def texts(self, name: str) -> list[str]:
        """A list of texts; empty when it is not given."""
        value = self._values.pop(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise MalformedValue(f"{name} is a list of texts")
        return value

    def number(self, name: str, default: int | None = None, *, least: int = 0, most: int = MOST) -> int:
        """A whole number in these bounds; without a default it has to be given."""
        value = self._values.pop(name, default)
        if type(value) is not int or not least <= value <= most:
            raise MalformedValue(f"{name} is a whole number from {least} " + ("up" if most == MOST else f"to {most}"))
        return value

    def flag(self, name: str) -> bool:
        """Yes or no; no when it is not given."""
        value = self._values.pop(name, False)
        if not isinstance(value, bool):
            raise MalformedValue(f"{name} is true or false")
        return value

    def table(self, name: str) -> dict[str, Any]:
        """A JSON object; empty when it is not given."""
        value = self._values.pop(name, {})
        if not isinstance(value, dict):
            raise MalformedValue(f"{name} is an object")
        return value

    def end(self) -> None:
        """Everything has been read; what is left was not asked for."""
        if self._values:
            raise MalformedValue(f"unknown: {', '.join(sorted(self._values))}")


def duration_ms(text: str) -> int:
    """Read `90d`, `24h`, `15m`, `30s`, `2w` or `0`. Raises MalformedValue."""
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text)
    if match is None:
        raise MalformedValue(f"not a duration: {text[:24]!r}; write 30s, 15m, 24h, 90d or 2w")
    return int(match[1]) * _UNITS_MS[match[2]]


def moment_ms(text: str, now_ms: int) -> int | None:
    """Read `never` (None), a duration from now, or an RFC 3339 time with its zone. Raises MalformedValue."""
    if text == "never":
        return None
    if _DURATION.fullmatch(text):
        return now_ms + duration_ms(text)
    return _instant_ms(text, "never, 90d")


def past_ms(text: str, now_ms: int) -> int:
    """Read a duration back from now, or an RFC 3339 time with its zone; never before 1970. Raises MalformedValue."""
    if text == "0" or _DURATION.fullmatch(text):
        return max(0, now_ms - duration_ms(text))
    return max(0, _instant_ms(text, "24h for a day ago"))


def _instant_ms(text: str, else_: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise MalformedValue(f"not a time: {text[:40]!r}; write {else_}, or 2027-01-31T00:00:00Z") from None


def time_text(at_ms: int | None) -> str | None:
    """RFC 3339 in UTC, to the second; None stays None."""
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
