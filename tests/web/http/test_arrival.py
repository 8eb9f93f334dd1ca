"""Proxies that introduce their clients over real sockets, and strangers who would like to."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from bitting.domain.network import Network, address_from_text
from bitting.web.http import Limits, serve_unix
from bitting.web.http.certificates import Reloading, TlsFiles
from tests.web.http.authority import Authority
from tests.web.http.bytes_refused import GOOD, with_headers
from tests.web.http.raw import PATIENCE_S, Gate, echo, replies, until_closed
from tests.web.http.test_proxy_header import REFUSED, V4, WHOLE, v2
from tests.web.http.test_server import eventually
from tests.web.http.test_tls import shaken, speaking

HERE = Network.from_text(["127.0.0.1"])
LINE = b"PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n"
LAST = with_headers(b"Connection: close")
LIMITS = Limits(linger_s=0.2)


def peers(data: bytes) -> list[str]:
    """Who is seen by the handler."""
    return [dict(reply.headers)[b"x-peer"].decode() for reply in replies(data)]


def hexadecimal(address: str) -> str:
    return f"{address_from_text(address):x}"


def open_behind(gate: Gate, trusted: Network = HERE, limits: Limits = LIMITS) -> None:
    gate.open(echo, limits, trusted, proxy_protocol=True)


@pytest.mark.parametrize("name", WHOLE)
def test_the_client_is_who_the_proxy_says(gate: Gate, name: str) -> None:
    """For every request of the connection; X-Forwarded-For is not read beside it."""
    data, client = WHOLE[name]
    open_behind(gate)
    said = gate.say(data + GOOD + with_headers(b"X-Forwarded-For: 198.51.100.9"))
    assert peers(said) == [hexadecimal("127.0.0.1" if client is None else client)] * 2


def test_a_header_in_pieces(gate: Gate) -> None:
    """A byte at a time, its request with it."""
    open_behind(gate)
    for header in (LINE, v2(V4)):
        data = header + LAST
        with gate.connect() as one:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(len(data)):
                one.sendall(data[at : at + 1])
            assert peers(until_closed(one)) == [hexadecimal("203.0.113.7")]


@pytest.mark.parametrize("name", REFUSED)
def test_a_proxy_that_says_nothing_proper_is_hung_up_on(gate: Gate, name: str) -> None:
    """No header, and none of another's bytes, is served as if it were one."""
    open_behind(gate)
    assert gate.say(REFUSED[name] + GOOD, more=True) == b""
    assert gate.server is not None
    assert gate.server.rejections == {400: 1}
    assert gate.errors == []


@pytest.mark.parametrize("header", [LINE, v2(V4)], ids=["1", "2"])
def test_a_stranger_introduces_nobody(gate: Gate, header: bytes) -> None:
    """Who is no proxy of ours is served as himself, without a header; with one he is no client at all (I-15)."""
    open_behind(gate, Network.from_text(["127.0.0.2"]))
    assert peers(gate.say(GOOD)) == [hexadecimal("127.0.0.1")]
    assert [reply.status for reply in replies(gate.say(header + GOOD, more=True))] == [400]


@pytest.mark.parametrize("header", [LINE, v2(V4)], ids=["1", "2"])
def test_a_second_header_is_no_request(gate: Gate, header: bytes) -> None:
    """What a client writes itself stands behind the proxy's header, and is not read as one."""
    open_behind(gate)
    assert [reply.status for reply in replies(gate.say(LINE + header + GOOD, more=True))] == [400]


def test_where_no_header_is_asked_for_none_is_read(gate: Gate) -> None:
    """Not from a trusted proxy either, unless the operator has said so."""
    gate.open(echo, LIMITS, HERE)
    assert [reply.status for reply in replies(gate.say(LINE + GOOD, more=True))] == [400]


def test_a_slow_header(gate: Gate) -> None:
    """It has the time that a head has, and its place among the counted; then the connection is cut."""
    open_behind(gate, limits=Limits(head_s=0.2))
    with gate.connect() as silent, gate.connect() as trickling:
        begun = time.monotonic()
        trickling.sendall(LINE[:9])
        assert gate.server is not None
        server = gate.server
        eventually(lambda: server.connections == 2)
        assert until_closed(silent) == until_closed(trickling) == b""
        assert time.monotonic() - begun > 0.1
    assert gate.server.connections == 0


def test_headers_that_never_come_fill_no_more_than_all_places(gate: Gate) -> None:
    """Beyond the most connections the next one is cut off."""
    open_behind(gate, limits=Limits(connections=2, head_s=3600))
    with gate.connect(), gate.connect():
        assert gate.server is not None
        server = gate.server
        eventually(lambda: server.connections == 2)
        with gate.connect() as third:
            assert until_closed(third) == b""


def test_each_client_behind_the_proxy_is_counted_by_itself(gate: Gate) -> None:
    """One that takes all its connections leaves the others theirs."""
    open_behind(gate, limits=Limits(connections_per_peer=1, linger_s=0.2))
    with gate.connect() as one:
        one.sendall(LINE + GOOD)
        assert one.recv(4096)
        assert [reply.status for reply in replies(gate.say(LINE + LAST))] == [503]
        assert peers(gate.say(LINE.replace(b"113.7", b"113.8") + LAST)) == [hexadecimal("203.0.113.8")]


@pytest.mark.parametrize("data", [b"", LINE[:20]])
def test_draining(gate: Gate, data: bytes) -> None:
    """Who has not been introduced yet is cut off, and nothing is left."""
    open_behind(gate)
    with gate.connect() as one:
        one.sendall(data)
        server = gate.server
        assert server is not None
        eventually(lambda: server.connections == 1)
        gate.run(server.close(PATIENCE_S))
        assert until_closed(one) == b""


def test_a_client_that_leaves_unintroduced(gate: Gate) -> None:
    """Its place is free again."""
    open_behind(gate)
    with gate.connect() as one:
        one.sendall(LINE[:20])
    assert gate.server is not None
    server = gate.server
    eventually(lambda: server.connections == 0)


def test_before_tls(gate: Gate, tmp_path: Path) -> None:
    """The header stands in front of the handshake, in one packet with it or not."""
    authority = Authority(tmp_path)
    gate.open(echo, LIMITS, HERE, proxy_protocol=True, tls=Reloading(authority.issue(), TlsFiles.server))
    with gate.connect() as one:
        mine, arrived, leaving = shaken(one, authority, LINE)
        mine.write(LAST)
        one.sendall(leaving.read())
        arrived.write(until_closed(one))
    assert peers(mine.read(4096)) == [hexadecimal("203.0.113.7")]
    with gate.connect() as one:
        one.sendall(LINE)
        with speaking(authority).wrap_socket(one, server_hostname="localhost") as over:
            over.sendall(LINE + GOOD)  # a header inside is the client's own
            assert [reply.status for reply in replies(until_closed(over))] == [400]


# ---- through a Unix socket


def ask_unix(path: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(PATIENCE_S)
        one.connect(str(path))
        one.sendall(data)
        one.shutdown(socket.SHUT_WR)
        return until_closed(one)


@pytest.mark.parametrize(("trusted", "seen"), [(["::"], "203.0.113.7"), (["127.0.0.1"], "::")])
def test_a_proxy_at_a_unix_socket(gate: Gate, tmp_path: Path, trusted: list[str], seen: str) -> None:
    """It is believed if it is named, by the address that nobody on a network has; else who comes has none."""
    path = tmp_path / "gate.sock"
    proxies = Network.from_text(trusted)
    gate.server = gate.run(
        serve_unix(echo, path=path, limits=LIMITS, on_error=gate.errors.append, mode=0o660, trusted_proxies=proxies)
    )
    told = with_headers(b"X-Forwarded-For: 198.51.100.9, 203.0.113.7")
    assert peers(ask_unix(path, GOOD + told)) == [hexadecimal("::"), hexadecimal(seen)]
    assert path.stat().st_mode & 0o777 == 0o660


def test_a_proxy_at_a_unix_socket_that_introduces(gate: Gate, tmp_path: Path) -> None:
    """With the PROXY protocol, as at a port."""
    path = tmp_path / "gate.sock"
    gate.server = gate.run(
        serve_unix(
            echo,
            path=path,
            limits=LIMITS,
            on_error=gate.errors.append,
            trusted_proxies=Network.from_text(["::"]),
            proxy_protocol=True,
        )
    )
    assert peers(ask_unix(path, LINE + GOOD)) == [hexadecimal("203.0.113.7")]
    assert ask_unix(path, GOOD) == b""
