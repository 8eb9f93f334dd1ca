"""A cable between client and server that breaks when it is told to: the server has answered, and nobody hears it."""

from __future__ import annotations

import contextlib
import socket
from threading import Thread
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

_PIECE: Final = 65536


class Cable:
    """A context manager. `url` is this end of it; `breaks` says how many of the next replies are lost."""

    def __init__(self, url: str) -> None:
        there = urlsplit(url)
        self._there = (there.hostname or "", there.port or 0)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.breaks = 0

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        carrying = []
        with contextlib.suppress(OSError):  # it is closed
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._there)
                carrying += [
                    Thread(target=self._there_on, args=(near, far)),
                    Thread(target=self._back, args=(far, near)),
                ]
                for each in carrying[-2:]:
                    each.start()
        for each in carrying:
            each.join()

    def _there_on(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := near.recv(_PIECE):
                far.sendall(piece)
            far.shutdown(socket.SHUT_WR)

    def _back(self, far: socket.socket, near: socket.socket) -> None:
        with far, near, contextlib.suppress(OSError):
            while piece := far.recv(_PIECE):
                if self.breaks:
                    self.breaks -= 1
                    near.shutdown(socket.SHUT_RDWR)
                    return
                near.sendall(piece)
