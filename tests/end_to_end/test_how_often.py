"""How often: open market data and strangers by address, keys and accounts by themselves; and routes nobody knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from tests.end_to_end.clients import Clients
from tests.end_to_end.house import DIALECTS, House, until
from tests.end_to_end.signing import PUBLIC, Key, balances, http, order, signed
from tests.end_to_end.wire import Answer, tell

UNMAPPED = {
    "bitfinex": ("POST", "/v2/auth/r/not/in/any/table"),
    "binance": ("GET", "/sapi/v1/not/in/any/table"),
    "bithumb": ("GET", "/v1/not/in/any/table"),
    "bithumb-v1": ("POST", "/info/not/in/any/table"),
}
RATE = dict.fromkeys(DIALECTS, "RateLimitExceeded") | {"binance": "DDoSProtection"}
TICKERS = {
    "bitfinex": ("publicGetTickerSymbol", {"symbol": "tBTCUSD"}),
    "binance": ("publicGetTickerPrice", {"symbol": "BTCUSDT"}),
    "bithumb": ("publicGetV1Ticker", {"markets": "KRW-BTC"}),
    "bithumb-v1": ("publicGetPublicTickerBaseIdQuoteId", {"baseId": "BTC", "quoteId": "KRW"}),
}
CANCELS: dict[str, Callable[[Any], tuple[str, str, dict[str, Any]]]] = {
    "bitfinex": lambda placed: ("POST", "/v2/auth/w/order/cancel", {"id": placed[4][0][0]}),
    "binance": lambda placed: ("DELETE", "/api/v3/order", {"symbol": "BTCUSDT", "orderId": placed["orderId"]}),
    "bithumb": lambda placed: ("DELETE", "/v2/order", {"order_id": placed["order_id"]}),
    "bithumb-v1": lambda placed: (
        "POST",
        "/trade/cancel",
        {"type": "bid", "order_currency": "BTC", "payment_currency": "KRW", "order_id": placed["order_id"]},
    ),
}
NUMBERS = count(1)
SETTINGS = """
[rates]
key = [1, 80]
account = [1, 160]
strangers = [1, 10]
public = [1, 12]
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of little patience; each test comes from addresses of its own, and trades for accounts of its own."""
    with House(tmp_path_factory.mktemp("house"), settings=SETTINGS) as house:
        yield house


@pytest.fixture
def sources() -> tuple[str, str]:
    """Two addresses of this machine that no other test comes from."""
    return f"127.1.0.{next(NUMBERS)}", f"127.1.0.{next(NUMBERS)}"


def in_turn(house: House, message: bytes, times: int, source: str) -> list[Answer]:
    return [tell(house.address, message, source) for _ in range(times)]


def test_open_market_data_is_limited_by_address(house: House, dialect: str, sources: tuple[str, str]) -> None:
    """Without a key an address has so many questions at once, is told how long to wait, and takes none from others."""
    asked = http("GET", PUBLIC[dialect], {})
    assert [each.status for each in in_turn(house, asked, 12, sources[0])] == [200] * 12
    [limited] = until(lambda: [each for each in in_turn(house, asked, 1, sources[0]) if each.status == 429])
    assert limited.reason == "address.rate"
    assert 1 <= int(limited.headers["retry-after"]) <= 12
    assert tell(house.address, asked, sources[1]).status == 200


def test_a_client_without_a_key_is_told_to_slow_down(house: House, clients: Clients, dialect: str) -> None:
    """ccxt, asking for a ticker over and over, raises its own exception for too many requests."""
    bot = clients.bot(house, Key(dialect, "", "", ""))
    said = bot.until_refused(*TICKERS[dialect])
    assert said.exception == RATE[dialect]
    assert house.record(said.request_id)["reason"] == "address.rate"


def test_guessing_is_limited_by_address(house: House, dialect: str, sources: tuple[str, str]) -> None:
    """Who proves nothing runs out of tries, also with another key id each time; another address does not notice."""
    guesses = (tell(house.address, balances(Key(dialect, "", f"guess{each}", "x")).raw, sources[0]) for each in count())
    assert [next(guesses).reason for _ in range(10)] == ["key.not_proven"] * 10
    assert until(lambda: next(guesses).reason == "address.rate")
    key = issued(house, dialect, sources[1])
    assert tell(house.address, balances(key).raw, sources[1]).reason == ""


def test_a_key_has_a_rate_of_its_own(house: House, dialect: str, sources: tuple[str, str]) -> None:
    """A key that reads too often is told how long to wait; another key goes on."""
    account = f"account {next(NUMBERS)}"
    house.ask("account.open", name=account)
    key, other = (house.issue(dialect, "trade", network=sources[0], account=account) for _ in range(2))
    limited = until(lambda: [each for each in asked_often(house, key, sources[0]) if each.reason])
    assert limited[0].reason == "rate.key"
    assert int(limited[0].headers["retry-after"]) >= 1
    assert tell(house.address, balances(other).raw, sources[0]).reason == ""


def test_all_keys_of_an_account_share_its_rate(house: House, dialect: str, sources: tuple[str, str]) -> None:
    """An account does not get more by having more keys."""
    account = f"crowd {dialect}"
    house.ask("account.open", name=account)
    keys = [house.issue(dialect, "trade", network=sources[0], account=account) for _ in range(4)]
    reasons = until(
        lambda: {tell(house.address, balances(key).raw, sources[0]).reason for key in keys} & {"rate.account"}
    )
    assert reasons == {"rate.account"}


def test_a_key_that_is_too_fast_can_still_cancel(house: House, dialect: str, sources: tuple[str, str]) -> None:
    """Cancelling is possible when the key has used up its rate."""
    key = issued(house, dialect, sources[0])
    placed = json.loads(tell(house.address, order(key).raw, sources[0]).body)
    until(lambda: tell(house.address, order(key).raw, sources[0]).reason == "rate.key")
    answer = tell(house.address, signed(key, *CANCELS[dialect](placed)), sources[0])
    assert (answer.status, answer.reason) == (200, "")


def test_a_route_that_nobody_knows_is_denied_and_listed(house: House, dialect: str) -> None:
    """The operator sees which routes clients asked for in vain, and how often."""
    key = issued(house, dialect, "127.0.0.1")
    method, path = UNMAPPED[dialect]
    for number in range(3):
        assert tell(house.address, signed(key, method, path, {"n": number})).reason == "action.unmapped"
    found = until(lambda: [each for each in house.cli("activity", "unmapped")["routes"] if each["path"] == path])
    assert [(each["dialect"], each["method"], each["count"]) for each in found] == [(dialect, method, 3)]


def issued(house: House, dialect: str, network: str) -> Key:
    """A key of an account of its own."""
    account = f"account {next(NUMBERS)}"
    house.ask("account.open", name=account)
    return house.issue(dialect, "trade", network=network, account=account)


def asked_often(house: House, key: Key, source: str) -> list[Answer]:
    return [tell(house.address, balances(key).raw, source) for _ in range(20)]
