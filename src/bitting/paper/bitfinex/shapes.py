"""How Bitfinex v2 writes things: arrays whose places have meanings.

Places as ccxt 4.5.90 and bitfinex-api-py 4.0.0 read them; documented at https://docs.bitfinex.com/reference.
Numbers are JSON numbers; a sale has a negative amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.domain.money import amount_to_text
from bitting.paper.book import Book, Tape
from bitting.paper.ledger import Balance, Wallet
from bitting.paper.market import CURRENCIES, LARGEST_AMOUNT, MARKETS, Market
from bitting.paper.orders import Order, Status, TimeInForce, Trade
from bitting.paper.treasury import Movement, Transfer
from bitting.paper.wire import Form

POST_ONLY: Final = 4096
"""The flag of an order that must not take."""

CODES: Final = {code: {"USDT": "UST"}.get(code, code) for code in CURRENCIES}
CURRENCY_OF: Final = {wire: code for code, wire in CODES.items()}
SYMBOLS: Final = {f"t{CODES[market.base]}{CODES[market.quote]}": market for market in MARKETS.values()}
SYMBOL_OF: Final = {market.pair: symbol for symbol, market in SYMBOLS.items()}
METHODS: Final = {
    "bitcoin": ("BTC", "bitcoin"),
    "ethereum": ("ETH", "ethereum"),
    "litecoin": ("LTC", "litecoin"),
    "tetheruse": ("USDT", "ethereum"),
    "tetherusx": ("USDT", "tron"),
}
"""How a currency travels over a network."""
METHOD_OF: Final = {way: method for method, way in METHODS.items()}
WALLETS: Final = {"exchange": Wallet.SPOT, "margin": Wallet.MARGIN, "funding": Wallet.FUNDING}
TYPES: Final = {
    "EXCHANGE LIMIT": TimeInForce.GTC,
    "EXCHANGE MARKET": TimeInForce.IOC,
    "EXCHANGE IOC": TimeInForce.IOC,
    "EXCHANGE FOK": TimeInForce.FOK,
}
_EXPIRED: Final = {
    TimeInForce.IOC: "IOC CANCELED",
    TimeInForce.FOK: "FILLORKILL CANCELED",
    TimeInForce.POST_ONLY: "POSTONLY CANCELED",
}


def conf(key: str) -> Json:
    """One page of the public configuration; empty for what this exchange has nothing of."""
    match key:
        case "pub:list:currency":
            return [*CODES.values()]
        case "pub:map:currency:sym":
            return [["UST", "USDt"]]
        case "pub:map:currency:label":
            return [[CODES[code], currency.name] for code, currency in CURRENCIES.items()]
        case "pub:map:currency:tx:fee":
            return [[code, [0, 0]] for code in CODES.values()]
        case "pub:map:tx:method":
            return [[method.upper(), [CODES[code]]] for method, (code, _) in METHODS.items()]
        case "pub:info:tx:status":
            return [[method.upper(), 1, 1, *[None] * 9] for method in METHODS]
        case "pub:list:pair:exchange":
            return [symbol[1:] for symbol in SYMBOLS]
        case "pub:info:pair":
            return [[symbol[1:], _pair_info(market)] for symbol, market in SYMBOLS.items()]
        case _:
            return []


def _pair_info(market: Market) -> Json:
    return [None, None, None, amount_to_text(market.minimum), amount_to_text(LARGEST_AMOUNT), *[None] * 7]


def ticker(book: Book, tape: Tape) -> list[Json]:
    """Best prices with their sizes, change, last, volume, high, low; of the time since the exchange opened."""
    bid, ask = book.levels(Side.BUY, 1)[0], book.levels(Side.SELL, 1)[0]
    change = tape.last - tape.opening
    relative = (change / tape.opening).quantize(Decimal("0.00000001"))
    best: list[Json] = [bid.price, bid.amount, ask.price, ask.amount]
    return [*best, change, relative, tape.last, tape.volume, tape.high, tape.low]


def raw_book(book: Book, length: int) -> Json:
    """Single orders: id, price, amount."""
    sides = (book.orders(Side.BUY)[:length], book.orders(Side.SELL)[:length])
    return [[order.id, order.price, _signed(order.side, order.remaining)] for side in sides for order in side]


def levels(book: Book, length: int) -> Json:
    """Price levels: price, how many orders, amount."""
    return [
        [level.price, level.orders, _signed(side, level.amount)]
        for side in (Side.BUY, Side.SELL)
        for level in book.levels(side, length)
    ]


def order(order: Order) -> list[Json]:
    """The 32 places of an order."""
    shape: list[Json] = [None] * 32
    shape[0] = order.id
    shape[2] = int(order.client_id) if order.client_id is not None and order.client_id.isdecimal() else None
    shape[3] = SYMBOL_OF[order.market.pair]
    shape[4:6] = order.created_ms, order.updated_ms
    shape[6:8] = _signed(order.side, order.remaining), _signed(order.side, order.amount)
    shape[8] = order_type(order)
    shape[12] = POST_ONLY if order.time_in_force is TimeInForce.POST_ONLY else 0
    shape[13] = _status(order)
    shape[16:20] = order.named_price, order.average, 0, 0
    shape[23:26] = 0, 0, 0
    shape[28] = "API>BFX"
    shape[31] = {}
    return shape


def order_type(order: Order) -> str:
    """`EXCHANGE LIMIT` and the like."""
    if order.is_market:
        return "EXCHANGE MARKET"
    return {TimeInForce.IOC: "EXCHANGE IOC", TimeInForce.FOK: "EXCHANGE FOK"}.get(order.time_in_force, "EXCHANGE LIMIT")


def _status(order: Order) -> str:
    traded = f"@ {amount_to_text(order.average)}({amount_to_text(_signed(order.side, order.filled))})"
    match order.status:
        case Status.OPEN:
            return f"PARTIALLY FILLED {traded}" if order.filled else "ACTIVE"
        case Status.FILLED:
            return f"EXECUTED {traded}"
        case Status.EXPIRED if not order.is_market:
            return _EXPIRED[order.time_in_force]
        case _:
            return f"CANCELED was: PARTIALLY FILLED {traded}" if order.filled else "CANCELED"


def trade(trade: Trade) -> Json:
    """The 12 places of one's own trade."""
    order = trade.order
    return [
        trade.id,
        SYMBOL_OF[order.market.pair],
        trade.at_ms,
        order.id,
        _signed(order.side, trade.amount),
        trade.price,
        order_type(order),
        order.named_price,
        1 if trade.is_maker else -1,
        -trade.fee,
        CODES[trade.fee_currency],
        None,
    ]


def wallet(name: str, code: str, balance: Balance) -> Json:
    """Total, unsettled interest, available."""
    return [name, CODES[code], balance.total, 0, balance.available, None, None]


def movement(movement: Movement) -> Json:
    """The 22 places of a deposit, or of a withdrawal, whose amount is negative."""
    destination, currency = movement.destination, CURRENCIES[movement.currency]
    networks = currency.networks if destination is None else (destination.network,)
    shape: list[Json] = [None] * 22
    shape[0:2] = movement.id, CODES[movement.currency]
    shape[2] = METHOD_OF[currency.code, networks[0]].upper() if networks else currency.name.upper()
    shape[5:7] = movement.at_ms, movement.at_ms
    shape[9] = "COMPLETED"
    shape[12:14] = (movement.amount if destination is None else -movement.amount), 0
    shape[16] = None if destination is None else destination.address
    return shape


def withdrawal(movement: Movement, method: str, wallet: str) -> list[Json]:
    """The 9 places of a withdrawal as it is asked for."""
    tag = movement.destination.tag if movement.destination is not None else ""
    return [movement.id, None, method, tag or None, wallet, movement.amount, None, None, 0]


def transfer(transfer: Transfer, source: str, target: str) -> list[Json]:
    """The 8 places of a transfer."""
    code = CODES[transfer.currency]
    return [transfer.at_ms, source, target, None, code, code, None, transfer.amount]


def user(account: str, opened_ms: int) -> Json:
    """The 55 places of a user; most have no meaning here."""
    shape: list[Json] = [None] * 55
    shape[0:6] = 1, f"{account}@paper.invalid", account, opened_ms, 1, 1
    shape[7] = "UTC"
    return shape


def notification(kind: str, data: Sequence[Json], text: str, now_ms: int) -> list[Json]:
    """What every call that changes something answers with."""
    return [now_ms, kind, None, None, [*data], None, "SUCCESS", text]


def page(form: Form, entries: Iterable[tuple[int, Json]]) -> Json:
    """Of a history, newest first and each entry with its time in ms, what `start`, `end` and `limit` ask for."""
    period = form.period("start", "end")
    return [*islice((entry for at_ms, entry in entries if at_ms in period), form.whole("limit", 25))]


def _signed(side: Side, amount: Decimal) -> Decimal:
    return amount if side is Side.BUY else -amount
