"""A gate inside this very process: opened on a loop, asked by a call, and operated from outside, as any other."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bitting.dialects import binance
from bitting.dialects.dialect import Draft
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BittingError, Misconfigured
from bitting.domain.ids import Environment
from bitting.domain.network import address_from_text
from bitting.domain.pairs import Pair
from bitting.domain.request import Reply, Request
from bitting.domain.secret import Secret
from bitting.gate.passage import Passage
from bitting.gate.ports import NotSent
from bitting.settings import DecisionSettings, MountSettings, Settings
from bitting.wiring import reach
from bitting.wiring.house import House
from bitting.wiring.inside import AppGate, ThreadGate, _Nowhere
from tests.end_to_end.signing import now_us

MOUNT = MountSettings("/binance", "binance", Environment.LIVE)
NO_DIALECT = MountSettings("", "x", Environment.LIVE)
HOME = address_from_text("127.0.0.1")
ORDER = b"symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId=%d"


class Prices:
    """An application that knows its market."""

    def last_price(self, pair: Pair) -> Decimal | None:
        return Decimal(100)

    def open_orders(self, scope: str) -> int | None:
        return 0

    def placed(self, scopes: Any, orders: int) -> None:
        """Nothing rests here."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def settings(mount: MountSettings = MOUNT) -> Settings:
    return Settings(mounts=(mount,))


def ask(data: Path, intent: str, **values: Any) -> Any:
    """As `bitting` does, from any thread but the loop's."""
    return reach.ask_server(data, intent, values)


def issue(data: Path, **more: Any) -> dict[str, Any]:
    """A key that trades, of an account of its own."""
    ask(data, "account.open", name="alice")
    words = {"account": "alice", "dialect": "binance", "label": "bot", "permissions": ["trade"]}
    key: dict[str, Any] = ask(data, "key.issue", **words, network=["127.0.0.1"], **more)
    return key


def request(key: dict[str, Any], draft: Draft) -> Request:
    """As it comes off the wire, below the mount."""
    signed = binance.DIALECT.sign(
        draft, key["key_id"], Algorithm.HMAC_SHA256, Secret(key["secret"].encode()), now_us() * 1_000
    )
    return signed._replace(target=b"/binance" + signed.target, peer=HOME)


def balances(key: dict[str, Any]) -> Request:
    return request(key, Draft(b"GET", b"/api/v3/account", b""))


def order(key: dict[str, Any]) -> Request:
    return request(key, Draft(b"POST", b"/api/v3/order", ORDER % now_us()))


def outcome(data: Path, request_id: str) -> tuple[str, int, str]:
    """What the log has of it, once it is there."""
    for _ in range(200):
        records = ask(data, "activity.list", request_id=request_id)["records"]
        if records and records[0]["status"]:
            return records[0]["verdict"], records[0]["status"], records[0]["outcome"]
        threading.Event().wait(0.02)
    raise AssertionError("it never came")


def test_a_call_is_judged_as_a_request_is(data: Path) -> None:
    """Refused in the dialect's words, admitted with a name, and its outcome is in the log that commands read."""

    async def play() -> None:
        async with AppGate(data, settings()) as gate:
            assert gate.is_open
            key = await asyncio.to_thread(issue, data)
            refused = await gate.judge(balances({**key, "secret": "wrong"}))
            assert isinstance(refused, Reply)
            assert b"key.not_proven" in refused.body
            passage = await gate.judge(order(key))
            assert isinstance(passage, Passage)
            assert passage.key == key["id"]
            reply = passage.returned(Reply(200, (), b'{"orderId": 7}'))
            assert (b"x-request-id", passage.request_id.encode()) in reply.headers
            assert await asyncio.to_thread(outcome, data, passage.request_id) == ("admitted", 200, "7")
            elsewhere = await gate.judge(balances(key)._replace(target=b"/nowhere"))
            assert isinstance(elsewhere, Reply)
            assert elsewhere.status == 404

    asyncio.run(play())


def test_a_key_that_is_revoked_from_outside_is_refused_at_once(data: Path) -> None:
    """Promise 3, inside an application."""

    async def play() -> None:
        async with AppGate(data, settings()) as gate:
            key = await asyncio.to_thread(issue, data)
            assert isinstance(await gate.judge(balances(key)), Passage)
            await asyncio.to_thread(lambda: ask(data, "key.revoke", key=key["id"]))
            refused = await gate.judge(balances(key))
            assert isinstance(refused, Reply)
            assert b"key.revoked" in refused.body

    asyncio.run(play())


def test_the_application_tells_the_market(data: Path) -> None:
    """What needs a price is refused without one, and judged with it."""

    async def play(market: Any) -> Reply | Passage:
        async with AppGate(data, settings(), market=market) as gate:
            key = await asyncio.to_thread(issue, data, limits={"largest_order": {"USDT": "1000"}})
            return await gate.judge(order(key))

    unknown = asyncio.run(play(None))
    assert isinstance(unknown, Reply)
    assert b"order.value" in unknown.body


def test_the_application_tells_the_market_its_prices(data: Path) -> None:
    """A market order of one coin at 100 is worth 105 at most."""

    async def play() -> None:
        async with AppGate(data, settings(), market=Prices()) as gate:
            key = await asyncio.to_thread(issue, data, limits={"largest_order": {"USDT": "105"}})
            assert isinstance(await gate.judge(order(key)), Passage)

    asyncio.run(play())


def test_one_server_one_folder(data: Path) -> None:
    """A second one is refused, and says who has it; after the first has closed the folder is free."""

    async def play() -> None:
        async with AppGate(data, settings()):
            with pytest.raises(Misconfigured):
                await AppGate(data, settings()).open()
        async with AppGate(data, settings()) as gate:
            assert gate.is_open
        assert not gate.is_open

    asyncio.run(play())


def test_doctor_sees_where_it_runs_and_what_is_only_observed(data: Path) -> None:
    """The status that `bitting doctor` reads."""

    async def play() -> dict[str, Any]:
        observing = MountSettings("/binance", "binance", Environment.LIVE, mode="observe")
        async with AppGate(data, settings(observing)):
            status: dict[str, Any] = await asyncio.to_thread(ask, data, "status")
            return status

    status = asyncio.run(play())
    assert (status["url"], status["observing"]) == ("inside an application", ["/binance"])


def test_a_gate_that_is_not_open_judges_nothing(data: Path) -> None:
    """Before it is opened and after it was closed."""

    async def play() -> None:
        gate = AppGate(data, settings())
        with pytest.raises(Misconfigured, match="async with gate"):
            await gate.judge(Request(b"GET", b"/binance/api/v3/time", (), b"", HOME))
        async with gate:
            pass
        with pytest.raises(Misconfigured, match="async with gate"):
            await gate.judge(Request(b"GET", b"/binance/api/v3/time", (), b"", HOME))
        await gate.close()

    asyncio.run(play())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Settings(), r"no \[\[mount\]\]"),
        (settings(MountSettings("/b", "binance", Environment.LIVE, "http://127.0.0.1:1")), "its own upstream"),
        (settings(MountSettings("/b", "binance", Environment.LIVE, port=1)), "its own upstream"),
        (replace(settings(MOUNT), decisions=(DecisionSettings("nginx"),)), "no proxy asks"),
    ],
)
def test_settings_that_are_not_an_applications(data: Path, given: Settings, words: str) -> None:
    """What would have no effect is refused."""
    with pytest.raises(Misconfigured, match=words):
        AppGate(data, given)


@pytest.mark.parametrize("mount", [MountSettings("/B", "binance", Environment.LIVE), NO_DIALECT])
def test_what_cannot_open_leaves_nothing_open(data: Path, mount: MountSettings) -> None:
    """The folder is free again."""

    async def play() -> None:
        with pytest.raises(BittingError):
            await AppGate(data, settings(mount)).open()
        async with AppGate(data, settings()):
            pass

    asyncio.run(play())


def test_nothing_is_ever_sent_from_here() -> None:
    """The application is what admitted requests go to."""
    with pytest.raises(NotSent):
        asyncio.run(_Nowhere().send(Request(b"GET", b"/", (), b"", 0), "", "", ""))


def test_what_nobody_foresaw_is_logged_and_closes_the_gate(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Under the name bitting, unless the application says otherwise. A gate that nothing keeps up refuses by itself."""

    async def fails(house: House) -> None:
        raise RuntimeError("a bug")

    async def play() -> None:
        async with AppGate(data, settings()) as gate:
            key = await asyncio.to_thread(issue, data)
            for _ in range(600):
                said = await gate.judge(balances(key))
                if isinstance(said, Reply):
                    assert b"gate.unavailable" in said.body
                    return
                await asyncio.sleep(0.05)
            raise AssertionError("it went on")

    monkeypatch.setattr(House, "_forget", fails)
    with caplog.at_level(logging.ERROR, "bitting"):
        asyncio.run(play())
    assert "a bug" in caplog.text


# ---- from threads


@pytest.fixture
def threaded(data: Path) -> Iterator[ThreadGate]:
    with ThreadGate(AppGate(data, settings())) as gate:
        yield gate


def test_any_thread_may_ask(data: Path, threaded: ThreadGate) -> None:
    """Many at once, each with its own verdict; what became of it is said on the gate's own loop."""
    key = issue(data)
    passages: list[Passage] = []

    def bot() -> None:
        for _ in range(10):
            passage = threaded.judge(order(key))
            assert isinstance(passage, Passage)
            threaded.tell(lambda said=passage: said.returned(Reply(200, (), b'{"orderId": 7}')))  # type: ignore[misc]
            passages.append(passage)

    bots = [threading.Thread(target=bot) for _ in range(4)]
    for thread in bots:
        thread.start()
    for thread in bots:
        thread.join()
    assert len({each.request_id for each in passages}) == 40
    for each in passages:
        assert outcome(data, each.request_id) == ("admitted", 200, "7")


def test_a_refusal_and_a_fault_reach_the_thread(data: Path, threaded: ThreadGate) -> None:
    """The one as a reply, the other as the exception it is."""
    refused = threaded.judge(Request(b"GET", b"/binance/api/v3/account", (), b"", HOME))
    assert isinstance(refused, Reply)
    with pytest.raises(ZeroDivisionError):
        threaded.tell(lambda: 1 // 0)


def test_a_gate_that_cannot_open_leaves_no_thread(data: Path) -> None:
    """The reason reaches whoever opens it."""
    before = threading.active_count()
    with pytest.raises(Misconfigured), ThreadGate(AppGate(data, settings(NO_DIALECT))):
        raise AssertionError
    assert threading.active_count() == before
