"""HAProxy before the gate, in the PROXY protocol: to a port, through TLS that it does not open, to a Unix socket."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.house import PATIENCE_S, House, until
from tests.end_to_end.signing import Key, balances, with_headers
from tests.end_to_end.wire import Answer, Line, tell
from tests.web.http.authority import Authority

CLIENT: Final = "127.0.0.7"  # all of 127.0.0.0/8 is this machine
WAYS: Final = ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id,authority"]


@contextmanager
def haproxy(folder: Path, server: str) -> Iterator[tuple[str, int]]:
    """Passes connections on as they are; where it listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    config = folder / "haproxy.cfg"
    config.write_text(
        "defaults\n    mode tcp\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n"
        f"frontend clients\n    bind {address[0]}:{address[1]}\n    unique-id-format %{{+X}}o%ci\n"
        "    default_backend gate\n"
        f"backend gate\n    server gate {server} check inter 200ms\n"
    )
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(["haproxy", "-db", "-f", str(config)], stdout=log, stderr=log)
    try:
        until(lambda: reached(address))
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def reached(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, PATIENCE_S):
            return True
    except ConnectionRefusedError:
        return False


def asked(address: tuple[str, int], key: Key, *headers: str) -> Answer:
    return tell(address, with_headers(balances(key).raw, *headers), CLIENT)


@pytest.mark.parametrize("way", WAYS)
def test_the_client_is_who_haproxy_says(tmp_path: Path, way: str) -> None:
    """Its address, and neither HAProxy's nor one that it writes itself; HAProxy's own looks at the gate do no harm."""
    settings = '[listen]\ntrusted_proxies = ["127.0.0.1"]\nproxy_protocol = true\n'
    with House(tmp_path, settings=settings) as house:
        key, other = (house.issue("binance", "trade", network=each) for each in (CLIENT, "127.0.0.1"))
        with haproxy(tmp_path, "{}:{} {}".format(*house.address, way)) as address:
            assert asked(address, key, "X-Forwarded-For: 203.0.113.7").status == 200
            answer = asked(address, other, "X-Forwarded-For: 127.0.0.1")
            assert answer.reason == "network.outside"
            assert house.record(answer.request_id)["address"] == CLIENT
            header = f"PROXY TCP4 127.0.0.1 {CLIENT} 1 2\r\n".encode()
            assert tell(address, header + balances(other).raw, CLIENT).status == 400


def test_tls_goes_through(tmp_path: Path) -> None:
    """HAProxy passes on what it cannot read, and says whose it is in front of the handshake."""
    authority = Authority(tmp_path)
    files = authority.issue()
    settings = (
        '[listen]\ntrusted_proxies = ["127.0.0.1"]\nproxy_protocol = true\n'
        f'tls_certificate = "{files.certificate}"\ntls_key = "{files.key}"\n'
    )
    with House(tmp_path, settings=settings) as house:
        key = house.issue("binance", "trade", network=CLIENT)
        with haproxy(tmp_path, "{}:{} send-proxy-v2".format(*house.address)) as address, Line(address, CLIENT) as line:
            context = ssl.create_default_context(cafile=str(authority.ca))
            with context.wrap_socket(line.socket, server_hostname="localhost") as line.socket:
                assert line.ask(balances(key).raw).status == 200


def test_a_unix_socket(tmp_path: Path) -> None:
    """Instead of a port: the gate listens at none, and believes HAProxy since `unix` is named."""
    place = tmp_path / "gate.sock"
    settings = f'[listen]\nunix = "{place}"\ntrusted_proxies = ["unix"]\nproxy_protocol = true\n'
    with House(tmp_path, settings=settings) as house:
        assert house.url == f"unix:{place}"
        key = house.issue("binance", "trade", network=CLIENT)
        with haproxy(tmp_path, f"unix@{place} send-proxy-v2") as address:
            assert asked(address, key).status == 200
        with socket.socket(socket.AF_UNIX) as one:  # without a header nobody is anybody
            one.settimeout(PATIENCE_S)
            one.connect(str(place))
            one.sendall(balances(key).raw)
            assert one.recv(4096) == b""
