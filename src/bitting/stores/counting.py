"""The counts read back: how many decisions in each period, and who used a key, from where, for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from bitting.activity.ports import By, Counted, CountQuery, Observed, Sighting, Use, Uses
from bitting.domain.errors import MalformedValue
from bitting.domain.network import address_from_text
from bitting.stores.log_ports import Alikeness, CountRow, NameRow
from bitting.stores.numbers import ADDRESS, CLIENT, read_name
from bitting.stores.observing import report
from bitting.stores.ports import Tables
from bitting.stores.seals import Seals
from bitting.stores.search import Search

_COLUMNS: Final = {
    By.DIALECT: "caller",
    By.KEY: "caller",
    By.ACTION: "likeness",
    By.VERDICT: "likeness",
    By.REASON: "likeness",
    By.BLOCK: "block",
    By.CLIENT: "client",
}
_OF_ONE: Final = frozenset({By.KEY, By.BLOCK, By.CLIENT})  # what the whole house is not told apart by
_HOUR_NS: Final = 3_600_000_000_000


class Counting:
    """Reads within one state of the store."""

    def __init__(self, tables: Tables, seals: Seals, now_ns: int) -> None:
        self._tables = tables
        self._seals = seals
        self._now_ns = now_ns
        self._search = Search(tables, seals, now_ns)
        self._texts: dict[int, str] = {0: ""}
        self._likenesses: dict[int, Alikeness] = {}

    def counted(self, query: CountQuery) -> list[Counted]:
        """As `ActivityStore.counted`."""
        whole = not (query.key or query.account or query.strangers)
        if whole and not _OF_ONE.isdisjoint(query.by):
            raise MalformedValue("the whole house is not counted by key, block or client: name a key or an account")
        rows = self._tables.tallies.counts(query, sorted({_COLUMNS[each] for each in query.by}))
        self._likenesses = self._tables.tallies.likenesses()
        self._learn({each for row in rows for each in (row.block, row.client)})
        counts: Counter[tuple[int, tuple[str, ...]]] = Counter()
        for row in rows:
            counts[row.period * query.step.ns, tuple(self._told_apart(row, each) for each in query.by)] += row.times
        return [Counted(at_ns, by, times) for (at_ns, by), times in sorted(counts.items())]

    def uses(self, key_id: str) -> Uses:
        """As `ActivityStore.uses`."""
        tallies = self._tables.tallies
        uses = sorted(tallies.uses(key_id), key=lambda each: -each.at_ns)
        names = [name for number in tallies.callers_of(key_id, "") for name in tallies.names_of(number)]
        self._read(names)
        return Uses(
            tuple(
                Use(
                    self._search.caller(each.caller).credential,
                    each.at_ns,
                    address_from_text(address) if (address := self._texts.get(each.address, "")) else 0,
                    self._texts.get(each.client, ""),
                    each.method,
                    each.path,
                )
                for each in uses
            ),
            self._sighted(each for each in names if each.kind == ADDRESS),
            self._sighted(each for each in names if each.kind == CLIENT),
            tallies.admitted(key_id),
        )

    def observed(self, since_ns: int) -> list[Observed]:
        """What doors observed, and what the exchange refused, from the hour of that moment on."""
        rows = self._tables.tallies.observed(since_ns // _HOUR_NS)
        return report((row, self._search.caller(row.caller)) for row in rows)

    def last_used_ns(self, key_id: str) -> int | None:
        """When the key last proved itself."""
        return max((each.at_ns for each in self._tables.tallies.uses(key_id)), default=None)

    def _sighted(self, names: Iterable[NameRow]) -> tuple[Sighting, ...]:
        """Each text once, for a key's credentials have names of their own; the latest first."""
        sighted: dict[str, Sighting] = {}
        for name in names:
            text = self._texts[name.number]
            known = sighted.get(text, Sighting(text, name.first_ns, name.last_ns, 0))
            sighted[text] = Sighting(
                text,
                min(known.first_ns, name.first_ns),
                max(known.last_ns, name.last_ns),
                known.times + name.times,
            )
        sighted.pop("", None)
        return tuple(sorted(sighted.values(), key=lambda each: (-each.last_ns, each.text)))

    def _told_apart(self, row: CountRow, by: By) -> str:
        if by is By.BLOCK:
            return self._texts.get(row.block, "")
        if by is By.CLIENT:
            return self._texts.get(row.client, "")
        if by is By.DIALECT:
            return self._search.caller(row.caller).dialect
        if by is By.KEY:
            return self._search.caller(row.caller).key
        likeness: str = getattr(self._likenesses[row.likeness], by.value)
        return likeness

    def _learn(self, numbers: set[int]) -> None:
        self._read(self._tables.tallies.names(numbers - {0}))

    def _read(self, names: Iterable[NameRow]) -> None:
        for name in names:
            caller = self._search.caller(name.caller)
            self._texts[name.number] = read_name(self._tables, self._seals, caller, name, self._now_ns)
