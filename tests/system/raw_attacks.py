"""Bytes by which two programs in a row have been made to see different requests, or by which one was worn out: a table.

Each is sent to a mount of the dialect binance whose upstream notes what reaches it. The request in front is for open
market data, so nothing but the reading of it stands in its way, and behind it stands another one, SMUGGLED, in the
place where a lenient reader would begin anew. Whoever stands in front of the gate may answer with another status, or
read two requests where the gate sees one that it refuses; what is asked of everybody is that no request arrives that
was not answered as one of its own.
"""

from __future__ import annotations

from typing import Final, NamedTuple

OPEN: Final = b"/binance/api/v3/ticker/price?symbol=BTCUSDT"
HOST: Final = b"Host: localhost\r\n"
SMUGGLED: Final = b"GET /binance/api/v3/ticker/price?symbol=SMUGGLED HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked"
_LENGTH: Final = b"Content-Length: %d" % len(SMUGGLED)


class Attack(NamedTuple):
    """What is sent, and with which status the gate refuses it."""

    case: str  # of the catalogue of attacks
    data: bytes
    status: int


def request(*lines: bytes, method: bytes = b"GET", target: bytes = OPEN, version: bytes = b"HTTP/1.1") -> bytes:
    """A head with these header lines."""
    return b"%b %b %b\r\n" % (method, target, version) + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def post(*lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    """The same of a request with a body."""
    return request(*lines, method=b"POST", version=version)


_ENDLESS: Final = b"1000\r\n" + bytes(4096) + b"\r\n"

ATTACKS: Final[dict[str, Attack]] = {
    # where a request ends
    "length and chunks": Attack("S-28", post(_LENGTH, CHUNKED) + b"0\r\n\r\n" + SMUGGLED, 400),
    "chunks and length": Attack("S-28", post(CHUNKED, b"Content-Length: 5") + b"0\r\n\r\n" + SMUGGLED, 400),
    "two lengths": Attack("S-28", post(b"Content-Length: 0", _LENGTH) + SMUGGLED, 400),
    "two lengths in one": Attack("S-28", post(b"Content-Length: 0, %d" % len(SMUGGLED)) + SMUGGLED, 400),
    "a length with a sign": Attack("S-28", post(b"Content-Length: +0") + SMUGGLED, 400),
    "a length with a space before its colon": Attack(
        "S-28", post(b"Content-Length : %d" % len(SMUGGLED)) + SMUGGLED, 400
    ),
    "chunked, identity": Attack("S-28", post(b"Transfer-Encoding: chunked, identity") + b"0\r\n\r\n" + SMUGGLED, 400),
    "chunked twice": Attack("S-28", post(CHUNKED, b"Transfer-Encoding: identity") + b"0\r\n\r\n" + SMUGGLED, 400),
    "a space before the colon": Attack("S-28", post(b"Transfer-Encoding : chunked") + b"0\r\n\r\n" + SMUGGLED, 400),
    "a tab before chunked": Attack("S-28", post(b"Transfer-Encoding:\x0bchunked") + b"0\r\n\r\n" + SMUGGLED, 400),
    "a folded coding": Attack("S-28", post(b"Transfer-Encoding:", b" chunked") + b"0\r\n\r\n" + SMUGGLED, 400),
    "chunks in 1.0": Attack("S-28", post(CHUNKED, version=b"HTTP/1.0") + b"0\r\n\r\n" + SMUGGLED, 400),
    "chunk extensions": Attack("S-28", post(CHUNKED) + b"5;a=b\r\nhello\r\n0\r\n\r\n" + SMUGGLED, 411),
    "a trailer": Attack("S-28", post(CHUNKED) + b"0\r\nHost: evil\r\n\r\n" + SMUGGLED, 411),
    "a chunk that ends in LF": Attack("S-28", post(CHUNKED) + b"0\n\n" + SMUGGLED, 411),
    "a huge chunk": Attack("S-28", post(CHUNKED) + b"ffffffffffffffff0\r\n\r\n" + SMUGGLED, 411),
    "bare LF": Attack("S-28", request().replace(b"\r\n", b"\n") + SMUGGLED, 400),
    "bare LF behind a header": Attack("S-28", request(b"A: b\nContent-Length: 0") + SMUGGLED, 400),
    "bare CR in a header": Attack("S-28", request(b"A: b\rContent-Length: 0") + SMUGGLED, 400),
    "NUL in a header": Attack("S-28", request(b"A: b\0") + SMUGGLED, 400),
    "a body longer than its length": Attack("S-29", post(b"Content-Length: 5") + b"hello" + b"xx" + SMUGGLED, 400),
    "a body to a method without one": Attack("S-29", request() + b"hello" + SMUGGLED, 400),
    "a body that is waited for": Attack("S-29", post(b"Expect: 100-continue", _LENGTH) + SMUGGLED, 417),
    # what is another body to another reader
    "a bomb": Attack("S-30", post(b"Content-Encoding: gzip", b"Content-Length: 22") + b"\x1f\x8b" + bytes(20), 415),
    "a body in gzip": Attack("S-30", post(b"Content-Encoding: gzip", b"Content-Length: 0"), 415),
    "a body that says identity": Attack("S-30", post(b"Content-Encoding: identity", b"Content-Length: 0"), 415),
    # too much of anything
    "a header of a megabyte": Attack("R-02", request(b"A: " + b"b" * 1_000_000), 431),
    "ten thousand headers": Attack("R-02", request(*[b"A: b"] * 10_000), 431),
    "a hundred and one headers": Attack("R-02", request(*[b"A: b"] * 100), 431),
    "a target of 64 kB": Attack("R-02", request(target=OPEN + b"a" * 65_536), 414),
    "a body of ten gigabytes": Attack("R-03", post(b"Content-Length: 10000000000") + bytes(100_000), 413),
    "chunks without end": Attack("R-03", post(CHUNKED) + _ENDLESS * 300, 411),
    # other protocols
    "HTTP/2": Attack("R-12", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0" * 1000, 505),
    "an upgrade to HTTP/2": Attack(
        "R-12", request(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"), 501
    ),
    "an upgrade to a WebSocket": Attack("R-12", request(b"Connection: upgrade", b"Upgrade: websocket") + SMUGGLED, 501),
    "a PROXY header": Attack("I-15", b"PROXY TCP4 203.0.113.7 192.0.2.1 1 2\r\n" + request() + SMUGGLED, 400),
    "a binary PROXY header": Attack("I-15", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12) + SMUGGLED, 400),
    "TLS": Attack("I-15", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),
}

# What a proxy straightens out before it passes it on, so that the gate has nothing to refuse.
_LINE_ENDS: Final = frozenset({"bare LF", "bare LF behind a header"})
MENDED: Final[dict[str, frozenset[str]]] = {
    "nginx": _LINE_ENDS | {"an upgrade to HTTP/2", "an upgrade to a WebSocket"},
    "envoy": _LINE_ENDS | {"an upgrade to HTTP/2", "bare CR in a header"},
}
