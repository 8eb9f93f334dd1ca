"""What the gate may forget, so that its memory is bounded by what it is busy with and not by how many keys there are.

Marks and daily sums are learnt from the store together with a row, and never without one. So they may go when

 - no row in the cache is about them any more: the next request loads one, and learns them with it;
 - the disk has them: what changed state, or counts, and is still on its way there stays until it has arrived. So an
   order cannot come a second time because its mark was pushed out of memory, however many other keys are made to work;
 - no load that began before goes on: it may have seen the store as it was before the last of them arrived.

What is not on the disk and goes all the same is what a restart takes too: the nonces of requests that only read.
"""

from __future__ import annotations

from bitting.gate.cache import Snapshots
from bitting.gate.first_use import Marks
from bitting.gate.ports import Effects
from bitting.gate.totals import DAY_NS, Totals


class Forgetting:
    """Over the marks and totals of one process, and the cache they go with."""

    def __init__(self, snapshots: Snapshots, marks: Marks, totals: Totals) -> None:
        self._snapshots = snapshots
        self._marks = marks
        self._totals = totals

    def written(self, effects: Effects) -> None:
        """The disk has these."""
        for credential, mark in effects.marks.items():
            self._marks.written(credential, mark)
        for slot, amount in effects.sums.items():
            self._totals.written(slot, amount)

    def tidy(self, now_ns: int) -> None:
        """Let old rows go, and forget what went with them; to be called every second."""
        self._snapshots.age(now_ns)
        for gone in self._snapshots.departed():
            forgotten = [*map(self._marks.forget, gone.credentials), *map(self._totals.forget, gone.scopes)]
            if not all(forgotten):
                self._snapshots.not_yet(gone)
        self._totals.forget_before(now_ns // DAY_NS - 1)
