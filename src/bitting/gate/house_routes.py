"""The house's own tables of actions, as the gate holds them: one object a dialect, shared by all its doors.

It is told of another table before the change is acknowledged, so a route that was taken away or closed is so for
every request that comes after. A table that cannot be believed is not used, and neither is the one before it.
"""

from __future__ import annotations

from bitting.dialects.house_table import NO_ROWS, HouseTable
from bitting.domain.action import Action
from bitting.domain.errors import Unavailable
from bitting.domain.request import Request


class HouseRoutes:
    """Asked where the dialect itself says nothing. Fits `ports.Routes`. `epoch` tells whoever reads a table whether
    there was news while it was read."""

    def __init__(self) -> None:
        self.epoch = 0
        self.close("the house's table of actions was not read yet")

    def put(self, table: HouseTable) -> None:
        """From now on this table decides."""
        self._table, self.trouble = table, ""
        self.epoch += 1

    def close(self, why: str) -> None:
        """No route of the house's is admitted, and none is open, until there is a table again."""
        self._table, self.trouble = NO_ROWS, why
        self.epoch += 1

    @property
    def ways_out(self) -> tuple[str, ...]:
        """The paths by which value leaves an account."""
        return self._table.ways_out

    def is_public(self, request: Request) -> bool:
        """Whether the house says that the route needs no key."""
        return self._table.is_public(request)

    def actions(self, request: Request) -> tuple[Action, ...] | None:
        """What a proven request wants, or None where no row fits. Raises MalformedRequest, and Unavailable when
        the table cannot be believed."""
        if self.trouble:
            raise Unavailable(self.trouble)
        return self._table.actions(request)
