"""The activity log: groups of records written in one transaction, and read back.

Peer addresses are personal. Each is sealed under its account's key, for the record's UTC day and request id; those
of strangers, who have no account, under the house's own. What cannot be sealed because the account's key is gone is
not kept: the record is worth more than the address. The refusal of an address shows that address; it is left out of
the record, and put in again from the sealed one.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

from bitting.activity.ports import Batch, Entry, Query
from bitting.domain.activity import Record
from bitting.domain.errors import BittingError, Conflict, MalformedStored, NotFound, Tampered
from bitting.domain.network import address_to_text
from bitting.domain.verdict import Reason
from bitting.gate.totals import DAY_NS, Slot
from bitting.stores.ports import Tables, Unmapped
from bitting.stores.reading import Reader
from bitting.stores.seals import HOUSE, Seals
from bitting.vault.account_key import FieldSealer
from bitting.vault.aead import NONCE_BYTES

_ADDRESS_BYTES = 16


class Ledger:
    """The log within one transaction."""

    def __init__(self, tables: Tables, seals: Seals) -> None:
        self._tables = tables
        self._seals = seals

    def write(self, batch: Batch) -> list[BittingError | None]:
        """As `ActivityStore.write`, less the transaction."""
        answers: list[BittingError | None] = []
        records: list[Record] = []
        marks: dict[tuple[str, str, str], int] = {}
        sums: dict[Slot, Decimal] = {}
        for line in batch.lines:
            record, effects = line
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
            elif record.reason == Reason.NETWORK.code:
                record = record._replace(shown="")
            records.append(record)
        sums.update(batch.sums)
        log, counts = self._tables.log, self._tables.counts
        log.add(records, self._sealed(records))
        log.add_outcomes(batch.outcomes)
        log.count_unmapped(_unmapped(records))
        log.count_strangers(batch.strangers)
        counts.raise_marks(marks)
        counts.put_sums(sums)
        return answers

    def entries(self, query: Query, now_ns: int) -> list[Entry]:
        """As `ActivityStore.activity`. Raises Tampered for an address that is not the one that was sealed."""
        entries = []
        for kept in self._tables.log.entries(query):
            record = kept.record
            if kept.peer:
                plain = self._sealer(record, now_ns).open(kept.peer, record.request_id.encode())
                peer = int.from_bytes(plain, "big")
                shown = address_to_text(peer) if record.reason == Reason.NETWORK.code else record.shown
                record = record._replace(peer=peer, shown=shown)
            entries.append(Entry(kept.row, record, kept.status, kept.note))
        return entries

    def _sealed(self, records: list[Record]) -> list[bytes]:
        """The records' addresses, each sealed for its account, day and request."""
        now_ns = max((record.at_ns for record in records), default=0)
        sealers: dict[tuple[str, int], FieldSealer | None] = {}
        # One draw for the whole group: asking the system for each nonce costs more than sealing.
        entropy = BytesIO(self._seals.entropy(NONCE_BYTES * len(records))).read
        peers = []
        for record in records:
            place = (record.account, record.at_ns // DAY_NS)
            if place not in sealers:
                sealers[place] = self._sealer_or_none(record, now_ns)
            sealer = sealers[place]
            address = record.peer.to_bytes(_ADDRESS_BYTES, "big")
            peers.append(sealer.seal(address, record.request_id.encode(), entropy) if sealer is not None else b"")
        return peers

    def _sealer_or_none(self, record: Record, now_ns: int) -> FieldSealer | None:
        wrapped = self._tables.wrapped
        if not record.account and wrapped.account_key_row(*HOUSE) is None:
            self._seals.new_account_key(wrapped, *HOUSE)
        try:
            return self._sealer(record, now_ns)
        except (MalformedStored, Tampered):  # one account's trouble must not keep everybody's records from the disk
            return None

    def _sealer(self, record: Record, now_ns: int) -> FieldSealer:
        day = datetime.fromtimestamp(record.at_ns // 1_000_000_000, UTC).date()
        purpose = f"activity:{day.isoformat()}"
        return self._seals.sealer(self._tables.wrapped, record.tenant, record.account, purpose, now_ns)

    def _moved_on(self, key_id: str, version: int) -> Conflict | None:
        """Whether the key is another one than was judged, or none that may be trusted."""
        try:
            stored = Reader(self._tables, self._seals).key(key_id)
        except (MalformedStored, NotFound, Tampered) as problem:
            return Conflict(f"the key could not be checked once more: {problem}")
        if stored.version == version:
            return None
        return Conflict(f"the key has moved on to version {stored.version} while the request was judged")


def _turned_down(record: Record, conflict: Conflict) -> Record:
    """The record of a request that was admitted and then did not go on."""
    return record._replace(verdict="denied", reason=Reason.UNAVAILABLE.code, detail=str(conflict))


def _unmapped(records: list[Record]) -> list[Unmapped]:
    unmapped = [each for each in records if each.reason == Reason.UNMAPPED.code]
    times = Counter((each.dialect, each.method, each.path) for each in unmapped)
    latest = {(each.dialect, each.method, each.path): each.at_ns for each in unmapped}
    return [Unmapped(*route, count, latest[route]) for route, count in times.items()]
