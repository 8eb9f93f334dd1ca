"""A gate under load for a long time keeps its size: no memory and no descriptor that it does not give back.

SOAK_SECONDS is how long, a quarter of a minute when it is not set, which finds only what leaks fast.
"""

from __future__ import annotations

import faulthandler
import os
import statistics
import time
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import pytest

from tests.end_to_end.house import DIALECTS, NO_RATES, House
from tests.end_to_end.upstream import Exchange
from tests.system.mixed_load import Bot, Clerk, Load

SHORT: Final = 15.0
SECONDS: Final = float(os.environ.get("SOAK_SECONDS", SHORT))
# Signed requests are remembered for a minute: so long a gate's memory has to grow, and a short look sees little else.
WARM_S: Final = 120.0
MOST_MB_A_MINUTE: Final = 1.0
MOST_MB_A_MINUTE_AT_FIRST: Final = 60.0


class Size(NamedTuple):
    """Of a process at one moment."""

    at_s: float
    megabytes: float  # resident
    descriptors: int


def size(house: House) -> Size:
    """Of its gate."""
    process = Path(f"/proc/{house.gate}")
    pages = int((process / "statm").read_text().split()[1])
    return Size(time.monotonic(), pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(list((process / "fd").iterdir())))


class Soaked(NamedTuple):
    """A gate in each second of its load, and after it."""

    under: list[Size]
    after: Size

    @property
    def grows(self) -> bool:
        """Whether it takes more and more."""
        is_warm = len(self.under) // 3 >= WARM_S
        return self.growth > (MOST_MB_A_MINUTE if is_warm else MOST_MB_A_MINUTE_AT_FIRST)

    @property
    def leaks(self) -> bool:
        """Whether it is left with more descriptors than it has ever had while it warmed up, under the same load."""
        return self.after.descriptors > max(each.descriptors for each in self.under[: len(self.under) // 3])

    @property
    def growth(self) -> float:
        """Megabytes a minute, by least squares, once it is warm."""
        warm = self.under[len(self.under) // 3 :]
        times, sizes = [each.at_s for each in warm], [each.megabytes for each in warm]
        return statistics.linear_regression(times, sizes).slope * 60


def soaked(folder: Path, seconds: float, defect: str = "") -> Soaked:
    """All kinds of requests, and changes of keys, for so long."""
    faulthandler.cancel_dump_traceback_later()  # the limit for other tests, which this one may have to outlast
    with Exchange() as exchange, House(folder, settings=NO_RATES, upstream=exchange.url, defect=defect) as house:
        bots = [Bot(house, house.issue(each, "trade"), Random(0)) for each in DIALECTS]
        load = Load(bots, [Clerk(house, "alice", {}, Random(0))])
        under: list[Size] = []
        load.start()
        while len(under) < seconds:
            time.sleep(1)
            under.append(size(house))
            for notes in (exchange.came, *(each.sent for each in bots), *(each.placed for each in bots)):
                notes.clear()  # type: ignore[attr-defined]
        load.end()
        time.sleep(1)
        found = Soaked(under, size(house))
    print(
        f"{found.growth:.2f} MB a minute; {under[0].megabytes:.0f} to {under[-1].megabytes:.0f} MB in {seconds:.0f} s"
    )
    return found


def test_a_gate_keeps_its_size(tmp_path: Path) -> None:
    """Under orders, reads and changes."""
    found = soaked(tmp_path, SECONDS)
    assert not found.grows
    assert not found.leaks


LEAKS: Final = {
    "memory": """
from bitting.gate.shell import Gate
right, kept = Gate.judge, []
def judge(self, request, *rest):
    kept.append(bytearray(20_000))
    return right(self, request, *rest)
Gate.judge = judge
""",
    "descriptors": """
import os
from bitting.stores.sqlite.engine import SqliteEngine
right, kept = SqliteEngine.looking, []
def looking(self):
    kept.append(os.dup(0))
    return right(self)
SqliteEngine.looking = looking
""",
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_gate_that_grows_is_noticed(tmp_path: Path, leak: str) -> None:
    """The same measure finds it, and nothing else."""
    found = soaked(tmp_path, SHORT, LEAKS[leak])
    assert (found.grows, found.leaks) == (leak == "memory", leak == "descriptors")
