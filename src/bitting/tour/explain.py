"""Scenes of explaining: mistakes in signing that are named, a clock that is off, what-if, and the nonce doctor."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from bitting.tour.scene import Scene, called, sent, told
from bitting.tour.stage import Stage

HOME = "127.0.0.1"


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    trader = _issue(stage, "binance", "explained")
    yield from _signatures(stage, trader)
    yield from _clock(stage, trader)
    wish = ("--pair", "ETH/USDT", "--amount", "1", "--price", "3000", "--from", "198.51.100.9")
    said = stage.cli("key", "can", trader["key_id"], "order.place", *wish)
    reasons = [each["reason"] for each in said.get("objections", ())]
    both = reasons == ["network.outside", "pair.outside"]
    yield told("what if: everything that stops an order", said, "ok", holds=both)
    yield from _nonces(stage)


def _issue(stage: Stage, dialect: str, label: str) -> dict[str, Any]:
    words = ("--account", "alice", "--dialect", dialect, "--label", label, "--permission", "trade", "--network", HOME)
    return stage.cli("key", "issue", *words, *(("--pair", "BTC/USDT") if dialect == "binance" else ()))


def _signatures(stage: Stage, trader: Mapping[str, Any]) -> Iterator[Scene]:
    careless = {**trader, "secret": trader["secret"] + "\n", "as": "careless"}
    wrong = stage.client(careless, "fetch_balance")
    yield called("a secret with the line end of its file", "ccxt", wrong, "AuthenticationError", "key.not_proven")
    said = _explained(stage, wrong.request or {})
    yield told("… explained: the line end is named", said, "ok", holds="a line end behind it" in json.dumps(said))
    bfx = _issue(stage, "bitfinex", "rewritten")
    body = {"type": "EXCHANGE LIMIT", "symbol": "tBTCUSD", "amount": "0.01", "price": "40000"}
    compact = json.dumps(body, separators=(",", ":"))
    rewritten = _bitfinex(stage, bfx, "/v2/auth/w/order/submit", json.dumps(body), compact)
    answer = stage.send(rewritten)
    yield sent("a body written anew after it was signed", answer, 500, "key.not_proven")
    said = _explained(stage, rewritten)
    yield told("… explained: how it had been written", said, "ok", holds="with a space behind each" in json.dumps(said))


def _clock(stage: Stage, trader: Mapping[str, Any]) -> Iterator[Scene]:
    late = _binance(stage, trader, time.time_ns() // 1_000_000 - 10_000)
    yield sent("a clock that is ten seconds late", stage.send(late), 400, "time.stale")
    said = _explained(stage, late)
    holds = said.get("signed_anew", {}).get("admitted") is True and "ms behind" in json.dumps(said)
    yield told("… explained: how late, and that all else is right", said, "ok", holds=holds)
    good = _binance(stage, trader, time.time_ns() // 1_000_000)
    said = _explained(stage, good)
    passes = said.get("verdict", {}).get("admitted") is True
    yield told("a good order is explained before it is sent", said, "ok", holds=passes)
    yield sent("… and was not used up by that", stage.send(good), 200, "")


def _nonces(stage: Stage) -> Iterator[Scene]:
    key = _issue(stage, "bitfinex", "two clocks")
    ahead = _bitfinex(stage, key, "/v2/auth/r/wallets", "{}", "{}", ahead_s=3600)
    yield sent("a client whose nonces run an hour ahead reads", stage.send(ahead), 200, "")
    behind = stage.client(key, "fetch_balance")
    yield called("… and the other one is locked out", "ccxt", behind, "InvalidNonce", "nonce.low")
    said = stage.cli("key", "nonce", key["key_id"])
    clients = said.get("clients", ())
    yield told("the nonce doctor knows why", said, "ok", holds=len(clients) == 2 and "ahead of now" in json.dumps(said))
    said = stage.cli("key", "nonce", key["key_id"], "--reset")
    yield told("… and resets what only read", said, "ok")
    yield called("… so that the other one goes on", "ccxt", stage.client(key, "fetch_balance"))


def _explained(stage: Stage, request: Mapping[str, Any]) -> dict[str, Any]:
    """The captured request as a HAR entry, explained."""
    path = stage.folder / "captured.har"
    headers = [{"name": name, "value": str(value)} for name, value in request.get("headers", {}).items()]
    entry = {"method": request.get("method"), "url": request.get("url"), "headers": headers}
    body = request.get("body")
    path.write_text(json.dumps({**entry, "postData": {"text": body}} if body else entry))
    return stage.cli("key", "explain", str(path), "--from", HOME)


def _binance(stage: Stage, key: Mapping[str, Any], stamp_ms: int) -> dict[str, Any]:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    query = urlencode({**order, "quantity": "0.001", "price": "40000", "timestamp": stamp_ms})
    signature = hmac.new(key["secret"].encode(), query.encode(), hashlib.sha256).hexdigest()
    url = f"{stage.url}/binance/api/v3/order?{query}&signature={signature}"
    return {"method": "POST", "url": url, "headers": {"X-MBX-APIKEY": key["key_id"]}, "body": ""}


def _bitfinex(
    stage: Stage, key: Mapping[str, Any], path: str, signed: str, body: str, *, ahead_s: int = 0
) -> dict[str, Any]:
    nonce = str(time.time_ns() // 1000 + ahead_s * 1_000_000)
    signature = hmac.new(key["secret"].encode(), f"/api{path}{nonce}{signed}".encode(), hashlib.sha384).hexdigest()
    proof = {"bfx-apikey": key["key_id"], "bfx-nonce": nonce, "bfx-signature": signature}
    headers = {"content-type": "application/json", "user-agent": "by hand", **proof}
    return {"method": "POST", "url": f"{stage.url}/bitfinex{path}", "headers": headers, "body": body}
