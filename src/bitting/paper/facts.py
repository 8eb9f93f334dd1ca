"""What the demonstration exchange tells the house's own feed: last prices, and how many orders are open."""

from __future__ import annotations

from collections import Counter

from bitting.paper.exchange import HOUSE, Exchange
from bitting.paper.market import MARKETS, Market
from bitting.paper.wire import to_json


def facts(exchange: Exchange) -> bytes:
    """`{"prices": {"BTC/USD": "50000.00"}, "open_orders": {account: n}, "open_orders_by_key": {key: n}}`.

    Who is not named has no open orders; those of the market maker are nobody's.
    """
    accounts = [account for name, account in exchange.accounts.items() if name != HOUSE]
    orders = [order for account in accounts for order in account.open.values()]
    keys = Counter(order.key for order in orders if order.key is not None)
    return to_json(
        {
            "prices": {pair.to_text(): _last(exchange, market) for pair, market in MARKETS.items()},
            "open_orders": {**Counter(order.account for order in orders)},
            "open_orders_by_key": {**keys},
        }
    )


def _last(exchange: Exchange, market: Market) -> str:
    return format(exchange.tapes[market.pair].last.quantize(market.tick), "f")
