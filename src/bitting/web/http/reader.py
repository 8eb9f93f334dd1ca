"""Requests out of the bytes of one connection: pure, no socket, no clock.

The head is cut out first (up to the first empty line), then read in one piece: the request line
here, the headers by llhttp with every leniency off. Both count where the request ends, and if they
disagree it is refused. What is refused is refused for its bytes, never for how they were cut into
packets: every early answer is one that no later byte could change.

Nothing here guesses. Each spelling below has once been read differently by two programs in a row
(RFC 9112 sections 2.2, 3.2, 6.3 and 11.2), so it ends the connection:

- 400: bare LF, obs-fold, white space before a colon, empty lines before a request
- 400: a target not in origin form, or with a fragment, a space or bytes beyond ASCII
- 400: no Host, or two; two Connection; two Content-Length, or one that is not plain digits
- 400: Transfer-Encoding beside Content-Length, in HTTP/1.0, or other than `chunked`
- 400: a name with an underscore, which proxies turn into a dash
- 411: `chunked` itself. A signature covers the whole body, so it is gathered anyway, and every client of an
  exchange knows its length. Chunks would buy extensions, trailers and a second way to say where a body ends
- 405: TRACE and CONNECT. 501: any other method that is not in METHODS, and upgrades
- 415: a Content-Encoding. 417: Expect. 505: other versions of HTTP
"""

from __future__ import annotations

import re
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from bitting.domain.request import Header, Request
from bitting.web.http.errors import Rejected
from bitting.web.http.limits import Limits

METHODS: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
_END: Final = b"\r\n\r\n"
_UNDERSCORE: Final = 0x5F  # a number is looked for six times as fast as b"_" is
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
TARGET_BYTES: Final = bytes(range(0x21, 0x7F)).replace(b"#", b"")
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_ONCE: Final = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection"})
_UNSERVED: Final = frozenset({b"transfer-encoding", b"expect", b"content-encoding", b"upgrade"})


class RequestReader:
    """Feed it what arrives; `next` gives one whole request after another."""

    def __init__(self, limits: Limits, peer: int) -> None:
        self._limits = limits
        self._peer = peer
        self._parser = HttpRequestParser(self)
        self._buffer = b""
        self._at = 0  # what stands before it in the buffer has been read
        self._head: Request | None = None  # a request whose body is still arriving
        self._body = bytearray()
        self._wanted = 0  # length of that body
        self._headers: list[Header] = []
        self._underscored = False  # a name among them has an underscore
        self._complete = False  # llhttp has seen the end of the request
        self._host: bytes | None = None  # the last one that was well-formed
        self.keep_alive = True  # whether the last request lets another one follow
        self.knows_chunks = True  # whether who sent the last one can read them (HTTP/1.1)

    @property
    def empty(self) -> bool:
        """Not one byte of a next request has come."""
        return self._head is None and self._at == len(self._buffer)

    @property
    def in_body(self) -> bool:
        """A head has been read, and its body is still arriving."""
        return self._head is not None

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        if self._head is not None:
            self._body += data
        elif self._at == len(self._buffer):
            self._buffer, self._at = data, 0
        else:
            self._buffer, self._at = self._buffer[self._at :] + data, 0

    def next(self) -> Request | None:
        """The next whole request, or None until more bytes come.

        Raises Rejected; nothing more may be asked of the reader then.
        """
        if self._head is not None:
            return self._finish_body(self._head)
        buffer, at, limits = self._buffer, self._at, self._limits
        if at == len(buffer):
            return None
        if not 0x41 <= buffer[at] <= 0x5A:  # TLS, a PROXY header, an empty line: no need to wait for more of it
            raise Rejected(400, "a request begins with a method")
        end = buffer.find(_END, at, at + limits.head_bytes)
        if end < 0 or end - at > limits.line_bytes:
            self._check_length(end)
            if end < 0:
                return None
        end += len(_END)
        try:
            request = self._read_head(buffer[at:end])
        except Rejected:
            _refuse_bare_lf(buffer[at:end])  # which alone would have been seen before the head was whole
            raise
        if not self._wanted:
            self._at = end
            return request
        body = buffer[end : end + self._wanted]
        if len(body) == self._wanted:
            self._at = end + self._wanted
            return self._with_body(request, body)
        self._head, self._body = request, bytearray(body)  # grows in place: a byte at a time must not cost a copy each
        self._buffer, self._at = b"", 0
        return None

    def _check_length(self, end: int) -> None:
        """Judge a head that is long or not yet whole, in the order its bytes came.

        So a bare LF that stands before the limit is 400 and one behind it is never seen, however the packets fell.
        """
        limits, start = self._limits, self._at
        line = self._buffer[start : start + limits.line_bytes + 2]
        _refuse_bare_lf(line)
        if len(line) == limits.line_bytes + 2 and b"\n" not in line:
            raise Rejected(414, f"the request line is longer than {limits.line_bytes} bytes")
        head = self._buffer[start : start + limits.head_bytes if end < 0 else end]
        _refuse_bare_lf(head)
        if end < 0 and len(head) == limits.head_bytes:
            raise Rejected(431, f"the headers are longer than {limits.head_bytes} bytes")

    def _read_head(self, head: bytes) -> Request:
        """Read one head, up to and with its empty line; sets `keep_alive`, `knows_chunks`, and how long the body is."""
        method, target, version = _request_line(head[: head.index(b"\r\n")])
        self._headers, self._underscored, self._complete = [], False, False
        try:
            self._parser.feed_data(head)
        except HttpParserUpgrade:
            raise Rejected(501, "connections are not upgraded here") from None
        except HttpParserError:
            raise Rejected(400, "the headers are malformed") from None
        headers = self._headers
        if len(headers) > self._limits.headers:
            raise Rejected(431, f"there are more than {self._limits.headers} headers")
        if self._underscored:
            raise Rejected(400, "a header name has an underscore")
        fields = dict(headers)
        if len(fields) != len(headers):
            _refuse_twice(headers)
        if not _UNSERVED.isdisjoint(fields):
            _refuse_unserved(fields, version)
        self._check_host(fields.get(b"host"))
        self.knows_chunks = version == b"HTTP/1.1"
        self.keep_alive = self.knows_chunks and not _asks_to_close(fields.get(b"connection", b"keep-alive"))
        self._wanted = self._read_length(fields.get(b"content-length", b"0"))
        if self._complete is not (self._wanted == 0):
            raise Rejected(400, "it is not clear where the request ends")
        return Request(method, target, tuple(headers), b"", self._peer)

    def _finish_body(self, request: Request) -> Request | None:
        """The request whose body has been arriving, once it is whole; what follows it goes back to the buffer."""
        wanted = self._wanted
        if len(self._body) < wanted:
            return None
        body, self._buffer = bytes(self._body[:wanted]), bytes(self._body[wanted:])
        self._head, self._body = None, bytearray()
        return self._with_body(request, body)

    def _with_body(self, request: Request, body: bytes) -> Request:
        self._parser.feed_data(body)
        if not self._complete:
            raise Rejected(400, "it is not clear where the request ends")
        return request._replace(body=body)

    def _check_host(self, host: bytes | None) -> None:
        if host is None:
            raise Rejected(400, "there is no Host header")
        if host != self._host:  # a connection rarely asks for another host
            if not _HOST.fullmatch(host):
                raise Rejected(400, "the Host header is malformed")
            self._host = host

    def _read_length(self, value: bytes) -> int:
        # Digits only, no sign, no zero before them, and few enough that `int` is no work (RFC 9110 section 8.6).
        if not value.isdigit() or len(value) > 16 or (value[0] == 0x30 and value != b"0"):
            raise Rejected(400, "the Content-Length is malformed")
        length = int(value)
        if length > self._limits.body_bytes:
            raise Rejected(413, f"the body is longer than {self._limits.body_bytes} bytes")
        return length

    # llhttp calls these.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value.rstrip(b" \t")))  # llhttp leaves what stands behind a value
        if _UNDERSCORE in name:
            self._underscored = True

    def on_message_complete(self) -> None:
        self._complete = True


def _refuse_bare_lf(head: bytes) -> None:
    if head.count(b"\n") != head.count(b"\r\n"):
        raise Rejected(400, "a line ends in LF without CR")


def _request_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Method, target and version of a request line (RFC 9112 section 3); the target in origin form only."""
    parts = line.split(b" ")
    if len(parts) != 3:
        raise Rejected(400, "the request line is malformed")
    method, target, version = parts
    if version != b"HTTP/1.1" and version != b"HTTP/1.0":
        known = re.fullmatch(rb"HTTP/[0-9]\.[0-9]", version)
        raise Rejected(505, "HTTP/1.1 is spoken here") if known else Rejected(400, "the request line is malformed")
    if method not in METHODS:
        if method in (b"TRACE", b"CONNECT"):
            raise Rejected(405, "the method is not allowed")
        known = _TOKEN.fullmatch(method)
        raise Rejected(501, "the method is unknown") if known else Rejected(400, "the request line is malformed")
    if not target or target[0] != 0x2F or target.translate(None, TARGET_BYTES):
        raise Rejected(400, "the request target is not a plain path and query")
    return method, target, version


def _refuse_twice(headers: list[Header]) -> None:
    names = [name for name, _ in headers if name in _ONCE]
    if len(names) != len(set(names)):
        raise Rejected(400, "a header that frames the request stands twice")


def _refuse_unserved(fields: dict[bytes, bytes], version: bytes) -> None:
    coding = fields.get(b"transfer-encoding")
    if coding is not None:
        if coding != b"chunked" or version != b"HTTP/1.1" or b"content-length" in fields:
            raise Rejected(400, "the Transfer-Encoding is ambiguous")
        raise Rejected(411, "send a Content-Length; chunks are not read here")
    if b"expect" in fields:
        raise Rejected(417, "send the body at once; expectations are not met here")
    if b"content-encoding" in fields:
        raise Rejected(415, "send the body as it was signed; encoded bodies are not read here")
    raise Rejected(501, "connections are not upgraded here")


def _asks_to_close(connection: bytes) -> bool:
    """Read the options of a Connection header (RFC 9110 section 7.6.1)."""
    return connection != b"keep-alive" and b"close" in [one.strip(b" \t").lower() for one in connection.split(b",")]
