"""Told to stop, the gate ends what it has begun: every request that reached the exchange gets its whole reply."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from tests.end_to_end.house import DIALECTS, NO_RATES, PATIENCE_S, House, until
from tests.end_to_end.signing import Key, balances, order
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import Answer, Cut, Line, tell


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house"), settings=NO_RATES, upstream=exchange.url) as house:
        yield house


class Customer(threading.Thread):
    """Sends orders and reads in turn until the connection ends; keeps the answers, and how it ended."""

    def __init__(self, house: House, key: Key) -> None:
        super().__init__()
        self.answers: list[Answer] = []
        self.torn = False
        self._address = house.address
        self._key = key

    def run(self) -> None:
        try:
            with Line(self._address) as line:
                for make in cycle((order, balances)):
                    self.answers.append(line.ask(make(self._key).raw))
        except Cut as cut:
            self.torn = cut.torn
        except ConnectionError:
            return


def stop_under_load(house: House, exchange: Exchange, how: signal.Signals) -> list[Customer]:
    """The customers, when the gate has ended; the exchange takes its time over each request."""
    exchange.stall_s = 0.05
    customers = [Customer(house, house.issue(dialect, "trade")) for dialect in DIALECTS for _ in range(4)]
    for customer in customers:
        customer.start()
    until(lambda: len(exchange.came) > 40)
    assert house.stop("gate", how) == 0
    for customer in customers:
        customer.join(PATIENCE_S)
    return customers


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_what_was_begun_is_ended(house: House, exchange: Exchange, how: signal.Signals) -> None:
    """Each request that has reached the exchange is answered in full, no reply is torn, and the exit code is 0."""
    customers = stop_under_load(house, exchange, how)
    assert not any(customer.torn for customer in customers)
    answered = {answer.request_id for customer in customers for answer in customer.answers if answer.status == 200}
    assert {came.request_id for came in exchange.came} <= answered


def test_what_was_answered_is_in_the_log(house: House, exchange: Exchange) -> None:
    """Records that were still to be written, and what became of each order, are there after the stop."""
    customers = stop_under_load(house, exchange, signal.SIGTERM)
    house.start_gate()
    for customer in customers:
        for answer in customer.answers:
            [record] = house.ask("activity.list", request_id=answer.request_id)["records"]
            assert record["reason"] == answer.reason
    for came in exchange.came:
        [record] = house.ask("activity.list", request_id=came.request_id)["records"]
        if came.method == b"POST" and not came.target.startswith((b"/v2/auth/r/", b"/info/")):
            assert (record["status"], record["outcome"]) == (200, "7")


def test_it_starts_again_at_once(house: House, exchange: Exchange) -> None:
    """On the same port, over the same folder, within the moment; nobody has to clean up."""
    stop_under_load(house, exchange, signal.SIGTERM)
    exchange.stall_s = 0.0
    house.start_gate()
    key = house.issue("bitfinex", "trade")
    assert tell(house.address, order(key).raw).status == 200
    stamped = house.issue("binance", "trade")
    until(lambda: tell(house.address, order(stamped).raw).status == 200)  # beyond the floor of the run before


def test_who_says_nothing_does_not_hold_it_up(house: House) -> None:
    """Connections that are open between two requests are closed, and the client reads their end."""
    with Line(house.address) as fresh, Line(house.address) as used:
        assert used.ask(balances(house.issue("bitfinex", "trade")).raw).status == 200
        assert house.stop("gate") == 0
        assert [fresh.socket.recv(1), used.socket.recv(1)] == [b"", b""]


def test_what_nobody_foresaw_ends_the_server_with_a_word(tmp_path: Path, exchange: Exchange) -> None:
    """A task without which the house cannot go on fails: the process ends, says why, and leaves the folder free."""
    defect = """
from itertools import count
from bitting.stores.store import Store
ping, times = Store.ping, count()
def fail(self):
    if next(times) > 3:
        raise ValueError("nobody foresaw this")
    ping(self)
Store.ping = fail
"""
    with House(tmp_path, upstream=exchange.url, defect=defect) as house:
        assert house.ended("gate") == 1
        said = house.log.read_text()
        assert "Traceback" in said  # for whoever mends it
        assert "bitting: " in said.splitlines()[-1]
        assert "nobody foresaw this" in said
        assert house.cli("key", "list")["keys"] == []
        house.log.write_text("")  # that it is there has been seen
