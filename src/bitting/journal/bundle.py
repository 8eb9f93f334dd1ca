"""The journal as a file that proves itself with nothing but a public key.

JSON Lines in ASCII, one object a line:

    {"format": "bitting-journal@1", "checkpoint": <newest note>}   first, so that a shortened file shows
    {"leaf": <base64 of the leaf>, "reads": {…}}                   every leaf under it, in order
    {"gone": <base64 of its hash>}                                 or, where it was dropped, its hash
    {"checkpoint": <note>}                                         each earlier one of this epoch, behind its last leaf

`leaf` is the record. `reads` is for people, and has to be exactly what the leaf says; nothing else may
stand in a line, for it would look as proven as its neighbours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from bitting.domain.errors import Malformed, MalformedValue, NotFound, Tampered
from bitting.journal import log
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.cosignature import with_cosignatures
from bitting.journal.leaf import Leaf
from bitting.journal.note import Verifier
from bitting.journal.ports import Storage
from bitting.journal.replay import Replay, Report
from bitting.journal.spelling import from_base64, to_base64

FORMAT = "bitting-journal@1"


def export(storage: Storage, trusted: Sequence[Verifier], cosigned: Sequence[Checkpoint] = ()) -> Iterator[str]:
    """The lines, each with its newline, up to the newest checkpoint, with what witnesses have signed under that one.

    Raises NotFound while nothing is signed; Tampered or MalformedStored at the first thing that is not sound.
    """
    row = storage.newest_checkpoint()
    if row is None:
        raise NotFound("no checkpoint has been signed yet")
    newest = Checkpoint.from_row(row, trusted)
    yield _heading(with_cosignatures(newest.note, [each.note for each in cosigned]))
    done = 0
    for row in storage.checkpoints():
        yield from map(_leaf, log.walk(storage, done, row.size))
        if row.size < newest.size and row.note.startswith(f"{newest.origin}\n"):
            yield _checkpoint(row.note)
        done = row.size


def verify_bundle(lines: Iterable[str], trusted: Sequence[Verifier], seen: Checkpoint | None = None) -> Report:
    """Check every line of an export. Raises Tampered or Malformed with the line, the leaf and the reason."""
    newest = None
    replay = Replay(seen)
    for number, line in enumerate(lines, 1):
        try:
            if newest is None:
                newest = _open_heading(line, trusted)
            else:
                _tell(replay, line, trusted)
        except (Malformed, Tampered) as exc:
            raise type(exc)(f"line {number}: {exc}") from exc
    if newest is None:
        raise MalformedValue("this file is empty")
    replay.checkpoint(newest)
    return replay.report()


def _open_heading(line: str, trusted: Sequence[Verifier]) -> Checkpoint:
    match _read(line):
        case {"checkpoint": str(note)} if line == _heading(note):
            return Checkpoint.from_note(note, trusted)
    raise MalformedValue(f"this file is not a {FORMAT}")


def _tell(replay: Replay, line: str, trusted: Sequence[Verifier]) -> None:
    match _read(line):
        case {"leaf": str(encoded)}:
            leaf = Leaf.from_bytes(from_base64(encoded))
            if line != _leaf(leaf):
                raise Tampered(f"what stands beside leaf {leaf.index} is not what it says")
            replay.leaf(leaf)
        case {"gone": str(encoded)} if line == _line({"gone": encoded}):
            replay.leaf(log.Gone(replay.size, from_base64(encoded)))
        case {"checkpoint": str(note)} if line == _checkpoint(note):
            replay.checkpoint(Checkpoint.from_note(note, trusted))
        case _:
            raise MalformedValue("neither a leaf nor a checkpoint")


def _read(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise MalformedValue("not a line of JSON") from None


def _heading(note: str) -> str:
    return _line({"format": FORMAT, "checkpoint": note})


def _leaf(leaf: Leaf | log.Gone) -> str:
    if isinstance(leaf, log.Gone):
        return _line({"gone": to_base64(leaf.hash)})
    return _line({"leaf": to_base64(leaf.raw), "reads": leaf.view()})


def _checkpoint(note: str) -> str:
    return _line({"checkpoint": note})


def _line(value: dict[str, object]) -> str:
    # ASCII, so that no character of a label can end a line, turn it round or talk to a terminal.
    return json.dumps(value, separators=(",", ":")) + "\n"
