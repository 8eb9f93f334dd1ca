"""ccxt, unmodified, with a proxy between it and the demonstration exchange, which verifies who is said to ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.end_to_end.clients import ORDERS, SYMBOLS, Bot, Clients
from tests.end_to_end.house import House
from tests.end_to_end.signing import Key
from tests.system.proxies import FILES, Proxy, free_port

PERMISSIONS: Final = ("balances.read", "orders.read", "orders.write")


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    clients = Clients()
    yield clients
    clients.close()


class Place:
    """A house with an exchange, and a proxy of each kind wherever a test wants one."""

    def __init__(self, folder: Path) -> None:
        self.ports = {kind: free_port() for kind in FILES}
        settings = "\n".join(
            f'[[decision]]\nproxy = "{kind}"\nport = {port}\naskers = ["127.0.0.1"]'
            for kind, port in self.ports.items()
        )
        self.house = House(folder, settings=settings)

    def proxy(self, kind: str, folder: Path, mount: str) -> Proxy:
        return Proxy(kind, folder, self.ports[kind], int(self.house.exchange.rpartition(":")[2]), mount=mount)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("house"))
    with place.house:
        yield place


def bot(clients: Clients, url: str, key: Key, name: str) -> Bot:
    """A client of the proxy, which calls the exchange's own paths."""
    return Bot(clients, name, url, key, "ccxt", {})


def placed(bot: Bot, dialect: str) -> Any:
    call, parameters = ORDERS[dialect]
    return bot(call, parameters)


@pytest.mark.parametrize("kind", sorted(FILES))
def test_ccxt_reads_and_cancels_behind_every_proxy(kind: str, place: Place, clients: Clients, tmp_path: Path) -> None:
    """Requests without a body. An order is placed at the gate itself, and cancelled through the proxy."""
    key = place.house.issue("binance", *PERMISSIONS)
    with place.proxy(kind, tmp_path, "binance") as proxy:
        through, direct = bot(clients, proxy.url, key, "through"), clients.bot(place.house, key)
        assert "USDT" in through("fetch_balance")["total"]
        order = placed(direct, "binance")
        assert str(order["orderId"]) in [each["id"] for each in through("fetch_open_orders", "BTC/USDT")]
        assert through("cancel_order", str(order["orderId"]), "BTC/USDT")["status"] == "canceled"
        said = through.try_(*ORDERS["binance"])
        if kind == "envoy":
            assert said.exception == ""
            through("cancel_all_orders", "BTC/USDT")
        else:
            assert (said.exception, "body.unseen" in said.message) == ("BadRequest", True)


@pytest.mark.parametrize("dialect", ["binance", "bitfinex", "bithumb", "bithumb-v1"])
def test_ccxt_trades_behind_envoy(dialect: str, place: Place, clients: Clients, tmp_path: Path) -> None:
    """Every dialect, bodies included."""
    key = place.house.issue(dialect, *PERMISSIONS)
    with place.proxy("envoy", tmp_path, dialect) as proxy:
        through = bot(clients, proxy.url, key, "through")
        assert "BTC" in through("fetch_balance")["total"]
        placed(through, dialect)


@pytest.mark.parametrize("kind", sorted(FILES))
def test_ccxt_raises_what_it_raises_without_a_proxy(kind: str, place: Place, clients: Clients, tmp_path: Path) -> None:
    """The words decide, also where the proxy cannot pass the status on."""
    house = place.house
    weak = house.issue("binance", "balances.read")
    revoked = house.issue("binance", "balances.read")
    house.ask("key.revoke", key=revoked.id)
    away = house.issue("binance", "balances.read", network="127.0.0.9")
    wrong = weak._replace(secret="wrong")
    calls: list[tuple[Key, tuple[str, ...]]] = [(weak, ("fetch_open_orders", SYMBOLS["binance"]))]
    calls += [(each, ("fetch_balance",)) for each in (revoked, away, wrong)]
    with place.proxy(kind, tmp_path, "binance") as proxy:
        for key, words in calls:
            direct = clients.bot(house, key).try_(*words)
            through = bot(clients, proxy.url, key, "through").try_(*words)
            assert direct.exception
            assert through.exception == direct.exception, (through, direct)
