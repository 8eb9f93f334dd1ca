"""What is counted and numbered of the activity, in dicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from bitting.activity.ports import CountQuery, Step
from bitting.stores.known import Place
from bitting.stores.log_ports import Alikeness, Caller, CallerRow, CountRow, NameRow, ObservedRow, UseRow
from bitting.stores.memory.undo import Undo
from bitting.stores.numbers import EVERYBODY


class MemoryTallies:
    """Fits `log_ports.Tallies`."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self.callers: dict[int, CallerRow] = {}
        self._numbers: dict[Caller, int] = {}
        self._likenesses: dict[int, Alikeness] = {}
        self.named: dict[int, NameRow] = {}
        self._decisions: dict[Step, dict[CountRow, int]] = {step: {} for step in Step}
        self._uses: dict[int, UseRow] = {}
        self._admitted: dict[tuple[int, str], int] = {}
        self._observed: dict[Place, ObservedRow] = {}

    def caller(self, caller: Caller) -> int | None:
        return self._numbers.get(caller)

    def add_caller(self, row: CallerRow) -> None:
        self._undo.put(self.callers, row.number, row)
        self._undo.put(self._numbers, row.caller, row.number)

    def newest_caller(self) -> int:
        return max(self.callers, default=0)

    def caller_rows(self, numbers: Iterable[int]) -> list[CallerRow]:
        return [self.callers[number] for number in numbers if number in self.callers]

    def callers_of(self, key: str, account: str) -> list[int]:
        return self._meant(lambda each: key in ("", each.key) and account in ("", each.account))

    def likeness(self, likeness: Alikeness) -> int:
        for number, known in self._likenesses.items():
            if known == likeness:
                return number
        number = len(self._likenesses) + 1
        self._undo.put(self._likenesses, number, likeness)
        return number

    def likenesses(self) -> dict[int, Alikeness]:
        return dict(self._likenesses)

    def name(self, mark: bytes) -> int | None:
        return next((each.number for each in self.named.values() if each.mark == mark), None)

    def add_name(self, row: NameRow) -> int:
        number = max(self.named, default=0) + 1
        self._undo.put(self.named, number, row._replace(number=number))
        return number

    def names(self, numbers: Iterable[int]) -> list[NameRow]:
        return [self.named[number] for number in numbers if number in self.named]

    def names_of(self, caller: int) -> list[NameRow]:
        return [each for each in self.named.values() if each.caller == caller]

    def see_names(self, seen: Iterable[tuple[int, int, int, int]]) -> None:
        for number, times, first_ns, last_ns in seen:
            row = self.named.get(number)
            if row is not None:
                first_ns, last_ns = min(row.first_ns, first_ns), max(row.last_ns, last_ns)
                row = row._replace(times=row.times + times, first_ns=first_ns, last_ns=last_ns)
                self._undo.put(self.named, number, row)

    def drop_names(self, before_ns: Mapping[str, int], since: int, most: int) -> int:
        looked_at = sorted(number for number in self.named if number > since)[:most]
        newest = max(self.named, default=0)  # stays, so that its number is not given again
        for number in looked_at:
            if self.named[number].last_ns < before_ns[self.named[number].kind] and number != newest:
                self._undo.drop(self.named, number)
        return looked_at[-1] if len(looked_at) == most else 0

    def count(self, step: Step, rows: Iterable[CountRow]) -> None:
        counts = self._decisions[step]
        for row in rows:
            place = row._replace(times=0)
            self._undo.put(counts, place, counts.get(place, 0) + row.times)

    def counts(self, query: CountQuery, columns: Sequence[str]) -> list[CountRow]:
        first, last = query.periods
        house = "" if query.strangers else EVERYBODY
        callers = set(
            self.callers_of(query.key, query.account)
            if query.key or query.account
            else self._meant(lambda each: not each.key and each.wire_id == house)
        )
        blank = dict.fromkeys({"caller", "likeness", "block", "client"} - set(columns), 0)
        summed: Counter[CountRow] = Counter()
        for place, times in self._decisions[query.step].items():
            if place.caller in callers and first <= place.period <= last:
                summed[place._replace(**blank)] += times
        return sorted(place._replace(times=times) for place, times in summed.items())

    def drop_counts(self, step: Step, before: int, most: int) -> int:
        counts = self._decisions[step]
        old = sorted(place for place in counts if place.period < before)[:most]
        for place in old:
            self._undo.drop(counts, place)
        return len(old)

    def put_uses(self, uses: Iterable[UseRow]) -> None:
        for use in uses:
            self._undo.put(self._uses, use.caller, use)

    def uses(self, key_id: str) -> list[UseRow]:
        return [self._uses[each] for each in self.callers_of(key_id, "") if each in self._uses]

    def put_admitted(self, admitted: Mapping[tuple[int, str], int]) -> None:
        for place, at_ns in admitted.items():
            self._undo.put(self._admitted, place, max(at_ns, self._admitted.get(place, at_ns)))

    def admitted(self, key_id: str) -> dict[str, int]:
        callers = set(self.callers_of(key_id, ""))
        found: dict[str, int] = {}
        for (caller, action), at_ns in sorted(self._admitted.items(), key=lambda each: each[0][1]):
            if caller in callers:
                found[action] = max(at_ns, found.get(action, at_ns))
        return found

    def observed_row(self, place: Place) -> ObservedRow | None:
        return self._observed.get(place)

    def put_observed_row(self, row: ObservedRow) -> None:
        self._undo.put(self._observed, _place(row), row)

    def observed(self, since_hour: int) -> list[ObservedRow]:
        found = [each for each in self._observed.values() if each.hour >= since_hour]
        return sorted(found, key=lambda each: (-each.hour, *each[1:5]))

    def drop_observed(self, before_hour: int, most: int) -> int:
        old = sorted(place for place in self._observed if place[0] < before_hour)[:most]
        for place in old:
            self._undo.drop(self._observed, place)
        return len(old)

    def _meant(self, means: Callable[[Caller], bool]) -> list[int]:
        return [number for number, row in self.callers.items() if means(row.caller)]


def _place(row: ObservedRow) -> Place:
    return row.hour, row.caller, row.claimed, row.verdict, row.reason
