"""Scenes with the bitfinex dialect: unified calls, nonces, the official client, a key that ends itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bitting.tour.scene import Scene, called, sent, told
from bitting.tour.stage import Stage

ORDER = ("BTC/USD", "limit", "buy", 0.01, 40_000)


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    trader = _issue(stage, "bot", "trade")
    yield called("bitfinex: a ticker without a key", "ccxt, no key", _ticker(stage))
    yield called("… balances", "ccxt", stage.client(trader, "fetch_balance"))
    placed = stage.client(trader, "create_order", *ORDER)
    yield called("… a limit order", "ccxt", placed)
    again = stage.send(placed.request or {})
    yield sent("… its own bytes once more: nonce small", again, 500, "nonce.low", holds='"error",10114' in again.body)
    order = (placed.result or {}).get("id", "")
    yield called("… cancelled", "ccxt", stage.client(trader, "cancel_order", order))
    stage.client(trader, "create_order", "BTC/USD", "market", "buy", 0.01)
    trades = stage.client(trader, "fetch_my_trades", "BTC/USD")
    yield called("… its trades", "ccxt", trades, holds=bool(trades.result))
    about = stage.client(trader, "privatePostAuthRPermissions")
    yield called("… what the key may do", "ccxt", about, holds=["orders", 1, 1] in _rows(about.result))
    where: dict[str, Any] = {"params": {"network": "ERC20"}}
    stolen = stage.client(trader, "withdraw", "USDT", 100, "0x52908400098527886E0F7030069857D2E4169EE7", **where)
    yield called("… a trading key withdraws", "ccxt", stolen, "PermissionDenied", "permission.missing")
    official = _issue(stage, "official", "trade")
    wallets = stage.client(official, "rest.auth.get_wallets", client="bitfinex-api-py")
    yield called("… Bitfinex's own client, in microseconds", "bitfinex-api-py", wallets)
    after = stage.client({**official, "as": "ms"}, "fetch_balance")
    yield called("… then ccxt in milliseconds, with the same key", "ccxt", after)
    ended = stage.client(official, "request", "auth/w/bitting/revoke", ["private"], "POST")
    yield called("a key that ends itself", "ccxt", ended)
    gone = stage.client(official, "fetch_balance")
    yield called("… is gone", "ccxt", gone, "AuthenticationError", "key.revoked")
    yield from _imported(stage)


def _issue(stage: Stage, label: str, *permissions: str) -> dict[str, Any]:
    rights = [word for permission in permissions for word in ("--permission", permission)]
    words = (
        "--account",
        "alice",
        "--dialect",
        "bitfinex",
        "--label",
        f"bfx {label}",
        "--network",
        "127.0.0.1",
        *rights,
    )
    return stage.cli("key", "issue", *words)


def _imported(stage: Stage) -> Iterator[Scene]:
    secret = stage.folder / "old.secret"
    secret.write_text("AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg")
    secret.chmod(0o600)
    words = ("--account", "alice", "--dialect", "bitfinex", "--label", "from before", "--network", "127.0.0.1")
    key_id = "oldKeyFromBeforeTheMove0123456789"
    moved = stage.cli(
        *("key", "import", *words, "--permission", "read-only", "--key-id", key_id, "--secret-file", str(secret))
    )
    yield told("a key of the old system is imported", moved, "ok")
    old = {"key_id": key_id, "secret": secret.read_text(), "dialect": "bitfinex"}
    yield called("… and its client notices nothing", "ccxt", stage.client(old, "fetch_balance"))


def _ticker(stage: Stage) -> Any:
    return stage.client({}, "fetch_ticker", "BTC/USD", exchange="bitfinex")


def _rows(result: Any) -> list[list[Any]]:
    return [[row[0], int(row[1]), int(row[2])] for row in result or []]
