"""Signed requests as raw bytes, written by the exchanges' own pages and by nothing of Bitting.

Binance: HMAC-SHA256 in hex over the query string, developers.binance.com/docs/binance-spot-api-docs (request security).
Bitfinex: HMAC-SHA384 in hex over "/api" + path + nonce + body, docs.bitfinex.com/docs/rest-auth.
Bithumb 2.0: a JSON Web Token with the SHA-512 of the parameters, apidocs.bithumb.com/docs/인증-토큰-생성하기.
Bithumb 1.0: HMAC-SHA512 in hex in base64 over path, form and time, apidocs.bithumb.com/v1.2.0/docs/인증-헤더-만들기.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Mapping
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


def bithumb(key: Key, method: str, path: str, parameters: Mapping[str, Any]) -> bytes:
    """A request of API 2.0: a POST has its parameters in JSON, any other in the query."""
    claims = {"access_key": key.key_id, "nonce": str(uuid.uuid4()), "timestamp": now_us() // 1000}
    text = urlencode(parameters)
    if text:
        claims |= {"query_hash": hashlib.sha512(text.encode()).hexdigest(), "query_hash_alg": "SHA512"}
    parts = [json.dumps(each).encode() for each in ({"alg": "HS256", "typ": "JWT"}, claims)]
    covered = b".".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(key.secret.encode(), covered, "sha256")).rstrip(b"=")
    headers = {"Authorization": f"Bearer {(covered + b'.' + signature).decode()}"}
    if method == "POST":
        return http(method, f"/bithumb{path}", {**headers, "Content-Type": "application/json"}, json.dumps(parameters))
    return http(method, f"/bithumb{path}{'?' if text else ''}{text}", headers)


def bithumb_v1(key: Key, path: str, form: Mapping[str, Any]) -> bytes:
    """A request of API 1.0."""
    body, moment = urlencode({"endpoint": path, **form}), str(now_us() // 1000)
    covered = "\0".join((path, body, moment)).encode()
    headers = {
        "Api-Key": key.key_id,
        "Api-Nonce": moment,
        "Api-Sign": base64.b64encode(hmac.digest(key.secret.encode(), covered, "sha512").hex().encode()).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return http("POST", f"/bithumb-v1{path}", headers, body)


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


Parameters = Mapping[str, Any]
_SIGNERS: Final[dict[str, Callable[[Key, str, str, Parameters], bytes]]] = {
    "binance": binance,
    "bitfinex": lambda key, _, path, parameters: bitfinex(key, path, parameters),
    "bithumb": bithumb,
    "bithumb-v1": lambda key, _, path, parameters: bithumb_v1(key, path, parameters),
}


def signed(key: Key, method: str, path: str, parameters: Parameters) -> bytes:
    """Any request, in the key's dialect."""
    return _SIGNERS[key.dialect](key, method, path, parameters)


# What is asked for, by dialect: method, path, parameters. The market is that of BTC, for dollars or won.
_READS: Final[dict[str, tuple[str, str]]] = {
    "binance": ("GET", "/api/v3/account"),
    "bitfinex": ("POST", "/v2/auth/r/wallets"),
    "bithumb": ("GET", "/v1/accounts"),
    "bithumb-v1": ("POST", "/info/balance"),
}
_ORDERS: Final[dict[str, tuple[str, Parameters]]] = {
    "binance": (
        "/api/v3/order",
        {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.0001",
            "price": 1000,
        },
    ),
    "bitfinex": (
        "/v2/auth/w/order/submit",
        {"type": "EXCHANGE LIMIT", "symbol": "tBTCUSD", "amount": "0.0001", "price": "1000"},
    ),
    "bithumb": (
        "/v2/orders",
        {"market": "KRW-BTC", "side": "bid", "order_type": "limit", "volume": "0.0001", "price": "1000"},
    ),
    "bithumb-v1": (
        "/trade/place",
        {"order_currency": "BTC", "payment_currency": "KRW", "type": "bid", "units": "0.0001"},
    ),
}
PUBLIC: Final = {
    "binance": "/binance/api/v3/ticker/price?symbol=BTCUSDT",
    "bitfinex": "/bitfinex/v2/ticker/tBTCUSD",
    "bithumb": "/bithumb/v1/ticker?markets=KRW-BTC",
    "bithumb-v1": "/bithumb-v1/public/ticker/BTC_KRW",
}
"""Where a price is that anybody may ask for, at the gate."""
_CLIENT_IDS: Final = {"binance": "newClientOrderId", "bitfinex": "cid", "bithumb": "client_order_id"}
_ENDS: Final[dict[str, tuple[str, str]]] = {
    "binance": ("DELETE", "/sapi/v1/bitting/key"),
    "bitfinex": ("POST", "/v2/auth/w/bitting/revoke"),
    "bithumb": ("DELETE", "/v1/bitting/key"),
    "bithumb-v1": ("POST", "/trade/bitting/revoke"),
}
_WITHDRAWALS: Final[dict[str, tuple[str, Parameters]]] = {
    "binance": ("/sapi/v1/capital/withdraw/apply", {"coin": "USDT", "network": "ETH", "amount": "10"}),
    "bitfinex": ("/v2/auth/w/withdraw", {"wallet": "exchange", "method": "tetheruse", "amount": "10"}),
    "bithumb": ("/v1/withdraws/coin", {"currency": "USDT", "net_type": "ETH", "amount": "10"}),
    "bithumb-v1": ("/trade/btc_withdrawal", {"currency": "USDT", "net_type": "ETH", "units": "10"}),
}


def balances(key: Key) -> Message:
    """A read."""
    # The time of Bithumb 1.0 is in milliseconds: two of one moment would be the same bytes.
    more = {"n": now_us()} if key.dialect == "bithumb-v1" else {}
    return Message(signed(key, *_READS[key.dialect], more))


def order(key: Key) -> Message:
    """An order to buy 0.0001 BTC, far below the market: it rests."""
    number = now_us()
    path, terms = _ORDERS[key.dialect]
    if key.dialect == "bithumb-v1":  # has no client order ids; each order gets a price of its own
        number = 1_000_000 + number % 9_000_000
        return Message(signed(key, "POST", path, {**terms, "price": number}), number)
    name = _CLIENT_IDS[key.dialect]
    return Message(signed(key, "POST", path, {**terms, name: number if name == "cid" else str(number)}), number)


def self_revocation(key: Key) -> bytes:
    """The gate's own endpoint, by which a key ends itself."""
    return signed(key, *_ENDS[key.dialect], {})


def withdrawal(key: Key, address: str) -> bytes:
    """Of ten USDT over Ethereum."""
    path, terms = _WITHDRAWALS[key.dialect]
    return signed(key, "POST", path, {**terms, "address": address})


def unsigned(dialect: str) -> bytes:
    """A private read that nobody has signed."""
    method, path = _READS[dialect]
    body = "{}" if dialect == "bitfinex" else ""
    return http(method, f"/{dialect}{path}", {"Content-Type": "application/json"} if body else {}, body)
