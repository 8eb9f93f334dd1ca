"""Records taken away: all of them until now and each once, through a server or past it, in a file of one's own."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import pytest

from bitting.activity.ports import Batch, Line
from bitting.wiring import reach
from bitting.wiring.house import open_house
from tests.cli.server import Server, found
from tests.cli.transcript import bitting
from tests.stores.trial import START_NS, record

KEY = {"account": "alice", "dialect": "binance", "label": "=봇", "permissions": ["trade"], "network": ["203.0.113.7"]}
HOUR_NS = 3600 * 10**9


@pytest.fixture(params=["folder", "server"])
def data(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A house with seven records, an hour apart; pages are of two."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bitting.cli.export.PAGE", 2)
    monkeypatch.setenv("BITTING_DATA", str(tmp_path / "data"))
    found(tmp_path / "data")
    asyncio.run(fill(tmp_path / "data"))
    if request.param == "folder":
        yield tmp_path
        return
    with Server(tmp_path / "data"):
        yield tmp_path


async def fill(data: Path) -> None:
    async with open_house(data) as house:
        await house.ask("account.open", {"name": "alice"})
        await house.ask("key.issue", KEY)
        key = await house.store.read(lambda shelf: shelf.find_key("=봇"))
        records = [record(key, request_id=f"e-{hour}", at_ns=START_NS + hour * HOUR_NS) for hour in range(7)]
        await house.store.write(Batch([Line(each, None) for each in records], (), {}, {}))


def ids(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return [each["request_id"] for each in csv.DictReader(file)]


def test_everything_is_taken_away(data: Path) -> None:
    """Each record once, oldest first, in a file for its owner only."""
    told = bitting("activity", "export", "all.csv", "--json")
    assert (told.code, told.err, json.loads(told.out)) == (0, "", {"path": "all.csv", "format": "csv", "records": 7})
    assert ids(data / "all.csv") == [f"e-{hour}" for hour in range(7)]
    assert (data / "all.csv").stat().st_mode & 0o777 == 0o600
    assert b'"\'=\xeb\xb4\x87"' in (data / "all.csv").read_bytes()


def test_filters_hold_on_every_page(data: Path) -> None:
    """Also where a page has none that match."""
    words = ("--since", "2026-09-21T16:13:20.000Z", "--until", "2026-09-21T19:13:20Z", "--address", "203.0.113.7")
    assert bitting("activity", "export", "some.csv", *words).code == 0
    assert ids(data / "some.csv") == ["e-2", "e-3", "e-4"]
    assert bitting("activity", "export", "none.csv", "--pair", "ETH/USDT").code == 0
    assert ids(data / "none.csv") == []


def test_nothing_is_overwritten_and_nothing_half_is_left(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's file is as it was; an export that is interrupted leaves none."""
    (data / "mine.csv").write_text("mine")
    told = bitting("activity", "export", "mine.csv")
    assert (told.code, told.err) == (1, "bitting: mine.csv is there already; nothing is overwritten\n")
    assert (data / "mine.csv").read_text() == "mine"

    def interrupted(text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bitting.cli.export._progress", interrupted)
    assert bitting("activity", "export", "half.csv").code == 130
    assert not (data / "half.csv").exists()


def test_what_comes_meanwhile_is_left_to_the_next(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export ends at the newest record there was when it began, however busy the gate is."""
    asked = []

    def ask(*question: Any) -> Any:
        asked.append(question)
        return _answer(*question)

    def _answer(name: str, values: dict[str, Any]) -> Any:
        said = reach.ask(data / "data", name, values)
        if len(asked) == 1:
            said["newest"] -= 3  # as if three had come since
        return said

    class Asking:
        def __enter__(self) -> Any:
            return ask

        def __exit__(self, *_: object) -> None:
            """Nothing is open."""

    monkeypatch.setattr("bitting.cli.common.reach.asking", lambda folder: Asking())
    assert bitting("activity", "export", "until.csv").code == 0
    assert ids(data / "until.csv") == ["e-0", "e-1", "e-2", "e-3"]


def test_progress_is_for_a_person(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal, one line that is written over; in a log, nothing."""
    from bitting.cli.export import _progress

    _progress("1,000 records")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    _progress("1,000 records")
    assert capsys.readouterr().err == f"\r{'1,000 records':<40}\r"


def test_a_list_says_that_it_did_not_look_at_everything(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the records, and where to go on: a list that ends early must not look like all there is."""
    monkeypatch.setattr("bitting.desk.activity.MOST_LOOKED_AT", 3)
    words = ("activity", "--address", "198.51.100.1")
    told = bitting(*words)
    assert (told.code, told.out) == (0, "nothing here\n")
    assert told.err == "So many were looked at that there may be more: go on with --before 4100\n"
    assert bitting(*words, "--before", "4099").err == ""


def test_where_there_is_no_house(tmp_path: Path) -> None:
    told = bitting("activity", "export", str(tmp_path / "all.csv"), "--data", str(tmp_path / "data"))
    assert told.code == 1
    assert "there is no house" in told.err
    assert not (tmp_path / "all.csv").exists()
