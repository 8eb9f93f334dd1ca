"""The journal in dicts: leaves by index, nodes by level and index, notes by size."""

from __future__ import annotations

from bitting.domain.errors import Conflict
from bitting.journal.ports import StoredCheckpoint, StoredLeaf
from bitting.stores.memory.undo import Undo


class MemoryJournal:
    """Fits `journal.ports.Storage`, and `journal.fsck.Workshop`."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.leaves: dict[int, StoredLeaf] = {}
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.notes: dict[int, StoredCheckpoint] = {}
        self._newest: dict[tuple[str, str], int] = {}

    def journal_size(self) -> int:
        return next(reversed(self.leaves), -1) + 1  # they come in order

    def journal_node(self, level: int, index: int) -> bytes | None:
        return self.nodes.get((level, index))

    def stray_node(self, size: int) -> tuple[int, int] | None:
        return next((each for each in self.nodes if min(each) < 0 or each[1] >= size >> each[0]), None)

    def put_journal_leaf(self, leaf: StoredLeaf) -> None:
        if leaf.index in self.leaves:
            raise Conflict(f"leaf {leaf.index} is written already")
        self._undo.put(self.leaves, leaf.index, leaf)
        self._undo.put(self._newest, (leaf.kind, leaf.id), leaf.index)

    def put_journal_node(self, level: int, index: int, hash: bytes) -> None:
        if (level, index) in self.nodes:
            raise Conflict(f"node {index} of level {level} is written already")
        self._undo.put(self.nodes, (level, index), hash)

    def journal_leaves(self, start: int, stop: int) -> list[StoredLeaf]:
        return [self.leaves[index] for index in range(start, stop) if index in self.leaves]

    def journal_indexes(self, stop: int) -> list[int]:
        return [index for index in self.leaves if index < stop]

    def newest_leaf(self, kind: str, id: str) -> StoredLeaf | None:
        return self.leaves.get(self._newest.get((kind, id), -1))

    def drop_journal_leaves(self, stop: int) -> int:
        leaves = self.leaves.values()
        kept = {
            each.index: each for each in leaves if each.index >= stop or each.index == self._newest[each.kind, each.id]
        }
        dropped = len(self.leaves) - len(kept)
        self._undo.refill(self.leaves, kept)
        return dropped

    def put_checkpoint(self, checkpoint: StoredCheckpoint) -> None:
        if checkpoint.size in self.notes:
            raise Conflict(f"the checkpoint of {checkpoint.size} is written already")
        self._undo.put(self.notes, checkpoint.size, checkpoint)

    def newest_checkpoint(self) -> StoredCheckpoint | None:
        return self.notes[max(self.notes)] if self.notes else None

    def checkpoints(self) -> list[StoredCheckpoint]:
        return [self.notes[size] for size in sorted(self.notes)]

    def replace_journal_node(self, level: int, index: int, hash: bytes) -> None:
        self._undo.put(self.nodes, (level, index), hash)

    def refile_journal_leaf(self, leaf: StoredLeaf) -> None:
        self._undo.put(self.leaves, leaf.index, leaf)
        self._newest.clear()
        self._newest.update({(each.kind, each.id): index for index, each in self.leaves.items()})

    def drop_checkpoint(self, size: int) -> None:
        self._undo.drop(self.notes, size)
