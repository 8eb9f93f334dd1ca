"""Snapshots by the name a request knows: environment, dialect, wire id.

A change of a key drops its snapshot before the change is acknowledged. A load that began before the
change must not put the old row back: each drop starts a new epoch, and what was loaded in an earlier one
is not kept.

Rows come and go one at a time. Freeing all of them at once, when the house changes or when they have grown old, would
stop every request for seconds, so a few go with each that comes, and some more now and then (`age`).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from bitting.domain.ids import Environment
from bitting.gate.snapshot import LONGEST_LIFE_NS, Snapshot

Name = tuple[Environment, str, str]

ABSENT_NS: Final = 5_000_000_000
MOST_ABSENT: Final = 10_000
MOST_FOUND: Final = 60_000  # a row takes some eleven kilobytes, with all that belongs to it
GOING_AT_ONCE: Final = 3  # with each that comes
GOING_BY_AGE: Final = 500  # some five milliseconds, every second


class Gone(NamedTuple):
    """A row that went: its name, and the ids of credentials, and of key and accounts, that it was about."""

    name: Name
    credentials: frozenset[str]
    scopes: frozenset[str]


class Snapshots:
    """A bounded cache. `None` in it means: looked for, and not there."""

    def __init__(self, most: int = MOST_FOUND) -> None:
        self._found: OrderedDict[Name, Snapshot] = OrderedDict()  # the oldest first
        self._cleared: list[OrderedDict[Name, Snapshot]] = []  # believed no more, and still to be freed
        self._absent: dict[Name, int] = {}
        self._of_account: dict[str, set[Name]] = {}
        self._gone: list[Gone] = []
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
        self.age(now_ns, GOING_AT_ONCE)
        if len(self._found) + sum(map(len, self._cleared)) >= self._most:
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
        """The house changed: no row is believed from here on."""
        self.epoch += 1
        if self._found:
            self._cleared.append(self._found)
        self._found = OrderedDict()
        self._of_account = {}
        self._absent.clear()

    def age(self, now_ns: int, most: int = GOING_BY_AGE) -> None:
        """Free up to `most` of the rows that are not believed any more: those of another house, and the old ones."""
        for _ in range(most):
            if self._cleared:
                name, snapshot = self._cleared[-1].popitem(last=False)
                self._left(name, snapshot)
                if not self._cleared[-1]:
                    self._cleared.pop()
            elif self._found and self._found[name := next(iter(self._found))].until_ns <= now_ns:
                self._drop(name)
            else:
                return

    def departed(self) -> list[Gone]:
        """The rows that went since this was last asked, each with what it was about and none is that is here now.

        Whoever forgets what belongs to them must not learn it anew from an older state of the store, so no load that
        has begun by now is kept.
        """
        gone, self._gone = self._gone, []
        if gone:
            self.epoch += 1
        departed = []
        for name, credentials, scopes in gone:
            here = self._found.get(name)
            if here is not None:
                credentials, scopes = credentials - {each.id for each in here.key.credentials}, scopes - {here.key.id}
            scopes = frozenset(each for each in scopes if each not in self._of_account)
            if credentials or scopes:
                departed.append(Gone(name, credentials, scopes))
        return departed

    def not_yet(self, gone: Gone) -> None:
        """Of this row not everything could be forgotten: tell of it again."""
        self._gone.append(gone)

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
        self._left(name, snapshot)

    def _left(self, name: Name, snapshot: Snapshot) -> None:
        key = snapshot.key
        scopes = frozenset((key.id, *(each.id for each in snapshot.accounts)))
        self._gone.append(Gone(name, frozenset(each.id for each in key.credentials), scopes))
