"""Replies out of the bytes of an upstream's connection: pure, like `reader`.

llhttp reads them, with every leniency off. On top of what it refuses: a reply whose end would be
the end of the connection (cut short, it would look whole), any transfer coding but a single
`chunked`, and a status that is none. Interim replies (1xx) are skipped, chunks are put together,
chunk extensions and trailers are left behind.

A body may have any length: whoever does not want to hold all of it takes what is there, again and again. Everything
else is bounded, also where it comes between two pieces of the body.
"""

from __future__ import annotations

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from bitting.domain.errors import Malformed
from bitting.domain.request import Header, Reply

_MOST_HEADERS: Final = 200
_WITHOUT_BODY: Final = frozenset({204, 304})


class MalformedReply(Malformed):
    """The upstream's bytes are not one whole HTTP/1.1 reply; nothing behind them on the connection can be trusted."""


class ReplyReader:
    """For each request `begin`, then `feed` what arrives until it returns the reply.

    begun     the headers of the final reply are whole
    length    that they give the body; None where it comes in chunks
    held      how much of the body is there, and has not been taken
    reusable  after the reply: whether the connection may carry another
    """

    def __init__(self, head_bytes: int) -> None:
        """`head_bytes` bounds what comes in a row and is no body: heads, chunk extensions, trailers."""
        self._parser = HttpResponseParser(self)
        self._head_bytes = head_bytes
        self.begin(to_head=False)

    def begin(self, *, to_head: bool) -> None:
        """Expect the reply to a request; one to HEAD ends with its headers."""
        self._to_head = to_head
        self._fed = 0  # since the last byte of a body
        self._status = 0  # of the final reply, once its headers are whole
        self._headers: list[Header] = []
        self._parts: list[bytes] = []
        self._interim = False
        self._done = False
        self._fault = "the reply is malformed"
        self.length: int | None = None
        self.held = 0
        self.reusable = False

    @property
    def begun(self) -> bool:
        return self._status != 0

    def feed(self, data: bytes) -> Reply | None:
        """The reply once it is whole, with what has not been taken of its body; headers as they came (names in lower
        case). Raises MalformedReply."""
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.reusable = False
            if not self._done:  # behind a whole reply it is only surplus: that reply stands
                raise MalformedReply(self._fault) from None
        if self._done:
            return self.take()
        if self._fed > self._head_bytes:
            raise MalformedReply(f"more than {self._head_bytes} bytes of the reply are no body")
        return None

    def take(self) -> Reply:
        """The reply with what is there of its body, which is not given again."""
        parts, self._parts, self.held = self._parts, [], 0
        return Reply(self._status, tuple(self._headers), parts[0] if len(parts) == 1 else b"".join(parts))

    # llhttp calls these; what they raise comes out of `feed_data` as an HttpParserError.

    def on_message_begin(self) -> None:
        if self._done:
            raise MalformedReply("nobody asked for a second reply")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._status:
            return  # a trailer
        if len(self._headers) == _MOST_HEADERS:
            self._refuse("the reply has too many headers")
        self._headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        status: int = self._parser.get_status_code()
        version = self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            self._refuse("the reply is not HTTP/1.1")
        self._interim = 100 <= status < 200 and status != 101
        if self._interim:
            return
        if not 200 <= status < 600:
            self._refuse("the reply has no final status")
        self._status = status
        fields = dict(self._headers)
        if b"transfer-encoding" in fields:
            codings = [value.lower() for name, value in self._headers if name == b"transfer-encoding"]
            if codings != [b"chunked"] or version != "1.1":
                self._refuse("the reply has a transfer coding that is not read here")
        elif b"content-length" in fields:
            self.length = int(fields[b"content-length"])  # digits, and only one: llhttp has seen to that
        elif not self._to_head and status not in _WITHOUT_BODY:
            self._refuse("the reply does not say how long it is")
        self.reusable = self._parser.should_keep_alive()
        if self._to_head:  # llhttp does not know, and would wait for a body
            self._done, self.reusable = True, False

    def on_body(self, part: bytes) -> None:
        if not self._done:
            self._parts.append(part)
            self.held += len(part)
            self._fed = 0

    def on_message_complete(self) -> None:
        if self._interim:
            self._headers.clear()
        else:
            self._done = True

    def _refuse(self, fault: str) -> None:
        self._fault = fault
        raise MalformedReply(fault)
