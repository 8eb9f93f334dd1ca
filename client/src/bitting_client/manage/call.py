"""A call of the management API before it is sent, and its reply once it is there: everything but the network.

`Client` and `AsyncClient` differ in how bytes travel, and in nothing else. A secret goes into a header or a body, and
into no repr; what would be no part of a path or of a header is refused before an HTTP library can quote it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from bitting_client.manage.problems import ProblemReply, Undelivered, Waits, problem_from

T = TypeVar("T")

_HERE = ("localhost", "127.0.0.1", "::1")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}", re.ASCII)
_NAME = re.compile(r"[ !#-~]{1,128}", re.ASCII)
_CONFIRMATION = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_CURSORS = ("after", "before")


class Operation(NamedTuple):
    """Where a call goes, and which of its values stand in the query; the rest that the path does not name is the
    body."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    has_body: bool = False
    matches: bool = False
    once: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.once or self.method == "GET"


@dataclass(frozen=True)
class Wire:
    """What goes over the network."""

    method: str
    target: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call. `version` is what you have seen of the object, for those that change it; `name` makes the call
    happen once however often it is sent; `confirmation` is the id of your confirmation of this change."""

    operation: str
    values: Mapping[str, Any] = field(repr=False)  # passwords and codes are among them
    version: int | None = None
    name: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    confirmation: str = ""

    def confirmed(self, confirmation: str) -> Call[T]:
        """The same call with a confirmation: the one without it was refused, so its name is free."""
        return replace(self, confirmation=confirmation)

    def next_page(self, operation: Operation, page: Any) -> Call[T] | None:
        """The call for the page that follows this one. None: there is none."""
        cursor = next((each for each in _CURSORS if each in operation.query), None)
        if cursor is None or page.get("next") is None:
            return None
        return replace(self, values={**self.values, cursor: page["next"]})

    def wire(self, operation: Operation, token: str) -> Wire:
        """What is sent. Raises ValueError for what would be no part of it."""
        values = {name: value for name, value in self.values.items() if value is not None}
        target = operation.path
        for name in [each for each in values if "{" + each + "}" in operation.path]:
            part = str(values.pop(name))
            if part in ("", ".", ".."):
                raise ValueError(f"{name} is empty")
            target = target.replace("{" + name + "}", quote(part, safe=""))
        query = {name: values.pop(name) for name in operation.query if name in values}
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {_written('the token', token, _TOKEN)}"
        if operation.matches and self.version is not None:
            headers["If-Match"] = f'"{self.version}"'
        if operation.once:
            headers["Idempotency-Key"] = f'"{_written("the name", self.name, _NAME)}"'
        if self.confirmation:
            headers["Bitting-Confirmation"] = _written("the confirmation", self.confirmation, _CONFIRMATION)
        body = b""
        if operation.has_body:
            headers["Content-Type"] = "application/json"
            body = json.dumps(values).encode()
        elif values:  # left out, it would be another question
            raise ValueError(f"{self.operation} takes no {', '.join(values)}")
        return Wire(operation.method, target + (f"?{urlencode(query)}" if query else ""), headers, body)


def _written(what: str, text: str, form: re.Pattern[str]) -> str:
    """The text, if it is written as it has to be; the error does not show it."""
    if form.fullmatch(text) is None:
        raise ValueError(f"{what} is not written as Bitting's are")
    return text


def checked_base(base: str) -> str:
    """The address of a house. Raises ValueError where a token would travel for all to read: it takes https, except to
    this machine."""
    url = urlsplit(base)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or "@" in url.netloc:
        raise ValueError("a house's address is https://HOST or https://HOST:PORT, and nothing behind it but a path")
    if url.scheme == "http" and url.hostname not in _HERE:
        raise ValueError(f"{url.hostname} is another machine: its address has to begin with https")
    return base


def read(status: int, media: str, body: bytes, retry_after: str = "") -> Any:
    """What the house said. Raises Problem, by its code; Undelivered and ProblemReply for what is no reply of it."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise (Undelivered if status in (502, 503, 504) else ProblemReply)(status)
    if 200 <= status < 300 and media.partition(";")[0].strip() == "application/json":
        if status == 202:
            raise Waits(said)
        return said
    raise problem_from(status, said, int(retry_after) if re.fullmatch("[0-9]{1,4}", retry_after, re.ASCII) else 0)
