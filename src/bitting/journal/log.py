"""Writing the journal and reading it back, over the ports of a store.

`append` belongs into the unit of work that makes the change: there is no change without its leaf and no
leaf without its change (promise 6). Reading never takes a row at its word: the leaf must hash to its node
in the tree, and the columns beside it must say what it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bitting.domain.change import Change
from bitting.domain.errors import MalformedStored, NotFound, Tampered
from bitting.journal import merkle
from bitting.journal.leaf import Leaf
from bitting.journal.ports import Leaves, Nodes, StoredLeaf

KIND: Final = "journal"  # the kind of object that the journal itself is in its leaves
RETENTION: Final = "retention"  # and the id of what was dropped of it; see `retention`


@dataclass(frozen=True, slots=True)
class Gone:
    """The place of a leaf that was dropped when its time was over, and the hash that stays."""

    index: int
    hash: bytes


def append(leaves: Leaves, change: Change) -> Leaf:
    """Write the change as the next leaf, with every node it completes: about two nodes a leaf.

    Raises MalformedStored if the change could not be read back, before anything is written.
    """
    index = leaves.journal_size()
    leaf = Leaf.from_bytes(Leaf.of(index, change).raw)
    leaves.put_journal_leaf(StoredLeaf(index, change.kind, change.id, leaf.raw))
    for level, place, hash in merkle.grown(reader(leaves), index, leaf.hash):
        leaves.put_journal_node(level, place, hash)
    return leaf


def read(leaves: Leaves, start: int, stop: int) -> Iterator[Leaf]:
    """The leaves start <= index < stop that are kept, each checked. Raises Tampered or MalformedStored at a bad one."""
    return (each for each in walk(leaves, start, stop) if isinstance(each, Leaf))


def walk(leaves: Leaves, start: int, stop: int) -> Iterator[Leaf | Gone]:
    """The same, with the hashes of those that were dropped in their places. A leaf that is missing without having been
    dropped raises Tampered; whether the right ones were dropped is for `replay` to know."""
    node = reader(leaves)
    dropped_below: int | None = None
    expected = start
    for row in leaves.journal_leaves(start, stop):
        if row.index != expected:
            dropped_below = minimum(leaves) if dropped_below is None else dropped_below
            for index in range(expected, row.index):
                if index >= dropped_below:
                    raise Tampered(f"leaf {index} is missing: {row.index} stands in its place")
                yield Gone(index, node(0, index))
        yield _checked(row, node)
        expected = row.index + 1
    if expected < stop:
        for index in range(expected, min(stop, minimum(leaves))):
            yield Gone(index, node(0, index))


def minimum(leaves: Leaves) -> int:
    """The index below which only the newest leaf of each object is kept; 0 where nothing was ever dropped. Raises
    Tampered."""
    leaf = newest(leaves, KIND, RETENTION)
    if leaf is None:
        return 0
    below = leaf.change.facts.get("minimum")
    if not isinstance(below, int) or not 0 <= below <= leaf.index:
        raise Tampered(f"leaf {leaf.index} drops leaves and does not say which")
    return below


def newest(leaves: Leaves, kind: str, id: str) -> Leaf | None:
    """The last change of an object, checked; None if there never was one.

    What it cannot see is a row of this object disguised as another's; `audit.check` does.
    """
    row = leaves.newest_leaf(kind, id)
    return _checked(row, reader(leaves)) if row else None


def root(nodes: Nodes, size: int) -> bytes:
    """The root of the first `size` leaves. Raises NotFound beyond the journal, Tampered for a lost node."""
    _within(nodes, size)
    return merkle.root(reader(nodes), size)


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """That leaf `index` is in the tree of `size`. Raises NotFound if it is not."""
    _within(nodes, size)
    if not 0 <= index < size:
        raise NotFound(f"there is no leaf {index} in a tree of {size}")
    return merkle.inclusion_proof(reader(nodes), index, size)


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """That the tree of `new` begins with the tree of `old`. Raises NotFound for sizes that never were."""
    _within(nodes, new)
    if not 0 <= old <= new:
        raise NotFound(f"a tree of {new} has no beginning of {old}")
    return merkle.consistency_proof(reader(nodes), old, new)


def reader(nodes: Nodes) -> merkle.Read:
    """The stored nodes, of which none may be lost."""

    def node(level: int, index: int) -> bytes:
        hash = nodes.journal_node(level, index)
        if hash is None:
            raise Tampered(f"node {index} of level {level} is missing")
        return hash

    return node


def _checked(row: StoredLeaf, node: merkle.Read) -> Leaf:
    if merkle.leaf_hash(row.leaf) != node(0, row.index):
        raise Tampered(f"leaf {row.index} is not the one whose hash is in the tree")
    try:
        leaf = Leaf.from_bytes(row.leaf)
    except MalformedStored as exc:
        raise MalformedStored(f"leaf {row.index}: {exc}") from exc
    if leaf.index != row.index:
        raise Tampered(f"leaf {row.index} is a copy of leaf {leaf.index}")
    if (leaf.change.kind, leaf.change.id) != (row.kind, row.id):
        raise Tampered(f"leaf {row.index} is filed under another object than its own")
    return leaf


def _within(nodes: Nodes, size: int) -> None:
    if not 0 <= size <= nodes.journal_size():
        raise NotFound(f"the journal holds {nodes.journal_size()} leaves, not {size}")
