"""Scenes of the house: the emergency stop, an exchange that is down, the journal, a backup."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bitting.tour.scene import Scene, called, told
from bitting.tour.stage import Stage


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    words = ("--account", "alice", "--dialect", "binance", "--label", "last", "--network", "127.0.0.1")
    key = stage.cli("key", "issue", *words, "--permission", "trade")
    frozen = stage.cli("freeze", "--everything")
    yield told("everything is frozen", frozen, "ok", holds=frozen.get("durable") is True)
    said = stage.client(key, "fetch_balance")
    yield called("… and no key works", "ccxt", said, "PermissionDenied", "house.held")
    stage.cli("thaw", "--everything")
    yield called("… thawed", "ccxt", stage.client(key, "fetch_balance"))
    stage.stop("exchange")
    down = stage.client(key, "create_order", "BTC/USDT", "limit", "buy", 0.01, 40_000)
    yield called("the exchange is down: nothing was sent", "ccxt", down, "ExchangeNotAvailable")
    stage.start_exchange()
    yield called("… and back", "ccxt", stage.client(key, "fetch_balance"))
    yield from _journal(stage)
    yield told(
        "a second server on the same folder", stage.cli("serve", "--config", _toml(stage), "--port", "0"), "refused"
    )
    backup, identity = str(stage.folder / "backup.age"), str(stage.folder / "backup.key")
    recipient = stage.cli("backup", "key", identity)["recipient"]
    made = stage.cli("backup", "make", backup, "--recipient", recipient)
    yield told("a backup while everything runs, sealed", made, "ok", holds=recipient in made["recipients"])
    yield told(
        "… and opened by whoever has the key", stage.cli("backup", "verify", backup, "--identity", identity), "ok"
    )


def _journal(stage: Stage) -> Iterator[Scene]:
    export, tampered = stage.folder / "journal.jsonl", stage.folder / "tampered.jsonl"
    said = stage.cli("journal", "export", str(export))
    vkey = said.get("vkey", "")
    yield told("the journal is exported", said, "ok")
    yield told("… and verified offline, with the public key", _verify(export, vkey), "ok")
    lines = export.read_text().splitlines(keepends=True)
    taken = [number for number, line in enumerate(lines) if line.startswith('{"leaf"')][2]
    tampered.write_text("".join([*lines[:taken], *lines[taken + 1 :]]))
    yield told("… with one entry taken out, it is caught", _verify(tampered, vkey), "refused")


def _verify(path: Path, vkey: str) -> dict[str, str]:
    """Without the data folder, without a server: a file and a public key."""
    words = [sys.executable, "-m", "bitting", "journal", "verify", str(path), "--vkey", vkey, "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return {} if done.returncode == 0 else {"error": done.stderr.strip()}


def _toml(stage: Stage) -> str:
    return str(stage.folder / "bitting.toml")
