"""Real, unmodified clients trade on the demonstration exchange, and raise their own exceptions when they cannot.

ccxt 4.5.90 (synchronous and asynchronous), bitfinex-api-py 4.0.0 and binance-connector 3.13.0, over HTTP. pybithumb
1.0.21, which cannot be pointed anywhere, trades in tests/end_to_end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[[str, str], Any]
SYMBOL = "BTC/USD"
MARKETS = {"BTC/USD", "ETH/USD", "LTC/USD", "ETH/BTC", "BTC/USDT", "ETH/USDT", "BTC/KRW", "ETH/KRW"}
CURRENCIES = {"USD", "BTC", "ETH", "LTC", "USDT", "KRW"}
ADDRESS = "bc1qexampleexampleexample"


@pytest.fixture(params=["ccxt", "ccxt-async"])
def client(request: pytest.FixtureRequest) -> str:
    """Each of the two faces of ccxt."""
    return str(request.param)


@pytest.fixture(params=["bitfinex", "binance"])
def exchange(request: pytest.FixtureRequest) -> str:
    """Each of the two faces of the demonstration exchange."""
    return str(request.param)


@pytest.fixture
def ccxt(bot: Make, client: str, exchange: str) -> Any:
    """A ccxt bot."""
    return bot(client, exchange)


def test_ccxt_reads_the_market(ccxt: Any) -> None:
    """Markets, currencies, status, tickers and the book are what the exchange has."""
    markets = ccxt("load_markets")
    assert set(markets) == MARKETS
    assert ccxt("symbols") == sorted(markets)
    assert set(ccxt("fetch_currencies")) == CURRENCIES
    assert ccxt("fetch_status")["status"] == "ok"
    ticker = ccxt("fetch_ticker", SYMBOL)
    assert (ticker["bid"], ticker["last"], ticker["ask"]) == (49975, 50000, 50025)
    assert len(ccxt("fetch_tickers")) == len(MARKETS)
    book = ccxt("fetch_order_book", SYMBOL, 25)
    assert (book["bids"][0], book["asks"][0], len(book["bids"])) == ([49975, 2], [50025, 2], 20)
    assert ccxt("fetch_balance")["BTC"] == {"free": 10, "used": 0, "total": 10}


def test_ccxt_places_finds_edits_and_cancels_an_order(ccxt: Any) -> None:
    """A limit order rests, is found, edited and cancelled, and its money is held meanwhile."""
    order = ccxt("create_order", SYMBOL, "limit", "buy", 0.01, 40000)
    assert (order["status"], order["side"], order["remaining"]) == ("open", "buy", 0.01)
    assert ccxt("fetch_balance")["USD"]["used"] == 400
    assert ccxt("fetch_order", order["id"], SYMBOL)["price"] == 40000
    ccxt("edit_order", order["id"], SYMBOL, "limit", "buy", 0.02, 41000)
    [edited] = ccxt("fetch_open_orders", SYMBOL)
    assert (edited["amount"], edited["price"]) == (0.02, 41000)
    assert ccxt("cancel_order", edited["id"], SYMBOL)["status"] == "canceled"
    assert ccxt("fetch_open_orders", SYMBOL) == []
    assert ccxt("fetch_balance")["USD"] == {"free": 100_000, "used": 0, "total": 100_000}


def test_ccxt_trades_at_the_market(ccxt: Any) -> None:
    """Market orders are filled, and the trades have price, fee and order."""
    bought = ccxt("create_order", SYMBOL, "market", "buy", 0.02)
    sold = ccxt("create_order", SYMBOL, "market", "sell", 0.01)
    assert (bought["status"], bought["average"], sold["average"]) == ("closed", 50025, 49975)
    trades = ccxt("fetch_my_trades", SYMBOL)
    assert [(trade["order"], trade["price"], trade["amount"], trade["takerOrMaker"]) for trade in trades] == [
        (bought["id"], 50025, 0.02, "taker"),
        (sold["id"], 49975, 0.01, "taker"),
    ]
    assert [trade["fee"] for trade in trades] == [
        {"cost": 0.00002, "currency": "BTC"},
        {"cost": 0.49975, "currency": "USD"},
    ]
    assert [order["id"] for order in ccxt("fetch_closed_orders", SYMBOL)] == [bought["id"], sold["id"]]


def test_ccxt_cancels_all_orders(ccxt: Any) -> None:
    """Every open order of the symbol is cancelled."""
    for price in (40000, 41000):
        ccxt("create_order", SYMBOL, "limit", "buy", 0.01, price, {"postOnly": True})
    assert [order["status"] for order in ccxt("cancel_all_orders", SYMBOL)] == ["canceled", "canceled"]
    assert ccxt("fetch_open_orders", SYMBOL) == []


def test_ccxt_withdraws_and_sees_it(ccxt: Any, exchange: str) -> None:
    """A withdrawal leaves the balance and stands in the history; a deposit address can be had."""
    ccxt("withdraw", "BTC", 0.5, ADDRESS)
    ccxt("withdraw", "USDT", 50, ADDRESS, {"network": "ERC20"})
    history = ccxt("fetch_withdrawals" if exchange == "binance" else "fetch_deposits_withdrawals")
    out = {entry["currency"]: entry for entry in history if entry["type"] == "withdrawal"}
    assert (out["BTC"]["amount"], out["BTC"]["address"], out["BTC"]["status"]) == (0.5, ADDRESS, "ok")
    assert (out["USDT"]["amount"], out["USDT"]["network"]) == (50, "ERC20")
    deposits = ccxt("fetch_deposits") if exchange == "binance" else history
    assert {entry["currency"] for entry in deposits if entry["type"] == "deposit"} >= {"BTC", "USD"}
    assert ccxt("fetch_balance")["BTC"]["total"] == 9.5
    assert ccxt("fetch_deposit_address", "BTC")["address"].startswith("paper-bitcoin-")


def test_ccxt_raises_its_own_exceptions(ccxt: Any) -> None:
    """Too little money, an unknown order and an unknown symbol are what ccxt calls them."""
    assert ccxt.fails("create_order", SYMBOL, "limit", "buy", 100, 40000)[0] == "InsufficientFunds"
    assert ccxt.fails("create_order", SYMBOL, "market", "sell", 100)[0] == "InsufficientFunds"
    assert ccxt.fails("withdraw", "BTC", 500, ADDRESS)[0] == "InsufficientFunds"
    assert ccxt.fails("cancel_order", "1", SYMBOL)[0] == "OrderNotFound"
    assert ccxt.fails("fetch_ticker", "XRP/USD")[0] == "BadSymbol"


def test_ccxt_hears_of_a_bad_symbol_from_the_exchange(bot: Make, client: str) -> None:
    """A symbol that only the exchange can know to be wrong is BadSymbol too."""
    assert bot(client, "bitfinex").fails("public_get_ticker_symbol", {"symbol": "tXRPUSD"})[0] == "BadSymbol"
    assert bot(client, "binance").fails("public_get_ticker_24hr", {"symbol": "XRPUSD"})[0] == "BadSymbol"


def test_ccxt_on_bitfinex_alone(bot: Make, client: str) -> None:
    """Several orders at once, cancelling by list, trades of one order, and a transfer by its own name.

    `transfer` itself cannot work in Python's ccxt 4.5.90 for Bitfinex: it asserts a whole number of digits and
    has 8.0.
    """
    ccxt = bot(client, "bitfinex")
    wanted = [
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.01, "price": 40000},
        {"symbol": SYMBOL, "type": "limit", "side": "sell", "amount": 0.01, "price": 60000},
    ]
    ids = [order["id"] for order in ccxt("create_orders", wanted)]
    assert [order["id"] for order in ccxt("cancel_orders", ids[:1])] == ids[:1]
    order = ccxt("create_order", SYMBOL, "market", "buy", 0.01)
    assert [trade["order"] for trade in ccxt("fetch_order_trades", order["id"], SYMBOL)] == [order["id"]]
    way = {"from": "exchange", "to": "funding", "currency": "USD", "currency_to": "USD", "amount": "100"}
    assert ccxt("private_post_auth_w_transfer", way)[6] == "SUCCESS"
    assert ccxt("fetch_balance", {"type": "funding"})["USD"]["free"] == 100


def test_ccxt_on_binance_alone(bot: Make, client: str) -> None:
    """A transfer, an order by cost, all orders of a symbol, and a post-only order that would take."""
    ccxt = bot(client, "binance")
    ccxt("transfer", "USD", 100, "spot", "funding")
    assert ccxt("fetch_balance", {"type": "funding"})["USD"]["free"] == 100
    order = ccxt("create_market_buy_order_with_cost", SYMBOL, 500)
    assert 499.99 < order["cost"] <= 500
    assert [known["id"] for known in ccxt("fetch_orders", SYMBOL)] == [order["id"]]
    taking = (SYMBOL, "limit", "buy", 0.01, 60000, {"postOnly": True})
    assert ccxt.fails("create_order", *taking)[0] == "OrderImmediatelyFillable"


@pytest.fixture(params=["bithumb", "bithumb-v1"])
def bithumb(request: pytest.FixtureRequest, bot: Make, client: str) -> Any:
    """A ccxt bot for each of Bithumb's APIs."""
    return bot(client, str(request.param))


def test_ccxt_reads_the_market_of_bithumb(bithumb: Any) -> None:
    """Markets, tickers, the book, and the trades and candles of others, in either API."""
    assert {"BTC/KRW", "ETH/KRW", "ETH/BTC"} <= set(bithumb("load_markets"))
    ticker = bithumb("fetch_ticker", "BTC/KRW")
    assert (ticker["last"], ticker["open"]) == (80_000_000, 80_000_000)
    assert bithumb("fetch_tickers", ["BTC/KRW", "ETH/KRW"])["ETH/KRW"]["last"] == 4_000_000
    book = bithumb("fetch_order_book", "BTC/KRW")
    assert (book["bids"][0], book["asks"][0]) == ([79_960_000, 2], [80_040_000, 2])
    assert bithumb("fetch_trades", "BTC/KRW") == []
    bithumb("create_order", "BTC/KRW", "market", "buy", 0.01, 80_040_000)
    [trade] = bithumb("fetch_trades", "BTC/KRW")
    assert (trade["price"], trade["amount"], trade["side"]) == (80_040_000, 0.01, "buy")
    [candle] = bithumb("fetch_ohlcv", "BTC/KRW", "1m")
    assert candle[1:] == [80_040_000, 80_040_000, 80_040_000, 80_040_000, 0.01]


def test_ccxt_trades_on_bithumb(bithumb: Any) -> None:
    """A limit order rests, is found and cancelled, and its money is held meanwhile, in either API."""
    assert bithumb("fetch_balance")["BTC"] == {"free": 10, "used": 0, "total": 10}
    order = bithumb("create_order", "BTC/KRW", "limit", "buy", 0.01, 70_000_000)
    assert (order["side"], order["symbol"]) == ("buy", "BTC/KRW")
    assert bithumb("fetch_balance")["KRW"]["used"] == 700_000
    [resting] = bithumb("fetch_open_orders", "BTC/KRW")
    assert (resting["id"], resting["price"], resting["amount"]) == (order["id"], 70_000_000, 0.01)
    found = bithumb("fetch_order", order["id"], "BTC/KRW")
    assert (found["status"], found["side"], found["type"], found["remaining"]) == ("open", "buy", "limit", 0.01)
    bithumb("cancel_order", order["id"], "BTC/KRW", {"side": "buy"})
    assert bithumb("fetch_order", order["id"], "BTC/KRW")["status"] == "canceled"
    assert bithumb("fetch_open_orders", "BTC/KRW") == []
    sold = bithumb("create_order", "BTC/KRW", "market", "sell", 0.01)
    found = bithumb("fetch_order", sold["id"], "BTC/KRW")
    assert (found["status"], found["amount"], found["remaining"]) == ("closed", 0.01, 0)


def test_ccxt_withdraws_from_bithumb(bithumb: Any) -> None:
    """The money is gone; API 2.0 shows where to."""
    bithumb("withdraw", "BTC", 0.5, ADDRESS, {"network": "BTC"})
    assert bithumb("fetch_balance")["BTC"]["total"] == 9.5


def test_ccxt_raises_its_own_exceptions_for_bithumb(bithumb: Any) -> None:
    """ccxt knows none of Bithumb's words for want of money or an order, and has its class for a bad parameter."""
    assert bithumb.fails("create_order", "BTC/KRW", "limit", "buy", 100, 70_000_000)[0] == "ExchangeError"
    assert bithumb.fails("cancel_order", "C1", "BTC/KRW", {"side": "buy"})[0] == "ExchangeError"
    assert bithumb.fails("withdraw", "BTC", 500, ADDRESS, {"network": "BTC"})[0] == "ExchangeError"
    assert bithumb.fails("withdraw", "BTC", 1, ADDRESS, {"network": "TRX"})[0] == "BadRequest"
    assert bithumb.fails("fetch_ticker", "XRP/KRW")[0] == "BadSymbol"


def test_ccxt_on_bithumbs_api_2_alone(bot: Make, client: str) -> None:
    """Orders in batches, at the market for a sum, by client order id; histories, movements and addresses."""
    ccxt = bot(client, "bithumb")
    terms = {"symbol": "BTC/KRW", "type": "limit", "side": "buy", "amount": 0.01, "price": 70_000_000}
    ids = [order["id"] for order in ccxt("create_orders", [terms, terms])]
    assert [order["id"] for order in ccxt("cancel_orders", ids)] == ids
    bought = ccxt("create_market_buy_order_with_cost", "BTC/KRW", 800_400)
    assert ccxt("fetch_order", bought["id"])["info"]["executed_funds"] == "800400"
    [done] = ccxt("fetch_closed_orders", "BTC/KRW")
    assert (done["id"], done["filled"]) == (bought["id"], 0.01)
    assert {order["id"] for order in ccxt("fetch_canceled_orders", "BTC/KRW")} == set(ids)
    order = ccxt("create_order", "BTC/KRW", "limit", "buy", 0.01, 70_000_000, {"clientOrderId": "mine"})
    assert ccxt("fetch_order", order["id"], "BTC/KRW", {"clientOrderId": "mine"})["id"] == order["id"]
    assert [known["id"] for known in ccxt("fetch_orders", "BTC/KRW", None, None, {"clientOrderIds": ["mine"]})] == [
        order["id"]
    ]
    taking = ("BTC/KRW", "limit", "buy", 0.01, 80_040_000, {"postOnly": True})
    assert ccxt("fetch_order", ccxt("create_order", *taking)["id"])["status"] == "canceled"
    out = ccxt("withdraw", "USDT", 50, ADDRESS, {"network": "TRX"})
    assert (out["currency"], out["info"]["net_type"], out["status"]) == ("USDT", "TRX", "ok")
    assert ccxt("fetch_withdrawals")[0]["id"] == ccxt("fetch_withdrawal", out["id"], "USDT")["id"] == out["id"]
    [deposit] = ccxt("fetch_deposits", "BTC")
    assert (ccxt("fetch_deposit", deposit["id"], "BTC")["amount"], deposit["status"]) == (10, "ok")
    assert [each["currency"] for each in ccxt("fetch_deposits", "KRW")] == ["KRW"]
    address = ccxt("fetch_deposit_address", "BTC", {"network": "BTC"})["address"]
    assert address == ccxt("create_deposit_address", "BTC", {"network": "BTC"})["address"]
    assert [each["address"] for each in ccxt("fetch_deposit_addresses", ["BTC"])] == [address]


def test_the_bitfinex_client(bot: Make) -> None:
    """bitfinex-api-py reads wallets and tickers, submits, lists, updates and cancels, and raises what it has."""
    client = bot("bitfinex-api-py", "bitfinex")
    wallets = {wallet["currency"]: wallet for wallet in client("rest.auth.get_wallets")}
    assert wallets["BTC"]["available_balance"] == 10
    assert client("rest.public.get_t_ticker", "tBTCUSD")["last_price"] == 50000
    order = client("rest.auth.submit_order", "EXCHANGE LIMIT", "tBTCUSD", "0.01", "40000")["data"]
    assert (order["order_status"], order["price"]) == ("ACTIVE", 40000)
    assert [known["id"] for known in client("rest.auth.get_orders", symbol="tBTCUSD")] == [order["id"]]
    assert client("rest.auth.update_order", order["id"], price="41000")["data"]["price"] == 41000
    assert client("rest.auth.cancel_order", id=order["id"])["data"]["order_status"] == "CANCELED"
    assert [known["id"] for known in client("rest.auth.get_orders_history")] == [order["id"]]
    bought = client("rest.auth.submit_order", "EXCHANGE MARKET", "tBTCUSD", "0.01", "0")["data"]
    assert [trade["order_id"] for trade in client("rest.auth.get_trades_history")] == [bought["id"]]
    moved = client("rest.auth.transfer_between_wallets", "exchange", "funding", "BTC", "BTC", "1")
    assert (moved["status"], moved["data"]["amount"]) == ("SUCCESS", 1)
    client("rest.auth.submit_wallet_withdrawal", "exchange", "bitcoin", ADDRESS, "1")
    assert client("rest.auth.get_movements", currency="BTC")[0]["destination_address"] == ADDRESS
    assert client("rest.auth.get_deposit_address", "exchange", "bitcoin")["data"]["currency_code"] == "BTC"
    assert client("rest.auth.get_user_info")["username"] == "acc-1"
    too_much = ("rest.auth.submit_order", "EXCHANGE LIMIT", "tBTCUSD", "100", "40000")
    assert client.fails(*too_much)[0] == "GenericError"
    assert client.fails("rest.auth.cancel_order", id=1)[0] == "GenericError"
    assert client.fails("rest.public.get_t_ticker", "tXRPUSD")[0] == "RequestParameterError"


def test_the_binance_client(bot: Make) -> None:
    """binance-connector reads the account, places, replaces and cancels, and raises ClientError with the message."""
    client = bot("binance-connector", "binance")
    assert {one["asset"] for one in client("account")["balances"]} == CURRENCIES
    assert client("ticker_price", "BTCUSDT")["price"] == "50000.00000000"
    assert len(client("exchange_info")["symbols"]) == len(MARKETS)
    limit = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "40000"}
    order = client("new_order", **limit, quantity="0.01")
    replaced = client(
        "cancel_and_replace",
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=order["orderId"],
        **limit,
        quantity="0.02",
    )["newOrderResponse"]
    assert [known["orderId"] for known in client("get_open_orders", "BTCUSDT")] == [replaced["orderId"]]
    assert client("get_order", "BTCUSDT", orderId=order["orderId"])["status"] == "CANCELED"
    assert client("cancel_order", "BTCUSDT", orderId=replaced["orderId"])["status"] == "CANCELED"
    bought = client("new_order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
    assert [trade["orderId"] for trade in client("my_trades", "BTCUSDT")] == [bought["orderId"]]
    assert client("withdraw", "BTC", 1, ADDRESS)["id"] == client("withdraw_history")[0]["id"]
    assert client("user_universal_transfer", "MAIN_FUNDING", "BTC", "1")["tranId"]
    assert client("coin_info")[0]["coin"] == "USD"
    assert client("deposit_address", "BTC")["coin"] == "BTC"
    assert client.fails("new_order", **limit, quantity="100") == (
        "ClientError",
        "Account has insufficient balance for requested action.",
    )
    assert client.fails("cancel_order", "BTCUSDT", orderId=1) == ("ClientError", "Unknown order sent.")
