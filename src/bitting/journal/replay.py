"""The journal told again from the beginning, leaf by leaf, and held against what was signed.

Checking a store and checking an exported file are the same story from two sources; this is the story.
A checkpoint that does not fit accuses the leaves since the last one that did.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bitting.domain.change import Change
from bitting.domain.errors import Tampered
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.leaf import Leaf
from bitting.journal.log import KIND, RETENTION, Gone
from bitting.journal.merkle import Frontier
from bitting.journal.retention import Dropped


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in order: `size` leaves under `root`, the first `signed_size` of them signed, and `dropped` of
    them known by their hashes only."""

    size: int
    root: bytes
    signed_size: int
    checkpoints: int
    dropped: int = 0
    note: str = field(default="", compare=False)  # of the newest checkpoint, "" where there is none


class Replay:
    """Feed it leaves and checkpoints in order; it raises Tampered at the first that is out of place.

    `seen` is a checkpoint from elsewhere (a witness, an e-mail, last month's export) that must be part of the
    same story. Without one, a journal rolled back whole looks like a shorter journal and nothing else.
    """

    def __init__(self, seen: Checkpoint | None) -> None:
        self._seen = seen
        self._tree = Frontier()
        self._signed_size = 0
        self._checkpoints = 0
        self._note = ""
        self._dropped = Dropped()
        self._retention: Change | None = None

    @property
    def size(self) -> int:
        """How many leaves there were so far."""
        return self._tree.size

    def leaf(self, leaf: Leaf | Gone) -> list[tuple[int, int, bytes]]:
        """The next leaf; returns the (level, index, hash) of the nodes it completes."""
        if leaf.index != self._tree.size:
            raise Tampered(f"leaf {self._tree.size} is missing: {leaf.index} stands in its place")
        if isinstance(leaf, Gone):
            self._dropped.add(leaf.index)
        elif (leaf.change.kind, leaf.change.id) == (KIND, RETENTION):
            self._retention = leaf.change
        nodes = self._tree.append(leaf.hash)
        if self._seen is not None and self._seen.size == self._tree.size:
            self._agrees(self._seen, "the checkpoint seen before,")
        return nodes

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """The checkpoint of exactly the leaves so far."""
        if checkpoint.size > self._tree.size:
            raise Tampered(_cut_off(checkpoint.size, self._tree.size))
        if checkpoint.size < self._tree.size:
            raise Tampered(f"the checkpoint of {checkpoint.size} stands after {self._tree.size} leaves")
        self._agrees(checkpoint, "the checkpoint")
        self._signed_size = checkpoint.size
        self._checkpoints += 1
        self._note = checkpoint.note

    def report(self) -> Report:
        """Nothing more is to come."""
        if self._seen is not None and self._seen.size > self._tree.size:
            raise Tampered(_cut_off(self._seen.size, self._tree.size))
        # Hashes stand in the place of leaves only where the journal itself says so.
        if self._dropped.digest() != (Dropped().digest() if self._retention is None else self._retention.digest):
            raise Tampered("leaves are missing, and they are not the ones that were dropped")
        return Report(
            self._tree.size,
            self._tree.root(),
            self._signed_size,
            self._checkpoints,
            self._dropped.count,
            self._note,
        )

    def _agrees(self, checkpoint: Checkpoint, name: str) -> None:
        if checkpoint.root != self._tree.root():
            first, last = self._signed_size, checkpoint.size - 1
            raise Tampered(f"leaves {first} to {last} do not add up to {name} of {checkpoint.size}")


def _cut_off(signed: int, left: int) -> str:
    return f"{signed} leaves were signed and {left} are left: the end has been cut off"
