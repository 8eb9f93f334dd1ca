"""What a door that only observes refuses all the same: whatever could be a withdrawal.

An observing door judges, writes down and lets pass, since the API behind it still checks its own keys. Value that
leaves an account is the exception, and in doubt a request is one: behind us another program reads it, perhaps with
more leniency than ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from bitting.dialects.dialect import Dialect
from bitting.domain.action import Kind
from bitting.domain.errors import MalformedRequest, Unavailable
from bitting.domain.request import Request
from bitting.gate.ports import Routes

_MOST_ESCAPES: Final = 5  # one within the other
_NAMED: Final = "{}"

Shape = tuple[str, ...]


class Outflows:
    """The ways out of an account that a dialect knows, and the house beside it."""

    def __init__(self, dialect: Dialect, routes: Routes) -> None:
        self._dialect = dialect
        self._routes = routes
        # A change may turn out to be a withdrawal by what its parameters say: a transfer to another user is one.
        self._out = _shapes(each.path for each in dialect.routes if each.action.kind is Kind.WITHDRAWAL)
        self._changes = _shapes(each.path for each in dialect.routes if each.action.kind is Kind.CHANGE)

    def could_be(self, request: Request) -> bool:
        """Whether these bytes are a withdrawal, or somebody could read them as one."""
        shapes = self._out
        try:
            actions = self._dialect.actions(request)
            if actions is None:
                actions = self._routes.actions(request)
            if actions:
                return any(each.kind is Kind.WITHDRAWAL for each in actions)
        except MalformedRequest:
            shapes += self._changes
        except Unavailable:  # the house's own table cannot be believed, and this may be in it
            return True
        path = _folded(request.path)
        return path is None or any(_fits(shape, path) for shape in shapes + _shapes(self._routes.ways_out))


def _shapes(paths: Iterable[str]) -> tuple[Shape, ...]:
    rows = [path.lower().split("/")[1:] for path in paths]
    return tuple(tuple(_NAMED if part.startswith("{") else part for part in row) for row in rows)


def _folded(path: bytes) -> Shape | None:
    """The path's segments as the most lenient server would read them; None where there is no end to its escapes."""
    text = path.decode("latin-1")
    for _ in range(_MOST_ESCAPES):
        plain = unquote(text, "latin-1")
        if plain == text:
            break
        text = plain
    else:
        return None
    segments: list[str] = []
    for segment in text.lower().replace("\\", "/").split("/"):
        seen = "".join(each for each in segment.partition(";")[0] if "!" <= each <= "~")
        if seen == "..":
            del segments[-1:]
        elif seen not in ("", "."):
            segments.append(seen)
    return tuple(segments)


def _fits(shape: Shape, path: Shape) -> bool:
    return len(shape) == len(path) and all(part in (_NAMED, given) for part, given in zip(shape, path, strict=True))
