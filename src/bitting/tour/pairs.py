"""Scenes with pairs that their holder made: a legacy kind is closed until the house names it."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bitting.tour.scene import Scene, called, told
from bitting.tour.stage import Stage


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order; the house's rules are as before when they have ended."""
    pair = rsa.generate_private_key(65537, 2048)
    public = stage.folder / "rsa.pub.pem"
    public.write_bytes(pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    words = ("--account", "alice", "--dialect", "binance", "--label", "rsa", "--network", "127.0.0.1")
    issue = ("key", "issue", *words, "--permission", "trade", "--public-key", str(public))
    yield told("an RSA pair, which is legacy", stage.cli(*issue), "refused")
    named = stage.cli("house", "edit", "--rule", "algorithms=hmac-sha256,ed25519,rsa-pkcs1-sha256")
    yield told("… the house names it", named, "ok")
    key = stage.cli(*issue)
    secret = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    bot = {**key, "secret": secret}
    said = stage.client(bot, "create_order", "BTC/USDT", "limit", "buy", 0.01, 40_000)
    yield called("… and a bot trades with it", "ccxt", said)
    stage.cli("house", "edit", "--rule", "algorithms=none")
    said = stage.client(bot, "fetch_balance")
    yield called("… until the house does not any more", "ccxt", said, "PermissionDenied", "house.forbids")
