"""Following the activity: every record once, one a line, until Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from bitting.activity.ports import Batch, Line
from bitting.wiring.service import Service
from tests.cli.server import PATIENCE_S, Server, found
from tests.cli.transcript import bitting
from tests.stores.trial import record

_KEY = {"account": "alice", "dialect": "binance", "label": "bot", "permissions": ["trade"]}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found(tmp_path / "data")
    with Server(tmp_path / "data") as running:

        async def issue(service: Service) -> None:
            await service.house.ask("account.open", {"name": "alice"})
            await service.house.ask("key.issue", {**_KEY, "network": ["203.0.113.7"]})

        running.run(issue)
        yield running


def write(server: Server, *ids: str) -> None:
    """As the recorder of the running server does it."""

    async def add(service: Service) -> None:
        key = await service.house.store.read(lambda shelf: shelf.find_key("bot"))
        lines = [Line(record(key, request_id=each, verdict="denied", reason="pair.outside"), None) for each in ids]
        await service.house.store.write(Batch(lines, (), {}, {}))

    server.run(add)


@contextmanager
def following(server: Server, *words: str) -> Iterator[IO[str]]:
    """Somebody who follows; at the end Ctrl-C, after which nothing is left to say."""
    command = [sys.executable, "-m", "bitting", "activity", "tail", *words, "--data", str(server.data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert (out, err, process.returncode) == ("", "", 0)


def test_every_record_is_one_line_of_json(server: Server) -> None:
    """Those that are there, and each that comes, in their order; it ends cleanly."""
    write(server, "a-1", "a-2")
    with following(server, "--json") as lines:
        assert [json.loads(lines.readline())["request_id"] for _ in range(2)] == ["a-1", "a-2"]
        write(server, "a-3")
        write(server, "a-4", "a-5")
        assert [json.loads(lines.readline())["request_id"] for _ in range(3)] == ["a-3", "a-4", "a-5"]


def test_an_empty_log_is_followed_from_its_first_record(server: Server) -> None:
    """In text, one record a line; filters hold for what comes, too."""
    with following(server, "--verdict", "denied", "--most", "5") as lines:
        write(server, "b-1")
        assert lines.readline().endswith("  denied pair.outside  b-1\n")


def test_more_than_a_page_at_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left out, nothing is told twice, and only one page is in memory."""
    ids = [f"c-{number}" for number in range(7)]
    write(server, *ids)
    monkeypatch.setattr("bitting.cli.tail.PAGE", 2)
    asked = []

    def nap(seconds: float) -> None:
        asked.append(seconds)
        if len(asked) == 1:
            write(server, "c-7", "c-8", "c-9")
        else:
            raise KeyboardInterrupt

    monkeypatch.setattr("bitting.cli.tail.sleep", nap)
    told = bitting("activity", "tail", "--json", "--most", "4", "--data", str(server.data))
    assert told.code == 0
    assert [json.loads(line)["request_id"] for line in told.out.splitlines()] == [*ids[3:], "c-7", "c-8", "c-9"]


def test_a_server_that_stops_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a word about why: silence would look like peace."""
    found(tmp_path / "data")
    with Server(tmp_path / "data") as server:
        monkeypatch.setattr("bitting.cli.tail.sleep", lambda seconds: server.stop())
        told = bitting("activity", "tail", "--data", str(server.data))
    assert told.code == 1
    assert told.err == f"bitting: no server runs on {server.data}, so nothing happens there\n"


def test_without_a_server_nothing_follows(tmp_path: Path) -> None:
    """A house that nobody serves decides nothing."""
    found(tmp_path / "data")
    told = bitting("activity", "tail", "--data", str(tmp_path / "data"))
    assert told.code == 1
    assert "no server runs" in told.err
