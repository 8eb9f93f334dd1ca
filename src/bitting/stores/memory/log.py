"""The activity log in dicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from bitting.activity.ports import Observed, Query
from bitting.domain.activity import Outcome, Record
from bitting.gate.passage import DECLINED
from bitting.stores.memory.undo import Undo
from bitting.stores.ports import EXAMPLES, MOST_OBSERVED, KeptEntry, Unmapped


class MemoryLog:
    """Fits `ports.Log`."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.rows: dict[int, KeptEntry] = {}
        self._of_request: dict[str, int] = {}
        self._used: dict[str, int] = {}
        self._unmapped: dict[tuple[str, str, str], Unmapped] = {}
        self._strangers: dict[tuple[int, str, str], int] = {}

    def add(self, records: Sequence[Record], peers: Sequence[bytes]) -> None:
        for record, peer in zip(records, peers, strict=True):
            row = len(self.rows) + 1
            self._undo.put(self.rows, row, KeptEntry(row, record._replace(peer=0), peer, 0, ""))
            self._undo.put(self._of_request, record.request_id, row)
            if record.key:
                self._undo.put(self._used, record.key, record.at_ns)

    def add_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            row = self._of_request.get(outcome.request_id)
            if row is not None:
                entry = self.rows[row]._replace(status=outcome.status, note=outcome.note)
                self._undo.put(self.rows, row, entry)

    def count_unmapped(self, routes: Iterable[Unmapped]) -> None:
        for each in routes:
            place = (each.dialect, each.method, each.path)
            before = self._unmapped.get(place, each._replace(times=0))
            times, last_at_ns = before.times + each.times, max(before.last_at_ns, each.last_at_ns)
            self._undo.put(self._unmapped, place, Unmapped(*place, times, last_at_ns))

    def count_strangers(self, counts: Mapping[tuple[int, str, str], int]) -> None:
        for place, count in counts.items():
            self._undo.put(self._strangers, place, self._strangers.get(place, 0) + count)

    def entries(self, query: Query) -> list[KeptEntry]:
        if query.after:
            rows = (row for row in self.rows.values() if row.row > query.after and _matches(row, query))
            return list(islice(rows, query.most))
        rows = (row for row in reversed(self.rows.values()) if _matches(row, query))
        return list(islice(rows, query.most))[::-1]

    def observed(self, since_ns: int) -> list[Observed]:
        found: dict[tuple[str, ...], list[KeptEntry]] = {}
        for entry in self.rows.values():
            each = entry.record
            refused_there = each.verdict == "admitted" and _refused(entry)
            if each.at_ns >= since_ns and (each.verdict == "observed" or refused_there):
                place = (each.key, each.wire_id, each.dialect, each.verdict, each.reason)
                found.setdefault(place, []).append(entry)
        rows = [_observed(place, entries) for place, entries in found.items()]
        return sorted(rows, key=lambda each: (-each.times, each.key, each.wire_id, each.reason))[:MOST_OBSERVED]

    def last_used_ns(self, key_id: str) -> int | None:
        return self._used.get(key_id)

    def unmapped(self) -> list[Unmapped]:
        return sorted(self._unmapped.values(), key=lambda each: -each.last_at_ns)

    def strangers(self, since_minute: int) -> dict[tuple[int, str, str], int]:
        return {place: count for place, count in self._strangers.items() if place[0] >= since_minute}


def _observed(place: tuple[str, ...], entries: Sequence[KeptEntry]) -> Observed:
    refused = sum(map(_refused, entries))
    answered = sum(each.status > 0 and not _refused(each) for each in entries)
    newest = tuple(each.record.request_id for each in reversed(entries[-EXAMPLES:]))
    key, wire_id, dialect, verdict, reason = place
    return Observed(key, wire_id, dialect, verdict, reason, len(entries), refused, answered, newest)


def _refused(entry: KeptEntry) -> bool:
    """Whether the exchange said no, by its status or in its own way."""
    return entry.status >= 400 or entry.note == DECLINED


def _matches(entry: KeptEntry, query: Query) -> bool:
    record = entry.record
    wanted = (query.key, query.account, query.verdict, query.reason, query.request_id)
    found = (record.key, record.account, record.verdict, record.reason, record.request_id)
    return all(not each or each == other for each, other in zip(wanted, found, strict=True))
