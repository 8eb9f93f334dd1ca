"""The tour: everything the gate promises, tried with unmodified clients, in a table.

It starts an exchange, a gate and the clients on loopback in a temporary folder, issues keys through the command
line, and ends by itself: exit code 0 only when every scene went as expected.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console
from rich.table import Table

from bitting.domain.errors import BittingError
from bitting.tour import (
    actions,
    activity,
    binance,
    bitfinex,
    bithumb,
    explain,
    house,
    inside,
    kraken,
    native,
    observe,
    pairs,
    root,
    witness,
)
from bitting.tour.scene import Scene, met
from bitting.tour.stage import Stage
from bitting.wiring import reach

_ACTS: Final[tuple[Callable[[Stage], Iterator[Scene]], ...]] = (
    binance.play,
    bitfinex.play,
    bithumb.play,
    kraken.play,
    pairs.play,
    actions.play,
    native.play,
    explain.play,
    root.play,
    observe.play,
    inside.play,
    witness.play,
    activity.play,
    house.play,
)


def tour() -> int:
    """Play every scene and print the table. Returns the exit code. Raises Misconfigured when it cannot start."""
    with TemporaryDirectory(prefix="bitting-tour-") as folder, Stage(Path(folder)) as stage:
        print("the exchange, the gate and the clients are up; the tour begins", file=sys.stderr)
        stage.cli("account", "open", "alice")
        scenes: list[Scene] = []
        strangers: dict[str, str] = {}
        for act in _ACTS:
            for scene in act(stage):
                scenes.append(scene)
                strangers |= _of_a_stranger(stage, scene)
                _progress(len(scenes), scene)
        records = stage.cli("activity", "list", "--most", "1000")["records"]
        reasons = strangers | {each["request_id"]: each["reason"] for each in records}
    return _show(scenes, reasons)


def _of_a_stranger(stage: Stage, scene: Scene) -> dict[str, str]:
    """The reason of a refusal, asked for at once: of whoever has no key the house remembers only the latest."""
    if not (scene.request_id and scene.reason):
        return {}
    with suppress(BittingError):
        found = reach.ask(stage.data, "activity.list", {"request_id": scene.request_id})["records"]
        return {each["request_id"]: each["reason"] for each in found}
    return {}


def _progress(number: int, scene: Scene) -> None:
    """One line that is written over, for a person; nothing in a log."""
    if sys.stderr.isatty():
        print(f"\r{number:3}  {scene.title:<60.60}", end="", file=sys.stderr, flush=True)


def _show(scenes: list[Scene], reasons: dict[str, str]) -> int:
    table = Table("", "what was tried", "client", "expected", "happened", "reason", "request id", box=None)
    failed = 0
    for number, scene in enumerate(scenes, 1):
        good = met(scene, reasons)
        failed += not good
        mark = "[green]✓[/]" if good else "[red]✗[/]"
        known = reasons.get(scene.request_id, "")
        title = f"{mark} {number:2}"
        table.add_row(title, scene.title, scene.who, scene.expected, scene.happened, known, scene.request_id)
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table)
    console.print(f"{len(scenes) - failed} of {len(scenes)} scenes as expected")
    return 1 if failed else 0
