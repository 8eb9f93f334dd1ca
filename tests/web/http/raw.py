"""A face in a thread of its own, and raw sockets to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bitting.domain.network import NOBODY, Network
from bitting.domain.request import Header, Reply, Request
from bitting.web.http import Handler, Limits, Server, serve

T = TypeVar("T")
PATIENCE_S = 20.0  # what never takes so long, unless it never comes


class Gate:
    """A server on a free port of the loopback; what went wrong in it stands in `errors` and `complaints`."""

    def __init__(self, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self.errors: list[BaseException] = []  # what the face was told to report
        self.complaints: list[str] = []  # what the loop had to report, for nobody else did
        self._loop = new_loop()
        self._loop.set_exception_handler(lambda _, context: self.complaints.append(str(context)))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server: Server | None = None

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(PATIENCE_S)

    def open(
        self, handler: Handler, limits: Limits, trusted: Network = NOBODY, host: str = "127.0.0.1", **more: Any
    ) -> None:
        """`more` goes to `serve`."""
        told = self.errors.append
        self.server = self.run(
            serve(handler, host=host, port=0, limits=limits, on_error=told, trusted_proxies=trusted, **more)
        )

    @property
    def port(self) -> int:
        assert self.server is not None
        return self.server.addresses[0][1]

    def connect(self, host: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection((host, self.port), PATIENCE_S)

    def say(self, *pieces: bytes, more: bool = False) -> bytes:
        """Send the pieces and return everything until the server closes; `more`: we do not close our half first."""
        with self.connect() as one:
            for piece in pieces:
                try:
                    one.sendall(piece)
                except OSError:  # it has heard enough
                    break
            if not more:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_WR)
            return until_closed(one)

    def settle(self) -> None:
        """Let the loop take what has arrived, and end what it has begun of itself, such as accepting."""
        self.run(settled())

    def close(self) -> None:
        self.settle()  # asyncio 3.11 leaks what it is accepting when a listener is closed
        if self.server is not None:
            self.run(self.server.close(0))
        self.settle()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()


async def settled() -> None:
    for _ in range(3):
        await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=0.1)


def until_closed(one: socket.socket) -> bytes:
    data = bytearray()
    while True:
        try:
            part = one.recv(1 << 16)
        except ConnectionResetError:
            break
        if not part:
            break
        data += part
    return bytes(data)


def replies(data: bytes) -> list[Reply]:
    """Take apart what came back; every reply says how long it is."""
    found: list[Reply] = []
    while data:
        head, end, data = data.partition(b"\r\n\r\n")
        assert end, "a reply without an end"
        line, *lines = head.split(b"\r\n")
        version, status, _ = line.split(b" ", 2)
        assert version == b"HTTP/1.1"
        headers: tuple[Header, ...] = tuple((one.split(b": ", 1)[0], one.split(b": ", 1)[1]) for one in lines)
        length = int(dict(headers).get(b"content-length", b"0"))
        assert len(data) >= length, "a reply cut short"
        found.append(Reply(int(status), headers, data[:length]))
        data = data[length:]
    return found


def echo(request: Request) -> Reply:
    """Say what was understood."""
    peer = b"%x" % request.peer
    return Reply(200, ((b"x-method", request.method), (b"x-peer", peer)), request.target + b" " + request.body)
