"""How the exchange's own API writes things: objects, in which every amount is decimal text and a time is in ms."""

from __future__ import annotations

from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.money import amount_to_text
from bitting.paper.book import Level, Tape
from bitting.paper.ledger import Balance
from bitting.paper.market import MARKETS, SHORT_NAMES, STEP, Market
from bitting.paper.orders import Order, Status, Trade
from bitting.paper.treasury import Destination, Movement

SYMBOLS: Final = {f"{market.base}-{market.quote}": market for market in MARKETS.values()}
SYMBOL_OF: Final = {market.pair: symbol for symbol, market in SYMBOLS.items()}
_STATUS: Final = {Status.OPEN: "open", Status.FILLED: "closed"}


def market(market: Market) -> Json:
    """One market; an order's amount is a multiple of `lot`."""
    return {
        "symbol": SYMBOL_OF[market.pair],
        "base": market.base,
        "quote": market.quote,
        "tick": amount_to_text(market.tick),
        "lot": amount_to_text(STEP),
    }


def ticker(market: Market, tape: Tape, bid: Level, ask: Level, now_ms: int) -> Json:
    """Last and best prices."""
    return {
        "symbol": SYMBOL_OF[market.pair],
        "last": amount_to_text(tape.last),
        "bid": amount_to_text(bid.price),
        "ask": amount_to_text(ask.price),
        "time": now_ms,
    }


def balance(code: str, balance: Balance) -> Json:
    """One asset of the account."""
    return {
        "asset": code,
        "free": amount_to_text(balance.available),
        "used": amount_to_text(balance.held),
        "total": amount_to_text(balance.total),
    }


def order(order: Order) -> Json:
    """An order. One at the market has no price; a client's own id is there if it was given."""
    shape: dict[str, Json] = {
        "id": str(order.id),
        "symbol": SYMBOL_OF[order.market.pair],
        "side": order.side.value,
        "type": "market" if order.is_market else "limit",
        "amount": amount_to_text(order.amount),
        "filled": amount_to_text(order.filled),
        "status": _STATUS.get(order.status, "canceled"),
        "time": order.created_ms,
    }
    if not order.is_market:
        shape["price"] = amount_to_text(order.price)
    if order.client_id is not None:
        shape["client_order_id"] = order.client_id
    return shape


def trade(trade: Trade) -> Json:
    """One's own trade; the fee is taken from what it brought."""
    return {
        "id": str(trade.id),
        "order": str(trade.order.id),
        "symbol": SYMBOL_OF[trade.order.market.pair],
        "side": trade.order.side.value,
        "price": amount_to_text(trade.price),
        "amount": amount_to_text(trade.amount),
        "fee": amount_to_text(trade.fee),
        "fee_asset": trade.fee_currency,
        "time": trade.at_ms,
    }


def withdrawal(movement: Movement, destination: Destination) -> Json:
    """A withdrawal and where it went."""
    return {
        "id": str(movement.id),
        "asset": movement.currency,
        "network": SHORT_NAMES[destination.network],
        "address": destination.address,
        "tag": destination.tag,
        "amount": amount_to_text(movement.amount),
        "time": movement.at_ms,
    }
