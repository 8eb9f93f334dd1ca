"""The parameters of an operator's own API, read as its table says where they stand.

Nothing is known of the server behind us, so whatever two servers could read differently is refused: a parameter that
stands in another place or another spelling, a body of an unknown type, a name that some frameworks take for another. A
parameter that is not there is None, and a limit that would need it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from bitting.dialects.amounts import highest_and_lowest, positive
from bitting.dialects.strict import Json, json_value, one_header, parameters
from bitting.domain.action import Action, Kind, Order, Side, Withdrawal
from bitting.domain.action_row import ActionRow, Place
from bitting.domain.errors import MalformedRequest
from bitting.domain.notation import Notation
from bitting.domain.pairs import Pair
from bitting.domain.request import Request

MOST_ITEMS: Final = 200  # of a batch
_JSON: Final = frozenset({b"application/json", b"application/json;charset=utf-8"})
_FORMS: Final = frozenset({b"application/x-www-form-urlencoded", b"application/x-www-form-urlencoded;charset=utf-8"})
# Brackets, dots and spaces are taken for other names by PHP, Rails and Express: `amount[]`, ` amount`, `order.amount`.
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_NOWHERE: Final = Withdrawal(None, None, None, "", None)
_SOURCES: Final = ("path", "query", "body")


class Source(NamedTuple):
    """Parameters by name; and by the name without its case, how it is spelled."""

    values: Mapping[str, Json]
    spelled: Mapping[str, str]


_NOTHING: Final = Source({}, {})


class At(NamedTuple):
    """Where a parameter stands: in which source (path, query, body), under which name, and which names below it."""

    source: str
    name: str
    folded: str
    below: tuple[str, ...]


Given = Mapping[str, Source]
"""What a request gives. Its body is an object, or an item of a batch."""


class ParameterReader:
    """Fits `routing.Reader`, for one row."""

    def __init__(self, row: ActionRow, notation: Notation) -> None:
        self._row = row
        self._notation = notation
        self._kinds = {each.source for each in _places(row)} & {"json", "form"}
        self._places = {parameter: _at(place) for parameter, place in row.places.items()}
        # What is read stands in its source only: behind us, another may be looked at first.
        named = [each for each in map(_at, _places(row)) if each.name]
        self._elsewhere = [(source, at) for at in named for source in _SOURCES if source != at.source]

    def __call__(self, action: Action, names: Mapping[str, str], request: Request) -> tuple[Action, ...]:
        query, body, kind = _sent(request)
        if self._kinds and kind and kind not in self._kinds:
            raise MalformedRequest(f"the body of this action is {' or '.join(self._kinds)}, and is marked as another")
        if kind == "form" and query:  # some signatures would let the two be cut elsewhere
            raise MalformedRequest("parameters stand in the query or in a form, not in both")
        batch = self._row.batch
        top = _NOTHING if batch is not None and isinstance(body, list) else _source(_object(body))
        given = {"path": _source(names), "query": _source(query), "body": top}
        for source, at in self._elsewhere:
            if at.folded in given[source].spelled:
                raise MalformedRequest(f"{at.name} stands in the {source}, and is read from the {at.source}")
        if batch is None:
            return (self._action(action, given),)
        items = map(_source, _items(body, batch))
        return tuple(self._action(action, {**given, "body": each}) for each in items)

    def _action(self, action: Action, given: Given) -> Action:
        if action.kind is Kind.WITHDRAWAL:
            return action._replace(withdrawal=self._withdrawal(given))
        pair = self._pair(given)
        if action.kind is not Kind.ORDER:
            return action._replace(pair=pair)
        return action._replace(pair=pair, order=self._order(pair, given))

    def _order(self, pair: Pair | None, given: Given) -> Order:
        limit, trigger = self._amount("price", given), self._amount("trigger", given)
        amount, quote_amount = self._amount("amount", given), self._amount("quote_amount", given)
        if amount is not None and quote_amount is not None:  # and who knows which of the two is meant behind us
            raise MalformedRequest("an order has an amount or a quote_amount, not both")
        price, lowest = highest_and_lowest([each for each in (limit, trigger) if each is not None])
        return Order(
            pair,
            self._side(given),
            amount,
            price,
            quote_amount,
            self._flag("reduce_only", given),
            limit is not None and self._is_limit(given),
            lowest,
        )

    def _is_limit(self, given: Given) -> bool:
        """Whether the type of the order makes its price a limit. An API that has no types knows no other orders."""
        return "type" not in self._places or self._text("type", given) in self._notation.limit_types

    def _side(self, given: Given) -> Side:
        """An order that does not say its side is a sale: of the two that is valued the higher."""
        if "side" not in self._places:
            return Side.SELL
        side = self._notation.side(self._text("side", given))
        if side is None:
            raise MalformedRequest(f"side is not {' or '.join(self._notation.sides)}")
        return side

    def _pair(self, given: Given) -> Pair | None:
        symbol = self._text("pair", given)
        return None if symbol is None else self._notation.pair(symbol)

    def _withdrawal(self, given: Given) -> Withdrawal:
        """A parameter that the row does not name could be another destination, so with one it goes to nobody knows
        where, and no address book admits that."""
        known = {each.names for each in self._row.places.values()}
        for names in (*((each,) for each in given["query"].values), *_leaves(given["body"].values)):
            if names not in known and names[0] not in self._row.ignored:
                return _NOWHERE
        return Withdrawal(
            self._text("asset", given),
            self._text("network", given),
            self._text("address", given),
            self._text("tag", given) or "",
            self._amount("amount", given),
        )

    def _value(self, parameter: str, given: Given) -> Json:
        at = self._places.get(parameter)
        if at is None:
            return None
        found = _member(given[at.source], at.name, at.folded)
        for name in at.below:
            if found is None:
                break
            found = _member(_source(_object(found)), name, name.casefold())
        return found

    def _text(self, parameter: str, given: Given) -> str | None:
        value = self._value(parameter, given)
        if value is not None and not isinstance(value, str):
            raise MalformedRequest(f"{parameter} is not a text")
        return value

    def _amount(self, parameter: str, given: Given) -> Decimal | None:
        value = self._value(parameter, given)
        return None if value is None else positive(value, parameter)

    def _flag(self, parameter: str, given: Given) -> bool:
        match self._value(parameter, given):
            case None | False | "false":
                return False
            case True | "true":
                return True
        raise MalformedRequest(f"{parameter} is not true or false")


def without_body(action: Action, names: Mapping[str, str], request: Request) -> tuple[Action, ...]:
    """Fits `routing.Reader`, for a GET of which nothing is read."""
    if request.body:
        raise MalformedRequest("a GET has no body")
    return (action,)


def _places(row: ActionRow) -> Iterator[Place]:
    yield from row.places.values()
    if row.batch is not None:
        yield row.batch


def _at(place: Place) -> At:
    source = place.source if place.source in _SOURCES else "body"
    name, *below = place.names or ("",)
    return At(source, name, name.casefold(), tuple(below))


def _sent(request: Request) -> tuple[dict[str, str], Json, str]:
    """Query, body and the kind of the body: json, form, or "" for none."""
    query = _plain(parameters(request.query))
    if not request.body:
        return query, {}, ""
    if request.method == b"GET":
        raise MalformedRequest("a GET has no body")
    kind = (one_header(request, b"content-type") or b"").replace(b" ", b"").lower()
    if kind in _JSON:
        return query, json_value(request.body), "json"
    if kind in _FORMS:
        form: dict[str, Json] = dict(_plain(parameters(request.body)))
        return query, form, "form"
    raise MalformedRequest("the body is marked neither as application/json nor as application/x-www-form-urlencoded")


def _plain(given: dict[str, str]) -> dict[str, str]:
    for name in given:
        if _PLAIN_NAME.fullmatch(name) is None:
            raise MalformedRequest(f"parameter {name[:32]!r}: a name has letters, digits, - and _ only")
    return given


def _items(body: Json, batch: Place) -> list[dict[str, Json]]:
    found = body
    for name in batch.names:
        found = _member(_source(_object(found)), name, name.casefold())
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_ITEMS:
        raise MalformedRequest(f"a batch is a list of 1 to {MOST_ITEMS}")
    return [_object(each) for each in found]


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise MalformedRequest("what parameters stand in is not a JSON object")
    return value


def _source(values: Mapping[str, Json]) -> Source:
    """Many readers of JSON do not tell `Amount` from `amount`, and take the last: no name has two spellings."""
    if not values:
        return _NOTHING
    spelled = {name.casefold(): name for name in values}
    if len(spelled) != len(values):
        raise MalformedRequest("a name stands there in another spelling as well")
    return Source(values, spelled)


def _member(source: Source, name: str, folded: str) -> Json:
    """What stands under a name; None where nothing does."""
    there = source.spelled.get(folded)
    if there is None:
        return None
    if there != name:
        raise MalformedRequest(f"{name} stands there in another spelling")
    return source.values[name]


def _leaves(value: Json | Mapping[str, Json], *above: str) -> Iterator[tuple[str, ...]]:
    """Where in a body something stands that is not an object."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, *above, name)
    else:
        yield above
