"""A secret that does not show itself.

It has no text form, no equality that leaks time, and no way into JSON, pickle or a log line.
Whoever needs the bytes calls `reveal`, and the word stands out in review.
"""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Bytes that must not be seen: `repr` is `Secret()`, and pickling or formatting raises or hides."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """Return the bytes. Every call of this is a place to look at in review."""
        return self._value

    def __repr__(self) -> str:
        return "Secret()"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a dict of secrets would be a list of them

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is sealed by the vault, not pickled")
