"""The accounts within which one question of a person is asked: wrapped round the store, so that no intent forgets it.

Rule: what lies outside is not there. It is refused with the very words for what never was, found by no name, counted in
no list, and no text speaks of it. What a person may see and not touch is refused in words of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from bitting.activity.ports import Counted, CountQuery, Found, Query, Uses
from bitting.desk.ports import Book, Listed, Shelf, Told
from bitting.domain.account import Account
from bitting.domain.action_table import ActionTable
from bitting.domain.consent import Confirmation
from bitting.domain.errors import NotFound, Refused
from bitting.domain.house_policy import HousePolicy
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.gate.ports import Loaded
from bitting.lifecycle.ports import Work

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    """Accounts by their ids: those the person may see (None: all), and those on which the question is allowed."""

    sees: frozenset[str] | None
    may: frozenset[str]

    def admits(self, account: str) -> bool:
        """Whether the account is there at all. Raises Refused where it is, and the person may only look."""
        if self.sees is not None and account not in self.sees:
            return False
        if account not in self.may:
            raise Refused("you may look at this account, and not do that to it: your role there does not include it")
        return True


class ScopedBook:
    """Fits `ports.Book`."""

    def __init__(self, book: Book, scope: Scope) -> None:
        self._book = book
        self._scope = scope

    async def load(self, environment: Environment, dialect: str, wire_id: str) -> Loaded | None:
        loaded = await self._book.load(environment, dialect, wire_id)
        return None if loaded is None or not self._scope.admits(loaded.snapshot.key.account) else loaded

    async def change(self, now_ns: int, make: Callable[[Work], T]) -> T:
        return await self._book.change(now_ns, lambda work: make(cast(Work, ScopedWork(work, self._scope))))

    async def read(self, look: Callable[[Shelf], T]) -> T:
        return await self._book.read(lambda shelf: look(cast(Shelf, ScopedShelf(shelf, self._scope))))


class ScopedWork:
    """`lifecycle.ports.Work`, in which keys and accounts outside are not there. Intents have looked them up within the
    scope before; this is for the one that did not."""

    def __init__(self, work: Work, scope: Scope) -> None:
        self._work = work
        self._scope = scope

    def key(self, key_id: str) -> Key:
        key = self._work.key(key_id)
        if not self._scope.admits(key.account):
            raise _no("key", key_id)
        return key

    def account(self, account_id: str) -> Account:
        if not self._scope.admits(account_id):
            raise _no("account", account_id)
        return self._work.account(account_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)


class ScopedShelf:
    """`desk.ports.Shelf`, as far as it is for people who are not of the house; nothing else can be asked of it."""

    def __init__(self, shelf: Shelf, scope: Scope) -> None:
        self._shelf = shelf
        self._scope = scope

    def find_key(self, text: str, within: Iterable[str] | None = None) -> Key:
        key = self._shelf.find_key(text, self._within(within))
        self._scope.admits(key.account)
        return key

    def find_account(self, text: str, within: Iterable[str] | None = None) -> Account:
        account = self._shelf.find_account(text, self._within(within))
        self._scope.admits(account.id)
        return account

    def chain(self, account_id: str) -> tuple[Account, ...]:
        """The parent's holds are the account's business, whoever the parent is."""
        self._must_admit(account_id)
        return self._shelf.chain(account_id)

    def listed(self, account: str | None, after: str = "", most: int = -1) -> Listed:
        if account is not None:
            self._must_admit(account)
            return self._shelf.listed(account, after, most)
        parts = [self._shelf.listed(each, after, most) for each in sorted(self._scope.may)]
        keys = {each.id: each for part in parts for each in part.keys}
        damaged = {each.partition(":")[0]: each for part in parts for each in part.damaged}
        ids = sorted({*keys, *damaged})
        page = ids if most < 0 else ids[:most]
        more = len(ids) > len(page) or any(part.last is not None for part in parts)
        return Listed(
            [keys[each] for each in page if each in keys],
            [damaged[each] for each in page if each in damaged],
            page[-1] if more and page else None,
        )

    def accounts(self, after: str = "", most: int = -1) -> list[Account]:
        ids = [each for each in sorted(self._scope.may) if each > after]
        return [self._shelf.find_account(each) for each in (ids if most < 0 else ids[:most])]

    def usage(self, key_id: str) -> int | None:
        self.find_key(key_id)
        return self._shelf.usage(key_id)

    def uses(self, key_id: str, now_ns: int) -> Uses:
        self.find_key(key_id)
        return self._shelf.uses(key_id, now_ns)

    def told(self, account: str | None, before: int | None, most: int, *, to_house: bool = True) -> list[Told]:
        """Of one account, and nothing about the people of the house."""
        if account is None:
            raise Refused("name the account: the rest of the journal is the house's to see")
        self._must_admit(account)
        return self._shelf.told(account, before, most, to_house=False)

    def confirmation(self, confirmation_id: str) -> Confirmation:
        """It belongs to a session, which is asked for by whoever shows it."""
        return self._shelf.confirmation(confirmation_id)

    def house(self) -> tuple[HousePolicy, int]:
        """By which keys are judged; no intent that is open to holders shows it."""
        return self._shelf.house()

    def actions(self, dialect: str) -> tuple[ActionTable, int]:
        return self._shelf.actions(dialect)

    def activity(self, query: Query, now_ns: int) -> Found:
        """Account by account, put together by row."""
        wanted = self._asked_about(query.key, query.account)
        parts = [self._shelf.activity(query._replace(account=each), now_ns) for each in wanted]
        entries = sorted((entry for part in parts for entry in part.entries), key=lambda each: each.row)
        forward = bool(query.after)
        page = entries[: query.most] if forward else entries[-query.most :]
        ons = [part.on for part in parts if part.on is not None]
        if len(entries) > len(page):
            ons.append(page[-1].row if forward else page[0].row)
        if not ons:
            return Found(page, None)
        # Every part has looked as far as the nearest of these; what was found behind it is found again.
        on = min(ons) if forward else max(ons)
        return Found([each for each in page if (each.row <= on if forward else each.row >= on)], on)

    def counted(self, query: CountQuery, now_ns: int) -> list[Counted]:
        """The sums over the accounts."""
        if query.strangers:
            raise Refused("who proved nothing is the house's to see")
        times: Counter[tuple[int, tuple[str, ...]]] = Counter()
        for account in self._asked_about(query.key, query.account):
            wanted = query if query.key else query._replace(account=account)
            for each in self._shelf.counted(wanted, now_ns):
                times[each.at_ns, each.by] += each.times
        return [Counted(at_ns, by, number) for (at_ns, by), number in sorted(times.items())]

    def _asked_about(self, key: str, account: str) -> list[str]:
        """The accounts that a question about this key, this account or everything is about."""
        if key:
            return [self.find_key(key).account]
        if account:
            self._must_admit(account)
            return [account]
        return sorted(self._scope.may)

    def _within(self, within: Iterable[str] | None) -> frozenset[str] | None:
        if within is None:
            return self._scope.sees
        return frozenset(within) if self._scope.sees is None else self._scope.sees & frozenset(within)

    def _must_admit(self, account_id: str) -> None:
        if not self._scope.admits(account_id):
            raise _no("account", account_id)

    def __getattr__(self, name: str) -> Any:
        raise Refused("this is the house's to see")


def _no(kind: str, id: str) -> NotFound:
    return NotFound(f"there is no {kind} {id[:64]}")
