"""What a group of records adds to the counts: by minute, hour and day, by name, by use.

All of it is summed up in memory first and then added in the group's own transaction, so a count is never without its
records, nor twice. The whole house is counted by callers of its own, one for each dialect, so that its chart need not
add up everybody else's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from bitting.activity.ports import MINUTE_NS, Alike, Step
from bitting.stores.log_ports import Alikeness, Caller, CountRow, Tallies, UseRow
from bitting.stores.numbers import EVERYBODY, NOBODY, Numbers
from bitting.stores.pages import ALIKE, Sheet

ADMITTED: Final = "admitted"
_ACTION, _VERDICT, _REASON = map(ALIKE.index, ("action", "verdict", "reason"))

Group = tuple[int, int, int, int, int]  # period, caller, likeness, block, client


class Tally:
    """Sums of one transaction."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._minutes: Counter[Group] = Counter()
        self._dialects: dict[int, str] = {}  # of callers
        self._names: dict[int, tuple[int, int, int]] = {}  # how many more times, when first and when last
        self._uses: dict[int, UseRow] = {}
        self._admitted: dict[tuple[int, str], int] = {}

    def add_sheet(self, sheet: Sheet, callers: Mapping[int, Caller]) -> None:
        """Count records that are kept. `callers` are theirs by number."""
        minutes = [each.at_ns // MINUTE_NS for each in sheet.records]
        named = [self._numbers.person(callers[person[0]], *person) for person in sheet.people]
        likenesses = [self._likeness(like[_ACTION], like[_VERDICT], like[_REASON]) for like in sheet.likes]
        for (minute, of, like), times in Counter(zip(minutes, sheet.of, sheet.like, strict=True)).items():
            block, _, client = named[of]
            self._minutes[minute, sheet.people[of][0], likenesses[like], block, client] += times
        for number, caller in callers.items():
            self._dialects[number] = caller.dialect
        self._see(sheet, callers, named)
        self._admit(sheet)

    def add_beyond(self, beyond: Mapping[Alike, int]) -> None:
        """Count decisions of which no record is kept."""
        for alike, times in beyond.items():
            caller = Caller._make(alike[1:7])
            number = self._numbers.caller(caller)
            block = self._numbers.block(caller, number, alike.block)
            likeness = self._likeness(alike.action, alike.verdict, alike.reason)
            self._minutes[alike.minute, number, likeness, block, NOBODY] += times
            self._dialects[number] = caller.dialect

    def write(self, tallies: Tallies) -> None:
        """Add it all to what was counted before."""
        self._names.pop(NOBODY, None)
        tallies.see_names((name, *seen) for name, seen in self._names.items())
        tallies.put_uses(self._uses.values())
        tallies.put_admitted(self._numbers.newly_admitted(self._admitted))
        counts: Mapping[Group, int] = {**self._minutes, **self._everybody()}
        length = 1
        for step in Step:  # each out of the one before
            counts, length = _summed(counts, step.ns // MINUTE_NS // length), step.ns // MINUTE_NS
            tallies.count(step, [CountRow(*group, times) for group, times in counts.items()])

    def _everybody(self) -> Mapping[Group, int]:
        """The whole house's counts."""
        counts: Counter[Group] = Counter()
        numbers = {
            dialect: self._numbers.caller(Caller("", "", "", "", EVERYBODY, dialect))
            for dialect in sorted(set(self._dialects.values()))
        }
        for (minute, caller, likeness, _, _), times in self._minutes.items():
            counts[minute, numbers[self._dialects[caller]], likeness, NOBODY, NOBODY] += times
        return counts

    def _likeness(self, action: str, verdict: str, reason: str) -> int:
        return self._numbers.likeness(Alikeness(action.partition(", ")[0], verdict, reason))

    def _see(self, sheet: Sheet, callers: Mapping[int, Caller], named: Sequence[tuple[int, int, int]]) -> None:
        """When names were seen, and the last use of each caller."""
        places = range(len(sheet.records))
        times = Counter(sheet.of)
        first = dict(zip(reversed(sheet.of), reversed(places), strict=True))
        for of, last in dict(zip(sheet.of, places, strict=True)).items():
            record, caller = sheet.records[last], sheet.people[of][0]
            _, address, client = named[of]
            for name in (address, client):
                self._see_name(name, times[of], sheet.records[first[of]].at_ns, record.at_ns)
            if callers[caller].key and record.at_ns >= self._uses.get(caller, _NEVER).at_ns:
                self._uses[caller] = UseRow(caller, record.at_ns, address, client, record.method, record.path)

    def _see_name(self, name: int, times: int, first_ns: int, last_ns: int) -> None:
        before, earliest_ns, latest_ns = self._names.get(name, (0, first_ns, last_ns))
        self._names[name] = (before + times, min(earliest_ns, first_ns), max(latest_ns, last_ns))

    def _admit(self, sheet: Sheet) -> None:
        """When each action was last admitted."""
        alike = zip(sheet.of, sheet.like, strict=True)
        for (of, like), place in dict(zip(alike, range(len(sheet.records)), strict=True)).items():
            if sheet.likes[like][_VERDICT] == ADMITTED:
                caller, at_ns = sheet.people[of][0], sheet.records[place].at_ns
                for action in sheet.likes[like][_ACTION].split(", "):
                    self._admitted[caller, action] = max(at_ns, self._admitted.get((caller, action), at_ns))


_NEVER: Final = UseRow(0, 0, 0, 0, "", "")


def _summed(counts: Mapping[Group, int], length: int) -> Mapping[Group, int]:
    """The same in periods so much longer."""
    if length == 1:
        return counts
    summed: Counter[Group] = Counter()
    for (period, caller, likeness, block, client), times in counts.items():
        summed[period // length, caller, likeness, block, client] += times
    return summed
