"""The rest of a long reply, on its way from an upstream's connection to a client's.

The link pushes and the sink takes, within one turn of the loop and without a task; a sink that is full says `pause`,
and then the link does not read. Nothing piles up in between, but for what a link had read when it was told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from bitting.domain.request import Sink

SEEN_BYTES: Final = 64 * 1024  # of a body's beginning: enough for the answer to an order


class Source(Protocol):
    """The link that a flow comes from."""

    def hold(self) -> None:
        """Read nothing for a while."""

    def go_on(self) -> None:
        """Read again."""

    def abort(self, why: str) -> None:
        """Drop the connection; the flow is cut."""


class Flow:
    """Fits `domain.request.Rest`; the link calls `take`, `end` and `cut`. Holds its source until somebody takes it."""

    def __init__(self, source: Source, beginning: bytes, length: int | None) -> None:
        self.length = length
        self._source = source
        self._seen = beginning
        self._waiting: list[bytes] = []  # read before anybody took it
        self._sink: Sink | None = None
        self._whole: bool | None = None  # None: it is still coming
        self._tell: Callable[[bytes | None], None] | None = None

    def at_end(self, tell: Callable[[bytes | None], None]) -> None:
        """Tell, once, the body's beginning when all has come; None when it has not."""
        self._tell = tell
        if self._whole is not None:
            self._told()

    def pour(self, into: Sink) -> None:
        """Give what is there and what comes from now on."""
        self._sink = into
        for part in self._waiting:
            into.take(part)
        self._waiting.clear()
        if self._whole is None:
            self._source.go_on()
        else:
            self._over(self._whole)

    def pause(self) -> None:
        """Let the source wait."""
        if self._whole is None:
            self._source.hold()

    def resume(self) -> None:
        """Let the source go on."""
        if self._whole is None:
            self._source.go_on()

    def drop(self) -> None:
        """Cut the source off, and say nothing of it to the sink."""
        self._sink = None
        if self._whole is None:
            self._source.abort("nobody waits for the rest of the reply")

    # The link calls these.

    def take(self, part: bytes) -> None:
        """More of the body."""
        if len(self._seen) < SEEN_BYTES:
            self._seen += part[: SEEN_BYTES - len(self._seen)]
        if self._sink is None:
            self._waiting.append(part)
        else:
            self._sink.take(part)

    def end(self) -> None:
        """All of it has come."""
        self._over(whole=True)

    def cut(self) -> None:
        """It broke off."""
        self._over(whole=False)

    def _over(self, whole: bool) -> None:
        self._whole = whole
        self._told()
        sink, self._sink = self._sink, None
        if sink is not None and whole:
            sink.end()
        elif sink is not None:
            sink.cut()

    def _told(self) -> None:
        tell, self._tell = self._tell, None
        if tell is not None:
            tell(self._seen if self._whole else None)
