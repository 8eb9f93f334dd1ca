"""A house is brought back from what was kept apart: the backup of the database, the shares of the root, two keys."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
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
    recipient = json.loads(bitting("backup", "key", "backup.key", "--json").out)["recipient"]
    if served:
        with Server(house):
            told = bitting("backup", "make", "copy.age", "--recipient", recipient)
    else:
        told = bitting("backup", "make", "copy.age", "--recipient", recipient)
    assert told.code == 0
    first, second = told.out.splitlines()
    assert first.startswith(f"{tmp_path / 'copy.age'}: ")
    assert first.endswith(" pages, verified")
    assert second == f"opened by the owner of {recipient}"
    shares = json.loads(bitting("root", "backup", "--needed", "2", "--shares", "3", "--json").out)["shares"]
    checkpoint = (house / "checkpoint.key").read_bytes()
    bitting("key", "revoke", "other")
    shutil.rmtree(house)

    assert bitting("root", "restore", typed=f"{shares[2]}\n{shares[0]}\n").code == 0
    assert (house / "root.key").stat().st_mode & 0o777 == 0o600
    (house / "checkpoint.key").touch(0o600)
    (house / "checkpoint.key").write_bytes(checkpoint)
    told = bitting("backup", "restore", "copy.age", "--identity", "backup.key")
    assert told.code == 0
    assert not (house / "backup.plain").exists()
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
    said = json.loads(bitting("backup", "make", "copy.db", "--plain", "--json").out)
    assert said["path"] == str(tmp_path / "copy.db")
    assert said["pages"] > 0
    (tmp_path / "new").mkdir(mode=0o700)
    said = json.loads(bitting("backup", "restore", "copy.db", "--data", "new", "--json").out)
    assert (said["restored"], said["from"]) == ("new/bitting.db", "copy.db")


def test_a_backup_is_read_through_where_it_is(house: Path, tmp_path: Path) -> None:
    """With its key, and the journal's public key, and nothing of the house; it is said what was looked at."""
    vkey = json.loads(bitting("journal", "export", "journal.jsonl", "--json").out)["vkey"]
    recipient = json.loads(bitting("backup", "key", "backup.key", "--json").out)["recipient"]
    bitting("backup", "make", "copy.age", "--recipient", recipient)
    bitting("backup", "make", "copy.db", "--plain")
    shutil.rmtree(house)
    for words in (["copy.age", "--identity", "backup.key"], ["copy.db"]):
        told = bitting("backup", "verify", *words)
        assert (told.code, told.err) == (0, "")
        assert "verified  its pages\n" in told.out
        told = bitting("backup", "verify", *words, "--vkey", vkey, "--json")
        said = json.loads(told.out)
        assert said["verified"] == "its pages and its journal"
        assert said["entries"] >= said["signed"] >= 3
    assert not house.exists()
    assert [each.name for each in tmp_path.iterdir() if "plain" in each.name] == []


def test_a_backup_with_another_journal_is_refused(house: Path) -> None:
    """A leaf that was edited in the copy itself, which only the owner of the key can have done, or a disk."""
    vkey = json.loads(bitting("journal", "export", "journal.jsonl", "--json").out)["vkey"]
    bitting("backup", "make", "copy.db", "--plain")
    with closing(sqlite3.connect("copy.db")) as connection, connection:
        connection.execute("UPDATE journal_leaves SET object_id = 'another' WHERE leaf_index = 1")
    assert bitting("backup", "verify", "copy.db").code == 0
    told = bitting("backup", "verify", "copy.db", "--vkey", vkey)
    assert (told.code, told.out) == (1, "")
    assert "leaf 1 is filed under another object than its own" in told.err
