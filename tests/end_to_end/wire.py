"""Connections that send bytes as they are, and say exactly what came back."""

from __future__ import annotations

import re
import socket
import time
from types import TracebackType
from typing import NamedTuple

from tests.end_to_end.house import PATIENCE_S

# As most dialects write it behind their text, and as Bithumb's API 1.0 does beside it, where a refusal has status 200.
_REASON = re.compile(rb'(?:[\[(]|"reason":")([a-z]+\.[a-z_]+)(?:, request |",)')


class Cut(Exception):
    """The connection ended before a whole reply; `torn` when a part of one had come."""

    def __init__(self, *, torn: bool) -> None:
        super().__init__("in the middle of a reply" if torn else "before a reply")
        self.torn = torn


class Answer(NamedTuple):
    """A whole reply. `sent_ns` was read before the request's first byte left, `done_ns` after the last one came."""

    status: int
    headers: dict[str, str]
    body: bytes
    sent_ns: int
    done_ns: int

    @property
    def reason(self) -> str:
        """The code of the gate's refusal; empty when the request was admitted."""
        found = _REASON.search(self.body)
        return found[1].decode() if found else ""

    @property
    def request_id(self) -> str:
        """As the reply carries it."""
        return self.headers.get("x-request-id", "")


class Line:
    """One connection to the gate, kept open. `source` is the loopback address it comes from."""

    def __init__(self, address: tuple[str, int], source: str = "") -> None:
        self.socket = socket.create_connection(address, PATIENCE_S, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pending = b""

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def ask(self, message: bytes) -> Answer:
        """Send a request and wait for its reply. Raises Cut."""
        sent_ns = time.monotonic_ns()
        try:
            self.socket.sendall(message)
        except OSError:
            raise Cut(torn=False) from None
        return self.answer(sent_ns)

    def answer(self, sent_ns: int = 0) -> Answer:
        """The next reply. Raises Cut."""
        while (end := self._pending.find(b"\r\n\r\n")) < 0:
            self._more()
        first, *lines = self._pending[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        whole = end + 4 + int(headers.get("content-length", 0))
        while len(self._pending) < whole:
            self._more()
        body, self._pending = self._pending[end + 4 : whole], self._pending[whole:]
        return Answer(int(first.split()[1]), headers, body, sent_ns, time.monotonic_ns())

    def _more(self) -> None:
        try:
            received = self.socket.recv(65536)
        except ConnectionError:
            received = b""
        if not received:
            raise Cut(torn=bool(self._pending))
        self._pending += received


def tell(address: tuple[str, int], message: bytes, source: str = "") -> Answer:
    """One request on a connection of its own. Raises Cut."""
    with Line(address, source) as line:
        return line.ask(message)
