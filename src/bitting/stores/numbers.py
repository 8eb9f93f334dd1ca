"""The numbers by which callers, and their addresses, blocks and clients, stand in the log and its counts.

What repeats in every record is written once, so that it is small; and what is personal is sealed once, under its
account's key, so that destroying the key makes all of it unreadable. A sealed text is found again by its mark under
the same key. A caller gets a bounded number of new names a day: inventing clients costs nothing, so it must not buy our
disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bitting.activity.blocks import ELSEWHERE, block_of, block_to_text
from bitting.activity.ports import MINUTE_NS
from bitting.domain.canonical import framed
from bitting.domain.errors import MalformedStored, Shredded, Tampered
from bitting.domain.network import address_to_text
from bitting.gate.totals import DAY_NS
from bitting.stores.known import Known
from bitting.stores.log_ports import Alikeness, Caller, CallerRow, NameRow
from bitting.stores.ports import Tables
from bitting.stores.seals import HOUSE, Seals
from bitting.vault.account_key import FieldMarker

ADDRESS: Final = "address"
BLOCK: Final = "block"
CLIENT: Final = "client"
NOBODY: Final = 0  # the number where there is none
NEW_A_DAY: Final = {ADDRESS: 1_000, BLOCK: 10_000, CLIENT: 1_000}  # of one caller
EVERYBODY: Final = "*"  # the wire id of the callers by whom the whole house is counted, one for each dialect
_NAMES: Final = "activity names"
_LOG: Final = "activity log"


def log_marker(tables: Tables, seals: Seals, now_ns: int) -> FieldMarker:
    """What marks the pages of the log, and callers. Raises Tampered."""
    return seals.marker(tables.wrapped, *HOUSE, _LOG, now_ns)


def found_log(tables: Tables, seals: Seals) -> None:
    """Make the key that the log hangs from, where there is none."""
    if tables.wrapped.account_key_row(*HOUSE) is None:
        seals.new_account_key(tables.wrapped, *HOUSE)


def caller_bytes(number: int, caller: Caller) -> bytes:
    """What a caller's mark is over."""
    return framed(b"caller", b"%d" % number, *(each.encode() for each in caller))


def read_caller(marker: FieldMarker, row: CallerRow) -> Caller:
    """Raises Tampered."""
    if not marker.check(caller_bytes(row.number, row.caller), row.mark):
        raise Tampered(f"caller {row.number} of the activity log does not match its mark: it was edited past Bitting")
    return row.caller


def read_name(tables: Tables, seals: Seals, caller: Caller, row: NameRow, now_ns: int) -> str:
    """The text of a name; "" where the account's key is gone. Raises Tampered."""
    if not seals.has_key(tables.wrapped, caller.tenant, caller.account):
        return ""
    sealer = seals.sealer(tables.wrapped, caller.tenant, caller.account, _NAMES, now_ns)
    return sealer.open(row.box, _context(row.caller, row.kind)).decode()


class Numbers:
    """Gives numbers within one transaction."""

    def __init__(self, tables: Tables, seals: Seals, known: Known, now_ns: int) -> None:
        self._tables = tables
        self._seals = seals
        self._known = known
        self._now_ns = now_ns
        if known.names_day != now_ns // DAY_NS:
            known.names_day = now_ns // DAY_NS
            known.new_names.clear()
            known.people.clear()  # with those that there was no number for
            known.blocks.clear()

    def caller(self, caller: Caller) -> int:
        """Its number, a new one if need be."""
        number = self._known.callers.get(caller)
        if number is None:
            tallies = self._tables.tallies
            number = tallies.caller(caller)
            if number is None:
                number = tallies.newest_caller() + 1
                mark = log_marker(self._tables, self._seals, self._now_ns).mark(caller_bytes(number, caller))
                tallies.add_caller(CallerRow(number, caller, mark))
            self._known.callers[caller] = number
        return number

    def likeness(self, likeness: Alikeness) -> int:
        """Its number, a new one if need be."""
        number = self._known.likenesses.get(likeness)
        if number is None:
            number = self._known.likenesses[likeness] = self._tables.tallies.likeness(likeness)
        return number

    def person(self, caller: Caller, number: int, peer: int, agent: str) -> tuple[int, int, int]:
        """The names of block, address and client; of a stranger only the block. 0 for none, for one too many of a day,
        and where the account's key cannot be had."""
        person = (number, peer, agent)
        found = self._known.people.get(person)
        if found is None:
            block, address, client = self.block(caller, number, block_of(peer)), NOBODY, NOBODY
            if caller.key:
                address = self._name(number, caller, ADDRESS, address_to_text(peer))
                client = self._name(number, caller, CLIENT, agent) if agent else NOBODY
            found = self._known.people[person] = block, address, client
        return found

    def block(self, caller: Caller, number: int, block: int) -> int:
        """The name of an address block."""
        if block == ELSEWHERE:
            return NOBODY
        found = self._known.blocks.get((number, block))
        if found is None:
            found = self._known.blocks[number, block] = self._name(number, caller, BLOCK, block_to_text(block))
        return found

    def newly_admitted(self, admitted: Mapping[tuple[int, str], int]) -> dict[tuple[int, str], int]:
        """Those of which nothing was written in this minute: nobody asks more exactly."""
        known, new = self._known.admitted, {}
        for place, at_ns in admitted.items():
            minute = at_ns // MINUTE_NS
            if known.get(place) != minute:
                known[place], new[place] = minute, at_ns
        return new

    def _name(self, number: int, caller: Caller, kind: str, text: str) -> int:
        tallies, wrapped, seals = self._tables.tallies, self._tables.wrapped, self._seals
        try:
            marker = seals.marker(wrapped, caller.tenant, caller.account, _NAMES, self._now_ns)
            sealer = seals.sealer(wrapped, caller.tenant, caller.account, _NAMES, self._now_ns)
        except (
            MalformedStored,
            Shredded,
            Tampered,
        ):  # one account's trouble must not keep everybody's records from the disk
            return NOBODY
        context = _context(number, kind)
        mark = marker.mark(framed(context, text.encode()))[:16]
        found = tallies.name(mark)
        if found is not None:
            tallies.see_names([(found, 0, self._now_ns, self._now_ns)])  # once a day is enough for a block
            return found
        place = (number, kind)
        made = self._known.new_names.get(place, 0)
        if made >= NEW_A_DAY[kind]:
            return NOBODY
        self._known.new_names[place] = made + 1
        box = sealer.seal(text.encode(), context, seals.entropy)
        return tallies.add_name(NameRow(NOBODY, number, kind, mark, box, self._now_ns, self._now_ns, 0))


def _context(caller: int, kind: str) -> bytes:
    return framed(b"name", b"%d" % caller, kind.encode())
