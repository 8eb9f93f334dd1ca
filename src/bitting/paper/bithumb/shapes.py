"""How Bithumb's API 2.0 writes things: objects, in which an account's amounts are text and the market's are numbers.

Fields as ccxt 4.5.90 reads them; documented at https://apidocs.bithumb.com/reference. What was taken as a fee is
shown in the quote currency, as Bithumb takes it. Dates are Korean, nine hours ahead of UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from bitting.dialects.strict import Json
from bitting.domain.action import Side
from bitting.domain.money import amount_to_text
from bitting.paper.book import Level, Print, Tape
from bitting.paper.exchange import FEE
from bitting.paper.ledger import Balance
from bitting.paper.market import CURRENCIES, MARKETS, SHORT_NAMES, Market
from bitting.paper.orders import Order, Status, TimeInForce, Trade
from bitting.paper.rejection import Rejected, Why
from bitting.paper.treasury import Movement
from bitting.paper.wire import Form

MARKET_IDS: Final = {f"{market.quote}-{market.base}": market for market in MARKETS.values()}
ID_OF: Final = {market.pair: name for name, market in MARKET_IDS.items()}
SIDES: Final = {"bid": Side.BUY, "ask": Side.SELL}
SIDE_OF: Final = {side: name for name, side in SIDES.items()}
LIVES: Final = {"ioc": TimeInForce.IOC, "fok": TimeInForce.FOK, "post_only": TimeInForce.POST_ONLY}
_LIFE_OF: Final = {life: name for name, life in LIVES.items()}
_STATES: Final = {Status.OPEN: "wait", Status.FILLED: "done"}
_SEOUL: Final = timezone(timedelta(hours=9))


def order_id(order: Order) -> str:
    """`C` and 19 digits."""
    return f"C{order.id:019d}"


def seoul(at_ms: int) -> datetime:
    """The moment on a Korean clock, to the second."""
    return datetime.fromtimestamp(at_ms // 1000, _SEOUL)


def state(order: Order) -> str:
    """`wait`, `done` or `cancel`."""
    return _STATES.get(order.status, "cancel")


def placed(order: Order) -> dict[str, Json]:
    """The answer to a new order."""
    return {
        **cancelled(order),
        "market": ID_OF[order.market.pair],
        "side": SIDE_OF[order.side],
        "order_type": order_type(order),
    }


def cancelled(order: Order) -> dict[str, Json]:
    """The answer to a cancellation."""
    shape: dict[str, Json] = {"order_id": order_id(order), "created_at": seoul(order.created_ms).isoformat()}
    return shape if order.client_id is None else {**shape, "client_order_id": order.client_id}


def order(order: Order, trades: int) -> dict[str, Json]:
    """An order as queries show it, with the number of its trades."""
    shape: dict[str, Json] = {
        "uuid": order_id(order),
        "side": SIDE_OF[order.side],
        "ord_type": order_type(order),
        "price": None if order.is_market else amount_to_text(order.price),
        "state": state(order),
        "market": ID_OF[order.market.pair],
        "created_at": seoul(order.created_ms).isoformat(),
        "volume": amount_to_text(order.amount),
        "remaining_volume": amount_to_text(order.remaining),
        "reserved_fee": "0",
        "remaining_fee": "0",
        "paid_fee": amount_to_text(order.cost * FEE),
        "locked": amount_to_text(_locked(order)),
        "executed_volume": amount_to_text(order.filled),
        "executed_funds": amount_to_text(order.cost),
        "trades_count": trades,
    }
    if order.client_id is not None:
        shape["client_order_id"] = order.client_id
    if order.time_in_force in _LIFE_OF and not order.is_market:
        shape["time_in_force"] = _LIFE_OF[order.time_in_force]
    return shape


def order_type(order: Order) -> str:
    """`limit`; at the market `price` to buy, which names what is spent, and `market` to sell."""
    if not order.is_market:
        return "limit"
    return "price" if order.side is Side.BUY else "market"


def _locked(order: Order) -> Decimal:
    if order.status is not Status.OPEN:
        return Decimal(0)
    return order.remaining * order.price if order.side is Side.BUY else order.remaining


def trade(trade: Trade) -> Json:
    """One of an order's trades."""
    return {
        "market": ID_OF[trade.order.market.pair],
        "uuid": f"C{trade.id:019d}",
        "price": amount_to_text(trade.price),
        "volume": amount_to_text(trade.amount),
        "funds": amount_to_text(trade.price * trade.amount),
        "side": SIDE_OF[trade.order.side],
        "created_at": seoul(trade.at_ms).isoformat(),
    }


def account(code: str, balance: Balance) -> Json:
    """One currency of the account."""
    return {
        "currency": code,
        "balance": amount_to_text(balance.available),
        "locked": amount_to_text(balance.held),
        "avg_buy_price": "0",
        "avg_buy_price_modified": False,
        "unit_currency": "KRW",
    }


def chance(market: Market, quote: Balance, base: Balance) -> Json:
    """What an order in this market may be, and the balances that it would be paid from."""
    fee = amount_to_text(FEE)
    return {
        "bid_fee": fee,
        "ask_fee": fee,
        "maker_bid_fee": fee,
        "maker_ask_fee": fee,
        "market": {
            "id": ID_OF[market.pair],
            "name": market.pair.to_text(),
            "order_types": ["limit"],
            "order_sides": ["ask", "bid"],
            "bid_types": ["limit", "price"],
            "ask_types": ["limit", "market"],
            "bid": {"currency": market.quote, "price_unit": amount_to_text(market.tick), "min_total": "0"},
            "ask": {"currency": market.base, "price_unit": amount_to_text(market.tick), "min_total": "0"},
            "state": "active",
        },
        "bid_account": account(market.quote, quote),
        "ask_account": account(market.base, base),
    }


def movement(movement: Movement) -> Json:
    """A withdrawal, or a deposit. Both are done as soon as they are known; a currency of the state has no network."""
    networks = CURRENCIES[movement.currency].networks
    at = seoul(movement.at_ms).isoformat()
    if movement.destination is None:
        network = SHORT_NAMES[networks[0]] if networks else None
        kind, done = "deposit", "DEPOSIT_ACCEPTED" if networks else "ACCEPTED"
    else:
        network, kind, done = SHORT_NAMES[movement.destination.network], "withdraw", "DONE"
    return {
        "type": kind,
        "uuid": str(movement.id),
        "currency": movement.currency,
        "net_type": network,
        "txid": f"paper-{movement.id}",
        "state": done,
        "created_at": at,
        "done_at": at,
        "amount": amount_to_text(movement.amount),
        "fee": "0",
        "transaction_type": "default",
    }


def ticker(market: Market, tape: Tape, now_ms: int) -> Json:
    """Of the time since the exchange opened, which is said to be the last day."""
    latest = tape.prints[-1] if tape.prints else Print(0, Side.BUY, tape.opening, Decimal(0), now_ms)
    change = tape.last - tape.opening
    rate = (change / tape.opening).quantize(Decimal("0.00000001"))
    at, in_seoul = datetime.fromtimestamp(latest.at_ms // 1000, UTC), seoul(latest.at_ms)
    return {
        "market": ID_OF[market.pair],
        "trade_date": f"{at:%Y%m%d}",
        "trade_time": f"{at:%H%M%S}",
        "trade_date_kst": f"{in_seoul:%Y%m%d}",
        "trade_time_kst": f"{in_seoul:%H%M%S}",
        "trade_timestamp": latest.at_ms,
        "opening_price": tape.opening,
        "high_price": tape.high,
        "low_price": tape.low,
        "trade_price": tape.last,
        "prev_closing_price": tape.opening,
        "change": "RISE" if change > 0 else "FALL" if change else "EVEN",
        "change_price": abs(change),
        "change_rate": abs(rate),
        "signed_change_price": change,
        "signed_change_rate": rate,
        "trade_volume": latest.amount,
        "acc_trade_price": tape.turnover,
        "acc_trade_price_24h": tape.turnover,
        "acc_trade_volume": tape.volume,
        "acc_trade_volume_24h": tape.volume,
        "timestamp": now_ms,
    }


def orderbook(market: Market, bids: list[Level], asks: list[Level], now_ms: int) -> Json:
    """Both sides, level by level."""
    return {
        "market": ID_OF[market.pair],
        "timestamp": now_ms,
        "total_ask_size": sum(level.amount for level in asks),
        "total_bid_size": sum(level.amount for level in bids),
        "orderbook_units": [
            {"ask_price": ask.price, "bid_price": bid.price, "ask_size": ask.amount, "bid_size": bid.amount}
            for bid, ask in zip(bids, asks, strict=False)
        ],
    }


def tick(market: Market, tape: Tape, print_: Print) -> Json:
    """One trade as everybody sees it."""
    at = datetime.fromtimestamp(print_.at_ms // 1000, UTC)
    return {
        "market": ID_OF[market.pair],
        "trade_date_utc": f"{at:%Y-%m-%d}",
        "trade_time_utc": f"{at:%H:%M:%S}",
        "timestamp": print_.at_ms,
        "trade_price": print_.price,
        "trade_volume": print_.amount,
        "prev_closing_price": tape.opening,
        "change_price": print_.price - tape.opening,
        "ask_bid": SIDE_OF[print_.side].upper(),
        "sequential_id": print_.id,
    }


def candle(market: Market, start_ms: int, prints: Iterable[Print]) -> dict[str, Json]:
    """One period in which something was traded."""
    traded = [*prints]
    prices = [each.price for each in traded]
    return {
        "market": ID_OF[market.pair],
        "candle_date_time_utc": f"{datetime.fromtimestamp(start_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}",
        "candle_date_time_kst": f"{seoul(start_ms):%Y-%m-%dT%H:%M:%S}",
        "opening_price": prices[0],
        "high_price": max(prices),
        "low_price": min(prices),
        "trade_price": prices[-1],
        "timestamp": traded[-1].at_ms,
        "candle_acc_trade_price": sum(each.price * each.amount for each in traded),
        "candle_acc_trade_volume": sum(each.amount for each in traded),
    }


def page(form: Form, newest_first: list[Json]) -> Json:
    """Of a history, what `page`, `limit` and `order_by` ask for."""
    order_by, number, limit = form.text("order_by", "desc"), form.whole("page", 1), form.whole("limit", 100)
    if order_by not in ("asc", "desc"):
        raise Rejected(Why.BAD_PARAMETER, "order_by")
    if not number:
        raise Rejected(Why.BAD_PARAMETER, "page")
    ordered = newest_first if order_by == "desc" else newest_first[::-1]
    return ordered[(number - 1) * limit : number * limit]
