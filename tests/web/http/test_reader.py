"""Requests are read strictly, whole, and the same however they arrive."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bitting.domain.request import Request
from bitting.web.http.errors import Rejected
from bitting.web.http.limits import Limits
from bitting.web.http.reader import METHODS, RequestReader
from tests.web.http.bytes_refused import GOOD, HOST, LINE, REFUSED, with_headers, with_line

PEER = 0xFFFF_CB00_7107  # 203.0.113.7

Outcome = tuple[list[Request], int | str]


def read(*pieces: bytes, limits: Limits | None = None) -> Outcome:
    """Feed the pieces; the requests that came out, and how it stands: a status, "empty", "head" or "body"."""
    reader = RequestReader(limits or Limits(), PEER)
    requests: list[Request] = []
    for piece in pieces:
        reader.feed(piece)
        try:
            while (request := reader.next()) is not None:
                requests.append(request)
                if not reader.keep_alive:
                    return requests, "close"
        except Rejected as rejected:
            return requests, rejected.status
    return requests, "empty" if reader.empty else "body" if reader.in_body else "head"


def cut(data: bytes, at: list[int]) -> list[bytes]:
    ends = [0, *sorted({one % (len(data) + 1) for one in at}), len(data)]
    return [data[start:end] for start, end in pairwise(ends) if end > start]


def test_a_request_keeps_its_bytes() -> None:
    """Target, header order, duplicates and body come out as they were sent; only names change case."""
    body = b'{"a": "\xff\r\n\r\n"}'
    head = (
        b'POST /v1/%2e%2E//x?b=%20&a=+&a=[1]&"{|}^`<>\\;a HTTP/1.1\r\n'
        b"HOST: api.example:8443\r\nX-Twice: 1\r\nx-tWICE: \t 2 \t\r\nX-Empty:\r\nX-Raw: \xff\xc3\xa9 a\tb\r\n"
    )
    (request,), rest = read(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert rest == "empty"
    assert request == Request(
        b"POST",
        b'/v1/%2e%2E//x?b=%20&a=+&a=[1]&"{|}^`<>\\;a',
        (
            (b"host", b"api.example:8443"),
            (b"x-twice", b"1"),
            (b"x-twice", b"2"),
            (b"x-empty", b""),
            (b"x-raw", b"\xff\xc3\xa9 a\tb"),
            (b"content-length", b"%d" % len(body)),
        ),
        body,
        PEER,
    )


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_methods_that_are_served(method: bytes) -> None:
    """Each of them is read, with a body and without."""
    assert [one.method for one in read(with_line(method + b" / HTTP/1.1"))[0]] == [method]
    (request,), _ = read(method + b" / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\nok")
    assert request.body == b"ok"


@pytest.mark.parametrize(
    "host",
    [b"api.example", b"api.example:8443", b"127.0.0.1", b"[::1]:80", b"[2001:db8::1]", b"my_gate", b"A-1.example"],
)
def test_the_hosts_that_are_read(host: bytes) -> None:
    """A name or an address, with a port or without."""
    requests, _ = read(LINE + b"Host: " + host + b"\r\n\r\n")
    assert len(requests) == 1


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    """Nothing comes out but the status."""
    data, status = REFUSED[name]
    assert read(data) == ([], status)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_byte_by_byte(name: str) -> None:
    """The same status, when every byte comes alone."""
    data, status = REFUSED[name]
    data = data[:70_000]
    assert read(*[data[at : at + 1] for at in range(len(data))]) == ([], status)


@pytest.mark.parametrize("name", REFUSED)
def test_a_good_request_first(name: str) -> None:
    """A refusal does not take back the request before it, and nothing behind it is read."""
    data, status = REFUSED[name]
    requests, rest = read(GOOD + data + GOOD * 3)
    assert len(requests) == 1
    assert rest == status


@pytest.mark.parametrize(
    ("connection", "stays"),
    [
        (b"keep-alive", True),
        (b"Keep-Alive", True),
        (b"x-secret, keep-alive", True),
        (b"closed", True),
        (b"close", False),
        (b"CLOSE", False),
        (b"keep-alive ,\tClose", False),
    ],
)
def test_who_asks_to_close(connection: bytes, stays: bool) -> None:
    """`close` among the options of Connection, in any case, makes the request the last one."""
    requests, rest = read(with_headers(b"Connection: " + connection))
    assert len(requests) == 1
    assert rest == ("empty" if stays else "close")


def test_http_1_0_is_answered_once() -> None:
    """An HTTP/1.0 request is the last one on its connection, even if it asks to stay."""
    requests, rest = read(with_headers(b"Connection: keep-alive", version=b"HTTP/1.0"))
    assert len(requests) == 1
    assert rest == "close"


@pytest.mark.parametrize(
    ("data", "rest"),
    [
        (GOOD[:-1], "head"),
        (b"G", "head"),
        (with_headers(b"Content-Length: 5") + b"hell", "body"),
        (with_headers(b"Content-Length: 5"), "body"),
        (GOOD * 3, "empty"),
        (b"", "empty"),
    ],
)
def test_where_it_stands(data: bytes, rest: str) -> None:
    """The reader says what it waits for."""
    assert read(data)[1] == rest


def test_limits_are_exact() -> None:
    """The longest line, the longest head, the most headers and the longest body pass; one more does not."""
    line = LINE.rstrip()
    head = LINE + HOST + b"\r\n"
    assert read(head, limits=Limits(line_bytes=len(line)))[1] == "empty"
    assert read(head, limits=Limits(line_bytes=len(line) - 1))[1] == 414
    assert read(head, limits=Limits(head_bytes=len(head)))[1] == "empty"
    assert read(head, limits=Limits(head_bytes=len(head) - 1))[1] == 431
    assert read(with_headers(b"A: b"), limits=Limits(headers=2))[1] == "empty"
    assert read(with_headers(b"A: b"), limits=Limits(headers=1))[1] == 431
    assert read(with_headers(b"Content-Length: 5") + b"hello", limits=Limits(body_bytes=5))[1] == "empty"
    assert read(with_headers(b"Content-Length: 5") + b"hello", limits=Limits(body_bytes=4))[1] == 413


def test_a_bare_lf_beyond_a_limit_is_not_seen() -> None:
    """The limit comes first in the bytes, so it comes first in the answer."""
    data = b"GET /" + b"a" * 9_000 + b" HTTP/1.1\nHost: a\r\n\r\n"
    assert read(data)[1] == 414
    assert read(b"GET / HTTP/1.1\nHost: a\r\nA: " + b"a" * 40_000 + b"\r\n\r\n")[1] == 400
    assert read(LINE + HOST + b"A: " + b"a" * 40_000 + b"\nA: b\r\n\r\n")[1] == 431


def test_a_bare_lf_is_the_first_thing_wrong() -> None:
    """It would have been seen before the head was whole, so it decides even if the method is unknown."""
    assert read(b"BREW / HTTP/1.1\r\nA: b\nC: d\r\n\r\n")[1] == 400


class Deaf(RequestReader):
    """A reader to whom llhttp's end of a request never comes."""

    def on_message_complete(self) -> None:
        pass


@pytest.mark.parametrize("data", [GOOD, with_headers(b"Content-Length: 5") + b"hello"])
def test_two_who_count_must_agree(data: bytes) -> None:
    """Where llhttp and we see different ends of a request, it has none, and is refused."""
    reader = Deaf(Limits(), PEER)
    reader.feed(data)
    with pytest.raises(Rejected, match="where the request ends"):
        reader.next()


SMALL = Limits(line_bytes=60, head_bytes=160, headers=4, body_bytes=12)
GOOD_ONES = [GOOD, with_headers(b"Content-Length: 5") + b"hello", with_headers(b"Connection: close")]
PIECES = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b"a" * 70, b"A: b\r\n", b"Content-Length: 5\r\n", b"\n\n", HOST,
]  # fmt: skip


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Requests good and bad, one behind the other, some with a piece put in or bytes taken out."""
    some = st.sampled_from(GOOD_ONES) | st.sampled_from([data[:400] for data, _ in REFUSED.values()])
    stream = b"".join(draw(st.lists(some, min_size=1, max_size=4)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(stream)))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=4))
        stream = stream[:at] + piece + stream[at + draw(st.integers(0, 8)) :]
    return stream


@given(streams(), st.lists(st.integers(0, 2_000), max_size=12))
@example(b"BREW / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", [25])
def test_where_packets_are_cut_changes_nothing(stream: bytes, at: list[int]) -> None:
    """The same requests and the same end come out, whether the bytes come whole, in pieces or one by one."""
    whole = read(stream, limits=SMALL)
    assert read(*cut(stream, at), limits=SMALL) == whole
    assert read(*cut(stream, list(range(len(stream)))), limits=SMALL) == whole


@given(st.binary(max_size=300) | streams())
def test_any_bytes_at_all(data: bytes) -> None:
    """They give requests, a status or the wish for more; nothing else ever comes out, and never more than was sent."""
    requests, rest = read(data, limits=SMALL)
    assert rest in ("empty", "head", "body", "close") or rest in (400, 405, 411, 413, 414, 415, 417, 431, 501, 505)
    for request in requests:
        assert request.method in METHODS
        assert request.target.startswith(b"/")
        assert b"%b %b HTTP/1." % (request.method, request.target) in data
        assert request.body in data
        assert all(name == name.lower() and not set(b"\r\n\0") & set(name + value) for name, value in request.headers)
