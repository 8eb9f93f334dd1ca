"""A witness is killed again and again while a journal grows, and forgets nothing. WITNESS_KILLS says how often."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.house import until
from tests.end_to_end.witness import Witness, found, open_and_wait

KILLS: Final = int(os.environ.get("WITNESS_KILLS", "10"))

FORGETS: Final = """
from bitting.stores.notes import NoteFolder
NoteFolder.keep = lambda self, name, note: None
"""


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with Witness(tmp_path) as running:
        yield running


def test_kill_9_at_any_moment_forgets_nothing(tmp_path: Path, witness: Witness) -> None:
    """While a house grows as fast as it can: after each death the witness holds at least what it had cosigned."""
    house = found(tmp_path, witness)
    [name] = [each.partition("+")[0] for each in witness.logs[1:]]
    over = threading.Event()

    def grow() -> None:
        while not over.is_set():
            house.ask("freeze", everything=True)
            house.ask("thaw", everything=True)

    with house:
        growing = threading.Thread(target=grow)
        growing.start()
        try:
            for round in range(KILLS):
                before = house.ask("status")["witnesses"][0]["size"]
                until(lambda before=before: house.ask("status")["witnesses"][0]["size"] > before)  # type: ignore[misc]
                time.sleep(0.05 * round)
                seen = house.ask("status")["witnesses"][0]["size"]
                witness.stop(signal.SIGKILL)
                witness.start()
                assert witness.said["logs"][name] >= seen
        finally:
            over.set()
            growing.join()
        open_and_wait(house)


def test_a_witness_that_does_not_write_would_be_noticed(tmp_path: Path, witness: Witness) -> None:
    """The test above can fail: one that answers first and writes never has forgotten after a kill."""
    house = found(tmp_path, witness)
    witness.stop()
    witness.start(FORGETS)
    with house:
        open_and_wait(house, "bob")
        witness.stop(signal.SIGKILL)
        witness.start()
        assert set(witness.said["logs"].values()) == {None}
