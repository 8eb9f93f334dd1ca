"""Scenes with a house's own routes: denied until a table maps them, by a table that has to be right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bitting.tour.scene import Scene, sent, told
from bitting.tour.stage import Stage

_TABLE: Final = Path(__file__).resolve().parents[3] / "examples" / "api" / "actions.toml"
_LOAD: Final = ("house", "actions", "load")


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    markets = {"method": "GET", "url": f"{stage.url}/native/exchange/v1/markets", "headers": {}, "body": ""}
    yield sent("a route that nobody has mapped", stage.send(markets), 401, "key.not_proven")
    wrong = stage.folder / "wrong.toml"
    wrong.write_text(_TABLE.read_text().replace('kind = "withdrawal"', 'kind = "change"'))
    refused = stage.cli(*_LOAD, str(wrong), "--dialect", "native")
    named = "row 10 (POST /exchange/v1/withdrawals): kind change goes with" in refused.get("error", "")
    yield told("… a table that maps a withdrawal as something smaller", refused, "refused", holds=named)
    loaded = stage.cli(*_LOAD, str(_TABLE), "--dialect", "native")
    yield told("… the right one is loaded while the gate runs", loaded, "ok")
    opened = stage.send(markets)
    yield sent("… and holds from the next request on", opened, 200, "", holds="BTC-USDT" in opened.body)
    journal = stage.folder / "actions.jsonl"
    exported = stage.cli("journal", "export", str(journal))
    changes = [line for line in journal.read_text().splitlines() if '"actions.set"' in line]
    kept = len(changes) == 1 and loaded["digest"] in changes[0]
    yield told("… the journal has it, by its digest", exported, "ok", holds=kept)
