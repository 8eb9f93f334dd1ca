"""Key pairs of the holder's own: the private half never comes here, and unmodified clients sign with it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.end_to_end.clients import Clients
from tests.end_to_end.house import House, refused
from tests.end_to_end.signing import Key

PAIRS: Final[dict[str, PrivateKeyTypes]] = {
    "ed25519": Ed25519PrivateKey.generate(),
    "rsa-pkcs1-sha256": rsa.generate_private_key(65537, 4096),
}
LIMIT: Final = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "40000"}


def private(algorithm: str) -> str:
    return PAIRS[algorithm].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public(algorithm: str) -> str:
    return PAIRS[algorithm].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("algorithm", PAIRS)
def test_a_key_pair_trades_for_as_long_as_the_house_allows_its_kind(
    house: House, clients: Clients, tmp_path: Path, algorithm: str
) -> None:
    """From a PEM file at the command line to an order at the exchange, with both clients that can; and RSA, being
    legacy, from the moment in which the house names it to the moment in which it does not any more."""
    pem = tmp_path / "pair.pub.pem"
    pem.write_text(public(algorithm))
    words = ["--account", "alice", "--dialect", "binance", "--permission", "trade", "--network", "127.0.0.1"]
    asked = ["key", "issue", *words, "--label", algorithm, "--public-key", str(pem)]
    if algorithm.startswith("rsa"):
        assert "being legacy, it has to be named (house rule algorithms)" in house.cli(*asked)["error"]
        house.ask("house.edit", rules={"algorithms": ["ed25519", "rsa-pkcs1-sha256"]})
    said = house.cli(*asked)
    assert said["secret"] is None
    assert [each["algorithm"] for each in said["credentials"]] == [algorithm]

    key = Key("binance", said["id"], said["key_id"], private(algorithm))
    bot, other = clients.bot(house, key), clients.bot(house, key, "binance-connector", private_key=key.secret)
    order = bot("create_order", "BTC/USDT", "limit", "buy", 0.001, 40_000)
    assert bot("cancel_order", order["id"], "BTC/USDT")["status"] == "canceled"
    placed = other("new_order", **LIMIT, quantity="0.001")
    assert placed["orderId"] in [each["orderId"] for each in other("get_open_orders", "BTCUSDT")]

    if algorithm.startswith("rsa"):
        house.ask("house.edit", rules={"algorithms": None})
        late = bot.try_("fetch_balance")
        assert (late.exception, house.record(late.request_id)["reason"]) == ("PermissionDenied", "house.forbids")


def test_a_private_key_given_by_mistake_is_not_taken(house: House) -> None:
    """Neither the refusal nor the gate's log repeats any of it."""
    for algorithm in PAIRS:
        text = private(algorithm)
        words = refused(partial(house.issue, "binance", "trade", public_key=text))
        assert "this is a private key, which stays with its holder" in words
        for line in text.splitlines()[1:-1]:
            assert line not in words + house.log.read_text()
