"""What the journal asks of a store.

Leaves, nodes and checkpoints are written once and never replaced: a store refuses a second row for the
same index, (level, index) or size with `Conflict`, so that two writers cannot both be right.
Leaves alone can be dropped, when their time is over (`retention`); their nodes stay.
Everything written belongs to the store's current unit of work, together with the change it records.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """One row of leaves. `kind` and `id` repeat what `leaf` says, to be searched by; the leaf decides."""

    index: int
    kind: str
    id: str
    leaf: bytes


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """One row of checkpoints. `size` repeats what `note` says, to be unique by; the note decides."""

    size: int
    note: str


class Nodes(Protocol):
    """The hashes of complete subtrees.

    (0, i) is the hash of leaf i, and (n, i) the node over (n - 1, 2i) and (n - 1, 2i + 1).
    """

    def journal_size(self) -> int:
        """One more than the highest leaf index, 0 for an empty journal."""

    def journal_node(self, level: int, index: int) -> bytes | None:
        """The stored 32 bytes, or None where there are none."""

    def stray_node(self, size: int) -> tuple[int, int] | None:
        """One that has no place in a tree of so many leaves, by level and index, or None."""


class Leaves(Nodes, Protocol):
    """The leaves as well."""

    def put_journal_leaf(self, leaf: StoredLeaf) -> None: ...

    def put_journal_node(self, level: int, index: int, hash: bytes) -> None: ...

    def journal_leaves(self, start: int, stop: int) -> Iterable[StoredLeaf]:
        """The rows with start <= index < stop, by index; a missing one is left out."""

    def journal_indexes(self, stop: int) -> Iterable[int]:
        """The indexes below `stop` of which there is a row, in order."""

    def newest_leaf(self, kind: str, id: str) -> StoredLeaf | None:
        """The row of the highest index for this object."""


class Storage(Leaves, Protocol):
    """And the checkpoints: all that signing and checking need."""

    def drop_journal_leaves(self, stop: int) -> int:
        """Delete the rows below `stop` that are not the newest of their object; how many they were."""

    def put_checkpoint(self, checkpoint: StoredCheckpoint) -> None: ...

    def newest_checkpoint(self) -> StoredCheckpoint | None:
        """The row of the greatest size."""

    def checkpoints(self) -> Iterable[StoredCheckpoint]:
        """Every row, by size."""
