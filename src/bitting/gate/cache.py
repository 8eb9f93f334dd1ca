"""Snapshots by the name a request knows: environment, dialect, wire id.

A change of a key drops its snapshot before the change is acknowledged. A load that began before the
change must not put the old row back: each drop starts a new epoch, and what was loaded in an earlier one
is not kept.
"""

from __future__ import annotations

from typing import Final

from bitting.domain.ids import Environment
from bitting.gate.snapshot import LONGEST_LIFE_NS, Snapshot

Name = tuple[Environment, str, str]

ABSENT_NS: Final = 5_000_000_000
MOST_ABSENT: Final = 10_000


class Snapshots:
    """A bounded cache. `None` in it means: looked for, and not there."""

    def __init__(self, most: int = 200_000) -> None:
        self._found: dict[Name, Snapshot] = {}
        self._absent: dict[Name, int] = {}
        self._of_account: dict[str, set[Name]] = {}
        self._most = most
        self.epoch = 0

    def get(self, name: Name, now_ns: int) -> Snapshot | None:
        """The snapshot, if it is here and young enough."""
        snapshot = self._found.get(name)
        # A clock that was set back must not lengthen a row's stay.
        if snapshot is None or not 0 < snapshot.until_ns - now_ns <= LONGEST_LIFE_NS:
            return None
        return snapshot

    def is_absent(self, name: Name, now_ns: int) -> bool:
        """Whether the store said a moment ago that there is no such key."""
        until_ns = self._absent.get(name)
        return until_ns is not None and now_ns < until_ns

    def put(self, name: Name, snapshot: Snapshot | None, epoch: int, now_ns: int) -> bool:
        """Keep what was loaded, unless something changed since `epoch`; says whether it may be used."""
        if epoch != self.epoch:
            return False
        if snapshot is None:
            if len(self._absent) >= MOST_ABSENT:
                self._absent.clear()
            self._absent[name] = now_ns + ABSENT_NS
            return True
        self._drop(name)  # the one before may have had other accounts
        if len(self._found) >= self._most:
            self._drop(next(iter(self._found)))
        self._found[name] = snapshot
        for account in snapshot.accounts:
            self._of_account.setdefault(account.id, set()).add(name)
        return True

    def forget(self, name: Name) -> None:
        """The key changed, or came to be."""
        self.epoch += 1
        self._absent.pop(name, None)
        self._drop(name)

    def forget_account(self, account: str) -> None:
        """The account changed: all its keys, and those of its sub-accounts."""
        self.epoch += 1
        for name in list(self._of_account.get(account, ())):
            self._drop(name)

    def clear(self) -> None:
        """The house changed."""
        self.epoch += 1
        self._found.clear()
        self._absent.clear()
        self._of_account.clear()

    def __len__(self) -> int:
        return len(self._found)

    def _drop(self, name: Name) -> None:
        snapshot = self._found.pop(name, None)
        if snapshot is None:
            return
        for account in snapshot.accounts:
            names = self._of_account[account.id]
            names.discard(name)
            if not names:
                del self._of_account[account.id]
