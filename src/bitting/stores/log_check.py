"""Whether the activity log is as it was written: each page in its place, none missing, none too many.

What a page does not say itself is held against it: the callers it means, and the spans and later pages by which it is
found. Counts are not protected; as long as there are records, they can be counted again.
"""

from __future__ import annotations

from bitting.domain.errors import Tampered
from bitting.gate.totals import DAY_NS
from bitting.stores.log_ports import LogHead, Page, Span
from bitting.stores.pages import NO_MARK, page_of, span_of
from bitting.stores.ports import Tables
from bitting.stores.seals import Seals
from bitting.stores.search import Search

_NOTHING = LogHead(1, 0, NO_MARK, b"")


class LogCheck:
    """Looks within one state of the store."""

    def __init__(self, tables: Tables, seals: Seals, now_ns: int) -> None:
        self._tables = tables
        self._search = Search(tables, seals, now_ns)

    def ends(self) -> None:
        """Raises Tampered unless the log begins and ends where its head says."""
        head, there = self._search.head(), self._tables.log.ends()
        if head is None and (there is not None or self._tables.tallies.newest_caller()):
            raise Tampered("the activity log has lost its head: the row was deleted past Bitting")
        first, last, _, _ = head or _NOTHING
        if there is not None and not first <= there[0] <= there[1] <= last:
            raise Tampered("the activity log has pages that are not its own: they were put in past Bitting")

    def page(self, number: int) -> None:
        """Raises Tampered unless the page is there, is what was written, and can be found."""
        head = self._search.head() or _NOTHING
        page = self._search.page(number)
        leaves = self._search.read(page)
        if number > head.first:
            before = self._search.page(number - 1)
            self._follows(page, before.mark, before.top_ns)
        if number == head.last and page.mark != head.mark:
            raise Tampered(f"page {number} of the activity log is not the last that was written: it was put back")
        for caller in leaves.whose:
            self._search.caller(caller)
            span = Span(page.top_ns // DAY_NS, caller, span_of(number))
            if not self._tables.log.has_span(span):
                raise Tampered(
                    f"page {number} of the activity log is not found by its callers: a row of them was deleted"
                )
        for earlier in {page_of(row) for row in leaves.outcomes} - {number}:
            if earlier >= head.first and number not in self._tables.log.tellers(earlier):
                raise Tampered(f"page {number} of the activity log is not found by what it tells: a row was deleted")

    def _follows(self, page: Page, mark: bytes, top_ns: int) -> None:
        if page.before != mark or page.top_ns < top_ns:
            raise Tampered(f"page {page.number} of the activity log does not follow the one before: one was put back")
