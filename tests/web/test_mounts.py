"""Which dialect answers where."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import Misconfigured
from bitting.domain.request import Reply, Request
from bitting.web.mounts import Mount, Mounts


class Doors:
    """Stands where the gate stands, and says who was asked for what."""

    async def answer(self, request: Request, door: Any, exchange: Any) -> Reply:
        return Reply(200, (), b" ".join((door, exchange, request.target)))


def mounted(*prefixes: str) -> Mounts:
    gate = cast(Any, Doors())
    return Mounts([Mount(each, gate, cast(Any, f"door{each}".encode()), cast(Any, b"venue")) for each in prefixes])


def asked(mounts: Mounts, target: bytes) -> Reply:
    answer = mounts(Request(b"GET", target, (), b"", 0))

    async def whole(answer: Awaitable[Reply]) -> Reply:
        return await answer

    return answer if isinstance(answer, Reply) else asyncio.run(whole(answer))


@pytest.mark.parametrize(
    ("target", "door", "rest"),
    [
        (b"/bitfinex/v2/auth/r/wallets", b"door/bitfinex", b"/v2/auth/r/wallets"),
        (b"/binance/api/v3/order?symbol=BTCUSDT&a=/x", b"door/binance", b"/api/v3/order?symbol=BTCUSDT&a=/x"),
        (b"/bitfinex/", b"door/bitfinex", b"/"),
        (b"/bitfinex//v2", b"door/bitfinex", b"//v2"),
        (b"/bitfinex/../binance/x", b"door/bitfinex", b"/../binance/x"),
    ],
)
def test_the_prefix_is_taken_off(target: bytes, door: bytes, rest: bytes) -> None:
    """The dialect sees the target that its client signed; nothing is decoded or resolved."""
    assert asked(mounted("/bitfinex", "/binance"), target).body == b" ".join((door, b"venue", rest))


@pytest.mark.parametrize(
    "target",
    [b"/", b"/bitfinex", b"/bitfinex?a=/", b"/bitfinexx/v2", b"/BITFINEX/v2", b"/%62itfinex/v2", b"//bitfinex/"],
)
def test_what_is_mounted_nowhere(target: bytes) -> None:
    """It is told so, and nothing else."""
    reply = asked(mounted("/bitfinex", "/binance"), target)
    assert (reply.status, reply.body) == (404, b"nothing is mounted here\n")


def test_a_dialect_with_a_port_of_its_own() -> None:
    """The empty prefix takes everything."""
    assert asked(mounted(""), b"/api/v3/order").body == b"door venue /api/v3/order"


@pytest.mark.parametrize(
    "prefix", ["/", "binance", "/Binance", "/bin ance", "/a//b", "/a/", "/ä", "/-a", "/a?b", "/" + "a" * 64]
)
def test_what_is_no_prefix(prefix: str) -> None:
    """The text says what one looks like."""
    with pytest.raises(Misconfigured, match="is not a path like /bitfinex"):
        mounted(prefix)


@pytest.mark.parametrize(
    "prefixes",
    [("/a", "/a"), ("/a", "/a/b"), ("/a/b", "/a"), ("", "/a"), ("/a", "/a-b", "/a/b"), ("/a", "/a.b", "/a/b")],
)
def test_mounts_that_overlap(prefixes: Sequence[str]) -> None:
    """One inside the other is refused at the start, whatever stands beside them."""
    with pytest.raises(Misconfigured, match="overlap: give each a path of its own"):
        mounted(*prefixes)


PREFIXES = st.lists(st.sampled_from(["/a", "/b", "/a/b", "/a-b", "/a.b", "/ab", "/b/a"]), min_size=1, max_size=4)


@given(PREFIXES, st.sampled_from(["/a/x", "/b/x", "/a/b/x", "/a-b/x", "/a.b/x", "/ab/x", "/b/a/x"]))
def test_a_target_has_one_mount_at_most(prefixes: list[str], target: str) -> None:
    """Either the mounts are refused, or every target is the business of exactly those whose path it begins with."""
    try:
        mounts = mounted(*prefixes)
    except Misconfigured:
        assert any(
            f"{two}/".startswith(f"{one}/")
            for i, one in enumerate(prefixes)
            for j, two in enumerate(prefixes)
            if i != j
        )
        return
    fitting = [each for each in prefixes if target.startswith(f"{each}/")]
    assert len(fitting) <= 1
    reply = asked(mounts, target.encode())
    assert reply.status == (200 if fitting else 404)


class Bases:
    """Stands where the gate stands, and says in front of what the target stood."""

    async def answer(self, request: Request, door: Any, exchange: Any) -> Reply:
        return Reply(200, (), request.base)


def called(prefix: str, url: str) -> Mounts:
    return Mounts([Mount(prefix, cast(Any, Bases()), cast(Any, b""), cast(Any, b""), url)])


@pytest.mark.parametrize(
    ("prefix", "url", "base"),
    [
        ("/native", "", b"/native"),
        ("", "", b""),
        ("/native", "https://api.example.com", b"https://api.example.com"),
        ("", "http://api.example.com:8443/v1/Own", b"http://api.example.com:8443/v1/Own"),
        ("/native", "http://[2001:db8::7]:8700/native", b"http://[2001:db8::7]:8700/native"),
    ],
)
def test_a_dialect_is_told_what_stood_before_the_target(prefix: str, url: str, base: bytes) -> None:
    """The URL that the operator names, or else the prefix: some dialects sign it."""
    assert asked(called(prefix, url), f"{prefix}/orders".encode()).body == base


@pytest.mark.parametrize(
    "url",
    [
        *(
            "api.example.com",
            "ftp://api.example.com",
            "https://api.example.com/",
            "https://API.example.com",
            "https://",
        ),
        *("https://api.example.com:443/native", "http://api.example.com:80", "https://api.example.com:0443"),
        *("https://user@api.example.com", "https://api.example.com/a?b", "https://api.example.com/a#b"),
        *("https://api.example.com//a", "https://api.example.com/a b", "https://ä.example", " https://a.example"),
    ],
)
def test_what_is_no_url_of_a_mount(url: str) -> None:
    """It has one spelling, since it is signed."""
    with pytest.raises(Misconfigured, match="is not like https://api"):
        called("/native", url)
