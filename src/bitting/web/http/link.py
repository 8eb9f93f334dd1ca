"""One connection to an upstream: a request, its whole reply, then perhaps the next.

Once a byte of a request may have left, only a whole reply says what became of it. Whatever happens
instead (silence, a reset, bytes that are no reply) is OutcomeUnknown, and the connection is dropped.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from bitting.domain.request import Reply
from bitting.web.http.deadlines import NEVER, Deadlines
from bitting.web.http.errors import OutcomeUnknown
from bitting.web.http.limits import UpstreamLimits
from bitting.web.http.reply_reader import MalformedReply, ReplyReader


class Pool(Protocol):
    """Where links live; told when one can carry another request, and when one is gone."""

    limits: UpstreamLimits
    deadlines: Deadlines[Link]

    def take_back(self, link: Link) -> None: ...
    def lose(self, link: Link) -> None: ...


class Link(asyncio.Protocol):
    """asyncio calls the methods of `Protocol`; `Deadlines` calls `expire`."""

    _transport: asyncio.Transport

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._reader = ReplyReader(pool.limits.reply_bytes)
        self._answer: asyncio.Future[Reply] | None = None
        self.deadline = NEVER

    @property
    def open(self) -> bool:
        """Whether a request can be written, as far as we have heard."""
        return not self._transport.is_closing()

    def ask(self, request: bytes, *, to_head: bool) -> asyncio.Future[Reply]:
        """Write a request; the future has its reply, or OutcomeUnknown."""
        self._answer = asyncio.get_running_loop().create_future()
        self._reader.begin(to_head=to_head)
        self.deadline = self._pool.deadlines.now + self._pool.limits.reply_s
        self._transport.write(request)
        return self._answer

    def give_up(self, answer: asyncio.Future[Reply]) -> None:
        """Nobody waits for this answer: drop the connection, unless it carries another request by now."""
        if self._answer is answer:
            self.abort("nobody waits for the reply")

    def abort(self, why: str) -> None:
        """Drop the connection; a request under way has no known outcome."""
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(OutcomeUnknown(why))
        self._transport.abort()

    def expire(self) -> None:
        """No whole reply in time, or unused for too long."""
        self.abort("no whole reply came in time")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.abort("")  # nobody asked: whatever this is, it must not become the next request's reply
            return
        try:
            reply = self._reader.feed(data)
        except MalformedReply as error:
            self.abort(str(error))
            return
        if reply is None:
            return
        answer, self._answer = self._answer, None
        if self._reader.reusable and not self._transport.get_write_buffer_size():
            self.deadline = self._pool.deadlines.now + self._pool.limits.idle_s
            self._pool.take_back(self)
        else:
            self._transport.abort()
        if not answer.done():
            answer.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self.abort("the connection ended before a whole reply came")
        self._pool.lose(self)
