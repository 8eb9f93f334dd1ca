"""A body that is still coming, on its way out to a client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bitting.domain.request import Rest
from bitting.web.http.writer import LAST_CHUNK, chunk


class Outflow:
    """Fits `domain.request.Sink`. `done` is told at the end whether all of the body has been written."""

    def __init__(
        self, transport: asyncio.WriteTransport, rest: Rest, *, in_chunks: bool, done: Callable[[bool], None]
    ) -> None:
        self.rest = rest
        self._transport = transport
        self._in_chunks = in_chunks
        self._done = done

    def take(self, part: bytes) -> None:
        """Write a piece of the body; nothing to a client that is gone, which the connection is about to hear."""
        if not self._transport.is_closing():
            self._transport.write(chunk(part) if self._in_chunks else part)

    def end(self) -> None:
        """Write what says that it was the last."""
        if self._in_chunks and not self._transport.is_closing():
            self._transport.write(LAST_CHUNK)
        self._done(True)

    def cut(self) -> None:
        """Write nothing."""
        self._done(False)
