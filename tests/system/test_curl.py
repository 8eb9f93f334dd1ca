"""curl as a client: market data, requests that are refused, and some that are no requests at all."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.end_to_end.house import House


class Said(NamedTuple):
    """What curl was told."""

    status: int
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


def curl(house: House, path: str, *options: str) -> Said:
    words = ["curl", "--silent", "--show-error", "--max-time", "20", "--path-as-is", "--write-out", "\n%{http_code}"]
    done = subprocess.run([*words, *options, f"{house.url}{path}"], capture_output=True, text=True, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return Said(int(status), body)


def test_market_data_needs_no_key(house: House) -> None:
    """A ticker of each dialect, as its exchange writes it."""
    assert curl(house, "/binance/api/v3/ticker/price?symbol=BTCUSDT").json["symbol"] == "BTCUSDT"
    assert len(curl(house, "/bitfinex/v2/ticker/tBTCUSD").json) == 10


def test_a_request_signed_by_hand_is_admitted(house: House) -> None:
    """The signature of the exchange's own documentation, made in the shell's way, over HTTP with a kept connection."""
    key = house.issue("binance", "read-only")
    query = f"timestamp={time.time_ns() // 1_000_000}"
    signature = hmac.new(key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    said = curl(house, f"/binance/api/v3/account?{query}&signature={signature}", "-H", f"X-MBX-APIKEY: {key.key_id}")
    assert (said.status, "balances" in said.json) == (200, True)


def test_a_private_endpoint_without_a_key_says_one_thing(house: House) -> None:
    """No key, an invented key, a wrong signature: the dialect's one answer."""
    signed = f"?timestamp={time.time_ns() // 1_000_000}&signature={'0' * 64}"
    for options in ([], ["-H", "X-MBX-APIKEY: nobody"], ["-H", f"X-MBX-APIKEY: bk_live_{'a' * 32}"]):
        said = curl(house, f"/binance/api/v3/account{signed}", *options)
        assert (said.status, said.json["code"], said.json["reason"]) == (400, -1022, "key.not_proven")
    said = curl(house, "/bitfinex/v2/auth/r/wallets", "-H", "Content-Type: application/json", "-d", "{}")
    assert (said.status, said.json[:2]) == (500, ["error", 10100])


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/", [], 404),
        ("/binance", [], 404),
        ("/elsewhere/api/v3/account", [], 404),
        ("/Binance/api/v3/ping", [], 404),
        ("/binance/../binance/api/v3/account", [], 400),
        ("/binance/api/v3/account", ["-H", "X-MBX-APIKEY: a", "-H", "X-MBX-APIKEY: b"], 400),
        ("/binance/api/v3/account", ["-X", "TRACE"], 405),
        ("/binance/api/v3/ping", ["-H", "Transfer-Encoding: chunked", "-H", "Content-Length: 1", "-d", "x"], 400),
        ("/binance/api/v3/ping", ["-H", f"X-Long: {'x' * 40_000}"], 431),
        (f"/binance/api/v3/ping?{'x' * 9_000}", [], 414),
        ("/bitfinex/v2/auth/r/wallets", ["-H", "Content-Encoding: gzip", "-d", "{}"], 415),
    ],
)
def test_what_cannot_be_read_is_refused(house: House, path: str, options: list[str], status: int) -> None:
    """Each with its status and no more words than it needs; the next client is served all the same."""
    assert curl(house, path, *options).status == status
    assert curl(house, "/binance/api/v3/ping").status == 200


def test_the_operators_socket_is_curl_s_too(house: House) -> None:
    """Whoever may open the socket is the operator; the folder and the socket let nobody else."""
    said = curl(
        house, "", "--unix-socket", str(house.data / "bitting.sock"), "-X", "POST", "--url", "http://x/key.list"
    )
    assert '"keys": []' in said.body or '"keys": [' in said.body
    assert (house.data.stat().st_mode & 0o777, (house.data / "bitting.sock").stat().st_mode & 0o777) == (0o700, 0o600)
