"""What a witness decides (C2SP tlog-witness): whether a log's new checkpoint continues the greatest it has cosigned.

    old <size of the checkpoint before, in decimal>
    <base64 of a hash>        zero or more, at most 63: the consistency proof from there to here

    <checkpoint>

The order of checks is the document's: whose log it is, who signed, which sizes, and the proof last. A witness that
has once cosigned a size never cosigns a smaller one, nor another tree of it, whatever anybody sends.
https://c2sp.org/tlog-witness
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from bitting.domain.errors import Malformed, MalformedValue, Tampered
from bitting.journal import merkle
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.note import Verifier, parts
from bitting.journal.spelling import from_base64, to_base64, to_number

MOST_HASHES: Final = 63


class Submission(NamedTuple):
    """A checkpoint with the proof that it continues one of `old` leaves."""

    old: int
    proof: Sequence[bytes]
    note: str

    @classmethod
    def from_bytes(cls, body: bytes) -> Submission:
        """Read the body of an add-checkpoint. Raises MalformedValue for everything a log would not write."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise MalformedValue("an add-checkpoint is text in UTF-8") from None
        head, blank, note = text.partition("\n\n")
        first, *hashes = head.split("\n")
        if not blank or not first.startswith("old "):
            raise MalformedValue(
                "an add-checkpoint begins with `old` and a size, and has an empty line before its note"
            )
        if len(hashes) > MOST_HASHES:
            raise MalformedValue(f"a consistency proof has at most {MOST_HASHES} hashes")
        return cls(to_number(first.removeprefix("old ")), list(map(from_base64, hashes)), note)

    def to_bytes(self) -> bytes:
        """What `from_bytes` reads."""
        return "\n".join([f"old {self.old}", *map(to_base64, self.proof), "", self.note]).encode()


class Declined(NamedTuple):
    """Not cosigned: the HTTP status the document gives it, and the reason; for 409, with the size that was cosigned."""

    status: int
    reason: str
    size: int | None = None


def judge(
    submission: Submission, logs: Mapping[str, Sequence[Verifier]], cosigned: Mapping[str, Checkpoint]
) -> Checkpoint | Declined:
    """The checkpoint, if it may be cosigned. `logs` are the keys of each log by its origin, `cosigned` the greatest
    checkpoint of each so far. Whoever keeps `cosigned` lets nobody else in until the answer is on the disk."""
    try:
        origin = parts(submission.note)[0].partition("\n")[0]
        if origin not in logs:
            return Declined(404, "this log is not known here")
        checkpoint = Checkpoint.from_note(submission.note, logs[origin])
    except Malformed as problem:
        return Declined(400, str(problem))
    except Tampered as problem:
        return Declined(403, str(problem))
    if submission.old > checkpoint.size:
        return Declined(400, f"a log of {checkpoint.size} leaves does not continue one of {submission.old}")
    before = cosigned.get(origin)
    size, root = (before.size, before.root) if before else (0, merkle.EMPTY)
    if submission.old != size:
        return Declined(409, f"{size} leaves have been cosigned", size)
    if checkpoint.size == size and checkpoint.root != root:
        return Declined(409, f"another tree of {size} leaves has been cosigned", size)
    try:
        merkle.verify_consistency(size, checkpoint.size, root, checkpoint.root, submission.proof)
    except Tampered as problem:
        return Declined(422, str(problem))
    return checkpoint
