"""The desk over the Unix socket: what is said on one side is heard on the other, errors too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from bitting.domain import errors
from bitting.domain.errors import BittingError, Conflict, IllegalStep, Malformed, Refused, Unavailable
from bitting.domain.request import Reply, Request
from bitting.web.local import KINDS, LocalFace, read_reply

ERRORS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, BittingError)]


class Desk:
    """Answers with what it was asked, or fails as it is told to."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem

    async def __call__(self, intent: str, values: Mapping[str, Any]) -> Any:
        if self.problem is not None:
            raise self.problem
        return {"intent": intent, "values": values}


def asked(body: bytes, *, method: bytes = b"POST", target: bytes = b"/key.list", problem: Any = None) -> Reply:
    async def play() -> Reply:
        return await LocalFace(Desk(problem))(Request(method, target, (), body, 0))

    return asyncio.run(play())


def test_a_question_and_its_answer() -> None:
    """The path is the intent, the body its arguments; no cache keeps the answer."""
    reply = asked('{"label": "한글"}'.encode())
    assert reply.status == 200
    assert (b"cache-control", b"no-store") in reply.headers
    assert read_reply(reply.status, reply.body) == {"intent": "key.list", "values": {"label": "한글"}}
    assert read_reply(200, asked(b"").body)["values"] == {}


@pytest.mark.parametrize("kind", ERRORS, ids=lambda each: each.__name__)
def test_an_error_arrives_as_what_it_was(kind: type[BittingError]) -> None:
    """With its text, and as its own class or the nearest above it that the table has."""
    reply = asked(b"{}", problem=kind("what to do"))
    assert reply.status >= 400
    nearest = next(each for _, each, _ in KINDS if issubclass(kind, each))
    with pytest.raises(nearest, match=r"^what to do$") as raised:
        read_reply(reply.status, reply.body)
    assert type(raised.value) is nearest


def test_more_special_errors_stand_first() -> None:
    """A conflict is a refusal, and is not told as one; any other step that was refused is."""
    with pytest.raises(Conflict):
        read_reply(409, asked(b"", problem=Conflict("x")).body)
    with pytest.raises(Refused):
        read_reply(403, asked(b"", problem=IllegalStep("x")).body)


@pytest.mark.parametrize(
    ("body", "method"),
    [
        (b"not json", b"POST"),
        (b"[]", b"POST"),
        (b'"text"', b"POST"),
        (b"\xff", b"POST"),
        (b"[" * 100_000, b"POST"),
        (b"1" * 5000, b"POST"),
        (b"{}", b"GET"),
        (b"{}", b"DELETE"),
    ],
)
def test_what_is_no_question(body: bytes, method: bytes) -> None:
    """It is refused before the desk hears of it."""
    reply = asked(body, method=method, problem=AssertionError("the desk was asked"))
    assert reply.status == 400
    with pytest.raises(Malformed):
        read_reply(reply.status, reply.body)


def test_what_nobody_foresaw_is_let_out() -> None:
    """The server in front reports it and answers 500: no detail of it is told here."""
    with pytest.raises(ZeroDivisionError):
        asked(b"{}", problem=ZeroDivisionError("x"))


@pytest.mark.parametrize(
    "body",
    [
        b"internal error\n",
        b"",
        b"[]",
        b'{"error": "text"}',
        b'{"error": {"kind": "unheard-of", "text": "x"}}',
        b'{"error": {"kind": "refused"}}',
    ],
)
def test_a_server_that_failed(body: bytes) -> None:
    """What is not the desk's answer says where to look."""
    with pytest.raises(Unavailable, match=r"the server failed at this \(status 500\); its own log says why"):
        read_reply(500, body)


def test_a_name_that_is_not_ascii() -> None:
    """It cannot be an intent, and is passed on as something that is none."""
    reply = asked(b"{}", target="/key.líst?a=1".encode())
    assert json.loads(reply.body)["intent"] == "key.l\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}st"
