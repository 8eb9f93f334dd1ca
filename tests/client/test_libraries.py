"""requests, httpx2 and aiohttp over loopback: what each of them really sends is proven by the dialect."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

import aiohttp
import httpx2
import pytest
import requests

from bitting.dialects.native import DIALECT
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BadSignature, MalformedRequest
from bitting.domain.request import Reply, Request
from bitting_client import NotSignable, Signer
from bitting_client.for_aiohttp import AiohttpMiddleware
from bitting_client.for_httpx import HttpxAuth
from bitting_client.for_requests import RequestsAuth
from tests.client.pairs import KEY, PROOFS
from tests.dialects.loopback import serving

CHUNKS: Final = [b'{"a":', b"1}"]


class Gate:
    """Proves what arrives, says so, and sends `/away` elsewhere."""

    def __init__(self, algorithm: Algorithm = Algorithm.ED25519) -> None:
        self.algorithm = algorithm
        self.came: list[Request] = []
        self.inputs: set[bytes] = set()

    def __call__(self, request: Request) -> Reply:
        self.came.append(request)
        if request.path == b"/away":
            return Reply(307, ((b"location", b"/native/there"),), b"")
        if request.path == b"/abroad":
            return Reply(307, ((b"location", b"http://localhost:1/native/there"),), b"")
        request = request._replace(target=request.target.removeprefix(b"/native"), base=b"/native")
        try:
            claim = DIALECT.read(request)
            assert claim is not None
            DIALECT.check(claim, self.algorithm, PROOFS[self.algorithm][1])
        except (MalformedRequest, BadSignature, AssertionError) as problem:
            return Reply(400, (), str(problem).encode())
        assert claim.signing_input not in self.inputs
        self.inputs.add(claim.signing_input)
        return Reply(200, (), claim.wire_id.encode())


def signer(url: str, algorithm: Algorithm = Algorithm.ED25519) -> Signer:
    return Signer(f"{url}/native", KEY, PROOFS[algorithm][0])


Call = Callable[..., tuple[int, str]]


def by_requests(signed: Signer, method: str, url: str, **more: Any) -> tuple[int, str]:
    with requests.Session() as session:
        session.auth = RequestsAuth(signed)
        reply = session.request(method, url, **more)
        return reply.status_code, reply.text


def by_httpx(signed: Signer, method: str, url: str, **more: Any) -> tuple[int, str]:
    with httpx2.Client(auth=HttpxAuth(signed), follow_redirects=True) as client:
        reply = client.request(method, url, **more)
        return reply.status_code, reply.text


def by_httpx_async(signed: Signer, method: str, url: str, **more: Any) -> tuple[int, str]:
    async def ask() -> tuple[int, str]:
        async with httpx2.AsyncClient(auth=HttpxAuth(signed)) as client:
            reply = await client.request(method, url, **more)
            return reply.status_code, reply.text

    return asyncio.run(ask())


def by_aiohttp(signed: Signer, method: str, url: str, **more: Any) -> tuple[int, str]:
    async def ask() -> tuple[int, str]:
        async with (
            aiohttp.ClientSession(middlewares=[AiohttpMiddleware(signed)]) as session,
            session.request(method, url, **more) as reply,
        ):
            return reply.status, await reply.text()

    return asyncio.run(ask())


EVERY = pytest.mark.parametrize("call", [by_requests, by_httpx, by_httpx_async, by_aiohttp])
BODIES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "json": {"json": {"symbol": "BTC-USDT", "note": "ü"}},
    "bytes": {"data": b'{"symbol":"BTC-USDT"}'},
    "form": {"data": {"symbol": "BTC-USDT", "note": "a b&c"}},
    "query": {"params": {"symbol": "BTC-USDT", "note": "a/b c ü"}},
}


@EVERY
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_it_sends_is_proven(call: Call, method: str, body: str) -> None:
    """URL and body are signed as they leave, however the library writes them."""
    more = BODIES[body]
    if call in (by_httpx, by_httpx_async) and isinstance(more.get("data"), bytes):
        more = {"content": more["data"]}
    with serving(Gate()) as url:
        assert call(signer(url), method, f"{url}/native/exchange/v1/orders", **more) == (200, KEY)


@EVERY
@pytest.mark.parametrize("algorithm", PROOFS, ids=lambda algorithm: algorithm.value)
def test_with_every_kind_of_key(call: Call, algorithm: Algorithm) -> None:
    """A pair of either kind, or a shared secret."""
    with serving(Gate(algorithm)) as url:
        assert call(signer(url, algorithm), "POST", f"{url}/native/a", json={"a": 1}) == (200, KEY)


def test_text_is_signed_as_it_is_sent() -> None:
    """requests and aiohttp take text: what leaves is UTF-8, and that is what was signed."""
    gate = Gate()
    with serving(gate) as url:
        for call in (by_requests, by_aiohttp):
            assert call(signer(url), "POST", f"{url}/native/a", data="{'ü'}") == (200, KEY)
    assert [each.body for each in gate.came] == ["{'ü'}".encode()] * 2


def test_text_leaves_as_the_bytes_that_were_signed() -> None:
    """Not every version of the libraries below requests writes text as UTF-8."""
    prepared = requests.Request("POST", "http://gate.example/native/a", data="ü").prepare()
    assert RequestsAuth(signer("http://gate.example"))(prepared).body == "ü".encode()


def chunks() -> Iterator[bytes]:
    yield from CHUNKS


async def chunks_async() -> AsyncIterator[bytes]:
    for each in CHUNKS:
        yield each


STREAMS: list[tuple[Call, dict[str, Any]]] = [
    (by_requests, {"data": chunks()}),
    (by_requests, {"data": io.BytesIO(b"a")}),
    (by_httpx, {"content": chunks()}),
    (by_httpx, {"files": {"a": b"b"}}),
    (by_httpx_async, {"content": chunks_async()}),
    (by_aiohttp, {"data": chunks_async()}),
    (by_aiohttp, {"data": io.BytesIO(b"a")}),
    (by_aiohttp, {"data": b"a", "compress": "deflate"}),
    (by_aiohttp, {"data": b"a", "chunked": True}),
]


@pytest.mark.parametrize(("call", "more"), STREAMS)
def test_a_stream_is_refused_before_it_is_sent(call: Call, more: dict[str, Any]) -> None:
    """Its digest is not known when the headers leave, and the text says what to give instead."""
    gate = Gate()
    with serving(gate) as url, pytest.raises(NotSignable, match="cannot be signed before it is sent: give"):
        call(signer(url), "POST", f"{url}/native/a", **more)
    assert gate.came == []


def test_a_redirect_within_the_gate_is_signed_anew_by_aiohttp() -> None:
    """The others send the old signature along, which is for the old URL and proves nothing at the new one."""
    with serving(Gate()) as url:
        away = Signer(url, KEY, PROOFS[Algorithm.ED25519][0])
        assert by_aiohttp(away, "GET", f"{url}/away") == (200, KEY)
        for call in (by_requests, by_httpx):
            status, words = call(away, "GET", f"{url}/away")
            assert (status, words) == (400, "the signature does not match")


def test_a_redirect_to_another_house_is_not_signed_for() -> None:
    """The request does not leave."""
    with serving(Gate()) as url, pytest.raises(NotSignable, match="this signer is for that gate"):
        by_aiohttp(Signer(url, KEY, PROOFS[Algorithm.ED25519][0]), "GET", f"{url}/abroad")
