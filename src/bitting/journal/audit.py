"""Checking a whole journal in its store: every leaf, search column, node and checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from bitting.domain.errors import Tampered
from bitting.journal import log
from bitting.journal.checkpoint import Checkpoint
from bitting.journal.note import Verifier
from bitting.journal.ports import Storage
from bitting.journal.replay import Replay, Report


def check(storage: Storage, trusted: Sequence[Verifier], seen: Checkpoint | None = None) -> Report:
    """Work everything out again from the leaves' bytes.

    Raises Tampered, or MalformedStored for a leaf nobody can read, naming the first thing that is wrong.
    Leaves after the newest checkpoint are counted but unsigned: see `Report.signed_size`.
    """
    replay = Replay(seen)
    node = log.reader(storage)
    size = storage.journal_size()
    leaves = log.walk(storage, 0, size)

    def advance(count: int | None) -> None:
        for leaf in islice(leaves, count):
            for level, place, hash in replay.leaf(leaf):
                if node(level, place) != hash:
                    raise Tampered(f"node {place} of level {level} is not the hash of what is below it")

    done = 0
    for row in storage.checkpoints():
        checkpoint = Checkpoint.from_row(row, trusted)
        advance(checkpoint.size - done)
        replay.checkpoint(checkpoint)
        done = checkpoint.size
    advance(None)
    if stray := storage.stray_node(size):
        raise Tampered(f"node {stray[1]} of level {stray[0]} has no place in a tree of {size}")
    return replay.report()
