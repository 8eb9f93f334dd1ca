"""An exchange on the loopback, as the gate's adapters meet it: one handler in our hands, real connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from bitting.domain.request import Reply, Request
from bitting.web.http import Handler, Limits, Upstream, UpstreamLimits, serve

T = TypeVar("T")
JSON = ((b"content-type", b"application/json"),)


class Venue:
    """Remembers what it was asked, and answers what it is told to."""

    def __init__(self, reply: Reply | None = None) -> None:
        self.reply = reply or Reply(200, JSON, b"{}")
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.reply


@asynccontextmanager
async def reached(handler: Handler, **limits: Any) -> AsyncIterator[Upstream]:
    """The handler behind a port of its own, and a client of it."""
    errors: list[BaseException] = []
    server = await serve(handler, host="127.0.0.1", port=0, limits=Limits(), on_error=errors.append)
    upstream = Upstream("http://{}:{}".format(*server.addresses[0]), limits=UpstreamLimits(**limits))
    try:
        yield upstream
    finally:
        await upstream.close()
        await server.close(1.0)
    assert errors == []


@asynccontextmanager
async def nobody() -> AsyncIterator[Upstream]:
    """A client of a port where nobody listens any more."""
    async with reached(Venue()) as gone:
        pass
    upstream = Upstream([each.url for each in gone.addresses], limits=UpstreamLimits())
    yield upstream
    await upstream.close()


def run(play: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return asyncio.run(play())
