"""Whether an address passes its checks.

Connections that do not come about count like checks that fail. What becomes of requests does not: whoever found one
that an upstream breaks off could shut out everybody else with it.
"""

from __future__ import annotations

from typing import Final

FAILURES: Final = 3  # in a row, and it is down
SUCCESSES: Final = 2  # in a row, and it is up again


class Health:
    """`up` changes when enough in a row has spoken against it."""

    def __init__(self) -> None:
        self.up = True
        self._against = 0

    def heard(self, *, well: bool) -> None:
        """Count a check, or a connection that did not come about."""
        self._against = 0 if well is self.up else self._against + 1
        if self._against == (FAILURES if self.up else SUCCESSES):
            self.up, self._against = not self.up, 0
