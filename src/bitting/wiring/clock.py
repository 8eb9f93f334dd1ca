"""The machine's clocks, and a watch over them."""

from __future__ import annotations

import time
from typing import Final

from bitting.domain.errors import Unavailable
from bitting.gate.times import AHEAD_NS, LONGEST_WINDOW_NS, SECOND_NS

MOST_STEP_NS: Final = 2 * SECOND_NS


class SystemClock:
    """The machine's clocks."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """For durations."""
        return time.monotonic_ns()


class SteadyWatch:
    """Tells when the wall clock has been set: it then walks away from the monotonic one.

    Windows, expiries and waiting addresses are judged by the wall clock. After a step of more than two seconds nobody
    is let in for as long as a request may be old, so that what was judged by the one time is not judged again
    by the other while it still could be admitted.
    """

    def __init__(self) -> None:
        self._apart_ns: int | None = None
        self._unsure_until_ns = 0

    def look(self, now_ns: int, monotonic_ns: int) -> None:
        """Compare the two. Raises Unavailable after a step, until the time is over."""
        apart_ns, before_ns = now_ns - monotonic_ns, self._apart_ns
        self._apart_ns = apart_ns
        if before_ns is not None and abs(apart_ns - before_ns) > MOST_STEP_NS:
            self._unsure_until_ns = monotonic_ns + LONGEST_WINDOW_NS + AHEAD_NS
        if monotonic_ns < self._unsure_until_ns:
            raise Unavailable("the clock has been set; nobody is let in for a minute. Is time synchronised here?")
