"""One row of an operator's own table of actions: a route of its API, what it wants, and where the parameters stand that
limits are about.

The rule it keeps: a row is whole or it is refused, with what to write instead. What it does not name is not read, so
what a limit needs must be named; and kind and permission have to fit, so that no order passes as something that has
no limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bitting.domain.action import Kind
from bitting.domain.canonical import Plain
from bitting.domain.errors import MalformedValue
from bitting.domain.permissions import WITHDRAWING, Permission

MOST_WEIGHT: Final = 1_000
MOST_IGNORED: Final = 64
LONGEST_PATH: Final = 512
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_PARAMETER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,=:@-]+|\{[A-Za-z_][A-Za-z0-9_-]{0,31}\}", re.ASCII)
_POINTER: Final = re.compile(r"(?:/(?:[^/~\x00-\x1f\x7f\ud800-\udfff]|~[01]){1,64}){0,8}")

_TRADES: Final = frozenset({Permission.ORDERS_WRITE, Permission.POSITIONS_WRITE})
_READS: Final = frozenset(each for each in Permission if each.value.endswith(".read"))
# What a kind may ask for. A change has no limits of value and price, so it is never an order and never a withdrawal.
FITTING: Final[Mapping[Kind, frozenset[Permission]]] = {
    Kind.READ: _READS,
    Kind.CHANGE: frozenset(Permission) - _READS - {Permission.ORDERS_WRITE, WITHDRAWING},
    Kind.ORDER: _TRADES,
    Kind.CANCEL: _TRADES,
    Kind.WITHDRAWAL: frozenset({WITHDRAWING}),
}
# Which parameters a kind has.
_ORDER: Final = ("pair", "side", "type", "amount", "price", "trigger", "quote_amount", "reduce_only")
_DESTINATION: Final = ("asset", "network", "address", "tag", "amount")
PARAMETERS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.READ: ("pair",),
    Kind.CHANGE: ("pair",),
    Kind.ORDER: _ORDER,
    Kind.CANCEL: ("pair",),
    Kind.WITHDRAWAL: _DESTINATION,
}
_PLACES: Final = tuple(dict.fromkeys((*_ORDER, *_DESTINATION)))
_COLUMNS: Final = ("method", "path", "name", "public", "permission", "kind", "weight", "batch", "ignored")


class Place(NamedTuple):
    """Where a parameter stands: `json:/order/price` (RFC 6901), `form:price`, `query:price`, or `path:id`."""

    source: str
    names: tuple[str, ...]

    @classmethod
    def from_text(cls, text: object) -> Place:
        """Raises MalformedValue."""
        source, colon, name = text.partition(":") if isinstance(text, str) else ("", "", "")
        if source == "json" and colon and _POINTER.fullmatch(name):
            return cls(source, tuple(each.replace("~1", "/").replace("~0", "~") for each in name.split("/")[1:]))
        if source in ("form", "query", "path") and _PARAMETER.fullmatch(name):
            return cls(source, (name,))
        raise MalformedValue(
            f"not a place: {str(text)[:64]!r}; write json:/amount, form:amount, query:amount or path:amount"
        )

    def to_text(self) -> str:
        """What it can be read from again."""
        if self.source == "json":
            return "json:" + "".join("/" + each.replace("~", "~0").replace("/", "~1") for each in self.names)
        return f"{self.source}:{self.names[0]}"


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One route and what it wants. `permission` is None for what is open to everybody. With `batch`, the list there
    holds the items, and JSON places are those of an item. `ignored` are parameters of a withdrawal that lead nowhere.
    """

    method: str
    path: str
    name: str
    permission: Permission | None
    kind: Kind
    weight: int
    places: Mapping[str, Place]
    batch: Place | None
    ignored: tuple[str, ...]

    @property
    def route(self) -> str:
        """`POST /orders/{id}`."""
        return f"{self.method} {self.path}"

    @property
    def segments(self) -> list[str]:
        """The path's parts, with `{}` for each that is named."""
        return ["{}" if each.startswith("{") else each for each in self.path.split("/")]

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ActionRow:
        """Read what `to_plain` writes. Raises MalformedValue, with what to write instead."""
        unknown = sorted(set(plain) - {*_PLACES, *_COLUMNS})
        if unknown:
            raise MalformedValue(f"there is no {unknown[0]!r}; there are: {', '.join((*_COLUMNS, *_PLACES))}")
        public = plain.get("public", False)
        if not isinstance(public, bool) or public is ("permission" in plain):
            raise MalformedValue('say who may: permission = "orders.read" (or another), or else public = true')
        permission = None if public else Permission.from_text(plain["permission"])
        row = cls(
            _one_of(METHODS, plain, "method"),
            _path(plain),
            _name(plain),
            permission,
            _kind(plain, permission),
            _weight(plain),
            {name: Place.from_text(plain[name]) for name in _PLACES if name in plain},
            Place.from_text(plain["batch"]) if "batch" in plain else None,
            _ignored(plain),
        )
        for check in (_check_kind, _check_places, _check_batch):
            check(row)
        return row

    def to_plain(self) -> dict[str, Plain]:
        """The canonical form: what is stored, shown, exported and digested; what has its default is left out."""
        plain: dict[str, Plain] = {"method": self.method, "path": self.path, "name": self.name}
        if self.permission is None:
            return {**plain, "public": True}
        plain |= {"permission": self.permission.value, "kind": self.kind.value}
        if self.weight != 1:
            plain["weight"] = self.weight
        plain |= {name: place.to_text() for name, place in self.places.items()}
        if self.batch is not None:
            plain["batch"] = self.batch.to_text()
        if self.ignored:
            plain["ignored"] = list(self.ignored)
        return plain


def _one_of(words: Iterable[str], plain: Mapping[str, Any], name: str) -> str:
    word = plain.get(name)
    for each in words:
        if word == each:
            return each
    raise MalformedValue(f"{name} is one of {', '.join(words)}, not {word!r}")


def _path(plain: Mapping[str, Any]) -> str:
    """A path in the one spelling in which requests are compared, with `{name}` for a whole segment."""
    path = plain.get("path")
    parts = path.split("/") if isinstance(path, str) else []
    if (
        not isinstance(path, str)
        or len(path) > LONGEST_PATH
        or len(parts) < 2
        or parts[0]
        or not all(_SEGMENT.fullmatch(each) and each not in (".", "..") for each in parts[1:])
    ):
        raise MalformedValue(
            f"path is like /v1/orders/{{id}}: no query, no escapes, no slash at the end, a name is a whole segment; "
            f"not {str(path)[:64]!r}"
        )
    names = [each for each in parts if each.startswith("{")]
    if len(set(names)) != len(names):
        raise MalformedValue("path has a name twice")
    return path


def _name(plain: Mapping[str, Any]) -> str:
    name = plain.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise MalformedValue('name is what owners see, like "order.place": letters, digits, dots and dashes')
    return name


def _kind(plain: Mapping[str, Any], permission: Permission | None) -> Kind:
    """A right to read reads. What a right to write does has to be said."""
    if "kind" in plain or (permission is not None and permission not in _READS):
        return Kind(_one_of([each.value for each in FITTING], plain, "kind"))
    return Kind.READ


def _weight(plain: Mapping[str, Any]) -> int:
    weight = plain.get("weight", 1)
    if type(weight) is not int or not 1 <= weight <= MOST_WEIGHT:
        raise MalformedValue(f"weight is a whole number from 1 to {MOST_WEIGHT}, not {weight!r}")
    return weight


def _ignored(plain: Mapping[str, Any]) -> tuple[str, ...]:
    names = plain.get("ignored", [])
    if (
        not isinstance(names, list)
        or len(names) > MOST_IGNORED
        or not all(isinstance(each, str) and _PARAMETER.fullmatch(each) for each in names)
    ):
        raise MalformedValue(f"ignored is a list of at most {MOST_IGNORED} names of parameters")
    return tuple(sorted(set(names)))


def _check_kind(row: ActionRow) -> None:
    if row.permission is None:
        if row.method != "GET" or row.kind is not Kind.READ:
            raise MalformedValue("only a GET that reads is open to everybody: give the row a permission instead")
        if row.places or row.batch or row.ignored or row.weight != 1:
            raise MalformedValue("an open row has method, path and name, and nothing of it is read or counted")
        return
    if row.permission not in FITTING[row.kind]:
        wanted = ", ".join(sorted(each.value for each in FITTING[row.kind]))
        raise MalformedValue(f"kind {row.kind.value} goes with {wanted}, not with {row.permission.value}")
    if row.method not in (("GET", "POST") if row.kind is Kind.READ else METHODS[1:]):
        raise MalformedValue(f"a {row.method} is not of kind {row.kind.value}: say what it does")


def _check_places(row: ActionRow) -> None:
    strange = sorted(row.places.keys() - set(PARAMETERS[row.kind]))
    if strange:
        there = ", ".join(PARAMETERS[row.kind])
        raise MalformedValue(f"kind {row.kind.value} has no {strange[0]}; it has: {there}")
    for name, place in row.places.items():
        if place.source == "path" and f"{{{place.names[0]}}}" not in row.path.split("/"):
            raise MalformedValue(f"{name}: {place.to_text()}, and the path has no {{{place.names[0]}}}")
        if not place.names:
            raise MalformedValue(f"{name}: json: alone is the whole body; write json:/{name}")
    sources = {place.source for place in (*row.places.values(), *((row.batch,) if row.batch else ()))}
    if row.method == "GET" and sources & {"json", "form"}:
        raise MalformedValue("a GET has no body: its parameters are query: or path:")
    if {"json", "form"} <= sources:
        raise MalformedValue("a body is JSON or a form: write all places of it as json:, or all as form:")
    if row.kind is Kind.ORDER and not row.places.keys() & {"amount", "quote_amount"}:
        raise MalformedValue("an order says where its amount or its quote_amount stands, or no limit could be applied")
    missing = [each for each in ("asset", "network", "address", "amount") if each not in row.places]
    if row.kind is Kind.WITHDRAWAL and missing:
        raise MalformedValue(f"a withdrawal says where its {missing[0]} stands, or no address book would admit it")
    if row.ignored and row.kind is not Kind.WITHDRAWAL:
        raise MalformedValue("ignored is for withdrawals; elsewhere what is not named is not read")


def _check_batch(row: ActionRow) -> None:
    if row.batch is None:
        return
    if row.batch.source != "json":
        raise MalformedValue('batch is where the list stands in a JSON body: batch = "json:/orders"')
    if row.kind not in (Kind.ORDER, Kind.CANCEL):
        raise MalformedValue("a batch is of orders or of cancels; map nothing else that does several things at once")
