"""The house's own tables of actions in a running house: read when it opens, replaced when one is changed, and read
again where nobody knows what was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bitting.dialects.house_table import HouseTable
from bitting.domain.action_table import ActionTable
from bitting.domain.errors import BittingError, Unavailable
from bitting.gate.house_routes import HouseRoutes
from bitting.stores.threaded import Threaded


class Routes:
    """What every door of a dialect asks, by the dialect's name."""

    def __init__(self, dialects: Iterable[str]) -> None:
        self._of = {each: HouseRoutes() for each in dialects}

    def of(self, dialect: str) -> HouseRoutes:
        """The one for this dialect."""
        return self._of[dialect]

    def take(self, changed: Mapping[str, ActionTable | None]) -> None:
        """These tables were written; None is one of which nobody knows. Before the change is acknowledged."""
        for dialect, table in changed.items():
            if table is None:
                self._of[dialect].close(f"nobody knows yet which table of actions for {dialect} is on the disk")
            else:
                self._of[dialect].put(HouseTable(table))

    async def learn(self, store: Threaded) -> None:
        """Read what is not known. Raises Unavailable with what is wrong; no route of such a table is admitted."""
        for dialect, routes in self._of.items():
            if routes.trouble:
                await _learn(dialect, routes, store)
        troubles = [each.trouble for each in self._of.values() if each.trouble]
        if troubles:
            raise Unavailable("; ".join(troubles))


async def _learn(dialect: str, routes: HouseRoutes, store: Threaded) -> None:
    """Read one table; what was changed while it was read is newer."""
    epoch = routes.epoch
    try:
        table = await store.read(lambda shelf: HouseTable(shelf.actions(dialect)[0]))
    except BittingError as problem:
        if epoch == routes.epoch:
            routes.close(str(problem))
        return
    if epoch == routes.epoch:
        routes.put(table)
