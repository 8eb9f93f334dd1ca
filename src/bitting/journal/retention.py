"""Dropping old leaves: the minimum index is raised, and of what is below it only the newest leaf of each object stays,
for it vouches for that object's row.

Hashes are never dropped, so every root and proof there ever was can be made again, and the journal is still worked out
from the beginning. What was dropped is named by a leaf of its own: the newest one of (`journal`, `retention`) has in
`digest` the SHA-256 over the first and the next index (8 bytes each, big endian) of every run of leaves that are gone,
in order. So nobody can let another leaf disappear among them.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from bitting.domain.errors import Refused
from bitting.journal import log
from bitting.journal.ports import Storage


class Dropped:
    """The leaves that are gone, told in order of their indexes."""

    def __init__(self) -> None:
        self.count = 0
        self._runs = hashlib.sha256()
        self._start = self._stop = 0

    def add(self, start: int, stop: int | None = None) -> None:
        """One leaf, or all from `start` to before `stop`."""
        stop = start + 1 if stop is None else stop
        self.count += stop - start
        if start != self._stop:
            self._runs.update(self._last_run())
            self._start = start
        self._stop = stop

    def digest(self) -> bytes:
        """What the journal says of them."""
        runs = self._runs.copy()
        runs.update(self._last_run())
        return runs.digest()

    def _last_run(self) -> bytes:
        return b"" if self._start == self._stop else self._start.to_bytes(8, "big") + self._stop.to_bytes(8, "big")


class Raised(NamedTuple):
    """The minimum index before and after, how many leaves were dropped now, and the digests of all that are gone."""

    before: int
    minimum: int
    dropped: int
    gone_before: bytes
    gone: bytes


def raise_minimum(storage: Storage, minimum: int) -> Raised:
    """Drop what is below. It has to be recorded in the same unit of work, with `gone` as the digest. Raises Refused for
    what is not signed yet, and where nothing would be dropped; Tampered."""
    before = log.minimum(storage)
    signed = storage.newest_checkpoint()
    if signed is None or minimum > signed.size:
        raise Refused("only what a checkpoint covers is dropped: sign first, by `bitting journal export`")
    if minimum <= before:
        raise Refused(f"everything below index {before} was dropped already")
    last = log.newest(storage, log.KIND, log.RETENTION)
    dropped = storage.drop_journal_leaves(minimum)
    gone, following = Dropped(), 0
    for index in storage.journal_indexes(minimum):
        if following < index:
            gone.add(following, index)
        following = index + 1
    if following < minimum:
        gone.add(following, minimum)
    return Raised(before, minimum, dropped, b"" if last is None else last.change.digest, gone.digest())
