"""Unmodified ccxt against a server that speaks Binance. Runs in .venv-clients.

usage: binance_ccxt calls URL KEY SECRET      make one call of each kind
       binance_ccxt errors URL NAME...        call URL/NAME, fresh and after a success, and report the errors
       binance_ccxt routes                    list every method and path that it knows
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import ccxt

from tests.dialects.clients.outcome import outcome

ORDER_TYPES = [
    *("LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"),
    *("STOP", "STOP_MARKET", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"),
]


def addresses(url: str) -> dict[str, str]:
    """The base of each of its interfaces, under `url`."""
    return {
        "public": f"{url}/api/v3",
        "private": f"{url}/api/v3",
        "sapi": f"{url}/sapi/v1",
        "sapiV2": f"{url}/sapi/v2",
        "sapiV3": f"{url}/sapi/v3",
        "sapiV4": f"{url}/sapi/v4",
        "fapiPublic": f"{url}/fapi/v1",
        "fapiPublicV2": f"{url}/fapi/v2",
        "fapiPrivate": f"{url}/fapi/v1",
        "fapiPrivateV2": f"{url}/fapi/v2",
        "fapiPrivateV3": f"{url}/fapi/v3",
        "fapiData": f"{url}/futures/data",
    }


def exchange(url: str, key: str = "key", secret: str = "secret") -> Any:
    """A ccxt exchange whose every request goes to `url`, and which knows two markets without asking."""
    made = ccxt.binance({"apiKey": key, "secret": secret, "enableRateLimit": False, "urls": {"api": addresses(url)}})
    common: dict[str, Any] = {
        "id": "BTCUSDT",
        "base": "BTC",
        "baseId": "BTC",
        "quote": "USDT",
        "quoteId": "USDT",
        "precision": {"amount": 1e-5, "price": 0.01},
        "limits": {},
        "info": {"orderTypes": ORDER_TYPES},
        "option": False,
        "future": False,
        "inverse": False,
    }
    made.set_markets(
        [
            common
            | {"symbol": "BTC/USDT", "type": "spot", "spot": True, "margin": True, "swap": False}
            | {"contract": False, "linear": None, "settle": None},
            common
            | {"symbol": "BTC/USDT:USDT", "type": "swap", "spot": False, "margin": False, "swap": True}
            | {"contract": True, "linear": True, "settle": "USDT", "settleId": "USDT"},
        ],
        {
            "BTC": {"id": "BTC", "code": "BTC", "precision": 1e-8, "networks": {}, "info": {}},
            "USDT": {"id": "USDT", "code": "USDT", "precision": 1e-8, "networks": {}, "info": {}},
        },
    )
    return made


def calls(url: str, key: str, secret: str) -> dict[str, list[str]]:
    """Make the calls in order; replies that mean nothing to ccxt are no matter."""
    bot = exchange(url, key, secret)
    spot, swap = "BTC/USDT", "BTC/USDT:USDT"
    limit = {"symbol": swap, "type": "limit", "side": "sell", "amount": 0.25, "price": 60000}
    reducing = {"symbol": swap, "type": "market", "side": "buy", "amount": 0.25, "params": {"reduceOnly": True}}
    legs = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.1", "aboveType": "LIMIT_MAKER", "abovePrice": "70000"}
    below = {"belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "51000", "belowPrice": "50000"}
    earn = {"productId": "USDT001", "amount": "10.5"}
    cancel_and_replace = {"cancelReplaceMode": "STOP_ON_FAILURE"}
    address = "0x" + "ab" * 20
    made: dict[str, Callable[[], Any]] = {
        "balance": bot.fetch_balance,
        "limit": lambda: bot.create_order(spot, "limit", "buy", 0.1, 50000),
        "market": lambda: bot.create_order(spot, "market", "sell", 0.1),
        "cost": lambda: bot.create_market_buy_order_with_cost(spot, 25.5),
        "stop limit": lambda: bot.create_order(spot, "limit", "sell", 0.1, 51000, {"triggerPrice": 50500}),
        "stop market": lambda: bot.create_order(spot, "market", "sell", 0.1, None, {"stopLossPrice": 50500}),
        "test": lambda: bot.create_order(spot, "limit", "buy", 0.1, 50000, {"test": True}),
        "edit": lambda: bot.edit_order("123", spot, "limit", "buy", 0.2, 49000, cancel_and_replace),
        "list": lambda: bot.privatePostOrderListOco(legs | below),
        "margin": lambda: bot.create_order(
            spot, "limit", "buy", 0.1, 50000, {"marginMode": "cross", "sideEffectType": "MARGIN_BUY"}
        ),
        "cancel": lambda: bot.cancel_order("123", spot),
        "cancel all": lambda: bot.cancel_all_orders(spot),
        "open orders": lambda: bot.fetch_open_orders(spot),
        "own trades": lambda: bot.fetch_my_trades(spot),
        "swap": lambda: bot.create_order(swap, "limit", "sell", 0.1, 50000, {"reduceOnly": True}),
        "swap stop": lambda: bot.create_order(swap, "market", "sell", 0.1, None, {"stopLossPrice": 45000}),
        "swap batch": lambda: bot.create_orders([limit, reducing]),
        "swap edit": lambda: bot.edit_order("123", swap, "limit", "sell", 0.2, 49000),
        "swap cancel batch": lambda: bot.cancel_orders(["1", "2"], swap),
        "positions": lambda: bot.fapiPrivateV3GetPositionRisk({"symbol": "BTCUSDT"}),
        "leverage": lambda: bot.set_leverage(5, swap),
        "swap balance": lambda: bot.fapiPrivateV3GetAccount(),
        "transfer": lambda: bot.transfer("USDT", 12.5, "spot", "linear"),
        "withdraw": lambda: bot.withdraw("USDT", 100.25, address, {"network": "ETH", "name": "my wallet"}),
        "gift": lambda: bot.sapiPostGiftcardCreateCode({"token": "USDT", "amount": "5"}),
        "sub-accounts": lambda: bot.sapiGetSubAccountList({"email": "someone+else@example.com"}),
        "to sub-account": lambda: bot.sapiPostSubAccountTransferSubToMaster({"asset": "USDT", "amount": "5"}),
        "earn": lambda: bot.sapiPostSimpleEarnFlexibleSubscribe(earn),
        "permissions": bot.sapiGetAccountApiRestrictions,
        "revoke": lambda: bot.request("bitting/key", ["sapi"], "DELETE"),
    }
    return {name: outcome(call) for name, call in made.items()}


def errors(url: str, *names: str) -> dict[str, list[list[str]]]:
    """What the reply under each name ends in, for a client that has had no success yet and for one that has."""
    ended = {}
    for name in names:
        bot = exchange(f"{url}/{name}")
        fresh = outcome(bot.privateGetAccount)
        bot.urls["api"] = addresses(f"{url}/success")
        assert outcome(bot.privateGetAccount) == []
        bot.urls["api"] = addresses(f"{url}/{name}")
        ended[name] = [fresh, outcome(bot.privateGetAccount)]
    return ended


def routes() -> list[list[str]]:
    """Method and path of everything it has a name for, in the interfaces of spot, wallet and futures."""
    known = ccxt.binance().describe()["api"]
    return sorted(
        [method.upper(), f"{base}/{path}"]
        for interface, base in addresses("").items()
        for method, paths in known[interface].items()
        for path in paths
    )


TASKS: dict[str, Callable[..., Any]] = {"calls": calls, "errors": errors, "routes": routes}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
