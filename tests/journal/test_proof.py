"""One leaf and its proof in a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.change import Change
from bitting.domain.errors import Malformed, MalformedStored, MalformedValue, NotFound, Tampered
from bitting.journal.checkpoint import Checkpoint, Checkpointer
from bitting.journal.leaf import Leaf
from bitting.journal.note import Signer
from bitting.journal.proof import prove, verify_proof
from bitting.journal.spelling import to_base64

Build = Callable[..., Any]
AChange = Callable[[int], Change]
Refused = Callable[[type[Exception], str], AbstractContextManager[None]]


@pytest.mark.parametrize("size", [1, 2, 3, 8, 13])
def test_every_leaf_can_be_proven(journal_of: Build, signer: Signer, a_change: AChange, size: int) -> None:
    """Each leaf under the newest checkpoint has a file that gives it back with its index."""
    storage = journal_of(size + 2, signed=(size,))
    for index in range(size):
        leaf = verify_proof(prove(storage, index, [signer.verifier]), [signer.verifier])
        assert leaf == Leaf.of(index, a_change(index))


def test_the_file_is_a_tlog_proof(journal_of: Build, signer: Signer, a_change: AChange) -> None:
    """Heading, leaf, index, hashes from the sibling upwards, an empty line, the checkpoint."""
    storage = journal_of(3, signed=(3,))
    assert prove(storage, 1, [signer.verifier]) == (
        "c2sp.org/tlog-proof@v1\n"
        f"extra {to_base64(Leaf.of(1, a_change(1)).raw)}\n"
        "index 1\n"
        f"{to_base64(storage.nodes[0, 0])}\n"
        f"{to_base64(storage.nodes[0, 2])}\n"
        "\n" + storage.notes[3]
    )


def test_what_cannot_be_proven_yet(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """A leaf without a checkpoint over it has no proof."""
    storage = journal_of(5, signed=(3,))
    for index in (-1, 3, 5):
        with refused(NotFound, f"there is no leaf {index} under a checkpoint yet"):
            prove(storage, index, [signer.verifier])
    with refused(NotFound, "there is no leaf 0 under a checkpoint yet"):
        prove(journal_of(5), 0, [signer.verifier])


def test_a_damaged_journal_proves_nothing(
    journal_of: Build, signer: Signer, stranger: Signer, refused: Refused
) -> None:
    """A lost leaf, a false node and a forged checkpoint are found before a file is given away."""
    sound = journal_of(5, signed=(5,))
    with refused(Tampered, "the checkpoint of 5: no trusted key has signed this"):
        prove(sound, 1, [stranger.verifier])
    storage = sound.copy()
    storage.rows = {index: row for index, row in storage.rows.items() if index < 4}
    with refused(Tampered, "leaf 4 is missing"):
        prove(storage, 4, [signer.verifier])
    storage = sound.copy()
    storage.nodes[1, 1] = bytes(32)
    with refused(Tampered, "leaf 1 is not under the root of the tree of 5"):
        prove(storage, 1, [signer.verifier])


def test_half_a_file(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """Without a checkpoint there is no proof."""
    head, _, _ = prove(journal_of(3, signed=(3,)), 1, [signer.verifier]).partition("\n\n")
    with refused(MalformedValue, "this file is not a c2sp.org/tlog-proof@v1 with a leaf"):
        verify_proof(head, [signer.verifier])


def test_another_leaf_is_not_proven(journal_of: Build, signer: Signer, a_change: AChange, refused: Refused) -> None:
    """A proof is for one leaf at one index under one key's checkpoint."""
    storage = journal_of(5, signed=(5,))
    proof = prove(storage, 1, [signer.verifier])
    honest = to_base64(Leaf.of(1, a_change(1)).raw)
    forged = to_base64(Leaf.of(1, replace(a_change(1), actor="user:mallory")).raw)
    with refused(Tampered, "leaf 1 is not under the root of the tree of 5"):
        verify_proof(proof.replace(honest, forged), [signer.verifier])
    with refused(Tampered, "leaf 2 is not under the root of the tree of 5"):
        verify_proof(proof.replace("index 1", "index 2"), [signer.verifier])


def test_a_leaf_must_stand_where_it_says(
    journal_of: Build, signer: Signer, a_change: AChange, refused: Refused
) -> None:
    """Even under a true signature a leaf of index 1 at index 0 is refused."""
    storage = journal_of(1)
    storage.rows[0] = replace(storage.rows[0], leaf=Leaf.of(1, a_change(1)).raw)
    storage.rehash()
    with refused(Tampered, "leaf 0 is a copy of leaf 1"):
        Checkpointer(signer).sign(storage)
    signed = Checkpoint.signed(signer, 1, storage.nodes[0, 0]).note
    text = f"c2sp.org/tlog-proof@v1\nextra {to_base64(storage.rows[0].leaf)}\nindex 0\n\n{signed}"
    with refused(Tampered, "leaf 1 stands at index 0"):
        verify_proof(text, [signer.verifier])


@pytest.mark.parametrize(
    ("old", "new", "kind", "reason"),
    [
        ("proof@v1", "proof@v2", MalformedValue, "this file is not a c2sp.org/tlog-proof@v1 with a leaf"),
        ("\n\n", "\n", MalformedValue, "not a signed note"),
        ("\nindex 1\n", "\n\n", MalformedValue, "this file is not a c2sp.org/tlog-proof@v1 with a leaf"),
        ("extra ", "", MalformedValue, "a line of the proof does not begin with extra"),
        ("index 1", "1", MalformedValue, "a line of the proof does not begin with index"),
        ("index 1", "index 01", MalformedValue, "not a decimal number without leading zeros"),
        ("extra ", "extra gA==", MalformedValue, "not base64 as RFC 4648 section 4 writes it"),
        ("extra ", "extra AAAA", MalformedStored, "not a list with its schema first"),
        ("index 1\n", "index 1\nAAAA\n", Tampered, "a proof is made of hashes of 32 bytes"),
    ],
)
def test_files_of_another_form(
    journal_of: Build,
    signer: Signer,
    old: str,
    new: str,
    kind: type[Exception],
    reason: str,
    refused: Refused,
) -> None:
    """Each part of the form is needed, and its lack has a name."""
    proof = prove(journal_of(3, signed=(3,)), 1, [signer.verifier])
    with refused(kind, reason):
        verify_proof(proof.replace(old, new, 1), [signer.verifier])


@given(st.data())
def test_no_character_of_a_proof_can_change(journal_of: Build, signer: Signer, data: st.DataObject) -> None:
    """Any one character changed, lost or put in is Tampered or Malformed."""
    text = prove(journal_of(7, signed=(7,)), 4, [signer.verifier])
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.characters(codec=None) | st.sampled_from(" \n=+"))
    changed = text[:at] + put + text[at + data.draw(st.sampled_from([0, 1])) :]
    if changed != text:
        with pytest.raises((Tampered, Malformed)):
            verify_proof(changed, [signer.verifier])
