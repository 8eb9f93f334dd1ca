"""Scenes of a gate that only observes before a live API, which has keys of its own; and of the switch to enforcing."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from bitting.tour.scene import Scene, called, told
from bitting.tour.stage import Stage

_KNOWN: Final = {"key_id": "live" * 16, "secret": "s" * 64, "dialect": "binance"}  # to the live API, and to no gate
_MOVED: Final = {"key_id": "move" * 16, "secret": "t" * 64, "dialect": "binance"}
_ORDER: Final = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "40000"}
_TO: Final = {"coin": "USDT", "network": "ETH", "amount": "25", "address": "0x52908400098527886E0F7030069857D2E4169EE7"}


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order, with a gate of their own."""
    with _live_api() as (url, asked), _elsewhere(stage, url) as gate:
        said = gate.client(_KNOWN, "privateGetAccount")
        yield _seen(called("observing: a key that only the live API knows", "ccxt", said))
        yield _import(gate)
        said = gate.client(_MOVED, "privatePostOrder", _ORDER)
        yield _seen(called("… an order that its key may not place goes on", "ccxt", said))
        report = gate.cli("activity", "observed")
        counted = [each for each in report.get("observed", []) if each["here"] == "permission.missing"]
        yield told("… and is in the report", report, "ok", holds=[each["answered_there"] for each in counted] == [1])
        said = gate.client(_KNOWN, "sapiPostCapitalWithdrawApply", _TO)
        holds = "/sapi/v1/capital/withdraw/apply" not in asked
        yield _seen(called("… a withdrawal does not", "ccxt", said, "AuthenticationError", holds=holds))
        gate.stop("gate")
        _settings(gate, url, "enforce")
        gate.start_gate()
        said = gate.client(_KNOWN, "privateGetAccount")
        yield _seen(called("enforcing: the same client is refused", "ccxt", said, "AuthenticationError"))


def _seen(scene: Scene) -> Scene:
    """Its request id is in the log of another house than the tour looks into at the end."""
    return scene._replace(reason="", request_id="")


def _import(gate: Stage) -> Scene:
    secret = gate.folder / "moved.secret"
    secret.write_text(_MOVED["secret"])
    secret.chmod(0o600)
    gate.cli("account", "open", "bob")
    words = ("--account", "bob", "--dialect", "binance", "--label", "moved", "--network", "127.0.0.1")
    given = ("--permission", "read-only", "--key-id", _MOVED["key_id"], "--secret-file", str(secret))
    return told("… one of them is imported, to read only", gate.cli("key", "import", *words, *given), "ok")


@contextmanager
def _elsewhere(stage: Stage, url: str) -> Iterator[Stage]:
    """The same stage over a house of its own, before the live API."""
    other = copy.copy(stage)
    other.folder = stage.folder / "observe"
    other.folder.mkdir()
    other.data, other.url = other.folder / "data", ""
    other._processes = {"clients": stage._processes["clients"]}
    _settings(other, url, "observe")
    other.start_gate()
    try:
        yield other
    finally:
        other.stop("gate")


def _settings(gate: Stage, url: str, mode: str) -> None:
    mount = f'[[mount]]\nprefix = "/binance"\ndialect = "binance"\nupstream = "{url}"\nmode = "{mode}"\n'
    (gate.folder / "bitting.toml").write_text(mount)


@contextmanager
def _live_api() -> Iterator[tuple[str, list[str]]]:
    """An API with two keys, which knows nothing of gates; and the paths it was asked for."""
    asked: list[str] = []

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the library's name
            asked.append(self.path.partition("?")[0])
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            known = self.headers.get("X-MBX-APIKEY") in (_KNOWN["key_id"], _MOVED["key_id"])
            said = {"balances": [], "orderId": 7} if known else {"code": -2015, "msg": "Invalid API-key"}
            body = json.dumps(said).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """The tour has a table of its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
