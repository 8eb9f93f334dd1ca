"""What is derived is mended, what is a record is told, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bitting.journal.audit import check
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.fsck import Finding, fsck
from bitting.journal.leaf import Leaf
from bitting.journal.note import Signer
from bitting.journal.ports import StoredLeaf
from tests.journal.conftest import MemoryStorage, change
from tests.journal.test_retention import prune

JournalOf = Callable[..., MemoryStorage]


@pytest.fixture
def storage(journal_of: JournalOf) -> MemoryStorage:
    """Twelve leaves, of which the last two are not signed."""
    return journal_of(12, signed=(4, 7, 10))


def state(storage: MemoryStorage) -> tuple[object, ...]:
    return dict(storage.rows), dict(storage.nodes), dict(storage.notes)


def texts(found: list[Finding]) -> list[str]:
    return [each.text for each in found]


def test_a_sound_journal_has_nothing(storage: MemoryStorage, signer: Signer) -> None:
    """Also an empty one, one that was never signed, and one of which leaves were dropped."""
    assert fsck(storage, [signer.verifier], repair=True) == []
    assert fsck(MemoryStorage(), [signer.verifier], repair=True) == []
    Checkpointer(signer).sign(storage)
    prune(storage, 8, signer)
    assert fsck(storage, [signer.verifier], repair=True) == []


@pytest.mark.parametrize("level", [0, 1, 2, 3])
@pytest.mark.parametrize("how", ["changed", "lost"])
def test_a_signed_node_is_worked_out_again(storage: MemoryStorage, signer: Signer, level: int, how: str) -> None:
    """Only when it is asked for; then the journal is whole."""
    sound = state(storage)
    if how == "lost":
        del storage.nodes[level, 0]
    else:
        storage.nodes[level, 0] = bytes(32)
    broken = state(storage)
    expected = [Finding(f"node 0 of level {level} is not the hash of what is below it", mendable=True)]
    assert fsck(storage, [signer.verifier], repair=False) == expected
    assert state(storage) == broken
    assert fsck(storage, [signer.verifier], repair=True) == expected
    assert state(storage) == sound
    assert check(storage, [signer.verifier]).size == 12


def test_a_misfiled_leaf_is_filed_again(storage: MemoryStorage, signer: Signer) -> None:
    """Under what it says."""
    sound = state(storage)
    storage.rows[5] = replace(storage.rows[5], id="key-0")
    assert fsck(storage, [signer.verifier], repair=False)[0].mendable
    fsck(storage, [signer.verifier], repair=True)
    assert state(storage) == sound


def test_a_checkpoint_nobody_can_verify_is_taken_out(storage: MemoryStorage, signer: Signer, stranger: Signer) -> None:
    """Where a greater one vouches for the same leaves; the greatest itself stays, for nothing vouches for it."""
    storage.notes[7] = "scribbled over"
    storage.notes[4] = storage.notes[4].replace("\n4\n", "\n5\n")
    storage.notes[12] = Checkpointer(stranger).sign(_unsigned(storage)).note
    found = fsck(storage, [signer.verifier], repair=True)
    assert [(each.text, each.mendable) for each in found] == [
        ("the checkpoint of 4 cannot be verified", True),
        ("the checkpoint of 7 cannot be verified", True),
        ("the checkpoint of 12 cannot be verified", False),
    ]
    assert sorted(storage.notes) == [10, 12]


def _unsigned(storage: MemoryStorage) -> MemoryStorage:
    copy = storage.copy()
    copy.notes = {}
    return copy


def test_records_are_told_and_left(storage: MemoryStorage, signer: Signer) -> None:
    """A leaf that was changed, exchanged or cannot be read stays as it is, and so does the hash that accuses it."""
    for broken, words in (
        (replace(storage.rows[5], leaf=storage.rows[2].leaf), "leaf 5 is a copy of leaf 2"),
        (StoredLeaf(5, "key", "key-2", b"noise"), "leaf 5: not the CBOR of a leaf"),
    ):
        tried = storage.copy()
        tried.rows[5] = broken
        before = state(tried)
        found = fsck(tried, [signer.verifier], repair=True)
        assert texts(found)[0] == words
        assert "leaves 4 to 6 are not the ones that were signed; look at 5" in texts(found)
        assert not any(
            each.mendable for each in found if each.text.startswith(("leaf 5", "leaves", "node 5 of level 0"))
        )
        assert (tried.rows, tried.notes) == (before[0], before[2])
        assert tried.nodes[0, 5] == storage.nodes[0, 5]


def test_an_unsigned_leaf_and_its_hash_accuse_each_other(storage: MemoryStorage, signer: Signer) -> None:
    """Beyond the newest checkpoint nobody can tell which is the wrong one; a node above sound hashes can be mended."""
    edited = storage.copy()
    edited.rows[11] = replace(edited.rows[11], leaf=Leaf.of(11, change(99)).raw)
    found = fsck(edited, [signer.verifier], repair=True)
    assert ("node 11 of level 0 is not the hash of what is below it", False) in found
    assert edited.nodes == storage.nodes
    storage.nodes[1, 5] = bytes(32)
    assert fsck(storage, [signer.verifier], repair=True) == [
        ("node 5 of level 1 is not the hash of what is below it", True)
    ]
    assert fsck(storage, [signer.verifier], repair=False) == []


def test_what_is_gone_is_told(storage: MemoryStorage, signer: Signer) -> None:
    """A leaf that was not dropped, a leaf with its hash, and the end."""
    one = storage.copy()
    del one.rows[3]
    assert texts(fsck(one, [signer.verifier], repair=True)) == [
        "leaves are missing, and they are not the ones that were dropped"
    ]
    both = storage.copy()
    del both.rows[3]
    del both.nodes[0, 3]
    assert texts(fsck(both, [signer.verifier], repair=True)) == [
        "leaf 3 is missing and so is its hash: restore a backup"
    ]
    for index in range(8, 12):
        del storage.rows[index]
    found = fsck(storage, [signer.verifier], repair=True)
    assert "10 leaves were signed and 8 are left: the end has been cut off" in texts(found)
    assert any("has no place in a tree of 8" in each for each in texts(found))
    assert not any(each.mendable for each in found)


def test_leaves_that_are_not_the_signed_ones_are_told(
    storage: MemoryStorage, signer: Signer, journal_of: JournalOf
) -> None:
    """Also when somebody has worked out every hash anew, so that only the signatures know."""
    storage.rows[5] = replace(storage.rows[5], leaf=Leaf.of(5, replace(change(5), actor="user:mallory")).raw)
    storage.rehash()
    found = fsck(storage, [signer.verifier], repair=True)
    assert texts(found) == [
        "leaves 4 to 6 are not the ones that were signed",
        "leaves 4 to 9 are not the ones that were signed",
    ]
