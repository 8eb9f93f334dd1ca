"""Scenes with the kraken dialect, which the demonstration exchange has no face for: the gate answers what is asked."""

from __future__ import annotations

from collections.abc import Iterator

from bitting.tour.scene import Scene, called, sent
from bitting.tour.stage import Stage

_ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "40000", "volume": "0.5"}


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    words = ("--account", "alice", "--dialect", "kraken", "--label", "krk bot", "--network", "127.0.0.1")
    limits = ("--pair", "BTC/USD", "--limit", "largest_order=USD:1000")
    key = stage.cli("key", "issue", *words, "--permission", "orders.write", *limits)
    about = stage.client(key, "privatePostGetApiKeyInfo")
    yield called("kraken: what the key may do", "ccxt", about, holds=bool(about.result))
    again = stage.send(about.request or {})
    yield sent("… its own bytes once more: nonce", again, 200, "nonce.low", holds="EAPI:Invalid nonce" in again.body)
    said = stage.client(key, "privatePostBalance")
    yield called("… balances, which it may not read", "ccxt", said, "PermissionDenied", "permission.missing")
    said = stage.client(key, "privatePostAddOrder", _ORDER)
    yield called("… an order larger than it may place", "ccxt", said, "PermissionDenied", "order.size")
    said = stage.client(key, "privatePostAddOrder", {**_ORDER, "pair": "XETHZUSD", "volume": "0.001"})
    yield called("… in another pair, by Kraken's older name of it", "ccxt", said, "PermissionDenied", "pair.outside")
    said = stage.client(key, "privatePostGetWebSocketsToken")
    yield called("… a token that would outlive the key", "ccxt", said, "PermissionDenied", "action.unmapped")
    other = {
        **key,
        "secret": "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==",
    }
    said = stage.client(other, "privatePostBalance")
    yield called("… another secret", "ccxt", said, "AuthenticationError", "key.not_proven")
