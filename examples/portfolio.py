"""What the account is worth, over two exchanges: a table that reads balances and nothing else.

Its keys have one permission, so a leak shows numbers and moves nothing. One key for each exchange:

    bitting key issue --account alice --dialect binance --label portfolio-binance --permission balances.read \
        --network 127.0.0.1 --expires 180d

    bitting key issue --account alice --dialect bitfinex --label portfolio-bitfinex --permission balances.read \
        --network 127.0.0.1 --expires 180d

    BINANCE_BITTING_KEY=… BINANCE_BITTING_SECRET=… BITFINEX_BITTING_KEY=… BITFINEX_BITTING_SECRET=… \
        python examples/portfolio.py
"""

from collections.abc import Iterator

import ccxt
from behind import connect

QUOTE = "USDT"


def price(exchange: ccxt.Exchange, currency: str) -> float | None:
    """The last price in the quote currency; dollars count as one, and None is: no market."""
    if currency in (QUOTE, "USD"):
        return 1.0
    for symbol in (f"{currency}/{QUOTE}", f"{currency}/USD"):
        if symbol in exchange.markets:
            last: float = exchange.fetch_ticker(symbol)["last"]
            return last
    return None


def holdings(name: str) -> Iterator[tuple[str, str, float, float | None]]:
    """Exchange, currency, amount and price of everything that is there."""
    exchange = connect(name)
    exchange.load_markets()
    for currency, amount in sorted(exchange.fetch_balance()["total"].items()):
        if amount:
            yield name, currency, amount, price(exchange, currency)


if __name__ == "__main__":
    total = 0.0
    for name, currency, amount, worth in (row for each in ("binance", "bitfinex") for row in holdings(each)):
        value = "no market" if worth is None else f"{amount * worth:14,.2f} {QUOTE}"
        print(f"{name:10} {currency:5} {amount:16,.8f} {value:>20}")
        total += amount * (worth or 0.0)
    print(f"{'together':33} {total:14,.2f} {QUOTE}")
