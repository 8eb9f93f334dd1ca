"""What is written can be read back as exactly one message."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.request import Reply
from bitting.web.http.errors import Rejected
from bitting.web.http.limits import Limits
from bitting.web.http.reader import METHODS, RequestReader
from bitting.web.http.reply_reader import ReplyReader
from bitting.web.http.writer import LAST_CHUNK, chunk, rejection_bytes, reply_bytes, request_bytes

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-!#$%&'*+.^`|~", min_size=1, max_size=12).map(
    lambda text: b"x" + text.encode()
)
VALUES = st.binary(max_size=40)


def test_a_reply_on_the_wire() -> None:
    """Status line, headers in their order, our own length, body."""
    reply = Reply(200, ((b"b", b"1"), (b"a", b"2"), (b"b", b"")), b"hello")
    assert reply_bytes(reply, to_head=False, close=False) == (
        b"HTTP/1.1 200 OK\r\nb: 1\r\na: 2\r\nb: \r\ncontent-length: 5\r\n\r\nhello"
    )
    assert reply_bytes(reply, to_head=True, close=True) == (
        b"HTTP/1.1 200 OK\r\nb: 1\r\na: 2\r\nb: \r\nconnection: close\r\n\r\n"
    )
    assert reply_bytes(Reply(299, (), b""), to_head=False, close=True) == (
        b"HTTP/1.1 299 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
    assert reply_bytes(Reply(204, (), b""), to_head=False, close=False) == b"HTTP/1.1 204 No Content\r\n\r\n"


class Coming:
    """What is still to come of a body: all that matters here is its length."""

    def __init__(self, length: int | None) -> None:
        self.length = length


@pytest.mark.parametrize(
    ("length", "chunks", "wire"),
    [
        (9, True, b"content-length: 9\r\n\r\nhello"),
        (9, False, b"content-length: 9\r\n\r\nhello"),
        (None, True, b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        (None, False, b"\r\nhello"),
    ],
)
def test_the_beginning_of_a_long_reply(length: int | None, chunks: bool, wire: bytes) -> None:
    """It is framed by its length, or in chunks, or by the end of the connection."""
    reply = Reply(200, (), b"hello", cast(Any, Coming(length)))
    assert reply_bytes(reply, to_head=False, close=False, chunks=chunks) == b"HTTP/1.1 200 OK\r\n" + wire


def test_no_chunk_is_empty_but_the_last() -> None:
    """A beginning of nothing must not end the body."""
    assert (chunk(b""), chunk(bytes(16)), LAST_CHUNK) == (b"", b"10\r\n" + bytes(16) + b"\r\n", b"0\r\n\r\n")


def test_a_rejection_on_the_wire() -> None:
    """One line, plain, and the end of the connection."""
    assert rejection_bytes(Rejected(400, "no")) == (
        b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n"
        b"content-length: 3\r\nconnection: close\r\n\r\nno\n"
    )


def test_a_request_on_the_wire() -> None:
    """Host and length are ours; a length stands wherever a body could, even an empty one."""
    assert (
        request_bytes(b"GET", b"/a?b", b"up:80", ((b"a", b"1"),), b"")
        == b"GET /a?b HTTP/1.1\r\na: 1\r\nhost: up:80\r\n\r\n"
    )
    assert request_bytes(b"POST", b"/", b"up", (), b"") == b"POST / HTTP/1.1\r\nhost: up\r\ncontent-length: 0\r\n\r\n"
    assert request_bytes(b"GET", b"/", b"up", (), b"a") == b"GET / HTTP/1.1\r\nhost: up\r\ncontent-length: 1\r\n\r\na"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        (b"GET", b"/ HTTP/1.1\r\na: b\r\n\r\n"),
        (b"GET", b"/\r\na:"),
        (b"GET", b"/a b"),
        (b"G T", b"/"),
        (b"GET", b"/\n"),
        (b"GET", b"/\0"),
    ],
)
def test_a_request_line_is_one_line_of_three(method: bytes, target: bytes) -> None:
    """No method and no target can begin a header, or a request, of its own."""
    with pytest.raises(ValueError, match=r"space|line break"):
        request_bytes(method, target, b"up", (), b"")


@pytest.mark.parametrize(
    "name",
    [b"", b"A", b"a b", b"a:", b"a\r\n", b"\xc3\xa9", b"host", b"content-length", b"transfer-encoding", b"connection"],
)
def test_a_name_that_is_not_written(name: bytes) -> None:
    """Only tokens in lower case, and never those that frame the message."""
    with pytest.raises(ValueError, match="header"):
        request_bytes(b"GET", b"/", b"up", ((name, b"1"),), b"")


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), st.binary(max_size=60), st.booleans())
def test_a_reply_reads_back(headers: list[tuple[bytes, bytes]], body: bytes, close: bool) -> None:
    """It is refused for a line break or NUL in a value, or it reads back as itself and nothing follows."""
    reply = Reply(200, tuple(headers), body)
    breaks = any(byte in value for _, value in headers for byte in b"\r\n\0")
    try:
        data = reply_bytes(reply, to_head=False, close=close)
    except ValueError:
        assert breaks
        return
    assert not breaks
    if any((byte < 0x20 and byte != 0x09) or byte == 0x7F for _, value in headers for byte in value):
        return  # written as given; llhttp reads no control bytes
    reader = ReplyReader(1 << 20)
    read = reader.feed(data)
    assert read is not None
    ours = {b"content-length", b"connection"}
    assert [one for one in read.headers if one[0] not in ours] == [
        (name, value.strip(b" \t")) for name, value in headers
    ]
    assert (read.status, read.body, reader.reusable) == (200, body, not close)


@given(
    st.sampled_from(sorted(METHODS)),
    st.text("abc/?&=%.", max_size=20).map(lambda text: b"/" + text.encode()),
    st.lists(st.tuples(NAMES, st.text("abc ,;=\t\xe9").map(lambda text: text.encode("latin-1"))), max_size=6),
    st.binary(max_size=60),
)
def test_a_request_reads_back(method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """What we send upstream, our own strict reader reads."""
    reader = RequestReader(Limits(), 0)
    reader.feed(request_bytes(method, target, b"up.example", headers, body))
    request = reader.next()
    assert request is not None
    assert reader.empty
    assert (request.method, request.target, request.body) == (method, target, body)
    ours = {b"content-length", b"host"}
    assert [one for one in request.headers if one[0] not in ours] == [
        (name, value.strip(b" \t")) for name, value in headers
    ]
