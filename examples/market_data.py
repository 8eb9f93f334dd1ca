"""What would an order cost beyond the middle of the market, and what did ours? A plot of slippage by size.

The book is open data; the own trades take the one permission of this key:

    bitting key issue --account alice --dialect bitfinex --label market-data --permission history.read \
        --network 127.0.0.1 --expires 30d

    BITTING_KEY=… BITTING_SECRET=… python examples/market_data.py slippage.png
"""

import sys

import matplotlib as mpl

mpl.use("Agg")  # a picture in a file, no window
import matplotlib.pyplot as plt  # after the choice above
from behind import connect

SYMBOLS = ("BTC/USD", "LTC/USD")
SIZES = [1_000 * 2**step for step in range(11)]  # in the quote currency


def slippage(levels: list[list[float]], middle: float, size: float) -> float | None:
    """How far from the middle, in basis points, an order of this size would fill; None: the book is too thin."""
    left, filled = size, 0.0
    for price, amount, *_ in levels:
        spent = min(left, price * amount)
        filled += spent / price
        left -= spent
        if not left:
            return abs(size / filled / middle - 1) * 10_000
    return None


if __name__ == "__main__":
    exchange = connect("bitfinex")
    exchange.load_markets()
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for symbol, colour in zip(SYMBOLS, ("tab:blue", "tab:orange"), strict=True):
        book = exchange.fetch_order_book(symbol)
        middle = (book["bids"][0][0] + book["asks"][0][0]) / 2
        costs = [(size, slippage(book["asks"], middle, size)) for size in SIZES]
        known = [(size, cost) for size, cost in costs if cost is not None]
        axes.plot(*zip(*known, strict=True), marker="o", color=colour, label=f"buying {symbol}")
        print(symbol, *(f"{size:,}: {cost:.1f} bp" for size, cost in known), sep="  ")
        own = [(trade["cost"], abs(trade["price"] / middle - 1) * 10_000) for trade in exchange.fetch_my_trades(symbol)]
        if own:
            axes.scatter(*zip(*own, strict=True), marker="x", color=colour, label=f"own trades in {symbol}")
    axes.set(xscale="log", xlabel="size in USD", ylabel="basis points from the middle", title="Slippage by size")
    axes.legend()
    figure.savefig(sys.argv[1])
    print(f"{sys.argv[1]} written")
