"""What was shredded is gone: from memory, from the file, and for whoever puts rows back."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitting.activity.ports import Batch, Line, Query
from bitting.domain.account import Account
from bitting.domain.change import Personal
from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import Shredded, Unavailable
from bitting.domain.holds import Authority
from bitting.domain.keys import Key
from bitting.journal import log
from bitting.journal.leaf import Leaf
from bitting.lifecycle.accounts import shred_account
from bitting.lifecycle.hold import pause
from bitting.stores.sqlite import SqliteEngine
from tests.stores.test_turn import turn_all
from tests.stores.trial import START_NS, Trial, record
from tests.stores.vandal import Vandal

ADA = Consent(
    "user:ada", Strength.SESSION, Authority.HOLDER, "r-ada", personal=Personal("203.0.113.7", "", "ada@example.com")
)


@pytest.fixture
def account(trial: Trial) -> Account:
    return trial.account()


@pytest.fixture
def key(trial: Trial, account: Account) -> Key:
    """A key with a history: paused by a person, and used."""
    key = trial.key(account)
    trial.do(lambda act: pause(act, key.id), ADA)
    trial.store.write(Batch([Line(record(key), None)], [], {}, {}))
    return key


def shred(trial: Trial, account: Account) -> Account:
    return trial.do(lambda act: shred_account(act, account.id))


def told(trial: Trial, account: Account) -> list[tuple[str, str]]:
    """Of each record the address, and why there is none."""
    records = trial.look(lambda shelf: shelf.told(account.id, None, 99))
    return [(each.personal.address, each.why_not) for each in records]


def test_its_secrets_open_no_more(trial: Trial, key: Key, account: Account) -> None:
    """At once, though its key was in memory; the account's row stops what needs no secret, too."""
    assert trial.load(key) is not None
    shred(trial, account)
    with pytest.raises(Shredded, match=f"account {account.id} was shredded"):
        trial.load(key)
    assert trial.touched is not None
    assert account.id in trial.touched.accounts
    assert trial.look(lambda shelf: shelf.find_account(account.id)).holds


def test_what_was_sealed_is_told_no_more(trial: Trial, key: Key, account: Account) -> None:
    """In the journal and in the activity, though what opens it was in memory a moment ago; the records stand."""
    assert told(trial, account) == [("", ""), ("", ""), ("203.0.113.7", "")]
    [entry] = trial.store.activity(Query(), START_NS).entries
    assert entry.record.peer
    shred(trial, account)
    assert told(trial, account) == [("", ""), ("", ""), ("", "shredded"), ("", "")]
    [entry] = trial.store.activity(Query(), START_NS).entries
    assert (entry.record.key, entry.record.peer) == (key.id, 0)


def test_the_gate_goes_on_writing(trial: Trial, key: Key, account: Account) -> None:
    """Requests of its keys are recorded, without their addresses, and keep nobody's records from the disk."""
    shred(trial, account)
    other = trial.key(trial.account("another"), "other")
    trial.store.write(Batch([Line(record(key), None), Line(record(other), None)], [], {}, {}))
    peers = [each.record.peer for each in trial.store.activity(Query(), START_NS).entries]
    assert [bool(each) for each in peers] == [False, False, True]


def test_a_shredded_account_is_sound(trial: Trial, key: Key, account: Account) -> None:
    """Nothing is missing, also after the shards have new keys."""
    shred(trial, account)
    assert trial.look(lambda shelf: shelf.scrub()) == []
    assert [turn.left for turn in turn_all(trial)] == [{}] * 4
    assert trial.look(lambda shelf: shelf.scrub()) == []
    with pytest.raises(Shredded):
        trial.load(key)


def test_its_key_put_back_is_found(trial: Trial, vandal: Vandal, key: Key, account: Account) -> None:
    """By somebody who had a copy of the row: it is not what the account says, and the account's keys stay stopped."""
    [former] = [row for row in vandal.rows("account_keys") if row["account_id"] == account.id]
    shred(trial, account)
    [row] = [row for row in vandal.rows("account_keys") if row["account_id"] == account.id]
    vandal.edit("account_keys", row, **former)
    [wrong] = trial.look(lambda shelf: shelf.scrub())
    assert wrong.startswith(f"account {account.id}: the account was shredded, and its key is not as it was left")
    loaded = trial.load(key)
    assert loaded is not None
    assert all(each.holds for each in loaded.snapshot.accounts)


def test_a_key_destroyed_past_bitting_is_found(trial: Trial, vandal: Vandal, key: Key, account: Account) -> None:
    """Nobody shreds an account by editing a row: it does not open, and the account does not say so."""
    other = trial.account("another")
    shred(trial, other)
    rows = {row["account_id"]: row for row in vandal.rows("account_keys")}
    vandal.edit("account_keys", rows[account.id], version=0, box=b"")
    with pytest.raises(Shredded):
        trial.load(key)
    assert any(f"account {account.id}" in each for each in trial.look(lambda shelf: shelf.scrub()))


def test_nothing_of_the_key_is_left_in_the_files(engine: SqliteEngine, database: Path) -> None:
    """Neither in the database nor in the log beside it, as far as SQLite can help it."""
    trial = Trial(engine)
    accounts = [trial.account(f"desk {number}") for number in range(40)]
    with engine.reading() as tables:
        row = tables.wrapped.account_key_row("tenant", accounts[20].id)
    assert row is not None
    assert row.box in everything(database)
    shred(trial, accounts[20])
    assert row.box not in everything(database)
    assert row.box[20:60] not in everything(database)


def test_a_log_that_cannot_be_emptied_fails_no_change(
    trial: Trial, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is shredded, and whoever caches is told."""

    def busy() -> None:
        raise Unavailable("another program holds the database")

    monkeypatch.setattr(trial.engine, "tidy", busy)
    shred(trial, account)
    assert trial.touched is not None
    assert account.id in trial.touched.accounts


def everything(database: Path) -> bytes:
    return b"".join(each.read_bytes() for each in database.parent.iterdir() if each.is_file())


def test_the_leaf_keeps_its_ciphertext(trial: Trial, key: Key, account: Account) -> None:
    """So that the tree over it stands."""
    shred(trial, account)
    leaf: Leaf = trial.look(lambda shelf: list(log.read(shelf.journal_storage(), 0, 9)))[2]
    assert leaf.change.sealed[:1] == b"\x01"
    assert b"203.0.113.7" not in leaf.raw
