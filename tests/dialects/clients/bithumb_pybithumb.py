"""pybithumb against a server that speaks Bithumb's API 1.0. Runs in .venv-clients.

It has no option for another address: its one property for that is replaced, and nothing of what it signs or sends.

usage: bithumb_pybithumb calls URL KEY SECRET      make one call of each kind
       bithumb_pybithumb errors URL NAME...        call URL/NAME and report what each call gives back
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from pybithumb import Bithumb
from pybithumb.core import BithumbHttp

from tests.dialects.clients.outcome import outcome


def client(url: str, key: str = "key", secret: str = "secret") -> Any:
    """A client whose every request goes to `url`."""
    BithumbHttp.base_url = url
    return Bithumb(key, secret)


def calls(url: str, key: str, secret: str) -> dict[str, list[str]]:
    """Make the calls in order."""
    bot = client(url, key, secret)
    order = ("bid", "BTC", "C0101000007410713533", "KRW")
    made: dict[str, Callable[[], Any]] = {
        "balance": lambda: bot.get_balance("BTC"),
        "fee": lambda: bot.get_trading_fee("BTC"),
        "limit buy": lambda: bot.buy_limit_order("BTC", 90000000, 0.1),
        "limit sell": lambda: bot.sell_limit_order("XRP", 0.00001234, 25.5, "BTC"),
        "market buy": lambda: bot.buy_market_order("BTC", 0.1),
        "market sell": lambda: bot.sell_market_order("BTC", 0.1),
        "cancel": lambda: bot.cancel_order(order),
        "open order": lambda: bot.get_outstanding_order(order),
        "order": lambda: bot.get_order_completed(order),
        "withdraw": lambda: bot.withdraw_coin(1.5, "rs6qtDrs8qp5qLkUxuzQdxFh5eGrQbL3Ee", "1004775304", "XRP"),
    }
    return {name: outcome(call) for name, call in made.items()}


def errors(url: str, *names: str) -> dict[str, Any]:
    """What a call gives back for the reply under each name: the body, where it is no success."""
    return {name: client(f"{url}/{name}").get_balance("BTC") for name in names}


TASKS: dict[str, Callable[..., Any]] = {"calls": calls, "errors": errors}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
