"""Scenes with the native dialect: an exchange's own API, signed by bitting-client with a pair that its holder made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bitting.tour.scene import Scene, sent, told
from bitting.tour.stage import Stage

_TABLE: Final = Path(__file__).resolve().parents[3] / "examples" / "api" / "actions.toml"
_ORDER: Final = {"symbol": "BTC-USDT", "side": "buy", "type": "limit", "amount": "0.01", "price": "40000"}
_ADDRESS: Final = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
_OWN: Final = "/.well-known/bitting/key"


class _Client:
    """A holder with a pair of its own, and the key that was issued for its public half."""

    def __init__(self, stage: Stage, label: str, permission: str) -> None:
        pair = Ed25519PrivateKey.generate()
        public = stage.folder / f"{label}.pub.pem"
        public.write_bytes(pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        words = ("--account", "alice", "--dialect", "native", "--label", label, "--network", "127.0.0.1")
        self.issued = stage.cli("key", "issue", *words, "--permission", permission, "--public-key", str(public))
        self.gate = f"{stage.url}/native"
        self._pem = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def signed(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, gate: str = ""
    ) -> dict[str, Any]:
        """A request as `stage.send` takes it; signed for another gate than it goes to, where one is named."""
        from bitting_client import Signer, load_pem  # there is one in a checkout, which the tour needs anyway

        text = "" if body is None else json.dumps(body)
        signer = Signer(gate or self.gate, self.issued["key_id"], load_pem(self._pem))
        headers = signer.headers(method, f"{gate or self.gate}{path}", text.encode())
        if text:
            headers["Content-Type"] = "application/json"
        return {"method": method, "url": f"{self.gate}{path}", "headers": headers, "body": text}


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    loaded = stage.cli("house", "actions", "load", str(_TABLE), "--dialect", "native")
    yield told("native: the routes of an API of one's own are loaded", loaded, "ok")
    bot = _Client(stage, "own-pair", "trade")
    yield told(
        "a key for a pair that its holder made", bot.issued, "ok", holds=bot.issued.get("secret", "shown") is None
    )
    yield from _trading(stage, bot)
    yield from _withdrawing(stage)
    ended = stage.send(bot.signed("DELETE", _OWN))
    yield _signed("a key ends itself", ended, 200)
    yield _signed("… is gone", stage.send(bot.signed("GET", _OWN)), 401, "key.revoked")


def _trading(stage: Stage, bot: _Client) -> Iterator[Scene]:
    balances = stage.send(bot.signed("GET", "/exchange/v1/balances"))
    yield _signed("… balances, by an HTTP Message Signature", balances, 200)
    order = bot.signed("POST", "/exchange/v1/orders", _ORDER)
    yield _signed("… an order", stage.send(order), 201)
    yield sent("… its own bytes once more", stage.send(order), 401, "replay.seen")
    larger = {**bot.signed("POST", "/exchange/v1/orders", _ORDER), "body": json.dumps({**_ORDER, "amount": "9"})}
    yield sent("… another body under the same signature", stage.send(larger), 400, "request.malformed")
    read = bot.signed("GET", "/exchange/v1/orders")
    yield sent(
        "… a signed read, sent to another route",
        stage.send(read, path="/native/exchange/v1/trades"),
        401,
        "key.not_proven",
    )
    elsewhere = bot.signed("GET", "/exchange/v1/balances", gate="https://other.example/native")
    yield sent("… what was signed for another gate", stage.send(elsewhere), 401, "key.not_proven")
    about = stage.send(bot.signed("GET", _OWN))
    yield _signed("… a key asks what it may do", about, 200, holds='"label": "own-pair"' in about.body)


def _withdrawing(stage: Stage) -> Iterator[Scene]:
    stage.cli("house", "edit", "--rule", "withdrawal_wait_hours=0")
    treasury = _Client(stage, "own-treasury", "withdraw")
    withdrawal = {"asset": "USDT", "network": "ETH", "address": _ADDRESS, "tag": "", "amount": "25"}
    path = "/exchange/v1/withdrawals"
    stranger = stage.send(treasury.signed("POST", path, withdrawal))
    yield _signed("… withdraws to a stranger", stranger, 403, "withdrawal.address")
    stage.cli("house", "edit", "--rule", "address_wait_hours=0")
    entry = ("--asset", "USDT", "--network", "ETH", "--address", _ADDRESS, "--label", "vault")
    stage.cli("account", "address", "add", "alice", *entry)
    yield _signed("… to an address that has waited", stage.send(treasury.signed("POST", path, withdrawal)), 201)


def _signed(title: str, wire: Any, expected: int, reason: str = "", *, holds: bool = True) -> Scene:
    return sent(title, wire, expected, reason, holds=holds)._replace(who="bitting-client")
