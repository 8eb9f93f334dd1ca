"""Long replies: they go on to the client as they come, no faster than it takes them, and never look whole when they
are not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from bitting.domain.request import Reply, Request
from bitting.web.http import Limits, Upstream, UpstreamLimits
from bitting.web.http.flow import SEEN_BYTES, Flow
from tests.web.http.authority import Authority
from tests.web.http.raw import PATIENCE_S, Gate, until_closed
from tests.web.http.test_reply_reader import CHUNKED, OK

KEPT = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
OLD = b"GET / HTTP/1.0\r\nHost: a\r\n\r\n"
LONG = bytes(range(256)) * 12_000  # 3 MB, of which no two places look alike
Script = Callable[["Venue", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def by_length(body: bytes) -> bytes:
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body


def in_chunks(body: bytes, size: int = 100_000) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class Venue:
    """An upstream in the gate's own loop, and the gate's client of it."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.replies: list[Reply] = []
        self.go_on = asyncio.Event()
        self.written = 0
        self.left = threading.Event()  # the gate has closed a connection
        self.serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def open(self, script: Script, limits: Limits | None = None, **more: Any) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self.serving[task] = writer
            # A transport that has been aborted calls a later write a RuntimeError, in uvloop.
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, RuntimeError):
                while True:
                    await reader.readuntil(b"\r\n\r\n")
                    await script(self, reader, writer)
            self.left.set()
            writer.close()

        async def start() -> None:
            self.server = await asyncio.start_server(serve, "127.0.0.1", 0)
            url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
            self.upstream = Upstream([url], limits=UpstreamLimits(**more))

        self.gate.run(start())
        self.gate.open(self.forward, limits or Limits(linger_s=0.05))

    async def forward(self, request: Request) -> Reply:
        reply = await self.upstream.send(request.method, request.target, (), b"", flows=True)
        self.replies.append(reply)
        return reply

    @property
    def links(self) -> int:
        return len(self.upstream.addresses[0].deadlines.watched)

    async def write(self, writer: asyncio.StreamWriter, body: bytes) -> None:
        writer.write(body)
        await writer.drain()
        self.written += len(body)

    def let_go(self) -> None:
        self.gate.run(self._let_go())

    async def _let_go(self) -> None:
        self.go_on.set()

    async def _close(self) -> None:
        await self.upstream.close()
        self.go_on.set()
        self.server.close()
        for writer in self.serving.values():
            writer.transport.abort()
        await asyncio.gather(*self.serving)

    def close(self) -> None:
        self.gate.run(self._close())


@pytest.fixture
def venue(gate: Gate) -> Iterator[Venue]:
    one = Venue(gate)
    yield one
    one.close()


def saying(*answers: bytes) -> Script:
    """These, in turn; the last one for ever."""
    left = list(answers)

    async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await venue.write(writer, left.pop(0) if len(left) > 1 else left[0])

    return script


def begun(beginning: bytes, rest: bytes = b"", *, hangs_up: bool = False) -> Script:
    """Say the beginning, wait, and go on."""

    async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await venue.write(writer, beginning)
        await venue.go_on.wait()
        await venue.write(writer, rest)
        if hangs_up:
            raise ConnectionError

    return script


async def endless(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """More than fits into any buffer."""
    await venue.write(writer, OK + b"Content-Length: 1000000000\r\n\r\n")
    while True:
        await venue.write(writer, bytes(100_000))


def eventually(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def receive(one: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        part = one.recv(length - len(data))
        assert part, "it ended too soon"
        data += part
    return data


def to_the_end(one: socket.socket) -> bytes:
    """Everything until the gate closes; raises ConnectionResetError when it cuts off."""
    data = bytearray()
    while part := one.recv(1 << 20):
        data += part
    return bytes(data)


def body_of(data: bytes) -> bytes:
    """The one reply in the data, whole; asserts that it says itself where it ends."""
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if b"transfer-encoding" not in fields:
        assert len(body) == int(fields[b"content-length"])
        return body
    whole = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        whole, end, body = whole + body[:length], body[length : length + 2], body[length + 2 :]
        assert end == b"\r\n"
        if not length:
            assert body == b""
            return whole


@pytest.mark.parametrize("frame", [by_length, in_chunks])
def test_a_long_reply(gate: Gate, venue: Venue, frame: Callable[[bytes], bytes]) -> None:
    """It arrives whole, framed as the upstream framed it, and its connections live on."""
    venue.open(saying(frame(LONG), by_length(b"short")))
    with gate.connect() as one:
        one.sendall(KEPT * 2 + LAST)
        data = until_closed(one)
    middle = data.index(b"HTTP/1.1", 10)
    assert body_of(data[:middle]) == LONG
    assert data[middle:].count(b"short") == 2
    assert [reply.rest is not None for reply in venue.replies] == [True, False, False]
    assert venue.links == 1


def test_replies_keep_their_order(gate: Gate, venue: Venue) -> None:
    """Requests sent without waiting are answered one after another, whichever reply is long."""
    bodies = [b"a" * 10, b"b" * 500_000, b"c", b"d" * 500_000, b"e"]
    venue.open(saying(*[frame(body) for body in bodies for frame in (by_length, in_chunks)]))
    with gate.connect() as one:
        one.sendall(KEPT * 9 + LAST)
        replies = until_closed(one).split(b"HTTP/1.1 ")[1:]
    assert [body_of(reply) for reply in replies] == [body for body in bodies for _ in range(2)]


def test_a_request_that_comes_while_a_reply_flows(gate: Gate, venue: Venue) -> None:
    """Has its turn behind it."""
    whole = by_length(LONG)
    venue.open(begun(whole[:-5], whole[-5:]))
    with gate.connect() as one:
        one.sendall(KEPT)
        data = receive(one, 1000)
        one.sendall(LAST)
        gate.settle()
        assert len(venue.replies) == 1
        venue.let_go()
        data += until_closed(one)
    second = data.index(b"HTTP/1.1", 10)
    assert [body_of(data[:second]), body_of(data[second:])] == [LONG, LONG]


def test_it_goes_on_as_it_comes(gate: Gate, venue: Venue) -> None:
    """What has come is given to the client while the upstream still thinks about the rest."""
    venue.open(begun(CHUNKED + b"5\r\nhello\r\n", b"6\r\n world\r\n0\r\n\r\n"), held_s=0, idle_s=0.05)
    with gate.connect() as one:
        one.sendall(LAST)
        data = b""
        while b"hello" not in data:
            data += receive(one, 1)
        venue.let_go()
        assert body_of(data + until_closed(one)) == b"hello world"


def test_a_client_that_reads_no_chunks(gate: Gate, venue: Venue) -> None:
    """HTTP/1.0 knows none: the end of the connection ends the body."""
    venue.open(saying(in_chunks(LONG)))
    with gate.connect() as one:
        one.sendall(OLD)
        head, _, body = until_closed(one).partition(b"\r\n\r\n")
    assert (body == LONG, b"transfer-encoding" in head) == (True, False)


@pytest.mark.parametrize("request_", [KEPT, OLD], ids=["1.1", "1.0"])
@pytest.mark.parametrize(
    "more", [b"", b"x\r\n", b"5;a=" + b"b" * 100_000, b"5\r\nhello\r\n"], ids=["gone", "no chunk", "extension", "more"]
)
def test_a_reply_that_breaks_off(gate: Gate, venue: Venue, request_: bytes, more: bytes) -> None:
    """The connection is reset, whatever its body's end was to be: nobody takes it for whole."""
    body = in_chunks(LONG)[:-5]
    told: list[bytes | None] = []
    venue.open(begun(body, more, hangs_up=True))
    with gate.connect() as one:
        one.sendall(request_)
        eventually(lambda: bool(venue.replies))
        rest = venue.replies[0].rest
        assert rest is not None
        rest.at_end(told.append)
        venue.let_go()
        with pytest.raises(ConnectionResetError):
            to_the_end(one)
    eventually(lambda: venue.links == 0)
    assert told == [None]


@pytest.mark.parametrize("beginning", [66_000, len(LONG)], ids=["at once", "later"])
def test_an_upstream_that_falls_silent(gate: Gate, venue: Venue, beginning: int) -> None:
    """Without progress for its time, the reply is cut."""
    venue.open(begun(by_length(LONG)[:beginning]), reply_s=0.1, idle_s=0.1)
    with gate.connect() as one:
        one.sendall(KEPT)
        with pytest.raises(ConnectionResetError):
            to_the_end(one)


def test_what_is_no_body_is_no_progress(gate: Gate, venue: Venue) -> None:
    """A chunk extension that comes byte by byte does not keep a reply alive."""

    async def drip(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await venue.write(writer, in_chunks(LONG)[:-5] + b"5;a=")
        while True:
            await venue.write(writer, b"b")
            await asyncio.sleep(0.01)

    venue.open(drip, reply_s=0.1, idle_s=0.1)
    with gate.connect() as one:
        one.sendall(KEPT)
        with pytest.raises(ConnectionResetError):
            to_the_end(one)


def test_a_slow_upstream_is_waited_for(gate: Gate, venue: Venue) -> None:
    """As long as something comes, the whole may take longer than the time for a piece."""

    async def slow(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await venue.write(writer, CHUNKED + b"186a0\r\n" + bytes(100_000) + b"\r\n")
        for _ in range(10):
            await asyncio.sleep(0.1)
            await venue.write(writer, b"1\r\na\r\n")
        await venue.write(writer, b"0\r\n\r\n")

    venue.open(slow, reply_s=0.5, idle_s=0.2)
    assert body_of(gate.say(LAST)) == bytes(100_000) + b"a" * 10


def test_a_client_that_leaves(gate: Gate, venue: Venue) -> None:
    """In the middle of its reply: the connection to the upstream is given up, and its place is free."""
    venue.open(endless)
    with gate.connect() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.sendall(KEPT)
        receive(one, 100_000)
        assert venue.links == 1
    assert venue.left.wait(PATIENCE_S)
    eventually(lambda: venue.links == 0)


def test_a_client_that_has_left_before_its_reply_begins(gate: Gate, venue: Venue) -> None:
    """Nothing of the rest is fetched."""

    async def late(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await venue.go_on.wait()
        await endless(venue, reader, writer)

    venue.open(late)
    server = gate.server
    assert server is not None
    with gate.connect() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.sendall(KEPT)
        eventually(lambda: venue.links == 1)
    eventually(lambda: server.connections == 0)
    venue.let_go()
    assert venue.left.wait(PATIENCE_S)
    eventually(lambda: venue.links == 0)


def test_a_client_that_closes_its_half(gate: Gate, venue: Venue) -> None:
    """It has said all it wanted, and reads on; it may have done so long before, or just now."""
    whole = by_length(LONG)
    venue.open(begun(whole[:-5], whole[-5:]))
    with gate.connect() as one:
        one.sendall(KEPT)
        data = receive(one, 1000)
        one.shutdown(socket.SHUT_WR)
        gate.settle()
        venue.let_go()
        assert body_of(data + until_closed(one)) == LONG
    assert body_of(gate.say(KEPT)) == LONG


def test_the_upstream_is_read_no_faster_than_the_client_reads(gate: Gate, venue: Venue) -> None:
    """Of a client that does not read, its upstream gets rid of what fits into the buffers; and when it reads again, of
    the rest."""
    piece, pieces = bytes(1_000_000), 60

    async def much(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await venue.write(writer, OK + b"Content-Length: %d\r\n\r\n" % (len(piece) * pieces))
        for _ in range(pieces):
            await venue.write(writer, piece)

    venue.open(much, Limits(flow_bytes=100_000, linger_s=0.05))
    with gate.connect() as one:
        one.sendall(LAST)
        receive(one, 1000)
        before = -1
        while before < venue.written:
            before = venue.written
            time.sleep(0.2)
        assert before < 30_000_000
        assert len(until_closed(one)) > len(piece) * pieces - 1000


def test_a_client_that_does_not_take_its_reply(gate: Gate, venue: Venue) -> None:
    """Is cut off after its time, and so is the upstream."""
    venue.open(endless, Limits(reply_s=0.1))
    with gate.connect() as one:
        one.sendall(KEPT)
        assert venue.left.wait(PATIENCE_S)
        eventually(lambda: venue.links == 0)


def test_who_is_slow_makes_room_for_who_waits(gate: Gate, venue: Venue) -> None:
    """A client that does not take its reply keeps its connection to the upstream while nobody else wants it, and no
    longer: strangers with long replies of open market data cannot shut out everybody else."""
    served = 0

    async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        await (endless if served == 1 else saying(by_length(b"here you are")))(venue, reader, writer)

    venue.open(script, connections=1, held_s=0.05, idle_s=0.1)
    with gate.connect() as slow:
        slow.sendall(KEPT)
        receive(slow, 1000)
        before = -1
        while before < venue.written:
            before = venue.written
            time.sleep(0.2)
        assert venue.links == 1
        assert body_of(gate.say(LAST)) == b"here you are"
        with pytest.raises(ConnectionResetError):
            to_the_end(slow)


def test_draining_lets_it_end(gate: Gate, venue: Venue) -> None:
    """A reply under way when the server stops is given whole within the grace; it is the last on its connection."""
    whole = by_length(LONG)
    venue.open(begun(whole[:-5], whole[-5:]))
    server = gate.server
    assert server is not None
    with gate.connect() as one:
        one.sendall(KEPT * 2)
        data = receive(one, 1000)
        closing = threading.Thread(target=lambda: gate.run(server.close(PATIENCE_S)))
        closing.start()
        data += receive(one, 1_000_000)
        venue.let_go()
        assert body_of(data + until_closed(one)) == LONG
    closing.join(PATIENCE_S)
    assert server.connections == 0


def test_a_second_word_cuts_it(gate: Gate, venue: Venue) -> None:
    """Told to hurry, the server waits for no reply, and the upstream is let go."""
    venue.open(endless)
    server = gate.server
    assert server is not None

    async def hurry() -> None:
        closing = asyncio.create_task(server.close(3600))
        await asyncio.sleep(0.05)
        server.hurry()
        await closing

    with gate.connect() as one:
        one.sendall(KEPT)
        receive(one, 1000)
        gate.run(hurry())
        with pytest.raises(ConnectionResetError):
            to_the_end(one)
    eventually(lambda: venue.links == 0)


def test_a_long_reply_that_cannot_be_written(gate: Gate, venue: Venue) -> None:
    """Nothing of it goes out, and the rest is not fetched."""
    venue.open(endless)
    server = gate.server
    assert server is not None

    async def bent(request: Request) -> Reply:
        return (await venue.forward(request))._replace(headers=((b"a", b"b\r\nc: d"),))

    server._face.handler = bent
    assert gate.say(KEPT).startswith(b"HTTP/1.1 500 ")
    assert venue.left.wait(PATIENCE_S)
    eventually(lambda: venue.links == 0)
    assert [type(error) for error in gate.errors] == [ValueError]


def test_through_tls(gate: Gate, venue: Venue, tmp_path: Any) -> None:
    """The same, and no faster than the client reads."""
    ours = Authority(tmp_path)
    venue.open(saying(in_chunks(LONG)))
    limits = Limits(flow_bytes=100_000, linger_s=0.05)
    context = ours.issue("localhost").server()
    plain = gate.server
    assert plain is not None
    gate.run(plain.close(0))
    gate.open(venue.forward, limits, tls=lambda: context)
    trusting = ours.issue("localhost")._replace(ca=ours.ca).client()
    with trusting.wrap_socket(gate.connect(), server_hostname="localhost") as one:
        one.sendall(LAST)
        assert body_of(until_closed(one)) == LONG


# ---- the flow by itself


class Source:
    """A link that says what it was told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def hold(self) -> None:
        self.said.append("hold")

    def go_on(self) -> None:
        self.said.append("go on")

    def abort(self, why: str) -> None:
        self.said.append("abort")


class Sink:
    """Takes everything."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.over: list[bool] = []

    def take(self, part: bytes) -> None:
        self.taken.append(part)

    def end(self) -> None:
        self.over.append(True)

    def cut(self) -> None:
        self.over.append(False)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("first", ["told", "over"])
def test_what_is_over_before_somebody_takes_it(whole: bool, first: str) -> None:
    """What had been read already is given, and how it ended; the log is told once, whoever was faster."""
    source, sink = Source(), Sink()
    told: list[bytes | None] = []
    flow = Flow(source, b"a", None)
    steps: dict[str, Callable[[], None]] = {
        "told": lambda: flow.at_end(told.append),
        "over": flow.end if whole else flow.cut,
    }
    flow.take(b"b")
    for step in sorted(steps, key=lambda each: each != first):
        steps[step]()
    flow.pour(sink)
    assert (sink.taken, sink.over, source.said) == ([b"b"], [whole], [])
    assert told == [b"ab" if whole else None]


def test_what_is_over_asks_nothing_of_its_source() -> None:
    """The link may carry another's reply by then."""
    source, sink = Source(), Sink()
    flow = Flow(source, b"", 0)
    flow.pour(sink)
    flow.end()
    flow.pause()
    flow.resume()
    flow.drop()
    assert (source.said, sink.over) == (["go on"], [True])


def test_who_drops_it_hears_no_more_of_it() -> None:
    """It has gone its own way; the log is told all the same."""
    source, sink = Source(), Sink()
    told: list[bytes | None] = []
    flow = Flow(source, b"a", None)
    flow.at_end(told.append)
    flow.pour(sink)
    flow.drop()
    flow.cut()  # as the link does then
    assert (source.said, sink.over, told) == (["go on", "abort"], [], [None])


def test_of_the_body_a_bounded_beginning_is_kept() -> None:
    """However much comes."""
    told: list[bytes | None] = []
    flow = Flow(Source(), b"a", None)
    flow.at_end(told.append)
    flow.pour(Sink())
    for _ in range(5):
        flow.take(bytes(SEEN_BYTES // 2))
    flow.end()
    [seen] = told
    assert seen is not None
    assert (len(seen), seen[:1]) == (SEEN_BYTES, b"a")
