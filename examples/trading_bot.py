"""A bot that keeps one small bid below the market, and takes it away when it ends.

Its key may place and cancel orders in one pair, none above 600 USDT, three orders a second, 5,000 USDT a day. Whoever
steals it can do no more, and cannot read a balance.

    bitting key issue --account alice --dialect binance --label trading-bot --permission orders.write \
        --permission orders.read --pair BTC/USDT --limit largest_order=USDT:600 --limit daily_orders=USDT:5000 \
        --limit order_rate=3/1 --network 127.0.0.1 --expires 90d

    BITTING_KEY=… BITTING_SECRET=… python examples/trading_bot.py
"""

import sys
import time
from contextlib import suppress

import ccxt
from behind import connect

SYMBOL, AMOUNT, BELOW = "BTC/USDT", 0.01, 0.98
ROUNDS, PAUSE_S = 3, 0.5


def requote(exchange: ccxt.Exchange, before: str | None, last: float) -> str:
    """Take the old bid away and place a new one; gives its id."""
    if before is not None:
        with suppress(ccxt.OrderNotFound):  # somebody took it
            exchange.cancel_order(before, SYMBOL)
    price = exchange.price_to_precision(SYMBOL, last * BELOW)
    # A client order id makes a retry safe: the exchange takes the same id once.
    order = exchange.create_order(SYMBOL, "limit", "buy", AMOUNT, price, {"newClientOrderId": f"bid-{time.time_ns()}"})
    number: str = order["id"]
    print(f"bid {number}: {AMOUNT} at {price}, market at {last}")
    return number


def run(exchange: ccxt.Exchange) -> None:
    """A few rounds; whatever happens, nothing is left resting."""
    bid: str | None = None
    try:
        for _ in range(ROUNDS):
            try:
                bid = requote(exchange, bid, exchange.fetch_ticker(SYMBOL)["last"])
            except ccxt.NetworkError as problem:  # also "too fast" and "sign again": worth another try
                print(f"later: {problem}", file=sys.stderr)
            time.sleep(PAUSE_S)
    finally:
        for order in exchange.fetch_open_orders(SYMBOL):
            exchange.cancel_order(order["id"], SYMBOL)  # cancels are never refused for rates or totals
            print(f"took away {order['id']}")


if __name__ == "__main__":
    client = connect("binance")
    client.load_markets()
    try:
        run(client)
    except (ccxt.AuthenticationError, ccxt.PermissionDenied) as refused:
        # The gate says which check failed, and a request id for the key's owner. Trying again will not help.
        sys.exit(f"the key does not allow it: {refused}")
