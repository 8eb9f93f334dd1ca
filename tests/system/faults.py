"""Houses that die under load and come back, again and again, until something is found to be wrong.

    python -m tests.system.faults kill COUNT                  by kill -9
    unshare --mount python -m tests.system.faults cut COUNT   by a cut of their disk's power

Prints one line of JSON, a `Found`. The moments are drawn anew each time, and a seed draws them again.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from bitting.domain.errors import BittingError
from tests.end_to_end.house import NO_RATES, until
from tests.end_to_end.upstream import Came, Exchange
from tests.system import aftermath
from tests.system.disk import Disk
from tests.system.mixed_load import Bot, Clerk, Load, Sure, View
from tests.system.nursery import NotReady, Nursery, NurseryHouse

BOTS: Final = ("bitfinex", "bitfinex", "binance", "binance")
CLERKS: Final = ("anna", "boris")
DEATHS_OF_A_HOUSE: Final = 25  # then another is founded: what there is to look at grows with a house's age
LONG: Final = 8  # one in so many lives is long enough for stamped requests, which wait until the floor is passed
STILLBORN: Final = 5  # after one in so many deaths the house dies again while it starts


@dataclass
class Found:
    """What a run of deaths came to."""

    seed: int
    deaths: int = 0
    changes: int = 0  # acknowledged
    orders: int = 0  # that the exchange has seen
    replayed: int = 0
    slowest_start_s: float = 0.0  # from the fork to open doors
    wrong: list[str] = field(default_factory=list)


class Village:
    """One house with its bots, its clerks, and all their notes."""

    def __init__(self, house: NurseryHouse, exchange: Exchange, chance: Random, found: Found) -> None:
        self.house = house
        self._exchange = exchange
        self._chance = chance
        self._found = found
        self._bots = [house.issue(each, "trade") for each in BOTS]
        self._keys: dict[str, dict[str, View]] = {each: {} for each in CLERKS}
        for each in CLERKS:
            house.ask("account.open", name=each)
        self._row = -1
        self._sent: list[bytes] = []
        self._came: list[Came] = []
        self._journal: aftermath.Taken | None = None

    def live(self) -> Load:
        """Everybody begins."""
        self._exchange.came.clear()
        chance = self._chance
        load = Load(
            [Bot(self.house, each, Random(chance.random())) for each in self._bots],
            [Clerk(self.house, each, keys, Random(chance.random())) for each, keys in self._keys.items()],
        )
        load.start()
        return load

    def sure(self, load: Load) -> Sure:
        """What has to outlive the next moment."""
        return load.sure(self._exchange.came)

    def take_journal(self) -> aftermath.Taken:
        """Somebody takes the journal away: what he has seen may never be unsaid."""
        self._journal = aftermath.taken(self.house, self.house.folder / "journal.jsonl", self._journal)
        return self._journal

    def come_back(self, load: Load, sure: Sure) -> None:
        """Start the house, and hold it against what is sure."""
        found, begun = self._found, time.monotonic()
        try:
            self.house.start_gate()
            found.slowest_start_s = max(found.slowest_start_s, time.monotonic() - begun)
            came = self._exchange.came[: sure.came]
            found.deaths += 1
            found.changes += sum(sure.told)
            found.orders += sum(map(aftermath.changes, came))
            found.wrong += self._look(load, sure, came)
            sent = [message for bot in load.bots for message in bot.sent]
            found.wrong += self._replayed(came, sent)
        except (BittingError, NotReady) as problem:
            found.wrong.append(str(problem))

    def end(self) -> None:
        """At the end of its life: everything that was ever sent, once more."""
        self._exchange.came.clear()
        self._found.wrong += self._replayed([], self._sent)

    def _look(self, load: Load, sure: Sure, came: list[Came]) -> Iterator[str]:
        house = self.house
        yield from aftermath.broken(house)
        told: list[View] = []
        for clerk, number in zip(load.clerks, sure.told, strict=True):
            keys = self._keys[clerk.account]
            yield from aftermath.changed(house, clerk, number, keys)
            yield from aftermath.unproven(house, clerk.told[:number], keys)
            told += clerk.told[:number]
        yield from aftermath.unjournalled(self.take_journal(), told)
        log = aftermath.records(house, self._row)
        placed = [id for bot, number in zip(load.bots, sure.placed, strict=True) for id in bot.placed[:number]]
        yield from aftermath.unwritten(log, came, placed)
        self._row = max([self._row, *(each["row"] for each in log)])

    def _replayed(self, came: list[Came], sent: list[bytes]) -> Iterator[str]:
        self._exchange.came.clear()
        aftermath.replay(self.house, sent)
        self._found.replayed += len(sent)
        self._sent += sent
        self._came += [*came, *self._exchange.came]
        return aftermath.doubled(self._came)


def kills(count: int, chance: Random, nursery: Nursery, exchange: Exchange, folder: Path, found: Found) -> None:
    """Kill -9 at a random moment: under load, and now and then again while the house starts."""
    while found.deaths < count and not found.wrong:
        home = folder / f"house-{found.deaths}"
        home.mkdir()
        with NurseryHouse(home, nursery, settings=NO_RATES, upstream=exchange.url) as house:
            village = Village(house, exchange, chance, found)
            for _ in range(min(DEATHS_OF_A_HOUSE, count - found.deaths)):
                load = village.live()
                trading = BOTS if chance.randrange(LONG) == 0 else ("bitfinex",)
                until(lambda load=load, trading=trading: load.is_in_swing(*trading))  # type: ignore[misc]
                time.sleep(chance.uniform(0, 0.15))
                house.kill_gate()
                load.join()
                if chance.randrange(STILLBORN) == 0:
                    house.begin_gate()
                    time.sleep(chance.uniform(0, 0.1))
                    house.kill_gate()
                village.come_back(load, village.sure(load))
                if found.wrong:
                    return
            village.end()


def cuts(count: int, chance: Random, nursery: Nursery, exchange: Exchange, folder: Path, found: Found) -> None:
    """A new house on a new disk, whose power is cut at a random moment."""
    while found.deaths < count and not found.wrong:
        home = folder / f"house-{found.deaths}"
        home.mkdir()
        with (
            Disk(folder, f"disk-{found.deaths}") as disk,
            NurseryHouse(home, nursery, settings=NO_RATES, upstream=exchange.url, data=disk.path / "data") as house,
        ):
            village = Village(house, exchange, chance, found)
            load = village.live()
            until(lambda load=load: load.is_in_swing(*BOTS))  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.5))
            village.take_journal()
            time.sleep(chance.uniform(0, 0.1))
            sure = village.sure(load)
            disk.cut()
            house.kill_gate()
            load.join()
            disk.power_off()
            disk.power_on()
            village.come_back(load, sure)


HOW: Final[dict[str, Callable[[int, Random, Nursery, Exchange, Path, Found], None]]] = {"kill": kills, "cut": cuts}


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("how", choices=[*HOW])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    parser.add_argument("--defect", default="", help="Python that runs in the gate's process before anything else")
    asked = parser.parse_args()
    found = Found(asked.seed)
    with (
        tempfile.TemporaryDirectory(prefix="bitting-") as folder,
        Exchange() as exchange,
        Nursery(asked.defect) as nursery,
    ):
        HOW[asked.how](asked.count, Random(asked.seed), nursery, exchange, Path(folder), found)
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
