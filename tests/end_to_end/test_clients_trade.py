"""Unmodified clients do through the gate all that their keys allow: every unified call, at Bitfinex and Binance.

ccxt 4.5.90 synchronous and asynchronous, bitfinex-api-py 4.0.0 and binance-connector 3.13.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.end_to_end.clients import SYMBOLS, Bot, Clients
from tests.end_to_end.house import House

ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"
NETWORKS = {"bitfinex": "ERC20", "binance": "ETH"}  # as ccxt names it, of each exchange


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house in which shared secrets may withdraw, to an address that does not wait."""
    with House(tmp_path_factory.mktemp("house")) as house:
        house.ask("house.edit", rules={"hmac_withdraw": True, "address_wait_hours": 0, "withdrawal_wait_hours": 0})
        entry = {"asset": "USDT", "network": "ETH", "address": ADDRESS, "label": "cold"}
        house.ask("account.add-address", account="alice", **entry)
        yield house


@pytest.fixture(params=NETWORKS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Each of the two."""
    return str(request.param)


@pytest.fixture(params=["ccxt", "ccxt-async"])
def bot(request: pytest.FixtureRequest, house: House, clients: Clients, dialect: str) -> Bot:
    """A ccxt bot with a key that may read, trade and withdraw."""
    return clients.bot(house, house.issue(dialect, "trade", "withdraw"), request.param)


def fetch_balance(bot: Bot, symbol: str, network: str) -> None:
    assert bot("fetch_balance")["BTC"]["total"] > 0


def fetch_ticker(bot: Bot, symbol: str, network: str) -> None:
    assert bot("fetch_ticker", symbol)["last"] > 0


def create_order(bot: Bot, symbol: str, network: str) -> None:
    order = bot("create_order", symbol, "limit", "buy", 0.001, 40_000)
    assert (order["status"], order["price"], order["amount"]) == ("open", 40_000, 0.001)


def cancel_order(bot: Bot, symbol: str, network: str) -> None:
    order = bot("create_order", symbol, "limit", "buy", 0.001, 40_000)
    assert bot("cancel_order", order["id"], symbol)["status"] == "canceled"


def fetch_open_orders(bot: Bot, symbol: str, network: str) -> None:
    order = bot("create_order", symbol, "limit", "buy", 0.001, 40_000)
    assert order["id"] in [each["id"] for each in bot("fetch_open_orders", symbol)]


def fetch_my_trades(bot: Bot, symbol: str, network: str) -> None:
    order = bot("create_order", symbol, "market", "buy", 0.001)
    assert order["id"] in [each["order"] for each in bot("fetch_my_trades", symbol)]


def withdraw(bot: Bot, symbol: str, network: str) -> None:
    assert bot("withdraw", "USDT", 10, ADDRESS, params={"network": network})["id"]


CALLS: list[Callable[[Bot, str, str], None]] = [
    fetch_balance,
    fetch_ticker,
    create_order,
    cancel_order,
    fetch_open_orders,
    fetch_my_trades,
    withdraw,
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_ccxt_does_what_its_key_allows(bot: Bot, dialect: str, call: Callable[[Bot, str, str], None]) -> None:
    """Each unified call goes through, and does at the exchange what it says."""
    call(bot, SYMBOLS[dialect], NETWORKS[dialect])


def test_what_was_admitted_is_in_the_log_with_what_became_of_it(house: House, clients: Clients, dialect: str) -> None:
    """By the request id of the reply, the owner finds action, pair, address, and the exchange's own order number."""
    bot = clients.bot(house, house.issue(dialect, "trade"))
    said = bot.try_("create_order", SYMBOLS[dialect], "limit", "buy", 0.001, 40_000)
    record = house.record(said.request_id)
    assert (record["verdict"], record["reason"], record["address"]) == ("admitted", "", "127.0.0.1")
    assert record["pair"] == SYMBOLS[dialect]
    assert house.outcome(said.request_id) == (200, said.result["id"])


def test_the_command_line_finds_a_request_by_its_id(house: House, clients: Clients) -> None:
    """`bitting activity why REQUEST_ID` answers as the socket does, for an admitted and a refused request."""
    bot = clients.bot(house, house.issue("binance", "read-only"))
    for said, reason in (
        (bot.try_("fetch_balance"), ""),
        (bot.try_("create_order", "BTC/USDT", "limit", "buy", 0.001, 40_000), "permission.missing"),
    ):
        house.record(said.request_id)  # written by now
        assert house.cli("activity", "why", said.request_id)["record"]["reason"] == reason


def test_the_client_of_bitfinex_trades_and_is_refused(house: House, clients: Clients) -> None:
    """bitfinex-api-py places, sees and cancels an order; what its key may not do ends in its own exception."""
    trader = clients.bot(house, house.issue("bitfinex", "trade"), "bitfinex-api-py")
    placed = trader("rest.auth.submit_order", "EXCHANGE LIMIT", "tBTCUSD", "0.001", "40000")["data"]
    assert placed["id"] in [each["id"] for each in trader("rest.auth.get_orders", symbol="tBTCUSD")]
    assert trader("rest.auth.cancel_order", id=placed["id"])["data"]["order_status"] == "CANCELED"
    said = trader.try_("rest.auth.submit_wallet_withdrawal", "exchange", "tetheruse", ADDRESS, "10")
    assert said.exception == "GenericError"
    assert house.record(said.request_id)["reason"] == "permission.missing"


def test_the_client_of_binance_trades_and_is_refused(house: House, clients: Clients) -> None:
    """binance-connector places, sees and cancels an order; what its key may not do ends in its own exception."""
    trader = clients.bot(house, house.issue("binance", "trade"), "binance-connector")
    terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "40000"}
    placed: dict[str, Any] = trader("new_order", **terms, quantity="0.001")
    assert placed["orderId"] in [each["orderId"] for each in trader("get_open_orders", "BTCUSDT")]
    assert trader("cancel_order", "BTCUSDT", orderId=placed["orderId"])["status"] == "CANCELED"
    said = trader.try_("withdraw", "USDT", 10, ADDRESS, network="ETH")
    assert said.exception == "ClientError"
    assert house.record(said.request_id)["reason"] == "permission.missing"
