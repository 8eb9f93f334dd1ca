"""The desk over the Unix socket in the data folder: for the operator on the machine itself.

`POST /<intent>` with a JSON object gives a JSON object, or `{"error": {"kind", "text"}}`. Whoever may open the
socket (mode 0600) is the operator: that is all the proof there is, and the journal says so.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bitting.domain.errors import (
    BittingError,
    Conflict,
    Malformed,
    MalformedValue,
    Misconfigured,
    NotFound,
    Refused,
    Tampered,
    Unavailable,
)
from bitting.domain.request import Reply, Request

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]

# The wire name of each error, first match first; both ends read this table.
KINDS: Final[tuple[tuple[str, type[BittingError], int], ...]] = (
    ("conflict", Conflict, 409),
    ("refused", Refused, 403),
    ("not-found", NotFound, 404),
    ("malformed", Malformed, 400),
    ("tampered", Tampered, 500),
    ("misconfigured", Misconfigured, 500),
    ("unavailable", Unavailable, 503),
    ("error", BittingError, 500),
)


class LocalFace:
    """The handler of the Unix socket."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def __call__(self, request: Request) -> Reply:
        try:
            if request.method != b"POST":
                raise MalformedValue("the desk is asked with POST")
            said = await self._ask(request.path[1:].decode("ascii", "replace"), _object(request.body))
        except BittingError as problem:
            kind, _, status = next(each for each in KINDS if isinstance(problem, each[1]))
            return _reply(status, {"error": {"kind": kind, "text": str(problem)}})
        return _reply(200, said)


def read_reply(status: int, body: bytes) -> Any:
    """What the desk said, on the caller's side. Raises the error it raised, and Unavailable for a reply that is not
    the desk's: a fault of the server, which has it in its log."""
    try:
        said = _object(body)
    except MalformedValue:
        said = {}
    if status == 200:
        return said
    error = said.get("error")
    kinds = {name: kind for name, kind, _ in KINDS}
    match error:
        case {"kind": str(kind), "text": str(text)} if kind in kinds:
            raise kinds[kind](text)
    raise Unavailable(f"the server failed at this (status {status}); its own log says why")


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise MalformedValue("what the desk is asked is JSON") from None
    if not isinstance(said, dict):
        raise MalformedValue("what the desk is asked is a JSON object")
    return said


def _reply(status: int, said: Any) -> Reply:
    return Reply(
        status, ((b"content-type", b"application/json"), (b"cache-control", b"no-store")), json.dumps(said).encode()
    )
