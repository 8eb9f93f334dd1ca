"""The journal's end is ours: nobody puts a leaf there, or takes one off, who has no key."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.domain.change import Change
from bitting.domain.errors import Tampered
from bitting.domain.keys import Key
from bitting.journal import log, merkle
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.leaf import Leaf
from bitting.journal.note import Signer
from bitting.journal.ports import StoredLeaf
from bitting.lifecycle.hold import pause
from bitting.lifecycle.revoke import revoke
from bitting.stores.head import adopt, check_head
from bitting.stores.ports import Tables
from bitting.stores.rows import HeadRow
from bitting.stores.seals import Seals
from bitting.stores.sqlite import SqliteEngine
from tests.stores.trial import Trial, new_keyring
from tests.stores.vandal import Vandal

SIGNER = Checkpointer(Signer("test.local/journal", Ed25519PrivateKey.generate()))


@pytest.fixture
def key(trial: Trial) -> Key:
    return trial.key()


def past_bitting(trial: Trial, write: Callable[[Tables], object]) -> None:
    """By somebody who knows the form of everything and has no key."""
    with trial.engine.writing() as tables:
        write(tables)


def forge(trial: Trial, former: Change) -> None:
    """One more leaf that says what was said before, with all its nodes."""
    past_bitting(trial, lambda tables: log.append(tables.journal, former))


def last(trial: Trial, key: Key) -> Change:
    leaf = trial.look(lambda shelf: log.newest(shelf.journal_storage(), "key", key.id))
    assert leaf is not None
    return leaf.change


def test_a_forged_leaf_revives_nobody(trial: Trial, vandal: Vandal, key: Key) -> None:
    """K-07, K-08: the row of before a key was revoked, MAC and all, and a leaf at the end that vouches for it: the gate
    does not believe it, nothing is changed on top of it, it is never signed, and whoever looks is told."""
    former, rows = last(trial, key), {table: vandal.rows(table) for table in ("keys", "credentials")}
    trial.do(lambda act: revoke(act, key.id))
    for table, before in rows.items():
        for was, row in zip(before, vandal.rows(table), strict=True):
            vandal.edit(table, row, **was)
    forge(trial, former)
    with pytest.raises(Tampered, match="was written past Bitting"):
        trial.load(key)
    with pytest.raises(Tampered, match="was written past Bitting"):
        trial.do(lambda act: pause(act, key.id))
    with pytest.raises(Tampered, match="leaf 3 of the journal, and what is behind it, was written past Bitting"):
        trial.account("another")
    with pytest.raises(Tampered, match="was written past Bitting"):
        trial.store.sign(SIGNER, None)
    wrong = trial.look(lambda shelf: shelf.scrub())
    assert "journal: leaf 3 of the journal, and what is behind it, was written past Bitting" in wrong


def test_a_leaf_that_nobody_signed_yet_cannot_be_replaced(trial: Trial, key: Key) -> None:
    """Between a change and its checkpoint there is a second: the leaf is ours all the same."""
    trial.do(lambda act: act.note("house.looked_at", {"by": "ada"}))
    with trial.engine.reading() as tables:
        stored = next(iter(tables.journal.journal_leaves(2, 3)))
    other = Leaf.of(2, Leaf.from_bytes(stored.leaf).change, 1)

    def replace(tables: Tables) -> None:
        _forget_last(trial)
        tables.journal.put_journal_leaf(StoredLeaf(2, stored.kind, stored.id, other.raw))
        tables.journal.put_journal_node(0, 2, other.hash)

    past_bitting(trial, replace)
    with pytest.raises(Tampered, match="the 3 leaves of the journal are not the ones that were written"):
        trial.store.sign(SIGNER, None)
    with pytest.raises(Tampered, match="not the ones that were written"):
        trial.account("another")


def test_the_end_cannot_be_cut_off(trial: Trial, key: Key) -> None:
    """Nor what no row would miss, before anybody has signed it."""
    trial.do(lambda act: act.note("house.looked_at", {"by": "ada"}))
    past_bitting(trial, lambda tables: _forget_last(trial))
    with pytest.raises(Tampered, match="the journal had 3 leaves and has 2: its end has been cut off"):
        trial.store.sign(SIGNER, None)
    assert trial.look(lambda shelf: shelf.scrub())[0].startswith("journal: the journal had 3 leaves")


@pytest.mark.parametrize("size", [2, 3])
def test_a_head_cannot_be_made(trial: Trial, key: Key, size: int) -> None:
    """Neither one that fits, nor one for what was forged."""
    with trial.engine.reading() as tables:
        row = tables.objects.head_row()
    assert row is not None
    forge(trial, last(trial, key))
    past_bitting(trial, lambda tables: tables.objects.put_head_row(HeadRow(size, row.root, bytes(32))))
    with pytest.raises(Tampered, match="a row of head does not match its MAC"):
        trial.load(key)
    past_bitting(trial, lambda tables: tables.objects.put_head_row(row._replace(size=3)))
    with pytest.raises(Tampered, match="a row of head does not match its MAC"):
        trial.load(key)


def test_a_journal_from_before_there_were_heads_gets_one(engine: SqliteEngine) -> None:
    """At the start, since all its leaves are of that time; then it is as any other."""
    trial = Trial(engine)
    _as_it_was_before(trial)
    seals = Seals(new_keyring(), os.urandom)
    with engine.writing() as tables:
        with pytest.raises(Tampered, match="lost its head"):
            check_head(tables, seals)
        adopt(tables, seals)
        check_head(tables, seals)
        row = tables.objects.head_row()
        adopt(tables, seals)
        assert tables.objects.head_row() == row


def test_a_head_that_was_taken_away_is_not_made_anew(engine: SqliteEngine) -> None:
    """Or whoever forges a leaf would take the head away, too: a leaf of today was written with one."""
    trial = Trial(engine)
    _as_it_was_before(trial)
    with engine.writing() as tables:
        adopt(tables, Seals(new_keyring(), os.urandom))
    trial.account("today's")
    _take_the_head(engine)
    with engine.writing() as tables, pytest.raises(Tampered, match="lost its head"):
        adopt(tables, Seals(new_keyring(), os.urandom))
    with pytest.raises(Tampered, match="lost its head"):
        trial.account("another")


def test_an_empty_journal_needs_no_head(engine: SqliteEngine) -> None:
    """A house that has just been founded."""
    seals = Seals(new_keyring(), os.urandom)
    with engine.writing() as tables:
        adopt(tables, seals)
        check_head(tables, seals)
        assert tables.objects.head_row() is None


def _as_it_was_before(trial: Trial) -> None:
    """Leaves of schema 1, and no head."""
    change = Change(1, "r", "operator:0", "local", "house.noted", "house", "deeds", "", 0, b"", b"")
    with trial.engine.writing() as tables:
        for index in range(3):
            leaf = Leaf.of(index, change, 1)
            tables.journal.put_journal_leaf(StoredLeaf(index, "house", "deeds", leaf.raw))
            tables.journal.put_journal_node(0, index, leaf.hash)
        _complete(tables)


def _complete(tables: Tables) -> None:
    hashes = [tables.journal.journal_node(0, index) or b"" for index in range(2)]
    tables.journal.put_journal_node(1, 0, merkle.node_hash(*hashes))


def _take_the_head(engine: SqliteEngine) -> None:
    with engine.writing():
        engine._writer.execute("DELETE FROM journal_head")


def _forget_last(trial: Trial) -> None:
    """Take leaf 2 and its node off, in the engine's own way."""
    engine = trial.engine
    if isinstance(engine, SqliteEngine):
        engine._writer.execute("DELETE FROM journal_leaves WHERE leaf_index = 2")
        engine._writer.execute("DELETE FROM journal_nodes WHERE (level, place) = (0, 2)")
    else:
        del engine.journal.leaves[2]  # type: ignore[attr-defined]
        del engine.journal.nodes[0, 2]  # type: ignore[attr-defined]
