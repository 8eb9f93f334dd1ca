"""A small HTTP server with the faces of the demonstration exchange, and real clients in a process of their own.

The server believes whoever names a key, as the exchange behind the gate does; signatures are the gate's business.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest

from bitting.domain.request import Request
from bitting.paper import binance, bitfinex, bithumb, bithumb_v1
from bitting.paper.exchange import Exchange
from bitting.paper.orders import Caller

ROOT = Path(__file__).parents[2]
MOUNTS = {
    "bitfinex": (bitfinex.answer, "bfx-apikey"),
    "binance": (binance.answer, "x-mbx-apikey"),
    "bithumb": (bithumb.answer, "authorization"),
    "bithumb-v1": (bithumb_v1.answer, "api-key"),
}


class Served(ThreadingHTTPServer):
    """Bitfinex under /bitfinex, and so on; every key is of the account `acc-1`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.now_ms = time.time_ns() // 1_000_000
        self.exchange = Exchange(self.now_ms)
        self.lock = Lock()

    def tick(self) -> int:
        """The time in ms, another at each request: clients put what happened into order by it, and ask up to now."""
        while (now_ms := time.time_ns() // 1_000_000) <= self.now_ms:
            time.sleep(0.0005)
        self.now_ms = now_ms
        return now_ms

    def base(self, exchange: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{exchange}"


class Handler(BaseHTTPRequestHandler):
    """Hands each request to its face, and the reply back."""

    server: Served
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment: two would wait for one another

    def handle_any(self) -> None:
        _, mount, rest = self.path.split("/", 2)
        answer, key_header = MOUNTS[mount]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        key = self.headers.get(key_header)
        request = Request(self.command.encode(), f"/{rest}".encode(), (), body, 0)
        with self.server.lock:
            caller = None if key is None else Caller("acc-1", key)
            reply = answer(self.server.exchange, caller, request, self.server.tick())
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name.decode(), value.decode())
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - the names http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests read replies."""


@pytest.fixture
def served() -> Iterator[Served]:
    """A fresh exchange, served on a loopback port."""
    with Served() as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


class PlayerProcess:
    """clients/player.py, running in the clients' environment."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [ROOT / ".venv-clients/bin/python", ROOT / "clients/player.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def line(self, text: str) -> Any:
        """The answer to one line of text."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def send(self, **message: Any) -> Any:
        """The answer to one message."""
        return self.line(json.dumps({"id": 1, **message}))

    def close(self) -> None:
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()


@pytest.fixture(scope="session")
def player() -> Iterator[PlayerProcess]:
    """One player for all tests: importing ccxt takes seconds."""
    process = PlayerProcess()
    yield process
    process.close()


class Bot:
    """One instance of one client, pointed at the served exchange."""

    def __init__(self, player: PlayerProcess, client: str, exchange: str, base: str) -> None:
        self._player = player
        self._who = {"client": client, "exchange": exchange, "name": base}
        config = player.send(command="config_base", client=client, exchange=exchange, base=base)["result"]
        self.config = {**config, "apiKey": "key-1", "secret": "no secret"}

    def answer(self, call: str, *args: Any, raw: bool = False, **kwargs: Any) -> Any:
        """The player's whole answer."""
        return self._player.send(**self._who, config=self.config, call=call, args=list(args), kwargs=kwargs, raw=raw)

    def __call__(self, call: str, *args: Any, **kwargs: Any) -> Any:
        """The result; a call that fails fails the test."""
        answer = self.answer(call, *args, **kwargs)
        assert answer["ok"], answer
        return answer["result"]

    def fails(self, call: str, *args: Any, **kwargs: Any) -> tuple[str, str]:
        """The exception's class and text."""
        answer = self.answer(call, *args, **kwargs)
        assert not answer["ok"], answer
        return answer["exception"], answer["message"]


@pytest.fixture
def bot(player: PlayerProcess, served: Served) -> Callable[[str, str], Bot]:
    """Makes a bot: of which client, for which exchange."""
    return lambda client, exchange: Bot(player, client, exchange, served.base(exchange))
