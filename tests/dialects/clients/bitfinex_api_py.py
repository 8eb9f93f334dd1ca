"""Unmodified bitfinex-api-py against a server that speaks Bitfinex v2. Runs in .venv-clients.

usage: bitfinex_api_py calls URL KEY SECRET      make one call of each kind
       bitfinex_api_py errors URL NAME...        call URL/NAME, and report the error that it ends in
"""

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bfxapi import Client

from tests.dialects.clients.outcome import outcome


def rest(url: str, key: str = "key", secret: str = "secret") -> Any:
    """The signed half of its REST interface, with every request going to `url`."""
    return Client(key, secret, rest_host=f"{url}/v2").rest.auth


def calls(url: str, key: str, secret: str) -> dict[str, list[str]]:
    """Make the calls in order; replies that mean nothing to the client are no matter."""
    bot = rest(url, key, secret)
    made: dict[str, Callable[[], Any]] = {
        "balance": bot.get_wallets,  # a POST without a body
        "limit": lambda: bot.submit_order("EXCHANGE LIMIT", "tBTCUST", "0.1", 50000.5, cid=1, meta={"a": 1}),
        "stop": lambda: bot.submit_order("STOP", "tBTCF0:USTF0", Decimal("-0.1"), "45000", flags=1024),
        "edit": lambda: bot.update_order(123, amount="0.2", price=49000.0),
        "cancel": lambda: bot.cancel_order(cid=1, cid_date="2026-11-20"),
        "cancel many": lambda: bot.cancel_order_multi(id=[1, 2, 3]),
        "open orders": lambda: bot.get_orders(symbol="tDUSK:USD"),
        "order trades": lambda: bot.get_order_trades("tBTCUSD", 123),
        "transfer": lambda: bot.transfer_between_wallets("exchange", "margin", "UST", "USTF0", 12.5),
        "withdraw": lambda: bot.submit_wallet_withdrawal("exchange", "tetheruse", "0x" + "ab" * 20, 100.25),
        "deposit address": lambda: bot.get_deposit_address("exchange", "bitcoin", op_renew=True),
        "movements": bot.get_movements,
    }
    return {name: outcome(call) for name, call in made.items()}


def errors(url: str, *names: str) -> dict[str, list[str]]:
    """What the reply under each name ends in."""
    return {name: outcome(rest(f"{url}/{name}").get_wallets) for name in names}


if __name__ == "__main__":
    tasks: dict[str, Callable[..., dict[str, list[str]]]] = {"calls": calls, "errors": errors}
    print(json.dumps(tasks[sys.argv[1]](*sys.argv[2:])))
