"""On to the exchange: what was signed, unchanged, with the gate's word about who asks, and without credentials."""

from __future__ import annotations

import asyncio

import pytest

from bitting.domain.errors import Unavailable
from bitting.domain.network import address_from_text
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.gate.ports import NotSent
from bitting.web.exchange import HttpExchange
from bitting.web.http import OutcomeUnknown, Upstream
from bitting.web.identity import verify_identity
from tests.web.venue import Venue, nobody, reached, run

SECRET = Secret(bytes(range(32)))
NOW_MS = 1_790_000_000_000
BODY = b'{"symbol": "tBTCUSD",\xff "amount": "1"}'
HEADERS: tuple[Header, ...] = (
    (b"host", b"gate.example"),
    (b"bfx-apikey", b"bk_live_x"),
    (b"bfx-signature", b"abc"),
    (b"content-type", b"application/json"),
    (b"bitting-account", b"somebody-else"),
    (b"bitting-signature", b"v1=00"),
    (b"x-forwarded-for", b"10.0.0.1"),
)
REQUEST = Request(b"POST", b"/v2/auth/w/order/submit?a=%20b", HEADERS, BODY, 0)


def exchange(upstream: Upstream, *, observes: bool = False) -> HttpExchange:
    spent = frozenset({b"bfx-apikey", b"bfx-signature"})
    return HttpExchange(upstream, SECRET, spent, lambda: NOW_MS, observes=observes)


def sent(venue: Venue, request: Request, account: str, key: str, *, observes: bool = False) -> Reply:
    async def play() -> Reply:
        async with reached(venue) as upstream:
            return await exchange(upstream, observes=observes).send(request, account, key, "r-1")

    return run(play)


def test_an_admitted_request_goes_on() -> None:
    """Method, target and body as they were signed; the identity headers are the gate's and about these bytes."""
    venue = Venue(Reply(201, ((b"x-order", b"7"),), b"placed"))
    reply = sent(venue, REQUEST, "a-1", "k-1")
    assert (reply.status, reply.body) == (201, b"placed")
    assert (b"x-order", b"7") in reply.headers
    [heard] = venue.asked
    assert (heard.method, heard.target, heard.body) == (REQUEST.method, REQUEST.target, BODY)
    who = verify_identity(SECRET, heard.method, heard.target, heard.headers, heard.body, now_ms=NOW_MS)
    assert (who.account, who.key, who.request_id, who.signed_at_ms) == ("a-1", "k-1", "r-1", NOW_MS)
    assert heard.header(b"content-type") == b"application/json"


def test_credentials_and_claims_stay_behind() -> None:
    """What the client signed with, and what it says about itself, the exchange never sees."""
    venue = Venue()
    sent(venue, REQUEST, "a-1", "k-1")
    [heard] = venue.asked
    for name in (b"bfx-apikey", b"bfx-signature", b"x-forwarded-for"):
        assert heard.header(name) is None
    assert [value for name, value in heard.headers if name == b"bitting-account"] == [b"a-1"]


@pytest.mark.parametrize("key", ["k-1", ""])
def test_a_live_api_gets_the_credentials_and_the_address(key: str) -> None:
    """It checks them itself, whether or not the gate vouches for the caller. Of addresses it hears one word: ours."""
    venue = Venue()
    peer = address_from_text("203.0.113.7")
    sent(venue, REQUEST._replace(peer=peer), "a-1" if key else "", key, observes=True)
    [heard] = venue.asked
    assert (heard.header(b"bfx-apikey"), heard.header(b"bfx-signature")) == (b"bk_live_x", b"abc")
    assert [value for name, value in heard.headers if name == b"x-forwarded-for"] == [b"203.0.113.7"]
    assert heard.header(b"bitting-account") == (b"a-1" if key else None)


def test_open_market_data_has_no_identity() -> None:
    """Not the gate's, and none that a client made up."""
    venue = Venue()
    sent(venue, REQUEST, "", "")
    [heard] = venue.asked
    assert [name for name, _ in heard.headers if name.startswith(b"bitting-")] == []


def test_an_exchange_that_is_away_was_sent_nothing() -> None:
    """The client may send again."""

    async def play() -> None:
        async with nobody() as upstream:
            with pytest.raises(NotSent, match="no connection to the upstream"):
                await exchange(upstream).send(REQUEST, "a-1", "k-1", "r-1")

    run(play)


def test_what_cannot_be_written_was_not_sent() -> None:
    """A target that would end the line is no request, and nothing of it leaves."""
    venue = Venue()
    with pytest.raises(NotSent, match="cannot be written"):
        sent(venue, REQUEST._replace(target=b"/a\r\nb"), "a-1", "k-1")
    assert venue.asked == []


def test_a_request_that_left_and_was_not_answered() -> None:
    """Nobody knows what became of it, and that is another exception: it is not to be sent again."""

    async def play() -> None:
        held = asyncio.Event()

        async def silent(request: Request) -> Reply:
            await held.wait()
            return Reply(200, (), b"")

        async with reached(silent, reply_s=0.05) as upstream:
            with pytest.raises(OutcomeUnknown) as unknown:
                await exchange(upstream).send(REQUEST, "a-1", "k-1", "r-1")
            assert isinstance(unknown.value, Unavailable)
            assert not isinstance(unknown.value, NotSent)
            held.set()

    run(play)
