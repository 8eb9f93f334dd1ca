"""A request as it came off the wire, and the reply that goes back.

Nothing here is decoded: a signature covers bytes, so bytes are what is kept until it is proven.
"""

from __future__ import annotations

from typing import NamedTuple

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


class Reply(NamedTuple):
    """One HTTP reply, whole. `headers` carry no Content-Length, Date or Connection: the face adds them."""

    status: int
    headers: tuple[Header, ...]
    body: bytes
