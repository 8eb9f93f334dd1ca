"""Unmodified ccxt does at Bithumb, through the gate, all that its key allows: in API 2.0 and, as generation 1, in 1.0.

What ccxt has for one of the two alone is in tests/paper; here it is the gate that counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.clients import CANCEL, Bot, Clients, Said
from tests.end_to_end.house import House
from tests.end_to_end.signing import Key

ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"
ORDER = ("BTC/KRW", "limit", "buy", 0.001, 70_000_000)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house in which shared secrets may withdraw, to an address that does not wait."""
    with House(tmp_path_factory.mktemp("house")) as house:
        house.ask("house.edit", rules={"hmac_withdraw": True, "address_wait_hours": 0, "withdrawal_wait_hours": 0})
        for asset in ("ETH", "USDT"):
            entry = {"asset": asset, "network": "ETH", "address": ADDRESS, "label": f"cold {asset}"}
            house.ask("account.add-address", account="alice", **entry)
        yield house


@pytest.fixture(params=["bithumb", "bithumb-v1"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each of Bithumb's APIs."""
    return str(request.param)


@pytest.fixture
def key(house: House, dialect: str) -> Key:
    """A key that may read, trade and withdraw."""
    return house.issue(dialect, "trade", "withdraw")


@pytest.fixture(params=["ccxt", "ccxt-async"])
def bot(request: pytest.FixtureRequest, house: House, clients: Clients, key: Key) -> Bot:
    """A ccxt bot with that key."""
    return clients.bot(house, key, request.param)


def test_ccxt_trades(bot: Bot, dialect: str) -> None:
    """Markets, balances, an order that rests, is found and is cancelled, and one at the market."""
    assert bot("fetch_ticker", "BTC/KRW")["last"] > 0
    assert bot("fetch_balance")["BTC"]["total"] > 0
    order = bot("create_order", *ORDER)
    [resting] = [each for each in bot("fetch_open_orders", "BTC/KRW") if each["id"] == order["id"]]
    assert (resting["side"], resting["price"], resting["amount"]) == ("buy", 70_000_000, 0.001)
    bot("cancel_order", order["id"], "BTC/KRW", params=CANCEL.get(dialect, {}))
    assert bot("fetch_order", order["id"], "BTC/KRW")["status"] == "canceled"
    sold = bot("create_order", "BTC/KRW", "market", "sell", 0.001)
    assert bot("fetch_order", sold["id"], "BTC/KRW")["status"] == "closed"


def test_ccxt_withdraws(bot: Bot) -> None:
    """To an address of the book, and to no other."""
    before = bot("fetch_balance")["ETH"]["total"]
    bot("withdraw", "ETH", 0.5, ADDRESS, {"network": "ETH"})
    assert bot("fetch_balance")["ETH"]["total"] == before - 0.5
    assert bot.try_("withdraw", "ETH", 0.5, "0x" + "ab" * 20, {"network": "ETH"}).exception == "PermissionDenied"


def test_ccxt_places_and_cancels_in_batches(house: House, clients: Clients) -> None:
    """A list of orders is placed as it was signed; one of a pair that is not the key's refuses them all."""
    bot = clients.bot(house, house.issue("bithumb", "trade", limits={"pairs": ["BTC/KRW"]}))
    terms = {"symbol": "BTC/KRW", "type": "limit", "side": "buy", "amount": 0.001, "price": 70_000_000}
    ids = [order["id"] for order in bot("create_orders", [terms, terms])]
    assert [order["id"] for order in bot("cancel_orders", ids)] == ids
    before = bot("fetch_open_orders", "BTC/KRW")
    said = bot.try_("create_orders", [terms, {**terms, "symbol": "ETH/KRW", "price": 3_000_000}])
    assert (said.exception, house.record(said.request_id)["reason"]) == ("PermissionDenied", "pair.outside")
    assert bot("fetch_open_orders", "BTC/KRW") == before


def test_what_was_admitted_is_in_the_log_with_what_became_of_it(
    house: House, clients: Clients, key: Key, dialect: str
) -> None:
    """By the request id of the reply, the owner finds pair, verdict, and the exchange's own order number."""
    said = clients.bot(house, key).try_("create_order", *ORDER)
    record = house.record(said.request_id)
    assert (record["verdict"], record["reason"], record["pair"]) == ("admitted", "", "BTC/KRW")
    assert house.outcome(said.request_id) == (201 if dialect == "bithumb" else 200, said.result["id"])


def about(bot: Bot, dialect: str) -> Said:
    """The key asks about itself."""
    if dialect == "bithumb":
        return bot.try_("privateGetV1ApiKeys")
    return bot.try_("request", "info/bitting/key", ["private"], "POST")


def end(bot: Bot, dialect: str) -> Said:
    """The key ends itself."""
    path, method = {"bithumb": ("v1/bitting/key", "DELETE"), "bithumb-v1": ("trade/bitting/revoke", "POST")}[dialect]
    return bot.try_("request", path, ["private"], method)


def test_a_key_reads_itself_and_ends_itself(house: House, clients: Clients, key: Key, dialect: str) -> None:
    """Of its own it is told id and rights; after its end nothing of it works any more."""
    bot = clients.bot(house, key)
    told: Any = about(bot, dialect).result
    told = told[0] if dialect == "bithumb" else told["data"]
    assert key.key_id in told.values()
    assert "withdrawals.write" in told["permissions"]
    assert not end(bot, dialect).exception
    said = bot.try_("fetch_balance")
    assert (said.exception, house.record(said.request_id)["reason"]) == ("AuthenticationError", "key.revoked")
