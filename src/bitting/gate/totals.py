"""Daily totals: how much of a limit is reserved. The day is UTC.

A total is reserved at admission and given back only when the exchange definitely declined; what became of
a request that got no answer stays counted.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Final, NamedTuple

from bitting.domain.money import total

DAY_NS: Final = 86_400_000_000_000


class Reservation(NamedTuple):
    """`amount` of `currency` against the `most` allowed to `scope` (a key or account id) in its day.
    `kind` is "orders" or "withdrawals"."""

    scope: str
    kind: str
    currency: str
    amount: Decimal
    most: Decimal

    def slot(self, now_ns: int) -> tuple[str, str, str, int]:
        """Where it is counted: scope, kind, currency, day since 1970."""
        return (self.scope, self.kind, self.currency, now_ns // DAY_NS)


Slot = tuple[str, str, str, int]
_NOTHING: Final = Decimal(0)


class Totals:
    """The sums of the day, by scope and slot. A scope is not forgotten before the disk has its sums (see
    `forgetting`)."""

    def __init__(self) -> None:
        self._sums: dict[str, dict[Slot, Decimal]] = {}
        self._owed: dict[Slot, Decimal] = {}  # sums that the disk is not known to have
        self._first_day = 0

    def learn(self, slot: Slot, amount: Decimal) -> None:
        """Take over what the store knows, unless this process already counts the slot."""
        self._sums.setdefault(slot[0], {}).setdefault(slot, amount)

    def first_over(self, reservations: tuple[Reservation, ...], now_ns: int) -> Reservation | None:
        """The first reservation that does not fit any more, all of them taken together; None when all fit."""
        wanted: dict[Slot, Decimal] = {}
        for each in reservations:
            slot = each.slot(now_ns)
            wanted[slot] = total(wanted.get(slot) or self._sum(slot), each.amount)
            if wanted[slot] > each.most:
                return each
        return None

    def reserve(self, reservations: tuple[Reservation, ...], now_ns: int) -> dict[Slot, Decimal]:
        """Count them, and return the new sums of the touched slots, to be made durable."""
        touched: dict[Slot, Decimal] = {}
        for each in reservations:
            slot = each.slot(now_ns)
            touched[slot] = total(self._sum(slot), each.amount)
            self._sums.setdefault(slot[0], {})[slot] = touched[slot]
        self._owed.update(touched)
        return touched

    def give_back(self, reservations: tuple[Reservation, ...], reserved_ns: int) -> dict[Slot, Decimal]:
        """Take them off the day they were counted in, and return the new sums."""
        # Of a day that was forgotten nothing is left to take off: a sum below zero would be an allowance.
        counted = [each for each in reservations if each.slot(reserved_ns) in self._sums.get(each.scope, {})]
        return self.reserve(tuple(each._replace(amount=each.amount.copy_negate()) for each in counted), reserved_ns)

    def only(self, scopes: Collection[str]) -> Totals:
        """A copy with the sums of these keys and accounts."""
        copy = Totals()
        copy._sums = {each: dict(self._sums[each]) for each in scopes if each in self._sums}
        return copy

    def written(self, slot: Slot, amount: Decimal) -> None:
        """The disk has this sum."""
        if self._owed.get(slot) == amount:
            del self._owed[slot]

    def forget(self, scope: str) -> bool:
        """Forget the scope, as a restart would; False, and not yet, while the disk still lacks something."""
        if any(slot in self._owed for slot in self._sums.get(scope, ())):
            return False
        self._sums.pop(scope, None)
        return True

    def forget_before(self, day: int) -> None:
        """Drop the days that are over."""
        if day <= self._first_day:
            return
        self._first_day = day
        self._sums = {
            scope: kept for scope, sums in self._sums.items() if (kept := {s: sums[s] for s in sums if s[3] >= day})
        }
        self._owed = {slot: amount for slot, amount in self._owed.items() if slot[3] >= day}

    def _sum(self, slot: Slot) -> Decimal:
        return self._sums.get(slot[0], {}).get(slot, _NOTHING)

    def __len__(self) -> int:
        return len(self._sums)
