"""One leaf with the proof that it is in the journal, as a file (C2SP tlog-proof).

    c2sp.org/tlog-proof@v1
    extra <base64 of the leaf>
    index <decimal>
    <base64 of a hash>        zero or more, from the leaf's sibling up to the root's child

    <checkpoint>

The format calls `extra` unauthenticated; here it is the leaf itself, and the proof is over its hash.
https://c2sp.org/tlog-proof
"""

from __future__ import annotations

from collections.abc import Sequence

from bitting.domain.errors import MalformedValue, NotFound, Tampered
from bitting.journal import log, merkle
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.cosignature import with_cosignatures
from bitting.journal.leaf import Leaf
from bitting.journal.note import Verifier
from bitting.journal.ports import Storage
from bitting.journal.spelling import from_base64, to_base64, to_number

HEADING = "c2sp.org/tlog-proof@v1"


def prove(storage: Storage, index: int, trusted: Sequence[Verifier], cosigned: Sequence[Checkpoint] = ()) -> str:
    """The file for leaf `index` under the newest checkpoint that covers it and is cosigned, or else the newest of all,
    which must cover it: else NotFound. A leaf that was dropped is NotFound, too.

    Checked before it is given away, so a damaged store raises Tampered here and not at the reader's.
    """
    row = storage.newest_checkpoint()
    if row is None or not 0 <= index < row.size:
        raise NotFound(f"there is no leaf {index} under a checkpoint yet")
    checkpoint = max(
        (each for each in cosigned if each.size > index),
        key=lambda each: each.size,
        default=Checkpoint.from_row(row, trusted),
    )
    leaf = next(log.walk(storage, index, index + 1), None)
    if leaf is None:
        raise Tampered(f"leaf {index} is missing")
    if isinstance(leaf, log.Gone):
        raise NotFound(f"leaf {index} was dropped when its time was over; an earlier export has it")
    path = merkle.inclusion_proof(log.reader(storage), index, checkpoint.size)
    merkle.verify_inclusion(leaf.hash, index, checkpoint.size, path, checkpoint.root)
    lines = [HEADING, f"extra {to_base64(leaf.raw)}", f"index {index}", *map(to_base64, path), "", ""]
    return "\n".join(lines) + with_cosignatures(checkpoint.note, [each.note for each in cosigned])


def verify_proof(text: str, trusted: Sequence[Verifier]) -> Leaf:
    """The leaf that is proven. Raises Tampered or Malformed."""
    head, blank, note = text.partition("\n\n")
    match head.split("\n"):
        case [heading, extra, place, *hashes] if heading == HEADING and blank:
            pass
        case _:
            raise MalformedValue(f"this file is not a {HEADING} with a leaf")
    index = to_number(_behind("index ", place))
    leaf = Leaf.from_bytes(from_base64(_behind("extra ", extra)))
    checkpoint = Checkpoint.from_note(note, trusted)
    path = list(map(from_base64, hashes))
    merkle.verify_inclusion(leaf.hash, index, checkpoint.size, path, checkpoint.root)
    if leaf.index != index:
        raise Tampered(f"leaf {leaf.index} stands at index {index}")
    return leaf


def _behind(word: str, line: str) -> str:
    if not line.startswith(word):
        raise MalformedValue(f"a line of the proof does not begin with {word.strip()}")
    return line.removeprefix(word)
