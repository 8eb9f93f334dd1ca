"""The face over real sockets: order, limits in number and time, and how connections end."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitting.domain.errors import Misconfigured
from bitting.domain.network import ANYWHERE, Network, address_from_text
from bitting.domain.request import Reply, Request
from bitting.web.http import Limits, serve
from tests.web.http.bytes_refused import GOOD, HOST, REFUSED, with_headers, with_line
from tests.web.http.raw import PATIENCE_S, Gate, echo, replies, until_closed

LIMITS = Limits(linger_s=0.2)
LAST = with_headers(b"Connection: close")


def eventually(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


async def echo_later(request: Request) -> Reply:
    await asyncio.sleep(0)
    return echo(request)


@pytest.mark.parametrize("handler", [echo, echo_later])
def test_requests_in_one_packet_are_answered_in_order(gate: Gate, handler: Callable[[Request], Reply]) -> None:
    """Pipelined requests, more than one turn's worth, get their replies in their order, the last one says so."""
    gate.open(handler, LIMITS)
    lines = [with_line(b"GET /%d HTTP/1.1" % number) for number in range(100)]
    got = replies(gate.say(b"".join(lines) + LAST + GOOD, more=True))
    assert [one.body for one in got] == [b"/%d " % number for number in range(100)] + [b"/v1/orders "]
    assert [dict(one.headers).get(b"connection") for one in got] == [None] * 100 + [b"close"]


@pytest.mark.parametrize("handler", [echo, echo_later])
def test_bodies_in_pieces(gate: Gate, handler: Callable[[Request], Reply]) -> None:
    """Bodies and heads that come a byte at a time are put together, and the next request begins behind them."""
    gate.open(handler, LIMITS)
    data = (with_headers(b"Content-Length: 5") + b"hello") * 3
    got = replies(gate.say(*[data[at : at + 1] for at in range(len(data))]))
    assert [one.body for one in got] == [b"/v1/orders hello"] * 3


def test_a_connection_is_kept(gate: Gate) -> None:
    """Request after request on one connection, until the client leaves."""
    gate.open(echo, LIMITS)
    with gate.connect() as one:
        for _ in range(3):
            one.sendall(GOOD)
            (reply,) = replies(one.recv(4096))
            assert reply.status == 200
    server = gate.server
    assert server is not None
    eventually(lambda: server.connections == 0)


def test_a_client_that_closes_its_half_is_answered(gate: Gate) -> None:
    """End of input is no end of interest: what came whole is answered, also when the answer takes a while."""
    let_go = threading.Event()

    async def slow(request: Request) -> Reply:
        await asyncio.to_thread(let_go.wait, PATIENCE_S)
        return echo(request)

    gate.open(slow, LIMITS)
    with gate.connect() as one:
        one.sendall(GOOD * 2)
        one.shutdown(socket.SHUT_WR)
        let_go.set()
        assert [reply.status for reply in replies(until_closed(one))] == [200, 200]


@pytest.mark.parametrize("data", [b"GET / HT", with_headers(b"Content-Length: 5") + b"hell"])
def test_a_request_that_stops_short(gate: Gate, data: bytes) -> None:
    """A head or body the client ends early is refused, not served in part."""
    gate.open(echo, LIMITS)
    assert [reply.status for reply in replies(gate.say(data))] == [400]


def test_head_has_no_body(gate: Gate) -> None:
    """A reply to HEAD ends with its headers, so the next reply begins where it should."""
    gate.open(echo, LIMITS)
    data = gate.say(with_line(b"HEAD / HTTP/1.1") + GOOD)
    first, _, rest = data.partition(b"\r\n\r\n")
    assert b"x-method: HEAD" in first
    assert b"content-length" not in first
    assert [reply.body for reply in replies(rest)] == [b"/v1/keys?a=1 "]


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body(gate: Gate, status: int) -> None:
    """204 and 304 carry neither body nor length, and the connection goes on."""
    gate.open(lambda request: Reply(status, (), b""), LIMITS)
    assert [(reply.status, reply.headers) for reply in replies(gate.say(GOOD * 2))] == [(status, ())] * 2


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_ends_the_connection(gate: Gate, name: str) -> None:
    """The request before is answered, the refused one gets its status and one line, nothing behind it is served."""
    data, status = REFUSED[name]
    gate.open(echo, LIMITS)
    first, refusal = replies(gate.say(GOOD + data + GOOD, more=True))
    assert first.status == 200
    assert refusal.status == status
    assert dict(refusal.headers)[b"connection"] == b"close"
    assert (b"allow" in dict(refusal.headers)) is (status == 405)
    assert refusal.body.endswith(b"\n")
    assert len(refusal.body) < 100
    assert gate.server is not None
    assert gate.server.rejections == {status: 1}
    assert gate.errors == []


def test_one_status_for_every_refusal(gate: Gate) -> None:
    """For a proxy that knows no other; the count keeps them apart. A handler that fails refuses, too."""
    gate.open(lambda request: Reply(99, (), b""), Limits(linger_s=0.2, connections_per_peer=1), refuses=403)
    assert gate.server is not None
    for name in sorted(REFUSED)[:3]:
        assert [each.status for each in replies(gate.say(REFUSED[name][0], more=True))] == [403]
    assert [each.status for each in replies(gate.say(GOOD, more=True))] == [403]
    with gate.connect():
        gate.settle()
        assert b" 403 " in gate.say(b"").splitlines()[0]
    assert {500, 503} < set(gate.server.rejections)
    assert 403 not in gate.server.rejections
    gate.errors.clear()


def test_a_refusal_arrives_while_the_client_still_sends(gate: Gate) -> None:
    """Who sends a body that is too long reads why, instead of a reset."""
    gate.open(echo, Limits(linger_s=5))
    head = with_headers(b"Content-Length: 8000000")
    assert [one.status for one in replies(gate.say(head, *[bytes(100_000)] * 40))] == [413]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: a", b"408"),
        (with_headers(b"Content-Length: 5") + b"hell", b"408"),
        (GOOD, b"200"),
        (GOOD + GOOD[:9], b"408"),
    ],
    ids=["nothing", "head", "body", "idle", "second head"],
)
def test_who_takes_too_long(gate: Gate, data: bytes, said: bytes) -> None:
    """A head, a body or a next request that does not come in time ends the connection."""
    gate.open(echo, Limits(head_s=0.05, body_s=0.05, idle_s=0.05, linger_s=0.05))
    got = gate.say(data, more=True)
    assert (got.rpartition(b"HTTP/1.1 ")[2][:3] if got else b"") == said


@pytest.mark.parametrize(
    "begun", [b"GET / HTTP/1.1\r\nA: ", with_headers(b"Content-Length: 100000")], ids=["head", "body"]
)
def test_a_trickle_does_not_buy_time(gate: Gate, begun: bytes) -> None:
    """A byte now and then does not move the deadline of a head or a body."""
    gate.open(echo, Limits(head_s=0.2, body_s=0.2, linger_s=0.05))
    with gate.connect() as one:
        one.sendall(begun)
        one.settimeout(0.02)
        got, end = b"", time.monotonic() + PATIENCE_S
        while not got:
            assert time.monotonic() < end
            one.sendall(b"a")
            try:
                got = one.recv(4096)
            except TimeoutError:
                continue
    assert got.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(("second", "statuses"), [(GOOD, [200, 200]), (b"junk\r\n\r\n", [200, 400])])
def test_what_comes_while_an_answer_is_under_way(gate: Gate, second: bytes, statuses: list[int]) -> None:
    """It is neither read nor lost: it has its turn afterwards, unless the request before it was the last."""
    begun, let_go = threading.Event(), threading.Event()

    async def slow(request: Request) -> Reply:
        begun.set()
        await asyncio.to_thread(let_go.wait, PATIENCE_S)
        return echo(request)

    gate.open(slow, LIMITS)
    for first, expected in ((GOOD, statuses), (LAST, [200])):
        begun.clear()
        let_go.clear()
        with gate.connect() as one:
            one.sendall(first)
            assert begun.wait(PATIENCE_S)
            one.sendall(second)
            gate.settle()
            let_go.set()
            one.shutdown(socket.SHUT_WR)
            assert [reply.status for reply in replies(until_closed(one))] == expected


def test_a_client_that_does_not_read(gate: Gate) -> None:
    """Replies nobody takes away stop the next requests, and then cost the connection; no memory grows meanwhile."""
    served = 0

    def much(request: Request) -> Reply:
        nonlocal served
        served += 1
        return Reply(200, (), bytes(1_000_000))

    gate.open(much, Limits(reply_s=0.2))
    server = gate.server
    assert server is not None
    with gate.connect() as one:
        one.sendall(GOOD * 500)
        eventually(lambda: server.connections == 1)
        eventually(lambda: server.connections == 0)
    assert served < 50


def test_a_slow_reader_gets_everything(gate: Gate) -> None:
    """Replies larger than every buffer arrive whole, and requests go on when there is room again."""
    gate.open(lambda request: Reply(200, (), bytes(3_000_000)), LIMITS)
    with gate.connect() as one:
        one.sendall(GOOD * 5 + LAST)
        assert [len(reply.body) for reply in replies(until_closed(one))] == [3_000_000] * 6


def test_places_for_one_peer(gate: Gate) -> None:
    """Beyond its number of connections an address is turned away, and has its places back when it leaves."""
    gate.open(echo, Limits(connections_per_peer=2))
    server = gate.server
    assert server is not None
    for _ in range(3):
        with gate.connect() as first, gate.connect() as second:
            for one in (first, second):
                one.sendall(GOOD)
                assert one.recv(4096).startswith(b"HTTP/1.1 200 ")
            with gate.connect() as third:
                assert until_closed(third).startswith(b"HTTP/1.1 503 ")
        eventually(lambda: server.connections == 0)


def test_places_for_all(gate: Gate) -> None:
    """Beyond the number for all, everyone is turned away, a trusted proxy too."""
    gate.open(echo, Limits(connections=1), Network.from_text(["127.0.0.1"]))
    with gate.connect() as first, gate.connect() as second:
        first.sendall(GOOD)
        assert first.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert until_closed(second).startswith(b"HTTP/1.1 503 ")


def test_a_trusted_proxy_is_not_counted_as_one_peer(gate: Gate) -> None:
    """All clients come through it."""
    gate.open(echo, Limits(connections_per_peer=1), Network.from_text(["127.0.0.1"]))
    with gate.connect() as first, gate.connect() as second:
        for one in (first, second):
            one.sendall(GOOD)
            assert one.recv(4096).startswith(b"HTTP/1.1 200 ")


SPOOFS = [
    b"X-Forwarded-For: 203.0.113.7",
    b"Forwarded: for=203.0.113.7",
    b"X-Real-IP: 203.0.113.7",
    b"True-Client-IP: 203.0.113.7",
    b"CF-Connecting-IP: 203.0.113.7",
]


@pytest.mark.parametrize("header", SPOOFS)
@pytest.mark.parametrize("trusted", [[], ["10.0.0.0/8"]])
def test_a_stranger_does_not_choose_its_address(gate: Gate, header: bytes, trusted: list[str]) -> None:
    """I-01: what a peer that is no trusted proxy says of addresses is not believed."""
    gate.open(echo, LIMITS, Network.from_text(trusted))
    (reply,) = replies(gate.say(with_headers(header)))
    assert dict(reply.headers)[b"x-peer"] == b"%x" % address_from_text("127.0.0.1")


def test_a_trusted_proxy_speaks_for_each_request(gate: Gate) -> None:
    """I-02: on one connection, each request has the right-most address the proxy gave for it."""
    gate.open(echo, LIMITS, Network.from_text(["127.0.0.1"]))
    one = with_headers(b"X-Forwarded-For: 198.51.100.1, 203.0.113.7")
    two = with_headers(b"X-Forwarded-For: 203.0.113.8, 127.0.0.1")
    got = replies(gate.say(one + two + GOOD + with_headers(*[b"X-Forwarded-For: 203.0.113.7"] * 2)))
    assert [reply.status for reply in got] == [200, 200, 200, 400]
    peers = [address_from_text(text) for text in ("203.0.113.7", "203.0.113.8", "127.0.0.1")]
    assert [dict(reply.headers)[b"x-peer"] for reply in got[:3]] == [b"%x" % peer for peer in peers]


def test_ipv6(gate: Gate) -> None:
    """The face listens on IPv6 as well."""
    gate.open(echo, LIMITS, host="::1")
    with gate.connect("::1") as one:
        one.sendall(LAST)
        (reply,) = replies(until_closed(one))
    assert dict(reply.headers)[b"x-peer"] == b"1"


class Boom(Exception):
    pass


def raises(request: Request) -> Reply:
    raise Boom(request.target)


async def raises_later(request: Request) -> Reply:
    raise Boom(request.target)


@pytest.mark.parametrize("handler", [raises, raises_later])
def test_a_handler_that_fails(gate: Gate, handler: Callable[[Request], Reply]) -> None:
    """The client reads 500 and nothing of the reason, the operator is told, others are served on."""
    gate.open(handler, LIMITS)
    for _ in range(2):
        (reply,) = replies(gate.say(GOOD * 3))
        assert (reply.status, reply.body) == (500, b"internal error\n")
    assert [type(error) for error in gate.errors] == [Boom, Boom]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, ((b"x-a", b"b\r\nset-cookie: evil"),), b""),
        Reply(200, ((b"x-a", b"b\nset-cookie: evil"),), b""),
        Reply(200, ((b"x-a", b"b\0"),), b""),
        Reply(200, ((b"x-a\r\nb", b"b"),), b""),
        Reply(200, ((b"X-A", b"b"),), b""),
        Reply(200, ((b"", b"b"),), b""),
        Reply(200, ((b"content-length", b"0"),), b""),
        Reply(200, ((b"transfer-encoding", b"chunked"),), b""),
        Reply(200, ((b"connection", b"close"),), b""),
        Reply(204, (), b"body"),
        Reply(304, (), b"body"),
        Reply(100, (), b""),
        Reply(600, (), b""),
        None,
        "text",
    ],
    ids=repr,
)
@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
def test_a_reply_that_cannot_be_written(gate: Gate, reply: Reply, later: bool) -> None:
    """Nothing of it is: no header is ever split, and no framing is ever doubled."""

    async def answer(request: Request) -> Reply:
        return reply

    gate.open(answer if later else lambda request: reply, LIMITS)
    (got,) = replies(gate.say(GOOD))
    assert (got.status, got.body) == (500, b"internal error\n")
    assert len(gate.errors) == 1


def test_an_answer_that_is_cancelled(gate: Gate) -> None:
    """Its connection is cut off: there is nothing true to say."""

    async def cancelled(request: Request) -> Reply:
        raise asyncio.CancelledError

    gate.open(cancelled, LIMITS)
    assert gate.say(GOOD) == b""


@pytest.mark.parametrize("fails", [False, True])
def test_a_client_that_leaves_does_not_stop_its_answer(gate: Gate, fails: bool) -> None:
    """What is under way runs to its end, since an order may be half done; an error in it is still reported."""
    begun, let_go, ended = threading.Event(), threading.Event(), threading.Event()

    async def slow(request: Request) -> Reply:
        begun.set()
        await asyncio.to_thread(let_go.wait, PATIENCE_S)
        ended.set()
        if fails:
            raise Boom
        return echo(request)

    gate.open(slow, LIMITS)
    server = gate.server
    assert server is not None
    with gate.connect() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leave with a reset
        one.sendall(GOOD)
        assert begun.wait(PATIENCE_S)
    eventually(lambda: server.connections == 0)
    let_go.set()
    assert ended.wait(PATIENCE_S)
    eventually(lambda: len(gate.errors) == int(fails))


def test_draining(gate: Gate) -> None:
    """Idle connections close at once, the answer under way is given and is the last, nobody new comes in."""
    begun, let_go = threading.Event(), threading.Event()

    async def slow(request: Request) -> Reply:
        if request.body:
            begun.set()
            await asyncio.to_thread(let_go.wait, PATIENCE_S)
        return echo(request)

    gate.open(slow, LIMITS)
    server = gate.server
    assert server is not None
    with gate.connect() as idle, gate.connect() as busy:
        idle.sendall(GOOD)
        assert idle.recv(4096)
        busy.sendall((with_headers(b"Content-Length: 1") + b"a") * 2)
        assert begun.wait(PATIENCE_S)
        closing = threading.Thread(target=lambda: gate.run(server.close(PATIENCE_S)))
        closing.start()
        assert idle.recv(4096) == b""
        with pytest.raises(ConnectionRefusedError):
            gate.connect()
        let_go.set()
        (reply,) = replies(until_closed(busy))
        assert dict(reply.headers)[b"connection"] == b"close"
    closing.join(PATIENCE_S)
    assert server.connections == 0


def test_draining_has_an_end(gate: Gate) -> None:
    """After the grace, what has not ended is cut off."""
    begun = threading.Event()

    async def never(request: Request) -> Reply:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    gate.open(never, LIMITS)
    assert gate.server is not None
    with gate.connect() as one, gate.connect() as two:
        one.sendall(GOOD)
        two.sendall(GOOD[:9])
        assert begun.wait(PATIENCE_S)
        gate.run(gate.server.close(0.01))
        assert until_closed(one) == until_closed(two) == b""
    assert gate.server.connections == 0
    assert gate.errors == []


@pytest.mark.parametrize("first", [False, True], ids=["while it waits", "before it waits"])
def test_draining_can_be_hurried(gate: Gate, first: bool) -> None:
    """Told a second time, the server waits no longer for what is under way."""
    begun = threading.Event()

    async def never(request: Request) -> Reply:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    gate.open(never, LIMITS)
    server = gate.server
    assert server is not None

    async def hurry() -> None:
        closing = asyncio.create_task(server.close(3600))
        for _ in range(0 if first else 5):
            await asyncio.sleep(0)
        server.hurry()
        await closing

    with gate.connect() as one:
        one.sendall(GOOD)
        assert begun.wait(PATIENCE_S)
        gate.run(hurry())
        assert until_closed(one) == b""


def test_a_head_under_way_is_answered_while_draining(gate: Gate) -> None:
    """A request that had begun may end, and is the last."""
    gate.open(echo, LIMITS)
    server = gate.server
    assert server is not None
    with gate.connect() as one:
        one.sendall(GOOD + GOOD[:9])
        assert one.recv(4096)
        closing = threading.Thread(target=lambda: gate.run(server.close(PATIENCE_S)))
        closing.start()
        one.sendall(GOOD[9:])
        assert [reply.status for reply in replies(until_closed(one))] == [200]
    closing.join(PATIENCE_S)


def test_nobody_may_trust_everybody(gate: Gate) -> None:
    """`anywhere` as trusted proxies would let every client choose its address."""
    with pytest.raises(Misconfigured, match="every client could then choose"):
        gate.open(echo, LIMITS, ANYWHERE)


@pytest.mark.parametrize(
    ("host", "port", "advice"),
    [
        ("127.0.0.1", None, "something else listens there; stop it, or choose another port"),
        ("192.0.2.1", 0, "no such address"),
        ("nowhere.invalid", 0, "cannot listen on nowhere.invalid port 0"),
        ("127.0.0.1", 65_536, "a port is 0 to 65535"),
    ],
)
def test_a_place_where_nobody_can_listen(gate: Gate, host: str, port: int | None, advice: str) -> None:
    """One line says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        chosen = other.getsockname()[1] if port is None else port
        with pytest.raises(Misconfigured, match=advice) as caught:
            gate.run(serve(echo, host=host, port=chosen, limits=LIMITS, on_error=gate.errors.append))
    assert "\n" not in str(caught.value)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([GOOD, GOOD[:20], HOST, LAST, b"\r\n"]), max_size=6),
    st.booleans(),
)
def test_any_bytes_from_anyone(gate: Gate, pieces: list[bytes], resets: bool) -> None:
    """Whatever is sent, and however the client leaves, each reply is a whole one and nothing goes wrong inside."""
    if gate.server is None:
        gate.open(echo_later, Limits(head_s=5, linger_s=0.05, connections_per_peer=10_000))
    if resets:
        with gate.connect() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.sendall(b"".join(pieces))
    else:
        assert all(reply.status in range(200, 600) for reply in replies(gate.say(*pieces)))
    assert gate.errors == []
    assert gate.complaints == []
