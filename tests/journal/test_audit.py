"""Whatever is done to a stored journal by somebody without the key is found, and named."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.change import Change
from bitting.domain.errors import MalformedStored, Tampered
from bitting.journal import log
from bitting.journal.audit import check
from bitting.journal.checkpoint import Checkpoint, Checkpointer
from bitting.journal.leaf import Leaf
from bitting.journal.note import Signer
from bitting.journal.ports import StoredLeaf
from bitting.journal.replay import Report

Build = Callable[..., Any]
AChange = Callable[[int], Change]
Refused = Callable[[type[Exception], str], AbstractContextManager[None]]


def forged(number: int, a_change: AChange) -> StoredLeaf:
    """A well-formed leaf that nobody wrote."""
    change = replace(a_change(number), actor="user:mallory")
    return StoredLeaf(number, change.kind, change.id, Leaf.of(number, change).raw)


@pytest.mark.parametrize("size", [0, 1, 2, 9, 40])
def test_a_sound_journal_passes(journal_of: Build, signer: Signer, size: int) -> None:
    """An honest journal passes, with and without checkpoints, and says how much of it is signed."""
    trusted = [signer.verifier]
    assert check(journal_of(size), trusted) == Report(size, log.root(journal_of(size), size), 0, 0)
    signed = tuple(range(0, size, 3))
    storage = journal_of(size, signed=signed)
    report = check(storage, trusted)
    assert report == Report(size, log.root(storage, size), signed[-1] if signed else 0, len(signed))
    for note in storage.notes.values():
        assert check(storage, trusted, Checkpoint.from_note(note, trusted)) == report


def test_edit(journal_of: Build, signer: Signer, a_change: AChange, refused: Refused) -> None:
    """An edited leaf is named, as far as its hashes were worked out anew."""
    storage = journal_of(9, signed=(4, 8))
    storage.rows[5] = forged(5, a_change)
    with refused(Tampered, "leaf 5 is not the one whose hash is in the tree"):
        check(storage, [signer.verifier])
    storage.nodes[0, 5] = Leaf.from_bytes(storage.rows[5].leaf).hash
    with refused(Tampered, "node 2 of level 1 is not the hash of what is below it"):
        check(storage, [signer.verifier])
    storage.rehash()
    with refused(Tampered, "leaves 4 to 7 do not add up to the checkpoint of 8"):
        check(storage, [signer.verifier])


def test_delete(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """A deleted leaf leaves a gap; closing the gap leaves false indices; writing those anew, a false root."""
    storage = journal_of(9, signed=(8,))
    del storage.rows[5]
    with refused(Tampered, "leaf 5 is missing: 6 stands in its place"):
        check(storage, [signer.verifier])
    for index in (5, 6, 7):
        storage.rows[index] = replace(storage.rows.pop(index + 1), index=index)
    storage.rehash()
    with refused(Tampered, "leaf 5 is a copy of leaf 6"):
        check(storage, [signer.verifier])
    for index in (5, 6, 7):
        change = Leaf.from_bytes(storage.rows[index].leaf).change
        storage.rows[index] = replace(storage.rows[index], leaf=Leaf.of(index, change).raw)
    storage.rehash()
    with refused(Tampered, "leaves 0 to 7 do not add up to the checkpoint of 8"):
        check(storage, [signer.verifier])


def test_insert(journal_of: Build, signer: Signer, a_change: AChange, refused: Refused) -> None:
    """A leaf put in between, everything behind it moved on and hashed anew, is not what was signed."""
    storage = journal_of(8, signed=(3, 8))
    storage.rows = {index + (index >= 5): row for index, row in storage.rows.items()}
    storage.rows[5] = forged(5, a_change)
    for index in (6, 7, 8):
        change = Leaf.from_bytes(storage.rows[index].leaf).change
        storage.rows[index] = StoredLeaf(index, change.kind, change.id, Leaf.of(index, change).raw)
    storage.rehash()
    with refused(Tampered, "leaves 3 to 7 do not add up to the checkpoint of 8"):
        check(storage, [signer.verifier])


def test_reorder(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """Two leaves that changed places are copies of one another, hashes anew or not."""
    storage = journal_of(8, signed=(8,))
    first, second = storage.rows[2], storage.rows[5]
    storage.rows[2], storage.rows[5] = replace(second, index=2), replace(first, index=5)
    with refused(Tampered, "leaf 2 is not the one whose hash is in the tree"):
        check(storage, [signer.verifier])
    storage.rehash()
    with refused(Tampered, "leaf 2 is a copy of leaf 5"):
        check(storage, [signer.verifier])


def test_hide(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """A revocation filed under another key, so that its own is not found revoked, is named (K-07)."""
    storage = journal_of(8, signed=(8,))
    storage.rows[7] = replace(storage.rows[7], id="key-9")
    with refused(Tampered, "leaf 7 is filed under another object than its own"):
        check(storage, [signer.verifier])


def test_truncate(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """A cut end is found against the stored checkpoint, and against a remembered one if that is cut, too."""
    storage = journal_of(9, signed=(5, 9))
    seen = Checkpoint.from_note(storage.notes[9], [signer.verifier])
    for index in (6, 7, 8):
        del storage.rows[index]
    with refused(Tampered, "9 leaves were signed and 6 are left: the end has been cut off"):
        check(storage, [signer.verifier])
    del storage.notes[9]
    with refused(Tampered, "node 6 of level 0 has no place in a tree of 6"):
        check(storage, [signer.verifier])
    storage.rehash()
    assert check(storage, [signer.verifier]).signed_size == 5  # a shorter journal, and nothing else
    with refused(Tampered, "9 leaves were signed and 6 are left: the end has been cut off"):
        check(storage, [signer.verifier], seen)


def test_fork(journal_of: Build, signer: Signer, a_change: AChange, refused: Refused) -> None:
    """Another history, even if signed with the stolen key, is not the one a witness has seen."""
    seen = Checkpoint.from_note(journal_of(6, signed=(6,)).notes[6], [signer.verifier])
    fork = journal_of(5, signed=(4,))
    for number in (5, 6, 7):
        log.append(fork, replace(a_change(number), actor="user:mallory"))
    Checkpointer(signer).sign(fork)
    assert check(fork, [signer.verifier]).signed_size == 8
    with refused(Tampered, "leaves 4 to 5 do not add up to the checkpoint seen before, of 6"):
        check(fork, [signer.verifier], seen)


def test_everything_anew_without_the_key(
    journal_of: Build, signer: Signer, stranger: Signer, a_change: AChange, refused: Refused
) -> None:
    """A whole journal written anew, with checkpoints under another key, has no trusted signature (K-08)."""
    storage = journal_of(0)
    for number in range(9):
        log.append(storage, replace(a_change(number), actor="user:mallory"))
        Checkpointer(stranger).sign(storage)
    with refused(Tampered, "the checkpoint of 1: no trusted key has signed this"):
        check(storage, [signer.verifier])


def test_false_nodes_and_checkpoints(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """A node changed or lost, and a checkpoint moved to another size, are named."""
    sound = journal_of(9, signed=(4, 8))
    storage = sound.copy()
    storage.nodes[2, 1] = bytes(32)
    with refused(Tampered, "node 1 of level 2 is not the hash of what is below it"):
        check(storage, [signer.verifier])
    storage = sound.copy()
    del storage.nodes[3, 0]
    with refused(Tampered, "node 0 of level 3 is missing"):
        check(storage, [signer.verifier])
    storage = sound.copy()
    storage.notes[6] = storage.notes[8]
    with refused(Tampered, "the checkpoint of 6 is a copy of the one of 8"):
        check(storage, [signer.verifier])


def test_a_leaf_of_a_newer_schema(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """A leaf that this version cannot read is not passed over."""
    storage = journal_of(4)
    storage.rows[2] = replace(storage.rows[2], leaf=b"\x81\x03")
    storage.rehash()
    with refused(MalformedStored, "leaf 2: schema 3 is not known here, only 1 and 2"):
        check(storage, [signer.verifier])


def test_every_bit_counts(journal_of: Build, signer: Signer) -> None:
    """Each single bit of all that is stored, flipped, is found: about ten thousand of them (G5)."""
    storage = journal_of(5, signed=(1, 4))
    flips = 0

    def found(table: dict[Any, Any], key: Any, value: Any) -> None:
        nonlocal flips
        flips += 1
        sound, table[key] = table[key], value
        with pytest.raises((Tampered, MalformedStored)):
            check(storage, [signer.verifier])
        table[key] = sound

    for key, node in list(storage.nodes.items()):
        for flipped in flips_of(node):
            found(storage.nodes, key, flipped)
    for key, row in list(storage.rows.items()):
        for flipped in flips_of(row.leaf):
            found(storage.rows, key, replace(row, leaf=flipped))
        for flipped in flips_of(row.id.encode()):
            found(storage.rows, key, replace(row, id=flipped.decode(errors="surrogateescape")))
    for size, note in list(storage.notes.items()):
        for flipped in flips_of(note.encode()):
            found(storage.notes, size, flipped.decode(errors="surrogateescape"))
    assert check(storage, [signer.verifier]).checkpoints == 2
    assert flips > 10_000


def flips_of(data: bytes) -> list[bytes]:
    number, width = int.from_bytes(data, "big"), len(data)
    return [(number ^ 1 << bit).to_bytes(width, "big") for bit in range(8 * width)]


@given(st.data())
def test_no_rearrangement_passes(journal_of: Build, signer: Signer, a_change: AChange, data: st.DataObject) -> None:
    """Leaves deleted, doubled, exchanged and forged at will, all hashed anew: the journal is as signed or refused."""
    size = data.draw(st.integers(1, 12))
    storage = journal_of(size, signed=(size,))
    leaves = [storage.rows[index].leaf for index in range(size)]
    pool = [*leaves, *(forged(index, a_change).leaf for index in range(size))]
    chosen = data.draw(st.lists(st.sampled_from(pool), max_size=size + 2) | st.permutations(leaves))
    storage.rows = {}
    for index, raw in enumerate(chosen):
        change = Leaf.from_bytes(raw).change
        storage.rows[index] = StoredLeaf(index, change.kind, change.id, raw)
    storage.rehash()
    if chosen[:size] == leaves:
        return
    with pytest.raises(Tampered):
        check(storage, [signer.verifier])
