"""Messages into bytes: replies to clients, requests to upstreams.

A header is written only if it can be read back as exactly one header: a value with a line break in
it would begin another (response splitting, CWE-113). The framing headers are ours alone, so nobody
above can say where a message ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from bitting.domain.request import Header, Reply
from bitting.web.http.errors import Rejected
from bitting.web.http.reader import METHODS

_STATUS_LINES: Final = {
    status: f"HTTP/1.1 {status} {HTTPStatus(status).phrase if status in list(HTTPStatus) else ''}\r\n".encode()
    for status in range(200, 600)
}
_TOKEN_BYTES: Final = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
_FRAMING: Final = frozenset(
    {b"connection", b"content-length", b"host", b"keep-alive", b"trailer", b"transfer-encoding", b"upgrade"}
)
LAST_CHUNK: Final = b"0\r\n\r\n"
_WITHOUT_BODY: Final = frozenset({204, 304})  # RFC 9110 sections 15.3.5 and 15.4.5
# These tell their length even if it is 0 (RFC 9110 section 8.6).
_WITH_BODY: Final = frozenset({b"POST", b"PUT", b"PATCH"})


def reply_bytes(reply: Reply, *, to_head: bool, close: bool, chunks: bool = True) -> bytes:
    """The reply on the wire; `to_head` leaves out the body and its length, `close` announces the end.

    Of a body that is still coming the beginning is written, framed by its length or in chunks; where the client knows
    no `chunks` (HTTP/1.0), by the end of the connection. Raises ValueError, with nothing written, for a status outside
    200 to 599, a framing header, a header that is not one line, or a body where the status allows none.
    """
    status, headers, body, rest = reply
    line = _STATUS_LINES.get(status)
    if line is None:
        raise ValueError("a final status is 200 to 599")
    end = b"connection: close\r\n\r\n" if close else b"\r\n"
    if to_head:
        return _message_head(line, headers) + end
    if status in _WITHOUT_BODY:
        if body:
            raise ValueError(f"a reply of status {status} has no body")
        return _message_head(line, headers) + end
    if rest is None:
        return b"%bcontent-length: %d\r\n%b%b" % (_message_head(line, headers), len(body), end, body)
    if rest.length is not None:
        return b"%bcontent-length: %d\r\n%b%b" % (_message_head(line, headers), rest.length, end, body)
    if chunks:
        return b"%btransfer-encoding: chunked\r\n%b%b" % (_message_head(line, headers), end, chunk(body))
    return b"%b%b%b" % (_message_head(line, headers), end, body)


def chunk(part: bytes) -> bytes:
    """A piece of a body as RFC 9112 section 7.1 frames it. None of it is nothing: an empty chunk would be the last."""
    return b"%x\r\n%b\r\n" % (len(part), part) if part else b""


def rejection_bytes(rejected: Rejected) -> bytes:
    """The last reply on a connection: the status and one line of text."""
    headers: tuple[Header, ...] = ((b"content-type", b"text/plain; charset=utf-8"),)
    if rejected.status == 405:
        headers += ((b"allow", b", ".join(sorted(METHODS))),)  # RFC 9110 section 15.5.6: it must be there
    return reply_bytes(Reply(rejected.status, headers, f"{rejected.text}\n".encode()), to_head=False, close=True)


def request_bytes(method: bytes, target: bytes, host: bytes, headers: Iterable[Header], body: bytes) -> bytes:
    """A request on the wire. Raises ValueError as `reply_bytes` does, and for a target with a space in it."""
    line = b"%b %b HTTP/1.1\r\n" % (method, target)
    if line.count(b" ") != 2:
        raise ValueError("a method or target has no space in it")
    head = _message_head(line, headers)
    if not body and method not in _WITH_BODY:
        return b"%bhost: %b\r\n\r\n" % (head, host)
    return b"%bhost: %b\r\ncontent-length: %d\r\n\r\n%b" % (head, host, len(body), body)


def _message_head(first_line: bytes, headers: Iterable[Header]) -> bytes:
    """A first line (with its CRLF) and header lines, without the framing headers and the empty line.

    Raises ValueError as `reply_bytes` does.
    """
    parts, lines = [first_line], 1
    for name, value in headers:
        parts += (_field(name), value, b"\r\n")
        lines += 1
    head = b"".join(parts)
    # One look at the whole: each line has its CR and LF, and any other break, or a NUL, makes too many.
    if len(head) - len(head.translate(None, b"\r\n\0")) != 2 * lines:
        raise ValueError("a header value has a line break or NUL in it")
    return head


@lru_cache(maxsize=256)
def _field(name: bytes) -> bytes:
    """`name: `, if the name is a token in lower case (as our own code writes them) and not a framing header."""
    if not name or name.translate(None, _TOKEN_BYTES):
        raise ValueError("a header name is a token in lower case")
    if name in _FRAMING:
        raise ValueError(f"{name.decode()} is the face's own header")
    return name + b": "
