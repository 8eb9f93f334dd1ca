"""The journal in SQLite: leaves by index, nodes by level and place, notes by size."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from bitting.journal.ports import StoredCheckpoint, StoredLeaf
from bitting.stores.sqlite.failures import taken


class SqliteJournal:
    """Fits `journal.ports.Storage`, and `journal.fsck.Workshop`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def journal_size(self) -> int:
        size: int = self._execute("SELECT coalesce(max(leaf_index) + 1, 0) FROM journal_leaves").fetchone()[0]
        return size

    def journal_node(self, level: int, index: int) -> bytes | None:
        sql = "SELECT hash FROM journal_nodes WHERE (level, place) = (?, ?)"
        found = self._execute(sql, (level, index)).fetchone()
        return None if found is None else found[0]

    def stray_node(self, size: int) -> tuple[int, int] | None:
        sql = "SELECT level, place FROM journal_nodes WHERE level < 0 OR place < 0 OR place >= ? >> level LIMIT 1"
        found: tuple[int, int] | None = self._execute(sql, (size,)).fetchone()
        return found

    def put_journal_leaf(self, leaf: StoredLeaf) -> None:
        with taken(f"leaf {leaf.index} is written already"):
            row = (leaf.index, leaf.kind, leaf.id, leaf.leaf)
            self._execute("INSERT INTO journal_leaves VALUES (?, ?, ?, ?)", row)

    def put_journal_node(self, level: int, index: int, hash: bytes) -> None:
        with taken(f"node {index} of level {level} is written already"):
            self._execute("INSERT INTO journal_nodes VALUES (?, ?, ?)", (level, index, hash))

    def journal_leaves(self, start: int, stop: int) -> Iterator[StoredLeaf]:
        sql = """SELECT leaf_index, kind, object_id, leaf FROM journal_leaves
                 WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index"""
        return (StoredLeaf(*found) for found in self._execute(sql, (start, stop)))

    def journal_indexes(self, stop: int) -> Iterator[int]:
        found = self._execute("SELECT leaf_index FROM journal_leaves WHERE leaf_index < ? ORDER BY leaf_index", (stop,))
        return (index for (index,) in found)

    def newest_leaf(self, kind: str, id: str) -> StoredLeaf | None:
        sql = """SELECT leaf_index, kind, object_id, leaf FROM journal_leaves
                 WHERE (kind, object_id) = (?, ?) ORDER BY leaf_index DESC LIMIT 1"""
        found = self._execute(sql, (kind, id)).fetchone()
        return None if found is None else StoredLeaf(*found)

    def drop_journal_leaves(self, stop: int) -> int:
        sql = """DELETE FROM journal_leaves WHERE leaf_index < ? AND leaf_index < (
                     SELECT max(leaf_index) FROM journal_leaves AS other
                     WHERE (other.kind, other.object_id) = (journal_leaves.kind, journal_leaves.object_id))"""
        return self._execute(sql, (stop,)).rowcount

    def put_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        with taken(f"the checkpoint of {checkpoint.size} is written already"):
            self._execute("INSERT INTO checkpoints VALUES (?, ?)", (checkpoint.size, checkpoint.note))

    def newest_checkpoint(self) -> StoredCheckpoint | None:
        found = self._execute("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        return None if found is None else StoredCheckpoint(*found)

    def checkpoints(self) -> Iterator[StoredCheckpoint]:
        found = self._execute("SELECT size, note FROM checkpoints ORDER BY size")
        return (StoredCheckpoint(*each) for each in found)

    def replace_journal_node(self, level: int, index: int, hash: bytes) -> None:
        self._execute("INSERT OR REPLACE INTO journal_nodes VALUES (?, ?, ?)", (level, index, hash))

    def refile_journal_leaf(self, leaf: StoredLeaf) -> None:
        sql = "UPDATE journal_leaves SET kind = ?, object_id = ? WHERE leaf_index = ?"
        self._execute(sql, (leaf.kind, leaf.id, leaf.index))

    def drop_checkpoint(self, size: int) -> None:
        self._execute("DELETE FROM checkpoints WHERE size = ?", (size,))
