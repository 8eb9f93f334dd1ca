"""The matching engine: price, then time; and money is conserved whatever happens."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bitting.domain.action import Side
from bitting.domain.pairs import Pair
from bitting.paper.exchange import FEE, Exchange
from bitting.paper.ledger import Wallet
from bitting.paper.market import CURRENCIES, LARGEST_AMOUNT, MARKETS, STEP, Market
from bitting.paper.orders import Caller, Order, Status, Ticket, TimeInForce
from bitting.paper.rejection import Rejected, Why
from bitting.paper.treasury import Destination

BTC_USD = MARKETS[Pair("BTC", "USD")]
ETH_BTC = MARKETS[Pair("ETH", "BTC")]
ANN, BOB = Caller("ann", "key-a"), Caller("bob", "key-b")


def limit(
    side: Side,
    amount: str | Decimal,
    price: str | Decimal,
    market: Market = BTC_USD,
    time_in_force: TimeInForce = TimeInForce.GTC,
    client_id: str | None = None,
) -> Ticket:
    return Ticket(market, side, Decimal(amount), Decimal(price), time_in_force, client_id)


def at_market(side: Side, amount: str) -> Ticket:
    return Ticket(BTC_USD, side, Decimal(amount), None)


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(0)


def maybe(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def available(exchange: Exchange, account: str, currency: str) -> Decimal:
    return exchange.ledger.balance(account, currency).available


def test_a_new_account_is_opened_with_gifts(exchange: Exchange) -> None:
    """Whoever is not known gets the gift of every currency, once, and it is written down as a deposit."""
    exchange.open_account("ann", 5)
    exchange.open_account("ann", 9)
    assert {code: available(exchange, "ann", code) for code in CURRENCIES} == {
        code: currency.gift for code, currency in CURRENCIES.items()
    }
    assert [movement.at_ms for movement in exchange.treasury.movements["ann"]] == [5] * len(CURRENCIES)


def test_the_same_steps_give_the_same_ids() -> None:
    """The exchange is deterministic: two runs number and time everything alike."""

    def run() -> tuple[int, list[tuple[int, int]]]:
        exchange = Exchange(0)
        order = exchange.place(ANN, at_market(Side.BUY, "0.5"), 7)
        return order.id, [(trade.id, trade.at_ms) for trade in exchange.accounts["ann"].trades]

    assert run() == run()


def test_a_resting_order_holds_what_it_may_cost(exchange: Exchange) -> None:
    """A limit order below the market rests and holds price times amount; a cancellation gives it back."""
    order = exchange.place(ANN, limit(Side.BUY, "0.5", "40000"), 1)
    assert exchange.ledger.balance("ann", "USD") == (Decimal(80_000), Decimal(20_000))
    assert exchange.cancel("ann", order.id, 2) is order
    assert order.status is Status.CANCELLED
    assert exchange.ledger.balance("ann", "USD") == (Decimal(100_000), Decimal(0))


def test_a_trade_is_made_at_the_price_of_who_was_first(exchange: Exchange) -> None:
    """Buying above the best offer pays the offer; what was held too much comes back; both sides pay the fee."""
    order = exchange.place(ANN, limit(Side.BUY, "1", "51000"), 1)
    assert (order.status, order.average, order.cost) == (Status.FILLED, Decimal("50025.00"), Decimal(50_025))
    assert exchange.ledger.balance("ann", "USD") == (Decimal(100_000 - 50_025), Decimal(0))
    assert available(exchange, "ann", "BTC") == 11 - FEE
    trade = exchange.accounts["ann"].trades[-1]
    assert (trade.price, trade.fee, trade.fee_currency, trade.is_maker) == (Decimal("50025.00"), FEE, "BTC", False)


def test_at_one_price_the_older_order_trades_first(exchange: Exchange) -> None:
    """Two orders at one price are met in the order they came."""
    first = exchange.place(ANN, limit(Side.BUY, "0.1", "49990"), 1)
    second = exchange.place(BOB, limit(Side.BUY, "0.1", "49990"), 2)
    exchange.place(Caller("carl", None), limit(Side.SELL, "0.15", "49990"), 3)
    assert (first.status, second.filled) == (Status.FILLED, Decimal("0.05"))
    assert exchange.accounts["ann"].trades[-1].is_maker


def test_the_house_keeps_its_quotes_whole(exchange: Exchange) -> None:
    """What was taken from the house is offered again, so the next order finds the same book."""
    levels = [exchange.books[BTC_USD.pair].levels(side, 50) for side in Side]
    exchange.place(ANN, at_market(Side.SELL, "5"), 1)
    assert [exchange.books[BTC_USD.pair].levels(side, 50) for side in Side] == levels


def test_a_market_order_never_rests(exchange: Exchange) -> None:
    """What the book cannot fill of a market order expires, and nothing stays held."""
    exchange.open_account("ann", 0)
    exchange.ledger.issue("ann", "BTC", Decimal(100))
    order = exchange.place(ANN, at_market(Side.SELL, "60"), 1)
    assert (order.status, order.filled) == (Status.EXPIRED, Decimal(40))
    assert exchange.ledger.balance("ann", "BTC") == (Decimal(70), Decimal(0))


@pytest.mark.parametrize(
    ("time_in_force", "price", "status", "filled"),
    [
        (TimeInForce.IOC, "50025", Status.EXPIRED, "2"),
        (TimeInForce.IOC, "40000", Status.EXPIRED, "0"),
        (TimeInForce.FOK, "50025", Status.EXPIRED, "0"),
        (TimeInForce.FOK, "50050", Status.FILLED, "3"),
        (TimeInForce.POST_ONLY, "50025", Status.EXPIRED, "0"),
        (TimeInForce.POST_ONLY, "50024.99", Status.OPEN, "0"),
        (TimeInForce.GTC, "50025", Status.OPEN, "2"),
    ],
)
def test_time_in_force_says_what_becomes_of_the_rest(
    exchange: Exchange, time_in_force: TimeInForce, price: str, status: Status, filled: str
) -> None:
    """Each time in force trades and keeps just what its name says; of the ended, nothing stays held."""
    exchange.open_account("ann", 0)
    exchange.ledger.issue("ann", "USD", Decimal(100_000))
    order = exchange.place(ANN, limit(Side.BUY, "3", price, time_in_force=time_in_force), 1)
    held = exchange.ledger.balance("ann", "USD").held
    if status is Status.OPEN and order.filled < 3:
        assert held == order.remaining * order.price
    else:
        assert held == 0
    if time_in_force is not TimeInForce.GTC:
        assert (order.status, order.filled) == (status, Decimal(filled))
    else:  # the rest is a bid at the price of the house, which then sells to it
        assert order.status is Status.FILLED


@pytest.mark.parametrize(
    ("ticket", "why"),
    [
        (limit(Side.BUY, "3", "50000"), Why.INSUFFICIENT_FUNDS),
        (limit(Side.SELL, "10.00000001", "50000"), Why.INSUFFICIENT_FUNDS),
        (at_market(Side.BUY, "3"), Why.INSUFFICIENT_FUNDS),
        (limit(Side.BUY, "0.00009999", "50000"), Why.BAD_AMOUNT),
        (limit(Side.BUY, "0.100000001", "50000"), Why.BAD_AMOUNT),
        (limit(Side.BUY, LARGEST_AMOUNT, "0.01"), Why.BAD_AMOUNT),
        (limit(Side.BUY, "-1", "50000"), Why.BAD_AMOUNT),
        (limit(Side.BUY, "1", "0"), Why.BAD_PRICE),
        (limit(Side.BUY, "1", "50000.001"), Why.BAD_PRICE),
        (limit(Side.BUY, "1", BTC_USD.largest_price), Why.BAD_PRICE),
        (limit(Side.BUY, "0.1", "40000", client_id="mine"), Why.DUPLICATE_CLIENT_ID),
    ],
)
def test_a_refused_order_leaves_no_trace(exchange: Exchange, ticket: Ticket, why: Why) -> None:
    """An order that is refused changes neither balances nor books."""
    exchange.place(ANN, limit(Side.BUY, "0.1", "40000", client_id="mine"), 1)
    before = dict(exchange.ledger.purse("ann")), exchange.books[BTC_USD.pair].levels(Side.BUY, 50)
    with pytest.raises(Rejected) as caught:
        exchange.place(ANN, ticket, 2)
    assert caught.value.why is why
    assert before == (dict(exchange.ledger.purse("ann")), exchange.books[BTC_USD.pair].levels(Side.BUY, 50))
    assert len(exchange.accounts["ann"].open) == 1


def test_one_account_cannot_touch_the_orders_of_another(exchange: Exchange) -> None:
    """An order of somebody else is an unknown one, to cancel, amend or look at."""
    order = exchange.place(ANN, limit(Side.BUY, "0.1", "40000"), 1)
    exchange.open_account("bob", 0)
    attempts: list[Callable[[], Order]] = [
        lambda: exchange.cancel("bob", order.id, 2),
        lambda: exchange.amend("bob", order.id, Decimal(1), None, 2),
        lambda: exchange.find("bob", lambda known: known.id == order.id),
    ]
    for attempt in attempts:
        with pytest.raises(Rejected) as caught:
            attempt()
        assert caught.value.why is Why.UNKNOWN_ORDER
    assert order.status is Status.OPEN


def test_an_ended_order_is_still_found(exchange: Exchange) -> None:
    """Open and ended orders are found alike, the newest first."""
    order = exchange.place(ANN, limit(Side.BUY, "0.1", "40000"), 1)
    exchange.cancel("ann", order.id, 2)
    assert exchange.find("ann", lambda known: known.market is BTC_USD) is order


def test_an_amended_order_queues_anew(exchange: Exchange) -> None:
    """Amending keeps the id, changes what is held, and gives up the place in the queue."""
    first = exchange.place(ANN, limit(Side.BUY, "0.1", "49990"), 1)
    second = exchange.place(BOB, limit(Side.BUY, "0.1", "49990"), 2)
    exchange.amend("ann", first.id, None, Decimal("0.2"), 3)
    assert exchange.ledger.balance("ann", "USD").held == Decimal("9998")
    exchange.place(Caller("carl", None), limit(Side.SELL, "0.1", "49990"), 4)
    assert (second.status, first.filled) == (Status.FILLED, Decimal(0))


@pytest.mark.parametrize(
    ("price", "amount", "why"),
    [
        (None, "100", Why.INSUFFICIENT_FUNDS),
        ("0.001", None, Why.BAD_PRICE),
        (None, "0.00000001", Why.BAD_AMOUNT),
        (None, "0.05", Why.BAD_AMOUNT),  # as much as is filled already
    ],
)
def test_an_amendment_that_is_refused_leaves_the_order_as_it_was(
    exchange: Exchange, price: str | None, amount: str | None, why: Why
) -> None:
    """Price, amount, place in the queue and what is held are those of before."""
    order = exchange.place(ANN, limit(Side.BUY, "0.1", "49990"), 1)
    exchange.place(BOB, limit(Side.SELL, "0.05", "49990"), 2)
    before = order.price, order.amount, order.turn, exchange.ledger.balance("ann", "USD")
    with pytest.raises(Rejected) as caught:
        exchange.amend("ann", order.id, maybe(price), maybe(amount), 3)
    assert caught.value.why is why
    assert before == (order.price, order.amount, order.turn, exchange.ledger.balance("ann", "USD"))
    assert exchange.books[BTC_USD.pair].orders(Side.BUY)[0] is order


def test_an_amendment_can_trade(exchange: Exchange) -> None:
    """A bid raised to the offer buys."""
    order = exchange.place(ANN, limit(Side.BUY, "0.1", "49990"), 1)
    exchange.amend("ann", order.id, Decimal("50025"), None, 2)
    assert order.status is Status.FILLED


def test_a_trade_with_oneself_costs_the_fees_only(exchange: Exchange) -> None:
    """Buying from one's own order moves nothing but the two fees."""
    exchange.place(ANN, limit(Side.SELL, "0.1", "50000"), 1)
    exchange.place(ANN, limit(Side.BUY, "0.1", "50000"), 2)
    assert available(exchange, "ann", "BTC") == Decimal("9.9999")
    assert available(exchange, "ann", "USD") == Decimal(99_995)


def test_the_tape_keeps_extremes_and_sums(exchange: Exchange) -> None:
    """Last, high, low, volume and turnover follow the trades."""
    exchange.place(ANN, at_market(Side.BUY, "0.1"), 1)
    exchange.place(ANN, at_market(Side.SELL, "0.2"), 2)
    tape = exchange.tapes[BTC_USD.pair]
    assert [tape.opening, tape.last, tape.high, tape.low] == [50_000, 49_975, 50_025, 49_975]
    assert (tape.volume, tape.turnover, tape.trades) == (Decimal("0.3"), Decimal("14997.5"), 2)


PEOPLE = st.sampled_from([ANN, BOB, Caller("carl", None)])
SIDES = st.sampled_from(Side)
# Few prices, so that orders meet; and amounts of every size, so that funds run out.
PRICES = st.sampled_from(["49975", "49990.01", "50000", "50025", "50100", "9999999.99"])
AMOUNTS = st.sampled_from(["0.001", "0.12345678", "0.99999999", "3", "9.5", "60", "999999.99999999"])


class Trading(RuleBasedStateMachine):
    """Three people do anything at all, in two markets that share a currency."""

    def __init__(self) -> None:
        super().__init__()
        self.exchange = Exchange(0)
        self.now_ms = 0
        for person in ("ann", "bob", "carl"):
            self.exchange.open_account(person, 0)

    def attempt(self, step: Callable[..., object], *arguments: object) -> None:
        self.now_ms += 1
        with suppress(Rejected):
            step(*arguments, self.now_ms)

    def some_order(self, who: Caller, index: int) -> int:
        orders = list(self.exchange.accounts[who.account].open)
        return orders[index % len(orders)] if orders else 0

    @rule(who=PEOPLE, side=SIDES, amount=AMOUNTS, price=st.none() | PRICES, life=st.sampled_from(TimeInForce))
    def place(self, who: Caller, side: Side, amount: str, price: str | None, life: TimeInForce) -> None:
        self.attempt(self.exchange.place, who, Ticket(BTC_USD, side, Decimal(amount), maybe(price), life))

    @rule(who=PEOPLE, side=SIDES, amount=AMOUNTS, price=st.sampled_from(["0.05", "0.049999", "0.06"]))
    def place_in_the_other_market(self, who: Caller, side: Side, amount: str, price: str) -> None:
        self.attempt(self.exchange.place, who, limit(side, amount, price, ETH_BTC))

    @rule(who=PEOPLE, index=st.integers(0, 5))
    def cancel(self, who: Caller, index: int) -> None:
        self.attempt(self.exchange.cancel, who.account, self.some_order(who, index))

    @rule(who=PEOPLE, index=st.integers(0, 5), price=st.none() | PRICES, amount=st.none() | AMOUNTS)
    def amend(self, who: Caller, index: int, price: str | None, amount: str | None) -> None:
        order_id = self.some_order(who, index)
        self.attempt(self.exchange.amend, who.account, order_id, maybe(price), maybe(amount))

    @rule(who=PEOPLE, amount=AMOUNTS)
    def withdraw(self, who: Caller, amount: str) -> None:
        destination = Destination("bitcoin", "bc1qexample")
        self.attempt(self.exchange.treasury.withdraw, who, "BTC", Decimal(amount), destination)

    @rule(who=PEOPLE, amount=AMOUNTS, wallets=st.permutations(list(Wallet)))
    def transfer(self, who: Caller, amount: str, wallets: list[Wallet]) -> None:
        self.attempt(self.exchange.treasury.transfer, who.account, "BTC", Decimal(amount), *wallets[:2])

    @invariant()
    def money_is_conserved(self) -> None:
        """The balances of each currency sum up to what was issued of it, to the last digit."""
        for code in CURRENCIES:
            assert self.exchange.ledger.total(code) == self.exchange.ledger.issued[code]

    @invariant()
    def exactly_what_open_orders_need_is_held(self) -> None:
        """What is held is what the open orders may still cost."""
        for name, account in self.exchange.accounts.items():
            for code in CURRENCIES:
                held = sum(
                    order.remaining * (order.price if order.side is Side.BUY else 1)
                    for order in account.open.values()
                    if order.gives == code
                )
                assert self.exchange.ledger.balance(name, code).held == held

    @invariant()
    def books_hold_the_open_orders_and_do_not_cross(self) -> None:
        """Every open order is in its book, in order, and the best bid is below the best offer."""
        listed = [order for book in self.exchange.books.values() for side in Side for order in book.orders(side)]
        known = [order for account in self.exchange.accounts.values() for order in account.open.values()]
        assert sorted(order.id for order in listed) == sorted(order.id for order in known)
        for book in self.exchange.books.values():
            bids, asks = book.orders(Side.BUY), book.orders(Side.SELL)
            assert [order.price for order in bids] == sorted((order.price for order in bids), reverse=True)
            assert [order.price for order in asks] == sorted(order.price for order in asks)
            assert bids[0].price < asks[0].price

    @invariant()
    def an_ended_order_is_ended(self) -> None:
        """No order trades more than its amount, and it is FILLED just when nothing remains."""
        for account in self.exchange.accounts.values():
            for order in account.closed:
                assert 0 <= order.filled <= order.amount
                assert order.status is not Status.OPEN
                assert (order.status is Status.FILLED) is (order.remaining == 0)


TestTrading = Trading.TestCase


def test_the_largest_order_costs_exactly_its_price(exchange: Exchange) -> None:
    """The largest amount at the largest price is held to the last digit: nothing is rounded."""
    amount, price = LARGEST_AMOUNT - STEP, BTC_USD.largest_price - Decimal("0.01")
    exchange.open_account("ann", 0)
    exchange.ledger.issue("ann", "USD", LARGEST_AMOUNT * BTC_USD.largest_price)
    exchange.place(ANN, limit(Side.BUY, amount, price, time_in_force=TimeInForce.POST_ONLY), 1)
    assert exchange.ledger.total("USD") == exchange.ledger.issued["USD"]
    order = exchange.place(ANN, limit(Side.SELL, "0.1", price), 2)
    assert exchange.ledger.balance("ann", "BTC", Wallet.SPOT).held == order.remaining
