"""Finding everything that is wrong with a stored journal, and mending what can be worked out again.

Leaves and signed checkpoints are the record; nodes, and the columns that leaves are searched by, are made of them. So a
wrong node is written anew where a signature covers the leaves below it, and a leaf is filed again under what it says. A
checkpoint nobody can verify is taken out where a greater, sound one vouches for the same leaves. Nothing that is itself
a record is ever changed: a leaf that is not the one that was signed is told, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from bitting.domain.errors import Malformed, MalformedStored, Tampered
from bitting.journal import merkle
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.leaf import Leaf
from bitting.journal.log import KIND, RETENTION
from bitting.journal.note import Verifier
from bitting.journal.ports import Storage, StoredCheckpoint, StoredLeaf
from bitting.journal.retention import Dropped


class Workshop(Storage, Protocol):
    """A storage in which derived things can be replaced."""

    def replace_journal_node(self, level: int, index: int, hash: bytes) -> None: ...

    def refile_journal_leaf(self, leaf: StoredLeaf) -> None:
        """Write the columns a leaf is searched by, and leave the leaf as it is."""

    def drop_checkpoint(self, size: int) -> None: ...


class Finding(NamedTuple):
    """Something that is wrong, and whether it can be worked out again."""

    text: str
    mendable: bool


def fsck(storage: Workshop, trusted: Sequence[Verifier], *, repair: bool) -> list[Finding]:
    """Everything that is wrong; with `repair` what is mendable has been mended. Belongs into one unit of work."""
    return list(_Check(storage, trusted, repair=repair).found())


class _Node(NamedTuple):
    level: int
    place: int
    hash: bytes

    @property
    def stop(self) -> int:
        """One behind the last leaf below it."""
        return (self.place + 1) << self.level


class _Check:
    """One walk through the journal."""

    def __init__(self, storage: Workshop, trusted: Sequence[Verifier], *, repair: bool) -> None:
        self._storage = storage
        self._trusted = trusted
        self._repair = repair
        self._tree = merkle.Frontier()
        self._wrong: list[_Node] = []  # nodes that are not the hash of what is below them
        self._unread: list[StoredCheckpoint] = []  # checkpoints nobody can verify
        self._sound = 0  # so many leaves are the ones that were signed
        self._dropped = Dropped()
        self._retention = Dropped().digest()

    def found(self) -> Iterator[Finding]:
        checkpoints = list(self._storage.checkpoints())
        size = self._storage.journal_size()
        done = 0
        for stop in sorted({*(row.size for row in checkpoints), size}):
            yield from self._leaves(done, min(stop, size))
            if self._tree.size < min(stop, size):
                return
            done = min(stop, size)
            yield from self._signed([row for row in checkpoints if row.size == stop])
        if stray := self._storage.stray_node(size):
            text = f"node {stray[1]} of level {stray[0]} has no place in a tree of {size}: the end has been cut off"
            yield Finding(text, mendable=False)
        if self._dropped.digest() != self._retention:
            yield Finding("leaves are missing, and they are not the ones that were dropped", mendable=False)
        yield from self._checkpoints()
        yield from self._nodes()

    def _leaves(self, start: int, stop: int) -> Iterator[Finding]:
        rows = iter(self._storage.journal_leaves(start, stop))
        row = next(rows, None)
        for index in range(start, stop):
            if row is not None and row.index == index:
                yield from self._leaf(row)
                hash = merkle.leaf_hash(row.leaf)
                row = next(rows, None)
            elif (kept := self._storage.journal_node(0, index)) is not None:
                self._dropped.add(index)
                hash = kept
            else:
                yield Finding(f"leaf {index} is missing and so is its hash: restore a backup", mendable=False)
                return
            for node in map(_Node._make, self._tree.append(hash)):
                if self._storage.journal_node(node.level, node.place) != node.hash:
                    self._wrong.append(node)

    def _leaf(self, row: StoredLeaf) -> Iterator[Finding]:
        try:
            leaf = Leaf.from_bytes(row.leaf)
        except MalformedStored as problem:
            yield Finding(f"leaf {row.index}: {problem}", mendable=False)
            return
        if leaf.index != row.index:
            yield Finding(f"leaf {row.index} is a copy of leaf {leaf.index}", mendable=False)
        if (leaf.change.kind, leaf.change.id) != (row.kind, row.id):
            yield Finding(f"leaf {row.index} is filed under another object than its own", mendable=True)
            if self._repair:
                self._storage.refile_journal_leaf(StoredLeaf(row.index, leaf.change.kind, leaf.change.id, row.leaf))
        if (leaf.change.kind, leaf.change.id) == (KIND, RETENTION):
            self._retention = leaf.change.digest

    def _signed(self, rows: Sequence[StoredCheckpoint]) -> Iterator[Finding]:
        """Hold the leaves so far against what was signed."""
        for row in rows:
            try:
                checkpoint = Checkpoint.from_row(row, self._trusted)
            except (Malformed, Tampered):
                self._unread.append(row)
                continue
            if checkpoint.size > self._tree.size:
                cut = f"{checkpoint.size} leaves were signed and {self._tree.size} are left"
                yield Finding(f"{cut}: the end has been cut off", mendable=False)
            elif checkpoint.root == self._tree.root():
                self._sound = checkpoint.size
            else:
                named = [node.place for node in self._wrong if node.level == 0 and node.place >= self._sound]
                which = f"; look at {', '.join(map(str, named[:5]))}" if named else ""
                last = checkpoint.size - 1
                yield Finding(
                    f"leaves {self._sound} to {last} are not the ones that were signed{which}", mendable=False
                )

    def _checkpoints(self) -> Iterator[Finding]:
        for row in self._unread:
            covered = row.size < self._sound
            yield Finding(f"the checkpoint of {row.size} cannot be verified", mendable=covered)
            if covered and self._repair:
                self._storage.drop_checkpoint(row.size)

    def _nodes(self) -> Iterator[Finding]:
        # Beyond the last sound checkpoint nobody can tell whether the leaf or its hash is the wrong one.
        doubtful = any(node.level == 0 and node.stop > self._sound for node in self._wrong)
        for node in self._wrong:
            mendable = node.stop <= self._sound or not doubtful
            text = f"node {node.place} of level {node.level} is not the hash of what is below it"
            yield Finding(text, mendable=mendable)
            if mendable and self._repair:
                self._storage.replace_journal_node(node.level, node.place, node.hash)
