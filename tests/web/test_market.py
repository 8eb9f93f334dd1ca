"""What the exchange says of itself: read strictly, forgotten when it is old, and no order uncounted in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.pairs import Pair
from bitting.domain.request import Reply, Request
from bitting.gate.limits import NoMarket
from bitting.paper.exchange import Exchange
from bitting.paper.facts import facts
from bitting.paper.market import MARKETS
from bitting.web.market import STALE_NS, MarketFeed, _read
from tests.web.venue import JSON, Venue, nobody, reached, run

BTC_USD = Pair("BTC", "USD")
ALICE, BOT = "account-of-alice", "key-of-a-bot"


def said(**changes: Any) -> Reply:
    body = {"prices": {"BTC/USD": "50000.00"}, "open_orders": {ALICE: 3}, "open_orders_by_key": {BOT: 2}, **changes}
    return Reply(200, JSON, json.dumps(body).encode())


class Moment:
    """A clock that stands."""

    ns = 10**15

    def __call__(self) -> int:
        return self.ns


@asynccontextmanager
async def feeding(handler: Callable[[Request], Any]) -> AsyncIterator[tuple[MarketFeed, Moment]]:
    moment = Moment()
    async with reached(handler) as upstream:
        yield MarketFeed(upstream, b"/house/facts", moment), moment


def with_feed(venue: Venue, play: Callable[[MarketFeed, Moment], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        async with feeding(venue) as (feed, moment):
            await play(feed, moment)

    run(whole)


def test_what_is_heard_is_known() -> None:
    """Prices by pair, orders by account and by key; who is not named has none, and no other pair has a price."""
    venue = Venue(said())

    async def play(feed: MarketFeed, moment: Moment) -> None:
        await feed.refresh()
        assert feed.last_price(BTC_USD) == Decimal("50000.00")
        assert feed.last_price(Pair("ETH", "USD")) is None
        assert [feed.open_orders(scope) for scope in (ALICE, BOT, "somebody")] == [3, 2, 0]

    with_feed(venue, play)
    assert [(each.method, each.target, each.body) for each in venue.asked] == [(b"GET", b"/house/facts", b"")]


def test_long_facts_are_heard_whole() -> None:
    """An exchange with many customers says more than a client is given at once."""
    venue = Venue(said(open_orders={f"account-{number}": number for number in range(10_000)}))

    async def play(feed: MarketFeed, moment: Moment) -> None:
        await feed.refresh()
        assert feed.open_orders("account-9999") == 9999

    with_feed(venue, play)


def test_nothing_is_known_before_it_was_heard_nor_when_it_is_old() -> None:
    """Five seconds, and then limits that need it refuse."""

    async def play(feed: MarketFeed, moment: Moment) -> None:
        assert (feed.last_price(BTC_USD), feed.open_orders(ALICE)) == (None, None)
        await feed.refresh()
        moment.ns += STALE_NS
        assert feed.open_orders(ALICE) == 3
        moment.ns += 1
        assert (feed.last_price(BTC_USD), feed.open_orders(ALICE)) == (None, None)
        await feed.refresh()
        assert feed.open_orders(ALICE) == 3

    with_feed(Venue(said()), play)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, JSON, b"{}"),
        Reply(404, (), b"nothing here"),
        Reply(200, JSON, b"not json"),
        Reply(200, JSON, b"[" * 100_000),
        Reply(200, JSON, b"[]"),
        said(prices=None),
        said(prices={"BTC/USD": "0"}),
        said(prices={"BTC/USD": "NaN"}),
        said(prices={"BTC/USD": 50000.0}),
        said(prices={"BTCUSD": "1"}),
        said(open_orders={ALICE: -1}),
        said(open_orders={ALICE: 2.5}),
        said(open_orders={ALICE: "3"}),
        said(open_orders={ALICE: True}),
        said(open_orders_by_key={BOT: float("inf")}),
        said(open_orders_by_key=[]),
    ],
)
def test_what_cannot_be_read_is_not_heard(reply: Reply) -> None:
    """A bad answer changes nothing: what was known grows old by itself."""
    venue = Venue(said())

    async def play(feed: MarketFeed, moment: Moment) -> None:
        await feed.refresh()
        venue.reply = reply
        moment.ns += STALE_NS
        await feed.refresh()
        assert feed.open_orders(ALICE) == 3
        moment.ns += 1
        assert feed.open_orders(ALICE) is None

    with_feed(venue, play)


def test_an_exchange_that_is_away() -> None:
    """Nothing is heard, and nothing breaks."""

    async def play() -> None:
        async with nobody() as upstream:
            feed = MarketFeed(upstream, b"/house/facts", Moment())
            await feed.refresh()
            assert feed.open_orders(ALICE) is None

    run(play)


def test_an_order_is_counted_until_the_second_answer() -> None:
    """The first answer may have been on its way when the order was sent, so it does not take the order's place."""

    async def play(feed: MarketFeed, moment: Moment) -> None:
        await feed.refresh()
        feed.placed((BOT, ALICE), 2)
        feed.placed((BOT,), 1)
        assert [feed.open_orders(scope) for scope in (ALICE, BOT)] == [5, 5]
        await feed.refresh()
        assert [feed.open_orders(scope) for scope in (ALICE, BOT)] == [5, 5]
        await feed.refresh()
        assert [feed.open_orders(scope) for scope in (ALICE, BOT)] == [3, 2]

    with_feed(Venue(said()), play)


def test_an_order_sent_while_the_answer_is_on_its_way_is_counted() -> None:
    """Before the answer and behind it: a burst that waits for the question passes no limit."""

    async def play() -> None:
        asked, answer = asyncio.Event(), asyncio.Event()

        async def slow(request: Request) -> Reply:
            asked.set()
            await answer.wait()
            return said()

        async with feeding(slow) as (feed, _):
            answer.set()
            await feed.refresh()
            answer.clear()
            asked.clear()
            feed.placed((BOT,), 1)
            refreshing = asyncio.create_task(feed.refresh())
            await asked.wait()
            assert feed.open_orders(BOT) == 3
            feed.placed((BOT,), 1)
            assert feed.open_orders(BOT) == 4
            answer.set()
            await refreshing
            assert feed.open_orders(BOT) == 4
            await feed.refresh()
            assert feed.open_orders(BOT) == 3
            await feed.refresh()
            assert feed.open_orders(BOT) == 2

    run(play)


def test_an_answer_that_fails_forgets_no_order() -> None:
    """Orders stay counted while the exchange does not answer."""
    venue = Venue(said())

    async def play(feed: MarketFeed, moment: Moment) -> None:
        await feed.refresh()
        feed.placed((BOT,), 1)
        venue.reply = Reply(503, (), b"")
        for _ in range(3):
            await feed.refresh()
            assert feed.open_orders(BOT) == 3

    with_feed(venue, play)


def test_it_is_asked_again_and_again() -> None:
    """`run` does not end by itself."""

    async def play() -> None:
        asked = asyncio.Semaphore(0)

        def count(request: Request) -> Reply:
            asked.release()
            return said()

        async with feeding(count) as (feed, _):
            running = asyncio.create_task(feed.run())
            await asked.acquire()
            await asked.acquire()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    run(play)


def test_without_a_feed_nothing_is_known() -> None:
    """So limits that need it refuse."""
    market = NoMarket()
    market.placed((ALICE,), 1)
    assert (market.last_price(BTC_USD), market.open_orders(ALICE)) == (None, None)


def test_the_demonstration_exchange_is_understood() -> None:
    """It says its facts in the form that is read here."""
    prices, resting = _read(facts(Exchange(1_790_000_000_000)))
    assert set(prices) == set(MARKETS)
    assert resting == {}


@given(st.binary(max_size=200) | st.text().map(lambda text: json.dumps({"prices": text}).encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Nothing but MalformedValue escapes: the task that asks must not end."""
    with pytest.raises(MalformedValue):
        _read(body)
