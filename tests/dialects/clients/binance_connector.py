"""Unmodified binance-connector against a server that speaks Binance. Runs in .venv-clients.

usage: binance_connector calls URL KEY SECRET      make one call of each kind
       binance_connector errors URL NAME...        call URL/NAME, and report the error that it ends in

A SECRET that is a PEM is an Ed25519 or RSA key.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from binance.spot import Spot

from tests.dialects.clients.outcome import outcome


def client(url: str, key: str = "key", secret: str = "secret") -> Any:
    """The client, with every request going to `url`."""
    if "PRIVATE KEY" in secret:
        return Spot(key, base_url=url, private_key=secret)
    return Spot(key, secret, base_url=url)


def calls(url: str, key: str, secret: str) -> dict[str, list[str]]:
    """Make the calls in order."""
    bot = client(url, key, secret)
    limit = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    market = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}
    above = {"aboveType": "LIMIT_MAKER", "abovePrice": 70000}
    below = {"belowType": "STOP_LOSS", "belowStopPrice": 50000}
    working = {"workingType": "LIMIT", "workingSide": "BUY", "workingPrice": 50000, "workingQuantity": 0.1}
    working |= {"workingTimeInForce": "GTC"}
    pending = {"pendingSide": "SELL", "pendingQuantity": 0.1}
    address = "0x" + "ab" * 20
    made: dict[str, Callable[[], Any]] = {
        "balance": bot.account,
        "limit": lambda: bot.new_order(**limit, quantity=0.1, price=50000.5, recvWindow=6000.346),
        "market": lambda: bot.new_order(**market, quoteOrderQty=25),
        "test": lambda: bot.new_order_test(**market, quantity=0.1),
        "replace": lambda: bot.cancel_and_replace(
            "BTCUSDT", "SELL", "MARKET", "STOP_ON_FAILURE", cancelOrderId=123, quantity=0.1
        ),
        "oco": lambda: bot.new_oco_order("BTCUSDT", "SELL", 0.1, **above, **below),
        "oto": lambda: bot.new_oto_order("BTCUSDT", **working, **pending, pendingType="MARKET"),
        "otoco": lambda: bot.new_otoco_order(
            "BTCUSDT", **working, **pending, pendingAboveType="LIMIT_MAKER", pendingAbovePrice=70000
        ),
        "cancel": lambda: bot.cancel_order("BTCUSDT", orderId=123),
        "cancel all": lambda: bot.cancel_open_orders("BTCUSDT"),
        "open orders": lambda: bot.get_open_orders("BTCUSDT"),
        "own trades": lambda: bot.my_trades("BTCUSDT"),
        "margin oco": lambda: bot.new_margin_oco_order("BTCUSDT", "SELL", 0.1, 70000, 50000),
        "dust": lambda: bot.transfer_dust(["BTC", "ETH"]),
        "transfer": lambda: bot.user_universal_transfer("MAIN_UMFUTURE", "USDT", "12.5"),
        "withdraw": lambda: bot.withdraw("USDT", 100.25, address, network="ETH", name="my wallet"),
        "sub-accounts": lambda: bot.sub_account_list(email="someone@example.com"),
        "permissions": bot.api_key_permissions,
    }
    return {name: outcome(call) for name, call in made.items()}


def errors(url: str, *names: str) -> dict[str, list[str]]:
    """What the reply under each name ends in."""
    return {name: outcome(client(f"{url}/{name}").account) for name in names}


TASKS: dict[str, Callable[..., Any]] = {"calls": calls, "errors": errors}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
