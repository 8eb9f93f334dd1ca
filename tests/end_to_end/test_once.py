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

from tests.end_to_end.clients import ORDERS, SYMBOLS, Clients
from tests.end_to_end.house import DIALECTS, NO_RATES, House, until
from tests.end_to_end.signing import Key, order
from tests.end_to_end.upstream import Came, Exchange
from tests.end_to_end.wire import Answer, Cut, Line, tell

COPIES = 50
DEATHS = 8
AGAIN = dict.fromkeys(DIALECTS, "replay.seen") | {"bitfinex": "nonce.low"}


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
    assert reasons == {"": 1, AGAIN[dialect]: COPIES - 1}
    assert [str(message.number).encode() in each.target + each.body for each in exchange.came].count(True) == 1


def test_a_client_s_own_bytes_make_one_order_at_the_exchange(
    tmp_path: Path, clients: Clients, exchange: Exchange, dialect: str
) -> None:
    """An order as ccxt signs it, caught on its way and sent fifty times, rests once at the exchange."""
    with House(tmp_path, settings=NO_RATES) as house:
        key = house.issue(dialect, "trade")
        clients.bot_at(exchange.url, key).try_(*ORDERS[dialect])
        answers = at_once(house, exchange.came[-1].raw, COPIES)
        assert Counter(each.reason == "" for each in answers) == {True: 1, False: COPIES - 1}
        [resting] = clients.bot(house, key)("fetch_open_orders", SYMBOLS[dialect])
        assert resting["price"] == 40_000


class Trader(threading.Thread):
    """A bot of its own key that places orders until the gate is gone, and keeps every byte it has sent."""

    def __init__(self, house: House, key: Key) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self._address = house.address
        self._key = key

    def run(self) -> None:
        try:
            with Line(self._address) as line:
                while True:
                    self.sent.append(order(self._key).raw)
                    line.ask(self.sent[-1])
        except (Cut, ConnectionError):
            return


def doubles(came: list[Came]) -> list[bytes]:
    """Signed bytes that have reached the exchange more than once."""
    times = Counter(each.target + each.body for each in came)
    return [signed for signed, count in times.items() if count > 1]


def unwritten(house: House, came: list[Came]) -> list[str]:
    """Requests that have reached the exchange and are not in the log as admitted."""
    return [
        each.request_id
        for each in came
        if [found["verdict"] for found in house.ask("activity.list", request_id=each.request_id)["records"]]
        != ["admitted"]
    ]


def die_under_load(house: House, exchange: Exchange, keys: list[Key], deaths: int) -> list[bytes]:
    """Orders in all keys at once, the gate killed in the middle of them, and again; every byte that was sent."""
    chance = random.Random(0)  # the moments are as good as any others, and the same each time
    sent: list[bytes] = []
    for number in range(deaths):
        before = len(exchange.came)
        traders = [Trader(house, key) for key in keys]
        for trader in traders:
            trader.start()
        until(lambda before=before: len(exchange.came) > before)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.15))
        house.kill_gate()
        for trader in traders:
            trader.join()
            sent += trader.sent
        house.start_gate()
        replay(house, [message for trader in traders for message in trader.sent[-50:]])
        if number % 2 == 0:  # until the floor is passed, one dialect trades alone
            until(lambda: all(tell(house.address, order(key).raw).reason == "" for key in keys))
    return sent


def replay(house: House, sent: list[bytes]) -> None:
    """Everything once more, over one connection."""
    with Line(house.address) as line:
        for message in sent:
            line.ask(message)


def test_no_death_of_the_gate_makes_a_second_order(house: House, exchange: Exchange) -> None:
    """Kill -9 under orders, restart, and every captured request again: each reaches the exchange at most once.

    And whatever has reached it was written first: its record is in the log that the next process finds.
    """
    exchange.came.clear()
    keys = [house.issue(dialect, "trade") for dialect in DIALECTS for _ in range(2)]
    sent = die_under_load(house, exchange, keys, DEATHS)
    assert len(sent) > DEATHS * len(keys)
    replay(house, sent)
    assert doubles(exchange.came) == []
    assert unwritten(house, exchange.came) == []


# Gates that are broken on purpose, each in one thing that makes once mean once.
DEFECTS = {
    "admits what it has seen": """
from bitting.gate.first_use import Marks, Stamped
Stamped.use = Marks.use = lambda *whatever: None
""",
    "forgets the floor": """
from bitting.stores.store import Store
Store.floor = lambda self: 0
""",
    "keeps no marks": """
from bitting.stores.sqlite.counts import SqliteCounts
SqliteCounts.raise_marks = lambda self, marks: None
""",
    "does not wait until it is written": """
import time
from bitting.activity.recorder import GroupRecorder
from bitting.stores.store import Store
write = Store.write
def slow(self, batch):
    time.sleep(0.05)
    return write(self, batch)
Store.write = slow
async def commit(self, record, effects):
    self.note(record, effects)
GroupRecorder.commit = commit
""",
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_gate_that_admits_twice_is_noticed(tmp_path: Path, defect: str) -> None:
    """The same tests find doubles, or what was sent unwritten, where one part of the promise is taken out."""
    with (
        Exchange() as exchange,
        House(tmp_path, settings=NO_RATES, upstream=exchange.url, defect=DEFECTS[defect]) as house,
    ):
        keys = [house.issue(dialect, "trade") for dialect in DIALECTS]
        at_once(house, order(keys[0]).raw, 2)
        at_once(house, order(keys[1]).raw, 2)
        die_under_load(house, exchange, keys, 1)
        found = doubles(exchange.came) + unwritten(house, exchange.came)
        assert found
