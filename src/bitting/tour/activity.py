"""Scenes about what the keys did: found again, drawn, explained and taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bitting.tour.scene import Scene, told
from bitting.tour.stage import Stage


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order, over what the scenes before have left."""
    chart = stage.cli("activity", "chart", "--over", "year")
    refused = sum(sum(each["counts"]) for each in chart["series"] if each["verdict"] == "denied")
    holds = len(chart["periods"]) == 366 and refused > 0
    yield told("a chart of the year, by reason", chart, "ok", holds=holds)
    denied = stage.cli("activity", "--verdict", "denied", "--address", "127.0.0.1", "--since", "1h", "--most", "1")
    [newest] = denied["records"]
    why = stage.cli("activity", "why", newest["request_id"])
    holds = why["record"]["reason"] == newest["reason"]
    yield told("… why the newest refusal from here was one", why, "ok", holds=holds)
    path = stage.folder / "activity.jsonl"
    said = stage.cli("activity", "export", str(path), "--format", "jsonl")
    with path.open() as file:
        holds = newest["row"] in [json.loads(line)["row"] for line in file]
    yield told("… and everything in a file", said, "ok", holds=holds and said["records"] > 0)
