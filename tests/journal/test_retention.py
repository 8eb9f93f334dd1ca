"""Old leaves are dropped, and nothing that was proven, or can be found, is lost with them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.change import Change
from bitting.domain.errors import NotFound, Refused, Tampered
from bitting.journal import log, merkle
from bitting.journal.audit import check
from bitting.journal.bundle import export, verify_bundle
from bitting.journal.checkpoint import Checkpoint, Checkpointer
from bitting.journal.leaf import Leaf
from bitting.journal.log import Gone
from bitting.journal.note import Signer
from bitting.journal.proof import prove, verify_proof
from bitting.journal.retention import Dropped, Raised, raise_minimum
from tests.journal.conftest import MemoryStorage, change

JournalOf = Callable[..., MemoryStorage]
Expect = Callable[[type[Exception], str], AbstractContextManager[None]]


def prune(storage: MemoryStorage, minimum: int, signer: Signer) -> Raised:
    """As the desk does it: drop, record, sign."""
    raised = raise_minimum(storage, minimum)
    log.append(storage, retention(raised))
    Checkpointer(signer).sign(storage)
    return raised


def retention(raised: Raised, **facts: int) -> Change:
    return replace(
        change(0),
        deed="journal.prune",
        kind="journal",
        id="retention",
        before=raised.gone_before,
        digest=raised.gone,
        facts={"minimum": raised.minimum, **facts},
    )


@pytest.fixture
def storage(journal_of: JournalOf) -> MemoryStorage:
    """Twenty changes of three keys."""
    return journal_of(20, signed=(5, 20))


def test_the_newest_leaf_of_each_object_stays(storage: MemoryStorage, signer: Signer) -> None:
    """Below the minimum all others are gone, and what every row is vouched for by is there."""
    raised = prune(storage, 19, signer)
    assert (raised.before, raised.minimum, raised.dropped) == (0, 19, 17)
    assert sorted(storage.rows) == [17, 18, 19, 20]
    for number in range(3):
        newest = log.newest(storage, "key", f"key-{number}")
        assert newest is not None
        assert newest.index == 17 + (number + 1) % 3
    assert log.minimum(storage) == 19
    report = check(storage, [signer.verifier])
    assert (report.size, report.signed_size, report.dropped) == (21, 21, 17)


def test_what_was_the_newest_goes_when_there_is_a_newer_one(storage: MemoryStorage, signer: Signer) -> None:
    """It was kept for its object, and is dropped with the next raise."""
    prune(storage, 19, signer)
    for number in range(20, 26):
        log.append(storage, change(number))
    Checkpointer(signer).sign(storage)
    raised = prune(storage, 21, signer)
    assert raised.before == 19
    assert raised.dropped == 3
    assert min(storage.rows) == 20  # which says what was dropped before; it goes with the next raise
    assert check(storage, [signer.verifier]).dropped == 20


def test_old_proofs_hold(storage: MemoryStorage, signer: Signer) -> None:
    """One made before verifies afterwards; and inclusion and consistency can still be proven from the hashes alone."""
    before = prove(storage, 3, [signer.verifier])
    leaf = next(log.read(storage, 3, 4))
    roots = [log.root(storage, size) for size in range(21)]
    prune(storage, 19, signer)
    assert verify_proof(before, [signer.verifier]) == leaf
    path = log.inclusion_proof(storage, 3, 21)
    merkle.verify_inclusion(leaf.hash, 3, 21, path, log.root(storage, 21))
    for old in range(21):
        proof = log.consistency_proof(storage, old, 21)
        merkle.verify_consistency(old, 21, roots[old], log.root(storage, 21), proof)
    with pytest.raises(NotFound, match="leaf 3 was dropped"):
        prove(storage, 3, [signer.verifier])
    assert verify_proof(prove(storage, 18, [signer.verifier]), [signer.verifier]).index == 18


def test_an_export_says_what_is_gone(storage: MemoryStorage, signer: Signer) -> None:
    """Hashes in the places of leaves verify, and so does a checkpoint somebody kept from before."""
    seen = Checkpoint.from_note(storage.notes[5], [signer.verifier])
    prune(storage, 19, signer)
    lines = list(export(storage, [signer.verifier]))
    report = verify_bundle(lines, [signer.verifier], seen)
    assert (report.size, report.dropped) == (21, 17)
    assert sum(line.startswith('{"gone":') for line in lines) == 17


def test_walking_tells_the_gaps(storage: MemoryStorage, signer: Signer) -> None:
    """Each dropped leaf is told by its hash, also where a whole stretch is gone; reading passes over them."""
    hashes = [leaf.hash for leaf in log.read(storage, 0, 20)]
    prune(storage, 19, signer)
    assert [each.hash for each in log.walk(storage, 0, 20)] == hashes
    assert [type(each) for each in log.walk(storage, 16, 18)] == [Gone, Leaf]
    assert [each.index for each in log.walk(storage, 3, 6)] == [3, 4, 5]
    assert [each.index for each in log.read(storage, 0, 20)] == [17, 18, 19]


def test_nobody_can_let_another_leaf_disappear(storage: MemoryStorage, signer: Signer, refused: Expect) -> None:
    """Neither one that was kept nor one above the minimum, in the store or in an export; nor put an old one back."""
    old = storage.rows[3]
    prune(storage, 19, signer)
    whole = storage.copy()
    del storage.rows[17]  # the only word there is on its object
    with refused(Tampered, "leaves are missing, and they are not the ones that were dropped"):
        check(storage, [signer.verifier])
    storage = whole.copy()
    del storage.rows[19]
    with refused(Tampered, "leaf 19 is missing: 20 stands in its place"):
        check(storage, [signer.verifier])
    storage = whole.copy()
    storage.rows[3] = old
    with refused(Tampered, "leaves are missing, and they are not the ones that were dropped"):
        check(storage, [signer.verifier])
    lines = list(export(whole, [signer.verifier]))
    [place] = [place for place, line in enumerate(lines) if '"index":18' in line]
    lines[place] = lines[place - 2]
    with pytest.raises(Tampered):
        verify_bundle(lines, [signer.verifier])


def test_a_leaf_that_was_never_dropped_is_missed(storage: MemoryStorage, signer: Signer, refused: Expect) -> None:
    """Where nothing was ever dropped, every hole is one."""
    del storage.rows[3]
    with refused(Tampered, "leaf 3 is missing: 4 stands in its place"):
        check(storage, [signer.verifier])


@pytest.mark.parametrize("facts", [{"minimum": -1}, {"minimum": 99}, {"minimum": "19"}, {}])
def test_a_forged_minimum_is_none(storage: MemoryStorage, facts: dict[str, int]) -> None:
    """A leaf that drops leaves has to say which, and none that come after it."""
    forged = replace(retention(Raised(0, 0, 0, b"", bytes(32))), facts=facts)
    log.append(storage, forged)
    with pytest.raises(Tampered, match="does not say which"):
        log.minimum(storage)


def test_only_what_is_signed_is_dropped(journal_of: JournalOf, signer: Signer) -> None:
    """Nor is anything dropped twice."""
    storage = journal_of(20, signed=(5,))
    for minimum in (6, 20):
        with pytest.raises(Refused, match="only what a checkpoint covers"):
            raise_minimum(storage, minimum)
    with pytest.raises(Refused, match="only what a checkpoint covers"):
        raise_minimum(journal_of(3), 2)
    with pytest.raises(Refused, match="was dropped already"):
        raise_minimum(storage, 0)
    prune(storage, 5, signer)
    with pytest.raises(Refused, match="everything below index 5 was dropped already"):
        raise_minimum(storage, 4)


@given(st.sets(st.integers(0, 60), max_size=40))
def test_the_digest_names_exactly_these(indexes: set[int]) -> None:
    """Told one by one or in runs, the same leaves have one digest, and any others another."""
    one_by_one, in_runs = Dropped(), Dropped()
    ordered = sorted(indexes)
    for index in ordered:
        one_by_one.add(index)
        one_by_one.digest()  # asking changes nothing
    start = 0
    for place in range(1, len(ordered) + 1):
        if place == len(ordered) or ordered[place] != ordered[place - 1] + 1:
            in_runs.add(ordered[start], ordered[place - 1] + 1)
            start = place
    assert (in_runs.digest(), in_runs.count) == (one_by_one.digest(), one_by_one.count)
    other = Dropped()
    for index in sorted(indexes ^ {30}):
        other.add(index)
    assert other.digest() != one_by_one.digest()


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 12)), max_size=5))
def test_any_history_of_drops_passes_the_check(steps: list[tuple[int, int]]) -> None:
    """However often the journal grows and is cut, the check finds it sound and the roots are the same."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signer = Signer("bitting.example/journal", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    storage, number = MemoryStorage(), 0
    for grown, more in steps:
        for _ in range(grown):
            log.append(storage, change(number))
            number += 1
        Checkpointer(signer).sign(storage)
        minimum = log.minimum(storage) + more
        root = log.root(storage, storage.journal_size())
        if log.minimum(storage) < minimum <= storage.journal_size():
            size = storage.journal_size()
            prune(storage, minimum, signer)
            assert log.root(storage, size) == root
        assert check(storage, [signer.verifier]).size == storage.journal_size()
