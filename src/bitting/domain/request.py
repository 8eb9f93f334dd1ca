"""A request as it came off the wire, and the reply that goes back.

Nothing here is decoded: a signature covers bytes, so bytes are what is kept until it is proven.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

Header = tuple[bytes, bytes]


class Request(NamedTuple):
    """One HTTP request.

    `target` is the raw request target in origin form (`/path?query`), less the mount the operator
    chose for the dialect; `headers` are in the order sent, names in lower case, values as sent with
    outer white space removed; `peer` is the client's address as a 128-bit number (see `network`).

    `base` is what stands in front of `target` in the URL that the client called: the whole of it where the operator
    has named it ("https://api.example.com/native"), else the mount's path, behind `http` and the Host header.
    """

    method: bytes
    target: bytes
    headers: tuple[Header, ...]
    body: bytes
    peer: int
    base: bytes = b""

    @property
    def path(self) -> bytes:
        """The target up to its first `?`, undecoded."""
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """The target behind its first `?`, undecoded; empty where there is none."""
        return self.target.partition(b"?")[2]

    def header(self, name: bytes) -> bytes | None:
        """The value of the header `name` (lower case), or None; the last one if it stands twice."""
        return dict(self.headers).get(name)


class Sink(Protocol):
    """Takes a body in parts, in their order; then one of the other two is called, once."""

    def take(self, part: bytes) -> None: ...

    def end(self) -> None:
        """That was all."""

    def cut(self) -> None:
        """It broke off: what was taken must not pass for the whole."""


class Rest(Protocol):
    """What is still to come of a body; nothing comes before somebody takes it. `length` is the whole body's, None
    where only its end will tell."""

    @property
    def length(self) -> int | None: ...

    def at_end(self, tell: Callable[[bytes | None], None]) -> None:
        """Tell, once, the body's beginning when all has come; None when it broke off or nobody wanted it any more."""

    def pour(self, into: Sink) -> None:
        """Give what comes from now on. It may be over before this returns."""

    def pause(self) -> None:
        """Give nothing for a while."""

    def resume(self) -> None:
        """Go on."""

    def drop(self) -> None:
        """It is not wanted any more; the sink hears nothing of it."""


class Reply(NamedTuple):
    """One HTTP reply. `headers` carry no Content-Length, Date or Connection: the face adds them. `body` is the whole
    of it, or the beginning of one that is long or slow: then `rest` is what is still to come."""

    status: int
    headers: tuple[Header, ...]
    body: bytes
    rest: Rest | None = None
