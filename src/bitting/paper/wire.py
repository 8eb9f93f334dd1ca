"""What all faces of the demonstration exchange share: a call and its form, a table of routes, exact JSON.

Requests are read by the very readers that the gate judged them with (`dialects.strict`), so that the two
cannot see different requests in the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from bitting.dialects.strict import Json, plain_path
from bitting.domain.errors import MalformedValue
from bitting.domain.money import amount_from_text, amount_to_text
from bitting.domain.request import Reply, Request
from bitting.paper.exchange import Exchange
from bitting.paper.orders import Caller
from bitting.paper.rejection import Rejected, Why


class Form:
    """The parameters of a call. What is missing or not of its kind raises Rejected (bad parameter), by its name."""

    def __init__(self, values: Mapping[str, Json]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def raw(self, name: str) -> Json:
        """Whatever stands there, or None."""
        return self._values.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """Text that is not empty."""
        value = self._or(name, default)
        if not isinstance(value, str) or not value:
            raise Rejected(Why.BAD_PARAMETER, name)
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number from zero up, written as number or as text."""
        value = self._or(name, default)
        text = str(value)
        if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 18:
            raise Rejected(Why.BAD_PARAMETER, name)
        return int(text)

    def amount(self, name: str, default: Decimal | None = None) -> Decimal:
        """A decimal of either sign, written as number or as text."""
        value = self._or(name, default)
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise Rejected(Why.BAD_PARAMETER, name)
        try:
            return value if isinstance(value, Decimal) else amount_from_text(str(value))
        except MalformedValue:
            raise Rejected(Why.BAD_PARAMETER, name) from None

    def texts(self, name: str) -> list[str] | None:
        """A list of texts, or None where it is not named."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise Rejected(Why.BAD_PARAMETER, name)
        return [Form({name: each}).text(name) for each in value]

    def period(self, start: str, end: str) -> range:
        """From one moment to another, both included; what is not named has no end."""
        return range(self.whole(start, 0), self.whole(end, 10**18 - 1) + 1)

    def _or(self, name: str, default: Json) -> Json:
        value = self._values.get(name)
        return default if value is None else value


class Call(NamedTuple):
    """One call on the exchange: the form has what stood in path, query and body."""

    exchange: Exchange
    caller: Caller
    form: Form
    now_ms: int


Handler = Callable[[Call], Json]

NOBODY: Final = Caller("", None)
"""Who calls for open market data."""


class Routes:
    """`GET /v2/ticker/{symbol}` to the function that answers it; the first that fits is taken."""

    def __init__(self, table: Mapping[str, Handler]) -> None:
        self.names = tuple(table)
        self._table = [(_pattern(route), handler) for route, handler in table.items()]

    def find(self, request: Request) -> tuple[Handler, dict[str, str]]:
        """The handler, and what the braces stood for. Raises MalformedRequest or Rejected (no such call)."""
        line = f"{request.method.decode('latin-1')} {plain_path(request)}"
        for pattern, handler in self._table:
            if found := pattern.fullmatch(line):
                return handler, found.groupdict()
        raise Rejected(Why.NO_SUCH_CALL, line)


def reply(status: int, value: Json) -> Reply:
    """A JSON reply."""
    return Reply(status, ((b"content-type", b"application/json; charset=utf-8"),), to_json(value))


def to_json(value: Json) -> bytes:
    """JSON in which a Decimal is a number with all its digits: a float would round it."""
    return _json(value).encode()


def _json(value: Json) -> str:
    match value:
        case Decimal():
            return amount_to_text(value)
        case list():
            return f"[{','.join(map(_json, value))}]"
        case dict():
            return f"{{{','.join(f'{json.dumps(name)}:{_json(item)}' for name, item in value.items())}}}"
        case _:
            return json.dumps(value)


def _pattern(route: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", route)
    return re.compile(
        "".join(f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    )
