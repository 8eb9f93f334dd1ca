"""One account's entries prove themselves, in order and without a gap, and speak of nobody else."""

from __future__ import annotations

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
from bitting.journal.checkpoint import Checkpointer
from bitting.journal.excerpt import export_excerpt, verify_excerpt
from bitting.journal.note import Signer
from tests.journal.conftest import MemoryStorage

Refused = Callable[[type[Exception], str], AbstractContextManager[None]]
MINE, THEIRS = "account-of-mine", "account-of-somebody-else"


def change(version: int, account: str, key: str = "key-1", **more: Any) -> Change:
    """One version of a key; its digest is its version, thirty-two times."""
    before = b"" if version < 2 else bytes([version - 1]) * 32
    values = ("request", "user:ada", "session", "key.edit", "key", key, account, version, before, bytes([version]) * 32)
    return replace(Change(1_790_000_000_000_000_000, *values), **more)


@pytest.fixture(scope="module")
def storage(signer: Signer) -> MemoryStorage:
    """Of mine: three versions of a key, a refusal, one version of another key. Of somebody else as many, between."""
    storage = MemoryStorage()
    refusal: dict[str, Any] = {"kind": "refusal", "before": b"", "digest": b"", "result": "refused"}
    mine = [change(1, MINE), change(2, MINE), change(0, MINE, **refusal), change(1, MINE, "key-2"), change(3, MINE)]
    for each in mine:
        log.append(storage, replace(each, account=THEIRS, id=f"theirs-{each.id}", facts={"why": MINE}))
        log.append(storage, each)
    Checkpointer(signer).sign(storage)
    log.append(storage, change(4, MINE))  # not signed yet
    return storage


@pytest.fixture(scope="module")
def lines(storage: MemoryStorage, signer: Signer) -> list[str]:
    return list(export_excerpt(storage, MINE, [signer.verifier]))


def test_an_accounts_entries_are_proven(lines: list[str], signer: Signer) -> None:
    """All of them up to the newest checkpoint, with nothing but the public key."""
    excerpt = verify_excerpt(lines, [signer.verifier])
    assert (excerpt.account, excerpt.entries, excerpt.size, excerpt.begun) == (MINE, 5, 10, 0)
    assert excerpt.note == json.loads(lines[0])["checkpoint"]
    assert [json.loads(line)["reads"]["index"] for line in lines[1:]] == [1, 3, 5, 7, 9]


def test_nobody_else_is_in_it(lines: list[str]) -> None:
    """Not even where the others' entries speak of mine."""
    assert THEIRS not in "".join(lines)
    assert all(line.isascii() and line.count("\n") == 1 for line in lines)


def test_an_account_without_entries_proves_that_little(storage: MemoryStorage, signer: Signer) -> None:
    """An id that is part of another one's is another account."""
    only = list(export_excerpt(storage, "account", [signer.verifier]))
    assert verify_excerpt(only, [signer.verifier]).entries == 0


def test_nothing_is_proven_before_it_is_signed(signer: Signer) -> None:
    """There is no checkpoint to prove it under."""
    with pytest.raises(NotFound, match="no checkpoint has been signed yet"):
        list(export_excerpt(MemoryStorage(), MINE, [signer.verifier]))


def test_a_damaged_journal_is_not_given_away(storage: MemoryStorage, signer: Signer) -> None:
    """What would not verify is found here, and not by the holder."""
    damaged = storage.copy()
    damaged.nodes[0, 0] = bytes(32)
    with pytest.raises(Tampered):
        list(export_excerpt(damaged, MINE, [signer.verifier]))


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ([0, 1, 2, 3, 4], "the file was to have 5 entries and has 4"),
        ([0, 1, 3, 4, 5], "line 5: between leaf 9 and the one before it of key key-1 one is missing"),
        ([0, 1, 3, 2, 4, 5], "line 4: leaf 3 stands behind leaf 5"),
        ([0, 1, 1, 2, 3, 4], "line 3: leaf 1 stands behind leaf 1"),
        ([0], "the file was to have 5 entries and has 0"),
        ([1, 2], "line 1: this file is not a bitting-journal-excerpt@1"),
        ([0, 0], "line 2: no entry with its proof"),
        ([], "this file is empty"),
    ],
)
def test_lines_that_are_left_out_or_exchanged(
    lines: list[str], signer: Signer, refused: Refused, order: list[int], words: str
) -> None:
    """Each is told in its own words. Version 2 of the key cannot be left out, for version 3 says what was before."""
    with pytest.raises((Tampered, MalformedValue)) as caught:
        verify_excerpt([lines[each] for each in order], [signer.verifier])
    assert str(caught.value) == words


def test_what_was_dropped_when_its_time_was_over_may_be_missing(
    storage: MemoryStorage, lines: list[str], signer: Signer
) -> None:
    """An object's first entry may be of a later version, and that is told; from there on there is no gap."""
    heading = lines[0].replace('"entries":5', '"entries":4')
    excerpt = verify_excerpt([heading, *lines[2:]], [signer.verifier])
    assert (excerpt.entries, excerpt.begun) == (4, 1)


def test_another_accounts_entry_is_no_entry_of_mine(storage: MemoryStorage, lines: list[str], signer: Signer) -> None:
    """Though it be genuine, and proven."""
    other = list(export_excerpt(storage, THEIRS, [signer.verifier]))
    with pytest.raises(Tampered, match="line 2: leaf 0 is of another account"):
        verify_excerpt([lines[0], other[1]], [signer.verifier])


def test_an_entry_under_another_checkpoint_is_not_proven(
    storage: MemoryStorage, lines: list[str], signer: Signer, stranger: Signer
) -> None:
    """Neither one of a journal of somebody's own, nor of a stranger's key."""
    forged = storage.copy()
    forged.notes.clear()
    Checkpointer(stranger).sign(forged)
    theirs = list(export_excerpt(forged, MINE, [stranger.verifier]))
    with pytest.raises(Tampered, match="line 1: no trusted key has signed this"):
        verify_excerpt(theirs, [signer.verifier])
    other = MemoryStorage()
    log.append(other, change(1, MINE, "forged"))
    Checkpointer(stranger).sign(other)
    entry = list(export_excerpt(other, MINE, [stranger.verifier]))[1]
    with pytest.raises(Tampered, match="the inclusion proof of leaf 0 is too short"):
        verify_excerpt([lines[0], entry], [signer.verifier])


@given(st.data())
def test_every_character_counts(lines: list[str], signer: Signer, data: st.DataObject) -> None:
    """One character changed anywhere: refused, as malformed or tampered, and nothing else escapes."""
    number = data.draw(st.integers(0, len(lines) - 1))
    line = lines[number]
    at = data.draw(st.integers(0, len(line) - 2))
    other = data.draw(st.characters(codec="ascii").filter(lambda each: each != line[at]))
    changed = [*lines[:number], line[:at] + other + line[at + 1 :], *lines[number + 1 :]]
    with pytest.raises((Malformed, Tampered)):
        verify_excerpt(changed, [signer.verifier])


@pytest.mark.parametrize(
    "line", ["", "null\n", "[]\n", "[" * 5000 + "\n", '{"leaf":1,"proof":[]}\n', '{"leaf":"","proof":[1]}\n']
)
def test_what_is_no_entry(lines: list[str], signer: Signer, line: str) -> None:
    """Whatever stands in a line."""
    with pytest.raises(Malformed):
        verify_excerpt([lines[0], line], [signer.verifier])
    with pytest.raises(Malformed):
        verify_excerpt([line], [signer.verifier])
