"""One coarse clock for many connections.

A timer for each request would cost more than reading the request. So each connection only notes
when it will be too late, and one pass every now and then looks for those that are.
"""

from __future__ import annotations

import asyncio
from typing import Final, Generic, Protocol, TypeVar

NEVER: Final = float("inf")


class Watched(Protocol):
    """Something that may be late: after `deadline` (seconds of the loop's clock), `expire` is called once a pass."""

    deadline: float

    def expire(self) -> None: ...


Late = TypeVar("Late", bound=Watched)


class Deadlines(Generic[Late]):
    """The clock, `now`, as it stood at the last pass, and everything that is `watched`."""

    def __init__(self, shortest_s: float) -> None:
        """A pass comes every second, or four times within `shortest_s`, the shortest time that will be asked for."""
        self.watched: set[Late] = set()
        self._pause_s = min(1.0, shortest_s / 4)
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time()
        self._timer = self._loop.call_later(self._pause_s, self._pass)

    def stop(self) -> None:
        """Nothing expires any more."""
        self._timer.cancel()

    def _pass(self) -> None:
        self.now = self._loop.time()
        # A list first: expiring takes things out of the set.
        for one in [one for one in self.watched if one.deadline < self.now]:
            one.expire()
        self._timer = self._loop.call_later(self._pause_s, self._pass)
