"""The nonce doctor at a running server, where the marks are."""

from __future__ import annotations

import json
from pathlib import Path

from bitting.gate.first_use import CHANGED
from bitting.wiring.service import Service
from tests.cli.server import Server, found
from tests.cli.transcript import bitting


def test_a_mark_of_the_running_gate_is_shown_and_reset(tmp_path: Path) -> None:
    """What only read is forgotten, what changed state is not; and it is in the journal of the same house."""
    data = str(tmp_path / "data")
    found(tmp_path / "data")
    bitting("account", "open", "alice", "--data", data)
    words = ("--account", "alice", "--dialect", "bitfinex", "--label", "bfx", "--permission", "trade", "--data", data)
    assert bitting("key", "issue", *words).code == 0
    with Server(tmp_path / "data") as server:

        async def use(service: Service) -> None:
            key = await service.house.store.read(lambda shelf: shelf.find_key("bfx"))
            assert service.house.desk.gate is not None
            marks = service.house.desk.gate.admission.marks
            assert marks.use(key.primary.id, 10**18, CHANGED) is None
            assert marks.use(key.primary.id, 4 * 10**18, b"POST /v2/auth/r/wallets") is None

        server.run(use)
        before = bitting("key", "nonce", "bfx", "--data", data)
        assert "mark  4000000000000000000" in before.out
        assert "its client counts in  seconds" in before.out
        assert "ms ahead of now" in before.out
        after = bitting("key", "nonce", "bfx", "--reset", "--data", data)
        assert "mark  1000000000000000000" in after.out
        assert "ms behind now" in after.out
        said = json.loads(bitting("journal", "export", str(tmp_path / "journal"), "--data", data, "--json").out)
        assert said["lines"] > 0
    assert bitting("key", "nonce", "bfx", "--reset", "--data", data).err.startswith("bitting: no server runs")
