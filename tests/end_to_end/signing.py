"""Signed requests as raw bytes, written by the exchanges' own pages and by nothing of Bitting.

Binance: HMAC-SHA256 in hex over the query string, developers.binance.com/docs/binance-spot-api-docs (request security).
Bitfinex: HMAC-SHA384 in hex over "/api" + path + nonce + body, docs.bitfinex.com/docs/rest-auth.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

_TURN: Final = Lock()
_LAST: Final = [0]


class Key(NamedTuple):
    """What a bot has of a key, and the id by which its owner calls it."""

    dialect: str
    id: str
    key_id: str
    secret: str


class Message(NamedTuple):
    """A request as bytes; `number` is the client order id in it, 0 where there is none."""

    raw: bytes
    number: int = 0


def now_us() -> int:
    """Microseconds since 1970, and never the same twice: what is signed at one moment would else be the same bytes."""
    with _TURN:
        _LAST[0] = max(_LAST[0] + 1, time.time_ns() // 1_000)
        return _LAST[0]


def binance(key: Key, method: str, path: str, parameters: Mapping[str, Any], *, at_us: int = 0) -> bytes:
    """A signed request with its parameters in the query, good for a minute."""
    query = urlencode({**parameters, "recvWindow": 60_000, "timestamp": at_us or now_us()})
    signature = hmac.digest(key.secret.encode(), query.encode(), "sha256").hex()
    return http(method, f"/binance{path}?{query}&signature={signature}", {"X-MBX-APIKEY": key.key_id})


def bitfinex(key: Key, path: str, body: Mapping[str, Any], *, nonce: int = 0) -> bytes:
    """A signed request with a nonce in microseconds since 1970."""
    number, content = str(nonce or now_us()), json.dumps(body)
    signed = f"/api{path}{number}{content}".encode()
    headers = {
        "bfx-nonce": number,
        "bfx-apikey": key.key_id,
        "bfx-signature": hmac.digest(key.secret.encode(), signed, "sha384").hex(),
        "Content-Type": "application/json",
    }
    return http("POST", f"/bitfinex{path}", headers, content)


def http(method: str, target: str, headers: Mapping[str, str], body: str = "") -> bytes:
    """The request as it goes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", "Host: gate", *(f"{name}: {value}" for name, value in headers.items())]
    if method != "GET":
        lines.append(f"Content-Length: {len(body.encode())}")
    return "\r\n".join([*lines, "", body]).encode()


def with_headers(message: bytes, *headers: str) -> bytes:
    """The request with headers that are not under its signature."""
    first, rest = message.split(b"\r\n", 1)
    return b"\r\n".join([first, *(each.encode() for each in headers), rest])


def balances(key: Key) -> Message:
    """A read."""
    if key.dialect == "binance":
        return Message(binance(key, "GET", "/api/v3/account", {}))
    return Message(bitfinex(key, "/v2/auth/r/wallets", {}))


def order(key: Key, *, price: int = 1000) -> Message:
    """An order to buy 0.0001 BTC, far below the market unless it is told otherwise: it rests."""
    number = now_us()
    if key.dialect == "binance":
        terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.0001"}
        return Message(
            binance(key, "POST", "/api/v3/order", {**terms, "price": price, "newClientOrderId": number}), number
        )
    terms = {"type": "EXCHANGE LIMIT", "symbol": "tBTCUSD", "amount": "0.0001", "price": str(price)}
    return Message(bitfinex(key, "/v2/auth/w/order/submit", {**terms, "cid": number}), number)


def self_revocation(key: Key) -> bytes:
    """The gate's own endpoint, by which a key ends itself."""
    if key.dialect == "binance":
        return binance(key, "DELETE", "/sapi/v1/bitting/key", {})
    return bitfinex(key, "/v2/auth/w/bitting/revoke", {})


def withdrawal(key: Key, address: str) -> bytes:
    """Of ten USDT over Ethereum."""
    if key.dialect == "binance":
        terms = {"coin": "USDT", "network": "ETH", "address": address, "amount": "10"}
        return binance(key, "POST", "/sapi/v1/capital/withdraw/apply", terms)
    terms = {"wallet": "exchange", "method": "tetheruse", "amount": "10", "address": address}
    return bitfinex(key, "/v2/auth/w/withdraw", terms)
