"""Requests that are refused for their bytes: a name, the bytes, the status. Each ends its connection.

The rules are those of RFC 9112 sections 2.2, 3, 5.1, 6.1 to 6.3 and 11.2, read as strictly as they can be.
"""

from __future__ import annotations

from typing import Final

LINE: Final = b"GET /v1/keys?a=1 HTTP/1.1\r\n"
HOST: Final = b"Host: api.example\r\n"
GOOD: Final = LINE + HOST + b"\r\n"


def with_line(line: bytes) -> bytes:
    return line + b"\r\n" + HOST + b"\r\n"


def with_headers(*lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return b"POST /v1/orders " + version + b"\r\n" + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


CHUNKS: Final = b"5\r\nhello\r\n0\r\n\r\n"

REFUSED: Final[dict[str, tuple[bytes, int]]] = {
    # the request line
    "http 0.9": (b"GET /\r\n\r\n", 400),
    "two spaces before the target": (with_line(b"GET  / HTTP/1.1"), 400),
    "two spaces behind the target": (with_line(b"GET /  HTTP/1.1"), 400),
    "a space behind the version": (with_line(b"GET / HTTP/1.1 "), 400),
    "a tab for a space": (with_line(b"GET\t/ HTTP/1.1"), 400),
    "lower-case version": (with_line(b"GET / http/1.1"), 400),
    "another protocol": (with_line(b"GET / RTSP/1.0"), 400),
    "a long version": (with_line(b"GET / HTTP/1.10"), 400),
    "http 2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "http 1.2": (with_line(b"GET / HTTP/1.2"), 505),
    "an empty line first": (b"\r\n" + GOOD, 400),
    "a space first": (b" " + GOOD, 400),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "proxy protocol 1": (b"PROXY TCP4 203.0.113.7 10.0.0.1 5 80\r\n" + GOOD, 400),
    "proxy protocol 2": (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12) + GOOD, 400),
    # the method
    "lower-case method": (with_line(b"get / HTTP/1.1"), 400),
    "unknown method": (with_line(b"PROPFIND / HTTP/1.1"), 501),
    "invented method": (with_line(b"GETT / HTTP/1.1"), 501),
    "no token for a method": (with_line(b"GE(T / HTTP/1.1"), 400),
    "trace": (with_line(b"TRACE / HTTP/1.1"), 405),
    "connect": (with_line(b"CONNECT api.example:443 HTTP/1.1"), 405),
    # the target
    "absolute form": (with_line(b"GET http://api.example/v1 HTTP/1.1"), 400),
    "authority form": (with_line(b"GET api.example:443 HTTP/1.1"), 400),
    "asterisk form": (with_line(b"OPTIONS * HTTP/1.1"), 400),
    "no slash": (with_line(b"GET v1/keys HTTP/1.1"), 400),
    "a fragment": (with_line(b"GET /v1#a HTTP/1.1"), 400),
    "a control byte in the target": (with_line(b"GET /v1\x01 HTTP/1.1"), 400),
    "a tab in the target": (with_line(b"GET /v1\ta HTTP/1.1"), 400),
    "a bare cr in the target": (with_line(b"GET /v1\ra HTTP/1.1"), 400),
    "delete in the target": (with_line(b"GET /v1\x7f HTTP/1.1"), 400),
    "a byte beyond ascii in the target": (with_line(b"GET /v1\xc3\xa9 HTTP/1.1"), 400),
    # line ends
    "bare lf everywhere": (GOOD.replace(b"\r\n", b"\n"), 400),
    "bare lf behind the request line": (b"GET / HTTP/1.1\n" + HOST + b"\r\n", 400),
    "bare lf behind a header": (LINE + b"Host: api.example\n\r\n", 400),
    "bare lf for the empty line": (LINE + HOST + b"\n", 400),
    "bare cr in a header": (with_headers(b"A: b\rC: d"), 400),
    "obs-fold with a space": (with_headers(b"A: b", b" c"), 400),
    "obs-fold with a tab": (with_headers(b"A: b", b"\tc"), 400),
    "a space before the first header": (LINE + b" " + HOST + b"\r\n", 400),
    # headers
    "nul in a value": (with_headers(b"A: b\0c"), 400),
    "a control byte in a value": (with_headers(b"A: b\x0bc"), 400),
    "nul in a name": (with_headers(b"A\0: b"), 400),
    "a space before the colon": (with_headers(b"A : b"), 400),
    "no colon": (with_headers(b"A"), 400),
    "no name": (with_headers(b": b"), 400),
    "a bracket in a name": (with_headers(b"A[0]: b"), 400),
    "a byte beyond ascii in a name": (with_headers(b"\xc3\xa9: b"), 400),
    "an underscore for a dash": (with_headers(b"X_MBX_APIKEY: b"), 400),
    "a spoofed header with underscores": (with_headers(b"X_Forwarded_For: 203.0.113.7"), 400),
    # the host
    "no host": (LINE + b"\r\n", 400),
    "no host in http 1.0": (b"GET / HTTP/1.0\r\n\r\n", 400),
    "two hosts": (LINE + HOST + HOST + b"\r\n", 400),
    "two hosts in two cases": (LINE + HOST + b"hOST: evil.example\r\n\r\n", 400),
    "an empty host": (LINE + b"Host:\r\n\r\n", 400),
    "a host with a user": (LINE + b"Host: a@api.example\r\n\r\n", 400),
    "a host with a path": (LINE + b"Host: api.example/v1\r\n\r\n", 400),
    "a host list": (LINE + b"Host: a.example, b.example\r\n\r\n", 400),
    # framing
    "two lengths": (with_headers(b"Content-Length: 5", b"Content-Length: 6") + b"hello", 400),
    "two equal lengths": (with_headers(b"Content-Length: 5", b"Content-Length: 5") + b"hello", 400),
    "a list of lengths": (with_headers(b"Content-Length: 5, 5") + b"hello", 400),
    "a signed length": (with_headers(b"Content-Length: +5") + b"hello", 400),
    "a negative length": (with_headers(b"Content-Length: -5") + b"hello", 400),
    "a hexadecimal length": (with_headers(b"Content-Length: 0x5") + b"hello", 400),
    "a length with a zero before it": (with_headers(b"Content-Length: 05") + b"hello", 400),
    "a length of two zeros": (with_headers(b"Content-Length: 00"), 400),
    "a length with a space in it": (with_headers(b"Content-Length: 1 0") + b"hello hello", 400),
    "a length of an underscore": (with_headers(b"Content-Length: 1_0") + b"hello hello", 400),
    "an empty length": (with_headers(b"Content-Length:") + b"hello", 400),
    "a length beyond 64 bits": (with_headers(b"Content-Length: 18446744073709551621") + b"hello", 400),
    "length and chunks": (with_headers(b"Content-Length: 5", b"Transfer-Encoding: chunked") + CHUNKS, 400),
    "chunks and length": (with_headers(b"Transfer-Encoding: chunked", b"Content-Length: 5") + CHUNKS, 400),
    "chunks": (with_headers(b"Transfer-Encoding: chunked") + CHUNKS, 411),
    "chunks with an extension": (with_headers(b"Transfer-Encoding: chunked") + b"5;a=b\r\nhello\r\n0\r\n\r\n", 411),
    "chunks with a trailer": (with_headers(b"Transfer-Encoding: chunked") + b"0\r\nHost: evil\r\n\r\n", 411),
    "chunks in http 1.0": (with_headers(b"Transfer-Encoding: chunked", version=b"HTTP/1.0") + CHUNKS, 400),
    "chunked twice": (with_headers(*[b"Transfer-Encoding: chunked"] * 2) + CHUNKS, 400),
    "chunked in capitals": (with_headers(b"Transfer-Encoding: CHUNKED") + CHUNKS, 400),
    "xchunked": (with_headers(b"Transfer-Encoding: xchunked") + CHUNKS, 400),
    "chunked, identity": (with_headers(b"Transfer-Encoding: chunked, identity") + CHUNKS, 400),
    "identity": (with_headers(b"Transfer-Encoding: identity"), 400),
    "gzip, chunked": (with_headers(b"Transfer-Encoding: gzip, chunked") + CHUNKS, 400),
    "chunked in quotes": (with_headers(b'Transfer-Encoding: "chunked"') + CHUNKS, 400),
    "chunked behind a vertical tab": (with_headers(b"Transfer-Encoding: \x0bchunked") + CHUNKS, 400),
    "a space before the colon of the coding": (with_headers(b"Transfer-Encoding : chunked") + CHUNKS, 400),
    "an empty coding": (with_headers(b"Transfer-Encoding:") + CHUNKS, 400),
    "two connections": (with_headers(b"Connection: close", b"Connection: keep-alive"), 400),
    # what is not served
    "expect": (with_headers(b"Expect: 100-continue", b"Content-Length: 5"), 417),
    "an encoded body": (with_headers(b"Content-Encoding: gzip", b"Content-Length: 5") + b"\x1f\x8b\x08\0\0", 415),
    "an upgrade": (with_headers(b"Connection: upgrade", b"Upgrade: websocket") + b"\x81\0", 501),
    "an upgrade to http 2": (with_headers(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c"), 501),
    "an upgrade that is not asked for": (with_headers(b"Upgrade: h2c"), 501),
    # size
    "a long target": (with_line(b"GET /" + b"a" * 65_536 + b" HTTP/1.1"), 414),
    "a long header": (with_headers(b"A: " + b"b" * 1_000_000), 431),
    "a long name": (with_headers(b"a" * 40_000 + b": b"), 431),
    "many headers": (with_headers(*[b"A: b"] * 100), 431),
    "ten thousand headers": (with_headers(*[b"A: b"] * 10_000), 431),
    "a long body": (with_headers(b"Content-Length: 1048577"), 413),
    "a body of ten gigabytes": (with_headers(b"Content-Length: 10000000000"), 413),
}
