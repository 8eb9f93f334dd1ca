"""What a request wants to do, in the house's own words.

A dialect reads these from signed bytes; policies judge them; nothing in here is an exchange's notation.
A batch is a tuple of actions: judged one by one, refused whole.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple

from bitting.domain.money import product
from bitting.domain.pairs import Pair
from bitting.domain.permissions import Permission


class Kind(Enum):
    """How an action is treated; everything but READ and SELF_READ changes state."""

    READ = "read"
    CHANGE = "change"  # changes something other than orders: a transfer between own wallets, a setting
    ORDER = "order"  # places or replaces an order
    CANCEL = "cancel"
    WITHDRAWAL = "withdrawal"  # value leaves the account, by whatever route
    SELF_READ = "self.read"  # the key asks about itself; the gate answers
    SELF_REVOKE = "self.revoke"  # the key ends itself; the gate does it

    __hash__ = object.__hash__

    changes_state: bool  # whether the action must be durable before it goes on, and admitted once

    def __init__(self, text: str) -> None:
        self.changes_state = text not in ("read", "self.read")


class Side(Enum):
    """Which way an order goes."""

    BUY = "buy"
    SELL = "sell"


# An order without a price of its own is valued this far above the last price.
_SLACK: Final = Decimal("1.05")


class Order(NamedTuple):
    """What an order commits to.

    amount        in the base currency; None where the exchange lets the client give only `quote_amount`
    price         the highest limit or trigger price it names; None for a market order
    quote_amount  what it may spend or raise at most, in the quote currency, where the client said so
    reduce_only   flagged by the venue's own field as only able to shrink a position
    capped        whether `price` is a limit; a trigger price alone caps nothing
    lowest        the lowest of several prices it names (the limit of a stop-limit sale); None when `price` is all
    """

    pair: Pair | None
    side: Side
    amount: Decimal | None
    price: Decimal | None
    quote_amount: Decimal | None = None
    reduce_only: bool = False
    capped: bool = True
    lowest: Decimal | None = None

    def value(self, last: Decimal | None) -> Decimal | None:
        """The most the order may turn over, in the quote currency, or None if nobody can say.

        A limit to buy cannot trade above its price. A sale can trade anywhere above its price: a sale of
        everything at a price of nearly nothing is how stolen keys empty accounts, so without a last
        price the value of a sale is unknown.
        """
        if self.quote_amount is not None:
            return self.quote_amount
        if self.amount is None:
            return None
        if self.side is Side.BUY and self.price is not None and self.capped:
            return product(self.amount, self.price)
        if last is None:
            return None
        return product(self.amount, max(product(last, _SLACK), self.price or last))


class Withdrawal(NamedTuple):
    """Where value goes, as the request names it. `network` and `address` are None where the route has
    none (a pay or gift endpoint): such a route matches no address-book entry."""

    asset: str | None
    network: str | None
    address: str | None
    tag: str
    amount: Decimal | None


class Action(NamedTuple):
    """One thing a request wants. `name` is stable and shown to owners: `order.place`, `balances.read`.

    `pair` is None for what knows no pair, for every pair at once, and for a pair that cannot be read.
    `weight` is what it costs in the key's rate limit.
    """

    name: str
    kind: Kind
    permission: Permission | None  # None only for SELF_READ and SELF_REVOKE
    pair: Pair | None = None
    order: Order | None = None
    withdrawal: Withdrawal | None = None
    weight: int = 1
