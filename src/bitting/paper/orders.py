"""Orders and trades of the demonstration exchange: what was asked for, and what has become of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from bitting.domain.action import Side
from bitting.paper.market import ZERO, Market


class Caller(NamedTuple):
    """Whom the gate has proven: the account, and the id of the key that signed."""

    account: str
    key: str | None


class TimeInForce(Enum):
    """What becomes of the part that meets nobody at once."""

    GTC = "good till cancelled"
    IOC = "immediate or cancel"
    FOK = "fill or kill"
    POST_ONLY = "post only"


class Status(Enum):
    """OPEN rests in the book; the other three are final. EXPIRED is ended by its own time in force."""

    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Ticket(NamedTuple):
    """An order as asked for; a `price` of None is a market order, which never rests."""

    market: Market
    side: Side
    amount: Decimal
    price: Decimal | None
    time_in_force: TimeInForce = TimeInForce.GTC
    client_id: str | None = None


@dataclass(slots=True, eq=False)
class Order:
    """One order and what has become of it.

    `price` is the worst it takes: a market order takes any, so it has one above all there are to buy, or zero to
    sell. `cost` is what was traded, in the quote currency. `turn` is its place in the queue.
    """

    id: int
    account: str
    key: str | None
    market: Market
    side: Side
    amount: Decimal
    price: Decimal
    is_market: bool
    time_in_force: TimeInForce
    client_id: str | None
    created_ms: int
    updated_ms: int
    turn: int
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    status: Status = Status.OPEN

    @property
    def remaining(self) -> Decimal:
        """The part not traded, in the base currency."""
        return self.amount - self.filled

    @property
    def average(self) -> Decimal:
        """The mean price of what was traded, to the tick; 0 where nothing was."""
        return (self.cost / self.filled).quantize(self.market.tick) if self.filled else ZERO

    @property
    def named_price(self) -> Decimal:
        """The price the client named; 0 for a market order."""
        return ZERO if self.is_market else self.price

    @property
    def gives(self) -> str:
        """The currency this order gives."""
        return self.market.quote if self.side is Side.BUY else self.market.base


class Trade(NamedTuple):
    """One account's half of a trade; `fee` is taken from what the trade brought, in `fee_currency`."""

    id: int
    order: Order
    price: Decimal
    amount: Decimal
    fee: Decimal
    fee_currency: str
    is_maker: bool
    at_ms: int
