"""TLS on the gate's own ports: who is let in, who is not, and that behind it the face is what it is without."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from pathlib import Path

import pytest

from bitting.domain.request import Reply, Request
from bitting.web.http import Limits
from bitting.web.http.certificates import Reloading, TlsFiles
from tests.web.http.authority import Authority
from tests.web.http.bytes_refused import GOOD, REFUSED, with_headers, with_line
from tests.web.http.raw import PATIENCE_S, Gate, echo, replies, until_closed
from tests.web.http.test_server import echo_later, eventually

LIMITS = Limits(linger_s=0.5)
LAST = with_headers(b"Connection: close")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder)


@pytest.fixture(scope="module")
def files(authority: Authority) -> TlsFiles:
    return authority.issue()


def speaking(authority: Authority, mine: TlsFiles | None = None) -> ssl.SSLContext:
    """A client's context: any version the library has, the authority trusted, perhaps a certificate of its own."""
    context = ssl.create_default_context(cafile=str(authority.ca))
    if mine is not None:
        assert mine.certificate is not None
        context.load_cert_chain(mine.certificate, mine.key)
    return context


def serving(gate: Gate, files: TlsFiles, limits: Limits = LIMITS, **more: object) -> None:
    gate.open(more.pop("handler", echo), limits, tls=Reloading(files, TlsFiles.server), **more)  # type: ignore[arg-type]


def over(gate: Gate, context: ssl.SSLContext, *pieces: bytes) -> bytes:
    """Send the pieces over TLS and return everything until the server says goodbye; a cut raises."""
    with context.wrap_socket(gate.connect(), server_hostname="localhost", suppress_ragged_eofs=False) as one:
        for piece in pieces:
            one.sendall(piece)
        return until_closed(one)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda each: each.name)
def test_requests_over_tls(gate: Gate, authority: Authority, files: TlsFiles, version: ssl.TLSVersion) -> None:
    """Pipelined requests with bodies, in records of any size, are answered in their order, as HTTP/1.1."""
    serving(gate, files, handler=echo_later)
    context = speaking(authority)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    data = (with_headers(b"Content-Length: 5") + b"hello") * 20
    got = replies(over(gate, context, *[data[at : at + 7] for at in range(0, len(data), 7)], LAST))
    assert [one.body for one in got] == [b"/v1/orders hello"] * 20 + [b"/v1/orders "]
    with context.wrap_socket(gate.connect(), server_hostname="localhost") as one:
        assert (one.version(), one.selected_alpn_protocol()) == (version.name.replace("_", "."), "http/1.1")
        suite = one.cipher()
        assert suite is not None
        assert suite[0].startswith("TLS_") or suite[0].startswith("ECDHE-")


def test_a_large_reply_and_a_large_body(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """More than any buffer holds goes through whole, both ways."""
    serving(gate, files)
    body = bytes(range(256)) * 4000
    whole = with_headers(b"Content-Length: %d" % len(body), b"Connection: close") + body
    [reply] = replies(over(gate, speaking(authority), whole))
    assert reply.body == b"/v1/orders " + body


@pytest.mark.parametrize("name", ["two lengths", "no host", "a long header", "tls", "expect"])
def test_a_refusal_ends_the_connection(gate: Gate, authority: Authority, files: TlsFiles, name: str) -> None:
    """As without TLS: the request before is answered, the refusal arrives whole, and the end is told from a cut."""
    data, status = REFUSED[name]
    serving(gate, files)
    first, refusal = replies(over(gate, speaking(authority), GOOD + data + GOOD))
    assert (first.status, refusal.status) == (200, status)
    assert gate.errors == []


def test_a_request_that_is_cut_is_not_served(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """An attacker on the wire who cuts it can shorten nothing: a request says how long it is."""
    seen: list[Request] = []

    def note(request: Request) -> Reply:
        seen.append(request)
        return echo(request)

    serving(gate, files, handler=note)
    server = gate.server
    assert server is not None
    raw = gate.connect()
    with speaking(authority).wrap_socket(raw, server_hostname="localhost") as one:
        one.sendall(with_headers(b"Content-Length: 5") + b"hell")
        raw_end = socket.socket(fileno=socket.dup(one.fileno()))
        raw_end.shutdown(socket.SHUT_WR)
        raw_end.close()
        assert [reply.status for reply in replies(until_closed(one))] == [400]
    assert seen == []


def test_requests_that_come_while_one_is_answered(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """They wait in the socket, and are answered afterwards."""
    begun, let_go = threading.Event(), threading.Event()

    async def slow(request: Request) -> Reply:
        begun.set()
        await asyncio.to_thread(let_go.wait, PATIENCE_S)
        return echo(request)

    serving(gate, files, handler=slow)
    with speaking(authority).wrap_socket(gate.connect(), server_hostname="localhost") as one:
        one.sendall(GOOD)
        assert begun.wait(PATIENCE_S)
        for _ in range(20):
            one.sendall(GOOD)
            gate.settle()
        one.sendall(LAST)
        let_go.set()
        assert [reply.status for reply in replies(until_closed(one))] == [200] * 22


def test_a_client_that_reads_late(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """Finds everything, more than the buffers of both sides hold."""
    serving(gate, files, handler=lambda request: Reply(200, (), bytes(3_000_000)))
    with speaking(authority).wrap_socket(gate.connect(), server_hostname="localhost") as one:
        one.sendall(GOOD * 4 + LAST)
        gate.settle()
        assert [len(reply.body) for reply in replies(until_closed(one))] == [3_000_000] * 5


def test_a_goodbye_right_behind_the_last_request(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """The request is answered, and the connection is over on both sides."""
    serving(gate, files)
    with gate.connect() as one:
        mine, arrived, leaving = shaken(one, authority)
        mine.write(LAST)
        with pytest.raises(ssl.SSLWantReadError):
            mine.unwrap()
        one.sendall(leaving.read())
        arrived.write(until_closed(one))
        assert [reply.status for reply in replies(mine.read(4096))] == [200]


def shaken(
    one: socket.socket, authority: Authority, before: bytes = b""
) -> tuple[ssl.SSLObject, ssl.MemoryBIO, ssl.MemoryBIO]:
    """A handshake over this socket, behind these bytes: what speaks, and where it finds and leaves its bytes."""
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    mine = speaking(authority).wrap_bio(arrived, leaving, server_hostname="localhost")
    while True:
        try:
            mine.do_handshake()
            return mine, arrived, leaving
        except ssl.SSLWantReadError:
            one.sendall(before + leaving.read())
            before = b""
            arrived.write(one.recv(1 << 16))


# ---- who is not let in


def test_plain_http_is_told_to_use_tls(gate: Gate, files: TlsFiles) -> None:
    """One line, in the only words such a client understands; nothing of the request is looked at."""
    serving(gate, files)
    [reply] = replies(gate.say(GOOD))
    assert (reply.status, reply.body) == (400, b"this port speaks TLS: call it with https://\n")
    assert gate.server is not None
    assert gate.server.rejections == {400: 1}


@pytest.mark.parametrize(
    "data", [b"\x00", b"\x16\x03\x01\x00\x05hello", b"\r\n\r\n\0\r\nQUIT\n", bytes(5000), b"\x80\x2e\x01\x00\x02"]
)
def test_what_is_no_handshake(gate: Gate, files: TlsFiles, data: bytes) -> None:
    """Whatever comes instead ends the connection, without a word of HTTP."""
    serving(gate, files)
    assert b"HTTP" not in gate.say(data)
    assert gate.errors == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=lambda each: each.name)
def test_old_versions_are_refused(gate: Gate, authority: Authority, files: TlsFiles, version: ssl.TLSVersion) -> None:
    """TLS 1.0 and 1.1 were retired by RFC 8996."""
    serving(gate, files)
    context = speaking(authority)
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match=r"PROTOCOL_VERSION"):
        over(gate, context, GOOD)


@pytest.mark.parametrize("suite", ["AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-SHA384", "NULL:eNULL"])
def test_weak_suites_are_refused(gate: Gate, authority: Authority, files: TlsFiles, suite: str) -> None:
    """Keys that a stolen certificate would open later, and encryption that is not authenticated."""
    serving(gate, files)
    context = speaking(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{suite}:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        over(gate, context, GOOD)


def test_a_client_certificate_is_demanded(gate: Gate, authority: Authority, files: TlsFiles, folder: Path) -> None:
    """With a CA for clients, one that it has signed comes in; none, one of another CA and one that has ended do not."""
    seen: list[Request] = []

    def note(request: Request) -> Reply:
        seen.append(request)
        return echo(request)

    serving(gate, files._replace(ca=authority.ca), handler=note)
    good = speaking(authority, authority.issue("bot"))
    assert [reply.status for reply in replies(over(gate, good, LAST))] == [200]
    seen.clear()
    other = Authority(folder, "other")
    for mine, alert in (
        (None, "CERTIFICATE_REQUIRED"),
        (other.issue("intruder"), "UNKNOWN_CA"),
        (authority.issue("late", days=-1), "CERTIFICATE_EXPIRED"),
    ):
        with pytest.raises(ssl.SSLError, match=alert):
            over(gate, speaking(authority, mine), GOOD)
    assert seen == []
    assert gate.errors == []


def test_a_session_is_not_resumed_where_certificates_are_demanded(
    gate: Gate, authority: Authority, files: TlsFiles
) -> None:
    """What a certificate was good for yesterday, it has to be good for today."""
    serving(gate, files._replace(ca=authority.ca))
    context = speaking(authority, authority.issue("bot"))
    with context.wrap_socket(gate.connect(), server_hostname="localhost") as one:
        one.sendall(GOOD)
        one.recv(4096)
        session = one.session
    assert session is None or not session.has_ticket


def test_a_slow_handshake(gate: Gate, files: TlsFiles) -> None:
    """It has the time that a head has, however its bytes trickle, and then the connection is closed."""
    serving(gate, files, Limits(head_s=0.2))
    with gate.connect() as silent, gate.connect() as begun:
        begun.sendall(b"\x16\x03\x01")
        assert until_closed(silent) == until_closed(begun) == b""


def test_who_shakes_hands_has_its_place_among_the_counted(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """Handshakes that are never finished count for the address they come from; the next one is turned away."""
    serving(gate, files, Limits(connections_per_peer=2, linger_s=0.2))
    with gate.connect(), gate.connect():
        assert gate.server is not None
        server = gate.server
        eventually(lambda: server.connections == 2)
        with pytest.raises(OSError, match=r"EOF|reset"):
            speaking(authority).wrap_socket(gate.connect(), server_hostname="localhost")


def test_bytes_that_are_changed_on_the_way(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """A record that does not open ends the connection; what was in it is not served."""
    seen: list[Request] = []

    def note(request: Request) -> Reply:
        seen.append(request)
        return echo(request)

    serving(gate, files, handler=note)
    with gate.connect() as one:
        mine, _, leaving = shaken(one, authority)
        mine.write(GOOD)
        record = bytearray(leaving.read())
        record[-1] ^= 1
        one.sendall(record)
        until_closed(one)
    assert seen == []
    assert gate.errors == []


def test_a_client_that_resets(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """In the middle of anything: nothing goes wrong inside, and its place is free again."""
    let_go = threading.Event()

    async def never_in_time(request: Request) -> Reply:
        let_go.set()
        return echo(request)

    serving(gate, files, handler=never_in_time)
    one = speaking(authority).wrap_socket(gate.connect(), server_hostname="localhost")
    one.sendall(GOOD)
    assert let_go.wait(PATIENCE_S)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()
    assert gate.server is not None
    server = gate.server
    eventually(lambda: server.connections == 0)


def test_draining(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """A connection between two requests is told goodbye, one in a handshake is closed."""
    serving(gate, files)
    context = speaking(authority)
    with context.wrap_socket(gate.connect(), server_hostname="localhost", suppress_ragged_eofs=False) as idle:
        idle.sendall(with_line(b"GET / HTTP/1.1"))
        assert idle.recv(4096)
        with gate.connect() as shaking:
            server = gate.server
            assert server is not None
            eventually(lambda: server.connections == 2)
            gate.run(server.close(PATIENCE_S))
            assert idle.recv(1) == b""
            assert until_closed(shaking) == b""


def test_a_slow_reader_is_not_written_to_for_ever(gate: Gate, authority: Authority, files: TlsFiles) -> None:
    """What a client does not take away is not made: with its socket full no further request is answered."""
    answered: list[int] = []

    def large(request: Request) -> Reply:
        answered.append(1)
        return Reply(200, (), bytes(4_000_000))

    serving(gate, files, Limits(reply_s=0.3), handler=large)
    with speaking(authority).wrap_socket(gate.connect(), server_hostname="localhost") as one:
        one.sendall(GOOD * 50)
        assert gate.server is not None
        server = gate.server
        eventually(lambda: server.connections == 0)
    assert len(answered) < 10


def test_a_certificate_is_replaced_while_connections_stand(gate: Gate, tmp_path: Path) -> None:
    """Those that stand go on; the next one meets the new certificate."""
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    files = first.issue()
    tls = Reloading(files, TlsFiles.server)
    gate.open(echo, LIMITS, tls=tls)
    with speaking(first).wrap_socket(gate.connect(), server_hostname="localhost") as standing:
        assert second.issue() == files  # written over the first one's
        tls.refresh()
        with pytest.raises(ssl.SSLCertVerificationError):
            speaking(first).wrap_socket(gate.connect(), server_hostname="localhost")
        assert len(replies(over(gate, speaking(second), LAST))) == 1
        standing.sendall(GOOD)
        assert len(replies(standing.recv(4096))) == 1
