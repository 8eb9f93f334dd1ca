"""The Unix socket: only its owner comes in, and nobody living is pushed aside."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from bitting.domain.errors import Misconfigured
from bitting.web.http import NO_ADDRESS, Limits, Server, serve_unix
from tests.web.http.bytes_refused import GOOD, with_headers
from tests.web.http.raw import PATIENCE_S, Gate, echo, replies, until_closed


def open_at(gate: Gate, path: Path) -> Server:
    server = gate.run(serve_unix(echo, path=path, limits=Limits(), on_error=gate.errors.append))
    gate.server = server
    return server


def ask(path: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(PATIENCE_S)
        one.connect(str(path))
        one.sendall(data)
        one.shutdown(socket.SHUT_WR)
        return until_closed(one)


def test_a_unix_socket(gate: Gate, tmp_path: Path) -> None:
    """It answers; its file is 0600 whatever the umask, and goes with the server; its peers have no address."""
    path = tmp_path / "gate.sock"
    before = os.umask(0)
    try:
        server = open_at(gate, path)
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    assert server.addresses == ()
    got = replies(ask(path, GOOD + with_headers(b"X-Forwarded-For: 203.0.113.7")))
    assert [dict(reply.headers)[b"x-peer"] for reply in got] == [b"%x" % NO_ADDRESS] * 2
    gate.run(server.close(0))
    assert not path.exists()


def test_a_stale_socket_is_replaced(gate: Gate, tmp_path: Path) -> None:
    """A process that was killed leaves its socket file behind."""
    path = tmp_path / "gate.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    open_at(gate, path)
    assert len(replies(ask(path, GOOD))) == 1


def test_a_live_socket_is_left_alone(gate: Gate, tmp_path: Path) -> None:
    """The second process is told, and the first one serves on."""
    path = tmp_path / "gate.sock"
    open_at(gate, path)
    with pytest.raises(Misconfigured, match="another process listens on"):
        gate.run(serve_unix(echo, path=path, limits=Limits(), on_error=gate.errors.append))
    assert len(replies(ask(path, GOOD))) == 1


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_no_socket_is_left_alone(gate: Gate, tmp_path: Path, kind: str) -> None:
    """Nothing is deleted that a face did not make, and no link is followed."""
    path = tmp_path / "gate.sock"
    if kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere.sock")
    with pytest.raises(Misconfigured, match="is not a socket"):
        open_at(gate, path)
    assert path.is_symlink() or path.exists()


def test_a_socket_whose_use_cannot_be_told(gate: Gate, tmp_path: Path) -> None:
    """A datagram socket by that name is somebody's, though nobody can connect to it."""
    path = tmp_path / "gate.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        with pytest.raises(Misconfigured, match="cannot tell whether"):
            open_at(gate, path)
    assert path.exists()


@pytest.mark.parametrize("path", ["missing/gate.sock", "x" * 120])
def test_a_path_that_cannot_be_made(gate: Gate, tmp_path: Path, path: str) -> None:
    """One line says so: no such folder, or a name longer than the kernel takes."""
    with pytest.raises(Misconfigured, match="cannot listen on"):
        open_at(gate, tmp_path / path)


def test_a_later_socket_is_not_removed(gate: Gate, tmp_path: Path) -> None:
    """A server that closes takes its own file away, not the one that has replaced it; it may be gone already."""
    path = tmp_path / "gate.sock"
    server = open_at(gate, path)
    path.rename(tmp_path / "old.sock")
    with socket.socket(socket.AF_UNIX) as later:
        later.bind(str(path))
        gate.run(server.close(0))
        assert path.exists()
    path.unlink()
    server = open_at(gate, path)
    path.unlink()
    gate.run(server.close(0))
