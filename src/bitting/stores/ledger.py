"""The activity log: groups of records written in one transaction, with what has to be durable beside them.

Peer addresses and clients are personal. They are sealed under their account's key, for the page and the day; those of
strangers, who have no account, under the house's own. What cannot be sealed because the account's key is gone is not
kept: the record is worth more than the address. The refusal of an address shows that address; it is left out of the
record, and put in again from the sealed one.

A stranger's refusal becomes a record only where the key id it claims is one of ours: its holder, whose signature is
wrong, wants to read why. What claims an invented id, or nothing, is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from operator import itemgetter
from typing import Final

from bitting.activity.ports import MINUTE_NS, Alike, Batch, Query, Step
from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import BittingError, Conflict, MalformedStored, NotFound, Shredded, Tampered
from bitting.domain.ids import Environment
from bitting.domain.verdict import Reason
from bitting.gate.totals import DAY_NS, Slot
from bitting.stores.known import Known, Place, Sent
from bitting.stores.log_check import LogCheck
from bitting.stores.log_ports import Caller, LogHead, Page, Span, Unmapped
from bitting.stores.numbers import Numbers, found_log, log_marker
from bitting.stores.observing import OBSERVED, Observing
from bitting.stores.pages import (
    MOST_A_PAGE,
    NO_MARK,
    Sheet,
    Told,
    chained,
    head_of,
    pack,
    page_of,
    row_number,
    span_of,
)
from bitting.stores.ports import Tables
from bitting.stores.reading import Reader
from bitting.stores.seals import Seals
from bitting.stores.search import Search, box_context, day_purpose
from bitting.stores.tally import Tally
from bitting.vault.aead import NONCE_BYTES

DENIED: Final = "denied"
_HOUR_NS: Final = Step.HOUR.ns
_NETWORK: Final = Reason.NETWORK.code
_ids = itemgetter(*map(Record._fields.index, Caller._fields))


class Ledger:
    """Writes within one transaction."""

    def __init__(self, tables: Tables, seals: Seals, known: Known) -> None:
        self._tables = tables
        self._seals = seals
        self._known = known

    def write(self, batch: Batch) -> list[BittingError | None]:
        """As `ActivityStore.write`, less the transaction. Raises Tampered where the log is not the one that was
        written: then nothing may be added to it."""
        answers, judged = self._effects(batch)
        records, beyond = self._kept(judged)
        beyond.update(batch.beyond)
        moments = [each.at_ns for each in records] + [each.minute * MINUTE_NS for each in beyond]
        head = self._begin(max(moments, default=self._known.top_ns))
        numbers = Numbers(self._tables, self._seals, self._known, self._known.top_ns)
        tally = Tally(numbers)
        self._pages(head, records, batch.outcomes, numbers, tally)
        tally.add_beyond(beyond)
        tally.write(self._tables.tallies)
        self._tables.log.count_unmapped(_unmapped(judged))
        self._known.trim()
        return answers

    def _effects(self, batch: Batch) -> tuple[list[BittingError | None], list[Record]]:
        """Make durable what has to be, where the key is still the one that was judged."""
        answers: list[BittingError | None] = []
        records: list[Record] = []
        marks: dict[tuple[str, str, str], int] = {}
        sums: dict[Slot, Decimal] = {}
        for record, effects in batch.lines:
            conflict = None
            if effects is not None:
                if effects.unchanged is not None:
                    conflict = self._moved_on(*effects.unchanged)
                if conflict is None:
                    sums.update(effects.sums)
                    for credential, mark in effects.marks.items():
                        place = (record.tenant, record.account, credential)
                        marks[place] = max(mark, marks.get(place, mark))
            answers.append(conflict)
            if conflict is not None:
                record = _turned_down(record, conflict)
            elif record.reason == _NETWORK:
                record = record._replace(shown="")
            records.append(record)
        sums.update(batch.sums)
        self._tables.counts.raise_marks(marks)
        self._tables.counts.put_sums(sums)
        return answers, records

    def _kept(self, records: Sequence[Record]) -> tuple[list[Record], Counter[Alike]]:
        """The records that are kept, and the others counted."""
        kept: list[Record] = []
        beyond: Counter[Alike] = Counter()
        for record in records:
            if record.key or record.verdict != DENIED or self._claims_a_key(record):
                kept.append(record)
            else:
                beyond[Alike.of(record)] += 1
        return kept, beyond

    def _claims_a_key(self, record: Record) -> bool:
        named = self._tables.objects.named_key_row
        return bool(record.wire_id) and any(named(each.value, record.dialect, record.wire_id) for each in Environment)

    def _begin(self, newest_ns: int) -> LogHead:
        """Find the end of the log, or found it. Raises Tampered: a new end would make a forged one genuine."""
        known, log = self._known, self._tables.log
        if known.head is None:
            found_log(self._tables, self._seals)
            LogCheck(self._tables, self._seals, newest_ns).ends()
            known.head = log.head() or head_of(log_marker(self._tables, self._seals, newest_ns), 1, 0, NO_MARK)
            last = log.page(known.head.last)
            known.top_ns = 0 if last is None else last.top_ns
        known.top_ns = max(known.top_ns, newest_ns)
        return known.head

    def _pages(
        self, head: LogHead, records: Sequence[Record], outcomes: Sequence[Outcome], numbers: Numbers, tally: Tally
    ) -> None:
        """Write the records, and what became of these and of earlier ones."""
        known, log = self._known, self._tables.log
        chunks = [records[at : at + MOST_A_PAGE] for at in range(0, len(records), MOST_A_PAGE)]
        if outcomes and not chunks:
            chunks = [[]]
        if not chunks:
            return
        marker = log_marker(self._tables, self._seals, known.top_ns)
        observing = Observing(self._tables.tallies)
        first, last, mark, _ = head
        for chunk in chunks:
            last += 1
            ids = list(map(caller_of, chunk))
            numbered = [known.callers.get(each) or numbers.caller(each) for each in ids]
            callers = dict(zip(numbered, ids, strict=True))
            sheet = Sheet.of_records(chunk, numbered)
            self._remember(last, sheet, {each.request_id for each in outcomes}, observing)
            told = self._told(outcomes, numbers, observing) if chunk is chunks[-1] else []
            body = pack(sheet, told, self._seal(last, callers))
            oldest_ns = min([each.at_ns for each in chunk], default=known.top_ns)
            page = chained(marker, mark, last, oldest_ns, known.top_ns, body)
            log.add_page(page, self._new_spans(page, callers), {page_of(row) for row, _, _ in told} - {last})
            tally.add_sheet(sheet, callers)
            mark = page.mark
        observing.write()
        known.head = head_of(marker, first, last, mark)
        log.put_head(known.head)

    def _new_spans(self, page: Page, callers: Iterable[int]) -> list[Span]:
        """The spans by which the page is found, but for those that were written with an earlier page."""
        day, number = page.top_ns // DAY_NS, span_of(page.number)
        if self._known.span != (day, number):
            self._known.span = (day, number)
            self._known.spanned.clear()
        new = [caller for caller in callers if caller not in self._known.spanned]
        self._known.spanned.update(new)
        return [Span(day, caller, number) for caller in new]

    def _remember(self, page: int, sheet: Sheet, told: Collection[str], observing: Observing) -> None:
        """Where the records are whose outcomes will come."""
        sent, first = self._known.sent, row_number(page, 0)
        places: dict[tuple[int, int, int], Place] = {}
        for row, (record, of, like) in enumerate(zip(sheet.records, sheet.of, sheet.like, strict=True), first):
            if record.verdict == DENIED and record.request_id not in told:
                continue
            at = (record.at_ns // _HOUR_NS, of, like)
            place = places.get(at)
            if place is None or not record.key:
                place = places[at] = _place(record, sheet.people[of][0])
            sent[record.request_id] = (row, place)
            if record.verdict == OBSERVED:
                observing.seen(place, record.request_id)

    def _told(self, outcomes: Sequence[Outcome], numbers: Numbers, observing: Observing) -> list[Told]:
        """By row, what became of records."""
        told = []
        for request_id, status, note in outcomes:
            sent = self._known.sent.pop(request_id, None) or self._find(request_id, numbers)
            if sent is not None:
                row, place = sent
                told.append((row, status, note))
                observing.told(place, request_id, status, note)
        return told

    def _find(self, request_id: str, numbers: Numbers) -> Sent | None:
        """The record, where too many were sent since to remember it."""
        found = Search(self._tables, self._seals, self._known.top_ns).find(Query(request_id=request_id, most=1))
        if not found.entries:
            return None
        row, record, _, _ = found.entries[0]
        return row, _place(record, numbers.caller(caller_of(record)))

    def _seal(self, page: int, callers: Mapping[int, Caller]) -> Callable[[int, bytes], bytes]:
        """What seals a caller's addresses and clients of this page."""
        now_ns, wrapped = self._known.top_ns, self._tables.wrapped
        purpose = day_purpose(now_ns)
        # One draw for the whole group: asking the system for each nonce costs more than sealing.
        entropy = BytesIO(self._seals.entropy(NONCE_BYTES * len(callers))).read

        def seal(number: int, plain: bytes) -> bytes:
            caller = callers[number]
            try:
                sealer = self._seals.sealer(wrapped, caller.tenant, caller.account, purpose, now_ns)
            except (MalformedStored, Shredded, Tampered):
                return b""  # one account's trouble must not keep everybody's records from the disk
            return sealer.seal(plain, box_context(page, number), entropy)

        return seal

    def _moved_on(self, key_id: str, version: int) -> Conflict | None:
        """Whether the key is another one than was judged, or none that may be trusted."""
        try:
            stored = Reader(self._tables, self._seals).key(key_id)
        except (MalformedStored, NotFound, Tampered) as problem:
            return Conflict(f"the key could not be checked once more: {problem}")
        if stored.version == version:
            return None
        return Conflict(f"the key has moved on to version {stored.version} while the request was judged")


def caller_of(record: Record) -> Caller:
    """Whose record it is. A stranger may claim any wire id, and is no caller for it."""
    return Caller._make(_ids(record)) if record.key else Caller("", "", "", "", "", record.dialect)


def _place(record: Record, caller: int) -> Place:
    """As what it counts where doors observe."""
    claimed = "" if record.key else record.wire_id
    return record.at_ns // _HOUR_NS, caller, claimed, record.verdict, record.reason


def _turned_down(record: Record, conflict: Conflict) -> Record:
    """The record of a request that was admitted and then did not go on."""
    return record._replace(verdict="denied", reason=Reason.UNAVAILABLE.code, detail=str(conflict))


def _unmapped(records: Iterable[Record]) -> list[Unmapped]:
    unmapped = [each for each in records if each.reason == Reason.UNMAPPED.code]
    times = Counter((each.dialect, each.method, each.path) for each in unmapped)
    latest = {(each.dialect, each.method, each.path): each.at_ns for each in unmapped}
    return [Unmapped(*route, count, latest[route]) for route, count in times.items()]
