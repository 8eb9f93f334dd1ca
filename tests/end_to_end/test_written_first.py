"""An acknowledged change is on the disk with its journal entry, whatever happens to the process afterwards.

Changes are made while the gate is killed at random moments. What was acknowledged has to be there with its entry, what
was not may be there or not, and the journal has to prove itself after each death.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bitting.domain.errors import BittingError
from tests.end_to_end.house import House, until

Change = Callable[[int], dict[str, Any]]


class Operator(threading.Thread):
    """Makes one change after another until it is told to stop or is not answered; keeps what was acknowledged."""

    def __init__(self, change: Change, first: int) -> None:
        super().__init__()
        self.acknowledged: list[dict[str, Any]] = []
        self.next = first
        self.is_over = threading.Event()
        self._change = change

    def run(self) -> None:
        while not self.is_over.is_set():
            self.next += 1
            try:
                said = self._change(self.next)
            except BittingError:
                return
            if "error" not in said:
                self.acknowledged.append(said)


def acknowledged(house: House, change: Change, deaths: int, longest_s: float) -> list[dict[str, Any]]:
    """What was acknowledged while the gate was killed in the middle of it, and started again, so many times."""
    chance = random.Random(0)  # the moments are as good as any others, and the same each time
    first, said = 0, []
    for _ in range(deaths):
        operator = Operator(change, first)
        operator.start()
        time.sleep(chance.uniform(0.1, 1) * longest_s)
        house.kill_gate()
        operator.is_over.set()
        operator.join()
        house.start_gate()
        house.ask("journal.check")
        first = operator.next
        said += operator.acknowledged
    return said


def lost(house: House, said: list[dict[str, Any]], path: Path) -> list[dict[str, Any]]:
    """What was acknowledged and has no entry in the journal, as exported and verified by its public key alone."""
    until(lambda: (found := house.ask("journal.check"))["signed"] == found["size"])
    vkey = house.cli("journal", "export", str(path))["vkey"]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    entries = [line["reads"] for line in lines if "leaf" in line]
    assert house.cli("journal", "verify", str(path), "--vkey", vkey)["size"] == len(entries)
    written = {(each["id"], each["version"]): each["digest"] for each in entries}
    return [each for each in said if (each["id"], each["version"]) not in written]


def test_what_the_desk_acknowledged_outlives_the_process(tmp_path: Path) -> None:
    """Edits over the operator's socket: each is there after a kill -9, and its entry is about that very policy."""
    with House(tmp_path) as house:
        key = house.issue("binance", "trade")
        said = acknowledged(house, lambda n: house.ask("key.edit", key=key.id, label=f"label {n}"), 8, 0.2)
        assert len(said) > 16
        assert lost(house, said, tmp_path / "journal.jsonl") == []
        shown = house.ask("key.show", key=key.id)
        assert shown["version"] >= said[-1]["version"]


def test_what_the_command_line_acknowledged_outlives_the_process(tmp_path: Path) -> None:
    """The same with commands, each in a process of its own."""
    with House(tmp_path) as house:
        said = acknowledged(house, lambda n: house.cli("account", "open", f"sub {n}", "--parent", "alice"), 3, 1.5)
        assert said
        assert lost(house, said, tmp_path / "journal.jsonl") == []
        there = {each["id"] for each in house.ask("account.list")["accounts"]}
        assert {each["id"] for each in said} <= there


def test_a_gate_that_acknowledges_too_early_is_noticed(tmp_path: Path) -> None:
    """Where a change is committed only with the next one, the same rounds find what was acknowledged and is gone."""
    defect = """
from bitting.stores.sqlite.engine import SqliteEngine
def commit(self):
    if self._writer.in_transaction:
        self._writer.execute("COMMIT")
SqliteEngine._leave = commit
SqliteEngine._commit = lambda self: None
"""
    with House(tmp_path, defect=defect) as house:
        for number in range(5):  # on a busy machine the gate's own chores may commit what was left open before it dies
            change: Change = partial(lambda number, n: house.ask("account.open", name=f"account {number} {n}"), number)
            said = acknowledged(house, change, 4, 0.1)
            if lost(house, said, tmp_path / f"journal-{number}.jsonl"):
                return
    raise AssertionError("nothing was lost")
