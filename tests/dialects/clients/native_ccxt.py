"""The ccxt class of examples/ccxt_native.py against a gate. Runs in .venv-clients.

usage: native_ccxt trade URL KEY PEM           what each call ends in, with a key that may trade
       native_ccxt withdraw URL KEY PEM TO     the same for a withdrawal to an address
       native_ccxt errors URL PEM NAME...      call URL/NAME, and report the error that it ends in
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.dialects.clients.outcome import outcome

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "examples"))

from ccxt_native import NativeExchange  # noqa: E402 - found only now


def exchange(url: str, key: str, secret: str) -> Any:
    """The example, pointed at a gate."""
    config = {"apiKey": key, "secret": secret, "urls": {"api": {"rest": url}}, "enableRateLimit": False}
    return NativeExchange(config)


def trade(url: str, key: str, secret: str) -> dict[str, Any]:
    """Everything the example can do; what is expected to fail gives its class."""
    bot, stranger = exchange(url, key, secret), exchange(url, key, "another secret")
    placed = bot.create_order("BTC/USDT", "limit", "buy", 0.01, 40_000)
    resting = [each["id"] for each in bot.fetch_open_orders("BTC/USDT")]
    cancelled = bot.cancel_order(placed["id"])
    bought = bot.create_order("BTC/USDT", "market", "buy", 0.001)
    failing: dict[str, Callable[[], Any]] = {
        "too much": lambda: bot.create_order("BTC/USDT", "limit", "buy", 100, 40_000),
        "no such order": lambda: bot.cancel_order("0"),
        "not granted": lambda: bot.withdraw("USDT", 5, "0x" + "ab" * 20, None, {"network": "ETH"}),
        "not mapped": lambda: bot.request("deposits", "private"),
        "not signed": lambda: bot.request("balances"),
        "another secret": stranger.fetch_balance,
    }
    return {
        "markets": sorted(bot.load_markets()),
        "balance": bot.fetch_balance()["USDT"]["total"] > 0,
        "placed": [placed[name] for name in ("status", "symbol", "side", "price", "amount")],
        "rests": placed["id"] in resting,
        "cancelled": cancelled["status"],
        "bought": bought["status"],
        "failed": {name: outcome(call)[:2] for name, call in failing.items()},
    }


def withdraw(url: str, key: str, secret: str, address: str) -> list[str]:
    """Of 5 USDT by ETH."""
    bot = exchange(url, key, secret)
    return outcome(lambda: bot.withdraw("USDT", 5, address, None, {"network": "ETH"}))[:2]


def errors(url: str, secret: str, *names: str) -> dict[str, list[str]]:
    """What the reply under each name ends in."""
    return {name: outcome(exchange(f"{url}/{name}", "key", secret).fetch_balance) for name in names}


if __name__ == "__main__":
    command: dict[str, Callable[..., Any]] = {"trade": trade, "withdraw": withdraw, "errors": errors}
    print(json.dumps(command[sys.argv[1]](*sys.argv[2:])))
