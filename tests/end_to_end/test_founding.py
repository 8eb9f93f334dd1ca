"""A house is founded whole: whoever dies half-way leaves nothing in the way of the next start."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from tests.end_to_end.dying import Dying
from tests.end_to_end.house import House


def test_a_founding_may_die_at_any_step(tmp_path: Path) -> None:
    """At each file that is made, opened as a database, or renamed; the next start founds the house, or finds it."""
    with Dying() as dying:
        for step in count(1):
            data = tmp_path / f"step-{step}"
            if not dying.do(data, at=step):
                break
            assert not dying.do(data)
            assert dying.do(data, ("account.open", {"name": "alice"})) is False
    assert step > 5


def test_it_may_die_again_and_again(tmp_path: Path) -> None:
    """One step further each time, over what the deaths before have left; and the house that stands at last works."""
    with Dying() as dying:
        for step in count(1):
            if not dying.do(tmp_path / "data", at=step):
                break
    with House(tmp_path) as house:
        assert house.ask("account.list")["accounts"] == []
        assert house.cli("doctor").get("code", 0) == 0
