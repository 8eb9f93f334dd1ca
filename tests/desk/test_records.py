"""What happened, as the desk tells it: activity, the journal, copies of the house."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bitting.desk import records
from bitting.domain.activity import Outcome
from bitting.domain.errors import MalformedValue, NotFound, Refused, Tampered
from bitting.domain.keys import Key
from bitting.domain.verdict import Reason
from bitting.journal.bundle import verify_bundle
from bitting.journal.note import Verifier
from bitting.journal.proof import verify_proof
from tests.desk.office import DAY_NS, OPERATOR, Office
from tests.stores.trial import START_NS, record
from tests.stores.vandal import MemoryVandal, SqliteVandal, Vandal

MINUTE = START_NS // 60_000_000_000


@pytest.fixture
def key(office: Office) -> Key:
    issued = office.issue()["id"]
    return office.look(lambda shelf: shelf.find_key(issued))


@pytest.fixture
def vandal(office: Office, request: pytest.FixtureRequest) -> Vandal:
    """Somebody who writes past us into the engine behind the disk."""
    engine: Any = office.disk._engine
    if request.node.callspec.params["office"] == "memory":
        return MemoryVandal(engine)
    return SqliteVandal(engine._path)


def denied(key: Key, reason: Reason) -> Any:
    return record(key, verdict="denied", reason=reason.code, shown="its own value", detail="what would pass")


def test_a_record_is_shown_whole(office: Office, key: Key) -> None:
    """With the key's label, the owner's text for the reason, and the address in plain."""
    written = denied(key, Reason.PAIR)
    office.write(written, outcomes=(Outcome(written.request_id, 200, "order 7"),))
    [shown] = office.ask("activity.list", request_id=written.request_id)["records"]
    assert shown == {
        "row": 1,
        "at": "2026-09-21T14:13:20Z",
        "request_id": written.request_id,
        "account": key.account,
        "key": key.id,
        "key_id": key.wire_id,
        "label": "bot",
        "dialect": "binance",
        "method": "POST",
        "path": "/api/v3/order",
        "action": "order.place",
        "pair": "BTC/USDT",
        "verdict": "denied",
        "reason": "pair.outside",
        "why": Reason.PAIR.owner,
        "shown": "its own value",
        "detail": "what would pass",
        "address": "203.0.113.7",
        "client": "ccxt/4",
        "value": "100.5 USDT",
        "status": 200,
        "outcome": "order 7",
    }


def test_filters(office: Office, key: Key) -> None:
    """By key, account, verdict, reason and request, and several at once."""
    office.open_account("bob")
    bobs = office.issue(account="bob", label="other")["id"]
    other = office.look(lambda shelf: shelf.find_key(bobs))
    rows = [record(key), denied(key, Reason.NETWORK), denied(key, Reason.PAIR), record(other), record()]
    office.write(*rows)

    def found(**values: Any) -> list[int]:
        return [each["row"] for each in office.ask("activity.list", values)["records"]]

    assert found() == [1, 2, 3, 4, 5]
    assert found(key="bot") == [1, 2, 3]
    assert found(account="bob") == [4]
    assert found(verdict="admitted") == [1, 4]
    assert found(verdict="denied", key=key.wire_id) == [2, 3]
    assert found(reason="pair.outside") == [3]
    assert found(request_id=rows[3].request_id) == [4]
    assert found(request_id="never-was") == []
    assert found(key="bot", account="bob") == []
    assert found(most=2) == [4, 5]
    assert found(after=2) == [3, 4, 5]
    assert found(after=2, most=1) == [3]
    assert found(after=-1, most=2) == [1, 2]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"key": "nobody"}, "there is no key nobody"),
        ({"account": "nobody"}, "there is no account nobody"),
        ({"reason": "because"}, "there is no reason 'because'; docs/reasons.md has the list"),
        ({"verdict": "maybe"}, "verdict is admitted or denied or observed, not 'maybe'"),
        ({"most": 0}, "most is a whole number from 1 to 1000"),
        ({"most": -1}, "most is a whole number"),
        ({"most": 1001}, "most is a whole number"),
        ({"after": -2}, "after is a whole number"),
        ({"verdict": ""}, "verdict is admitted or denied"),
        ({"after": 2**64}, "after is a whole number"),
        ({"before": 1}, "unknown: before"),
    ],
)
def test_what_cannot_be_asked_of_the_activity(office: Office, values: dict[str, Any], words: str) -> None:
    """There is no way to ask for everything at once."""
    with pytest.raises((MalformedValue, NotFound), match=words):
        office.ask("activity.list", values)


def test_what_was_observed_is_reported(office: Office, key: Key) -> None:
    """By key and reason since then, with the key's label, and what the exchange said to it."""
    missing = [record(key, verdict="observed", reason="permission.missing") for _ in range(2)]
    strange = record(verdict="observed", reason="key.not_proven", at_ns=START_NS - 1)
    refused = record(key)
    outcomes = (Outcome(missing[0].request_id, 200, ""), Outcome(refused.request_id, 401, ""))
    office.write(*missing, strange, refused, outcomes=outcomes)
    said = office.ask("activity.observed", since="10w")
    assert [tuple(each.values()) for each in said["observed"]] == [
        ("bot", key.wire_id, "binance", "permission.missing", 2, 0, 1, [each.request_id for each in missing[::-1]]),
        ("", strange.wire_id, "binance", "key.not_proven", 1, 0, 0, [strange.request_id]),
        ("bot", key.wire_id, "binance", "admitted", 1, 1, 0, [refused.request_id]),
    ]
    assert office.ask("activity.observed", since="99999999w")["since"] == "1970-01-01T00:00:00Z"
    office.later(days=2)
    assert office.ask("activity.observed")["observed"] == []
    with pytest.raises(MalformedValue, match="not a duration"):
        office.ask("activity.observed", since="yesterday")


def test_a_tampered_key_hides_no_activity(office: Office, key: Key, vandal: Vandal) -> None:
    """Its records are shown, without its label."""
    office.write(record(key))
    [row] = vandal.rows("keys")
    vandal.edit("keys", row, label="somebody else's")
    [shown] = office.ask("activity.list")["records"]
    assert (shown["key"], shown["label"]) == (key.id, "")


def test_unmapped_routes_and_counted_strangers(office: Office) -> None:
    """Each with how often, and when."""
    office.write(
        *(record(path=path, verdict="denied", reason=Reason.UNMAPPED.code) for path in ("/a", "/b", "/a")),
        strangers={(MINUTE, "binance", "key.not_proven"): 500, (MINUTE - 1441, "binance", "key.not_proven"): 7},
    )
    routes = office.ask("activity.unmapped")["routes"]
    assert {(each["path"], each["count"], each["last_at"]) for each in routes} == {
        ("/a", 2, "2026-09-21T14:13:20Z"),
        ("/b", 1, "2026-09-21T14:13:20Z"),
    }
    assert office.ask("activity.strangers")["counts"] == [
        {"minute": "2026-09-21T14:13:00Z", "dialect": "binance", "reason": "key.not_proven", "count": 500}
    ]


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


def test_the_status_is_that_of_the_server(office: Office) -> None:
    """Nothing, where none runs."""
    assert office.ask("status") == {}
    office.desk.status = lambda: {"url": "http://127.0.0.1:8700"}
    assert office.ask("status") == {"url": "http://127.0.0.1:8700"}


def test_a_day_of_strangers(office: Office) -> None:
    """What is older than a day is left to the log."""
    office.write(strangers={(MINUTE, "binance", "key.not_proven"): 5})
    office.clock.ns += DAY_NS + 60_000_000_000
    assert office.ask_as(OPERATOR, "activity.strangers", {}) == {"counts": []}
