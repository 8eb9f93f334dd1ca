"""A change that takes power away is a barrier: no request that begins after its reply has begun is admitted.

Many connections send signed requests as fast as they can while one key is revoked, paused, frozen or narrowed, and
while other changes make the gate forget and load again. The harness has to be able to fail: it is pointed at gates
that are broken on purpose, too.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.barrier import Change, Event, violations
from tests.end_to_end.house import CLOCKS, NO_RATES, PATIENCE_S, House
from tests.end_to_end.signing import Key, Message, balances, order, self_revocation, withdrawal
from tests.end_to_end.wire import Answer, Line, tell

CONNECTIONS = 8
BEFORE, AFTER = 120, 240  # requests: in all before the change is asked for, and in all that begin after its reply

# Each change, and the reason for which requests are refused after it.
CHANGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "revoke": ("key.revoke", {}, "key.revoked"),
    "pause": ("key.pause", {}, "key.held"),
    "lock": ("key.lock", {}, "key.held"),
    "freeze": ("freeze", {}, "key.held"),
    "narrow": ("key.edit", {"deny": ["orders.write"]}, "permission.missing"),
    "move": ("key.edit", {"network": ["203.0.113.7"]}, "network.outside"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that refuses for no rate."""
    with House(tmp_path_factory.mktemp("house"), settings=NO_RATES) as house:
        yield house


@pytest.fixture(autouse=True)
def sharp_clock() -> Iterator[None]:
    """Threads take turns often, so that a moment is noted when it comes."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    yield
    sys.setswitchinterval(before)


def say(house: House, intent: str, **values: Any) -> Change:
    """Ask the desk, and note when the first byte of its reply comes."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE_S)
        line.connect(str(house.data / "bitting.sock"))
        connection = http.client.HTTPConnection("desk")
        connection.sock = line
        asked_ns = time.monotonic_ns()
        connection.request("POST", f"/{intent}", json.dumps(values), {"content-type": "application/json"})
        line.recv(1, socket.MSG_PEEK)
        told_ns = time.monotonic_ns()
        reply = connection.getresponse()
        assert reply.status == 200, reply.read()
        return Change(asked_ns, told_ns)


class Hammer:
    """Connections that send one request after another until enough have begun after the change."""

    def __init__(self, house: House, makes: list[Callable[[], Message]]) -> None:
        self.answers: list[Answer] = []
        self._lines = [Line(house.address) for _ in makes]
        self._after = threading.Semaphore(AFTER)
        self._changed = threading.Event()
        self._threads = [
            threading.Thread(target=self._send, args=pair) for pair in zip(self._lines, makes, strict=True)
        ]

    def round(self, change: Callable[[], Change]) -> Change:
        """Hammer, make the change in the middle of it, and hammer on."""
        with ExitStack() as stack:
            for line in self._lines:
                stack.enter_context(line)
            for thread in self._threads:
                thread.start()
            while len(self.answers) < BEFORE and any(each.is_alive() for each in self._threads):
                time.sleep(0.001)
            try:
                made = change()
            finally:
                self._changed.set()
                for thread in self._threads:
                    thread.join()
        return made

    def _send(self, line: Line, make: Callable[[], Message]) -> None:
        while not self._changed.is_set() or self._after.acquire(blocking=False):
            self.answers.append(line.ask(make().raw))


def churn(house: House, stop: threading.Event) -> None:
    """Changes of the house's rules make the gate forget every snapshot, so that loads race with the change."""
    days = 100
    while not stop.is_set():
        days += 1
        house.ask("house.edit", rules={"rotation_age_days": days})


def hammered(house: House, key: Key, name: str, *, churning: bool) -> list[str]:
    """The violations of one round in which the key is changed while it is used."""
    intent, values, reason = CHANGES[name]
    read = order if name == "narrow" else balances  # of a key that may no longer trade, reads are not refused
    hammer = Hammer(house, [lambda: read(key), lambda: order(key)] * (CONNECTIONS // 2))
    stop = threading.Event()
    churner = threading.Thread(target=churn, args=(house, stop))
    if churning:
        churner.start()
    try:
        change = hammer.round(lambda: say(house, intent, key=key.id, **values))
    finally:
        stop.set()
        if churning:
            churner.join()
    # Connections that share a nonce overtake one another: such a refusal says nothing about the key's state.
    assert {each.reason for each in hammer.answers} <= {"", reason, "nonce.low"}
    events = [
        Event(each.sent_ns, each.done_ns, each.reason == "") for each in hammer.answers if each.reason != "nonce.low"
    ]
    assert sum(each.admitted for each in events) > 10
    assert sum(each.call_ns > change.told_ns for each in events) > 10
    return violations(events, change)


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_is_admitted_that_begins_after_the_reply(house: House, dialect: str, name: str) -> None:
    """Whatever takes power away from a key does so for all requests that begin after it is acknowledged."""
    assert hammered(house, house.issue(dialect, "trade"), name, churning=True) == []


def test_a_narrowed_key_goes_on_with_what_it_has(house: House, dialect: str) -> None:
    """A change does not refuse more than it takes: reads are admitted all through the loss of another right."""
    key = house.issue(dialect, "trade")
    hammer = Hammer(house, [lambda: balances(key)])
    hammer.round(lambda: say(house, "key.edit", key=key.id, deny=["orders.write"]))
    assert {each.reason for each in hammer.answers} == {""}


def test_a_key_that_ends_itself_is_ended_for_all_its_connections(house: House, dialect: str) -> None:
    """The reply to a key's own revocation is a barrier as the operator's is."""
    key = house.issue(dialect, "trade")

    def end() -> Change:
        while True:
            asked_ns = time.monotonic_ns()
            with Line(house.address) as line:
                line.socket.sendall(self_revocation(key))
                line.socket.recv(1, socket.MSG_PEEK)
                told_ns = time.monotonic_ns()
                if line.answer().reason != "nonce.low":  # overtaken by one of the others: signed again
                    return Change(asked_ns, told_ns)

    hammer = Hammer(house, [lambda: balances(key), lambda: order(key)])
    change = hammer.round(end)
    events = [
        Event(each.sent_ns, each.done_ns, each.reason == "") for each in hammer.answers if each.reason != "nonce.low"
    ]
    assert {each.admitted for each in events} == {True, False}
    assert violations(events, change) == []


# Gates that are broken on purpose, each in one thing that makes a change a barrier.
DEFECTS = {
    "forgets nothing": """
from bitting.gate.cache import Snapshots
Snapshots.forget = lambda self, name: None
""",
    "keeps what was loaded before the change": """
import time
from bitting.gate.cache import Snapshots
from bitting.stores.store import Store
load, put = Store.load, Snapshots.put
def slow(self, *name):
    loaded = load(self, *name)
    time.sleep(0.01)
    return loaded
Store.load = slow
Snapshots.put = lambda self, name, snapshot, epoch, now_ns: put(self, name, snapshot, self.epoch, now_ns)
""",
    "tells the caches late": """
import asyncio
from bitting.stores.threaded import Threaded
made = Threaded.__init__
def late(self, store, on_touched, clock):
    made(self, store, lambda touched: asyncio.get_running_loop().call_later(0.05, on_touched, touched), clock)
Threaded.__init__ = late
""",
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_gate_that_is_no_barrier_is_noticed(tmp_path: Path, defect: str) -> None:
    """The same rounds find violations where a snapshot outlives the change, for ever or for a moment."""
    with House(tmp_path, settings=NO_RATES, defect=DEFECTS[defect]) as house:
        churning = defect == "keeps what was loaded before the change"
        rounds = (hammered(house, house.issue("binance", "trade"), "revoke", churning=churning) for _ in range(10))
        assert any(rounds)


@pytest.mark.parametrize("dialect", CLOCKS)
def test_a_withdrawal_asks_the_store_whatever_the_cache_says(tmp_path: Path, dialect: str) -> None:
    """Where a gate forgets nothing, orders of a revoked key pass, and withdrawals do not: they trust no cache."""
    address = "0x" + "ab" * 20
    with House(tmp_path, settings=NO_RATES, defect=DEFECTS["forgets nothing"]) as house:
        house.ask("house.edit", rules={"hmac_withdraw": True, "address_wait_hours": 0, "withdrawal_wait_hours": 0})
        house.ask("account.add-address", account="alice", asset="USDT", network="ETH", address=address, label="cold")
        key = house.issue(dialect, "trade", "withdraw")
        assert tell(house.address, withdrawal(key, address)).reason == ""
        house.ask("key.revoke", key=key.id)
        assert tell(house.address, order(key).raw).reason == ""
        refused = tell(house.address, withdrawal(key, address))
        assert (refused.status, refused.reason) == (503, "gate.unavailable")
        assert "moved on" in house.record(refused.request_id)["detail"]


def test_the_check_tells_the_three_violations_apart() -> None:
    """Late, flickering and premature histories are found; a request that was under way may end either way."""
    change = Change(100, 200)
    under_way = [Event(90, 210, True), Event(150, 205, False), Event(199, 230, True)]
    assert violations([Event(0, 10, True), *under_way, Event(201, 220, False)], change) == []
    assert "acknowledged" in violations([Event(201, 220, True)], change)[0]
    assert "another was refused" in violations([Event(110, 120, False), Event(121, 130, True)], change)[0]
    assert "before the change" in violations([Event(80, 99, False)], change)[0]
