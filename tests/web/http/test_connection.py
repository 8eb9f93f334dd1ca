"""Moments that sockets show too seldom: the transport here is a small one of our own, and does them at will."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import Any

import pytest

from bitting.domain.network import NOBODY
from bitting.domain.request import Reply
from bitting.web.http.connection import BURST, Connection
from bitting.web.http.deadlines import Deadlines
from bitting.web.http.errors import OutcomeUnknown
from bitting.web.http.face import Client, Face, Handler
from bitting.web.http.limits import Limits, UpstreamLimits
from bitting.web.http.link import Link
from tests.web.http.bytes_refused import GOOD
from tests.web.http.raw import echo


class Wire(asyncio.Transport):
    """Keeps what is written; like a socket's transport it tells of its end in a later turn of the loop."""

    def __init__(self, protocol: asyncio.Protocol, peername: object, *, reset: bool = False) -> None:
        super().__init__({"peername": peername})
        self.written = b""
        self.end: str | None = None
        self._protocol = protocol
        self._reset = reset  # the other side has reset the connection, and the loop has not heard of it yet
        protocol.connection_made(self)

    def is_closing(self) -> bool:
        return self.end is not None

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def write_eof(self) -> None:
        if self._reset:
            raise OSError(errno.ENOTCONN, "not connected")

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        assert not self.is_closing()

    def resume_reading(self) -> None:
        assert not self.is_closing()

    def close(self) -> None:
        self._finish("closed")

    def abort(self) -> None:
        self._finish("aborted")

    def _finish(self, end: str) -> None:
        if self.end is None:
            self.end = end
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)


def scene(play: Callable[[Face], None], handler: Handler = echo) -> Face:
    """Let `play` act on a face, and the loop take a few turns."""

    async def run() -> Face:
        deadlines: Deadlines[Client] = Deadlines(1)
        errors: list[BaseException] = []
        face = Face(handler, Limits(), NOBODY, errors.append, deadlines)
        play(face)
        for _ in range(5):
            await asyncio.sleep(0)
        deadlines.stop()
        assert errors == []
        assert not face.per_block
        return face

    return asyncio.run(run())


def test_a_peer_that_is_gone_before_it_came() -> None:
    """A socket that cannot say whose it is gets nothing."""

    def play(face: Face) -> None:
        wire = Wire(Connection(face), None)
        assert (wire.end, wire.written) == ("aborted", b"")

    assert not scene(play).deadlines.watched


def test_a_peer_that_was_accepted_too_late() -> None:
    """A connection accepted just before the face began to drain is not served."""

    def play(face: Face) -> None:
        face.draining = True
        wire = Wire(Connection(face), ("203.0.113.7", 5))
        assert wire.end == "aborted"

    assert scene(play).drained.is_set()


def test_a_reset_that_is_not_heard_of_yet() -> None:
    """Closing our half of a connection that was reset is no fault of ours."""

    def play(face: Face) -> None:
        connection = Connection(face)
        wire = Wire(connection, ("203.0.113.7", 5), reset=True)
        connection.data_received(b"junk\r\n\r\n")
        assert wire.written.startswith(b"HTTP/1.1 400 ")
        assert wire.end == "aborted"

    assert not scene(play).deadlines.watched


@pytest.mark.parametrize("requests", [1, BURST, BURST + 1])
def test_a_connection_that_breaks_under_a_reply(requests: int) -> None:
    """What is left of its requests is not answered any more, and it goes."""
    wires: list[Wire] = []

    async def breaks(request: object) -> Reply:
        wires[0].abort()
        return Reply(200, (), b"")

    def breaks_at_once(request: object) -> Reply:
        wires[0].abort()
        return Reply(200, (), b"")

    def play(face: Face) -> None:
        connection = Connection(face)
        wires[:] = [Wire(connection, ("203.0.113.7", 5))]
        connection.data_received(GOOD * requests)

    for handler in (breaks, breaks_at_once):
        face = scene(play, handler)
        assert not face.deadlines.watched
        assert not face.tasks


def test_a_link_that_nobody_waits_for() -> None:
    """A reply, or an end, that comes after its asker has gone is dropped without a word."""

    class Pool:
        """Keeps count."""

        limits = UpstreamLimits()

        def __init__(self) -> None:
            self.deadlines: Deadlines[Link] = Deadlines(1)
            self.back = self.lost = 0

        def take_back(self, link: Link) -> None:
            self.back += 1

        def lose(self, link: Link) -> None:
            self.lost += 1

    async def run() -> None:
        pool = Pool()
        link = Link(pool)
        Wire(link, ("203.0.113.7", 80))
        link.ask(b"", to_head=False).cancel()
        link.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        assert (pool.back, link.open) == (1, True)
        gone, mine = link.ask(b"", to_head=False), link.ask(b"", to_head=False)
        link.give_up(gone)
        assert (mine.done(), link.open) == (False, True)
        link.ask(b"", to_head=False).cancel()
        link.abort("cut")
        answer = link.ask(b"", to_head=False)
        await asyncio.sleep(0)
        with pytest.raises(OutcomeUnknown):
            await answer
        assert (pool.back, pool.lost, link.open) == (1, 1, False)
        pool.deadlines.stop()

    asyncio.run(run())
