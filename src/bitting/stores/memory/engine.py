"""The engine in memory. There is one lock, and everybody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from bitting.domain.errors import Refused
from bitting.stores.memory.counts import MemoryCounts
from bitting.stores.memory.journal import MemoryJournal
from bitting.stores.memory.log import MemoryLog
from bitting.stores.memory.objects import MemoryObjects, MemoryWrapped
from bitting.stores.memory.papers import MemoryPapers
from bitting.stores.memory.people import MemoryPeople
from bitting.stores.memory.tallies import MemoryTallies
from bitting.stores.memory.undo import Undo
from bitting.stores.ports import Progress, Seal, Tables


class MemoryEngine:
    """Fits `ports.Engine`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._undo = Undo()
        self.objects = MemoryObjects(self._undo)
        self.wrapped = MemoryWrapped(self._undo)
        self.journal = MemoryJournal(self._undo)
        self.counts = MemoryCounts(self._undo)
        self.log = MemoryLog(self._undo)
        self.tallies = MemoryTallies(self._undo)
        self.papers = MemoryPapers(self._undo)
        self.people = MemoryPeople(self._undo)

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        with self._lock:
            yield Tables(
                self.objects,
                self.wrapped,
                self.journal,
                self.counts,
                self.log,
                self.tallies,
                self.papers,
                self.people,
            )

    looking = reading

    @contextmanager
    def writing(self) -> Iterator[Tables]:
        with self.reading() as tables:
            try:
                yield tables
            except BaseException:
                self._undo.take_back()
                raise
            self._undo.forget()

    def tidy(self) -> None:
        """Everything is in its place."""

    def backup(self, path: str, now_ns: int, progress: Progress, seal: Seal | None = None) -> None:
        """Raises Refused."""
        raise Refused("this house keeps everything in memory; there is nothing to copy")

    def close(self) -> None:
        """Nothing but memory is held."""
