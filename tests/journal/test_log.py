"""Writing and reading back, and rows that are not what was written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from bitting.domain.change import Change
from bitting.domain.errors import Conflict, MalformedStored, NotFound, Tampered
from bitting.journal import log, merkle

Build = Callable[..., Any]
AChange = Callable[[int], Change]
Refused = Callable[[type[Exception], str], AbstractContextManager[None]]


def test_append_writes_leaf_nodes_and_columns(journal_of: Build, a_change: AChange) -> None:
    """Leaves stand in the order they were appended, filed under their object, with all complete nodes."""
    storage = journal_of(6)
    leaf = log.append(storage, a_change(6))
    assert leaf.index == 6
    assert leaf.change == a_change(6)
    assert [(row.index, row.kind, row.id) for row in storage.journal_leaves(5, 9)] == [
        (5, "key", "key-2"),
        (6, "key", "key-0"),
    ]
    assert storage.nodes[0, 6] == leaf.hash == merkle.leaf_hash(storage.rows[6].leaf)
    assert sorted(storage.nodes) == [
        *((0, index) for index in range(7)),
        *((1, index) for index in range(3)),
        (2, 0),
    ]


def test_reading_gives_back_what_was_written(journal_of: Build, a_change: AChange) -> None:
    """Any span of the journal reads as the changes it was given."""
    storage = journal_of(9)
    for start in range(10):
        for stop in range(start, 12):
            read = [leaf.change for leaf in log.read(storage, start, stop)]
            assert read == [a_change(number) for number in range(start, min(stop, 9))]


def test_newest(journal_of: Build, a_change: AChange) -> None:
    """The last change of an object is found; what never was has none."""
    storage = journal_of(8)
    leaf = log.newest(storage, "key", "key-1")
    assert leaf is not None
    assert leaf.change == a_change(7)
    assert log.newest(storage, "key", "key-9") is None
    assert log.newest(storage, "account", "key-1") is None


def test_proofs_from_the_store_verify(journal_of: Build) -> None:
    """Root, inclusion and consistency proofs fit one another for all sizes of a journal."""
    storage = journal_of(13)
    for size in range(14):
        root = log.root(storage, size)
        for index in range(size):
            proof = log.inclusion_proof(storage, index, size)
            merkle.verify_inclusion(storage.nodes[0, index], index, size, proof, root)
        for old in range(size + 1):
            proof = log.consistency_proof(storage, old, size)
            merkle.verify_consistency(old, size, log.root(storage, old), root, proof)


def test_what_never_was_is_not_found(journal_of: Build, refused: Refused) -> None:
    """Asking beyond the journal is NotFound, and says how far it goes."""
    storage = journal_of(5)
    with refused(NotFound, "the journal holds 5 leaves, not 6"):
        log.root(storage, 6)
    with refused(NotFound, "the journal holds 5 leaves, not -1"):
        log.root(storage, -1)
    with refused(NotFound, "the journal holds 5 leaves, not 6"):
        log.inclusion_proof(storage, 0, 6)
    with refused(NotFound, "there is no leaf 4 in a tree of 4"):
        log.inclusion_proof(storage, 4, 4)
    with refused(NotFound, "there is no leaf -1 in a tree of 4"):
        log.inclusion_proof(storage, -1, 4)
    with refused(NotFound, "the journal holds 5 leaves, not 6"):
        log.consistency_proof(storage, 3, 6)
    with refused(NotFound, "a tree of 2 has no beginning of 3"):
        log.consistency_proof(storage, 3, 2)


def test_a_leaf_nobody_could_read_is_not_written(journal_of: Build, a_change: AChange) -> None:
    """A change outside the schema leaves no row and no node behind."""
    storage = journal_of(2)
    before = storage.copy()
    with pytest.raises(MalformedStored):
        log.append(storage, replace(a_change(2), digest=b"short"))
    deep: Any = {}
    for _ in range(40):
        deep = {"deeper": deep}
    with pytest.raises(MalformedStored):
        log.append(storage, replace(a_change(2), facts=deep))
    assert vars(storage) == vars(before)


def test_two_writers_cannot_take_one_place(journal_of: Build, a_change: AChange) -> None:
    """A second leaf for a written index is a Conflict of the store."""
    storage = journal_of(3)
    storage.journal_size = lambda: 2
    with pytest.raises(Conflict):
        log.append(storage, a_change(3))


def test_a_row_is_not_taken_at_its_word(journal_of: Build, refused: Refused) -> None:
    """An edited leaf, a moved one and a wrong column are found when the row is read."""
    sound = journal_of(5)

    def damaged(index: int, **columns: Any) -> Any:
        storage = sound.copy()
        storage.rows[index] = replace(storage.rows[index], **columns)
        return storage

    row = sound.rows[3]
    edited = damaged(3, leaf=row.leaf[:-1] + bytes([row.leaf[-1] ^ 1]))
    with refused(Tampered, "leaf 3 is not the one whose hash is in the tree"):
        list(log.read(edited, 0, 5))
    with refused(Tampered, "leaf 3 is filed under another object than its own"):
        list(log.read(damaged(3, id="key-1"), 0, 5))
    with refused(Tampered, "leaf 3 is filed under another object than its own"):
        list(log.read(damaged(3, kind="account"), 0, 5))
    with refused(Tampered, "leaf 4 is filed under another object than its own"):
        log.newest(damaged(4, id="key-0"), "key", "key-0")
    moved = damaged(3, leaf=sound.rows[0].leaf)
    moved.rehash()
    with refused(Tampered, "leaf 3 is a copy of leaf 0"):
        list(log.read(moved, 0, 5))
    newer = damaged(3, leaf=b"\x81\x03")
    newer.rehash()
    with refused(MalformedStored, "leaf 3: schema 3 is not known here, only 1 and 2"):
        list(log.read(newer, 0, 5))


def test_a_lost_row_and_a_lost_node_have_names(journal_of: Build, refused: Refused) -> None:
    """A gap in the leaves and a gap in the nodes are named where they are met."""
    storage = journal_of(5)
    del storage.rows[2]
    with refused(Tampered, "leaf 2 is missing: 3 stands in its place"):
        list(log.read(storage, 0, 5))
    storage = journal_of(5)
    del storage.nodes[2, 0]
    with refused(Tampered, "node 0 of level 2 is missing"):
        log.root(storage, 5)
