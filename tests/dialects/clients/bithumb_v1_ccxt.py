"""Unmodified ccxt against a server that speaks Bithumb's API 1.0. Runs in .venv-clients.

usage: bithumb_v1_ccxt calls URL KEY SECRET      make one call of each kind
       bithumb_v1_ccxt errors URL NAME...        call URL/NAME and report what each ends in, and the body it keeps
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from tests.dialects.clients.bithumb_ccxt import exchange
from tests.dialects.clients.outcome import outcome


def calls(url: str, key: str, secret: str) -> dict[str, list[str]]:
    """Make the calls in order; replies that mean nothing to ccxt are no matter."""
    bot = exchange(url, key, secret)
    older = {"generation": 1}
    pair = {"order_currency": "BTC", "payment_currency": "KRW"}
    placed = pair | {"units": 0.1, "price": 90000000, "type": "bid"}
    receiver = {"exchange_name": "binance", "cust_type_cd": "01", "ko_name": "홍 길동", "en_name": "Hong; Gil+dong"}
    destination = {"network": "XRP", "tag": "1004775304", **older, **receiver}
    made: dict[str, Callable[[], Any]] = {
        "balance": lambda: bot.fetch_balance(older),
        "balance of one": lambda: bot.privatePostInfoBalance({"currency": "BTC"}),
        "account": lambda: bot.privatePostInfoAccount(pair),
        "limit": lambda: bot.create_order("BTC/KRW", "limit", "sell", 0.1, 90000000, older),
        "market buy": lambda: bot.create_order("BTC/KRW", "market", "buy", 0.1, None, older),
        "market sell": lambda: bot.create_order("BTC/KRW", "market", "sell", 0.1, None, older),
        "place": lambda: bot.privatePostTradePlace(placed),
        "small number": lambda: bot.privatePostTradePlace(placed | {"units": 1e-7}),
        "stop limit": lambda: bot.privatePostTradeStopLimit(placed | {"watch_price": 91000000}),
        "cancel": lambda: bot.cancel_order("C0101000007410713533", "BTC/KRW", {"side": "buy", **older}),
        "cancel by name": lambda: bot.privatePostTradeCancel(pair | {"type": "bid", "order_id": "C0101"}),
        "orders": lambda: bot.fetch_open_orders("BTC/KRW", None, None, older),
        "order": lambda: bot.fetch_order("C0101000007410713533", "BTC/KRW", older),
        "transactions": lambda: bot.privatePostInfoUserTransactions(pair | {"searchGb": "0"}),
        "deposit address": lambda: bot.privatePostInfoWalletAddress({"currency": "BTC", "net_type": "BTC"}),
        "withdraw": lambda: bot.withdraw("XRP", 100.25, "rs6qtDrs8qp5qLkUxuzQdxFh5eGrQbL3Ee", destination),
        "withdraw won": lambda: bot.privatePostTradeKrwWithdrawal({"bank": "1", "account": "2", "price": "3"}),
        "permissions": lambda: bot.request("info/bitting/key", ["private"], "POST"),
        "revoke": lambda: bot.request("trade/bitting/revoke", ["private"], "POST"),
    }
    return {name: outcome(call) for name, call in made.items()}


def errors(url: str, *names: str) -> dict[str, list[str]]:
    """What the reply under each name ends in, with the body that ccxt keeps before that."""
    ended = {}
    for name in names:
        bot = exchange(f"{url}/{name}")
        end = outcome(bot.privatePostInfoBalance)
        ended[name] = [bot.last_http_response, *end]
    return ended


TASKS: dict[str, Callable[..., Any]] = {"calls": calls, "errors": errors}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
