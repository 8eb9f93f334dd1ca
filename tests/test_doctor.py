"""The doctor sees what is not as it must be, says what to do, and calls well what is well."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bitting.doctor import Finding, examine
from bitting.wiring import reach
from tests.cli.server import Server, found, lively
from tests.cli.transcript import bitting


@pytest.fixture
def data(tmp_path: Path) -> Path:
    found(tmp_path / "data")
    return tmp_path / "data"


def seen(data: Path) -> dict[str, list[Finding]]:
    """The findings by what was looked at."""
    by_what: dict[str, list[Finding]] = {}
    for finding in examine(data):
        by_what.setdefault(finding.what, []).append(finding)
    return by_what


def only(data: Path, what: str) -> Finding:
    [finding] = seen(data)[what]
    return finding


def test_a_house_that_is_well(data: Path) -> None:
    """Nothing is wrong; no server is worth a note, and no more."""
    lively(data)
    findings = list(examine(data))
    assert [each for each in findings if each.state == "wrong"] == []
    assert only(data, "server") == Finding("note", "server", "none runs on this folder")
    assert only(data, "rows") == Finding("well", "rows", "all are what the journal says")
    assert only(data, "journal").said == "2 entries, recomputed; 2 signed"


@pytest.mark.parametrize(
    ("days", "state", "said"),
    [(-1, "wrong", "has ended: put a new one in its place"), (2, "note", "ends in 1 days"), (40, "well", "in 39 days")],
)
def test_a_certificate(data: Path, days: int, state: str, said: str) -> None:
    """One that has ended is wrong, one that ends soon is worth a note: its renewal has failed."""
    until = (datetime.now(UTC) + timedelta(days=days)).isoformat()

    async def tell(service: Any) -> None:
        status = service.house.desk.status()
        service.house.desk.status = lambda: {**status, "certificates": {"/tls.crt": until}}

    with Server(data) as server:
        server.run(tell)
        finding = only(data, "certificate")
    assert finding.state == state
    assert said in finding.said


@pytest.mark.parametrize(
    ("up", "states", "said"),
    [
        ((True, True), ["well", "well"], ""),
        ((False, True), ["wrong", "well"], "requests go to the others"),
        ((False, False), ["wrong", "wrong"], "requests are refused"),
    ],
)
def test_addresses_of_an_upstream(data: Path, up: tuple[bool, bool], states: list[str], said: str) -> None:
    """One that is down is wrong, and it is said what becomes of the requests."""

    async def tell(service: Any) -> None:
        status = service.house.desk.status()
        upstreams = {"/binance": dict(zip(("http://a:1", "http://b:2"), up, strict=True))}
        service.house.desk.status = lambda: {**status, "upstreams": upstreams}

    with Server(data) as server:
        assert only(data, "upstream").state == "well"  # its own, of which nobody has asked anything yet
        server.run(tell)
        findings = seen(data)["upstream"]
    assert [each.state for each in findings] == states
    assert said in findings[0].said


def test_a_running_server(data: Path) -> None:
    """Its address and process, records that were lost, and stops that are in memory only."""
    with Server(data) as server:
        well = seen(data)
        assert well["server"][0].said.startswith("http://127.0.0.1:")
        assert well["activity"] == [Finding("well", "activity", "0 records lost")]
        assert well["stops"] == [Finding("well", "stops", "0 in memory only")]

        async def trouble(service: Any) -> None:
            status = service.house.desk.status()
            service.house.desk.status = lambda: {
                **status,
                "trouble": "the disk is full: free some space",
                "records_lost": 7,
                "not_durable": ["everything"],
            }

        server.run(trouble)
        wrong = seen(data)
        assert wrong["server"][0].state == "wrong"
        assert wrong["server"][0].said.endswith(": the disk is full: free some space")
        assert wrong["activity"][0] == Finding(
            "wrong", "activity", "7 records lost: the disk did not keep up; look at its health"
        )
        assert wrong["stops"][0].said.startswith("1 in memory only: they are tried again every second")


def test_where_there_is_no_house(tmp_path: Path) -> None:
    """A folder that is not there, or is empty, is worth a note; a file in its place is wrong."""
    assert only(tmp_path / "data", "data folder") == Finding(
        "note", "data folder", f"{tmp_path / 'data'} is not there yet: `bitting serve` makes one"
    )
    (tmp_path / "empty").mkdir(mode=0o700)
    assert only(tmp_path / "empty", "house").state == "note"
    (tmp_path / "file").touch()
    assert only(tmp_path / "file", "data folder").state == "wrong"


def test_a_folder_that_others_may_enter(data: Path) -> None:
    """With the command that closes it."""
    data.chmod(0o755)
    assert only(data, "data folder") == Finding("wrong", "data folder", f"{data}, mode 0755: `chmod 700 {data}`")


def test_keys_that_are_not_whole(data: Path) -> None:
    """Each by its name; the house cannot be opened then, which is said once more."""
    (data / "root.key").write_text("garbage")
    wrong = seen(data)
    assert wrong["root key"][0].state == "wrong"
    assert wrong["checkpoint key"][0].state == "well"
    assert wrong["house"][0].state == "wrong"


def test_a_frozen_house(data: Path) -> None:
    """After a restore, or after the emergency stop, somebody has to know why no key works."""
    reach.ask(data, "freeze", {"everything": True})
    assert only(data, "house").state == "note"
    assert "until `bitting thaw --everything`" in only(data, "house").said


def test_rows_that_were_edited(data: Path) -> None:
    """Each that is wrong is named, up to ten."""
    lively(data)
    with closing(sqlite3.connect(data / "bitting.db", isolation_level=None)) as database:
        database.execute("UPDATE keys SET label = 'mine'")
    assert only(data, "rows") == Finding("wrong", "rows", "1 are not what the journal says")
    assert only(data, "row").said.startswith("key ")


def test_a_disk_that_is_nearly_full(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change would be refused soon."""

    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(511 * 2**20))
    assert only(data, "disk") == Finding("wrong", "disk", "511 MB free: make room: a full disk refuses every change")


@pytest.mark.parametrize(("version", "state"), [((3, 51, 2), "note"), ((3, 51, 3), "well"), ((4, 0, 0), "well")])
def test_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], state: str) -> None:
    """SQLite with the WAL-reset fault is worth a note: one writing connection does not meet it."""
    monkeypatch.setattr("sqlite3.sqlite_version_info", version)
    assert only(tmp_path / "data", "sqlite").state == state


def test_a_rotation_that_was_interrupted(data: Path) -> None:
    """What is left, and how to go on; afterwards there is nothing to say."""
    reach.ask(data, "shards.plan", {"shards": ["1", "2", "3"]})
    reach.ask(data, "shards.next", {})
    assert only(data, "shards") == Finding(
        "wrong",
        "shards",
        "of the keys that were to be changed, 2 are still the old ones: `bitting shards rotate --resume`",
    )
    shown = bitting("shards", "show", "--data", str(data)).out
    assert "A rotation is under way: 2, 3 still to be done. `bitting shards rotate --resume`" in shown
    assert bitting("shards", "rotate", "--resume", "--data", str(data)).code == 0
    assert "shards" not in seen(data)


def test_where_the_root_is(data: Path, tmp_path: Path) -> None:
    """A file is looked at, wherever it is; a token is named and not asked; what cannot be read says nothing."""
    reach.ask(data, "root.rotate", {"to": f"file:{tmp_path}/two.key"})
    assert only(data, "root key") == Finding("well", "root key", f"{tmp_path}/two.key, mode 0600, whole")
    place = "pkcs11:token=bitting;object=root?module-path=/nowhere/hsm.so&pin-source=env:NO_SUCH_PIN"
    (data / "root.at").write_text(f"{place}\n")
    found_out = seen(data)
    assert found_out["root"] == [Finding("note", "root", f"{place}: a token, which is asked when the house is opened")]
    assert found_out["house"][0].said.startswith("the environment variable NO_SUCH_PIN holds no PIN")
    (data / "root.at").write_text("nowhere\n")
    assert only(data, "root").state == "wrong"


def test_a_row_that_a_rotation_left(data: Path) -> None:
    """It was forged before; it is named, is not sealed anew, and is found by every look from then on."""
    lively(data)
    with closing(sqlite3.connect(data / "bitting.db", isolation_level=None)) as database:
        database.execute("UPDATE keys SET created_at_ms = created_at_ms + 1")
    said = bitting("shards", "rotate", "--data", str(data)).out
    assert said.count("left as it was, and refused as before: keys ") == 1
    assert only(data, "rows").state == "wrong"
