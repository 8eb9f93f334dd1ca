"""Checkpoints: a signed statement of how many leaves there are and what their root is (C2SP tlog-checkpoint).

    <origin>
    <size in decimal>
    <base64 of the root>

as the text of a signed note, origin and key name being the same, without extension lines.
A log may grow and do nothing else, and of every two checkpoints the smaller must be the beginning of the
greater. So before `Checkpointer` signs, it works out the new root from the leaves themselves, on top of the
newest root it has signed; a tree that does not continue that one gets no signature.
https://c2sp.org/tlog-checkpoint
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bitting.domain.errors import Malformed, MalformedValue, Tampered
from bitting.journal import log, merkle
from bitting.journal.note import Signer, Verifier, open_note, sign
from bitting.journal.ports import Storage, StoredCheckpoint
from bitting.journal.spelling import from_base64, to_base64, to_number

EVERY_NS = 1_000_000_000
EVERY_LEAVES = 256


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was signed, and the note that says so."""

    origin: str
    size: int
    root: bytes
    note: str

    @classmethod
    def from_note(cls, note: str, trusted: Sequence[Verifier]) -> Checkpoint:
        """Read and verify. Raises MalformedValue for no checkpoint, Tampered if no trusted key signed it."""
        text, signed_by = open_note(note, trusted)
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise MalformedValue("a checkpoint has three lines: origin, size, root")
        origin, size, root = lines[0], to_number(lines[1]), from_base64(lines[2])
        if len(root) != 32:
            raise MalformedValue("a checkpoint's root has 32 bytes")
        if origin != signed_by.name:
            raise Tampered(f"a checkpoint of {origin} signed by {signed_by.name}")
        return cls(origin, size, root, note)

    @classmethod
    def from_row(cls, row: StoredCheckpoint, trusted: Sequence[Verifier]) -> Checkpoint:
        """The same from a stored row. Raises Tampered, naming the row, for whatever is wrong with it."""
        try:
            checkpoint = cls.from_note(row.note, trusted)
        except (Malformed, Tampered) as exc:
            raise Tampered(f"the checkpoint of {row.size}: {exc}") from exc
        if checkpoint.size != row.size:
            raise Tampered(f"the checkpoint of {row.size} is a copy of the one of {checkpoint.size}")
        return checkpoint

    @classmethod
    def signed(cls, signer: Signer, size: int, root: bytes) -> Checkpoint:
        """Sign it. Whether it may be signed is for `Checkpointer` to know."""
        note = sign(f"{signer.name}\n{size}\n{to_base64(root)}\n", signer)
        return cls(signer.name, size, root, note)


def due(size: int, signed_size: int, now_ns: int, signed_at_ns: int) -> bool:
    """Whether it is time to sign: the tree has grown, and a second has passed or 256 leaves have come."""
    grown = size - signed_size
    return grown > 0 and (grown >= EVERY_LEAVES or now_ns - signed_at_ns >= EVERY_NS)


@dataclass(frozen=True, slots=True)
class Checkpointer:
    """The one place that signs. `retired` are earlier keys whose checkpoints still count."""

    signer: Signer
    retired: Sequence[Verifier] = ()

    def sign(self, storage: Storage, seen: Checkpoint | None = None) -> Checkpoint:
        """Sign and store the tree as it stands, or give back its checkpoint if it has one.

        `seen` is a checkpoint remembered outside this storage: the last one this process signed, or a
        witness's. Call it in a unit of work of its own, after the one that wrote the leaves is committed:
        a signature over leaves that are rolled back is a fork. Raises Tampered if the leaves do not
        continue the newest stored checkpoint or `seen`, and then signs nothing.
        """
        size = storage.journal_size()
        row = storage.newest_checkpoint()
        newest = Checkpoint.from_row(row, (self.signer.verifier, *self.retired)) if row else None
        root = _continued(storage, newest, size)
        if seen is not None and seen != newest:
            _continued(storage, seen, size)
        if newest is not None and newest.size == size:
            return newest
        checkpoint = Checkpoint.signed(self.signer, size, root)
        storage.put_checkpoint(StoredCheckpoint(size, checkpoint.note))
        return checkpoint


def _continued(storage: Storage, earlier: Checkpoint | None, size: int) -> bytes:
    """The root of all leaves, worked out from `earlier` and the leaves since. Raises Tampered."""
    signed_size, signed_root = (earlier.size, earlier.root) if earlier else (0, merkle.EMPTY)
    if signed_size > size:
        raise Tampered(f"{signed_size} leaves were signed and {size} are left: the end has been cut off")
    frontier = merkle.Frontier.at(log.reader(storage), signed_size)
    if frontier.root() != signed_root:
        raise Tampered(f"the first {signed_size} leaves are not the ones that were signed")
    for leaf in log.walk(storage, signed_size, size):
        frontier.append(leaf.hash)
    # The nodes are what proofs are made of, so they have to lead to the same root as the leaves.
    if frontier.root() != log.root(storage, size):
        raise Tampered(f"leaves {signed_size} to {size - 1} and the nodes over them do not agree")
    return frontier.root()
