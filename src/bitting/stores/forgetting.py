"""What has been kept long enough goes, a little at a time, so that nobody who writes waits for it.

Everything lies in the order of its days, or its minutes, hours and days where it is counts, and goes from the old end.
A table for each day would go no faster: SQLite frees it page by page as well, and all of it while everybody waits.
Names go when they were last seen that long ago: addresses with the records, blocks and clients with the last counts
that may mean them.
"""

from __future__ import annotations

from typing import Final

from bitting.activity.ports import Retention, Step
from bitting.gate.totals import DAY_NS
from bitting.stores.known import Known
from bitting.stores.numbers import ADDRESS, BLOCK, CLIENT, log_marker
from bitting.stores.pages import check_head, head_of
from bitting.stores.ports import Tables
from bitting.stores.seals import Seals

SLICE: Final = 2_000  # rows of each kind deleted in one transaction: some milliseconds
PAGES: Final = 100  # which are larger
_HOUR_NS: Final = Step.HOUR.ns


def forget(tables: Tables, seals: Seals, known: Known, retention: Retention, now_ns: int) -> bool:
    """Drop a slice of everything that is old enough; whether there is more. Raises Tampered."""
    today = now_ns // DAY_NS
    records_ns = (today - retention.records) * DAY_NS
    more = _forget_pages(tables, seals, known, records_ns)
    days = {Step.MINUTE: retention.minutes, Step.HOUR: retention.hours, Step.DAY: retention.days}
    for step, kept in days.items():
        before = (today - kept) * DAY_NS // step.ns
        more |= tables.tallies.drop_counts(step, before, SLICE) == SLICE
    more |= tables.tallies.drop_observed(records_ns // _HOUR_NS, SLICE) == SLICE
    counts_ns = (today - max(days.values())) * DAY_NS
    last_seen_ns = {ADDRESS: records_ns, BLOCK: counts_ns, CLIENT: counts_ns}
    known.swept = tables.tallies.drop_names(last_seen_ns, known.swept, SLICE)
    return more


def _forget_pages(tables: Tables, seals: Seals, known: Known, before_ns: int) -> bool:
    """Delete the oldest, and say in the head of the log that they are to be gone."""
    head = tables.log.head()
    if head is None:
        return False
    marker = log_marker(tables, seals, before_ns)
    check_head(marker, head)
    dropped = tables.log.drop_pages(before_ns, PAGES)
    if dropped:
        head = head_of(marker, head.first + dropped, head.last, head.mark)
        tables.log.put_head(head)
        known.head = head
    return dropped == PAGES or tables.log.drop_spans(before_ns // DAY_NS, SLICE) == SLICE
