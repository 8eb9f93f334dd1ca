"""The pages of the activity log in dicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bitting.stores.log_ports import LogHead, Page, Span, Unmapped
from bitting.stores.memory.undo import Undo
from bitting.stores.pages import span_of


class MemoryLog:
    """Fits `log_ports.Log`."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.heads: dict[int, LogHead] = {}
        self.paged: dict[int, Page] = {}
        self.spans: dict[Span, None] = {}
        self.told: dict[tuple[int, int], None] = {}  # page, teller
        self._unmapped: dict[tuple[str, str, str], Unmapped] = {}

    def head(self) -> LogHead | None:
        return self.heads.get(1)

    def put_head(self, head: LogHead) -> None:
        self._undo.put(self.heads, 1, head)

    def add_page(self, page: Page, spans: Iterable[Span], about: Iterable[int]) -> None:
        self._undo.put(self.paged, page.number, page)
        for span in spans:
            self._undo.put(self.spans, span, None)
        for each in about:
            self._undo.put(self.told, (each, page.number), None)

    def page(self, number: int) -> Page | None:
        return self.paged.get(number)

    def ends(self) -> tuple[int, int] | None:
        return (min(self.paged), max(self.paged)) if self.paged else None

    def pages(self, low: int, high: int, callers: Sequence[int] | None, *, back: bool) -> Iterator[Page]:
        wanted = None if callers is None else {each.number for each in self.spans if each.caller in callers}
        for number in sorted(self.paged, reverse=back):
            page = self.paged[number]
            listed = wanted is None or span_of(number) in wanted
            if low <= number <= high and listed:
                yield page

    def tellers(self, page: int) -> list[int]:
        return sorted(teller for about, teller in self.told if about == page)

    def has_span(self, span: Span) -> bool:
        return span in self.spans

    def drop_pages(self, before_ns: int, most: int) -> int:
        old = [number for number in sorted(self.paged)[:most] if self.paged[number].top_ns < before_ns]
        for number in old:
            self._undo.drop(self.paged, number)
        for place in [each for each in self.told if each[0] in old]:
            self._undo.drop(self.told, place)
        return len(old)

    def drop_spans(self, before_day: int, most: int) -> int:
        old = sorted(each for each in self.spans if each.day < before_day)[:most]
        for span in old:
            self._undo.drop(self.spans, span)
        return len(old)

    def count_unmapped(self, routes: Iterable[Unmapped]) -> None:
        for each in routes:
            place = (each.dialect, each.method, each.path)
            before = self._unmapped.get(place, each._replace(times=0))
            times, last_at_ns = before.times + each.times, max(before.last_at_ns, each.last_at_ns)
            self._undo.put(self._unmapped, place, Unmapped(*place, times, last_at_ns))

    def unmapped(self) -> list[Unmapped]:
        return sorted(self._unmapped.values(), key=lambda each: -each.last_at_ns)
