"""The same signed bytes are admitted at most once: in a crowd of copies, and across deaths of the gate.

Half of the crowd's tests use the bytes of an unmodified client; the deaths are kill -9 at random moments under load.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.end_to_end import clients as unmodified
from tests.end_to_end.clients import Bot, Clients
from tests.end_to_end.house import DIALECTS, NO_RATES, House, until
from tests.end_to_end.signing import Key, balances, order
from tests.end_to_end.upstream import Came, Exchange
from tests.end_to_end.wire import Answer, Cut, Line, tell

COPIES = 50
DEATHS = 8
SYMBOLS = {"bitfinex": "BTC/USD", "binance": "BTC/USDT"}
AGAIN = {"bitfinex": {"nonce.low"}, "binance": {"replay.seen"}}


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    """An exchange that remembers each request that has reached it."""
    with Exchange() as exchange:
        yield exchange


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[House]:
    """A house that refuses for no rate, before that exchange."""
    with House(tmp_path_factory.mktemp("house"), settings=NO_RATES, upstream=exchange.url) as house:
        yield house


def at_once(house: House, message: bytes, copies: int) -> list[Answer]:
    """All copies but for their last byte, and then the last bytes, one after another without a pause."""
    with ExitStack() as stack:
        lines = [stack.enter_context(Line(house.address)) for _ in range(copies)]
        for line in lines:
            line.socket.sendall(message[:-1])
        for line in lines:
            line.socket.sendall(message[-1:])
        return [line.answer() for line in lines]


def test_of_a_crowd_of_copies_one_is_admitted(house: House, exchange: Exchange, dialect: str) -> None:
    """Fifty copies of an order's bytes that arrive together are one order, and 49 are told why not."""
    message = order(house.issue(dialect, "trade"))
    reasons = Counter(each.reason for each in at_once(house, message.raw, COPIES))
    assert reasons == {"": 1, AGAIN[dialect].copy().pop(): COPIES - 1}
    assert [str(message.number).encode() in each.target + each.body for each in exchange.came].count(True) == 1


def test_a_client_s_own_bytes_make_one_order_at_the_exchange(
    tmp_path: Path, clients: Clients, exchange: Exchange, dialect: str
) -> None:
    """An order as ccxt signs it, caught on its way and sent fifty times, rests once at the exchange."""
    with House(tmp_path, settings=NO_RATES) as house:
        key = house.issue(dialect, "trade")
        bot = Bot(clients, "caught", f"{house.url}/{dialect}", key, "ccxt", {})
        bot("load_markets")
        request = caught(bot, exchange, dialect)
        answers = at_once(house, request, COPIES)
        assert Counter(each.reason == "" for each in answers) == {True: 1, False: COPIES - 1}
        [resting] = clients.bot(house, key)("fetch_open_orders", SYMBOLS[dialect])
        assert resting["price"] == 40_000
