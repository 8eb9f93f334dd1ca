"""A house is brought back from what was kept apart: the backup of the database, the shares of the root, two keys."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.server import Server, found
from tests.cli.transcript import bitting


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BITTING_DATA", str(tmp_path / "data"))
    found(tmp_path / "data")
    bitting("account", "open", "alice")
    for label in ("bot", "other"):
        words = ("--account", "alice", "--dialect", "binance", "--permission", "trade", "--network", "203.0.113.7")
        assert bitting("key", "issue", *words, "--label", label).code == 0
    return tmp_path / "data"


@pytest.mark.parametrize("served", [False, True], ids=["folder", "server"])
def test_a_house_comes_back(house: Path, tmp_path: Path, served: bool) -> None:
    """As docs/operations.md says it; every key is stopped until somebody has looked."""
    if served:
        with Server(house):
            told = bitting("backup", "copy.db")
    else:
        told = bitting("backup", "copy.db")
    assert told.code == 0
    assert told.out.startswith(f"{tmp_path / 'copy.db'}: ")
    assert told.out.endswith(" pages, verified\n")
    shares = json.loads(bitting("root", "backup", "--needed", "2", "--shares", "3", "--json").out)["shares"]
    checkpoint = (house / "checkpoint.key").read_bytes()
    bitting("key", "revoke", "other")
    shutil.rmtree(house)

    assert bitting("root", "restore", typed=f"{shares[2]}\n{shares[0]}\n").code == 0
    assert (house / "root.key").stat().st_mode & 0o777 == 0o600
    (house / "checkpoint.key").touch(0o600)
    (house / "checkpoint.key").write_bytes(checkpoint)
    told = bitting("restore", "copy.db")
    assert told.code == 0
    assert "then `bitting thaw --everything`" in told.out

    told = bitting("doctor")
    assert told.code == 0
    assert "frozen: no key works until `bitting thaw --everything`" in told.out
    keys = json.loads(bitting("key", "list", "--json").out)["keys"]
    assert {each["label"]: each["state"] for each in keys} == {"bot": "house frozen", "other": "house frozen"}
    bitting("key", "revoke", "other")
    bitting("thaw", "--everything")
    assert json.loads(bitting("key", "show", "bot", "--json").out)["state"] == "working"


def test_the_shares_as_they_are_written_on_paper(tmp_path: Path) -> None:
    """Three lines of eleven words each; and so they can be typed in again."""
    told = bitting("root", "backup", "--needed", "3", "--shares", "4")
    *parts, end = told.out.split("\n\n")
    assert end.splitlines()[0] == "Any 3 of these restore the root."
    typed = []
    for number, part in enumerate(parts, 1):
        heading, *lines = part.splitlines()
        assert heading == f"share {number} of 4"
        assert [len(line.split()) for line in lines] == [11, 11, 11]
        typed += lines
    new = tmp_path / "new.key"
    assert bitting("root", "restore", str(new), typed="\n".join(typed[3:])).code == 0
    assert new.read_bytes() == (tmp_path / "data" / "root.key").read_bytes()


def test_shares_on_the_command_line(tmp_path: Path) -> None:
    """Each behind its own --share; the answer names the root, and not its key."""
    shares = json.loads(bitting("root", "backup", "--needed", "2", "--shares", "2", "--json").out)["shares"]
    told = bitting("root", "restore", "new.key", "--share", shares[0], "--share", shares[1], "--json")
    said = json.loads(told.out)
    assert said["path"] == "new.key"
    assert f"id {said['root']}\n" in (tmp_path / "new.key").read_text()


def test_a_backup_and_a_restore_as_json(house: Path, tmp_path: Path) -> None:
    """For programs."""
    said = json.loads(bitting("backup", "copy.db", "--json").out)
    assert said["path"] == str(tmp_path / "copy.db")
    assert said["pages"] > 0
    (tmp_path / "new").mkdir(mode=0o700)
    said = json.loads(bitting("restore", "copy.db", "--data", "new", "--json").out)
    assert (said["restored"], said["from"]) == ("new/bitting.db", "copy.db")
