"""Which records of activity: the same options for everything that reads them."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True)
class Filters:
    """Which records.

    Parameters
    ----------
    key: str
        Only of this key, by id, key id or label.
    account: str
        Only of this account's keys, by id or name.
    verdict: str
        admitted, denied, or observed: what would have been refused, had its mount not been one that observes.
    reason: str
        Only refusals for this reason; docs/reasons.md has the list.
    action: str
        Only what wanted this: order.place, balances.read.
    pair: str
        Only about this pair: BTC/USDT.
    address: str
        Only from this address, or from this block: 203.0.113.0/24. Addresses are sealed, so name a time or a key, too.
    since: str
        Only from then on: a time with its zone, or how long ago, like 24h.
    until: str
        Only before then.
    """

    key: str | None = None
    account: str | None = None
    verdict: str | None = None
    reason: str | None = None
    action: str | None = None
    pair: str | None = None
    address: str | None = None
    since: str | None = None
    until: str | None = None

    def form(self) -> dict[str, str | None]:
        """As the desk is asked for them."""
        return asdict(self)


ALL = Filters()
