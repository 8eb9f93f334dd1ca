"""The demonstration exchange: accounts, orders and trades, all in memory.

It stands behind the gate and trusts it: whoever calls has already been proven. It is deterministic: time is an
argument and ids are counted. An account it has not met is opened with gifts, and a house market maker keeps
every book filled round the opening price, so that a first order always finds somebody.

Each method looks before it acts: one that raises Rejected has changed nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from itertools import chain, count
from typing import Final

from bitting.domain.action import Side
from bitting.paper.book import Book, Fill, Print, Tape
from bitting.paper.ledger import Ledger
from bitting.paper.market import CURRENCIES, MARKETS, STEP, ZERO, Market
from bitting.paper.orders import Caller, Order, Status, Ticket, TimeInForce, Trade
from bitting.paper.rejection import Rejected, Why
from bitting.paper.treasury import Treasury

HOUSE: Final = "(house)"
"""The account of the market maker; brackets stand in no other account's id."""
FEE: Final = Decimal("0.001")
"""Of what a trade brings; both sides pay it, to the house."""
_LEVELS: Final = 20
_SPREAD: Final = Decimal("0.0005")  # from one level of the house to the next, as a part of the opening price
_REMEMBERED: Final = 1000  # closed orders, and trades, of each account: a demonstration may run for weeks


@dataclass(slots=True)
class Account:
    """Orders and trades of one account, newest last."""

    opened_ms: int
    open: dict[int, Order] = field(default_factory=dict)
    closed: deque[Order] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    trades: deque[Trade] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))


class Exchange:
    """The whole of it. Deposits, withdrawals and transfers are the `treasury`'s."""

    def __init__(self, now_ms: int) -> None:
        self._ids = count(1)
        self.ledger = Ledger()
        self.treasury = Treasury(self.ledger, self._ids)
        self.accounts: dict[str, Account] = {HOUSE: Account(now_ms)}
        self.books = {pair: Book() for pair in MARKETS}
        self.tapes = {pair: Tape.at(market.opening) for pair, market in MARKETS.items()}
        for market in MARKETS.values():
            for level in range(1, _LEVELS + 1):
                distance = (market.opening * _SPREAD * level).quantize(market.tick)
                self._quote(market, Side.BUY, market.opening - distance, now_ms)
                self._quote(market, Side.SELL, market.opening + distance, now_ms)

    def open_account(self, account: str, now_ms: int) -> Account:
        """The account; one never met is opened with its gifts."""
        if account not in self.accounts:
            self.accounts[account] = Account(now_ms)
            for currency in CURRENCIES.values():
                self.treasury.deposit(account, currency.code, currency.gift, now_ms)
        return self.accounts[account]

    def place(self, caller: Caller, ticket: Ticket, now_ms: int) -> Order:
        """Enter an order: trade what can be traded, then keep or expire the rest by its time in force.

        Raises Rejected: bad price, bad amount, client order id in use, insufficient funds.
        """
        account = self.open_account(caller.account, now_ms)
        if ticket.client_id is not None and any(o.client_id == ticket.client_id for o in account.open.values()):
            raise Rejected(Why.DUPLICATE_CLIENT_ID, ticket.client_id)
        order = self._order(caller, ticket, now_ms)
        self._enter(order, now_ms)
        return order

    def cancel(self, account: str, order_id: int, now_ms: int) -> Order:
        """Take an open order back. Raises Rejected (unknown order) if it is not open, or not this account's."""
        order = self._open_order(account, order_id)
        self._take_out(order)
        self._end(order, Status.CANCELLED, now_ms)
        return order

    def amend(self, account: str, order_id: int, price: Decimal | None, amount: Decimal | None, now_ms: int) -> Order:
        """Give an open order another price, amount, or both; it queues anew.

        Raises Rejected as `cancel` and `place` do, and the order is then as it was. An amount must be more
        than what has already been traded.
        """
        order = self._open_order(account, order_id)
        before = order.price, order.amount, order.turn
        new_price = order.price if price is None else order.market.allowed_price(price)
        new_amount = order.amount if amount is None else order.market.allowed_amount(amount)
        if new_amount <= order.filled:
            raise Rejected(Why.BAD_AMOUNT, "amount")
        self._take_out(order)
        order.price, order.amount, order.turn = new_price, new_amount, next(self._ids)
        try:
            self._enter(order, now_ms)
        except Rejected:
            order.price, order.amount, order.turn = before
            self._enter(order, now_ms)
            raise
        return order

    def find(self, account: str, wanted: Callable[[Order], bool]) -> Order:
        """The account's newest order that is `wanted`, open or remembered. Raises Rejected (unknown order)."""
        known = self.accounts[account]
        for order in chain(reversed(known.open.values()), reversed(known.closed)):
            if wanted(order):
                return order
        raise Rejected(Why.UNKNOWN_ORDER)

    def _open_order(self, account: str, order_id: int) -> Order:
        order = self.accounts[account].open.get(order_id)
        if order is None:
            raise Rejected(Why.UNKNOWN_ORDER, str(order_id))
        return order

    def _order(self, caller: Caller, ticket: Ticket, now_ms: int) -> Order:
        market, price, time_in_force = ticket.market, ticket.price, ticket.time_in_force
        if price is None:
            time_in_force = TimeInForce.IOC
        return Order(
            id=next(self._ids),
            account=caller.account,
            key=caller.key,
            market=market,
            side=ticket.side,
            amount=market.allowed_amount(ticket.amount),
            price=_any_price(market, ticket.side) if price is None else market.allowed_price(price),
            is_market=price is None,
            time_in_force=time_in_force,
            client_id=ticket.client_id,
            created_ms=now_ms,
            updated_ms=now_ms,
            turn=next(self._ids),
        )

    def _enter(self, order: Order, now_ms: int) -> None:
        """Match and settle an order that is in no book. Raises Rejected (insufficient funds), and changes nothing."""
        book = self.books[order.market.pair]
        fills = book.match(order.side, order.price, order.remaining)
        self.ledger.hold(order.account, order.gives, _reserve(order, fills))
        self.accounts[order.account].open[order.id] = order
        fills, may_rest = _plan(order, fills)
        for fill in fills:
            self._trade(order, fill, now_ms)
        if order.remaining:
            if may_rest:
                book.add(order)
            else:
                self.ledger.release(order.account, order.gives, _reserve(order, ()))
                self._end(order, Status.EXPIRED, now_ms)
        if order.account != HOUSE:
            for fill in fills:
                self._restock(fill.maker, now_ms)

    def _trade(self, taker: Order, fill: Fill, now_ms: int) -> None:
        market, maker = taker.market, fill.maker
        buyer, seller = (taker, maker) if taker.side is Side.BUY else (maker, taker)
        self.ledger.pay(buyer.account, seller.account, market.quote, fill.cost)
        self.ledger.pay(seller.account, buyer.account, market.base, fill.amount)
        if not buyer.is_market:  # it held its own price, and may have paid less
            self.ledger.release(buyer.account, market.quote, fill.amount * buyer.price - fill.cost)
        trade_id = next(self._ids)
        for order, brought, currency in ((buyer, fill.amount, market.base), (seller, fill.cost, market.quote)):
            order.filled += fill.amount
            order.cost += fill.cost
            order.updated_ms = now_ms
            fee = (brought * FEE).quantize(STEP, ROUND_DOWN)
            self.ledger.charge(order.account, HOUSE, currency, fee)
            self.accounts[order.account].trades.append(
                Trade(trade_id, order, maker.price, fill.amount, fee, currency, order is maker, now_ms)
            )
        self.tapes[market.pair].take_down(Print(trade_id, taker.side, maker.price, fill.amount, now_ms))
        if not maker.remaining:
            self.books[market.pair].remove(maker)
            self._end(maker, Status.FILLED, now_ms)
        if not taker.remaining:
            self._end(taker, Status.FILLED, now_ms)

    def _take_out(self, order: Order) -> None:
        self.books[order.market.pair].remove(order)
        self.ledger.release(order.account, order.gives, _reserve(order, ()))

    def _end(self, order: Order, status: Status, now_ms: int) -> None:
        account = self.accounts[order.account]
        del account.open[order.id]
        account.closed.append(order)
        order.status, order.updated_ms = status, now_ms

    def _quote(self, market: Market, side: Side, price: Decimal, now_ms: int) -> None:
        """Put one lot of the house into the book; what the house lacks for it is issued."""
        order = self._order(Caller(HOUSE, None), Ticket(market, side, market.lot, price), now_ms)
        lacking = _reserve(order, ()) - self.ledger.balance(HOUSE, order.gives).available
        if lacking > 0:
            self.ledger.issue(HOUSE, order.gives, lacking)
        self._enter(order, now_ms)

    def _restock(self, quote: Order, now_ms: int) -> None:
        """Make a quote of the house that was traded with whole again."""
        if quote.account != HOUSE:
            return
        if quote.status is Status.OPEN:
            self.cancel(HOUSE, quote.id, now_ms)
        self._quote(quote.market, quote.side, quote.price, now_ms)


def _any_price(market: Market, side: Side) -> Decimal:
    return market.largest_price if side is Side.BUY else ZERO


def _reserve(order: Order, fills: Sequence[Fill]) -> Decimal:
    """What an order has to hold: to buy, its price for all that remains, or at the market just what it trades for."""
    if order.side is Side.SELL:
        return order.remaining
    if order.is_market:
        return sum((fill.cost for fill in fills), ZERO)
    return order.remaining * order.price


def _plan(order: Order, fills: list[Fill]) -> tuple[list[Fill], bool]:
    """Which of the possible trades its time in force lets the order make, and whether what remains may rest."""
    match order.time_in_force:
        case TimeInForce.GTC:
            return fills, True
        case TimeInForce.IOC:
            return fills, False
        case TimeInForce.FOK:
            return (fills if sum(fill.amount for fill in fills) == order.remaining else []), False
        case TimeInForce.POST_ONLY:
            return [], not fills
