"""The other side of the gate: what the exchange is told, and what the client is told when the exchange fails."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bitting.kms.secret_file import SecretFile
from bitting.web.identity import verify_identity
from tests.end_to_end.clients import ORDERS, SYMBOLS, Clients, Said
from tests.end_to_end.house import CLOCKS, House
from tests.end_to_end.signing import PUBLIC, Key, balances, http, order, with_headers
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import Line, tell

FORGED = [
    "bitting-account: 01a1fa4c-0000-7000-8000-000000000000",
    "bitting-key: 01a1fa4c-0000-7000-8000-000000000001",
    "Bitting-Time: 1",
    "BITTING-SIGNATURE: v1=00",
    "bitting-request-id: forged",
    "bitting-admin: yes",
]
CREDENTIALS = {
    *(b"bfx-apikey", b"bfx-signature", b"bfx-nonce"),
    b"x-mbx-apikey",
    b"authorization",
    *(b"api-key", b"api-sign", b"api-nonce"),
}
UNKNOWN = {"bitfinex": "ExchangeNotAvailable", "binance": "RequestTimeout"}
# What the exchange says when it declines for want of money, and ccxt's class for it.
DECLINED = {
    "bitfinex": (500, b'["error", 10001, "Invalid order: not enough exchange balance"]', "InsufficientFunds"),
    "binance": (
        400,
        b'{"code": -2010, "msg": "Account has insufficient balance for requested action."}',
        "InsufficientFunds",
    ),
    "bithumb": (400, b'{"error": {"name": "insufficient_funds_bid", "message": "poor"}}', "ExchangeError"),
    "bithumb-v1": (200, b'{"status": "5500", "message": "Invalid Parameter"}', "BadRequest"),
}


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[House]:
    """A house before an exchange that fails in the ways it is told."""
    with House(tmp_path_factory.mktemp("house"), upstream=exchange.url) as house:
        yield house


@pytest.fixture(scope="module")
def paper_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house before the demonstration exchange."""
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


def with_a_days_total(house: House, dialect: str) -> Key:
    """A key whose orders may be worth 500 a day: one of 400 fits, and no second."""
    quote = SYMBOLS[dialect].split("/")[1]
    return house.issue(dialect, "trade", limits={"daily_orders": {quote: "500"}})


def ordered(house: House, clients: Clients, key: Key) -> Said:
    """An order worth 400, by an unmodified client."""
    call, terms = ORDERS[key.dialect]
    return clients.bot(house, key).try_(call, terms)


# ---- whom the exchange believes


def test_the_exchange_hears_who_it_is_from_the_gate_alone(house: House, exchange: Exchange, dialect: str) -> None:
    """Identity headers of a client's own are dropped, credentials stay behind, and the gate's word holds."""
    key = house.issue(dialect, "trade")
    message = order(key)
    answer = tell(house.address, with_headers(message.raw, *FORGED))
    assert answer.status == 200
    [came] = exchange.came
    secret = SecretFile(house.data / f"identity-{dialect}.key", "identity").load()
    identity = verify_identity(
        secret, came.method, came.target, came.headers, came.body, now_ms=time.time_ns() // 1_000_000
    )
    alice = house.ask("account.show", account="alice")["id"]
    assert (identity.account, identity.key, identity.request_id) == (alice, key.id, answer.request_id)
    assert len(came.identity) == 5
    assert CREDENTIALS.isdisjoint(name for name, _ in came.headers)
    sent = message.raw.split(b" ")[1].removeprefix(f"/{dialect}".encode())
    assert (came.target, came.body) == (sent, message.raw.partition(b"\r\n\r\n")[2])


def test_open_market_data_comes_without_identity(house: House, exchange: Exchange, dialect: str) -> None:
    """Whoever asks without a key is nobody to the exchange, whatever headers he brings."""
    assert tell(house.address, with_headers(http("GET", PUBLIC[dialect], {}), *FORGED)).status == 200
    assert exchange.came[-1].identity == []


def test_the_demonstration_exchange_believes_the_gate_and_nobody_else(paper_house: House, dialect: str) -> None:
    """The same request passes through the gate and is turned away at the exchange's own door."""
    url = paper_house.exchange.removeprefix("http://").split(":")
    direct = (url[0], int(url[1]))
    message = balances(paper_house.issue(dialect, "trade"))
    assert tell(paper_house.address, with_headers(message.raw, *FORGED)).status == 200
    assert tell(direct, with_headers(message.raw.replace(f"/{dialect}/".encode(), b"/", 1), *FORGED)).status == 403


# ---- when it fails


def test_an_exchange_that_is_down_has_been_sent_nothing(
    house: House, exchange: Exchange, clients: Clients, dialect: str
) -> None:
    """The client may try again, what the order had reserved is given back, and the log says *not sent*."""
    key = with_a_days_total(house, dialect)
    port = int(exchange.url.rpartition(":")[2])
    exchange.close()
    said = ordered(house, clients, key)
    assert said.exception == "ExchangeNotAvailable"
    assert "nothing was sent" in said.message
    assert "upstream.down" in said.message
    assert house.outcome(said.request_id) == (0, "not sent")
    exchange.open(port)
    assert not ordered(house, clients, key).exception
    assert ordered(house, clients, key).exception == "PermissionDenied"  # one order is all the total has room for


@pytest.mark.parametrize("dialect", CLOCKS)
@pytest.mark.parametrize("length", [0, 1, 40, 75], ids=lambda length: f"after {length} bytes")
def test_an_exchange_that_hangs_up_leaves_the_outcome_open(
    house: House, exchange: Exchange, clients: Clients, dialect: str, length: int
) -> None:
    """The client is told that nobody knows, what the order had reserved stays so, and nothing is sent twice."""
    key = with_a_days_total(house, dialect)
    exchange.hangs_up = length
    said = ordered(house, clients, key)
    assert said.exception == UNKNOWN[dialect]
    assert "whether it acted is not known" in said.message
    assert "upstream.unknown" in said.message
    assert house.outcome(said.request_id) == (0, "unknown")
    assert len(exchange.came) == 1
    exchange.hangs_up = None
    said = ordered(house, clients, key)
    assert house.record(said.request_id)["reason"] == "total.orders"
    assert len(exchange.came) == 1


def test_an_exchange_that_declines_has_taken_nothing(
    house: House, exchange: Exchange, clients: Clients, dialect: str
) -> None:
    """A definite refusal of the exchange gives back what was reserved, and reaches the client as it is."""
    key = with_a_days_total(house, dialect)
    exchange.status, exchange.body, exception = DECLINED[dialect]
    assert ordered(house, clients, key).exception == exception
    exchange.status, exchange.body = 200, b""
    assert not ordered(house, clients, key).exception


def test_one_that_is_slow_holds_up_nobody_else(house: House, exchange: Exchange) -> None:
    """While one request waits for the exchange, others are refused, answered and admitted."""
    key, other = house.issue("bitfinex", "trade"), house.issue("bitfinex", "read-only")
    exchange.stall_s = 1.5
    with Line(house.address) as slow:
        slow.socket.sendall(order(key).raw)
        while not exchange.came:
            time.sleep(0.01)
        exchange.stall_s = 0.0
        assert tell(house.address, order(other).raw).reason == "permission.missing"
        quick = tell(house.address, balances(other).raw)
        assert quick.status == 200
        assert quick.done_ns < slow.answer().done_ns


def test_a_client_that_leaves_does_not_undo_its_order(house: House, exchange: Exchange) -> None:
    """Whoever hangs up after an order was admitted finds its outcome in the log."""
    key = house.issue("bitfinex", "trade")
    exchange.stall_s = 0.3
    with Line(house.address) as line:
        line.socket.sendall(order(key).raw)
        while not exchange.came:
            time.sleep(0.01)
    assert house.outcome(exchange.came[0].request_id) == (200, "7")
