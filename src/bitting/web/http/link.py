"""One connection to an upstream: a request, its reply, then perhaps the next.

Once a byte of a request may have left, only a whole reply says what became of it. Whatever happens instead (silence,
a reset, bytes that are no reply) is OutcomeUnknown, and the connection is dropped.

A reply that is short is given whole. One that is long, or may be and is slow in coming, is given as soon as that is
known, with a Flow of the rest; if it breaks off after that, the flow is cut.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from bitting.domain.request import Reply
from bitting.web.http.deadlines import NEVER, Deadlines
from bitting.web.http.errors import OutcomeUnknown
from bitting.web.http.flow import Flow
from bitting.web.http.limits import UpstreamLimits
from bitting.web.http.reply_reader import MalformedReply, ReplyReader


class Pool(Protocol):
    """Where links live; told when one can carry another request, and when one is gone."""

    limits: UpstreamLimits
    deadlines: Deadlines[Link]

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a connection."""

    def take_back(self, link: Link) -> None: ...
    def lose(self, link: Link) -> None: ...


class Link(asyncio.Protocol):
    """asyncio calls the methods of `Protocol`; `Deadlines` calls `expire`; a Flow calls `hold`, `go_on` and `abort`."""

    _transport: asyncio.Transport

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._reader = ReplyReader(pool.limits.head_bytes)
        self._answer: asyncio.Future[Reply] | None = None  # of the request under way, also while its reply flows
        self._flow: Flow | None = None
        self._flows = False  # a long one may be given in parts
        self._slow = False  # it has begun, and the rest may be long in coming
        self._held = False  # the client does not take what flows
        self.deadline = NEVER

    @property
    def open(self) -> bool:
        """Whether a request can be written, as far as we have heard."""
        return not self._transport.is_closing()

    def ask(self, request: bytes, *, to_head: bool, flows: bool) -> asyncio.Future[Reply]:
        """Write a request; the future has its reply, or OutcomeUnknown."""
        self._answer = asyncio.get_running_loop().create_future()
        self._reader.begin(to_head=to_head)
        self._flows, self._slow = flows, False
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
        flow, self._flow = self._flow, None
        self._transport.abort()
        if answer is not None and not answer.done():
            answer.set_exception(OutcomeUnknown(why))
        if flow is not None:
            flow.cut()

    def expire(self) -> None:
        """No whole reply in time, no progress of one that flows, unused for too long; or so slow that it may flow."""
        if self._held:
            if self._pool.wanted:
                self.abort("the client took its reply too slowly, and others waited")
        elif self._slow and self._flow is None:
            self._let_flow()
        else:
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
        if self._flow is not None:
            self._flow_on(self._flow, reply)
        elif reply is None:
            self._gather(self._reader)
        else:
            answer = self._answer
            self._done()
            if not answer.done():
                answer.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self.abort("the connection ended before a whole reply came")
        self._pool.lose(self)

    def _done(self) -> None:
        """The reply is whole."""
        self._answer = None
        if self._reader.reusable and not self._transport.get_write_buffer_size():
            self.deadline = self._pool.deadlines.now + self._pool.limits.idle_s
            self._pool.take_back(self)
        else:
            self._transport.abort()

    # ---- long replies

    def _gather(self, reader: ReplyReader) -> None:
        """More is to come: keep it, or let it flow."""
        limits = self._pool.limits
        if not self._flows:
            if reader.held > limits.reply_bytes:
                self.abort(f"the reply is longer than {limits.reply_bytes} bytes")
        elif reader.held > limits.held_bytes:
            self._let_flow()
        elif reader.begun and not self._slow and (reader.length is None or reader.length > limits.held_bytes):
            self._slow = True
            self.deadline = self._pool.deadlines.now + limits.held_s

    def _let_flow(self) -> None:
        """Give the beginning, and wait until somebody takes the rest."""
        answer, reader = self._answer, self._reader
        if answer is None or answer.done():  # whoever asked has just been cancelled, and drops us
            return
        beginning = reader.take()
        self._flow = Flow(self, beginning.body, reader.length)
        self.hold()
        answer.set_result(beginning._replace(rest=self._flow))

    def _flow_on(self, flow: Flow, reply: Reply | None) -> None:
        part = self._reader.take().body if reply is None else reply.body
        if part:
            if not self._held:
                self.deadline = self._pool.deadlines.now + self._pool.limits.reply_s
            flow.take(part)
        if reply is not None and self._flow is flow:  # and the one who took it has not dropped us
            self._flow = None
            self.go_on()  # the last piece may have filled the client, which is not the next one's business
            self._done()
            flow.end()

    def hold(self) -> None:
        """Read nothing. As long as nobody waits for a connection this costs nobody anything but the client."""
        if not self._held and self.open:
            self._held = True
            self.deadline = self._pool.deadlines.now + self._pool.limits.held_s
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self._held and self.open:
            self._held = False
            self.deadline = self._pool.deadlines.now + self._pool.limits.reply_s
            self._transport.resume_reading()
