"""Unmodified ccxt against a server that speaks Kraken's spot REST. Runs in .venv-clients.

usage: kraken_ccxt calls URL KEY SECRET      make one call of each kind
       kraken_ccxt errors URL NAME...        call URL/NAME, and report the error that it ends in
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import ccxt

from tests.dialects.clients.outcome import outcome

# The private key of the example in https://docs.kraken.com/exchange/guides/rest/authentication.
EXAMPLE = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"


def exchange(url: str, key: str = "key", secret: str = EXAMPLE) -> Any:
    """A ccxt exchange whose every request goes to `url`, and which knows two markets without asking."""
    made = ccxt.kraken(
        {
            "apiKey": key,
            "secret": secret,
            "enableRateLimit": False,
            "urls": {"api": {"public": url, "private": url}},
        }
    )
    spot = {"type": "spot", "spot": True, "precision": {"amount": 1e-8, "price": 0.1, "cost": 0.01}, "limits": {}}
    made.set_markets(
        [
            {"id": "XXBTZUSD", "symbol": "BTC/USD", "base": "BTC", "quote": "USD", "baseId": "XXBT", **spot},
            {"id": "ETHUSDT", "symbol": "ETH/USDT", "base": "ETH", "quote": "USDT", "baseId": "XETH", **spot},
        ],
        {
            "BTC": {"id": "XXBT", "code": "BTC", "precision": 1e-8},
            "USDT": {"id": "USDT", "code": "USDT", "precision": 1e-6},
        },
    )
    return made


def calls(url: str, key: str, secret: str) -> dict[str, list[str]]:
    """Make the calls in order; replies that mean nothing to ccxt are no matter."""
    bot = exchange(url, key, secret)

    def place(kind: str, side: str, price: float | None = None, **more: Any) -> Callable[[], Any]:
        return lambda: bot.create_order("BTC/USD", kind, side, 0.1, price, more)

    limit = {"symbol": "BTC/USD", "type": "limit", "side": "sell", "amount": 0.25, "price": 60000}
    after = {"ordertype": "take-profit-limit", "price": 55000, "price2": 54900}
    made: dict[str, Callable[[], Any]] = {
        "balance": bot.fetch_balance,
        "limit": place("limit", "buy", 50000),
        "post only": place("limit", "sell", 60000, postOnly=True, clientOrderId="6d1b345e-2821-40e2-ad83-4ecb18a06876"),
        "market": place("market", "sell"),
        "by cost": lambda: bot.create_market_buy_order_with_cost("BTC/USD", 250),
        "stop": place("market", "sell", stopLossPrice=45000),
        "stop limit": place("limit", "sell", 44900, stopLossPrice=45000),
        "trailing": place("market", "sell", trailingAmount="100"),
        "trailing percent": place("market", "sell", trailingPercent="5"),
        "leverage": place("limit", "buy", 50000, leverage=3),
        "reduce": place("limit", "sell", 60000, leverage="2:1", reduceOnly=True),
        "close": place("limit", "buy", 50000, close=after),
        "validate": place("limit", "buy", 50000, validate="true"),
        "several": lambda: bot.create_orders([limit, limit | {"side": "buy", "price": 50000}]),
        "edit": lambda: bot.edit_order("OXM2QD-EALR2-YBAVEU", "BTC/USD", "limit", "buy", 0.2, 49000),
        "cancel": lambda: bot.cancel_order("OXM2QD-EALR2-YBAVEU"),
        "cancel many": lambda: bot.cancel_orders(["OXM2QD-EALR2-YBAVEU", "OEKVV2-IH52O-TPL6GZ"]),
        "cancel all": bot.cancel_all_orders,
        "cancel later": lambda: bot.cancel_all_orders_after(60_000),
        "open orders": bot.fetch_open_orders,
        "closed orders": bot.fetch_closed_orders,
        "one order": lambda: bot.fetch_order("OXM2QD-EALR2-YBAVEU"),
        "own trades": bot.fetch_my_trades,
        "ledger": bot.fetch_ledger,
        "fee": lambda: bot.fetch_trading_fee("BTC/USD"),
        "positions": bot.fetch_positions,
        "deposits": lambda: bot.fetch_deposits("BTC"),
        "deposit address": lambda: bot.fetch_deposit_address("BTC"),
        "new address": lambda: bot.create_deposit_address("BTC"),
        "withdrawals": lambda: bot.fetch_withdrawals("BTC"),
        "withdraw": lambda: bot.withdraw("BTC", 0.5, "", {"key": "Cold storage 1"}),
        "withdraw named": lambda: bot.withdraw(
            "USDT", 9, "0x52908400098527886E0F7030069857D2E4169EE7", {"key": "mine"}
        ),
        "transfer": lambda: bot.transfer("BTC", 0.5, "spot", "swap"),
        "allocate": lambda: bot.request("Earn/Allocate", ["private"], "POST", {"amount": "1", "strategy_id": "ESX"}),
        "token": bot.privatePostGetWebSocketsToken,
        "key info": bot.privatePostGetApiKeyInfo,
        "revoke": lambda: bot.request("bitting/Revoke", ["private"], "POST"),
    }
    return {name: outcome(call) for name, call in made.items()}


def errors(url: str, *names: str) -> dict[str, list[str]]:
    """What the reply under each name ends in."""
    return {name: outcome(exchange(f"{url}/{name}").privatePostBalance) for name in names}


if __name__ == "__main__":
    tasks: dict[str, Callable[..., dict[str, list[str]]]] = {"calls": calls, "errors": errors}
    print(json.dumps(tasks[sys.argv[1]](*sys.argv[2:])))
