"""Listening: at TCP ports, with TLS or without, and at Unix sockets.

Nobody but a proxy named by the operator is believed about a client's address, and no proxy is named by default. It
tells the address in one way: where the operator says so in the PROXY protocol, before anything else, and then
X-Forwarded-For is not read; otherwise there.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from bitting.domain.errors import Misconfigured
from bitting.domain.network import NOBODY, Network
from bitting.web.http.arrival import Arrival
from bitting.web.http.connection import Connection
from bitting.web.http.deadlines import Deadlines
from bitting.web.http.face import Face, Handler
from bitting.web.http.limits import Limits
from bitting.web.http.sockets import BACKLOG, listen_tcp, listen_unix, unlink_own
from bitting.web.http.tls import Tls


class Server:
    """A face that is listening. `addresses` are (host, port) pairs; a Unix socket has none."""

    def __init__(self, face: Face, listeners: list[asyncio.Server], file: tuple[Path, int] | None) -> None:
        self._face = face
        self._listeners = listeners
        self._file = file  # of a Unix socket: path and inode
        self._hurried = False
        self._grace: asyncio.Timeout | None = None
        sockets = [one for listener in listeners for one in listener.sockets if one.family != socket.AF_UNIX]
        self.addresses: tuple[tuple[str, int], ...] = tuple(one.getsockname()[:2] for one in sockets)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._face.deadlines.watched)

    @property
    def rejections(self) -> dict[int, int]:
        """How many requests the face itself turned away, or the handler failed, by status."""
        return dict(self._face.rejections)

    async def close(self, grace_s: float) -> None:
        """Stop listening, let what is under way end, and cut off what has not ended after `grace_s`."""
        face = self._face
        face.draining = True
        for listener in self._listeners:
            listener.close()
        if self._file is not None:
            unlink_own(*self._file)
        for connection in list(face.deadlines.watched):
            connection.drain()
        face.check_drained()
        try:
            async with asyncio.timeout(0 if self._hurried else grace_s) as self._grace:
                await face.drained.wait()
        except TimeoutError:
            for connection in list(face.deadlines.watched):
                connection.abort()
            for task in face.tasks:
                task.cancel()
            await face.drained.wait()
        finally:
            self._grace = None
        face.deadlines.stop()

    def hurry(self) -> None:
        """Let `close` wait no longer, now or when it comes."""
        self._hurried = True
        if self._grace is not None:
            self._grace.reschedule(asyncio.get_running_loop().time())


async def serve(
    handler: Handler,
    *,
    host: str,
    port: int,
    limits: Limits,
    on_error: Callable[[BaseException], None],
    trusted_proxies: Network = NOBODY,
    proxy_protocol: bool = False,
    tls: Callable[[], ssl.SSLContext] | None = None,
    refuses: int | None = None,
) -> Server:
    """Listen on every address `host` has; port 0 takes a free one.

    A `handler` that returns a Reply has answered; one that returns an awaitable is awaited.
    `on_error` is told of every exception a handler lets out. `tls` is asked for each connection. `refuses` is the one
    status of everything that does not reach the handler. Raises Misconfigured, saying what to do.
    """
    face = _face(handler, limits, on_error, trusted_proxies, refuses, proxy_protocol=proxy_protocol)
    face.tls = tls
    return await _start(face, await listen_tcp(host, port), None)


async def serve_unix(
    handler: Handler,
    *,
    path: Path,
    limits: Limits,
    on_error: Callable[[BaseException], None],
    mode: int = 0o600,
    trusted_proxies: Network = NOBODY,
    proxy_protocol: bool = False,
    refuses: int | None = None,
) -> Server:
    """Listen on a Unix socket of this mode; requests have the peer NO_ADDRESS, unless the trusted proxies admit that,
    and one of them names another.

    Raises Misconfigured, saying what to do.
    """
    face = _face(handler, limits, on_error, trusted_proxies, refuses, proxy_protocol=proxy_protocol)
    listening, inode = listen_unix(path, mode)
    return await _start(face, [listening], (path, inode))


def _face(
    handler: Handler,
    limits: Limits,
    on_error: Callable[[BaseException], None],
    proxies: Network,
    refuses: int | None,
    *,
    proxy_protocol: bool,
) -> Face:
    if proxies.anywhere:
        raise Misconfigured("trusted proxies cannot be 'anywhere': every client could then choose its address")
    trusted, introducers = (NOBODY, proxies) if proxy_protocol else (proxies, NOBODY)
    shortest_s = min(limits.head_s, limits.body_s, limits.idle_s, limits.reply_s, limits.linger_s)
    return Face(handler, limits, trusted, on_error, Deadlines(shortest_s), introducers, refuses=refuses)


async def _start(face: Face, listening: list[socket.socket], file: tuple[Path, int] | None) -> Server:
    def receive(client: int | None = None) -> asyncio.Protocol:
        connection = Connection(face, client)
        return connection if face.tls is None else Tls(connection, face.tls(), face.rejection)

    accept = receive if face.introducers == NOBODY else lambda: Arrival(face, receive)
    loop = asyncio.get_running_loop()
    listeners = [await loop.create_server(accept, sock=one, backlog=BACKLOG) for one in listening]
    return Server(face, listeners, file)
