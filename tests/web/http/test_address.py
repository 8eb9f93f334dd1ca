"""The client of one address: what it sends, what it makes of what comes back, and what it says when nothing does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from bitting.domain.errors import Misconfigured, Unavailable
from bitting.domain.request import Reply, Rest
from bitting.web.http import OutcomeUnknown, Reloading, TlsFiles, UpstreamDown, UpstreamLimits
from bitting.web.http.address import Address
from tests.web.http.authority import Authority
from tests.web.http.raw import PATIENCE_S
from tests.web.http.test_reply_reader import CHUNKED, OK, REFUSED

LIMITS = UpstreamLimits(head_bytes=65_536)
GOOD = OK + b"Content-Length: 2\r\n\r\nok"

Script = Callable[["Venue", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    running: Run = request.param
    return lambda scenario: running(asyncio.wait_for(scenario, PATIENCE_S))


class Venue:
    """What stands behind the gate: a real server that does what it is told with each connection."""

    def __init__(self, script: Script) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.let_go = asyncio.Event()
        self.serving: set[asyncio.Task[Any]] = set()
        self._script = script

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            await self._script(self, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the gate has left
        finally:
            writer.close()

    async def hear(self, reader: asyncio.StreamReader) -> bytes:
        """Read one request and keep it."""
        request = await reader.readuntil(b"\r\n\r\n")
        length = request.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        request += await reader.readexactly(int(length or b"0"))
        self.requests.append(request)
        return request


def answering(*answers: bytes) -> Script:
    """Give these answers in turn, over all connections, the last one for ever."""
    left = list(answers)

    async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await venue.hear(reader)
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()

    return script


def once(answer: bytes) -> Script:
    """Hear one request, say this, hang up."""

    async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await venue.hear(reader)
        writer.write(answer)
        await writer.drain()

    return script


async def silent(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await venue.hear(reader)
    await venue.let_go.wait()
    writer.write(GOOD)
    await reader.read()


@asynccontextmanager
async def standing(
    script: Script,
    limits: UpstreamLimits = LIMITS,
) -> AsyncIterator[tuple[Venue, Address]]:
    venue = Venue(script)
    server = await asyncio.start_server(venue.serve, "127.0.0.1", 0)
    upstream = Address(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", limits=limits)
    try:
        yield venue, upstream
    finally:
        await upstream.close()
        venue.let_go.set()
        server.close()
        await asyncio.gather(*venue.serving)


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  # nothing tells a test of it
        await asyncio.sleep(0)


async def get(upstream: Address, target: bytes = b"/") -> Reply:
    return await upstream.send(b"GET", target, (), b"", flows=True)


def test_a_request_and_its_reply(run: Run) -> None:
    """The bytes go as they are, with our Host and length; the reply comes back without what was of the connection."""

    async def scenario() -> None:
        answer = (
            b"HTTP/1.1 201 Created\r\nDate: now\r\nKeep-Alive: timeout=5\r\nX-Private: 1\r\n"
            b"Connection: keep-alive, x-private\r\nBitting-Signature: echo\r\nX-A: 1\r\nX-A: 2\r\n"
            b"Content-Length: 2\r\n\r\nok"
        )
        async with standing(answering(answer)) as (venue, upstream):
            reply = await upstream.send(
                b"POST", b"/v1/%2e?a=+", ((b"x-b", b"1"), (b"x-a", b"\xff"), (b"x-b", b"2")), b"\0\r\n"
            )
            assert reply == Reply(201, ((b"date", b"now"), (b"x-a", b"1"), (b"x-a", b"2")), b"ok")
            (request,) = venue.requests
            host = request.partition(b"host: ")[2].partition(b"\r\n")[0]
            assert host.startswith(b"127.0.0.1:")
            assert request == (
                b"POST /v1/%2e?a=+ HTTP/1.1\r\nx-b: 1\r\nx-a: \xff\r\nx-b: 2\r\nhost: "
                + host
                + b"\r\ncontent-length: 3\r\n\r\n\0\r\n"
            )

    run(scenario())


@pytest.mark.parametrize(
    ("answer", "connections"),
    [
        (GOOD, 1),
        (CHUNKED + b"1;a=b\r\no\r\n1\r\nk\r\n0\r\nX: y\r\n\r\n", 1),
        (b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + GOOD, 1),
        (OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nok", 3),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 3),
        (GOOD + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 3),
        (GOOD + b"x", 3),
    ],
    ids=["length", "chunks", "interim", "close", "http 1.0", "a second reply", "a surplus byte"],
)
def test_connections_are_kept_if_nothing_speaks_against_it(run: Run, answer: bytes, connections: int) -> None:
    """A reply that closes, or has bytes behind it, is the last on its connection; no request gets another's reply."""

    async def scenario() -> None:
        async with standing(answering(answer)) as (venue, upstream):
            for _ in range(3):
                assert (await get(upstream)).body == b"ok"
            assert venue.connections == connections

    run(scenario())


def test_head(run: Run) -> None:
    """The reply to HEAD has a length and no body, and is not waited for."""

    async def scenario() -> None:
        async with standing(answering(OK + b"Content-Length: 5\r\nX-A: 1\r\n\r\n")) as (_, upstream):
            assert await upstream.send(b"HEAD", b"/", (), b"") == Reply(200, ((b"x-a", b"1"),), b"")

    run(scenario())


def test_nobody_there(run: Run) -> None:
    """A refused connection is certain: nothing was sent."""

    async def scenario() -> None:
        async with standing(answering(GOOD)) as (_, upstream):
            pass
        down = Address(f"http://127.0.0.1:{upstream._port}", limits=LIMITS)
        with pytest.raises(UpstreamDown, match="no connection"):
            await get(down)
        await down.close()

    run(scenario())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 2",
        OK,
        OK + b"Content-Length: 2\r\n\r\no",
        CHUNKED + b"2\r\nok\r\n",
        OK + b"\r\nok",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_a_hang_up_before_the_reply_is_whole(run: Run, answer: bytes) -> None:
    """The upstream may have acted; the request was sent once and is not sent again."""

    async def scenario() -> None:
        async with standing(once(answer)) as (venue, upstream):
            with pytest.raises(OutcomeUnknown):
                await upstream.send(b"POST", b"/", (), b"order")
            assert len(venue.requests) == 1

    run(scenario())


def test_a_hang_up_after_other_requests(run: Run) -> None:
    """On a kept connection as well, a request that may have been read is not sent again."""

    async def scenario() -> None:
        async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await venue.hear(reader)
            writer.write(GOOD)
            await venue.hear(reader)

        async with standing(script) as (venue, upstream):
            await get(upstream)
            with pytest.raises(OutcomeUnknown, match="ended before"):
                await upstream.send(b"POST", b"/", (), b"order")
            assert (venue.connections, len(venue.requests)) == (1, 2)
            assert (await get(upstream)).body == b"ok"

    run(scenario())


def test_a_hang_up_in_the_middle_of_the_request(run: Run) -> None:
    """A body that could not be sent whole may still have been acted on."""

    async def scenario() -> None:
        async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(10)

        async with standing(script) as (_, upstream):
            with pytest.raises(OutcomeUnknown):
                await upstream.send(b"POST", b"/", (), bytes(20_000_000))

    run(scenario())


def test_a_hang_up_at_once(run: Run) -> None:
    """An upstream that takes the connection and drops it: unavailable, as sure or unsure as it could be seen."""

    async def scenario() -> None:
        async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            return

        async with standing(script) as (venue, upstream):
            with pytest.raises(Unavailable):
                await get(upstream)
            assert venue.requests == []

    run(scenario())


def test_an_answer_before_the_request_is_whole(run: Run) -> None:
    """The reply counts, and the connection, with half a request still in it, is not used again."""

    async def scenario() -> None:
        async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(10)
            writer.write(b"HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n")
            await venue.let_go.wait()

        async with standing(script) as (venue, upstream):
            for _ in range(2):
                assert (await upstream.send(b"POST", b"/", (), bytes(20_000_000))).status == 413
            assert venue.connections == 2

    run(scenario())


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_reply(run: Run, name: str) -> None:
    """The request was heard and what it did is not known; the connection is gone, the next request has its own."""

    async def scenario() -> None:
        async with standing(answering(REFUSED[name], GOOD)) as (venue, upstream):
            with pytest.raises(OutcomeUnknown):
                await get(upstream)
            assert (await get(upstream)).body == b"ok"
            assert venue.connections == 2

    run(scenario())


def test_silence(run: Run) -> None:
    """No whole reply in time: the outcome is not known."""

    async def scenario() -> None:
        async with standing(silent, UpstreamLimits(reply_s=0.05)) as (venue, upstream):
            with pytest.raises(OutcomeUnknown, match="in time"):
                await get(upstream)
            assert len(venue.requests) == 1

    run(scenario())


def test_a_trickle(run: Run) -> None:
    """A reply that never ends is not waited for byte by byte."""

    async def scenario() -> None:
        async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await venue.hear(reader)
            writer.write(OK)
            while not writer.is_closing():
                writer.write(b"A: b\r\n")
                await asyncio.sleep(0.02)

        async with standing(script, UpstreamLimits(reply_s=0.2)) as (_, upstream):
            with pytest.raises(OutcomeUnknown):
                await get(upstream)

    run(scenario())


def test_a_short_reply_that_is_slow(run: Run) -> None:
    """One that says that it is short is waited for, since only the whole of it says what became of an order."""

    async def scenario() -> None:
        async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for end in (GOOD[-1:], b""):
                await venue.hear(reader)
                writer.write(GOOD[:-1])
                await asyncio.sleep(0.2)
                writer.write(end)

        async with standing(script, UpstreamLimits(held_s=0, idle_s=0.04)) as (_, upstream):
            assert await get(upstream) == Reply(200, (), b"ok")
            with pytest.raises(OutcomeUnknown):
                await get(upstream)

    run(scenario())


@pytest.mark.parametrize("frame", [b"Content-Length: 200000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n30d40\r\n"])
def test_a_reply_that_is_wanted_whole(run: Run, frame: bytes) -> None:
    """Is gathered, up to its bound; beyond that it is none."""

    async def scenario() -> None:
        answer = OK + frame + bytes(200_000) + (b"\r\n0\r\n\r\n" if b"chunked" in frame else b"")
        for most, well in ((200_000, True), (100_000, False)):
            async with standing(answering(answer), UpstreamLimits(reply_bytes=most)) as (_, upstream):
                asking = upstream.send(b"GET", b"/", (), b"")
                if well:
                    reply = await asking
                    assert (len(reply.body), reply.rest) == (200_000, None)
                else:
                    with pytest.raises(OutcomeUnknown, match="longer than 100000 bytes"):
                        await asking

    run(scenario())


@pytest.mark.parametrize("answer", [OK + b"Content-Length: 1000000\r\n\r\n" + bytes(100_000), CHUNKED + b"1\r\na\r\n"])
def test_who_stops_waiting_as_a_long_reply_begins(run: Run, answer: bytes) -> None:
    """Nobody is left who would fetch the rest: the connection goes, and its place is free."""

    async def scenario() -> None:
        async with standing(silent, UpstreamLimits(connections=1)) as (venue, upstream):
            asking = asyncio.create_task(get(upstream))
            await until(lambda: bool(venue.requests))
            (link,) = upstream.deadlines.watched
            link.data_received(answer)
            if b"chunked" in answer:
                link.expire()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await until(lambda: not upstream.deadlines.watched)

    run(scenario())


def test_who_has_waited_in_vain_wants_nothing_any_more(run: Run) -> None:
    """Else a client that is slow in taking its reply would be cut off for somebody who is gone."""

    async def scenario() -> None:
        async with standing(silent, UpstreamLimits(connections=1, connect_s=0.05)) as (venue, upstream):
            first = asyncio.create_task(get(upstream))
            await until(lambda: bool(venue.requests))
            waiting = asyncio.create_task(get(upstream))
            await until(lambda: upstream.wanted)
            with pytest.raises(UpstreamDown):
                await waiting
            assert (upstream.wanted, upstream.load) == (False, 1)
            venue.let_go.set()
            await first

    run(scenario())


def test_no_handshake_in_time(run: Run) -> None:
    """A connection that does not come about in time is certain: nothing was sent."""

    async def scenario() -> None:
        async with standing(silent) as (venue, plain):
            limits = UpstreamLimits(connect_s=0.05)
            upstream = Address(f"https://127.0.0.1:{plain._port}", limits=limits, tls=ssl.create_default_context)
            with pytest.raises(UpstreamDown, match="within"):
                await get(upstream)
            await upstream.close()
            assert venue.requests == []

    run(scenario())


def test_an_upstream_that_is_gone_is_left_alone(run: Run) -> None:
    """After so many failures in a row requests fail at once; one in a while tries, and when it succeeds all do."""

    async def scenario() -> None:
        async with standing(answering(GOOD)) as (venue, there):
            port = there._port
        upstream = Address(f"http://127.0.0.1:{port}", limits=UpstreamLimits(failures=3, rest_s=0.3))

        async def fails() -> str:
            with pytest.raises(UpstreamDown) as raised:
                await get(upstream)
            return str(raised.value)

        said = [await fails() for _ in range(10)]
        assert [each for each in said[:3] if "in a row" in each] == []
        assert set(said[3:]) == {"no connection to the upstream 3 times in a row; it is left alone now"}
        await asyncio.sleep(0.35)
        said = await asyncio.gather(*(fails() for _ in range(10)))
        assert len([each for each in said if "in a row" not in each]) == 1
        server = await asyncio.start_server(venue.serve, "127.0.0.1", port)
        await asyncio.sleep(0.35)
        assert [(await get(upstream)).body for _ in range(3)] == [b"ok"] * 3
        await upstream.close()
        server.close()

    run(scenario())


def test_places_are_shared_in_turn(run: Run) -> None:
    """More requests than connections wait for one, and each gets its own reply."""

    async def scenario() -> None:
        async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                target = (await venue.hear(reader)).split(b" ")[1]
                await asyncio.sleep(0)
                writer.write(OK + b"Content-Length: %d\r\n\r\n%b" % (len(target), target))

        async with standing(script, UpstreamLimits(connections=2)) as (venue, upstream):
            targets = [b"/%d" % number for number in range(50)]
            replies = await asyncio.gather(*(get(upstream, target) for target in targets))
            assert [reply.body for reply in replies] == targets
            assert venue.connections == 2

    run(scenario())


def test_no_place_in_time(run: Run) -> None:
    """A request that never got a connection was never sent, and those before it are not harmed."""

    async def scenario() -> None:
        async with standing(silent, UpstreamLimits(connections=1, connect_s=0.05)) as (venue, upstream):
            first = asyncio.create_task(get(upstream))
            with pytest.raises(UpstreamDown):
                await asyncio.gather(*(get(upstream, b"/late") for _ in range(3)))
            venue.let_go.set()
            assert (await first).body == b"ok"
            assert len(venue.requests) == 1

    run(scenario())


def test_a_place_comes_free_when_a_connection_breaks(run: Run) -> None:
    """Those who wait go on, whether the one before them was answered, cut off or never connected."""

    async def scenario() -> None:
        async with standing(once(b""), UpstreamLimits(connections=1)) as (venue, upstream):
            results = await asyncio.gather(*(get(upstream) for _ in range(4)), return_exceptions=True)
            assert [type(result) for result in results] == [OutcomeUnknown] * 4
            assert venue.connections == 4
        down = Address(f"http://127.0.0.1:{upstream._port}", limits=UpstreamLimits(connections=1))
        results = await asyncio.gather(*(get(down) for _ in range(4)), return_exceptions=True)
        assert [type(result) for result in results] == [UpstreamDown] * 4
        await down.close()

    run(scenario())


def test_who_stops_waiting_takes_the_connection_along(run: Run) -> None:
    """A reply nobody waits for any more never reaches the next one who asks."""

    async def scenario() -> None:
        async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if venue.connections == 1:
                await silent(venue, reader, writer)
            await venue.hear(reader)
            writer.write(OK + b"Content-Length: 4\r\n\r\nmine")
            await reader.read()

        async with standing(script, UpstreamLimits(connections=1)) as (venue, upstream):
            first = asyncio.create_task(get(upstream))
            second = asyncio.create_task(get(upstream))
            waiting = asyncio.create_task(get(upstream))
            await until(lambda: bool(venue.requests))
            waiting.cancel()
            first.cancel()
            assert (await second).body == b"mine"
            results = await asyncio.gather(first, waiting, return_exceptions=True)
            assert [type(result) for result in results] == [asyncio.CancelledError] * 2

    run(scenario())


def test_who_stops_waiting_as_its_turn_comes_passes_it_on(run: Run) -> None:
    """A turn is never lost with the one who had it."""

    async def scenario() -> None:
        async with standing(silent, UpstreamLimits(connections=1)) as (venue, upstream):
            first = asyncio.create_task(get(upstream))
            await until(lambda: bool(venue.requests))
            second, third = asyncio.create_task(get(upstream)), asyncio.create_task(get(upstream))
            await asyncio.sleep(0)
            (link,) = upstream.deadlines.watched
            link.abort("cut")
            await until(lambda: not upstream.deadlines.watched)
            second.cancel()
            venue.let_go.set()
            assert (await third).body == b"ok"
            results = await asyncio.gather(first, second, return_exceptions=True)
            assert [type(result) for result in results] == [OutcomeUnknown, asyncio.CancelledError]

    run(scenario())


def test_bytes_nobody_asked_for(run: Run) -> None:
    """A reply sent ahead into an idle connection is thrown away with it."""

    async def scenario() -> None:
        async def script(venue: Venue, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await venue.hear(reader)
            writer.write(GOOD)
            await venue.let_go.wait()
            writer.write(OK + b"Content-Length: 4\r\n\r\nevil")
            await reader.read()

        async with standing(script) as (venue, upstream):
            assert (await get(upstream)).body == b"ok"
            venue.let_go.set()
            await until(lambda: not upstream.deadlines.watched)
            venue.let_go.clear()
            assert (await get(upstream)).body == b"ok"
            assert venue.connections == 2

    run(scenario())


def test_an_idle_connection_the_upstream_has_closed(run: Run) -> None:
    """It is left for another before a byte is written, and the request goes out once."""

    async def scenario() -> None:
        async with standing(once(GOOD)) as (venue, upstream):
            for number in range(1, 4):
                assert (await upstream.send(b"POST", b"/", (), b"order")).body == b"ok"
                await until(lambda: not upstream.deadlines.watched)
                assert (venue.connections, len(venue.requests)) == (number, number)

    run(scenario())


def test_an_idle_connection_is_dropped(run: Run) -> None:
    """Before the upstream would do it."""

    async def scenario() -> None:
        async with standing(answering(GOOD), UpstreamLimits(idle_s=0.05)) as (venue, upstream):
            await get(upstream)
            assert len(upstream.deadlines.watched) == 1
            await until(lambda: not upstream.deadlines.watched)
            await get(upstream)
            assert venue.connections == 2

    run(scenario())


def test_closing(run: Run) -> None:
    """Requests under way have no known outcome; those that wait, and later ones, are not sent."""

    async def scenario() -> None:
        async with standing(silent, UpstreamLimits(connections=1)) as (venue, upstream):
            under_way = asyncio.create_task(get(upstream))
            await until(lambda: bool(venue.requests))
            waiting = [asyncio.create_task(get(upstream)) for _ in range(3)]
            await asyncio.sleep(0)
            await upstream.close()
            with pytest.raises(OutcomeUnknown, match="closing"):
                await under_way
            for one in waiting:
                with pytest.raises(UpstreamDown, match="closing"):
                    await one
            with pytest.raises(UpstreamDown, match="closing"):
                await get(upstream)

    run(scenario())


@pytest.mark.parametrize(
    "header", [(b"a", b"b\r\nc: d"), (b"a\r\nb", b"c"), (b"host", b"evil"), (b"content-length", b"0")]
)
def test_what_cannot_be_written_is_not_sent(run: Run, header: tuple[bytes, bytes]) -> None:
    """A header that would become two, or one of ours, is an error of the caller, and no byte leaves."""

    async def scenario() -> None:
        async with standing(answering(GOOD)) as (venue, upstream):
            with pytest.raises(ValueError, match="header"):
                await upstream.send(b"GET", b"/", (header,), b"")
            assert venue.connections == 0

    run(scenario())


@pytest.mark.parametrize(
    "url",
    [
        "", "127.0.0.1:80", "ftp://a", "http://", "http://:80", "http://a/", "http://a/v1", "http://a?b", "http://a#b",
        "http://u@a", "http://u:p@a", "http://a:x", "http://a:0", "http://a:70000",
        "http://a:\u0663", "http://a:0x50", "http://a b", "http://a\n", "http://é",
        "HTTP://a", "http://[::1", "unix:/a",
    ],
)  # fmt: skip
def test_what_is_no_origin(url: str) -> None:
    """A scheme, a host, perhaps a port, and nothing else."""

    async def scenario() -> None:
        with pytest.raises(Misconfigured, match="http://host:port"):
            Address(url, limits=LIMITS)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("url", "host", "port", "header"),
    [
        ("http://a.example", "a.example", 80, b"a.example"),
        ("https://a.example", "a.example", 443, b"a.example"),
        ("http://A.example:8080", "A.example", 8080, b"A.example:8080"),
        ("http://[::1]:8080", "::1", 8080, b"[::1]:8080"),
    ],
)
def test_an_origin(url: str, host: str, port: int, header: bytes) -> None:
    """Its host and port, and the Host header that names it."""

    async def scenario() -> None:
        upstream = Address(url, limits=LIMITS)
        assert (upstream._host, upstream._port, upstream._host_header) == (host, port, header)
        await upstream.close()

    asyncio.run(scenario())


def test_closing_while_connecting(run: Run) -> None:
    """A connection that comes about after the end is dropped, and nothing is sent."""

    async def scenario() -> None:
        async with standing(silent) as (venue, upstream):
            connecting = asyncio.create_task(get(upstream))
            await asyncio.sleep(0)
            await upstream.close()
            with pytest.raises(UpstreamDown):
                await connecting
            assert venue.requests == []
            assert not upstream.deadlines.watched

    run(scenario())


@asynccontextmanager
async def standing_behind_tls(venue: Venue, serving: TlsFiles, **options: Any) -> AsyncIterator[str]:
    """The venue's URL; `options` are set in its context."""
    context = serving.server()
    for name, value in options.items():
        setattr(context, name, value)
    server = await asyncio.start_server(venue.serve, "127.0.0.1", 0, ssl=context)
    yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
    server.close()
    await asyncio.gather(*venue.serving)


def test_tls(run: Run, tmp_path: Path) -> None:
    """An upstream is believed by its certificate, and by nothing less: with one of another CA, one that has ended or
    one for another name it is sent nothing."""

    async def scenario() -> None:
        ours, other = Authority(tmp_path), Authority(tmp_path, "other")
        venue, trusted = Venue(once(GOOD)), TlsFiles(ca=ours.ca)
        async with standing_behind_tls(venue, ours.issue()) as url:
            for tls, well in ((trusted, True), (trusted, True), (TlsFiles(ca=other.ca), False), (TlsFiles(), False)):
                assert await reaches(url, tls) is well
        for files in (ours.issue(days=-1), ours.issue("elsewhere"), other.issue("localhost")):
            async with standing_behind_tls(venue, files) as url:
                assert not await reaches(url, trusted)
        assert len(venue.requests) == 2

    run(scenario())


class Slow:
    """A sink that is full after each piece, for a moment."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest
        self.taken = 0
        self.over = asyncio.Event()
        self.whole = False

    def take(self, part: bytes) -> None:
        self.taken += len(part)
        self.rest.pause()
        asyncio.get_running_loop().call_later(0.001, self.rest.resume)

    def end(self) -> None:
        self.whole = True
        self.over.set()

    def cut(self) -> None:
        self.over.set()


def test_long_replies_through_tls(run: Run, tmp_path: Path) -> None:
    """They flow as others do, stop and go on, and their connection is used again."""

    async def scenario() -> None:
        ours = Authority(tmp_path)
        body = bytes(3_000_000)
        venue = Venue(answering(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body))
        async with standing_behind_tls(venue, ours.issue()) as url:
            upstream = Address(url, limits=LIMITS, tls=Reloading(TlsFiles(ca=ours.ca), TlsFiles.client))
            for _ in range(3):
                reply = await get(upstream)
                assert reply.rest is not None
                sink = Slow(reply.rest)
                reply.rest.pour(sink)
                await sink.over.wait()
                assert (len(reply.body) + sink.taken, sink.whole) == (len(body), True)
            assert venue.connections == 1
            await upstream.close()

    run(scenario())


async def reaches(url: str, tls: TlsFiles) -> bool:
    """Whether a request gets its answer; where not, nothing of it was sent."""
    upstream = Address(url, limits=LIMITS, tls=Reloading(tls, TlsFiles.client))
    try:
        return (await get(upstream)).body == b"ok"
    except UpstreamDown:
        return False
    finally:
        await upstream.close()


def test_an_upstream_that_knows_us_by_our_certificate(run: Run, tmp_path: Path) -> None:
    """With it we are served. Without it nothing was sent, or, in TLS 1.3, where the server's word about it comes behind
    the handshake, nobody knows; and nothing was heard."""

    async def scenario() -> None:
        ours = Authority(tmp_path)
        mine, serving = ours.issue("gate")._replace(ca=ours.ca), ours.issue()._replace(ca=ours.ca)
        venue = Venue(once(GOOD))
        async with standing_behind_tls(venue, serving) as url:
            assert await reaches(url, mine)
            stranger = Address(url, limits=LIMITS, tls=TlsFiles(ca=ours.ca).client)
            with pytest.raises(OutcomeUnknown):
                await get(stranger)
            await stranger.close()
        async with standing_behind_tls(venue, serving, maximum_version=ssl.TLSVersion.TLSv1_2) as url:
            assert not await reaches(url, TlsFiles(ca=ours.ca))
        assert len(venue.requests) == 1

    run(scenario())
