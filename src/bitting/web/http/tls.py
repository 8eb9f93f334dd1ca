"""TLS between the wire and a connection: a protocol to the one, a transport to the other.

A connection behind it is told of its client before the handshake, so a client that is slow in shaking hands, or never
does, has its place among the counted and its deadline like one that is slow in sending headers. What the loop's own
TLS cannot do is done here: our half is closed (with TLS's own goodbye) while what still arrives is thrown away, and
bytes that came behind a PROXY header are taken over.

Nobody who has not shaken hands hears of HTTP, but for one: who speaks HTTP without TLS is told so, once.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from bitting.web.http.errors import Rejected

_RECORDS: Final = 1 << 18  # more than arrives at once
_PLAIN: Final = Rejected(400, "this port speaks TLS: call it with https://")


class Tls(asyncio.Transport, asyncio.Protocol):
    """asyncio calls the methods of `Protocol`; `inner` those of `Transport`."""

    _raw: asyncio.Transport

    def __init__(self, inner: asyncio.Protocol, context: ssl.SSLContext, reject: Callable[[Rejected], bytes]) -> None:
        self._inner = inner
        self._reject = reject
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_side=True)
        self._began = False
        self._shaken = False
        self._over = False  # our last word is said; what arrives is thrown away

    # ---- from the wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._raw = cast(asyncio.Transport, transport)
        self._inner.connection_made(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        if not self._began:
            self._began = True
            if 0x41 <= data[0] <= 0x5A:
                self._raw.write(self._reject(_PLAIN))
                self._end()
                return
        self._arrived.write(data)
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
            self._hand_on()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:
            self._flush()  # the alert that says why
            if self._shaken:
                self._raw.close()
            self._end()

    def eof_received(self) -> bool | None:
        """TLS's goodbye or the end of the stream is the same here: a request says itself where it ends."""
        return self._inner.eof_received()

    def _hand_on(self) -> None:
        """Give everything that can be read to the connection, at once. Raises SSLError."""
        parts: list[bytes] = []
        said_goodbye = True
        try:
            while part := self._tls.read(_RECORDS):
                parts.append(part)
        except ssl.SSLWantReadError:
            said_goodbye = False
        self._flush()
        if parts:
            self._inner.data_received(b"".join(parts))
        if said_goodbye and not self._inner.eof_received():
            self.close()

    def _flush(self) -> None:
        """What TLS has to say goes out; nothing where there is nothing."""
        if self._leaving.pending:
            self._raw.write(self._leaving.read())

    def _end(self) -> None:
        """No more is heard or said; the connection's own deadline, or the client, closes it."""
        self._over = True
        with suppress(OSError):  # reset by the client, and the loop has not heard of it yet
            self._raw.write_eof()

    # ---- from the connection

    def write(self, data: Any) -> None:
        """Nothing is said before the handshake, and nothing behind the last word."""
        if not self._shaken or self._over:
            return
        left = memoryview(data)
        while left:
            left = left[self._tls.write(left) :]
        self._flush()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._raw.set_write_buffer_limits(high, low)

    def write_eof(self) -> None:
        """Say goodbye, as TLS does, and close our half. Raises OSError as a socket does."""
        self._say_goodbye()
        self._raw.write_eof()

    def close(self) -> None:
        self._say_goodbye()
        self._raw.close()

    def _say_goodbye(self) -> None:
        if not self._over:
            self._over = True
            # What is not a goodbye in return is of no interest any more; nor is a handshake that was under way.
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()

    def abort(self) -> None:
        self._raw.abort()

    def is_closing(self) -> bool:
        return self._raw.is_closing()

    def pause_reading(self) -> None:
        self._raw.pause_reading()

    def resume_reading(self) -> None:
        self._raw.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._raw.get_extra_info(name, default)
