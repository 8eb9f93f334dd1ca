"""What a witness cosigns, what it declines and with which status, and what nobody can make it do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.journal import log
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.note import Signer, Verifier
from bitting.journal.witness import Declined, Submission, judge
from tests.journal.conftest import MemoryStorage, change

JournalOf = Callable[..., MemoryStorage]


class Log:
    """Trees of one origin: an honest one and forks of it, each ready to be submitted."""

    def __init__(self, signer: Signer, storage: MemoryStorage) -> None:
        self.signer = signer
        self.storage = storage
        self.logs = {signer.name: [signer.verifier]}

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint.signed(self.signer, size, log.root(self.storage, size))

    def submission(self, old: int, size: int) -> Submission:
        return Submission(old, log.consistency_proof(self.storage, old, size), self.checkpoint(size).note)


@pytest.fixture(scope="module")
def honest(signer: Signer, journal_of: JournalOf) -> Log:
    return Log(signer, journal_of(40))


@pytest.fixture(scope="module")
def fork(signer: Signer, journal_of: JournalOf) -> Log:
    """The same first seven leaves, and others from there on."""
    storage = journal_of(7)
    for number in range(7, 40):
        log.append(storage, change(1000 + number))
    return Log(signer, storage)


def test_a_submission_is_the_documents(honest: Log) -> None:
    """c2sp.org/tlog-witness: the old size, a hash a line, an empty line, the note; and it reads back."""
    submission = honest.submission(3, 7)
    lines = submission.to_bytes().decode().split("\n")
    assert lines[0] == "old 3"
    assert lines[1 : 1 + len(submission.proof)] == [each for each in lines[1:-6] if each]
    assert "\n".join(lines[2 + len(submission.proof) :]) == submission.note
    assert Submission.from_bytes(submission.to_bytes()) == submission
    first = honest.submission(0, 7)
    assert first.to_bytes().startswith(b"old 0\n\n" + honest.signer.name.encode())
    assert Submission.from_bytes(first.to_bytes()) == first


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"new 0\n\nnote",
        b"old\n\nnote",
        b"old  0\n\nnote",
        b"old 00\n\nnote",
        b"old 01\n\nnote",
        b"old -1\n\nnote",
        b"old +1\n\nnote",
        b"old 1_0\n\nnote",
        "old \u0661\n\nnote".encode(),
        b"old 99999999999999999999\n\nnote",
        b"old 0\nQR==\n\nnote",
        b"old 0\n QQ==\n\nnote",
        b"old 0\r\n\r\nnote",
        b"old 0\n\n\xff",
        b"old 0\n" + b"QQ==\n" * 64 + b"\nnote",
    ],
)
def test_what_no_log_writes_is_not_read(body: bytes) -> None:
    """Numbers and base64 have one spelling, and there are at most 63 hashes."""
    with pytest.raises(MalformedValue):
        Submission.from_bytes(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    """Nothing else ever escapes."""
    with suppress(MalformedValue):
        Submission.from_bytes(body)
        judge(Submission.from_bytes(body), {}, {})


def test_growth_is_cosigned(honest: Log) -> None:
    """From nothing, and from any size to any greater one, and again at the same."""
    assert judge(honest.submission(0, 9), honest.logs, {}) == honest.checkpoint(9)
    for old in range(1, 40):
        cosigned = {honest.signer.name: honest.checkpoint(old)}
        for new in range(old, 41):
            assert judge(honest.submission(old, new), honest.logs, cosigned) == honest.checkpoint(new)


def declined(answer: Checkpoint | Declined) -> tuple[int, int | None]:
    assert isinstance(answer, Declined)
    assert answer.reason
    return answer.status, answer.size


def test_the_reasons_and_their_order(honest: Log, fork: Log, stranger: Signer) -> None:
    """404 before 403 before 400 before 409 before 422, as the document has it."""
    name = honest.signer.name
    cosigned = {name: honest.checkpoint(9)}
    forged = Checkpoint.signed(stranger, 3, bytes(32)).note
    unknown = Checkpoint.signed(Signer("somebody.example/log", stranger.key), 3, bytes(32)).note
    later = honest.submission(9, 12)
    cases = {
        (404, None): Submission(99, [], unknown),
        (403, None): Submission(99, [], forged),
        (400, None): Submission(13, [], later.note),
        (409, 9): later._replace(old=8),
        (422, None): later._replace(proof=[]),
    }
    for expected, submission in cases.items():
        assert declined(judge(submission, honest.logs, cosigned)) == expected
    assert declined(judge(Submission(0, [], "no note"), honest.logs, {})) == (400, None)
    extended = later.note.replace("\n\n", "\nextension\n\n", 1)
    assert declined(judge(later._replace(note=extended), honest.logs, cosigned))[0] in (400, 403)
    # A log nobody has heard of begins at nothing: whoever claims more is told so.
    assert declined(judge(later, honest.logs, {})) == (409, 0)


def test_one_of_several_keys_is_enough(honest: Log, stranger: Signer) -> None:
    """A log that changes its key is known by both for a while."""
    keys: list[Verifier] = [stranger.verifier, honest.signer.verifier]
    answer = judge(honest.submission(0, 9), {honest.signer.name: keys}, {})
    assert isinstance(answer, Checkpoint)


def test_it_never_shrinks(honest: Log) -> None:
    """Whatever old size and proof somebody sends with a smaller checkpoint that was signed once."""
    cosigned = {honest.signer.name: honest.checkpoint(20)}
    for size in range(20):
        for old in range(21):
            submission = Submission(old, honest.submission(min(old, size), size).proof, honest.checkpoint(size).note)
            assert declined(judge(submission, honest.logs, cosigned))[0] in (400, 409)


def test_inconsistent_growth_is_never_cosigned(honest: Log, fork: Log) -> None:
    """Of a fork no size is accepted that shows the difference, with its own proof, the honest one or none."""
    for old in range(8, 40):
        cosigned = {honest.signer.name: honest.checkpoint(old)}
        for new in range(old, 41):
            proofs: Iterator[list[bytes]] = iter(
                [fork.submission(old, new).proof, honest.submission(old, new).proof, []]  # type: ignore[list-item]
            )
            for proof in proofs:
                answer = judge(Submission(old, proof, fork.checkpoint(new).note), honest.logs, cosigned)
                assert declined(answer) == ((409, old) if new == old else (422, None))


def test_a_second_tree_of_no_leaves_is_another_one(honest: Log) -> None:
    """A log cannot begin with a root that is not the empty tree's."""
    note = Checkpoint.signed(honest.signer, 0, bytes(32)).note
    assert declined(judge(Submission(0, [], note), honest.logs, {})) == (409, 0)
    empty = honest.checkpoint(0)
    assert judge(Submission(0, [], empty.note), honest.logs, {}) == empty
