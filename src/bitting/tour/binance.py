"""Scenes with the binance dialect: permissions, limits, addresses, replays, rotation, withdrawals."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bitting.tour.scene import Scene, called, sent, told
from bitting.tour.stage import Said, Stage

ORDER = ("BTC/USDT", "limit", "buy", 0.01, 40_000)
ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    yield from _reading(stage)
    trader = _issue(stage, "bot", "trade")
    yield from _trading(stage, trader)
    yield from _limits(stage)
    yield from _place_and_time(stage, trader)
    yield from _life(stage)
    yield from _withdrawing(stage)


def _issue(stage: Stage, label: str, *permissions: str, more: tuple[str, ...] = ()) -> dict[str, Any]:
    rights = [word for permission in permissions for word in ("--permission", permission)]
    network = () if "--network" in more else ("--network", "127.0.0.1")
    words = ("--account", "alice", "--dialect", "binance", "--label", label, *rights, *network, *more)
    return stage.cli("key", "issue", *words)


def _reading(stage: Stage) -> Iterator[Scene]:
    reader = _issue(stage, "tracker", "read-only")
    anybody = stage.client({}, "fetch_ticker", "BTC/USDT", exchange="binance")
    yield called("market data needs no key", "ccxt, no key", anybody)
    yield called("a read-only key reads balances", "ccxt", stage.client(reader, "fetch_balance"))
    said = stage.client(reader, "create_order", *ORDER)
    yield called("a read-only key places an order", "ccxt", said, "PermissionDenied", "permission.missing")
    about = stage.client(reader, "sapiGetAccountApiRestrictions")
    holds = about.result is not None and about.result["enableSpotAndMarginTrading"] in (False, "false")
    yield called("a key asks what it may do", "ccxt", about, holds=holds)
    forged = {**reader, "secret": "x" * 64, "as": "forger"}
    wrong = stage.client(forged, "fetch_balance")
    yield called("the right key id with a wrong secret", "ccxt", wrong, "AuthenticationError", "key.not_proven")
    nobody = {**forged, "key_id": "bk_live_" + "a" * 32}
    unknown = stage.client(nobody, "fetch_balance")
    same = _without_id(unknown.message, unknown.request_id) == _without_id(wrong.message, wrong.request_id)
    title = "a key id that does not exist: the same answer"
    yield called(title, "ccxt", unknown, "AuthenticationError", "key.not_proven", holds=same)


def _without_id(message: str, request_id: str) -> str:
    return message.replace(request_id, "ID")


def _trading(stage: Stage, trader: dict[str, Any]) -> Iterator[Scene]:
    placed = stage.client(trader, "create_order", *ORDER)
    yield called("a trading key places a limit order", "ccxt", placed)
    resting = stage.client(trader, "fetch_open_orders", "BTC/USDT")
    yield called("… sees it rest", "ccxt", resting, holds=len(resting.result or ()) == 1)
    order = (placed.result or {}).get("id", "")
    yield called("… and cancels it", "ccxt", stage.client(trader, "cancel_order", order, "BTC/USDT"))
    bought = stage.client(trader, "create_order", "BTC/USDT", "market", "buy", 0.01)
    yield called("a market order trades", "ccxt", bought)
    trades = stage.client(trader, "fetch_my_trades", "BTC/USDT")
    yield called("… and the trade is in the history", "ccxt", trades, holds=bool(trades.result))
    from_thread = stage.client(trader, "fetch_balance", client="ccxt-async")
    yield called("the same with ccxt's async client", "ccxt async", from_thread)
    official = stage.client(trader, "account", client="binance-connector")
    yield called("… and with Binance's own connector", "binance-connector", official)
    stolen = stage.client(trader, "withdraw", "USDT", 100, ADDRESS, params={"network": "ETH"})
    yield called("a trading key tries to withdraw", "ccxt", stolen, "PermissionDenied", "permission.missing")


def _limits(stage: Stage) -> Iterator[Scene]:
    more = ("--pair", "BTC/USDT", "--limit", "largest_order=USDT:1000", "--limit", "order_rate=2/3600")
    bound = _issue(stage, "bound", "trade", more=(*more, "--limit", "collar_bp=3000"))
    other = stage.client(bound, "create_order", "ETH/USDT", "limit", "buy", 0.1, 2_000)
    yield called("a key for BTC/USDT trades ETH/USDT", "ccxt", other, "PermissionDenied", "pair.outside")
    large = stage.client(bound, "create_order", "BTC/USDT", "limit", "buy", 1, 40_000)
    yield called("… an order above its largest", "ccxt", large, "PermissionDenied", "order.size")
    far = stage.client(bound, "create_order", "BTC/USDT", "limit", "buy", 0.01, 100)
    yield called("… a price far from the market", "ccxt", far, "PermissionDenied", "order.price")
    first = stage.client(bound, "create_order", *ORDER)
    yield called("… an order within its limits", "ccxt", first)
    stage.client(bound, "create_order", *ORDER)
    third = stage.client(bound, "create_order", *ORDER)
    yield called("… more orders than its rate allows", "ccxt", third, "DDoSProtection", "rate.orders")
    order = (first.result or {}).get("id", "")
    cancel = stage.client(bound, "cancel_order", order, "BTC/USDT")
    yield called("… and cancelling is still possible", "ccxt", cancel)


def _place_and_time(stage: Stage, trader: dict[str, Any]) -> Iterator[Scene]:
    abroad = _issue(stage, "abroad", "trade", more=("--network", "203.0.113.0/24"))
    outside = stage.client(abroad, "fetch_balance")
    yield called("a key used from outside its network", "ccxt", outside, "PermissionDenied", "network.outside")
    stage.cli("key", "edit", abroad["id"], "--network", "203.0.113.0/24", "--network", "127.0.0.1")
    yield called("… its network edited, without a new key", "ccxt", stage.client(abroad, "fetch_balance"))
    late = {**trader, "as": "late"}
    stale = stage.client(late, "fetch_balance", options={"timeDifference": 60_000})
    yield called("a client whose clock is a minute slow", "ccxt", stale, "InvalidNonce", "time.stale")
    placed = stage.client(trader, "create_order", *ORDER)
    again = stage.send(placed.request or {})
    yield sent("an order's own bytes, sent once more", again, 400, "replay.seen")
    looked = stage.client(trader, "fetch_balance")
    moved = stage.send(looked.request or {}, path="/binance/sapi/v1/capital/config/getall")
    yield sent("a captured read, sent to another path", moved, 400, "replay.seen")
    stage.client(trader, "create_order", *ORDER)  # durable when it is answered, and so is what was noted before it
    stage.stop("gate", kill=True)
    stage.start_gate()
    yield sent("an order's bytes after kill -9 and restart", stage.send(placed.request or {}), 400, "time.floor")
    yield called("… and a fresh request, once it is up", "ccxt", patiently(stage, trader))


def patiently(stage: Stage, key: dict[str, Any]) -> Said:
    """A restarted gate admits nothing stamped before its floor, which lies up to three seconds ahead."""
    said = stage.client(key, "fetch_balance")
    for _ in range(100):
        if said.exception != "InvalidNonce":
            break
        time.sleep(0.1)
        said = stage.client(key, "fetch_balance")
    return said


def _life(stage: Stage) -> Iterator[Scene]:
    key = _issue(stage, "life", "trade")
    stage.cli("key", "pause", key["id"])
    paused = stage.client(key, "fetch_balance")
    yield called("a paused key", "ccxt", paused, "PermissionDenied", "key.held")
    stage.cli("key", "resume", key["id"])
    yield called("… resumed", "ccxt", stage.client(key, "fetch_balance"))
    fresh = {**stage.cli("key", "rotate", key["id"], "--overlap", "1h"), "as": "fresh"}
    yield called("rotated: the new secret works", "ccxt", stage.client(fresh, "fetch_balance"))
    yield called("… and so does the old one, for an hour", "ccxt", stage.client(key, "fetch_balance"))
    stage.cli("key", "roll-back", key["id"])
    undone = stage.client(fresh, "fetch_balance")
    yield called("… rolled back: the new one is gone", "ccxt", undone, "AuthenticationError", "key.not_proven")
    stage.cli("key", "revoke", key["id"])
    dead = stage.client(key, "create_order", *ORDER)
    yield called("a key revoked a moment ago", "ccxt", dead, "AuthenticationError", "key.revoked")


def _withdrawing(stage: Stage) -> Iterator[Scene]:
    shared = _issue(stage, "shared", "withdraw")
    yield told("a key with a shared secret may not withdraw", shared, "refused")
    pair = Ed25519PrivateKey.generate()
    public = base64.b64encode(pair.public_key().public_bytes_raw()).decode()
    roaming = ("--public-key", public, "--network", "anywhere")
    yield told(
        "… nor one that may be used from anywhere", _issue(stage, "roaming", "withdraw", more=roaming), "refused"
    )
    pem = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    stage.cli("house", "edit", "--rule", "withdrawal_wait_hours=0")
    key = {**_issue(stage, "treasury", "withdraw", more=("--public-key", public)), "secret": pem}
    where: dict[str, Any] = {"params": {"network": "ETH"}}
    unknown = stage.client(key, "withdraw", "USDT", 25, ADDRESS, **where)
    yield called("an Ed25519 key withdraws to a stranger", "ccxt", unknown, "PermissionDenied", "withdrawal.address")
    entry = ("--asset", "USDT", "--network", "ETH", "--address", ADDRESS, "--label", "cold wallet")
    stage.cli("account", "address", "add", "alice", *entry)
    waiting = stage.client(key, "withdraw", "USDT", 25, ADDRESS, **where)
    yield called("… to an address added just now", "ccxt", waiting, "PermissionDenied", "withdrawal.waiting")
    stage.cli("house", "edit", "--rule", "address_wait_hours=0")
    book = stage.cli("account", "show", "alice")["addresses"]
    stage.cli("account", "address", "remove", "alice", book[0]["id"])
    stage.cli("account", "address", "add", "alice", *entry)
    yield called("… and when it has waited", "ccxt", stage.client(key, "withdraw", "USDT", 25, ADDRESS, **where))
