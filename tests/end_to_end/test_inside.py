"""The gate inside applications of three frameworks, on a real server, with unmodified clients and with attacks."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from bitting.wiring import reach
from tests.end_to_end.clients import ORDERS, Clients
from tests.end_to_end.house import House, refused, until
from tests.end_to_end.signing import Key, balances, binance, http, order, self_revocation, with_headers
from tests.end_to_end.wire import Answer, Line, tell

READ = "/binance/api/v3/account"


class Inside(House):
    """A house whose gate stands in an application, and which has no other exchange."""

    def __init__(self, folder: Path, framework: str) -> None:
        super().__init__(folder)
        self._program = [sys.executable, str(Path(__file__).with_name("applications.py")), framework, str(self.data)]

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            process = subprocess.Popen(self._program, stdout=subprocess.PIPE, stderr=log, text=True)
        self._processes["gate"] = process
        assert process.stdout is not None
        self.url = json.loads(process.stdout.readline())["url"]
        until(lambda: self.data.joinpath("bitting.sock").exists())
        self.ask("account.open", name="alice")
        return self

    def __exit__(self, *_: object) -> None:
        self._end()


@pytest.fixture(scope="module", params=["starlette", "mounted", "fastapi", "litestar"])
def inside(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with Inside(tmp_path_factory.mktemp("inside"), request.param) as house:
        yield house


@pytest.fixture
def key(inside: House) -> Key:
    return inside.issue("binance", "trade")


def reached(answer: Answer) -> bool:
    return "x-reached" in answer.headers


def test_an_unmodified_client_trades(inside: House, clients: Clients, key: Key) -> None:
    """The application knows whose request it is, and has seen no credential."""
    bot = clients.bot(inside, key)
    said = bot.try_("privateGetAccount")
    account, key_id, request_id = said.result["caller"]
    assert (key_id, request_id) == (key.id, said.request_id)
    assert account == inside.record(request_id)["account"]
    assert "x-mbx-apikey" not in said.result["headers"]
    call, terms = ORDERS["binance"]
    placed = bot.try_(call, terms)
    assert not placed.exception, placed
    assert inside.outcome(placed.request_id) == (200, "7")


def test_an_unmodified_client_is_refused(inside: House, clients: Clients, key: Key) -> None:
    """With the exceptions that its own exchange raises."""
    reader, (call, terms) = inside.issue("binance", "read-only"), ORDERS["binance"]
    assert (
        clients.bot(inside, key._replace(secret="wrong")).try_("privateGetAccount").exception == "AuthenticationError"
    )
    said = clients.bot(inside, reader).try_(call, terms)
    assert said.exception == "PermissionDenied"
    assert "permission.missing" in said.message


def test_market_data_is_open(inside: House) -> None:
    """In nobody's name."""
    answer = tell(inside.address, http("GET", "/binance/api/v3/time", {"bitting-key": "mine"}))
    assert (answer.status, json.loads(answer.body)["caller"]) == (200, None)


def test_bytes_are_admitted_once(inside: House, key: Key) -> None:
    """Promise 4, inside an application."""
    message = order(key).raw
    assert reached(tell(inside.address, message))
    again = tell(inside.address, message)
    assert (again.reason, reached(again)) == ("replay.seen", False)


def test_revoked_means_revoked(inside: House, key: Key) -> None:
    """By the operator's command, and by the key itself."""
    other = inside.issue("binance", "trade")
    inside.ask("key.revoke", key=key.id)
    assert tell(inside.address, balances(key).raw).reason == "key.revoked"
    assert tell(inside.address, self_revocation(other)).status == 200
    assert tell(inside.address, balances(other).raw).reason == "key.revoked"


# ---- attacks


@pytest.mark.parametrize(
    "path",
    [
        "/api/v3/time/../account",
        "/api/v3/time/%2e%2e/account",
        "/api/v3/time%2F..%2Faccount",
        "//api/v3/account",
        "/api/v3//account",
        "/api/v3/account/",
        "/api/v3/%61ccount",
        "/api/v3/account;x=1",
        "/api/v3/account%3fx",
        "/api/v3/account%00",
        "/api/v3/%C3%A4ccount",
        "/api/v3/%ff",
        "/API/v3/account",
        "/api\\v3/account",
        "/api/v3/nowhere",
    ],
)
def test_no_spelling_of_a_path_gets_round_the_table(inside: House, key: Key, path: str) -> None:
    """S-21: neither without a key nor with one, whatever framework decodes it."""
    for message in (http("GET", f"/binance{path}", {}), binance(key, "GET", path, {})):
        answer = tell(inside.address, message)
        assert not reached(answer)
        assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    "target", ["/", "/docs", "/openapi.json", "/api/v3/account", "/binancex/api/v3/time", "/%62inance/api/v3/time", "*"]
)
def test_what_is_not_below_the_mount_is_behind_the_gate_all_the_same(inside: House, target: str) -> None:
    """A framework's own pages too."""
    answer = tell(inside.address, http("GET", target, {}))
    assert not reached(answer)
    assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    "host", ["gate/binance/api/v3/time?", "gate/api/v3/time#", "evil@gate", "gate\\x", "gate/..", "", "[::1"]
)
def test_a_host_says_nothing_about_the_path(inside: House, key: Key, host: str) -> None:
    """CVE-2026-48710: what Host does to a framework's URL moves nothing past the gate."""
    unsigned = http("GET", READ, {}).replace(b"Host: gate", f"Host: {host}".encode())
    assert not reached(tell(inside.address, unsigned))
    signed = balances(key).raw.replace(b"Host: gate", f"Host: {host}".encode())
    answer = tell(inside.address, signed)
    if reached(answer):
        assert json.loads(answer.body)["caller"][1] == key.id


def test_an_absolute_target_is_judged_by_its_path(inside: House) -> None:
    """Whoever names another host in the request line is a stranger here as there."""
    for target in (f"http://evil{READ}", f"http://gate/../binance/api/v3/time@evil{READ}"):
        assert not reached(tell(inside.address, http("GET", target, {})))


def test_doubled_headers_are_no_choice(inside: House, key: Key) -> None:
    """Which of two keys counts is nobody's to say."""
    twice = with_headers(balances(key).raw, f"X-MBX-APIKEY: {key.key_id}")
    answer = tell(inside.address, twice)
    assert (answer.reason, reached(answer)) == ("request.malformed", False)


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 0",),
        ("Content-Length: 5",),
        ("Transfer-Encoding: chunked",),
        ("Transfer-Encoding: identity",),
        ("X_MBX_APIKEY: k",),
        ("Content-Encoding: gzip",),
    ],
)
def test_a_request_that_ends_in_two_places_is_none(inside: House, key: Key, headers: tuple[str, ...]) -> None:
    """S-28: by the server or by the gate, and the bytes behind it are not another request."""
    with Line(inside.address) as line:
        line.socket.sendall(with_headers(order(key).raw, *headers) + http("GET", "/binance/api/v3/time", {}))
        answer = line.answer()
        assert not reached(answer)
        assert 400 <= answer.status < 500


def test_overriding_a_method_is_no_way_to_another(inside: House, key: Key) -> None:
    """S-24: the application never hears of it."""
    answer = tell(inside.address, with_headers(balances(key).raw, "X-HTTP-Method-Override: DELETE"))
    assert "x-http-method-override" not in json.loads(answer.body)["headers"]


def test_other_methods_are_not_the_table_s(inside: House, key: Key) -> None:
    """S-25: HEAD and OPTIONS are no GET; TRACE is none at all."""
    for method in ("HEAD", "OPTIONS", "TRACE"):
        message = balances(key).raw.replace(b"GET ", f"{method} ".encode(), 1)
        with Line(inside.address) as line:
            line.socket.sendall(message)
            status = int(line.socket.recv(65536).split()[1])
        assert 400 <= status < 500


def test_a_body_is_bounded(inside: House, key: Key) -> None:
    """By what it says, before it comes; and by what comes, where it says nothing."""
    path = "/binance/api/v3/order"
    declared = http("POST", path, {}).replace(b"Content-Length: 0", b"Content-Length: 1048577")
    assert tell(inside.address, declared).status == 413
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    chunked = http("POST", path, {"Transfer-Encoding": "chunked"}).replace(b"Content-Length: 0\r\n", b"")
    with Line(inside.address) as line:
        line.socket.sendall(chunked)
        try:
            for _ in range(17):
                line.socket.sendall(chunk)
        except OSError:  # it has said so, and hung up
            pass
        assert line.answer().status == 413


def test_a_forwarded_address_is_a_strangers_word(inside: House) -> None:
    """Nobody is a trusted proxy unless the settings say so."""
    key = inside.issue("binance", "trade", network="203.0.113.7")
    answer = tell(inside.address, with_headers(balances(key).raw, "X-Forwarded-For: 203.0.113.7"))
    assert (answer.reason, reached(answer)) == ("network.outside", False)


# ---- what becomes of it


def test_an_application_that_fails(inside: House, key: Key) -> None:
    """The client is told that nobody knows, in the words of the exchange or of the framework; so does the log."""
    answer = tell(inside.address, binance(key, "DELETE", "/api/v3/order", {"symbol": "BTCUSDT", "orderId": 7}))
    assert answer.status in (500, 504)
    record = until(lambda: inside.ask("activity.list", key=key.id)["records"])[-1]
    status, note = inside.outcome(record["request_id"])
    assert (status, note) in ((500, ""), (0, "unknown"))


def test_a_client_that_leaves_is_not_waited_for(inside: House, key: Key) -> None:
    """Its order has been placed all the same, and the log says so."""
    with socket.create_connection(inside.address) as line:
        line.sendall(order(key).raw)
    record = until(lambda: inside.ask("activity.list", key=key.id)["records"])[-1]
    assert inside.outcome(record["request_id"])[0] in (0, 200)


def test_the_server_ends_in_order(tmp_path: Path) -> None:
    """Everything is written, the socket is gone, and another may have the folder."""
    house = Inside(tmp_path, "starlette")
    with house:
        key = house.issue("binance", "trade")
        answer = tell(house.address, order(key).raw)
        assert house.stop("gate", signal.SIGTERM) in (0, -signal.SIGTERM)
        assert house.outcome(answer.request_id) == (200, "7")
        assert "no server runs" in refused(lambda: reach.ask_server(house.data, "status", {}))
