"""Where is a currency cheaper than it sells for elsewhere, after fees, and for how much have we the funds?

A scan looks and does not trade, so its keys only read balances:

    bitting key issue --account alice --dialect binance --label scan-binance --permission balances.read \
        --network 127.0.0.1 --expires 90d

    bitting key issue --account alice --dialect bitfinex --label scan-bitfinex --permission balances.read \
        --network 127.0.0.1 --expires 90d

    BINANCE_BITTING_KEY=… BINANCE_BITTING_SECRET=… BITFINEX_BITTING_KEY=… BITFINEX_BITTING_SECRET=… \
        python examples/arbitrage_scan.py
"""

from collections.abc import Iterator
from itertools import permutations
from typing import Any, NamedTuple

import ccxt
from behind import connect


class Top(NamedTuple):
    """The best of one book: prices and amounts, and the fee for taking them."""

    bid: float
    bid_amount: float
    ask: float
    ask_amount: float
    fee: float


def top(exchange: ccxt.Exchange, symbol: str) -> Top:
    """Read the first level of the book."""
    book = exchange.fetch_order_book(symbol, 25)
    (bid, bid_amount, *_), (ask, ask_amount, *_) = book["bids"][0], book["asks"][0]
    return Top(bid, bid_amount, ask, ask_amount, exchange.markets[symbol]["taker"] or 0.001)


def scan(exchanges: dict[str, ccxt.Exchange], funds: dict[str, Any]) -> Iterator[tuple[str, str, str, float, float]]:
    """Symbol, where to buy, where to sell, gain in basis points after both fees, and the amount we could move."""
    for symbol in sorted(set.intersection(*(set(each.markets) for each in exchanges.values()))):
        base, quote = symbol.split("/")
        tops = {name: top(exchange, symbol) for name, exchange in exchanges.items()}
        for buy, sell in permutations(tops, 2):
            cheap, dear = tops[buy], tops[sell]
            gain = dear.bid * (1 - dear.fee) / (cheap.ask * (1 + cheap.fee)) - 1
            affordable = funds[buy].get(quote, 0.0) / (cheap.ask * (1 + cheap.fee))
            amount = min(cheap.ask_amount, dear.bid_amount, affordable, funds[sell].get(base, 0.0))
            yield symbol, buy, sell, gain * 10_000, amount


if __name__ == "__main__":
    clients = {name: connect(name) for name in ("binance", "bitfinex")}
    for client in clients.values():
        client.load_markets()
    free = {name: client.fetch_balance()["free"] for name, client in clients.items()}
    for symbol, buy, sell, gain, amount in sorted(scan(clients, free), key=lambda row: -row[3]):
        mark = "*" if gain > 0 and amount > 0 else " "
        print(f"{mark} {symbol:10} buy {buy:9} sell {sell:9} {gain:8.1f} bp  up to {amount:.6f}")
