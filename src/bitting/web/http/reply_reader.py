"""Replies out of the bytes of an upstream's connection: pure, like `reader`.

llhttp reads them, with every leniency off. On top of what it refuses: a reply whose end would be
the end of the connection (cut short, it would look whole), any transfer coding but a single
`chunked`, and a status that is none. Interim replies (1xx) are skipped, chunks are put together,
chunk extensions and trailers are left behind.
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
    """For each request `begin`, then `feed` what arrives until it returns the reply."""

    def __init__(self, most_bytes: int) -> None:
        self._parser = HttpResponseParser(self)
        self._most_bytes = most_bytes
        self.begin(to_head=False)

    def begin(self, *, to_head: bool) -> None:
        """Expect the reply to a request; one to HEAD ends with its headers."""
        self._to_head = to_head
        self._fed = 0
        self._status = 0  # of the final reply, once its headers are whole
        self._headers: list[Header] = []
        self._body = bytearray()
        self._interim = False
        self._done = False
        self._fault = "the reply is malformed"
        self.reusable = False  # after the reply: whether the connection may carry another

    def feed(self, data: bytes) -> Reply | None:
        """The reply once it is whole, its headers as they came (names in lower case). Raises MalformedReply."""
        self._fed += len(data)
        if self._fed > self._most_bytes:
            raise MalformedReply(f"the reply is longer than {self._most_bytes} bytes")
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            self.reusable = False
            if not self._done:  # behind a whole reply it is only surplus: that reply stands
                raise MalformedReply(self._fault) from None
        return Reply(self._status, tuple(self._headers), bytes(self._body)) if self._done else None

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
        names = [name for name, _ in self._headers]
        if b"transfer-encoding" in names:
            codings = [value.lower() for name, value in self._headers if name == b"transfer-encoding"]
            if codings != [b"chunked"] or version != "1.1":
                self._refuse("the reply has a transfer coding that is not read here")
        elif b"content-length" not in names and not self._to_head and status not in _WITHOUT_BODY:
            self._refuse("the reply does not say how long it is")
        self.reusable = self._parser.should_keep_alive()
        if self._to_head:  # llhttp does not know, and would wait for a body
            self._done, self.reusable = True, False

    def on_body(self, part: bytes) -> None:
        if not self._done:
            self._body += part

    def on_message_complete(self) -> None:
        if self._interim:
            self._headers.clear()
        else:
            self._done = True

    def _refuse(self, fault: str) -> None:
        self._fault = fault
        raise MalformedReply(fault)
