"""What happened, as the desk tells it: activity, the journal, copies of the house."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bitting.desk import records
from bitting.domain.errors import MalformedValue, NotFound, Refused, Tampered
from bitting.domain.keys import Key
from bitting.journal.bundle import verify_bundle
from bitting.journal.note import Verifier
from bitting.journal.proof import verify_proof
from bitting.kms.age import Identity, is_sealed
from tests.desk.office import Office
from tests.stores.trial import START_NS
from tests.stores.vandal import Vandal

MINUTE = START_NS // 60_000_000_000


def test_the_journal_is_taken_away_and_verified(office: Office, tmp_path: Path) -> None:
    """All of it, up to the change before the question, in a file that only its owner can read."""
    office.issue()
    path = tmp_path / "journal.jsonl"
    said = office.ask("journal.export", path=str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open() as file:
        report = verify_bundle(file, [Verifier.from_vkey(said["vkey"])])
    assert report.size == report.signed_size == 2
    assert said["lines"] == 3
    with pytest.raises(Refused, match="is there already; nothing is overwritten"):
        office.ask("journal.export", path=str(path))
    with pytest.raises(Refused, match="cannot be made: No such file or directory"):
        office.ask("journal.export", path=str(tmp_path / "nowhere" / "journal.jsonl"))


def test_an_entry_is_proven(office: Office) -> None:
    """Also the newest, which nobody had signed yet."""
    key = office.issue()
    said = office.ask("journal.prove", index=1)
    leaf = verify_proof(said["proof"], [Verifier.from_vkey(said["vkey"])])
    assert (leaf.index, leaf.change.deed, leaf.change.id) == (1, "key.issue", key["id"])
    with pytest.raises(NotFound, match="there is no leaf 2"):
        office.ask("journal.prove", index=2)


def test_with_a_full_disk_what_was_signed_is_given(office: Office, tmp_path: Path) -> None:
    """Nothing can be signed then, and reading the journal must go on."""
    office.ask("journal.prove", index=0)
    office.issue()
    office.disk.full = True
    said = office.ask("journal.export", path=str(tmp_path / "journal.jsonl"))
    assert said["lines"] == 2
    assert office.ask("journal.check")["signed"] == 1
    assert office.ask("journal.check")["size"] == 2


def test_rows_are_checked_a_few_at_a_time(
    office: Office, key: Key, vandal: Vandal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, each few in one state of the store; and when very much is wrong, not all of it is listed."""
    keys = [key.id, *(office.issue(label=f"bot {number}")["id"] for number in range(4))]
    monkeypatch.setattr(records, "ROWS_AT_ONCE", 2)
    assert office.ask("rows.check") == {"wrong": []}
    for row in vandal.rows("keys"):
        vandal.edit("keys", row, holds="operator")
    wrong = office.ask("rows.check")["wrong"]
    assert [each.split(":")[0] for each in wrong] == [f"key {each}" for each in keys]
    monkeypatch.setattr(records, "MOST_WRONG", 2)
    assert len(wrong := office.ask("rows.check")["wrong"]) < len(keys)
    assert wrong[-1] == "there may be more: the rest was not looked at"


def test_what_is_wrong_is_found(office: Office, key: Key, vandal: Vandal) -> None:
    """An edited row is named where keys are listed and rows are checked; an edited leaf stops the journal's check."""
    assert office.ask("rows.check") == {"wrong": []}
    [row] = vandal.rows("keys")
    vandal.edit("keys", row, label="somebody else's")
    listed = office.ask("key.list")
    assert listed["keys"] == []
    [line] = listed["damaged"]
    assert line.startswith(f"{key.id}: ")
    [line] = office.ask("rows.check")["wrong"]
    assert line.startswith(f"key {key.id}: ")
    office.ask("journal.prove", index=0)
    leaf = next(each for each in vandal.rows("journal_leaves") if each["leaf_index"] == 0)
    vandal.edit("journal_leaves", leaf, leaf=leaf["leaf"][:-1] + b"\x01")
    with pytest.raises(Tampered):
        office.ask("journal.check")


def test_a_backup(office: Office, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A copy that holds what is there, noted in the journal; a house in memory has nothing to be copied."""
    path = tmp_path / "copy.db"
    if request.node.callspec.params["office"] == "memory":
        with pytest.raises(Refused, match="everything in memory"):
            office.ask("backup", path=str(path))
        return
    leaves = office.leaves()
    said = office.ask("backup", path=str(path))
    assert said["pages"] > 0
    with closing(sqlite3.connect(path)) as copy:
        assert copy.execute("SELECT count(*) FROM journal_leaves").fetchone() == (leaves,)
    proof = office.ask("journal.prove", index=leaves)
    assert verify_proof(proof["proof"], [Verifier.from_vkey(proof["vkey"])]).change.deed == "house.backup"
    with pytest.raises(Refused, match="is there already; nothing is overwritten"):
        office.ask("backup", path=str(path))
    assert office.leaves() == leaves + 1


def test_a_sealed_backup(office: Office, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """For the owners of public keys, who stand in the journal; what is no public key makes no backup."""
    if request.node.callspec.params["office"] == "memory":
        return
    path, recipient = tmp_path / "copy.age", Identity.create(tmp_path / "backup.key")
    with pytest.raises(MalformedValue, match="a recipient is a public key"):
        office.ask("backup", path=str(path), recipients=[recipient, "age1"])
    assert not path.exists()
    said = office.ask("backup", path=str(path), recipients=[recipient])
    assert said["recipients"] == [recipient]
    assert is_sealed(path)
    [entry] = office.ask("journal.list", most=1)["entries"]
    assert entry["facts"] == {"path": str(path), "recipients": [recipient]}
    (opened := tmp_path / "opened.db").touch(0o600)
    Identity.load(tmp_path / "backup.key").unseal(path, opened)
    with closing(sqlite3.connect(opened)) as copy:
        assert copy.execute("SELECT count(*) FROM accounts").fetchone() == (1,)


def test_the_status_is_that_of_the_server(office: Office) -> None:
    """Nothing, where none runs."""
    assert office.ask("status") == {}
    office.desk.status = lambda: {"url": "http://127.0.0.1:8700"}
    assert office.ask("status") == {"url": "http://127.0.0.1:8700"}
