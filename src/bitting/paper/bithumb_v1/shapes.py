"""How Bithumb's API 1.0 writes things: objects, in which every number is text; times of orders are in microseconds.

Fields as ccxt 4.5.90 and pybithumb 1.0.21 read them; documented at https://apidocs.bithumb.com/v1.2.0/reference.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.money import amount_to_text
from bitting.paper.bithumb.shapes import SIDE_OF, order_id, seoul
from bitting.paper.book import Level, Print, Tape
from bitting.paper.ledger import Balance
from bitting.paper.market import Market
from bitting.paper.orders import Order, Status, Trade
from bitting.paper.treasury import Movement

_STATUS: Final = {Status.OPEN: "Pending", Status.FILLED: "Completed"}


def fine(**fields: Json) -> Json:
    """The answer to a call that went well."""
    return {"status": "0000", **fields}


def _moment(at_ms: int) -> str:
    return f"{seoul(at_ms):%Y-%m-%d %H:%M:%S}"


def balance(code: str, balance: Balance, last: Decimal | None) -> dict[str, Json]:
    """The fields of one currency; `last` is its last price in won, where it has one."""
    name = code.lower()
    shape: dict[str, Json] = {
        f"total_{name}": amount_to_text(balance.total),
        f"in_use_{name}": amount_to_text(balance.held),
        f"available_{name}": amount_to_text(balance.available),
    }
    return shape if last is None else {**shape, f"xcoin_last_{name}": amount_to_text(last)}


def order(order: Order) -> dict[str, Json]:
    """An open order."""
    return {
        "order_currency": order.market.base,
        "payment_currency": order.market.quote,
        "order_id": order_id(order),
        "order_date": str(order.created_ms * 1000),
        "type": SIDE_OF[order.side],
        "watch_price": "0",
        "units": amount_to_text(order.amount),
        "units_remaining": amount_to_text(order.remaining),
        "price": amount_to_text(order.price),
    }


def order_detail(order: Order, trades: list[Trade]) -> dict[str, Json]:
    """Any order, with its trades."""
    is_cancelled = order.status in (Status.CANCELLED, Status.EXPIRED)
    return {
        "order_date": str(order.created_ms * 1000),
        "type": SIDE_OF[order.side],
        "order_status": _STATUS.get(order.status, "Cancel"),
        "order_currency": order.market.base,
        "payment_currency": order.market.quote,
        "watch_price": "0",
        "order_price": amount_to_text(order.named_price),
        "order_qty": amount_to_text(order.amount),
        "cancel_date": str(order.updated_ms * 1000) if is_cancelled else "",
        "cancel_type": "사용자취소" if order.status is Status.CANCELLED else "",  # by the user
        "contract": [
            {
                "transaction_date": str(trade.at_ms * 1000),
                "price": amount_to_text(trade.price),
                "units": amount_to_text(trade.amount),
                "fee_currency": trade.fee_currency,
                "fee": amount_to_text(trade.fee),
                "total": amount_to_text(trade.price * trade.amount),
            }
            for trade in trades
        ],
    }


def trade(trade: Trade, order_balance: Decimal, payment_balance: Decimal) -> dict[str, Json]:
    """One's own trade in the list of transactions; the balances are those of now."""
    market, side = trade.order.market, SIDE_OF[trade.order.side]
    return {
        "search": "1" if side == "bid" else "2",
        "transfer_date": trade.at_ms * 1000,
        "order_currency": market.base,
        "payment_currency": market.quote,
        "units": amount_to_text(trade.amount),
        "price": amount_to_text(trade.price),
        "amount": amount_to_text(trade.price * trade.amount),
        "fee_currency": trade.fee_currency,
        "fee": amount_to_text(trade.fee),
        "order_balance": amount_to_text(order_balance),
        "payment_balance": amount_to_text(payment_balance),
    }


def movement(movement: Movement, balance: Decimal) -> dict[str, Json]:
    """A deposit or a withdrawal in the list of transactions; the balance is that of now."""
    return {
        "search": "4" if movement.destination is None else "5",
        "transfer_date": movement.at_ms * 1000,
        "order_currency": movement.currency,
        "payment_currency": "",
        "units": amount_to_text(movement.amount),
        "price": "0",
        "amount": "0",
        "fee_currency": movement.currency,
        "fee": "0",
        "order_balance": amount_to_text(balance),
        "payment_balance": "0",
    }


def ticker(tape: Tape) -> dict[str, Json]:
    """Of the time since the exchange opened, which is said to be the last day."""
    change = tape.last - tape.opening
    return {
        "opening_price": amount_to_text(tape.opening),
        "closing_price": amount_to_text(tape.last),
        "min_price": amount_to_text(tape.low),
        "max_price": amount_to_text(tape.high),
        "units_traded": amount_to_text(tape.volume),
        "acc_trade_value": amount_to_text(tape.turnover),
        "prev_closing_price": amount_to_text(tape.opening),
        "units_traded_24H": amount_to_text(tape.volume),
        "acc_trade_value_24H": amount_to_text(tape.turnover),
        "fluctate_24H": amount_to_text(change),
        "fluctate_rate_24H": format(change / tape.opening * 100, ".2f"),
    }


def orderbook(market: Market, bids: list[Level], asks: list[Level]) -> dict[str, Json]:
    """Both sides, level by level."""
    return {"order_currency": market.base, "bids": _levels(bids), "asks": _levels(asks)}


def _levels(levels: list[Level]) -> Json:
    return [{"price": amount_to_text(level.price), "quantity": amount_to_text(level.amount)} for level in levels]


def print_(print_: Print) -> Json:
    """One trade as everybody sees it."""
    return {
        "transaction_date": _moment(print_.at_ms),
        "type": SIDE_OF[print_.side],
        "units_traded": amount_to_text(print_.amount),
        "price": amount_to_text(print_.price),
        "total": amount_to_text(print_.price * print_.amount),
    }


def candle(start_ms: int, prints: list[Print]) -> Json:
    """One period in which something was traded: its start, opening, closing, highest, lowest, volume."""
    prices = [each.price for each in prints]
    volume = sum((each.amount for each in prints), Decimal(0))
    return [start_ms, *map(amount_to_text, (prices[0], prices[-1], max(prices), min(prices), volume))]
