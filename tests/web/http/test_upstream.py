"""Several addresses of one upstream: who is asked, who is asked next, and who is left alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bitting.domain.request import Reply, Request
from bitting.web.http import Limits, OutcomeUnknown, Server, Upstream, UpstreamDown, UpstreamLimits, serve, upstream
from bitting.web.http.health import FAILURES, SUCCESSES, Health

Answer = Callable[[Request], Reply | Awaitable[Reply]]


class Machine:
    """One of several that are the same; it can be stopped and started again."""

    def __init__(self, name: str) -> None:
        self.name = name.encode()
        self.asked: list[bytes] = []
        self.checked = 0
        self.status = 200  # of its checks
        self.silent = False  # when it is checked
        self.held = asyncio.Event()
        self.held.set()
        self.breaks = False
        self._port = 0
        self._server: Server | None = None

    async def answer(self, request: Request) -> Reply:
        if request.target == b"/health":
            self.checked += 1
            if self.silent:
                await asyncio.Event().wait()
            return Reply(self.status, (), b"")
        self.asked.append(request.target)
        await self.held.wait()
        if self.breaks:
            raise asyncio.CancelledError  # the connection is cut off
        return Reply(200, (), self.name)

    async def start(self) -> None:
        self._server = await serve(
            self.answer, host="127.0.0.1", port=self._port, limits=Limits(linger_s=0.05), on_error=_raise
        )
        self._port = self._server.addresses[0][1]

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.close(0)
        self._server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"


def _raise(error: BaseException) -> None:
    raise error


@asynccontextmanager
async def machines(*names: str) -> AsyncIterator[list[Machine]]:
    all_ = [Machine(name) for name in names]
    for each in all_:
        await each.start()
    try:
        yield all_
    finally:
        for each in all_:
            each.held.set()
            await each.stop()


@asynccontextmanager
async def before(all_: list[Machine], health: str | None = None, **limits: Any) -> AsyncIterator[Upstream]:
    one = Upstream([each.url for each in all_], limits=UpstreamLimits(**limits), health=health)
    watching = asyncio.create_task(one.watch())
    try:
        yield one
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await one.close()


async def get(one: Upstream, target: bytes = b"/") -> bytes:
    return (await one.send(b"GET", target, (), b"")).body


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  # nothing tells a test of it
        await asyncio.sleep(0.005)


def run(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(play(), 20))


def test_addresses_take_turns() -> None:
    """With nothing under way anywhere, each has its share."""

    async def play() -> None:
        async with machines("a", "b", "c") as all_, before(all_) as one:
            assert Counter([await get(one) for _ in range(30)]) == {b"a": 10, b"b": 10, b"c": 10}

    run(play)


def test_who_is_busy_is_spared() -> None:
    """The next request goes to the address with the fewest under way."""

    async def play() -> None:
        async with machines("a", "b") as all_, before(all_) as one:
            slow, quick = all_
            slow.held.clear()
            waiting = [asyncio.create_task(get(one)) for _ in range(2)]
            await until(lambda: len(slow.asked) == 1)
            assert [await get(one) for _ in range(10)] == [b"b"] * 10
            assert len(quick.asked) == 11
            slow.held.set()
            assert sorted(await asyncio.gather(*waiting)) == [b"a", b"b"]

    run(play)


def test_who_is_not_there_is_passed_over() -> None:
    """A connection that does not come about costs its request nothing; when the machine is back it has its share."""

    async def play() -> None:
        async with machines("a", "b") as all_, before(all_, rest_s=0.05) as one:
            await all_[0].stop()
            assert [await get(one) for _ in range(20)] == [b"b"] * 20
            assert [each.up for each in one.addresses] == [False, True]
            await all_[0].start()
            while await get(one) != b"a":  # noqa: ASYNC110  # nothing tells a test of it
                await asyncio.sleep(0.01)
            assert [each.up for each in one.addresses] == [True, True]

    run(play)


def test_nobody_is_there() -> None:
    """Each is tried, and nothing was sent; after some failures nobody is tried any more, and it is said at once."""

    async def play() -> None:
        async with machines("a", "b") as all_, before(all_, rest_s=60) as one:
            for each in all_:
                await each.stop()
            for _ in range(20):
                with pytest.raises(UpstreamDown):
                    await get(one)
            with pytest.raises(UpstreamDown, match="left alone"):
                await get(one)

    run(play)


@pytest.mark.parametrize("target", [b"/", b"/order"])
def test_what_may_have_left_goes_to_nobody_else(target: bytes) -> None:
    """A connection that breaks in the middle leaves the outcome open, however many others there are: what could be an
    order is sent once."""

    async def play() -> None:
        async with machines("a", "b", "c") as all_, before(all_) as one:
            for each in all_:
                each.breaks = True
            with pytest.raises(OutcomeUnknown):
                await get(one, target)
            assert [asked for each in all_ for asked in each.asked] == [target]

    run(play)


def test_the_time_to_connect_is_for_all_together() -> None:
    """Two machines that take connections and are full: the request waits no longer than for one."""

    async def play() -> None:
        async with machines("a", "b") as all_, before(all_, connections=1, connect_s=0.4) as one:
            for each in all_:
                each.held.clear()
            under_way = [asyncio.create_task(get(one)) for _ in range(2)]
            await until(lambda: all(each.asked for each in all_))
            with pytest.raises(UpstreamDown, match=r"within 0\.2 s"):
                await get(one)
            for each in all_:
                each.held.set()
            await asyncio.gather(*under_way)

    run(play)


def test_health_changes_when_enough_speaks_against_it() -> None:
    """Down after three failures in a row, up after two successes in a row; what comes between begins anew."""
    health = Health()
    said = []
    for well in [False, False, True, False, False, False, True, False, True, True, False]:
        health.heard(well=well)
        said.append(health.up)
    assert said == [True] * 5 + [False] * 4 + [True] * 2
    assert (FAILURES, SUCCESSES) == (3, 2)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks come fast."""
    monkeypatch.setattr(upstream, "CHECK_EVERY_S", 0.02)


@pytest.mark.parametrize("how", ["status", "stopped", "silent"])
def test_who_fails_its_checks_is_not_asked(often: None, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Whether it says so, is gone or says nothing; and is asked again when it is well."""
    monkeypatch.setattr(upstream, "CHECK_S", 0.1)

    async def play() -> None:
        async with machines("a", "b") as all_, before(all_, "/health") as one:
            ill = all_[0]
            if how == "status":
                ill.status = 503
            elif how == "stopped":
                await ill.stop()
            else:
                ill.silent = True
            await until(lambda: not one.addresses[0].up)
            asked = len(ill.asked)
            assert [await get(one) for _ in range(10)] == [b"b"] * 10
            assert (len(ill.asked), one.addresses[1].up) == (asked, True)
            ill.status, ill.silent = 200, False
            await ill.stop()
            await ill.start()
            await until(lambda: one.addresses[0].up)
            assert {await get(one) for _ in range(10)} == {b"a", b"b"}

    run(play)


@pytest.mark.parametrize("names", ["a", "ab"])
def test_all_fail_their_checks(often: None, names: str) -> None:
    """Requests are refused at once, with nothing sent, though connections would come about."""

    async def play() -> None:
        async with machines(*names) as all_, before(all_, "/health") as one:
            for each in all_:
                each.status = 500
            await until(lambda: not any(each.up for each in one.addresses))
            with pytest.raises(UpstreamDown, match="does not pass its checks"):
                await get(one)
            assert not any(each.asked for each in all_)

    run(play)


def test_connections_that_do_not_come_about_count_as_checks_that_fail() -> None:
    """Requests find out before the checks do."""

    async def play() -> None:
        async with machines("a", "b") as all_, before(all_, "/health") as one:
            await until(lambda: all(each.checked for each in all_))
            await all_[0].stop()
            for _ in range(2 * FAILURES):
                await get(one)
            assert [each.up for each in one.addresses] == [False, True]

    run(play)


def test_requests_that_break_off_do_not() -> None:
    """Whoever found a request that the upstream breaks off could shut out everybody else with it."""

    async def play() -> None:
        async with machines("a") as all_, before(all_, "/health") as one:
            all_[0].breaks = True
            for _ in range(3 * FAILURES):
                with pytest.raises(OutcomeUnknown):
                    await get(one)
            assert one.addresses[0].up

    run(play)


def test_a_machine_that_is_busy_is_not_down(often: None) -> None:
    """Checks have a connection of their own."""

    async def play() -> None:
        async with machines("a") as all_, before(all_, "/health", connections=1) as one:
            all_[0].held.clear()
            under_way = asyncio.create_task(get(one))
            await until(lambda: all_[0].checked > 2 * FAILURES)
            assert one.addresses[0].up
            all_[0].held.set()
            await under_way

    run(play)


def test_without_a_path_nothing_is_checked() -> None:
    """Watching ends at once."""

    async def play() -> None:
        async with machines("a") as all_:
            one = Upstream([all_[0].url], limits=UpstreamLimits())
            await one.watch()
            await one.close()
            assert all_[0].checked == 0

    run(play)
