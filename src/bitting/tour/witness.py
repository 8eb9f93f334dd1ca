"""Scenes of the witness: yesterday's database is put in the place of today's, and does not serve."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bitting.tour.binance import patiently
from bitting.tour.scene import Scene, called, told
from bitting.tour.stage import Stage


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    words = ("--account", "alice", "--dialect", "binance", "--label", "watched", "--network", "127.0.0.1")
    key = stage.cli("key", "issue", *words, "--permission", "trade")
    vkey = stage.cli("journal", "export", str(stage.folder / "witnessed.jsonl"))["vkey"]
    stage.start_witness(vkey)
    stage.stop("gate")
    stage.start_gate()
    yield called("a client trades, and a witness sees the journal grow", "ccxt", patiently(stage, key))
    backup = str(stage.folder / "yesterday.db")
    stage.cli("backup", "make", backup, "--plain")
    stage.cli("key", "pause", key["id"])
    stage.cli("journal", "export", str(stage.folder / "later.jsonl"))  # the witness has seen it
    stage.stop("gate")
    today = _aside(stage)
    yield told("yesterday's backup is restored", stage.cli("backup", "restore", backup), "ok")
    refused = stage.cli("serve", "--config", str(stage.folder / "bitting.toml"), "--port", "0")
    known = "its witness" in refused.get("error", "") or "its folder" in refused.get("error", "")
    yield told("… and does not serve: more was witnessed", refused, "refused", holds=known)
    shown = stage.cli("recover", "--config", str(stage.folder / "bitting.toml"))
    yield told("… what would be lost is shown, nothing is changed", shown, "ok", holds=bool(shown.get("lost")))
    _back(stage, today)
    stage.start_gate()
    resumed = stage.cli("key", "resume", key["id"])
    yield told("today's database is put back, and serves", resumed, "ok")
    yield called("… and the client trades on", "ccxt", patiently(stage, key))


def _aside(stage: Stage) -> Path:
    """Move the database away; the gate does not run."""
    today = stage.folder / "today"
    today.mkdir()
    for each in stage.data.glob("bitting.db*"):
        each.rename(today / each.name)
    return today


def _back(stage: Stage, today: Path) -> None:
    for each in stage.data.glob("bitting.db*"):
        each.unlink()
    for each in today.iterdir():
        each.rename(stage.data / each.name)
