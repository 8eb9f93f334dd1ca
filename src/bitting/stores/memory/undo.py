"""How a transaction over dicts is rolled back: every write says first how to take it back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Undo:
    """The writes of one transaction, to be taken back in reverse."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Write one row."""
        if key in table:
            self._steps.append(partial(table.__setitem__, key, table[key]))
        else:
            self._steps.append(partial(table.__delitem__, key))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Delete one row."""
        self._steps.append(partial(table.__setitem__, key, table.pop(key)))

    def refill(self, table: dict[K, V], rows: dict[K, V]) -> None:
        """Put other rows, in their order, in the place of all there are."""
        before = dict(table)
        self._steps.append(lambda: _fill(table, before))
        _fill(table, rows)

    def take_back(self) -> None:
        """Be as before the transaction."""
        while self._steps:
            self._steps.pop()()

    def forget(self) -> None:
        """The transaction is over, and what was written stays."""
        self._steps.clear()


def _fill(table: dict[K, V], rows: dict[K, V]) -> None:
    table.clear()
    table.update(rows)
