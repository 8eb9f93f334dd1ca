"""A client that knows its exchange's own address and no other: pybithumb 1.0.21, unmodified, through a TLS proxy.

Its process finds api.bithumb.com at the proxy and trusts a private CA; the proxy passes on to the gate, from an address
of its own, who is asking.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bitting.tour.transparent import PROXY, Transparent
from tests.end_to_end.clients import Clients
from tests.end_to_end.house import House
from tests.end_to_end.signing import balances, with_headers
from tests.end_to_end.wire import tell

PRICE = 70_000_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that believes the proxy."""
    settings = f'[listen]\ntrusted_proxies = ["{PROXY}"]\n'
    with House(tmp_path_factory.mktemp("house"), settings=settings) as house:
        yield house


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory, house: House) -> Iterator[Clients]:
    """Clients that find Bithumb at the proxy."""
    with Transparent(tmp_path_factory.mktemp("door"), "api.bithumb.com", f"{house.url}/bithumb-v1") as door:
        clients = Clients(door.place, trusting=door.ca)
        yield clients
        clients.close()


def test_pybithumb_trades(house: House, clients: Clients) -> None:
    """Prices, balances, orders at a limit and at the market, what is left of them, and cancelling."""
    client = clients.bot(house, house.issue("bithumb-v1", "trade"), "pybithumb")
    assert client("get_current_price", "BTC") == 80_000_000
    assert client("get_orderbook", "BTC")["bids"][0] == {"price": 79_960_000, "quantity": 2}
    assert client("get_tickers") == ["BTC", "ETH"]
    assert client("get_balance", "ETH")[:2] == [100, 0]
    order = client("buy_limit_order", "BTC", PRICE, 0.001)
    assert (order[:2], order[3]) == (["bid", "BTC"], "KRW")
    assert client("get_outstanding_order", order) == "0.001"
    assert client("cancel_order", order) is True
    assert client("get_outstanding_order", order) is None
    bought = client("buy_market_order", "BTC", 0.001)
    detail: Any = client("get_order_completed", bought)  # it expects a list, and gives what there is
    assert (detail["data"]["order_status"], detail["data"]["contract"][0]["units"]) == ("Completed", "0.001")
    sold = client("sell_limit_order", "BTC", PRICE, 0.001)
    assert client("get_outstanding_order", sold) is None  # it was filled at once


def test_pybithumb_is_refused_and_told_why(house: House, clients: Clients) -> None:
    """It raises nothing: it gives what it was answered, with the reason and the id that the log knows."""
    client = clients.bot(house, house.issue("bithumb-v1", "read-only"), "pybithumb")
    said = client("buy_limit_order", "BTC", PRICE, 0.001)
    assert (said["status"], said["reason"]) == ("5302", "permission.missing")
    record = house.record(said["request_id"])
    assert (record["verdict"], record["reason"]) == ("denied", "permission.missing")


def test_the_gate_sees_the_client_behind_the_proxy(house: House, clients: Clients) -> None:
    """A key for the client's address works, one for the proxy's does not; and the log has the client's."""
    bot = clients.bot(house, house.issue("bithumb-v1", "trade", network="127.0.0.1"), "pybithumb")
    said = bot.try_("get_balance", "BTC")
    assert isinstance(said.result, list)
    assert house.record(said.request_id)["address"] == "127.0.0.1"
    other = clients.bot(house, house.issue("bithumb-v1", "trade", network=PROXY), "pybithumb")
    assert other("get_balance", "BTC")["reason"] == "network.outside"


def test_the_proxy_lets_nobody_choose_an_address(house: House, clients: Clients) -> None:
    """What a client writes of its address is not passed on, and who is no proxy speaks for nobody."""
    key = house.issue("bithumb-v1", "trade", network="203.0.113.7")
    client = clients.bot(house, key, "pybithumb")
    client("api.http.update_headers", {"X-Forwarded-For": "203.0.113.7"})
    assert client("get_balance", "BTC")["reason"] == "network.outside"
    for source, reason in (("127.0.0.1", "network.outside"), (PROXY, "")):
        asked = with_headers(balances(key).raw, "X-Forwarded-For: 203.0.113.7")
        assert tell(house.address, asked, source).reason == reason
