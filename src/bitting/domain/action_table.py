"""An operator's own table of actions, for a dialect: data, so that a house puts its API behind the gate without a line
of code.

The rule it keeps: no request can be meant by two rows, and every refusal names the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final, NamedTuple

from bitting.domain.action_row import ActionRow
from bitting.domain.canonical import Plain, digest
from bitting.domain.errors import MalformedValue
from bitting.domain.notation import NOTATION, Notation

MOST_ROWS: Final = 2_000


class Changes(NamedTuple):
    """What another table would do to this one, by route."""

    added: list[str]
    removed: list[str]
    changed: list[str]


@dataclass(frozen=True, slots=True)
class ActionTable:
    """Rows in the order of their paths, and how the API writes what stands in them."""

    rows: tuple[ActionRow, ...] = ()
    notation: Notation = NOTATION

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ActionTable:
        """Read what `to_plain` writes, which is also the form of the file. Raises MalformedValue and names the row."""
        listed = plain.get("action", [])
        if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
            raise MalformedValue("rows are written under [[action]]")
        unknown = sorted(set(plain) - {"action", "pair_form", "quotes", "sides", "limit_types"})
        if unknown:
            raise MalformedValue(
                f"there is no {unknown[0]!r}; there are: pair_form, quotes, sides, limit_types, and [[action]] rows"
            )
        if len(listed) > MOST_ROWS:
            raise MalformedValue(f"a table has at most {MOST_ROWS} rows, and here are {len(listed)}")
        notation = Notation.from_plain(plain)
        rows = []
        for number, each in enumerate(listed, 1):
            try:
                row = ActionRow.from_plain(each)
                _check_notation(row, notation)
            except MalformedValue as problem:
                route = " ".join(str(each[name])[:64] for name in ("method", "path") if name in each)
                raise MalformedValue(f"row {number} ({route}): {problem}") from None
            rows.append(row)
        _check_each_is_meant_once(rows)
        return cls(tuple(sorted(rows, key=lambda row: (row.path, row.method))), notation)

    def to_plain(self) -> dict[str, Plain]:
        """The canonical form."""
        return {**self.notation.to_plain(), "action": [row.to_plain() for row in self.rows]}

    def digest(self) -> bytes:
        """SHA-256 of the canonical form: in the row's MAC and the journal."""
        return digest(self.to_plain())

    def changes(self, after: ActionTable) -> Changes:
        """What `after` adds, takes away, and means otherwise. Another notation changes every row that reads by it."""
        mine, theirs = ({row.route: row for row in each.rows} for each in (self, after))
        respelled = self.notation != after.notation
        return Changes(
            [route for route in theirs if route not in mine],
            [route for route in mine if route not in theirs],
            [
                route
                for route, row in theirs.items()
                if route in mine and (row != mine[route] or (respelled and row.places))
            ],
        )


def _check_notation(row: ActionRow, notation: Notation) -> None:
    if "pair" in row.places and notation.pair_form is None:
        raise MalformedValue('the row names a pair: write above all rows how, like pair_form = "BTC-USDT"')
    if "type" in row.places and not notation.limit_types:
        raise MalformedValue('the row names a type: write above all rows which have a limit price, like ["limit"]')


def _check_each_is_meant_once(rows: list[ActionRow]) -> None:
    """Raise MalformedValue for two rows of one route, and for two templates of which neither is the closer one."""
    by_mask: dict[tuple[str, int], dict[frozenset[int], dict[tuple[str, ...], ActionRow]]] = {}
    for row in rows:
        segments = row.segments
        mask = frozenset(place for place, each in enumerate(segments) if each == "{}")
        same = by_mask.setdefault((row.method, len(segments)), {}).setdefault(mask, {})
        before = same.setdefault(tuple(segments), row)
        if before is not row:
            raise MalformedValue(f"{before.route} and {row.route} are one route: keep one of the two rows")
    for masks in by_mask.values():
        for (one, these), (other, those) in combinations(masks.items(), 2):
            if one <= other or other <= one:
                continue  # what has names in fewer places is the closer one
            literal = {_without(row, one | other): row for row in these.values()}
            for row in those.values():
                if crossing := literal.get(_without(row, one | other)):
                    raise MalformedValue(
                        f"{crossing.route} and {row.route} fit one request, and neither is the closer one: "
                        "give one of them a segment that the other has not"
                    )


def _without(row: ActionRow, places: frozenset[int]) -> tuple[str, ...]:
    return tuple(each for place, each in enumerate(row.segments) if place not in places)
