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
        # By method and number of segments: which segments are named, and the rows by the others.
        self._named: dict[tuple[bytes, int], dict[tuple[bool, ...], dict[tuple[str, ...], list[Route]]]] = {}
        for route in routes:
            method = route.method.encode()
            if "{" in route.path:
                segments = route.path.split("/")
                mask = tuple(each.startswith("{") for each in segments)
                by_mask = self._named.setdefault((method, len(segments)), {})
                by_mask.setdefault(mask, {}).setdefault(_literal(segments, mask), []).append(route)
            else:
                self._exact.setdefault((method, route.path), []).append(route)
        for key, masks in self._named.items():
            self._named[key] = dict(sorted(masks.items()))  # literal before named, from the left

    def find(self, request: Request) -> tuple[list[Route], Mapping[str, str]] | None:
        """The rows of the request's route, and what the names in its path stand for; None where no row fits. Raises
        MalformedRequest for a path that is not in the one spelling that routes are compared in."""
        path = plain_path(request)
        rows = self._exact.get((request.method, path))
        if rows is not None:
            return rows, _NO_NAMES
        segments = path.split("/")
        for mask, by_literal in self._named.get((request.method, len(segments)), {}).items():
            rows = by_literal.get(_literal(segments, mask))
            if rows is not None:
                pattern = rows[0].path.split("/")
                return rows, {pattern[at][1:-1]: segments[at] for at, named in enumerate(mask) if named}
        return None

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """What the request wants, or None where no row fits. Raises MalformedRequest as `find` does, and where a row
        cannot read what it needs."""
        found = self.find(request)
        if found is None:
            return None
        rows, names = found
        first = rows[0]
        if first.read is not None:
            return (*first.read(first.action, names, request), *(each.action for each in rows[1:]))
        return tuple(each.action for each in rows)


def _literal(segments: list[str], mask: tuple[bool, ...]) -> tuple[str, ...]:
    return tuple(each for each, named in zip(segments, mask, strict=True) if not named)
