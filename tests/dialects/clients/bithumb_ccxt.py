"""Unmodified ccxt against a server that speaks Bithumb's API 2.0. Runs in .venv-clients.

usage: bithumb_ccxt calls URL KEY SECRET      make one call of each kind
       bithumb_ccxt errors URL NAME...        call URL/NAME and report what each ends in
       bithumb_ccxt routes                    list every private method and path that it knows
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import ccxt

from tests.dialects.clients.outcome import outcome


def exchange(url: str, key: str = "key", secret: str = "secret") -> Any:
    """A ccxt exchange whose every request goes to `url`, and which knows two markets without asking."""
    api = {"public": url, "private": url}
    made = ccxt.bithumb({"apiKey": key, "secret": secret, "enableRateLimit": False, "urls": {"api": api}})
    made.set_markets(
        [
            {
                "id": f"KRW-{base}",
                "symbol": f"{base}/KRW",
                "base": base,
                "quote": "KRW",
                "baseId": base,
                "quoteId": "KRW",
                "type": "spot",
                "spot": True,
                "precision": {"amount": 8, "price": 8},
                "limits": {},
                "info": {},
            }
            for base in ("BTC", "XRP")
        ]
    )
    return made


def calls(url: str, key: str, secret: str) -> dict[str, list[str]]:
    """Make the calls in order; replies that mean nothing to ccxt are no matter."""
    bot = exchange(url, key, secret)
    limit = {"symbol": "BTC/KRW", "type": "limit", "side": "buy", "amount": 0.1, "price": 90000000}
    market = {"symbol": "XRP/KRW", "type": "market", "side": "sell", "amount": 25.5}
    receiver = {"receiver_type": "personal", "receiver_ko_name": "홍 길동", "receiver_en_name": "Hong Gil-dong (a+b)"}
    destination = {"network": "XRP", "tag": "1004775304", "exchange_name": "binance"}
    made: dict[str, Callable[[], Any]] = {
        "balance": bot.fetch_balance,
        "limit": lambda: bot.create_order("BTC/KRW", "limit", "buy", 0.1, 90000000),
        "post only": lambda: bot.create_order("BTC/KRW", "limit", "sell", 0.1, 99000000, {"postOnly": True}),
        "market buy": lambda: bot.create_order("BTC/KRW", "market", "buy", 0.001, 90000000),
        "cost": lambda: bot.create_market_buy_order_with_cost("BTC/KRW", 50000),
        "market sell": lambda: bot.create_order("BTC/KRW", "market", "sell", 0.1),
        "client order id": lambda: bot.create_order(
            "BTC/KRW", "limit", "buy", 0.1, 90000000, {"clientOrderId": "my-order_7"}
        ),
        "small number": lambda: bot.privatePostV2Orders(
            {"market": "KRW-XRP", "side": "ask", "order_type": "market", "volume": 1e-7}
        ),
        "orders": lambda: bot.create_orders([limit, market]),
        "twap": lambda: bot.create_twap_order("BTC/KRW", "sell", 0.5, 300000, {"frequency": "20"}),
        "cancel": lambda: bot.cancel_order("C0101000007410713533", "BTC/KRW"),
        "cancel many": lambda: bot.cancel_orders(["C0101000007410713533", "C0101000007410713315"], "BTC/KRW"),
        "cancel twap": lambda: bot.cancel_order("TWAP-A01B02C03D04E05F06", "BTC/KRW", {"twap": True}),
        "order": lambda: bot.fetch_order("C0101000007410713533"),
        "open orders": lambda: bot.fetch_open_orders("BTC/KRW"),
        "closed orders": lambda: bot.fetch_closed_orders("BTC/KRW", None, 10),
        "twap orders": lambda: bot.fetch_order("TWAP-A01B02C03D04E05F06", "BTC/KRW", {"twap": True}),
        "orders by ids": lambda: bot.privateGetV1Orders({"uuids": ["C1", "C2"], "states": ["wait", "done"]}),
        "chance": lambda: bot.privateGetV1OrdersChance({"market": "KRW-BTC"}),
        "withdraw": lambda: bot.withdraw("XRP", 100.25, "rs6qtDrs8qp5qLkUxuzQdxFh5eGrQbL3Ee", destination),
        "withdraw to": lambda: bot.privatePostV1WithdrawsCoin(
            {"currency": "XRP", "net_type": "XRP", "amount": 100.25, "address": "rs6qtDrs8qp5qL", **receiver}
        ),
        "withdraw won": lambda: bot.withdraw("KRW", 6000, "bank", {"two_factor_type": "kakao"}),
        "withdrawals": lambda: bot.fetch_withdrawals("BTC"),
        "deposits": lambda: bot.fetch_deposits("BTC"),
        "permissions": bot.privateGetV1ApiKeys,
        "revoke": lambda: bot.request("v1/bitting/key", ["private"], "DELETE"),
    }
    return {name: outcome(call) for name, call in made.items()}


def errors(url: str, *names: str) -> dict[str, list[str]]:
    """What the reply under each name ends in."""
    return {name: outcome(exchange(f"{url}/{name}").privateGetV1Accounts) for name in names}


def routes() -> list[list[str]]:
    """Method and path of everything private it has a name for, in both of Bithumb's interfaces."""
    known = ccxt.bithumb().describe()["api"]["private"]
    return sorted([method.upper(), f"/{path}"] for method, paths in known.items() for path in paths)


TASKS: dict[str, Callable[..., Any]] = {"calls": calls, "errors": errors, "routes": routes}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
