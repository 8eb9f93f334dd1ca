"""The attacks of threats.md 4.G on what is stored, by somebody who can write to the database and has no key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bitting.domain.errors import BittingError, Malformed, NotFound, Tampered
from bitting.domain.house_policy import HousePolicy
from bitting.domain.keys import Key
from bitting.journal import audit
from bitting.lifecycle.hold import pause
from bitting.lifecycle.house import edit_house
from bitting.lifecycle.revoke import revoke
from tests.stores.trial import Trial
from tests.stores.vandal import COLUMNS, Row, Vandal

PROTECTED = ("house", "accounts", "account_keys", "keys", "credentials")
CELLS = [(table, column) for table in PROTECTED for column in COLUMNS[table]]
# What somebody would write who knows what he is doing.
CLEVER: dict[str, list[Any]] = {
    "environment": ["test"],
    "dialect": ["bitfinex"],
    "state": ["retired", "retiring"],
    "algorithm": ["hmac-sha512", "ed25519"],
    "nonce_mode": ["counter"],
    "holds": ["", "operator", "holder  operator"],
    "revoked_at_ms": [None, 1],
    "retires_at_ms": [None, 2**62],
    "imported": [1, 0, 2],
    "mac": [b"", bytes(32)],
}


@pytest.fixture
def key(trial: Trial) -> Key:
    """A paused key of a sub-account, in a house with rules of its own."""
    parent = trial.account("fund")
    trial.do(lambda act: edit_house(act, HousePolicy(hmac_withdraw=False)))
    account = trial.account("desk", parent.id)
    key = trial.key(account)
    return trial.do(lambda act: pause(act, key.id))


def does_not_work(trial: Trial, key: Key) -> bool:
    """Whether the gate gets nothing it could admit anybody by."""
    try:
        return trial.load(key) is None
    except (Tampered, Malformed, NotFound):
        return True


def others(value: Any, column: str) -> list[Any]:
    """Other values for a cell."""
    values: list[Any] = [0, 1]
    if isinstance(value, bytes):
        values = [bytes([value[0] ^ 1]) + value[1:], value[:-1] + bytes([value[-1] ^ 128]), value + b"\0", b""]
    elif isinstance(value, int):
        values = [value + 1, value - 1, 0, -1]
    elif isinstance(value, str):
        values = [value + " ", value.upper(), "", "x", *_other_json(value)]
    return [each for each in (*values, *CLEVER.get(column, [])) if each != value]


def _other_json(value: str) -> list[str]:
    if not value.startswith("{"):
        return []
    plain = json.loads(value)
    return [
        json.dumps(plain),
        json.dumps({**plain, "frozen": True, "label": "another"}, separators=(",", ":"), sort_keys=True),
        value.replace('"203.0.113.0/24"', '"anywhere"'),
        value.replace('"orders.read"', '"withdrawals.write"'),
        value.replace("false", "true"),
        value.replace("null", '{"x":1e999}'),
        value.replace("24", "123456789012345678901234567890"),
        "[" * 5000,
    ]


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_no_cell_can_be_edited(trial: Trial, vandal: Vandal, key: Key, table: str, column: str) -> None:
    """K-05: whatever is put into any cell of a protected row, the key it decides about does not work; and works
    again when the cell is as it was."""
    for row in vandal.rows(table):
        if table == "account_keys" and row["account_id"] != key.account:
            continue  # a parent's key opens nothing of this key
        for value in others(row[column], column):
            vandal.edit(table, row, **{column: value})
            assert does_not_work(trial, key), (column, row[column], value)
            vandal.edit(table, {**row, column: value}, **{column: row[column]})
            assert trial.load(key) is not None


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cell=st.sampled_from(CELLS), which=st.integers(0), bit=st.integers(0))
def test_no_bit_can_be_flipped(
    trial: Trial, vandal: Vandal, key: Key, cell: tuple[str, str], which: int, bit: int
) -> None:
    """G5: one flipped bit anywhere in a protected row is found by the next load, and by a scrub."""
    table, column = cell
    rows = [row for row in vandal.rows(table) if table != "account_keys" or row["account_id"] == key.account]
    row = rows[which % len(rows)]
    value = row[column]
    if value in (None, ""):
        return  # there is no bit
    flipped = _flipped(value, bit)
    vandal.edit(table, row, **{column: flipped})
    assert does_not_work(trial, key)
    assert trial.look(lambda shelf: shelf.scrub()) != []
    vandal.edit(table, {**row, column: flipped}, **{column: value})
    assert trial.look(lambda shelf: shelf.scrub()) == []


def _flipped(value: Any, bit: int) -> Any:
    if isinstance(value, int):
        return value ^ 1 << bit % 62
    if isinstance(value, str):
        # Seven of eight, for these are ASCII, and what is no UTF-8 SQLite itself refuses to read.
        at, bit = bit // 7 % len(value), bit % 7
        return value[:at] + chr(ord(value[at]) ^ 1 << bit) + value[at + 1 :]
    at, bit = bit // 8 % len(value), bit % 8
    return value[:at] + bytes([value[at] ^ 1 << bit]) + value[at + 1 :]


def test_a_row_put_back_stays_dead(trial: Trial, vandal: Vandal, key: Key) -> None:
    """K-07: last week's row of a key that is revoked today, MAC and all, works neither at the gate nor in a change."""
    before = {table: vandal.rows(table) for table in ("keys", "credentials")}
    trial.do(lambda act: revoke(act, key.id))
    after = {table: vandal.rows(table) for table in ("keys", "credentials")}
    for table in before:
        for former, row in zip(before[table], after[table], strict=True):
            vandal.edit(table, row, **former)
    with pytest.raises(Tampered, match="was put back"):
        trial.load(key)
    with pytest.raises(Tampered, match="was put back"):
        trial.do(lambda act: pause(act, key.id))
    assert trial.look(lambda shelf: shelf.scrub()) != []


def test_a_forged_row_does_not_hide_the_others(trial: Trial, vandal: Vandal, key: Key) -> None:
    """K-05: who lists the keys sees those that can be believed, and which one cannot."""
    other = trial.key(trial.account())
    (row,) = [each for each in vandal.rows("keys") if key.id in each.values()]
    vandal.edit("keys", row, holds="operator")
    assert trial.look(lambda shelf: shelf.keys(None)) == [other]
    (said,) = trial.look(lambda shelf: shelf.listed(None)).damaged
    assert said.startswith(f"{key.id}: ")


def test_a_deleted_row_does_not_come_back_to_life(trial: Trial, vandal: Vandal, key: Key) -> None:
    """K-07: deleted, a key is unknown to the gate and missed by everybody else; inserted as it was before it was
    revoked, it is dead."""
    (former,) = vandal.rows("keys")
    trial.do(lambda act: revoke(act, key.id))
    (row,) = vandal.rows("keys")
    vandal.delete("keys", row)
    assert trial.load(key) is None
    with pytest.raises(Tampered, match="was deleted"):
        trial.look(lambda shelf: shelf.find_key(key.id))
    assert any(key.id in each for each in trial.look(lambda shelf: shelf.scrub()))
    vandal.insert("keys", former)
    with pytest.raises(Tampered):
        trial.load(key)


@pytest.mark.parametrize("table", ["accounts", "account_keys", "house"])
def test_rows_that_decide_are_missed(trial: Trial, vandal: Vandal, key: Key, table: str) -> None:
    """Without its account, its account's key or the house's rules, a key does not work, and nothing is a default."""
    for row in vandal.rows(table):
        vandal.delete(table, row)
        if table != "account_keys" or row["account_id"] == key.account:
            with pytest.raises(Tampered):
                trial.load(key)
        assert trial.look(lambda shelf: shelf.scrub()) != []
        vandal.insert(table, row)
        assert trial.load(key) is not None


@pytest.mark.parametrize("same_account", [True, False])
def test_a_ciphertext_opens_only_at_home(trial: Trial, vandal: Vandal, key: Key, same_account: bool) -> None:
    """K-01: the box of a known secret, put into another key's row, does not make that secret the key's."""
    stranger = trial.account("thief").id
    account = key.account if same_account else stranger
    other = trial.issue(trial.look(lambda shelf: shelf.find_account(account)), "thief's").key
    boxes = {row["credential_id"]: row for row in vandal.rows("credentials")}
    mine, theirs = boxes[key.primary.id], boxes[other.primary.id]
    vandal.edit("credentials", mine, material=theirs["material"])
    with pytest.raises(Tampered):
        trial.load(key)


def test_account_keys_cannot_be_swapped(trial: Trial, vandal: Vandal, key: Key) -> None:
    """K-02: the wrapped key of another account does not unwrap for this one, warm cache or not."""
    trial.account("thief")
    assert trial.load(key) is not None
    rows = vandal.rows("account_keys")
    mine = next(row for row in rows if row["account_id"] == key.account)
    for theirs in rows:
        if theirs != mine:
            taken = {column: theirs[column] for column in ("version", "shard", "box")}
            vandal.edit("account_keys", mine, **taken)
            with pytest.raises(Tampered):
                trial.load(key)
            vandal.edit("account_keys", {**mine, **taken}, **mine)


def test_a_row_of_the_house_cannot_be_swapped_for_an_older_one(trial: Trial, vandal: Vandal, key: Key) -> None:
    """The rules from before the house was tightened, MAC and all, are not its rules."""
    (former,) = vandal.rows("house")
    trial.do(lambda act: edit_house(act, HousePolicy(network_required=True)))
    (row,) = vandal.rows("house")
    vandal.edit("house", row, **former)
    with pytest.raises(Tampered):
        trial.load(key)
    with pytest.raises(Tampered):
        trial.look(lambda shelf: shelf.house())


def _rows_of_the_journal(vandal: Vandal) -> list[tuple[str, Row]]:
    return [(table, row) for table in ("journal_leaves", "journal_nodes") for row in vandal.rows(table)]


def test_no_cell_of_the_journal_can_be_edited(trial: Trial, vandal: Vandal, key: Key) -> None:
    """K-08: an edit of any leaf or node is found by the journal's check."""
    for table, row in _rows_of_the_journal(vandal):
        for column, value in row.items():
            changed = 77 if isinstance(value, int) else others(value, column)[0]
            vandal.edit(table, row, **{column: changed})
            with pytest.raises(BittingError):
                trial.look(lambda shelf: audit.check(shelf.journal_storage(), []))
            vandal.edit(table, {**row, column: changed}, **{column: value})
    assert trial.look(lambda shelf: audit.check(shelf.journal_storage(), [])).size == 5


def test_the_newest_leaf_of_a_key_cannot_be_edited(trial: Trial, vandal: Vandal, key: Key) -> None:
    """K-08: the leaf that says what a key is now is checked whenever the key is loaded."""
    newest = max(vandal.rows("journal_leaves"), key=lambda row: int(row["leaf_index"]))
    for column in ("leaf_index", "kind", "object_id", "leaf"):
        value = 77 if column == "leaf_index" else others(newest[column], column)[0]
        vandal.edit("journal_leaves", newest, **{column: value})
        assert does_not_work(trial, key), column
        vandal.edit("journal_leaves", {**newest, column: value}, **{column: newest[column]})
        assert trial.load(key) is not None
    vandal.delete("journal_leaves", newest)
    assert does_not_work(trial, key)
