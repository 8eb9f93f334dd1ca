"""Sockets to listen on, made so that nobody who should not can come in, and refused in one line of advice."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from pathlib import Path
from typing import Final

from bitting.domain.errors import Misconfigured

BACKLOG: Final = 1024
_ADVICE: Final = {
    errno.EADDRINUSE: "something else listens there; stop it, or choose another port",
    errno.EADDRNOTAVAIL: "this machine has no such address; choose one of its own, or 0.0.0.0 for all of them",
    errno.EACCES: "not permitted; choose a port from 1024 up, or grant CAP_NET_BIND_SERVICE",
}


async def listen_tcp(host: str, port: int) -> list[socket.socket]:
    """One listening socket for each address `host` has; port 0 takes a free one. Raises Misconfigured."""
    if not 0 <= port <= 65_535:  # the resolver would take it modulo 65,536
        raise Misconfigured(f"cannot listen on {host} port {port}: a port is 0 to 65535")
    listening: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            one = socket.socket(family, kind, protocol)
            listening.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:  # IPv4 has a socket of its own, or none
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
            one.listen(BACKLOG)
    except OSError as error:
        for one in listening:
            one.close()
        advice = _ADVICE.get(error.errno or 0, error.strerror)
        raise Misconfigured(f"cannot listen on {host} port {port}: {advice}") from error
    return listening


def listen_unix(path: Path, mode: int = 0o600) -> tuple[socket.socket, int]:
    """A socket of this mode (0600: only this user can open it), and the inode of its file.

    A socket file nobody listens on any more is replaced; a live one, or anything else by that name,
    is not. Raises Misconfigured.
    """
    _make_way(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mode is there as the file appears: between a bind and a chmod anybody could come in.
    before = os.umask(0o777 & ~mode)
    try:
        listening.bind(str(path))
    except OSError as error:
        listening.close()
        raise Misconfigured(f"cannot listen on {path}: {error.strerror or error}") from error
    finally:
        os.umask(before)
    listening.listen(BACKLOG)
    return listening, path.lstat().st_ino


def unlink_own(path: Path, inode: int) -> None:
    """Remove a socket file, unless a later process has put its own in its place."""
    try:
        if path.lstat().st_ino == inode:
            path.unlink()
    except FileNotFoundError:
        pass


def _make_way(path: Path) -> None:
    """Remove a stale socket; refuse when something living or foreign has the name."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise Misconfigured(f"{path} is in the way and is not a socket; move it, or choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:  # nobody listens: left over from a process that was killed
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise Misconfigured(f"cannot tell whether {path} is in use: {error.strerror or error}") from error
    raise Misconfigured(f"another process listens on {path}; stop it, or choose another path")
