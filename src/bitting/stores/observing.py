"""What doors observe beside what the exchange answered, summed up by hour.

Counted when it happens, for a report over a day cannot read a day's records. A record that was observed counts when it
is written; one that was admitted counts when the exchange refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bitting.activity.ports import Observed
from bitting.gate.passage import DECLINED
from bitting.stores.known import Place
from bitting.stores.log_ports import Caller, ObservedRow, Tallies
from bitting.stores.ports import EXAMPLES, MOST_OBSERVED

OBSERVED: Final = "observed"


class Observing:
    """Sums of one transaction."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies
        self._rows: dict[Place, ObservedRow] = {}

    def seen(self, place: Place, request_id: str) -> None:
        """One more that would have been refused here, or that the exchange refused."""
        row = self._row(place)
        newest = (request_id, *row.newest)[:EXAMPLES]
        self._rows[place] = row._replace(times=row.times + 1, newest=newest)

    def told(self, place: Place, request_id: str, status: int, note: str) -> None:
        """What became of a request, by status or in the exchange's own way."""
        refused = status >= 400 or note == DECLINED
        observed = place[3] == OBSERVED
        if refused and not observed:
            self.seen(place, request_id)
        if refused or (observed and status > 0):
            row = self._row(place)
            self._rows[place] = row._replace(refused=row.refused + refused, answered=row.answered + (not refused))

    def write(self) -> None:
        """Put the sums over those of before."""
        for row in self._rows.values():
            self._tallies.put_observed_row(row)

    def _row(self, place: Place) -> ObservedRow:
        row = self._rows.get(place) or self._tallies.observed_row(place)
        return row or ObservedRow(*place, 0, 0, 0, ())


def report(rows: Iterable[tuple[ObservedRow, Caller]]) -> list[Observed]:
    """One line for all hours, the most frequent first. The rows' latest hour comes first."""
    lines: dict[tuple[str, str, str, str, str], Observed] = {}
    for row, caller in rows:
        place = (caller.key, caller.wire_id or row.claimed, caller.dialect, row.verdict, row.reason)
        line = lines.get(place, Observed(*place, 0, 0, 0, ()))
        lines[place] = line._replace(
            times=line.times + row.times,
            refused=line.refused + row.refused,
            answered=line.answered + row.answered,
            request_ids=(*line.request_ids, *row.newest)[:EXAMPLES],
        )
    return sorted(lines.values(), key=lambda each: (-each.times, each.key, each.wire_id, each.reason))[:MOST_OBSERVED]
