"""What was acknowledged outlives every death: kill -9 under load, and the power of the disk cut.

KILLS and POWER_CUTS are how many, 200 and 30 when they are not set. What the numbers mean: docs/faults.md.
"""

from __future__ import annotations

import faulthandler
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.end_to_end.house import CLOCKS, NO_RATES, House
from tests.end_to_end.signing import order
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import Line
from tests.system.nursery import ROOT

KILLS: Final = int(os.environ.get("KILLS", "200"))
POWER_CUTS: Final = int(os.environ.get("POWER_CUTS", "30"))
TRIES: Final = 60  # deaths in which a seeded defect has to be found
ALONE: Final = ("unshare", "--mount")  # what is mounted there is gone with the last who saw it
MOST_START_S: Final = 2.0


def die(how: str, count: int, defect: str = "") -> dict[str, Any]:
    """A run of tests/system/faults.py in a process of its own, and what it has found."""
    faulthandler.cancel_dump_traceback_later()  # the limit for other tests, which this one may have to outlast
    words = [sys.executable, "-m", "tests.system.faults", how, str(count), "--defect", defect]
    done = subprocess.run(
        [*(ALONE if how == "cut" else ()), *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    print({name: value for name, value in found.items() if name != "wrong"})
    return found


@pytest.fixture(scope="module")
def power(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Only where the power of a disk can be cut."""
    program = """
import sys
from pathlib import Path
from tests.system.disk import Disk
with Disk(Path(sys.argv[1]), "disk") as disk:
    disk.cut()
"""
    words = [*ALONE, sys.executable, "-c", program, str(tmp_path_factory.mktemp("power"))]
    tried = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        why = (tried.stderr.strip() or f"exit code {tried.returncode}").splitlines()[-1]
        pytest.skip(f"no power can be cut here, which takes root, loop devices and ext4: {why}")


def test_nothing_is_lost_when_the_process_is_killed() -> None:
    """Changes and orders at once, in two kinds of time, kill -9 at any moment, also while the gate starts.

    Afterwards every acknowledged change is there as it was told, in its row and in the journal, and nothing else is;
    every order the exchange has seen is in the log; and no bytes that were ever sent are admitted again.
    """
    found = die("kill", KILLS)
    assert found["wrong"] == [], f"seed {found['seed']}"
    assert found["deaths"] == KILLS
    assert min(found["changes"], found["orders"]) >= KILLS


@pytest.mark.usefixtures("power")
def test_nothing_is_lost_when_the_power_fails() -> None:
    """The same on a disk that forgets what was not synced, from the house's first seconds on; and a journal that was
    taken away before is the beginning of the one that is found afterwards."""
    found = die("cut", POWER_CUTS)
    assert found["wrong"] == [], f"seed {found['seed']}"
    assert found["deaths"] == POWER_CUTS
    assert min(found["changes"], found["orders"]) >= POWER_CUTS


# Gates that are broken on purpose, each in one thing that makes a record durable with what it is about.
KILLED: Final = {
    "a change is journalled in a transaction of its own, right behind it": """
from bitting.stores.store import Store
from bitting.stores.work import UnitOfWork
right, record, late = Store.change, UnitOfWork.record, []
def tell(work):
    while late:
        record(work, late.pop(0))
def change(self, now_ns, make):
    made = right(self, now_ns, make)
    right(self, now_ns, tell)
    return made
Store.change = change
UnitOfWork.record = lambda self, change: late.append(change)
UnitOfWork.finish = lambda self: None
""",
    "an order is sent on while its record is being written": """
from bitting.activity.recorder import GroupRecorder
async def commit(self, record, effects):
    self.note(record, effects)
GroupRecorder.commit = commit
""",
}
CUT: Final = {
    "a commit is not synced": """
from bitting.stores.sqlite import connection
connection.WRITER = {**connection.WRITER, "synchronous": 1}
""",
    "a key file is not synced": """
from bitting.kms import secret_file
secret_file.os = type("Os", (), {**vars(secret_file.os), "fsync": lambda descriptor: None})
secret_file.sync_folder = lambda folder: None
""",
}


@pytest.mark.parametrize("defect", KILLED)
def test_a_late_record_is_noticed_when_the_process_is_killed(defect: str) -> None:
    """The same deaths find it, in the few milliseconds in which it matters."""
    assert die("kill", TRIES, KILLED[defect])["wrong"]


@pytest.mark.usefixtures("power")
@pytest.mark.parametrize("defect", CUT)
def test_what_is_not_synced_is_noticed_when_the_power_fails(defect: str) -> None:
    """The same cuts find it; no death of the process alone would."""
    assert die("cut", TRIES, CUT[defect])["wrong"]


def test_a_gate_that_died_is_soon_back(tmp_path: Path) -> None:
    """`bitting serve` opens its doors after two seconds of work at most, over what a killed one has left."""
    with Exchange() as exchange, House(tmp_path, settings=NO_RATES, upstream=exchange.url) as house:
        keys = [house.issue(each, "trade") for each in CLOCKS]
        with Line(house.address) as line:
            for _ in range(500):
                for key in keys:
                    line.ask(order(key).raw)
        house.kill_gate()
        house.start_gate()
        # By the processor's clock: a busy machine is not the gate's fault.
        fields = Path(f"/proc/{house.gate}/stat").read_text().rpartition(")")[2].split()
        worked_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        print(f"ready after {worked_s:.2f} s of work")
        assert worked_s <= MOST_START_S
