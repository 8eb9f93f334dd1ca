"""An exchange at two addresses: orders go where somebody answers, the operator is told who does not, and when nobody
does the client hears that nothing was sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.house import NO_RATES, House, until
from tests.end_to_end.signing import Key, order
from tests.end_to_end.upstream import Came, Exchange
from tests.end_to_end.wire import Answer, tell


class Pair:
    """Two exchanges before which one mount stands; `checked` by a path or not."""

    def __init__(self, folder: Path, *, health: str) -> None:
        self.exchanges = [Exchange(), Exchange()]
        for each in self.exchanges:
            each.__enter__()
        self.urls = [each.url for each in self.exchanges]
        mount = f'[[mount]]\nprefix = "/two"\ndialect = "binance"\nupstream = {self.urls}\n{health}\n{NO_RATES}'
        self.house = House(folder, settings=mount, upstream=self.urls[0])

    def ask(self, key: Key) -> Answer:
        """An order."""
        return tell(self.house.address, order(key).raw.replace(b" /binance/", b" /two/", 1))

    @property
    def up(self) -> list[bool]:
        """As the operator is told."""
        told = self.house.ask("status")["upstreams"]["/two"]
        return [told[url] for url in self.urls]

    def came(self, at: int) -> list[Came]:
        """Orders that arrived there."""
        return [each for each in self.exchanges[at].came if each.method == b"POST"]

    def port(self, at: int) -> int:
        return int(self.urls[at].rpartition(":")[2])


@pytest.fixture(params=["", 'health = "/ping"'], ids=["unchecked", "checked"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(tmp_path, health=request.param)
    try:
        with pair.house:
            yield pair
    finally:
        for each in pair.exchanges:
            each.__exit__(None, None, None)


def test_one_of_them_goes_and_comes_back(pair: Pair) -> None:
    """No order is refused or sent twice meanwhile, and then both have their share again."""
    key = pair.house.issue("binance", "trade")
    assert [pair.ask(key).status for _ in range(10)] == [200] * 10
    assert [len(pair.came(at)) for at in (0, 1)] == [5, 5]
    assert pair.up == [True, True]
    pair.exchanges[0].close()
    until(lambda: pair.ask(key).status == 200 and pair.up == [False, True])
    before = len(pair.came(1))
    assert [pair.ask(key).status for _ in range(10)] == [200] * 10
    assert len(pair.came(1)) == before + 10
    wrong = [line for line in pair.house.cli("doctor")["findings"] if line["state"] == "wrong"]
    assert [(line["what"], pair.urls[0] in line["said"]) for line in wrong] == [("upstream", True)]
    pair.exchanges[0].open(pair.port(0))
    until(lambda: pair.ask(key).status == 200 and pair.up == [True, True])
    before = len(pair.came(0))
    assert {pair.ask(key).status for _ in range(10)} == {200}
    assert len(pair.came(0)) == before + 5


def test_both_go(pair: Pair) -> None:
    """The client is told in its dialect's words that nothing was sent; when one is back it is asked."""
    key = pair.house.issue("binance", "trade")
    assert pair.ask(key).status == 200
    for each in pair.exchanges:
        each.close()
    until(lambda: pair.ask(key).reason == "upstream.down" and pair.up == [False, False])
    answers = [pair.ask(key) for _ in range(5)]
    assert {(each.reason, each.status) for each in answers} == {("upstream.down", answers[0].status)}
    assert pair.house.outcome(answers[0].request_id) == (0, "not sent")
    pair.exchanges[1].open(pair.port(1))
    until(lambda: pair.ask(key).status == 200)


def test_an_outcome_that_is_open_stays_with_one(pair: Pair) -> None:
    """An exchange that hangs up in the middle of its reply may have acted: the other one is not asked."""
    key = pair.house.issue("binance", "trade")
    for each in pair.exchanges:
        each.hangs_up = 10
    answer = pair.ask(key)
    assert answer.reason == "upstream.unknown"
    assert sum(len(pair.came(at)) for at in (0, 1)) == 1
