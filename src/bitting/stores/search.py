"""Records found again: page by page, in the order of rows, each page checked before it is believed.

Time needs no index: the newest moment of all until here never falls from one page to the next, so the page is found by
halving. A request id says the second in which it was made. What else is asked for is first looked for as a word in the
page's bytes, and in a page's list of callers; only what remains is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from bitting.activity.ports import ALWAYS_NS, Entry, Found, Query
from bitting.domain.activity import second_of
from bitting.domain.canonical import framed
from bitting.domain.errors import Tampered
from bitting.domain.network import address_to_text
from bitting.domain.verdict import Reason
from bitting.gate.totals import DAY_NS
from bitting.stores.log_ports import Caller, LogHead, Page
from bitting.stores.numbers import log_marker, read_caller
from bitting.stores.pages import (
    Leaves,
    Person,
    caller_word,
    check,
    check_head,
    page_of,
    people_of,
    plain_of,
    row_number,
    word,
)
from bitting.stores.ports import Tables
from bitting.stores.seals import Seals

SECOND_NS: Final = 1_000_000_000
LATE_NS: Final = 60 * SECOND_NS  # how long a record may have waited before it was written behind newer ones
MOST_CALLERS: Final = 500  # who are looked for by lists; for more all pages are read
_NETWORK: Final = Reason.NETWORK.code


def day_purpose(now_ns: int) -> str:
    """What the addresses of a page are sealed for."""
    day = datetime.fromtimestamp(now_ns // DAY_NS * 86_400, UTC).date()
    return f"activity:{day.isoformat()}"


def box_context(page: int, caller: int) -> bytes:
    """Where a sealed box belongs."""
    return framed(b"box", b"%d" % page, b"%d" % caller)


class Search:
    """Reads within one state of the store."""

    def __init__(self, tables: Tables, seals: Seals, now_ns: int) -> None:
        self._tables = tables
        self._seals = seals
        self._now_ns = now_ns
        self._callers: dict[int, Caller] = {}
        self._tellers: dict[int, Leaves] = {}

    def find(self, query: Query) -> Found:
        """As `ActivityStore.activity`."""
        head = self.head()
        if head is None or query.most < 1:
            return Found([], None)
        query = _narrowed(query)
        callers = self._wanted(query)
        low = max(head.first, page_of(query.after), self._page_at(head, query.since_ns))
        high = min(head.last, self._page_at(head, query.until_ns + LATE_NS))
        if query.before:
            high = min(high, page_of(query.before))
        found: list[Entry] = []
        looked_at, on = 0, None
        words = _words(query, callers)
        for page in self._pages(low, high, callers, back=not query.after):
            if page.oldest_ns >= query.until_ns:
                continue
            plain = self.plain(page)
            if not all(each in plain for each in words):
                continue
            opened = _Opened(self, page, plain)
            for place in opened.places(callers, back=not query.after):
                row = row_number(page.number, place)
                if row <= query.after or row >= (query.before or ALWAYS_NS):
                    continue
                if looked_at >= query.looked_at or len(found) >= query.most:
                    return _answer(found, on, query)
                looked_at, on = looked_at + 1, row
                entry = opened.matching(place, row, query)
                if entry is not None:
                    found.append(entry)
        return _answer(found, None, query)

    def head(self) -> LogHead | None:
        """Where the log begins and ends; None while there is none. Raises Tampered."""
        head = self._tables.log.head()
        if head is not None:
            check_head(log_marker(self._tables, self._seals, self._now_ns), head)
        return head

    def caller(self, number: int) -> Caller:
        """Raises Tampered."""
        if number not in self._callers:
            marker = log_marker(self._tables, self._seals, self._now_ns)
            rows = self._tables.tallies.caller_rows([number])
            if not rows:
                raise Tampered(f"caller {number} of the activity log is gone: it was deleted past Bitting")
            self._callers[number] = read_caller(marker, rows[0])
        return self._callers[number]

    def _wanted(self, query: Query) -> list[int] | None:
        """The callers by whom pages are found; None for all pages."""
        if not query.key and not query.account:
            return None
        return self._tables.tallies.callers_of(query.key, query.account)

    def _pages(self, low: int, high: int, callers: list[int] | None, *, back: bool) -> Iterator[Page]:
        listed = callers if callers is not None and len(callers) <= MOST_CALLERS else None
        return self._tables.log.pages(low, high, listed, back=back)

    def page(self, number: int) -> Page:
        """Raises Tampered where it is gone."""
        page = self._tables.log.page(number)
        if page is None:
            raise Tampered(f"page {number} of the activity log is gone: it was deleted past Bitting")
        return page

    def plain(self, page: Page) -> bytes:
        """What is in a page, before it is read. Raises Tampered."""
        check(log_marker(self._tables, self._seals, self._now_ns), page)
        return plain_of(page)

    def read(self, page: Page) -> Leaves:
        """What is in a page. Raises Tampered."""
        return Leaves(page, self.plain(page))

    def people(self, page: Page, leaves: Leaves, number: int) -> list[Person]:
        """The addresses and clients of a caller in a page; none where its account's key is gone. Raises Tampered."""
        caller, box = self.caller(number), leaves.box(number)
        if not box or not self._seals.has_key(self._tables.wrapped, caller.tenant, caller.account):
            return []
        purpose = day_purpose(page.top_ns)
        sealer = self._seals.sealer(self._tables.wrapped, caller.tenant, caller.account, purpose, self._now_ns)
        return people_of(sealer.open(box, box_context(page.number, number)))

    def outcomes(self, leaves: Leaves) -> dict[int, tuple[int, str]]:
        """What became of a page's records, told there or later. Raises Tampered."""
        outcomes = dict(leaves.outcomes)
        for number in self._tables.log.tellers(leaves.number):
            outcomes.update(self._teller(number).outcomes)
        return outcomes

    def _teller(self, number: int) -> Leaves:
        leaves = self._tellers.get(number)
        if leaves is None:
            if len(self._tellers) >= _TELLERS_HELD:
                self._tellers.clear()
            leaves = self._tellers[number] = self.read(self.page(number))
        return leaves

    def _page_at(self, head: LogHead, since_ns: int) -> int:
        """The first page that may hold something as new as this."""
        low, high = head.first, head.last + 1
        while since_ns and low < high:
            middle = (low + high) // 2
            page = self._tables.log.page(middle)
            if page is not None and page.top_ns < since_ns:
                low = middle + 1
            else:
                high = middle
        return low


class _Opened:
    """A page, as far as it was looked into."""

    def __init__(self, search: Search, page: Page, plain: bytes) -> None:
        self._search = search
        self._page = page
        self._leaves = Leaves(page, plain)
        self._people: dict[int, list[Person]] = {}
        self._outcomes: dict[int, tuple[int, str]] | None = None

    def places(self, callers: list[int] | None, *, back: bool) -> list[int]:
        """Where records of these callers are, the last first if one goes back."""
        leaves = self._leaves
        places = list(range(len(leaves))) if callers is None else leaves.places_of(frozenset(callers))
        return places[::-1] if back else places

    def matching(self, place: int, row: int, query: Query) -> Entry | None:
        """The entry, if the query means it. What is sealed is opened last."""
        number, at = self._leaves.person_at(place)
        record = self._leaves.record(place, self._search.caller(number))
        wanted = (query.verdict, query.reason, query.request_id, query.pair)
        given = (record.verdict, record.reason, record.request_id, record.pair)
        if any(each and each != other for each, other in zip(wanted, given, strict=True)):
            return None
        if query.action and query.action not in record.action.split(", "):
            return None
        if not query.since_ns <= record.at_ns < query.until_ns:
            return None
        if number not in self._people:
            self._people[number] = self._search.people(self._page, self._leaves, number)
        people = self._people[number]
        if people:
            peer, agent = people[at]
            shown = address_to_text(peer) if record.reason == _NETWORK else record.shown
            record = record._replace(peer=peer, agent=agent, shown=shown)
        if not query.network.anywhere and not (people and query.network.admits(record.peer)):
            return None
        if self._outcomes is None:
            self._outcomes = self._search.outcomes(self._leaves)
        return Entry(row, record, *self._outcomes.get(row, (0, "")))


_TELLERS_HELD: Final = 64


def _narrowed(query: Query) -> Query:
    """A request id narrows the time, where it says one."""
    second = second_of(query.request_id)
    if second is None:
        return query
    since_ns = max(query.since_ns, (second - 1) * SECOND_NS)
    return query._replace(since_ns=since_ns, until_ns=min(query.until_ns, (second + 2) * SECOND_NS))


def _words(query: Query, callers: Sequence[int] | None) -> list[bytes]:
    """What stands in every page that has what is asked for."""
    texts = (query.verdict, query.reason, query.request_id, query.action, query.pair)
    words = [word(each) for each in texts if each]
    return words if callers is None or len(callers) != 1 else [*words, caller_word(callers[0])]


def _answer(found: list[Entry], on: int | None, query: Query) -> Found:
    return Found(found if query.after else found[::-1], on)
