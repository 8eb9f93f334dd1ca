"""Scenes of the root: everything is put under other keys while clients trade, and a rotation is cut short."""

from __future__ import annotations

from collections.abc import Iterator

from bitting.tour.binance import patiently
from bitting.tour.scene import Scene, called, told
from bitting.tour.stage import Stage
from bitting.wiring import reach


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    words = ("--account", "alice", "--dialect", "binance", "--label", "steady", "--network", "127.0.0.1")
    key = stage.cli("key", "issue", *words, "--permission", "trade")
    order = ("create_order", "BTC/USDT", "limit", "buy", 0.01, 40_000)
    yield called("a client trades", "ccxt", stage.client(key, *order))
    rotated = stage.cli("root", "rotate", "--to", f"file:{stage.folder / 'root-2.key'}")
    yield told(
        "everything is put under another root", rotated, "ok", holds=rotated.get("before") != rotated.get("root")
    )
    yield called("… and it trades on", "ccxt", stage.client(key, *order))
    turned = stage.cli("shards", "rotate")
    yield told("… and the keys below it are changed too", turned, "ok", holds=len(turned.get("turned", [])) == 4)
    yield called("… and it trades on", "ccxt", stage.client(key, *order))
    yield from _cut_short(stage)
    yield called("… and it trades on", "ccxt", patiently(stage, key))
    (stage.data / "root.key").unlink()
    stage.stop("gate")
    stage.start_gate()
    yield called("the first root is destroyed, and nobody misses it", "ccxt", patiently(stage, key))


def _cut_short(stage: Stage) -> Iterator[Scene]:
    """The server is killed after the first of four turns."""
    reach.ask(stage.data, "shards.plan", {})
    reach.ask(stage.data, "shards.next", {})
    stage.stop("gate", kill=True)
    stage.start_gate()
    said = stage.cli("shards", "show")
    yield told("killed during a rotation: it knows what is left", said, "ok", holds=said.get("left") == [1, 2, 3])
    yield told("… another one does not begin before", stage.cli("shards", "rotate"), "refused")
    resumed = stage.cli("shards", "rotate", "--resume")
    yield told("… and the rest is done", resumed, "ok", holds=len(resumed.get("turned", [])) == 3)
