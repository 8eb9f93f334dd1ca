"""The exported file: it verifies with the public key alone, and nothing in it can be altered."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.change import Change
from bitting.domain.errors import Malformed, MalformedValue, NotFound, Tampered
from bitting.journal import log
from bitting.journal.bundle import export, verify_bundle
from bitting.journal.checkpoint import Checkpoint, Checkpointer
from bitting.journal.leaf import Leaf
from bitting.journal.note import Signer
from bitting.journal.replay import Report
from bitting.journal.spelling import to_base64

Build = Callable[..., Any]
AChange = Callable[[int], Change]
Refused = Callable[[type[Exception], str], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def lines(journal_of: Build, signer: Signer) -> list[str]:
    """Line 1 heading, 2 to 4 leaves, 5 the checkpoint of 3, 6 to 10 leaves."""
    return list(export(journal_of(9, signed=(3, 8)), [signer.verifier]))


def leaf_line(index: int, change: Change) -> str:
    leaf = Leaf.of(index, change)
    return json.dumps({"leaf": to_base64(leaf.raw), "reads": leaf.view()}, separators=(",", ":")) + "\n"


@pytest.mark.parametrize("signed", [(0,), (1,), (0, 1, 9), (9,), (2, 3, 4), tuple(range(10))])
def test_an_export_verifies(journal_of: Build, signer: Signer, signed: tuple[int, ...]) -> None:
    """The file holds the leaves up to the newest checkpoint, every checkpoint, and verifies from a file."""
    storage = journal_of(9, signed=signed)
    file = io.StringIO("".join(export(storage, [signer.verifier])))
    size = signed[-1]
    report = verify_bundle(file, [signer.verifier])
    assert report == Report(size, log.root(storage, size), size, len(signed))


def test_an_export_can_be_read_by_people(lines: list[str], a_change: AChange) -> None:
    """Each leaf stands there with its fields by name, and the file is ASCII."""
    reads = json.loads(lines[1])["reads"]
    assert (reads["index"], reads["deed"], reads["id"]) == (0, "key.issue", "key-0")
    assert reads["digest"] == a_change(0).digest.hex()
    assert json.loads(lines[0])["format"] == "bitting-journal@1"
    assert len(lines) == 10
    assert all(line.isascii() and line.endswith("\n") for line in lines)


def test_a_label_cannot_break_out_of_its_line(journal_of: Build, signer: Signer, a_change: AChange) -> None:
    """Line ends, terminal controls and bidirectional marks in a label stay inside its line (M-22)."""
    storage = journal_of(0)
    log.append(storage, replace(a_change(0), facts={"label": "a\n\r\u2028\u202e\x1b[2J{}"}))
    Checkpointer(signer).sign(storage)
    text = "".join(export(storage, [signer.verifier]))
    assert text.isascii()
    assert len(text.splitlines()) == 2
    assert verify_bundle(text.splitlines(keepends=True), [signer.verifier]).size == 1


def test_nothing_signed_nothing_exported(journal_of: Build, signer: Signer, refused: Refused) -> None:
    """Without a checkpoint there is nothing to hold a file against."""
    with refused(NotFound, "no checkpoint has been signed yet"):
        list(export(journal_of(3), [signer.verifier]))


def test_a_damaged_journal_is_not_exported(
    journal_of: Build, signer: Signer, stranger: Signer, refused: Refused
) -> None:
    """Export stops at a forged checkpoint and at a leaf that is not in the tree."""
    storage = journal_of(5, signed=(5,))
    with refused(Tampered, "the checkpoint of 5: no trusted key has signed this"):
        list(export(storage, [stranger.verifier]))
    storage.rows[3] = replace(storage.rows[3], leaf=storage.rows[2].leaf)
    with refused(Tampered, "leaf 3 is not the one whose hash is in the tree"):
        list(export(storage, [signer.verifier]))


def test_edited_leaves(lines: list[str], signer: Signer, a_change: AChange, refused: Refused) -> None:
    """An edited leaf is found by its view, or by the next checkpoint if that is edited, too."""
    trusted = [signer.verifier]
    forged = leaf_line(4, replace(a_change(4), actor="user:mallory"))
    with refused(Tampered, "leaves 3 to 7 do not add up to the checkpoint of 8"):
        verify_bundle([*lines[:6], forged, *lines[7:]], trusted)
    forged = leaf_line(1, replace(a_change(1), actor="user:mallory"))
    with refused(Tampered, "line 5: leaves 0 to 2 do not add up to the checkpoint of 3"):
        verify_bundle([*lines[:2], forged, *lines[3:]], trusted)
    retold = lines[6].replace("user:ada", "user:eve")
    with refused(Tampered, "line 7: what stands beside leaf 4 is not what it says"):
        verify_bundle([*lines[:6], retold, *lines[7:]], trusted)
    added = lines[6].replace('{"leaf"', '{"approved":true,"leaf"')
    with refused(Tampered, "line 7: what stands beside leaf 4 is not what it says"):
        verify_bundle([*lines[:6], added, *lines[7:]], trusted)


def test_lines_lost_doubled_and_moved(lines: list[str], signer: Signer, refused: Refused) -> None:
    """Deletion, insertion and reordering are named by line and leaf."""
    trusted = [signer.verifier]
    with refused(Tampered, "line 3: leaf 1 is missing: 2 stands in its place"):
        verify_bundle([*lines[:2], *lines[3:]], trusted)
    with refused(Tampered, "line 3: leaf 1 is missing: 0 stands in its place"):
        verify_bundle([*lines[:2], *lines[1:]], trusted)
    with refused(Tampered, "line 7: leaf 4 is missing: 5 stands in its place"):
        verify_bundle([*lines[:6], lines[7], lines[6], *lines[8:]], trusted)
    with refused(Tampered, "line 4: 3 leaves were signed and 2 are left: the end has been cut off"):
        verify_bundle([*lines[:3], lines[4], lines[3], *lines[5:]], trusted)
    with refused(Tampered, "line 6: the checkpoint of 3 stands after 4 leaves"):
        verify_bundle([*lines[:4], lines[5], lines[4], *lines[6:]], trusted)
    assert verify_bundle([*lines[:4], *lines[5:]], trusted).checkpoints == 1  # earlier ones only help to find


def test_a_shortened_or_lengthened_file(lines: list[str], signer: Signer, a_change: AChange, refused: Refused) -> None:
    """The heading says how many leaves there have to be."""
    trusted = [signer.verifier]
    with refused(Tampered, "8 leaves were signed and 7 are left: the end has been cut off"):
        verify_bundle(lines[:-1], trusted)
    with refused(Tampered, "the checkpoint of 8 stands after 9 leaves"):
        verify_bundle([*lines, leaf_line(8, a_change(8))], trusted)


def test_a_roll_back_is_found_by_what_was_seen(
    journal_of: Build, lines: list[str], signer: Signer, refused: Refused
) -> None:
    """An older, honest export passes by itself, and not against a newer checkpoint."""
    trusted = [signer.verifier]
    older = list(export(journal_of(5, signed=(5,)), trusted))
    seen = Checkpoint.from_note(json.loads(lines[0])["checkpoint"], trusted)
    assert verify_bundle(older, trusted).size == 5
    with refused(Tampered, "8 leaves were signed and 5 are left: the end has been cut off"):
        verify_bundle(older, trusted, seen)
    assert verify_bundle(lines, trusted, seen).size == 8


def test_a_strangers_export(lines: list[str], stranger: Signer, refused: Refused) -> None:
    """The right name with another key is not the log."""
    with refused(Tampered, "line 1: no trusted key has signed this"):
        verify_bundle(lines, [stranger.verifier])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "not a line of JSON"),
        ("[" * 100_000, "not a line of JSON"),
        ("[]", "neither a leaf nor a checkpoint"),
        ('{"leaf":7}', "neither a leaf nor a checkpoint"),
        ('{"checkpoint":7}', "neither a leaf nor a checkpoint"),
        ('{"checkpoint":"x","approved":true}', "neither a leaf nor a checkpoint"),
        ('{"leaf":"A"}', "not base64 as RFC 4648 section 4 writes it"),
        ('{"leaf":"\\ud800"}', "not base64 as RFC 4648 section 4 writes it"),
        ('{"leaf":"gA=="}', "not a list with its schema first"),
        ('{"checkpoint":"\\ud800"}\n', "not a signed note"),
    ],
)
def test_lines_of_another_form(lines: list[str], signer: Signer, line: str, reason: str, refused: Refused) -> None:
    """What is neither leaf nor checkpoint is Malformed, with its line."""
    with pytest.raises(Malformed) as caught:
        verify_bundle([*lines[:4], line, *lines[4:]], [signer.verifier])
    assert str(caught.value) == f"line 5: {reason}"


def test_other_files(lines: list[str], signer: Signer, refused: Refused) -> None:
    """A file that does not begin as an export is refused for what it is."""
    with refused(MalformedValue, "this file is empty"):
        verify_bundle([], [signer.verifier])
    for first in (lines[1], "{}", "[]", lines[0].replace("@1", "@2"), lines[0].replace("{", '{"a":1,', 1)):
        with refused(MalformedValue, "line 1: this file is not a bitting-journal@1"):
            verify_bundle([first, *lines[1:]], [signer.verifier])


@given(st.data())
def test_no_character_of_a_file_can_change(lines: list[str], signer: Signer, data: st.DataObject) -> None:
    """Any one character changed, lost or put in, anywhere in the file, is Tampered or Malformed."""
    text = "".join(lines)
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.characters() | st.sampled_from(' \n"{}:,0aA'))
    changed = text[:at] + put + text[at + data.draw(st.sampled_from([0, 1])) :]
    if changed != text:
        with pytest.raises((Tampered, Malformed)):
            verify_bundle(io.StringIO(changed), [signer.verifier])
