"""Replies are read strictly, whole, and the same however they arrive."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.request import Reply
from bitting.web.http.reply_reader import MalformedReply, ReplyReader

OK = b"HTTP/1.1 200 OK\r\n"
GOOD = OK + b"A: b\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

REFUSED = {
    "not http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "http 0.9": b"hello",
    "http 2": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "a status below 100": b"HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n",
    "a status beyond 599": b"HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 X\r\nContent-Length: 0\r\n\r\n",
    "no length": OK + b"\r\nhello",
    "no length in http 1.0": b"HTTP/1.0 200 OK\r\n\r\nhello",
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "length and chunks": OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding to the end": OK + b"Transfer-Encoding: gzip\r\n\r\nhello",
    "two codings": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in http 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a switch of protocols": b"HTTP/1.1 101 X\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n",
    "a switch of protocols without one": b"HTTP/1.1 101 X\r\n\r\n",
    "bare lf": GOOD.replace(b"\r\n", b"\n"),
    "obs-fold": OK + b"A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "a space before the colon": OK + b"Content-Length : 5\r\n\r\nhello",
    "nul in a value": OK + b"A: \0\r\nContent-Length: 0\r\n\r\n",
    "a chunk of no size": CHUNKED + b"x\r\n",
    "a chunk with bare lf": CHUNKED + b"5\nhello\n0\n\n",
    "a chunk longer than it says": CHUNKED + b"4\r\nhello\r\n0\r\n\r\n",
    "many headers": OK + b"A: b\r\n" * 201 + b"Content-Length: 0\r\n\r\n",
    "long header": OK + b"A: " + b"b" * 100_000,
    "a long chunk extension": CHUNKED + b"5;a=" + b"b" * 100_000,
    "long before it begins": b"HTTP/1.1 102 Processing\r\n\r\n" * 5_000,
}


def read(*pieces: bytes, to_head: bool = False) -> tuple[Reply, bool] | str | None:
    """The reply and whether the connection can be used again; or what was wrong; or None if it is not whole."""
    reader = ReplyReader(65_536)
    reader.begin(to_head=to_head)
    try:
        for piece in pieces:
            reply = reader.feed(piece)
            if reply is not None:
                return reply, reader.reusable
    except MalformedReply as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("data", "reply", "reusable"),
    [
        (GOOD, Reply(200, ((b"a", b"b"), (b"content-length", b"5")), b"hello"), True),
        (OK + b"Content-Length: 0\r\nConnection: close\r\n\r\n", Reply(200, (), b""), False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", Reply(200, (), b"hello"), False),
        (CHUNKED + b"3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nEvil: trailer\r\n\r\n", Reply(200, (), b"hello"), True),
        (OK + b"Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", Reply(200, (), b""), True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Reply(204, (), b""), True),
        (b"HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n", Reply(304, (), b""), True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: a\r\n\r\n" + GOOD, Reply(200, (), b"hello"), True),
        (OK + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n", Reply(200, (), b""), True),
        (b"HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n", Reply(599, (), b""), True),
    ],
)
def test_a_reply(data: bytes, reply: Reply, reusable: bool) -> None:
    """Status, headers and body of the final reply come out; interim replies, extensions and trailers do not."""
    got = read(data)
    assert isinstance(got, tuple)
    assert (got[0].status, got[0].body, got[1]) == (reply.status, reply.body, reusable)
    assert not {b"link", b"evil"} & {name for name, _ in got[0].headers}
    assert set(reply.headers) <= set(got[0].headers)
    assert read(*[data[at : at + 1] for at in range(len(data))]) == got
    assert read(data[:-1]) is None


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    """No reply comes out, whole or byte by byte."""
    data = REFUSED[name]
    assert isinstance(read(data), str)
    assert isinstance(read(*[data[at : at + 1] for at in range(len(data))]), str)


@pytest.mark.parametrize(
    "data", [OK + b"Content-Length: 5\r\n\r\n", OK + b"\r\n", CHUNKED, OK + b"Content-Length: 5\r\n\r\nhello"]
)
def test_the_reply_to_head_ends_with_its_headers(data: bytes) -> None:
    """What would be its body is not awaited, and the connection is not used again."""
    got = read(data, to_head=True)
    assert isinstance(got, tuple)
    assert (got[0].body, got[1]) == (b"", False)


@pytest.mark.parametrize("surplus", [GOOD, b"x", b"HTTP/1.1 200 OK\r\nset-cookie: evil\r\n\r\n", b"\0"])
def test_what_follows_a_reply(surplus: bytes) -> None:
    """The reply stands as its own length says, and the connection is not used again."""
    got = read(GOOD + surplus)
    assert got == (Reply(200, ((b"a", b"b"), (b"content-length", b"5")), b"hello"), False)


def test_one_reply_after_another() -> None:
    """One reader reads them all; each begins anew."""
    reader = ReplyReader(100)
    for _ in range(5):
        reader.begin(to_head=False)
        reply = reader.feed(GOOD)
        assert reply is not None
        assert reply.body == b"hello"


@pytest.mark.parametrize(
    "noise", [b"5;a=" + b"b" * 100_000, b"0\r\nA: " + b"b" * 100_000, b"0\r\n" + b"A: b\r\n" * 20_000], ids=repr
)
def test_what_is_no_body_is_bounded(noise: bytes) -> None:
    """Behind a body that is long, too: chunk extensions and trailers without end."""
    body = b"186a0\r\n" + bytes(100_000) + b"\r\n"
    assert isinstance(read(CHUNKED, body * 5, *[noise[at : at + 100] for at in range(0, len(noise), 100)]), str)


def test_a_long_body_is_taken_bit_by_bit() -> None:
    """What was taken is not given again, and nobody has to hold all of it."""
    reader = ReplyReader(1000)
    reader.begin(to_head=False)
    assert (reader.begun, reader.feed(OK + b"Content-Length: 100000\r\n"), reader.begun) == (False, None, False)
    assert reader.feed(b"\r\n") is None
    assert (reader.begun, reader.length, reader.held) == (True, 100_000, 0)
    got = b""
    for at in range(99):
        assert reader.feed(b"%04d" % at + b"a" * 996) is None
        assert reader.held == 1000
        status, _, part, _ = reader.take()
        assert (status, len(part), reader.held) == (200, 1000, 0)
        got += part
    last = reader.feed(b"b" * 1000)
    assert last is not None
    assert (len(got), got[5000:5004], last.body) == (99_000, b"0005", b"b" * 1000)


@given(
    st.sampled_from(
        [GOOD, *(data[:300] for data in REFUSED.values()), CHUNKED + b"3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nT: t\r\n\r\n"]
    ),
    st.binary(max_size=5),
    st.integers(0, 300),
    st.lists(st.integers(0, 300), max_size=8),
)
def test_where_packets_are_cut_changes_nothing(data: bytes, piece: bytes, at: int, cuts: list[int]) -> None:
    """Replies good, bad and bent: the same comes out whole, in pieces or byte by byte."""
    data = data[:at] + piece + data[at:]
    ends = [0, *sorted({one % (len(data) + 1) for one in cuts}), len(data)]
    whole = read(data)
    for pieces in ([data[a:b] for a, b in pairwise(ends)], [data[at : at + 1] for at in range(len(data))]):
        got = read(*pieces)
        if isinstance(whole, tuple) and isinstance(got, tuple):
            assert got[0] == whole[0]  # surplus that comes later is seen by the link, not by the reader
        else:
            assert got == whole
