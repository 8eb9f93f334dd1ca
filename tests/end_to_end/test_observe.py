"""A gate that only observes before a live API: nobody's client breaks, what would be refused is known, and no value
leaves unproven. Then it enforces."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.clients import ORDERS, Clients
from tests.end_to_end.house import House, until
from tests.end_to_end.signing import Key, balances, bitfinex, order, withdrawal
from tests.end_to_end.upstream import Exchange
from tests.end_to_end.wire import tell

READS = {"bitfinex": "privatePostAuthRWallets", "binance": "privateGetAccount"}
CREDENTIAL = {"bitfinex": b"bfx-apikey", "binance": b"x-mbx-apikey"}
ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"


def switch(house: House, mode: str) -> None:
    """The operator edits the settings and restarts."""
    text = "\n".join(line for line in house.config.read_text().split("\n") if not line.startswith("mode ="))
    house.config.write_text(text.replace("[[mount]]\n", f'[[mount]]\nmode = "{mode}"\n'))
    house.stop("gate")
    house.start_gate()


@pytest.fixture(params=sorted(READS))
def dialect(request: pytest.FixtureRequest) -> str:
    """One that signs a time, and one that signs a nonce."""
    return str(request.param)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    with Exchange() as exchange:
        yield exchange


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("observe"), upstream=exchange.url) as house:
        switch(house, "observe")
        key = house.issue("binance", "trade")  # what is stamped before the floor of the restart is not admitted
        until(lambda: tell(house.address, balances(key).raw).status == 200 and exchange.came[-1].identity)
        yield house


@pytest.fixture(autouse=True)
def quiet(exchange: Exchange) -> None:
    exchange.came.clear()
    exchange.status, exchange.body = 200, b""


def live_key(dialect: str, name: str) -> Key:
    """A key of the live API's own, which nobody here knows."""
    return Key(dialect, "", f"{name:x<43}", "s" * 43)


def line(house: House, key_id: str, here: str) -> dict[str, Any]:
    """The line of the report; what was observed is written a moment later."""
    found = until(
        lambda: [
            each
            for each in house.cli("activity", "observed", "--since", "1h")["observed"]
            if (each["key_id"], each["here"]) == (key_id, here)
        ]
    )
    assert len(found) == 1
    row: dict[str, Any] = found[0]
    return row


def test_a_client_with_a_key_that_nobody_here_knows_notices_nothing(
    watched: House, exchange: Exchange, clients: Clients, dialect: str
) -> None:
    """Its credentials arrive at the live API, and its address; the gate vouches for nobody."""
    key = live_key(dialect, "unknown")
    said = clients.bot(watched, key).try_(READS[dialect])
    assert not said.exception, said
    [came] = exchange.came
    assert came.header(CREDENTIAL[dialect]).decode() == key.key_id
    assert came.header(b"x-forwarded-for") == b"127.0.0.1"
    assert came.identity == []
    record = watched.record(said.request_id)
    assert (record["verdict"], record["reason"]) == ("observed", "key.not_proven")
    assert watched.outcome(said.request_id)[0] == 200


def test_what_would_be_refused_is_known_and_goes_on(
    watched: House, exchange: Exchange, clients: Clients, dialect: str
) -> None:
    """By key and reason, with an example, and with what the live API said to it."""
    key = watched.issue(dialect, "read-only")
    call, terms = ORDERS[dialect]
    said = clients.bot(watched, key).try_(call, terms)
    assert not said.exception, said
    assert exchange.came[-1].identity == []
    row = line(watched, key.key_id, "permission.missing")
    assert (row["times"], row["answered_there"], row["refused_there"]) == (1, 1, 0)
    assert row["request_ids"] == [said.request_id]


def test_what_is_admitted_comes_with_both(watched: House, exchange: Exchange, dialect: str) -> None:
    """The live API may check its own credential, or the gate's word already."""
    key = watched.issue(dialect, "trade")
    answer = tell(watched.address, order(key).raw)
    assert (answer.status, answer.headers.get("ratelimit")) == (200, None)
    assert exchange.came[-1].header(CREDENTIAL[dialect]).decode() == key.key_id
    assert len(exchange.came[-1].identity) == 5


def test_where_the_live_api_refuses_and_we_would_not_is_known(watched: House, exchange: Exchange, dialect: str) -> None:
    """A key that was ended there, say."""
    key = watched.issue(dialect, "trade")
    exchange.status, exchange.body = 401, b"{}"
    answer = tell(watched.address, balances(key).raw)
    assert answer.status == 401
    row = line(watched, key.key_id, "admitted")
    assert (row["refused_there"], row["request_ids"]) == (1, [answer.request_id])


def test_no_value_leaves_unproven(watched: House, exchange: Exchange, dialect: str) -> None:
    """Whatever the live API would have said."""
    for key in (live_key(dialect, "thief"), watched.issue(dialect, "trade")):
        answer = tell(watched.address, withdrawal(key, ADDRESS))
        assert answer.status >= 400
        assert watched.record(answer.request_id)["verdict"] == "denied"
    path = withdrawal(live_key(dialect, "thief"), ADDRESS).replace(b"withdraw", b"%77ithdraw", 1)
    assert tell(watched.address, path).status >= 400
    assert exchange.came == []


def test_a_flood_of_unknown_keys_is_counted_and_not_kept(watched: House, exchange: Exchange, dialect: str) -> None:
    """The live API gets all of it, as before; the log keeps some."""
    key = live_key(dialect, "flood")
    for _ in range(60):
        assert tell(watched.address, balances(key).raw).status == 200
    assert len(exchange.came) == 60
    counted = until(lambda: [each for each in watched.ask("activity.strangers")["counts"] if each["count"] >= 20])
    assert counted[0]["reason"] == "key.not_proven"
    assert line(watched, key.key_id, "key.not_proven")["times"] <= 40


def test_it_is_said_loudly(watched: House) -> None:
    """By `bitting doctor`, for each mount."""
    findings = [each for each in watched.cli("doctor")["findings"] if each["what"] == "observing"]
    assert {f"{watched.url}/{dialect}" for dialect in READS} <= {each["said"].partition(": ")[0] for each in findings}
    assert {each["state"] for each in findings} == {"note"}


def test_routes_that_no_table_names_are_counted(watched: House) -> None:
    """So that they can be mapped before anything is enforced."""
    key = watched.issue("bitfinex", "trade")
    assert tell(watched.address, bitfinex(key, "/v2/auth/r/odd", {})).status == 200
    until(lambda: [each for each in watched.ask("activity.unmapped")["routes"] if each["path"] == "/v2/auth/r/odd"])


def test_then_it_enforces(exchange: Exchange, clients: Clients, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One word in the settings, and a restart: the same client is refused, with its exchange's own exception."""
    with House(tmp_path_factory.mktemp("switch"), upstream=exchange.url) as house:
        switch(house, "observe")
        key, stranger = house.issue("binance", "read-only"), live_key("binance", "unknown")
        call, terms = ORDERS["binance"]
        assert not clients.bot(house, stranger).try_(READS["binance"]).exception
        assert not clients.bot(house, key).try_(call, terms).exception
        switch(house, "enforce")
        arrived = len(exchange.came)
        assert clients.bot(house, stranger).try_(READS["binance"]).exception == "AuthenticationError"
        bot = clients.bot(house, key)
        said = bot.try_(call, terms)
        while said.exception == "InvalidNonce":  # stamped before the floor of the restart, for up to three seconds
            time.sleep(0.25)
            said = bot.try_(call, terms)
        assert said.exception == "PermissionDenied"
        assert len(exchange.came) == arrived
        assert not [each for each in house.cli("doctor")["findings"] if each["what"] == "observing"]
