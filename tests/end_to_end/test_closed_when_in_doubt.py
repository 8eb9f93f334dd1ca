"""When the store cannot be written, nothing that changes state goes on, the emergency stop works, and all mends itself.

Two ways in which a disk fails a database: no byte more can be written (RLIMIT_FSIZE, set on the running gate: what a
full disk does to it), and another program holds the write lock.
"""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import pytest

from tests.end_to_end.clients import ORDERS, Clients, Said
from tests.end_to_end.house import CLOCKS, NO_RATES, House, until
from tests.end_to_end.signing import Key, balances, order
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import tell


@contextmanager
def full_disk(house: House) -> Iterator[None]:
    """Every write of the gate beyond a file's first byte fails, as it would on a disk without room."""
    before = resource.prlimit(house.gate, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(house.gate, resource.RLIMIT_FSIZE, before)


@contextmanager
def held_by_another(house: House) -> Iterator[None]:
    """A program that should not be there holds the database's write lock."""
    with closing(sqlite3.connect(house.data / "bitting.db", isolation_level=None)) as stranger:
        stranger.execute("BEGIN EXCLUSIVE")
        yield
        stranger.execute("ROLLBACK")


FAULTS = {"full disk": full_disk, "held by another": held_by_another}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[House]:
    """A house before an exchange that tells what has reached it."""
    with House(tmp_path_factory.mktemp("house"), settings=NO_RATES, upstream=exchange.url) as house:
        yield house


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest, house: House) -> AbstractContextManager[None]:
    return FAULTS[request.param](house)


def ordered(house: House, clients: Clients, key: Key) -> Said:
    """An order by an unmodified client."""
    call, terms = ORDERS[key.dialect]
    return clients.bot(house, key).try_(call, terms)


@pytest.mark.parametrize("dialect", CLOCKS)
def test_orders_are_refused_and_go_nowhere(
    house: House, exchange: Exchange, clients: Clients, dialect: str, fault: AbstractContextManager[None]
) -> None:
    """A client hears ExchangeNotAvailable, nothing is forwarded, and afterwards it trades on without a restart."""
    key = house.issue(dialect, "trade")
    until(lambda: not ordered(house, clients, key).exception)
    reached = len(exchange.came)
    with fault:
        for _ in range(3):
            said = ordered(house, clients, key)
            assert said.exception == "ExchangeNotAvailable", said
            assert "gate.unavailable" in said.message
        assert len(exchange.came) == reached
    until(lambda: not ordered(house, clients, key).exception)
    assert len(exchange.came) == reached + 1


@pytest.mark.parametrize("dialect", CLOCKS)
def test_what_was_refused_stays_used_up(
    house: House, exchange: Exchange, dialect: str, fault: AbstractContextManager[None]
) -> None:
    """The bytes of an order that could not be written do not come back to life when the disk does."""
    key = house.issue(dialect, "trade")
    until(lambda: tell(house.address, order(key).raw).reason == "")
    message = order(key)
    with fault:
        assert tell(house.address, message.raw).status == 503
    until(lambda: tell(house.address, order(key).raw).reason == "")
    assert tell(house.address, message.raw).reason in ("replay.seen", "nonce.low")
    assert not [each for each in exchange.came if str(message.number).encode() in each.target + each.body]


@pytest.mark.parametrize("scope", ["key", "account", "everything"])
def test_the_emergency_stop_needs_no_disk(house: House, scope: str, fault: AbstractContextManager[None]) -> None:
    """A freeze holds at once, says that it is not durable yet, becomes so by itself, and can then be taken back."""
    key = house.issue("bitfinex", "trade")
    what: Any = {"key": key.id, "account": "alice", "everything": True}[scope]
    reason = {"key": "key.held", "account": "account.held", "everything": "house.held"}[scope]
    assert tell(house.address, balances(key).raw).reason == ""
    with fault:
        assert house.ask("freeze", **{scope: what})["durable"] is False
        assert tell(house.address, balances(key).raw).reason == reason
        assert len(house.ask("status")["not_durable"]) == 1
    until(lambda: not house.ask("status")["not_durable"])
    assert tell(house.address, balances(key).raw).reason == reason
    house.ask("thaw", **{scope: what})
    assert tell(house.address, balances(key).raw).reason == ""


def test_a_stop_made_without_a_disk_outlives_the_process_once_it_is_written(house: House) -> None:
    """What was frozen in memory alone is frozen in the store when the disk is back, and after a kill -9."""
    key = house.issue("bitfinex", "trade")
    with full_disk(house):
        assert house.ask("freeze", key=key.id)["durable"] is False
    until(lambda: not house.ask("status")["not_durable"])
    house.kill_gate()
    house.start_gate()
    assert tell(house.address, balances(key).raw).reason == "key.held"


def test_a_change_that_cannot_be_written_is_not_acknowledged(house: House, fault: AbstractContextManager[None]) -> None:
    """The operator hears why, nothing has changed, and the same command works when the disk is back."""
    key = house.issue("binance", "trade")
    before = house.ask("key.show", key=key.id)
    with fault:
        said = house.cli("key", "revoke", key.id)
        assert said["code"] == 1
        assert said["error"].startswith("bitting: ")
        assert house.ask("key.show", key=key.id) == before
    until(lambda: house.ask("key.revoke", key=key.id)["state"] == "revoked")
    house.ask("journal.check")


def test_the_doctor_tells_of_it_while_it_lasts(house: House) -> None:
    """A disk that takes nothing is a finding about the server, with what to do, and none when it has mended."""
    with full_disk(house):
        until(lambda: house.ask("status")["trouble"])
        assert [each["state"] for each in house.cli("doctor")["findings"] if each["what"] == "server"] == ["wrong"]
    until(lambda: not house.ask("status")["trouble"])
    assert [each["state"] for each in house.cli("doctor")["findings"] if each["what"] == "server"] == ["well"]
