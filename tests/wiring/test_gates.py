"""What the gates of one house share is bounded together."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from bitting.domain.credentials import Algorithm, Credential, State
from bitting.gate.first_use import CHANGED
from bitting.gate.ports import Effects
from bitting.settings import Settings
from bitting.wiring.gates import Gates
from bitting.wiring.house import open_house
from tests.gate.test_cache import named, row
from tests.gate.world import NOW, NOW_MS


def test_a_mark_leaves_memory_when_its_row_has_gone_and_the_disk_has_it(tmp_path: Path) -> None:
    """The recorder tells what the disk has, and the house's chores let go."""

    async def play() -> None:
        async with open_house(tmp_path / "data") as house:
            Gates(house, Settings())
            assert house.desk.gate is not None
            marks = house.desk.gate.admission.marks
            credential = Credential("cred-1", Algorithm.HMAC_SHA256, State.PRIMARY, 1, b"", NOW_MS)
            empty = row()
            loaded = replace(empty, key=replace(empty.key, credentials=(credential,)))
            assert house.snapshots.put(named(1), loaded, house.snapshots.epoch, NOW)
            assert marks.use("cred-1", 5, CHANGED) is None
            house.snapshots.forget(named(1))
            for chore in house.chores:
                chore(NOW)
            assert len(marks) == 1
            house.recorder.on_written(Effects({"cred-1": 5}, {}, None))
            for chore in house.chores:
                chore(NOW)
            assert len(marks) == 0

    asyncio.run(play())
