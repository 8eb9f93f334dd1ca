"""A table of routes: which method and path means what. What stands in no row is denied.

A row's path may have `{name}` for a whole segment. Literal segments go before named ones, from the left, as in any
web framework: of `/orders/open` and `/orders/{id}`, the path `/orders/open` is the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from bitting.dialects.strict import plain_path
from bitting.domain.action import Action
from bitting.domain.request import Request

Reader = Callable[[Action, Mapping[str, str], Request], tuple[Action, ...]]
"""Makes of a row's action what this request wants: given the action, what the names in the path stand for, and the
request. Raises MalformedRequest."""

_NO_NAMES: Final[Mapping[str, str]] = {}


class Route(NamedTuple):
    """One row. `read` finds in the request what the action's name alone does not say; of rows with the same method
    and path, which want all their actions, only the first has one."""

    method: str
    path: str
    action: Action
    read: Reader | None = None


class Table:
    """Rows, indexed once."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._exact: dict[tuple[bytes, str], list[Route]] = {}
        self._named: dict[tuple[bytes, int], dict[str, list[Route]]] = {}
        for route in routes:
            method = route.method.encode()
            if "{" in route.path:
                rows = self._named.setdefault((method, route.path.count("/")), {})
                rows.setdefault(_shape(route.path), []).append(route)
            else:
                self._exact.setdefault((method, route.path), []).append(route)
        for key, by_shape in self._named.items():
            self._named[key] = dict(sorted(by_shape.items(), key=lambda each: _literal_first(each[0])))

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """What the request wants, or None where no row fits. Raises MalformedRequest for a path that is not in the
        one spelling that routes are compared in."""
        path = plain_path(request)
        rows, names = self._exact.get((request.method, path)), _NO_NAMES
        if rows is None:
            rows, names = self._by_shape(request.method, path)
            if rows is None:
                return None
        first = rows[0]
        if first.read is not None:
            return (*first.read(first.action, names, request), *(each.action for each in rows[1:]))
        return tuple(each.action for each in rows)

    def _by_shape(self, method: bytes, path: str) -> tuple[list[Route] | None, Mapping[str, str]]:
        segments = path.split("/")
        for rows in self._named.get((method, len(segments) - 1), {}).values():
            names = _match(rows[0].path.split("/"), segments)
            if names is not None:
                return rows, names
        return None, _NO_NAMES


def _shape(path: str) -> str:
    return "/".join("{}" if each.startswith("{") else each for each in path.split("/"))


def _literal_first(shape: str) -> list[bool]:
    return [each == "{}" for each in shape.split("/")]


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    names: dict[str, str] = {}
    for part, segment in zip(pattern, segments, strict=True):
        if part.startswith("{"):
            names[part[1:-1]] = segment
        elif part != segment:
            return None
    return names
