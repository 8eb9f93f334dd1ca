"""Scenes with Bithumb's two dialects: tokens that do not cover the path, and a client that knows no other address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bitting.tour.scene import Scene, called, sent
from bitting.tour.stage import Said, Stage

ORDER = ("BTC/KRW", "limit", "buy", 0.001, 70_000_000)


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order."""
    yield from _tokens(stage)
    yield from _forms(stage)
    yield from _transparent(stage)


def _tokens(stage: Stage) -> Iterator[Scene]:
    trader = _issue(stage, "bithumb", "bot", "--permission", "trade", "--pair", "BTC/KRW")
    balances = stage.client(trader, "fetch_balance")
    yield called("bithumb: balances, in won", "ccxt", balances, holds="KRW" in (balances.result or {}))
    elsewhere = stage.send(balances.request or {}, path="/bithumb/v1/orders")
    yield sent("… the same token at another route, which it does not cover", elsewhere, 401, "replay.seen")
    placed = stage.client(trader, "create_order", *ORDER)
    yield called("… a limit order", "ccxt", placed)
    yield sent("… its own bytes once more", stage.send(placed.request or {}), 401, "replay.seen")
    yield called("… cancelled", "ccxt", stage.client(trader, "cancel_order", (placed.result or {}).get("id", "")))
    other = stage.client(trader, "create_order", "ETH/KRW", "limit", "buy", 0.01, 3_000_000)
    yield called("… another pair than the key's", "ccxt", other, "PermissionDenied", "pair.outside")
    where: dict[str, Any] = {"params": {"network": "BTC"}}
    stolen = stage.client(trader, "withdraw", "BTC", 1, "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", **where)
    yield called("… a trading key withdraws", "ccxt", stolen, "PermissionDenied", "permission.missing")
    about = stage.client(trader, "privateGetV1ApiKeys")
    listed = [each["access_key"] for each in about.result or []]
    yield called("… the list of keys is this key alone", "ccxt", about, holds=listed == [trader.get("key_id")])
    ended = stage.client(trader, "request", "v1/bitting/key", ["private"], "DELETE")
    yield called("… it ends itself", "ccxt", ended)
    gone = stage.client(trader, "fetch_balance")
    yield called("… and is gone", "ccxt", gone, "AuthenticationError", "key.revoked")


def _forms(stage: Stage) -> Iterator[Scene]:
    trader = _issue(stage, "bithumb-v1", "older bot", "--permission", "trade")
    balance = stage.client(trader, "privatePostInfoBalance", {"currency": "BTC"})
    yield called("bithumb, API 1.0: a balance", "ccxt", balance)
    placed = stage.client(trader, "create_order", *ORDER)
    yield called("… a limit order", "ccxt", placed)
    reader = _issue(stage, "bithumb-v1", "older tracker", "--permission", "read-only")
    said = stage.client(reader, "create_order", *ORDER)
    yield called("… and with a key that may only read", "ccxt", said, "PermissionDenied", "permission.missing")


def _transparent(stage: Stage) -> Iterator[Scene]:
    """pybithumb has Bithumb's own address in its source; its process finds that host at a TLS proxy before the gate."""
    trader = _issue(stage, "bithumb-v1", "pybithumb", "--permission", "trade")
    order = stage.client(trader, "buy_limit_order", "BTC", 70_000_000, 0.001, client="pybithumb")
    title = "a client that knows no host but api.bithumb.com"
    yield called(title, "pybithumb", order, holds=isinstance(order.result, list))
    done = stage.client(trader, "cancel_order", order.result, client="pybithumb")
    yield called("… cancels", "pybithumb", done, holds=done.result is True)
    reader = _issue(stage, "bithumb-v1", "pytracker", "--permission", "read-only")
    refused = stage.client(reader, "buy_limit_order", "BTC", 70_000_000, 0.001, client="pybithumb")
    yield _answered("… and is told why it may not", refused, "permission.missing")


def _answered(title: str, said: Said, reason: str) -> Scene:
    """A refusal to a client that raises nothing, and gives what it was answered."""
    answer: Any = said.result
    told = answer.get("message", "") if isinstance(answer, dict) else "ok"
    holds = isinstance(answer, dict) and answer.get("reason") == reason
    return Scene(title, "pybithumb", "Method Not Allowed.(Access)", told, reason, said.request_id, holds)


def _issue(stage: Stage, dialect: str, label: str, *more: str) -> dict[str, Any]:
    words = ("--account", "alice", "--dialect", dialect, "--label", label, "--network", "127.0.0.1", *more)
    return stage.cli("key", "issue", *words)
