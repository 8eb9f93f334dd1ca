"""The emergency brake: keys, accounts or everything, stopped in memory at once.

It needs no disk, so it works when the disk is full. Whoever pulls it is told whether the stop is durable
too; until it is, it lasts as long as this process.
"""

from __future__ import annotations

from bitting.domain.verdict import Denied, Reason

EVERYTHING = "everything"


class Freeze:
    """What is stopped: `scopes`. The gate asks it for every proven request."""

    def __init__(self) -> None:
        self.scopes: frozenset[str] = frozenset()

    def stop(self, scope: str) -> None:
        """Stop a key id, an account id, or EVERYTHING."""
        self.scopes |= {scope}

    def release(self, scope: str) -> None:
        """Take the stop away; does nothing where there is none."""
        self.scopes -= {scope}

    def objection(self, key: str, accounts: tuple[str, ...]) -> Denied | None:
        """Why the key is stopped, or None."""
        if not self.scopes:
            return None
        if EVERYTHING in self.scopes:
            return Denied(Reason.HOUSE_HELD)
        if not self.scopes.isdisjoint(accounts):
            return Denied(Reason.ACCOUNT_HELD, "", "frozen")
        if key in self.scopes:
            return Denied(Reason.HELD, "", "frozen")
        return None
