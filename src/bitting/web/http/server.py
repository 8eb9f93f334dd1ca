"""Listening: TCP for clients, a Unix socket for the machine's own operator.

There is no TLS here: what stands before the gate ends it. Nobody but a proxy named by the operator
is believed about a client's address, and no proxy is named by default.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

from bitting.domain.errors import Misconfigured
from bitting.domain.network import NOBODY, Network
from bitting.web.http.connection import Connection
from bitting.web.http.deadlines import Deadlines
from bitting.web.http.face import Face, Handler
from bitting.web.http.limits import Limits
from bitting.web.http.sockets import BACKLOG, listen_tcp, listen_unix, unlink_own


class Server:
    """A face that is listening. `addresses` are (host, port) pairs; a Unix socket has none."""

    def __init__(self, face: Face, listeners: list[asyncio.Server], file: tuple[Path, int] | None) -> None:
        self._face = face
        self._listeners = listeners
        self._file = file  # of a Unix socket: path and inode
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
            async with asyncio.timeout(grace_s):
                await face.drained.wait()
        except TimeoutError:
            for connection in list(face.deadlines.watched):
                connection.abort()
            for task in face.tasks:
                task.cancel()
            await face.drained.wait()
        face.deadlines.stop()


async def serve(
    handler: Handler,
    *,
    host: str,
    port: int,
    limits: Limits,
    on_error: Callable[[BaseException], None],
    trusted_proxies: Network = NOBODY,
) -> Server:
    """Listen on every address `host` has; port 0 takes a free one.

    A `handler` that returns a Reply has answered; one that returns an awaitable is awaited.
    `on_error` is told of every exception a handler lets out. Raises Misconfigured, saying what to do.
    """
    if trusted_proxies.anywhere:
        raise Misconfigured("trusted proxies cannot be 'anywhere': every client could then choose its address")
    return await _start(handler, await listen_tcp(host, port), limits, trusted_proxies, on_error, None)


async def serve_unix(
    handler: Handler, *, path: Path, limits: Limits, on_error: Callable[[BaseException], None]
) -> Server:
    """Listen on a Unix socket of mode 0600; requests have the peer NO_ADDRESS.

    Raises Misconfigured, saying what to do.
    """
    listening, inode = listen_unix(path)
    return await _start(handler, [listening], limits, NOBODY, on_error, (path, inode))


async def _start(
    handler: Handler,
    listening: list[socket.socket],
    limits: Limits,
    trusted: Network,
    on_error: Callable[[BaseException], None],
    file: tuple[Path, int] | None,
) -> Server:
    loop = asyncio.get_running_loop()
    shortest_s = min(limits.head_s, limits.body_s, limits.idle_s, limits.reply_s, limits.linger_s)
    face = Face(handler, limits, trusted, on_error, Deadlines(shortest_s))
    listeners = [await loop.create_server(lambda: Connection(face), sock=one, backlog=BACKLOG) for one in listening]
    return Server(face, listeners, file)
