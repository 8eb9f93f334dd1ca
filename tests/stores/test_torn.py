"""A database put together from two moments is seen at the start, and the way on from there is an open one."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.domain.consent import Consent, Strength
from bitting.domain.errors import Refused, Tampered
from bitting.domain.holds import Authority, Hold
from bitting.gate.times import AHEAD_NS
from bitting.journal import epoch, log
from bitting.journal.audit import check
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.note import Signer
from bitting.lifecycle.act import Act
from bitting.lifecycle.edit import edit
from bitting.lifecycle.house import thaw_house
from bitting.lifecycle.journal import prune
from bitting.lifecycle.revoke import revoke
from bitting.stores.head import keep_head
from bitting.stores.recover import recover
from bitting.stores.torn import MOST_LEAVES
from tests.stores.trial import COUNTER, Trial, policy
from tests.stores.vandal import Vandal

SIGNER = Signer("bitting.example/journal", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
AGAIN = Consent("operator:0", Strength.LOCAL, Authority.OPERATOR, "r-recover")


def torn(trial: Trial) -> str | None:
    return trial.look(lambda shelf: shelf.torn())


def rows(vandal: Vandal, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in vandal.rows(table)]


def test_a_sound_store_is_of_one_moment(trial: Trial) -> None:
    """Empty, and after every kind of change."""
    assert torn(trial) is None
    account = trial.account()
    key = trial.key(account)
    trial.do(lambda act: edit(act, key.id, policy("other")))
    trial.do(lambda act: revoke(act, key.id))
    assert torn(trial) is None


def test_a_row_older_than_its_leaf_is_seen(trial: Trial, vandal: Vandal) -> None:
    """A table of keys from before the last edit, or from before the last key."""
    key = trial.key()
    [before] = rows(vandal, "keys")
    trial.do(lambda act: edit(act, key.id, policy("other")))
    [after] = rows(vandal, "keys")
    vandal.edit("keys", after, **before)
    assert "its row was put back, or replaced" in (torn(trial) or "")
    vandal.delete("keys", before)
    assert "its row was deleted" in (torn(trial) or "")


def test_a_journal_older_than_its_rows_is_seen(trial: Trial, vandal: Vandal) -> None:
    """Leaves and nodes from before the last key, and everything else as it is."""
    account = trial.account()
    trial.key(account)
    cut_last_leaf(vandal)
    assert "its end has been cut off" in (torn(trial) or "")
    with trial.engine.writing() as tables:  # as if the head had been put back with them
        keep_head(tables, trial.store._seals)
    assert "the journal knows nothing of key" in (torn(trial) or "")


def cut_last_leaf(vandal: Vandal) -> None:
    size = len(rows(vandal, "journal_leaves"))
    for table, place in (("journal_leaves", "leaf_index"), ("journal_nodes", "place")):
        for row in rows(vandal, table):
            level = row.get("level", 0)
            if (row[place] + 1) << level == size:
                vandal.delete(table, row)


def test_an_account_younger_than_the_journal_is_seen(trial: Trial, vandal: Vandal) -> None:
    """As a key is."""
    trial.account("first")
    trial.account("second")
    cut_last_leaf(vandal)
    with trial.engine.writing() as tables:
        keep_head(tables, trial.store._seals)
    assert "the journal knows nothing of account" in (torn(trial) or "")


def test_only_the_newest_leaves_are_looked_at(trial: Trial, vandal: Vandal) -> None:
    """So that a start takes a moment; the rest is refused when it is used, and found by the scrub."""
    key = trial.key()
    [before] = rows(vandal, "keys")
    for number in range(2):
        trial.do(lambda act, number=number: edit(act, key.id, policy(f"label {number}")))  # type: ignore[misc]
    [after] = rows(vandal, "keys")
    vandal.edit("keys", after, **before)
    assert torn(trial) is not None
    account = trial.look(lambda shelf: shelf.accounts()[0])
    for _ in range(MOST_LEAVES):
        trial.do(lambda act: act.note("house.backup", {}))
    assert account
    assert torn(trial) is None
    assert trial.look(lambda shelf: shelf.scrub())


def test_a_loss_that_was_accepted_is_not_seen_again(trial: Trial, vandal: Vandal) -> None:
    """The row that was put back stays refused; the house is frozen, and starts."""
    key = trial.key()
    [before] = rows(vandal, "keys")
    trial.do(lambda act: edit(act, key.id, policy("other")))
    [after] = rows(vandal, "keys")
    vandal.edit("keys", after, **before)
    recover(trial.store, AGAIN, trial.now_ns, {"epoch": 1})
    assert torn(trial) is None
    assert trial.look(lambda shelf: shelf.house())[0].frozen
    with pytest.raises(Tampered):
        trial.load(key)
    assert len(trial.look(lambda shelf: shelf.scrub())) == 1


def test_going_on_is_like_a_restore(trial: Trial) -> None:
    """Frozen, the floor of time moved past now, time-shaped nonces from before refused, counting keys held; and the
    journal says what was given up."""
    account = trial.account()
    counting, key = trial.key(account, "counting", COUNTER), trial.key(account)
    trial.do(lambda act: act.note("house.backup", {}))
    held = recover(trial.store, AGAIN, trial.now_ns, {"epoch": 2, "given_up": ["a note"]})
    assert held == [counting.id]
    ground = trial.look(lambda shelf: shelf.ground())
    assert ground.settled
    assert ground.restored_at_ns == trial.now_ns
    assert trial.store.floor() == trial.now_ns + AHEAD_NS
    assert trial.look(lambda shelf: shelf.house())[0].frozen
    assert trial.look(lambda shelf: shelf.find_key(counting.id)).holds == {Hold.OPERATOR}
    assert not trial.look(lambda shelf: shelf.find_key(key.id)).holds
    leaf = trial.look(lambda shelf: epoch.recovery(shelf.journal_storage()))
    assert leaf is not None
    assert (leaf.change.deed, leaf.change.facts["given_up"]) == ("journal.recover", ["a note"])
    assert trial.look(lambda shelf: epoch.current(shelf.journal_storage())) == 2
    trial.do(thaw_house)
    recover(trial.store, AGAIN, trial.now_ns + 1, {"epoch": 3})
    assert trial.look(lambda shelf: epoch.current(shelf.journal_storage())) == 3


def test_a_cut_off_journal_can_be_gone_on_with(trial: Trial, vandal: Vandal) -> None:
    """Leaves that are lost are given up with their rows; leaves that were put in are not adopted."""
    account = trial.account()
    key = trial.key(account)
    cut_last_leaf(vandal)
    recover(trial.store, AGAIN, trial.now_ns, {"epoch": 1})
    with pytest.raises(Tampered, match="the journal"):
        trial.load(key)
    with trial.engine.writing() as tables:
        log.append(tables.journal, next(log.read(tables.journal, 0, 1)).change)
    with pytest.raises(Tampered, match="was written past Bitting"):
        recover(trial.store, AGAIN, trial.now_ns, {"epoch": 1})


def test_old_leaves_are_dropped_and_every_row_is_still_vouched_for(trial: Trial) -> None:
    """In one transaction with the leaf that says so; nothing of it happens when that fails."""
    account = trial.account()
    keys = [trial.key(account, f"bot {number}") for number in range(3)]
    for number in range(9):
        trial.do(lambda act, number=number: edit(act, keys[number % 2].id, policy(f"label {number}")))  # type: ignore[misc]
    with pytest.raises(Refused):
        trial.do(lambda act: prune(act, 10))
    trial.store.sign(Checkpointer(SIGNER), None)

    def fails(act: Act) -> None:
        prune(act, 10)
        raise Refused("and nothing of it happened")

    with pytest.raises(Refused):
        trial.do(fails)
    assert trial.look(lambda shelf: log.minimum(shelf.journal_storage())) == 0
    raised = trial.do(lambda act: prune(act, 10))
    assert (raised.minimum, raised.dropped) == (10, 8)  # the account's leaf and that of the key nobody edited stay
    trial.store.sign(Checkpointer(SIGNER), None)
    assert trial.look(lambda shelf: check(shelf.journal_storage(), [SIGNER.verifier])).dropped == 8
    assert trial.look(lambda shelf: shelf.scrub()) == []
    assert torn(trial) is None
    assert all(trial.load(key) for key in keys)
    assert trial.do(lambda act: prune(act, 13)).dropped == 1
