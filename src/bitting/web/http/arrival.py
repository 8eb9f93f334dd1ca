"""A connection from its first moment until it is known whose it is, where a proxy tells that (see `proxy_header`).

Only proxies that the operator has named have to introduce their clients, and only they are heard: who comes by himself
and begins with such a header is taken for what he is, somebody who does not speak HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from bitting.web.http.deadlines import NEVER
from bitting.web.http.face import Face
from bitting.web.http.peer import socket_address
from bitting.web.http.proxy_header import MalformedHeader, read_proxy_header


class Arrival(asyncio.Protocol):
    """asyncio calls the methods of `Protocol`, `Deadlines` and the server those of `Client`. `receive` makes what
    takes the connection over: for the client that was introduced, or, given None, for who the socket says it is."""

    _transport: asyncio.Transport

    def __init__(self, face: Face, receive: Callable[[int | None], asyncio.Protocol]) -> None:
        self._face = face
        self._receive = receive
        self._header = b""
        self.deadline = NEVER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        face = self._face
        peer = socket_address(transport.get_extra_info("peername"))
        if peer is None or not face.introducers.admits(peer):
            self._hand_over(None, b"")
        elif face.draining or len(face.deadlines.watched) >= face.limits.connections:
            self._transport.abort()
        else:
            face.deadlines.watched.add(self)
            self.deadline = face.deadlines.now + face.limits.head_s

    def data_received(self, data: bytes) -> None:
        self._header += data
        try:
            introduced = read_proxy_header(self._header)
        except MalformedHeader:  # whoever misconfigured the proxy reads that we hung up; there is no HTTP to say it in
            self._face.rejections[400] += 1
            self._transport.abort()
            return
        if introduced is not None:
            self._face.deadlines.watched.discard(self)
            self._hand_over(introduced.client, self._header[introduced.length :])

    def _hand_over(self, client: int | None, rest: bytes) -> None:
        protocol = self._receive(client)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        if rest and not self._transport.is_closing():
            protocol.data_received(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        self._face.deadlines.watched.discard(self)
        self._face.check_drained()

    def drain(self) -> None:
        """Nothing is under way here."""
        self._transport.abort()

    def abort(self) -> None:
        """Cut off."""
        self._transport.abort()

    def expire(self) -> None:
        """No header in time."""
        self._transport.abort()
