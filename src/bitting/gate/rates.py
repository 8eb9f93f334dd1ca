"""Rate limits by the generic cell rate algorithm (GCRA): one number a bucket, exact, no windows to game.

A bucket's number is its theoretical arrival time: the moment at which it would be empty again. Buckets of
idle callers are dropped, since an empty bucket and no bucket are the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, NamedTuple

from bitting.gate.times import SECOND_NS

LOOKED_AT: Final = 4  # buckets, for each new one


class Rate(NamedTuple):
    """At most `burst` units at once, refilled at `burst` units in `period_ns`."""

    burst: int
    period_ns: int

    @classmethod
    def per_second(cls, units: int, burst: int) -> Rate:
        """`units` a second on the long run, `burst` at once."""
        return cls(burst, burst * SECOND_NS // units)

    def wait_ns(self, until_ns: int, now_ns: int) -> int:
        """How long until a bucket at that level has no more in it than fits: 0 when it has not now."""
        over_ns = until_ns - now_ns - self.period_ns
        return over_ns if over_ns > 0 else 0

    def used(self, until_ns: int, now_ns: int) -> int:
        """What a bucket at that level has used of its burst, a begun unit counted whole."""
        return -((now_ns - until_ns) * self.burst // self.period_ns)


class Buckets:
    """Buckets of one kind, by name. Holds at most `most`; from half of that on, empty ones go as new ones come, and at
    the end those that are nearest to it: whoever floods us with names takes the room of other such names, and frees
    no bucket that is full."""

    def __init__(self, most: int = 200_000) -> None:
        self._until_ns: OrderedDict[object, int] = OrderedDict()
        self._most = most

    def wait_ns(self, name: object, rate: Rate, units: int, now_ns: int) -> int:
        """How long until `units` more fit: 0 when they do now, never 0 for more than the burst. Spends nothing."""
        if name not in self._until_ns and units <= rate.burst:
            return 0
        return rate.wait_ns(self.level_ns(name, rate, units, now_ns), now_ns)

    def spend(self, name: object, rate: Rate, units: int, now_ns: int) -> int:
        """Take `units`, asked for with `wait_ns` before; returns what is used of the burst now."""
        until_ns = self.level_ns(name, rate, units, now_ns)
        self.fill(name, until_ns, now_ns)
        return rate.used(until_ns, now_ns)

    def level_ns(self, name: object, rate: Rate, units: int, now_ns: int) -> int:
        """What the bucket's number is with `units` more in it, whether they fit or not (`Rate.wait_ns` tells)."""
        until_ns = self._until_ns.get(name, now_ns)
        return (until_ns if until_ns > now_ns else now_ns) + rate.period_ns * units // rate.burst

    def fill(self, name: object, until_ns: int, now_ns: int) -> None:
        """Put what `level_ns` gave."""
        if len(self._until_ns) * 2 >= self._most and name not in self._until_ns:
            self._make_room(now_ns)
        self._until_ns[name] = until_ns

    def rescale(self, name: object, before: Rate, after: Rate, now_ns: int) -> None:
        """Carry what is used of a bucket over to another rate: a change of the rate must not refill it."""
        until_ns = self._until_ns.get(name, now_ns)
        if until_ns > now_ns:
            self._until_ns[name] = now_ns - (-after.period_ns * before.used(until_ns, now_ns) // after.burst)

    def only(self, names: Iterable[object]) -> Buckets:
        """A copy with these buckets."""
        copy = Buckets()
        copy._until_ns.update((name, self._until_ns[name]) for name in names if name in self._until_ns)
        return copy

    def __len__(self) -> int:
        return len(self._until_ns)

    def _make_room(self, now_ns: int) -> None:
        """Look at the next few in turn: drop those that are empty, and if there is still no room, the one of them that
        will be empty first."""
        looked_at: dict[object, int] = {}
        for _ in range(min(LOOKED_AT, len(self._until_ns))):
            name, until_ns = self._until_ns.popitem(last=False)
            if until_ns > now_ns:
                looked_at[name] = until_ns
        if len(self._until_ns) + len(looked_at) >= self._most:
            del looked_at[min(looked_at, key=looked_at.__getitem__)]
        self._until_ns.update(looked_at)
