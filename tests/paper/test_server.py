"""The exchange's door: which face answers which path, and that nobody comes in but by the gate of its mount."""

import json
import os
from pathlib import Path

import pytest

from bitting.domain.request import Request
from bitting.domain.secret import Secret
from bitting.kms.secret_file import SecretFile
from bitting.paper.exchange import Exchange
from bitting.paper.server import FACES, Paper
from bitting.tour.demo import MOUNTS
from bitting.web.identity import sign_identity
from bitting.wiring.dialects import DIALECTS

NOW_MS = 1_720_510_343_000
# A read of the account, in each dialect.
READS = {
    "native": b"/exchange/v1/balances",
    "bithumb": b"/v1/accounts",
    "bitfinex": b"/v2/auth/r/wallets",
    "bithumb-v1": b"/info/balance",
    "binance": b"/api/v3/account",
}
METHODS = {"bitfinex": b"POST", "bithumb-v1": b"POST"}


@pytest.fixture
def secrets(tmp_path: Path) -> dict[str, Secret]:
    """Another secret for the gate's mount of each dialect."""
    return {name: SecretFile(tmp_path / name, "identity").load_or_create(os.urandom) for name in FACES}


@pytest.fixture
def paper(tmp_path: Path, secrets: dict[str, Secret]) -> Paper:
    """An exchange that is entered through those mounts."""
    return Paper(Exchange(NOW_MS), {name: tmp_path / name for name in secrets}, lambda: NOW_MS)


def signed(name: str, secret: Secret) -> Request:
    """A read of the account in that dialect, with the identity that the gate gives it."""
    method, target = METHODS.get(name, b"GET"), READS[name]
    headers = sign_identity(secret, method, target, b"", account="ann", key="k", request_id="r", now_ms=NOW_MS)
    return Request(method, target, headers, b"", 0)


def test_every_face_has_its_mount() -> None:
    """The demonstration's gate stands before all of the exchange, in dialects that keys can be issued for."""
    assert set(FACES) == set(MOUNTS) <= set(DIALECTS)


@pytest.mark.parametrize("name", FACES)
def test_a_face_is_entered_by_the_gate_of_its_mount(paper: Paper, secrets: dict[str, Secret], name: str) -> None:
    """Its own secret opens it, and the secret of no other mount does."""
    reply = paper(signed(name, secrets[name]))
    assert (reply.status, b"btc" in reply.body.lower()) == (200, True)
    for other in set(FACES) - {name}:
        assert paper(signed(name, secrets[other])).status == 403


@pytest.mark.parametrize("name", FACES)
def test_who_names_nobody_gets_no_account(paper: Paper, name: str) -> None:
    """Without identity headers a private call is refused by the face, in its own words."""
    reply = paper(signed(name, Secret(b"x" * 32))._replace(headers=()))
    assert b"btc" not in reply.body.lower()


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (b"/exchange/v1/markets", b'"BTC-USDT"'),
        (b"/v1/market/all", b'"KRW-BTC"'),
        (b"/v1/ticker?markets=KRW-BTC", b'"trade_price"'),
        (b"/v2/ticker/tBTCUSD", b"[49975"),
        (b"/public/ticker/BTC_KRW", b'"closing_price"'),
        (b"/api/v3/ping", b"{}"),
        (b"/v2/order", b'"name"'),
        (b"/trade/place", b'"status"'),
        (b"/house/facts", b'"prices"'),
        (b"/", b'"code":-1020'),
    ],
)
def test_the_path_says_whose_api_is_spoken(paper: Paper, target: bytes, told: bytes) -> None:
    """Open market data of each face, and refusals in its words."""
    reply = paper(Request(b"GET", target, (), b"", 0))
    assert told in reply.body
    json.loads(reply.body)
