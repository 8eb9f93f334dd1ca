"""The rights a key can have, and the named sets a holder starts from.

A right is on or off by itself; nothing implies anything else. A preset is expanded when the key is
issued and forgotten: adding a right to a preset later must not widen keys that exist.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from bitting.domain.errors import MalformedValue


class Permission(Enum):
    """One right. The value is its name on paper, in the journal and on the command line."""

    MARKET_READ = "market.read"
    BALANCES_READ = "balances.read"
    ORDERS_READ = "orders.read"
    ORDERS_WRITE = "orders.write"
    HISTORY_READ = "history.read"
    POSITIONS_READ = "positions.read"
    POSITIONS_WRITE = "positions.write"
    FUNDING_READ = "funding.read"
    FUNDING_WRITE = "funding.write"
    EARN_READ = "earn.read"
    EARN_WRITE = "earn.write"
    CONVERT_WRITE = "convert.write"
    BORROW_WRITE = "borrow.write"
    DEPOSITS_READ = "deposits.read"
    DEPOSITS_WRITE = "deposits.write"
    TRANSFERS_WRITE = "transfers.write"
    WITHDRAWALS_READ = "withdrawals.read"
    WITHDRAWALS_WRITE = "withdrawals.write"
    SETTINGS_READ = "settings.read"
    SETTINGS_WRITE = "settings.write"

    # Members are single objects: identity is equality, and the default hash (over the name, in
    # Python code) costs more than the lookup it serves.
    __hash__ = object.__hash__

    @classmethod
    def from_text(cls, text: str) -> Permission:
        """Read one by name. Raises MalformedValue and lists what there is."""
        try:
            return cls(text)
        except ValueError:
            raise MalformedValue(
                f"no permission {str(text)[:40]!r}; there are: {', '.join(each.value for each in cls)}"
            ) from None


WITHDRAWING: Final = Permission.WITHDRAWALS_WRITE
_READS: Final = frozenset(each for each in Permission if each.value.endswith(".read"))

PRESETS: Final[dict[str, frozenset[Permission]]] = {
    "read-only": _READS,
    "trade": _READS | {Permission.ORDERS_WRITE, Permission.POSITIONS_WRITE},
    "withdraw": frozenset({Permission.BALANCES_READ, Permission.WITHDRAWALS_READ, Permission.WITHDRAWALS_WRITE}),
    "all": frozenset(Permission),
}


def expand(names: list[str]) -> frozenset[Permission]:
    """Presets and single rights, by name, as one set. Raises MalformedValue for an unknown or doubled name."""
    if len(set(names)) != len(names):
        raise MalformedValue("a permission stands twice")
    wanted: set[Permission] = set()
    for name in names:
        wanted |= PRESETS[name] if name in PRESETS else {Permission.from_text(name)}
    return frozenset(wanted)
