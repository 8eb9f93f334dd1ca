"""Freshness: the arithmetic of time windows, nonces and the floor of time. No clock is read here.

Where a request carries a time that must agree with ours, it is admitted when

    floor.start < stamp <= floor.committed   and   now - window <= stamp < now + AHEAD

The floor makes *at most once* survive restarts without writing each request to disk: what lies in front
of `committed` cannot have been admitted by any earlier run, since it was committed before it was used,
and what lies at or behind `start` may have been, so it is refused. Signed bytes older than the window
are refused for being old, and those inside it are remembered (`first_use`).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bitting.domain.credentials import NonceMode
from bitting.domain.verdict import Denied, Reason

SECOND_NS: Final = 1_000_000_000
AHEAD_NS: Final = SECOND_NS
LONGEST_WINDOW_NS: Final = 60 * SECOND_NS
FLOOR_AHEAD_NS: Final = 3 * SECOND_NS  # how far ahead of the clock the floor is committed, every second
NONCE_AHEAD_NS: Final = 24 * 3600 * SECOND_NS
MOST_COUNTER: Final = 2**63 - 1
# The smallest time of 2001 in each unit, and the unit in nanoseconds; what most clients count in stands first.
_UNITS: Final = ((10**12, 1_000_000), (10**15, 1_000), (10**18, 1), (10**9, 1_000_000_000))


class Floor(NamedTuple):
    """Nanoseconds since 1970. `start` is where the run before, or a restored backup, may have been;
    `committed` is how far this run has said on disk that it may go."""

    start_ns: int
    committed_ns: int

    def latest_ns(self, now_ns: int) -> int:
        """Now, or the latest time that has been committed if the clock was set back since: what has expired by it
        stays expired."""
        committed_ns = self.committed_ns - FLOOR_AHEAD_NS
        return now_ns if now_ns > committed_ns else committed_ns


def untimely(stamp_ns: int, window_ns: int, floor: Floor, now_ns: int) -> Denied | None:
    """Why a stamped request is not fresh, or None. The window's ends are as Binance documents them:
    the old one included, the one ahead not."""
    age = now_ns - stamp_ns
    if age > window_ns:
        return Denied(
            Reason.TIME_STALE,
            f"{age // 1_000_000} ms old",
            f"the request allowed {window_ns // 1_000_000} ms",
        )
    if age <= -AHEAD_NS:
        return Denied(Reason.TIME_AHEAD, f"{-age // 1_000_000} ms ahead")
    if stamp_ns <= floor.start_ns:
        return Denied(Reason.TIME_FLOOR)
    if stamp_ns > floor.committed_ns:
        return Denied(Reason.UNAVAILABLE, "", "the floor of time could not be moved forward; is the disk writable?")
    return None


def nonce_mark(nonce: int, mode: NonceMode, now_ns: int) -> int | Denied:
    """The nonce on the credential's own scale, where only a larger mark is new.

    Clients count in seconds, milliseconds, microseconds or nanoseconds since 1970; by its size a nonce
    of 2001 to 2286 is one of them and no other. Brought to nanoseconds, a client in milliseconds
    can follow one in microseconds, where the bare numbers would have locked it out for ever.
    """
    if mode is NonceMode.COUNTER:
        if nonce > MOST_COUNTER:
            return Denied(Reason.NONCE_AHEAD, str(nonce), "a counter stays under 2^63")
        return nonce
    for least, to_ns in _UNITS:
        if least <= nonce < 10 * least:
            mark = nonce * to_ns
            if mark > now_ns + NONCE_AHEAD_NS:
                return Denied(Reason.NONCE_AHEAD, str(nonce), "it reads as a time more than a day ahead")
            return mark
    return Denied(
        Reason.NONCE_LOW,
        str(nonce),
        "not shaped like a time in s, ms, us or ns; the key's nonce mode is time",
    )


def unit_ns(nonce: int) -> int | None:
    """The unit, in nanoseconds, that a nonce shaped like a time counts in; None for any other number."""
    return next((to_ns for least, to_ns in _UNITS if least <= nonce < 10 * least), None)
