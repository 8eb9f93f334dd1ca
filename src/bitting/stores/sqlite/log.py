"""The pages of the activity log in SQLite, and what is found without reading them."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bitting.gate.totals import DAY_NS
from bitting.stores.log_ports import LogHead, Page, Span, Unmapped
from bitting.stores.pages import SPAN_BITS

_PAGE: Final = "SELECT page, oldest_ns, top_ns, body, before, mark FROM activity_pages WHERE "
_SPANS: Final = "SELECT span FROM activity_spans WHERE day = ? AND caller = ? AND span BETWEEN ? AND ?"


class SqliteLog:
    """Fits `log_ports.Log`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._executemany = connection.executemany

    def head(self) -> LogHead | None:
        found = self._execute("SELECT first_page, last_page, mark, seal FROM activity_head").fetchone()
        return None if found is None else LogHead(*found)

    def put_head(self, head: LogHead) -> None:
        self._execute("INSERT OR REPLACE INTO activity_head VALUES (1, ?, ?, ?, ?)", head)

    def add_page(self, page: Page, spans: Iterable[Span], about: Iterable[int]) -> None:
        number, oldest_ns, top_ns, body, before, mark = page
        values = (number, oldest_ns, top_ns, before, mark, body)
        self._execute("INSERT INTO activity_pages VALUES (?, ?, ?, ?, ?, ?)", values)
        self._executemany("INSERT OR IGNORE INTO activity_spans VALUES (?, ?, ?)", sorted(spans))
        tellers = [(each, number) for each in sorted(about)]
        self._executemany("INSERT INTO activity_tellers VALUES (?, ?)", tellers)

    def page(self, number: int) -> Page | None:
        found = self._execute(f"{_PAGE} page = ?", (number,)).fetchone()
        return None if found is None else Page(*found)

    def ends(self) -> tuple[int, int] | None:
        sql = "SELECT (SELECT min(page) FROM activity_pages), (SELECT max(page) FROM activity_pages)"
        first, last = self._execute(sql).fetchone()
        return None if first is None else (first, last)

    def pages(self, low: int, high: int, callers: Sequence[int] | None, *, back: bool) -> Iterator[Page]:
        sql = f"{_PAGE} page BETWEEN ? AND ? ORDER BY page {'DESC' if back else 'ASC'}"
        ranges = [(low, high)] if callers is None else self._ranges(low, high, callers, back=back)
        for each in ranges:
            yield from map(Page._make, self._execute(sql, each))

    def tellers(self, page: int) -> list[int]:
        sql = "SELECT teller FROM activity_tellers WHERE page = ? ORDER BY teller"
        return [teller for (teller,) in self._execute(sql, (page,))]

    def has_span(self, span: Span) -> bool:
        sql = "SELECT 1 FROM activity_spans WHERE (day, caller, span) = (?, ?, ?)"
        return self._execute(sql, span).fetchone() is not None

    def drop_pages(self, before_ns: int, most: int) -> int:
        sql = "SELECT page, top_ns FROM activity_pages ORDER BY page LIMIT ?"
        old = [page for page, top_ns in self._execute(sql, (most,)) if top_ns < before_ns]
        if old:
            self._execute("DELETE FROM activity_pages WHERE page <= ?", (old[-1],))
            self._execute("DELETE FROM activity_tellers WHERE page <= ?", (old[-1],))
        return len(old)

    def drop_spans(self, before_day: int, most: int) -> int:
        sql = "SELECT day, caller, span FROM activity_spans WHERE day < ? ORDER BY day, caller, span LIMIT ?"
        old = self._execute(sql, (before_day, most)).fetchall()
        if old:
            self._execute("DELETE FROM activity_spans WHERE (day, caller, span) <= (?, ?, ?)", old[-1])
        return len(old)

    def count_unmapped(self, routes: Iterable[Unmapped]) -> None:
        sql = """INSERT INTO unmapped VALUES (?, ?, ?, ?, ?) ON CONFLICT (dialect, method, path) DO UPDATE
                 SET times = times + excluded.times, last_at_ns = max(last_at_ns, excluded.last_at_ns)"""
        self._executemany(sql, routes)

    def unmapped(self) -> list[Unmapped]:
        sql = "SELECT dialect, method, path, times, last_at_ns FROM unmapped ORDER BY last_at_ns DESC"
        return [Unmapped(*found) for found in self._execute(sql)]

    def _ranges(self, low: int, high: int, callers: Sequence[int], *, back: bool) -> Iterator[tuple[int, int]]:
        for span in self._spans(low, high, callers, back=back):
            yield max(low, span << SPAN_BITS), min(high, (span + 1 << SPAN_BITS) - 1)

    def _spans(self, low: int, high: int, callers: Sequence[int], *, back: bool) -> Iterator[int]:
        """The spans of all of them in order, each once; each caller along its own of a day, no further than asked."""
        sql = f"{_SPANS} ORDER BY span {'DESC' if back else 'ASC'}"
        ends, before = (low >> SPAN_BITS, high >> SPAN_BITS), -1
        for day in self._days(low, high, back=back):
            found = [self._execute(sql, (day, caller, *ends)) for caller in callers]
            for (span,) in heapq.merge(*found, reverse=back):
                if span != before:  # one of two callers, or of two days
                    yield span
                before = span

    def _days(self, low: int, high: int, *, back: bool) -> Iterator[int]:
        """Those of the pages in between."""
        sql = """SELECT (SELECT top_ns FROM activity_pages WHERE page >= ? ORDER BY page LIMIT 1),
                        (SELECT top_ns FROM activity_pages WHERE page <= ? ORDER BY page DESC LIMIT 1)"""
        first_ns, last_ns = self._execute(sql, (low, high)).fetchone()
        if first_ns is not None and last_ns is not None:
            days = range(first_ns // DAY_NS, last_ns // DAY_NS + 1)
            yield from reversed(days) if back else days
