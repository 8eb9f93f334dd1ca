"""Moments that sockets show too seldom: the transport here is a small one of our own, and does them at will."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import Any

import pytest

from bitting.domain.network import NOBODY
from bitting.domain.request import Reply, Sink
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
        self.full = False  # whatever is written is more than the other side takes
        self.end: str | None = None
        self.paused = False
        self._protocol = protocol
        self._reset = reset  # the other side has reset the connection, and the loop has not heard of it yet
        protocol.connection_made(self)

    def is_closing(self) -> bool:
        return self.end is not None

    def write(self, data: Any) -> None:
        assert not data or not self.is_closing()  # uvloop raises then
        self.written += bytes(data)
        if self.full:
            self._protocol.pause_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert not self.is_closing()

    def write_eof(self) -> None:
        if self._reset:
            raise OSError(errno.ENOTCONN, "not connected")

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        assert not self.is_closing()
        self.paused = True

    def resume_reading(self) -> None:
        assert not self.is_closing()
        self.paused = False

    def close(self) -> None:
        self._finish("closed")

    def abort(self) -> None:
        self._finish("aborted")

    def _finish(self, end: str) -> None:
        if self.end is None:
            self.end = end
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)


def scene(play: Callable[[Face], None], handler: Handler = echo, turns: int = 5) -> Face:
    """Let `play` act on a face, and the loop take a few turns."""

    async def run() -> Face:
        deadlines: Deadlines[Client] = Deadlines(1)
        errors: list[BaseException] = []
        face = Face(handler, Limits(), NOBODY, errors.append, deadlines)
        play(face)
        for _ in range(turns):
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


class Coming:
    """What is still to come of a body; the test gives it, and reads what was done with it."""

    length: int | None = None
    into: Sink

    def __init__(self) -> None:
        self.said: list[str] = []

    def at_end(self, tell: Callable[[bytes | None], None]) -> None: ...

    def pour(self, into: Sink) -> None:
        self.into = into
        self.said.append("pour")

    def pause(self) -> None:
        self.said.append("pause")

    def resume(self) -> None:
        self.said.append("resume")

    def drop(self) -> None:
        self.said.append("drop")


def flowing(then: Callable[[Connection, Wire, Coming], None], *, full: bool = False, breaks: bool = False) -> Coming:
    """What became of the rest of a long reply, when `then` is done a moment after it began."""
    coming = Coming()
    wires: list[Wire] = []

    async def long(request: object) -> Reply:
        if breaks:
            wires[0].abort()
        return Reply(200, (), b"beginning", coming)

    def play(face: Face) -> None:
        connection = Connection(face)
        wire = Wire(connection, ("203.0.113.7", 5))
        wires.append(wire)
        wire.full = full
        connection.data_received(GOOD)
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, loop.call_soon, then, connection, wire, coming)

    scene(play, long, turns=12)
    return coming


def test_a_client_that_is_full_from_the_first_byte() -> None:
    """The rest is not read before there is room; then it is."""

    def then(connection: Connection, wire: Wire, coming: Coming) -> None:
        assert wire.written.endswith(b"transfer-encoding: chunked\r\n\r\n9\r\nbeginning\r\n")
        assert coming.said[-2:] == ["pour", "pause"]
        wire.full = False
        connection.resume_writing()
        coming.into.take(b"rest")
        coming.into.end()
        assert wire.written.endswith(b"4\r\nrest\r\n0\r\n\r\n")
        wire.abort()

    assert flowing(then, full=True).said[-1] == "resume"


@pytest.mark.parametrize("end", ["end", "cut"])
def test_a_connection_that_breaks_while_a_reply_flows(end: str) -> None:
    """What comes before we hear of it is written nowhere, and its end is not answered with anything."""

    def then(connection: Connection, wire: Wire, coming: Coming) -> None:
        before = wire.written
        wire.abort()
        coming.into.take(b"rest")
        getattr(coming.into, end)()
        assert wire.written == before

    assert flowing(then).said == ["pour"]


def test_a_connection_that_breaks_before_a_reply_flows() -> None:
    """Nothing of the rest is fetched."""
    assert flowing(lambda connection, wire, coming: None, breaks=True).said == ["drop"]


class Pool:
    """Keeps count."""

    limits = UpstreamLimits()
    wanted = False

    def __init__(self) -> None:
        self.deadlines: Deadlines[Link] = Deadlines(1)
        self.back = self.lost = 0

    def take_back(self, link: Link) -> None:
        self.back += 1

    def lose(self, link: Link) -> None:
        self.lost += 1


def test_a_link_that_nobody_waits_for() -> None:
    """A reply, or an end, that comes after its asker has gone is dropped without a word."""

    async def run() -> None:
        pool = Pool()
        link = Link(pool)
        Wire(link, ("203.0.113.7", 80))
        link.ask(b"", to_head=False, flows=True).cancel()
        link.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        assert (pool.back, link.open) == (1, True)
        gone, mine = link.ask(b"", to_head=False, flows=True), link.ask(b"", to_head=False, flows=True)
        link.give_up(gone)
        assert (mine.done(), link.open) == (False, True)
        link.ask(b"", to_head=False, flows=True).cancel()
        link.abort("cut")
        answer = link.ask(b"", to_head=False, flows=True)
        await asyncio.sleep(0)
        with pytest.raises(OutcomeUnknown):
            await answer
        assert (pool.back, pool.lost, link.open) == (1, 1, False)
        pool.deadlines.stop()

    asyncio.run(run())


LONG = b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n" + bytes(100_000)


def test_a_long_reply_that_nobody_waits_for() -> None:
    """Whoever asked has just been cancelled, and is about to say so: nothing flows to nobody."""

    async def run() -> None:
        pool = Pool()
        link = Link(pool)
        Wire(link, ("203.0.113.7", 80))
        answer = link.ask(b"", to_head=False, flows=True)
        answer.cancel()
        link.data_received(LONG)
        link.give_up(answer)
        assert not link.open
        pool.deadlines.stop()

    asyncio.run(run())


def test_what_arrives_though_the_link_does_not_read() -> None:
    """TLS may have had it already: it is kept for the client. After the last piece the link reads again, whatever
    the client has said of it: what comes next is another's."""

    async def run() -> None:
        pool = Pool()
        link = Link(pool)
        wire = Wire(link, ("203.0.113.7", 80))
        reply = link.ask(b"", to_head=False, flows=True)
        link.data_received(LONG)
        link.data_received(bytes(60_000))
        rest = (await reply).rest
        assert rest is not None
        coming: list[bytes] = []

        class Client:
            """Takes it, and wants nothing twice."""

            def take(self, part: bytes) -> None:
                coming.append(part)

            def end(self) -> None:
                coming.append(b"end")

            def cut(self) -> None: ...

        rest.pour(Client())
        rest.resume()
        rest.pause()
        rest.pause()
        link.data_received(bytes(40_000))
        assert [len(part) for part in coming] == [60_000, 40_000, 3]
        assert (pool.back, wire.end, wire.paused) == (1, None, False)
        wire.abort()
        pool.deadlines.stop()

    asyncio.run(run())
