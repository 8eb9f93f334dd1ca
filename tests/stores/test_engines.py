"""What every engine does with rows, whatever they say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bitting.domain.errors import Conflict
from bitting.journal.ports import StoredCheckpoint, StoredLeaf
from bitting.stores.ports import Tables
from bitting.stores.rows import AccountKeyRow
from tests.stores.trial import Trial


def test_rows_that_are_written_once(trial: Trial) -> None:
    """A second row for a leaf, a node, a checkpoint or an account's key is a conflict, and the first one is taken back
    with it."""

    def twice(put: Callable[[Tables], None]) -> None:
        with trial.engine.writing() as tables:
            put(tables)
            put(tables)

    for put in (
        lambda tables: tables.journal.put_journal_leaf(StoredLeaf(0, "key", "a", b"")),
        lambda tables: tables.journal.put_journal_node(0, 0, bytes(32)),
        lambda tables: tables.journal.put_checkpoint(StoredCheckpoint(1, "note")),
        lambda tables: tables.wrapped.put_account_key_row(AccountKeyRow("t", "a", 1, 0, b"")),
    ):
        with pytest.raises(Conflict):
            twice(put)
    with trial.engine.reading() as tables:
        assert tables.journal.journal_size() == 0
        assert tables.journal.journal_node(0, 0) is None
        assert tables.journal.newest_checkpoint() is None
        assert tables.wrapped.account_key_row("t", "a") is None


def test_shard_keys_are_kept_by_environment(trial: Trial) -> None:
    """Written at first by whoever founds the house, and again, wrapped by another root, within a change."""
    with trial.engine.writing() as tables:
        tables.wrapped.put_shards("house", {0: b"a", 1: b"b"})
        tables.wrapped.put_shards("other", {0: b"c"})
    trial.store.change(trial.now_ns, lambda work: work.put_shards("house", {1: b"d"}))
    with trial.engine.reading() as tables:
        assert tables.wrapped.shards("house") == {0: b"a", 1: b"d"}
        assert tables.wrapped.shards("other") == {0: b"c"}
        assert tables.wrapped.shards("nobody's") == {}
