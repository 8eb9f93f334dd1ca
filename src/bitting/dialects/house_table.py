"""An operator's own table of actions at work: what a request wants, read from its signed bytes by `house_parameters`.

A dialect's own table is asked first, and this one only where that says nothing. So that nobody has to think about
which of two says what, a table with a row for a route that the dialect maps is refused (`check_fits`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bitting.dialects.dialect import Dialect
from bitting.dialects.house_parameters import ParameterReader, without_body
from bitting.dialects.routing import Route, Table
from bitting.domain.action import Action, Kind
from bitting.domain.action_row import ActionRow
from bitting.domain.action_table import ActionTable
from bitting.domain.errors import MalformedRequest, MalformedValue
from bitting.domain.permissions import Permission
from bitting.domain.request import Request


class HouseTable:
    """A table, compiled once."""

    def __init__(self, table: ActionTable) -> None:
        self._table = Table(_route(row, table) for row in table.rows)
        self.ways_out = tuple(row.path for row in table.rows if row.kind is Kind.WITHDRAWAL)
        self._open = frozenset(row.path for row in table.rows if row.permission is None)

    def is_public(self, request: Request) -> bool:
        """Whether the request's row is open to everybody."""
        if not self._open or request.method != b"GET":
            return False
        try:
            found = self._table.find(request)
        except MalformedRequest:
            return False
        return found is not None and found[0][0].path in self._open

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """What a proven request wants, or None where no row fits. Raises MalformedRequest."""
        return self._table.actions(request)


NO_ROWS: Final = HouseTable(ActionTable())


def _route(row: ActionRow, table: ActionTable) -> Route:
    # What is open to everybody is market data for whoever comes with a key.
    action = Action(row.name, row.kind, row.permission or Permission.MARKET_READ, weight=row.weight)
    if row.places or row.batch or row.kind is Kind.ORDER:
        return Route(row.method, row.path, action, ParameterReader(row, table.notation))
    return Route(row.method, row.path, action, without_body if row.method == "GET" else None)


def check_fits(table: ActionTable, dialect: Dialect) -> None:
    """Raise MalformedValue for a row that speaks of a route which the dialect maps itself, or reads something that
    its signatures do not cover."""
    mapped: dict[tuple[str, int], list[list[str]]] = {}
    for route in dialect.routes:
        segments = route.path.split("/")
        mapped.setdefault((route.method, len(segments)), []).append(segments)
    title = dialect.description.name
    for row in table.rows:
        segments = row.path.split("/")
        for taken in mapped.get((row.method, len(segments)), ()):
            if _meet(segments, taken):
                raise MalformedValue(
                    f"{row.route}: the dialect {title} maps {row.method} {'/'.join(taken)} itself, and no table "
                    "changes that: leave the row out"
                )
        if dialect.is_public(Request(row.method.encode(), _example(segments), (), b"", 0)):
            raise MalformedValue(f"{row.route}: open to everybody in the dialect {title} already: leave the row out")
        for what in _unbound(row, dialect):
            raise MalformedValue(f"{row.route}: the signatures of {title} do not cover {what}: leave the row out")


def _meet(one: list[str], other: list[str]) -> bool:
    """Whether one path can fit both."""
    return all(a == b or a.startswith("{") or b.startswith("{") for a, b in zip(one, other, strict=True))


def _example(segments: list[str]) -> bytes:
    return "/".join("x" if each.startswith("{") else each for each in segments).encode()


def _unbound(row: ActionRow, dialect: Dialect) -> Iterator[str]:
    """What the row acts on and whoever sees a signed request could exchange. Value leaves by nothing of that kind."""
    binds = dialect.description.binds
    sources = {place.source for place in row.places.values()} | ({row.batch.source} if row.batch else set())
    leaves = row.kind is Kind.WITHDRAWAL
    for bound, what, needed in (
        (binds.path, "the path", "path" in sources or leaves),
        (binds.query, "the query", "query" in sources),
        (binds.body, "the body", bool(sources & {"json", "form"}) or leaves),
    ):
        if needed and not bound:
            yield what
