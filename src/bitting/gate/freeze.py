"""The emergency brake: keys, accounts or everything, stopped in memory at once.

It needs no disk, so it works when the disk is full. Whoever pulls it is told whether the stop is durable
too; until it is, it lasts as long as this process.
"""

from __future__ import annotations

from bitting.domain.verdict import Denied, Reason

EVERYTHING = "everything"


class Freeze:
    """What is stopped. The gate asks it for every proven request."""

    def __init__(self) -> None:
        self._stopped: set[str] = set()

    def stop(self, scope: str) -> None:
        """Stop a key id, an account id, or EVERYTHING."""
        self._stopped.add(scope)

    def release(self, scope: str) -> None:
        """Take the stop away; does nothing where there is none."""
        self._stopped.discard(scope)

    def __bool__(self) -> bool:
        """Whether anything is stopped at all."""
        return bool(self._stopped)

    @property
    def scopes(self) -> frozenset[str]:
        """What is stopped now."""
        return frozenset(self._stopped)

    def objection(self, key: str, accounts: tuple[str, ...]) -> Denied | None:
        """Why the key is stopped, or None."""
        if not self._stopped:
            return None
        if EVERYTHING in self._stopped:
            return Denied(Reason.HOUSE_HELD)
        if not self._stopped.isdisjoint(accounts):
            return Denied(Reason.ACCOUNT_HELD, "", "frozen")
        if key in self._stopped:
            return Denied(Reason.HELD, "", "frozen")
        return None
