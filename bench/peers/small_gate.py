"""The gate's checks of a GET in the dialect binance, written small and quick, as raw ASGI and as a FastAPI application.

    KEYS=keys.txt LOG=log.txt uvicorn small_gate:raw        KEYS=… LOG=… uvicorn small_gate:fast

It stands for what a careful team would write for itself: secrets in clear memory, a line in a file, and nothing kept
over a restart.
"""

from __future__ import annotations

import hmac
import os
import re
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from fastapi import FastAPI, Request
from fastapi.responses import Response

WINDOW_MS, AHEAD_MS, PERIOD_MS, KEY_BURST, ACCOUNT_BURST = 5_000, 1_000, 4_000, 200, 800
STAMP = re.compile(rb"(?:^|&)timestamp=([0-9]{13}|[0-9]{16})(?:&|$)")
PERMISSIONS = {
    "/binance/api/v3/account": "balances.read",
    "/binance/api/v3/openOrders": "orders.read",
    "/binance/sapi/v1/capital/deposit/hisrec": "deposits.read",
}
OK = b'{"ok":true}'


class Key(NamedTuple):
    """A line of the key file."""

    secret: bytes
    account: str
    expires_ms: int
    may: frozenset[str]
    networks: tuple[tuple[int, int], ...]


def _number(address: str) -> int:
    return int.from_bytes(socket.inet_aton(address), "big")


def _network(text: str) -> tuple[int, int]:
    base, _, bits = text.partition("/")
    mask = (1 << 32) - (1 << 32 - int(bits))
    return _number(base) & mask, mask


def _keys(path: str) -> dict[bytes, Key]:
    keys = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            wire_id, secret, account, expires, permissions, networks = line.split()
            allowed = tuple(map(_network, networks.split(",")))
            keys[wire_id.encode()] = Key(
                secret.encode(), account, int(expires), frozenset(permissions.split(",")), allowed
            )
    return keys


KEYS = _keys(os.environ["KEYS"])
LOG = open(os.environ["LOG"], "a", buffering=65_536, encoding="utf-8")  # noqa: SIM115  # as long as the process
uses: list[dict[bytes, str]] = [{}, {}]
turned_ms = 0
untils: dict[object, float] = {}


def _first_use(signature: bytes, path: str, now_ms: float) -> bool:
    global turned_ms
    if now_ms - turned_ms > WINDOW_MS + AHEAD_MS:
        uses[:], turned_ms = [{}, uses[0]], int(now_ms)
    return uses[0].setdefault(signature, uses[1].get(signature, path)) == path


def _after(name: object, burst: int, now_ms: float) -> float:
    until = max(untils.get(name, 0.0), now_ms) + PERIOD_MS / burst
    return 0.0 if until - now_ms > PERIOD_MS else until


def decide(method: str, path: str, query: bytes, wire_id: bytes | None, peer: str) -> tuple[int, str, int]:
    """Status, reason, and what is used of the key's burst."""
    now_ms = time.time() * 1000
    signed, found, signature = query.partition(b"&signature=")
    stamp = STAMP.search(signed)
    if method != "GET" or wire_id is None or not found or stamp is None:
        return 400, "malformed", 0
    key = KEYS.get(wire_id)
    if key is None or not hmac.compare_digest(hmac.digest(key.secret, signed, "sha256").hex().encode(), signature):
        return 401, "not-proven", 0
    age_ms = now_ms - (int(stamp[1]) if len(stamp[1]) == 13 else int(stamp[1]) / 1000)
    if not -AHEAD_MS < age_ms <= WINDOW_MS:
        return 403, "stale", 0
    if not _first_use(signature, path, now_ms):
        return 403, "replay", 0
    if now_ms >= key.expires_ms:
        return 403, "expired", 0
    number = _number(peer)
    if not any(number & mask == base for base, mask in key.networks):
        return 403, "network", 0
    if PERMISSIONS.get(path) not in key.may:
        return 403, "permission", 0
    mine, ours = _after(wire_id, KEY_BURST, now_ms), _after(key.account, ACCOUNT_BURST, now_ms)
    if not mine or not ours:
        return 429, "rate", 0
    untils[wire_id], untils[key.account] = mine, ours
    return 200, "admitted", -int((now_ms - mine) * KEY_BURST // PERIOD_MS)


def _log(method: str, path: str, wire_id: bytes | None, peer: str, reason: str) -> None:
    LOG.write(f"{time.time_ns()} {method} {path} {wire_id!r} {peer} {reason}\n")


Send = Callable[[dict[str, Any]], Awaitable[None]]


async def raw(scope: dict[str, Any], receive: object, send: Send) -> None:
    """The application without a framework."""
    if scope["type"] != "http":
        return
    wire_id = next((value for name, value in scope["headers"] if name == b"x-mbx-apikey"), None)
    method, path, peer = scope["method"], scope["path"], scope["client"][0]
    status, reason, used = decide(method, path, scope["query_string"], wire_id, peer)
    _log(method, path, wire_id, peer, reason)
    body = OK if status == 200 else b""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-mbx-used-weight-1m", b"%d" % used),
        (b"ratelimit-policy", b'"key";q=200'),
        (b"ratelimit", b'"key";r=%d' % (KEY_BURST - used)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


fast = FastAPI(openapi_url=None)


@fast.get("/{path:path}")
async def answer(request: Request) -> Response:
    """The same in FastAPI."""
    header = request.headers.get("x-mbx-apikey")
    wire_id = None if header is None else header.encode("latin-1")
    path, peer = request.url.path, request.client.host if request.client else "0.0.0.0"
    status, reason, used = decide(request.method, path, request.scope["query_string"], wire_id, peer)
    _log(request.method, path, wire_id, peer, reason)
    headers = {
        "x-mbx-used-weight-1m": str(used),
        "ratelimit-policy": '"key";q=200',
        "ratelimit": f'"key";r={200 - used}',
    }
    return Response(OK if status == 200 else b"", status, headers, "application/json")
