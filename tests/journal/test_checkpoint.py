"""What is signed, when, and above all what is not."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bitting.domain.change import Change
from bitting.domain.errors import MalformedValue, Tampered
from bitting.journal import log, merkle
from bitting.journal.checkpoint import EVERY_LEAVES, EVERY_NS, Checkpoint, Checkpointer, due
from bitting.journal.leaf import Leaf
from bitting.journal.note import Signer, sign

Build = Callable[..., Any]
AChange = Callable[[int], Change]
Refused = Callable[[type[Exception], str], AbstractContextManager[None]]


def test_the_note_is_a_tlog_checkpoint(signer: Signer) -> None:
    """Origin, size and root stand in three lines under the signature of the origin's key."""
    checkpoint = Checkpoint.signed(signer, 7, bytes(range(32)))
    text, signature = checkpoint.note.split("\n\n")
    assert text == "bitting.example/journal\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert signature.startswith("— bitting.example/journal ")
    assert len(base64.b64decode(signature.split()[2])) == 4 + 64
    assert Checkpoint.from_note(checkpoint.note, [signer.verifier]) == checkpoint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bitting.example/journal\n7\n", "a checkpoint has three lines: origin, size, root"),
        ("bitting.example/journal\n7\n{root}\nextension\n", "a checkpoint has three lines: origin, size, root"),
        ("bitting.example/journal\n\n7\n{root}\n", "a checkpoint has three lines: origin, size, root"),
        ("bitting.example/journal\n07\n{root}\n", "not a decimal number without leading zeros"),
        ("bitting.example/journal\n-7\n{root}\n", "not a decimal number without leading zeros"),
        ("bitting.example/journal\n7\n{root}=\n", "not base64 as RFC 4648 section 4 writes it"),
        ("bitting.example/journal\n7\nAAAA\n", "a checkpoint's root has 32 bytes"),
    ],
)
def test_what_is_signed_and_no_checkpoint(signer: Signer, text: str, reason: str, refused: Refused) -> None:
    """A true signature does not make a checkpoint of another text."""
    note = sign(text.format(root=base64.b64encode(bytes(32)).decode()), signer)
    with refused(MalformedValue, reason):
        Checkpoint.from_note(note, [signer.verifier])


def test_a_checkpoint_of_another_log(signer: Signer, refused: Refused) -> None:
    """A key signs for the log of its own name only."""
    note = sign(f"other.example/journal\n0\n{base64.b64encode(merkle.EMPTY).decode()}\n", signer)
    words = "a checkpoint of other.example/journal signed by bitting.example/journal"
    with refused(Tampered, words):
        Checkpoint.from_note(note, [signer.verifier])


@pytest.mark.parametrize(
    ("size", "signed_size", "waited_ns", "expected"),
    [
        (0, 0, 10 * EVERY_NS, False),
        (9, 9, 10 * EVERY_NS, False),
        (10, 9, EVERY_NS - 1, False),
        (10, 9, EVERY_NS, True),
        (9 + EVERY_LEAVES - 1, 9, 0, False),
        (9 + EVERY_LEAVES, 9, 0, True),
        (10, 9, -EVERY_NS, False),
    ],
)
def test_due(size: int, signed_size: int, waited_ns: int, expected: bool) -> None:
    """It is time when the tree has grown and a second has passed, or by 256 leaves at once."""
    assert due(size, signed_size, 10**18 + waited_ns, 10**18) is expected


def test_signing_follows_the_growth(journal_of: Build, signer: Signer, a_change: AChange) -> None:
    """Each checkpoint states the root of its size; one that is there already is given back, not signed again."""
    storage = journal_of(0)
    checkpointer = Checkpointer(signer)
    empty = checkpointer.sign(storage)
    assert (empty.size, empty.root) == (0, merkle.EMPTY)
    seen = empty
    for number in range(12):
        log.append(storage, a_change(number))
        if number % 3:
            seen = checkpointer.sign(storage, seen)
            assert (seen.size, seen.root) == (number + 1, log.root(storage, number + 1))
            notes = dict(storage.notes)
            assert checkpointer.sign(storage, seen) == checkpointer.sign(storage) == seen
            assert storage.notes == notes
    assert sorted(storage.notes) == [0, 2, 3, 5, 6, 8, 9, 11, 12]


def test_an_older_witness_is_as_good(journal_of: Build, signer: Signer) -> None:
    """A checkpoint from before the newest stored one is continued, too."""
    storage = journal_of(9, signed=(2, 5))
    witnessed = Checkpoint.from_note(storage.notes[2], [signer.verifier])
    assert Checkpointer(signer).sign(storage, witnessed).size == 9


def test_the_key_may_change(journal_of: Build, stranger: Signer, signer: Signer, refused: Refused) -> None:
    """A new key continues the retired one's log, and nothing without being told of it."""
    storage = journal_of(6, signed=(4,))
    with refused(Tampered, "the checkpoint of 4: no trusted key has signed this"):
        Checkpointer(stranger).sign(storage)
    assert Checkpointer(stranger, retired=[signer.verifier]).sign(storage).size == 6


# Below, somebody who can write the whole database and has not the key. `seen` is what the process remembers.


def test_a_cut_end_is_not_signed(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """Leaves that were signed and are gone stop the signing."""
    storage = journal_of(9, signed=(8,))
    for index in (7, 8):
        del storage.rows[index]
    with refused(Tampered, "8 leaves were signed and 7 are left: the end has been cut off"):
        Checkpointer(signer).sign(storage)


def test_a_rolled_back_store_is_not_signed(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """Rows, nodes and checkpoints put back to an older state are caught by the checkpoint seen since."""
    old, new = journal_of(5, signed=(5,)), journal_of(9, signed=(5, 9))
    seen = Checkpoint.from_note(new.notes[9], [signer.verifier])
    assert Checkpointer(signer).sign(old).size == 5  # by itself it is sound: only a witness knows
    with refused(Tampered, "9 leaves were signed and 5 are left: the end has been cut off"):
        Checkpointer(signer).sign(old, seen)


def test_a_fork_is_not_signed(journal_of: Build, signer: Signer, a_change: AChange, refused: Refused) -> None:
    """Two roots for one size are never signed, though the other checkpoint has been deleted."""
    seen = Checkpoint.from_note(journal_of(6, signed=(6,)).notes[6], [signer.verifier])
    fork = journal_of(5, signed=(4,))
    log.append(fork, replace(a_change(5), actor="user:mallory"))
    with refused(Tampered, "the first 6 leaves are not the ones that were signed"):
        Checkpointer(signer).sign(fork, seen)
    log.append(fork, a_change(6))
    with refused(Tampered, "the first 6 leaves are not the ones that were signed"):
        Checkpointer(signer).sign(fork, seen)
    assert sorted(fork.notes) == [4]


def test_a_rewritten_past_is_not_signed(journal_of: Build, signer: Signer, a_change: AChange, refused: Refused) -> None:
    """An edited leaf, with all hashes worked out anew, is not the past that was signed."""
    storage = journal_of(9, signed=(8,))
    edited = Leaf.of(3, replace(a_change(3), actor="user:mallory"))
    storage.rows[3] = replace(storage.rows[3], leaf=edited.raw)
    storage.rehash()
    with refused(Tampered, "the first 8 leaves are not the ones that were signed"):
        Checkpointer(signer).sign(storage)


def test_a_false_leaf_since_the_last_checkpoint_is_not_signed(
    journal_of: Build, signer: Signer, refused: Refused
) -> None:
    """What is signed is what the new leaves say, so a leaf that does not fit its node stops it."""
    storage = journal_of(9, signed=(4,))
    storage.rows[6] = replace(storage.rows[6], leaf=storage.rows[5].leaf)
    with refused(Tampered, "leaf 6 is not the one whose hash is in the tree"):
        Checkpointer(signer).sign(storage)


def test_a_false_node_is_not_signed(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """A node of which proofs would be made has to agree with the leaves below it."""
    storage = journal_of(8, signed=(6,))
    storage.nodes[3, 0] = bytes(32)
    with refused(Tampered, "leaves 6 to 7 and the nodes over them do not agree"):
        Checkpointer(signer).sign(storage)


def test_a_false_checkpoint_is_not_continued(
    journal_of: Build, stranger: Signer, signer: Signer, refused: Refused
) -> None:
    """A stored checkpoint that is forged, unreadable or moved stops the signing."""
    storage = journal_of(9, signed=(4, 8))
    storage.notes[8] = Checkpoint.signed(stranger, 8, bytes(32)).note
    with refused(Tampered, "the checkpoint of 8: no trusted key has signed this"):
        Checkpointer(signer).sign(storage)
    storage.notes[8] = "nothing"
    with refused(Tampered, "the checkpoint of 8: not a signed note"):
        Checkpointer(signer).sign(storage)
    storage.notes[8] = storage.notes[4]
    with refused(Tampered, "the checkpoint of 8 is a copy of the one of 4"):
        Checkpointer(signer).sign(storage)


def test_a_key_is_a_key(signer: Signer, stranger: Signer) -> None:
    """The stranger of these tests has the log's name and not its key."""
    assert stranger.name == signer.name
    assert stranger.verifier != signer.verifier
    assert isinstance(stranger.key, Ed25519PrivateKey)
