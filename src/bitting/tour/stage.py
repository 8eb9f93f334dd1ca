"""The stage of the tour: a real exchange, a real gate, the real command line, real clients; each its own process.

Everything runs on loopback in one temporary folder and ends with the tour.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from bitting.domain.errors import Misconfigured
from bitting.tour.demo import MOUNTS
from bitting.tour.transparent import PROXY, Transparent

_CLIENTS: Final = ".venv-clients"


class Said(NamedTuple):
    """What a client made of a call: its result, or its exception's name; and the id of the gate's reply."""

    exception: str
    message: str
    result: Any
    request_id: str
    request: Mapping[str, Any] | None

    @property
    def ok(self) -> bool:
        """Whether the call went through."""
        return self.exception == ""


class Wire(NamedTuple):
    """A reply to bytes that were sent as they are."""

    status: int
    body: str
    request_id: str


class Stage:
    """A context manager; what it starts it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._door = ExitStack()
        self._exchange_port = 0
        self.url = ""

    def __enter__(self) -> Stage:
        self._exchange_port = free_port()
        self.start_exchange()
        self._settings()
        self.start_gate()
        door = Transparent(self.folder, "api.bithumb.com", f"{self.url}/bithumb-v1")
        self._door.enter_context(door)
        self._processes["clients"] = _player(door)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.close()
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()

    # ---- the processes

    def start_exchange(self) -> None:
        """The demonstration exchange, on the port it had before."""
        said = self._start("exchange", "paper", "--port", str(self._exchange_port))
        self._exchange_port = urlsplit(said["url"]).port or 0

    def start_gate(self) -> None:
        """The gate, over the same folder as before."""
        port = str(urlsplit(self.url).port or 0) if self.url else "0"
        self.url = self._start("gate", "serve", "--config", str(self.folder / "bitting.toml"), "--port", port)["url"]

    def start_witness(self, vkey: str) -> None:
        """A witness of the house's journal; the gate asks it from its next start on."""
        words = ("witness", "--listen", "127.0.0.1:0", "--log", vkey)
        said = self._start("witness", *words, data=self.folder / "witness")
        with (self.folder / "bitting.toml").open("a") as settings:
            settings.write(f'[[witness]]\nurl = "{said["url"]}"\nvkey = "{said["vkey"]}"\n')

    def stop(self, name: str, *, kill: bool = False) -> None:
        """End `exchange` or `gate`: in order, or by kill -9."""
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        process.wait(20)

    def _start(self, name: str, *words: str, data: Path | None = None) -> dict[str, Any]:
        process = subprocess.Popen(
            [sys.executable, "-m", "bitting", *words, "--data", str(data or self.data), "--json"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes[name] = process
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise Misconfigured(f"the {name} did not start; its message is above")
        said: dict[str, Any] = json.loads(line)
        return said

    def _settings(self) -> None:
        mounts = [
            f'[[mount]]\nprefix = "/{name}"\ndialect = "{name}"\nfacts = "/house/facts"\n'
            f'upstream = "http://127.0.0.1:{self._exchange_port}"\n'
            for name in (*MOUNTS, "kraken")  # which has no face there: what its scenes ask for, the gate answers
        ]
        listen = f'[listen]\ntrusted_proxies = ["{PROXY}"]\n'
        (self.folder / "bitting.toml").write_text("\n".join([listen, *mounts]))

    # ---- the people

    def cli(self, *words: str) -> dict[str, Any]:
        """A command of the operator, and what it said as JSON; {"error": text} when it refused."""
        done = subprocess.run(
            [sys.executable, "-m", "bitting", *words, "--data", str(self.data), "--json"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            return {"error": done.stderr.strip()}
        said: dict[str, Any] = json.loads(done.stdout or "{}")
        return said

    def client(self, key: Mapping[str, Any], call: str, *args: Any, client: str = "ccxt", **more: Any) -> Said:
        """Let an unmodified client make a call with a key, as `issue` gave it; {} is a client without a key."""
        exchange = more.pop("exchange", None) or key["dialect"]
        config = self._play(
            {"command": "config_base", "client": client, "exchange": exchange, "base": f"{self.url}/{exchange}"}
        )["result"]
        options = {**config.get("options", {}), **more.pop("options", {})}
        config = {**config, "apiKey": key.get("key_id"), "secret": key.get("secret"), **more.pop("config", {})}
        if options:
            config["options"] = options
        answer = self._play(
            {
                "client": client,
                "exchange": exchange,
                "name": f"{client} {exchange} {key.get('key_id')} {key.get('as', '')}",
                "config": config,
                "call": call,
                "args": args,
                "kwargs": more,
            }
        )
        headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        return Said(
            answer.get("exception", ""),
            answer.get("message", ""),
            answer.get("result"),
            headers.get("x-request-id", ""),
            answer.get("request"),
        )

    def send(self, request: Mapping[str, Any], *, path: str | None = None) -> Wire:
        """Send a captured request again, byte for byte; or its parameters at another path."""
        url = urlsplit(request["url"])
        target = (path or url.path) + (f"?{url.query}" if url.query else "")
        body = (request["body"] or "").encode("latin-1")
        kept = {name: value for name, value in request["headers"].items() if name.lower() not in _REPLACED}
        head = [f"{request['method']} {target} HTTP/1.1", f"Host: {url.netloc}", "Connection: close"]
        head += [f"{name}: {value}" for name, value in kept.items()]
        head += [f"Content-Length: {len(body)}"] if body or request["method"] != "GET" else []
        with socket.create_connection((url.hostname or "", url.port or 0), timeout=20) as line:
            line.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
            raw = b"".join(iter(lambda: line.recv(65536), b""))
        headers, _, content = raw.partition(b"\r\n\r\n")
        found = [each[14:] for each in headers.decode().split("\r\n") if each.lower().startswith("x-request-id: ")]
        return Wire(int(headers[9:12]), content.decode(), found[0] if found else "")

    def _play(self, line: Mapping[str, Any]) -> dict[str, Any]:
        player = self._processes["clients"]
        if player.stdin is None or player.stdout is None:
            raise Misconfigured("the clients' process has no pipes")
        player.stdin.write(json.dumps({"id": 1, **line}) + "\n")
        player.stdin.flush()
        answer: dict[str, Any] = json.loads(player.stdout.readline())
        return answer


_REPLACED: Final = frozenset({"host", "connection", "content-length", "transfer-encoding"})


def free_port() -> int:
    """One that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _player(door: Transparent) -> subprocess.Popen[str]:
    """The clients, in an environment of their own, which knows nothing of Bitting; one of them needs that door."""
    root = Path(__file__).resolve().parents[3]
    python, script = root / _CLIENTS / "bin" / "python", root / "clients" / "player.py"
    if not python.exists() or not script.exists():
        raise Misconfigured(
            f"the tour needs unmodified clients in {_CLIENTS}: run it with `make tour` in a checkout of the project"
        )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["REQUESTS_CA_BUNDLE"] = str(door.ca)
    return subprocess.Popen(
        [str(python), str(script), door.place],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
