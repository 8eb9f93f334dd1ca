"""G5: ten thousand random tamperings with protected rows and the journal, each found with its reason.

`TAMPERS` says how many. The same ones every time, for a failure has to be the same tomorrow.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.stores.tampering import House, flip_in_the_file, only_checkpoints_are_gone, tamperings

TAMPERS = int(os.environ.get("TAMPERS", "10000"))


def test_ten_thousand_tamperings_are_found(tmp_path: Path) -> None:
    """All of them, but for checkpoints that were taken away, which are signed anew; each sort often, and nothing is
    found without a reason."""
    house = House(tmp_path)
    sorts: Counter[str] = Counter()
    unfound: list[str] = []
    for done in tamperings(house, TAMPERS, seed=1_000_000):
        sorts[done.what.split(":")[0]] += 1
        if done.reason is None and not only_checkpoints_are_gone(done):
            unfound.append(done.what)
        assert done.reason != ""
    house.close()
    assert unfound == []
    assert len(sorts) == 10
    assert min(sorts.values()) > TAMPERS // 50


def test_bits_of_the_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One bit anywhere: found, or no protected row is another one."""
    house = House(tmp_path_factory.mktemp("house"))
    folder = tmp_path_factory.mktemp("copies")
    for seed in range(TAMPERS // 50):
        for done in flip_in_the_file(house, folder, seed):
            assert done.reason is not None or done.before == done.after, done.what
        for file in folder.iterdir():
            file.unlink()
    house.close()
