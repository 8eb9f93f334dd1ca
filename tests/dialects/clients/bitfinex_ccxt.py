"""Unmodified ccxt against a server that speaks Bitfinex v2. Runs in .venv-clients.

usage: bitfinex_ccxt calls URL KEY SECRET      make one call of each kind
       bitfinex_ccxt errors URL NAME...        call URL/NAME, and report the error that it ends in
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import ccxt

from tests.dialects.clients.outcome import outcome


def exchange(url: str, key: str = "key", secret: str = "secret") -> Any:
    """A ccxt exchange whose every request goes to `url`, and which knows two markets without asking."""
    made = ccxt.bitfinex(
        {
            "apiKey": key,
            "secret": secret,
            "enableRateLimit": False,
            "urls": {"api": dict.fromkeys(("v1", "public", "private"), url)},
        }
    )
    precision = {"amount": 8, "price": 5}
    spot = {"spot": True, "swap": False, "contract": False, "precision": precision, "limits": {}}
    swap = {"spot": False, "swap": True, "contract": True, "precision": precision, "limits": {}}
    made.set_markets(
        [
            {"id": "tBTCUSD", "symbol": "BTC/USD", "base": "BTC", "quote": "USD", "type": "spot", **spot},
            {"id": "tBTCF0:USTF0", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "type": "swap", **swap},
        ],
        {"BTC": {"id": "BTC", "code": "BTC", "networks": {"BTC": {"id": "bitcoin"}}, "precision": 8, "info": ["BTC"]}},
    )
    return made


def calls(url: str, key: str, secret: str) -> dict[str, list[str]]:
    """Make the calls in order; replies that mean nothing to ccxt are no matter."""
    bot = exchange(url, key, secret)
    limit = {"symbol": "BTC/USD", "type": "limit", "side": "sell", "amount": 0.25, "price": 60000}
    made: dict[str, Callable[[], Any]] = {
        "balance": bot.fetch_balance,
        "limit": lambda: bot.create_order("BTC/USD", "limit", "buy", 0.1, 50000),
        "market": lambda: bot.create_order("BTC/USD", "market", "sell", 0.1),
        "stop limit": lambda: bot.create_order("BTC/USD", "limit", "buy", 0.1, 51000, {"triggerPrice": 50500}),
        "reduce": lambda: bot.create_order("BTC/USDT:USDT", "limit", "sell", 0.1, 50000, {"reduceOnly": True}),
        "edit": lambda: bot.edit_order("123", "BTC/USD", "limit", "buy", 0.2, 49000),
        "several": lambda: bot.create_orders([limit, limit | {"side": "buy", "type": "market", "price": None}]),
        "cancel": lambda: bot.cancel_order("123"),
        "cancel all": bot.cancel_all_orders,
        "open orders": lambda: bot.fetch_open_orders("BTC/USDT:USDT"),
        "own trades": lambda: bot.fetch_my_trades("BTC/USD"),
        "transfer": lambda: bot.transfer("BTC", 0.5, "spot", "margin"),
        "withdraw": lambda: bot.withdraw("BTC", 0.5, "1BC9PZqpUmjyEB54uggn8TFKj49zSDYzqG"),
        "permissions": bot.privatePostAuthRPermissions,
        "revoke": lambda: bot.request("auth/w/bitting/revoke", ["private"], "POST"),
    }
    return {name: outcome(call) for name, call in made.items()}


def errors(url: str, *names: str) -> dict[str, list[str]]:
    """What the reply under each name ends in."""
    return {name: outcome(exchange(f"{url}/{name}").privatePostAuthRWallets) for name in names}


if __name__ == "__main__":
    tasks: dict[str, Callable[..., dict[str, list[str]]]] = {"calls": calls, "errors": errors}
    print(json.dumps(tasks[sys.argv[1]](*sys.argv[2:])))
