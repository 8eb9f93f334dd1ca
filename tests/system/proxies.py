"""A real proxy between a client and an exchange, started with exactly the file in deploy/, asking a gate.

Only ports are put in, and timeouts are made shorter, so that a test of a gate that does not answer is over soon.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

from tests.end_to_end.house import NO_RATES, PATIENCE_S, House
from tests.end_to_end.signing import Key
from tests.end_to_end.upstream import Came, Exchange
from tests.end_to_end.wire import Answer, tell

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
FILES: Final = {"nginx": "nginx.conf", "caddy": "Caddyfile", "envoy": "envoy.yaml"}
SHOWS_BODY: Final = ("envoy",)

# What a configuration of nginx stands in, and where it may write when it does not run as a service.
_NGINX: Final = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/nginx.conf;
}}
"""


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Proxy:
    """A context manager. It asks at `gate` about requests to a mount, and forwards to `exchange` (ports).
    `more` are texts of the file to be replaced."""

    def __init__(
        self,
        kind: str,
        folder: Path,
        gate: int,
        exchange: int,
        *,
        mount: str = "binance",
        more: dict[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self.port = free_port()
        self.log = folder / f"{kind}.log"
        self._folder = folder
        text = (DEPLOY / FILES[kind]).read_text()
        put_in = {"8080": self.port, "8790": gate, "9000": exchange, "/binance": f"/{mount}", "5s": "1s"}
        for old, new in [*(more or {}).items(), *put_in.items()]:
            assert old in text, old
            text = text.replace(old, str(new))
        self._file = folder / FILES[kind]
        # Caddy offers its administration at one port for all Caddies of a machine, unless told otherwise.
        self._file.write_text(f"{{\n\tadmin off\n}}\n{text}" if kind == "caddy" else text)

    @property
    def url(self) -> str:
        """Where clients are pointed."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Proxy:
        environment = {**os.environ, "HOME": str(self._folder)}  # where Caddy keeps what it was told last
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(self._words(), stdout=log, stderr=log, env=environment)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                assert self._process.poll() is None, self.log.read_text()
                assert time.monotonic() < end, self.log.read_text()
                time.sleep(0.05)
            else:
                return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process as process:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def ask(self, message: bytes, source: str = "") -> Answer:
        """One request on a connection of its own, from this loopback address. Raises Cut."""
        return tell(("127.0.0.1", self.port), message, source)

    def _words(self) -> list[str]:
        file = str(self._file)
        if self.kind == "nginx":
            main = self._folder / "main.conf"
            main.write_text(_NGINX.format(folder=self._folder))
            return ["nginx", "-c", str(main), "-e", "stderr"]
        if self.kind == "caddy":
            return ["caddy", "run", "--config", file, "--adapter", "caddyfile"]
        envoy = Path(sys.executable).with_name("envoy")
        return [str(envoy), "-c", file, "--concurrency", "1", "--use-dynamic-base-id", "-l", "warn"]


class Stage:
    """A context manager: an exchange that notes what arrives, a gate, a proxy before both, and a key of alice's."""

    def __init__(self, kind: str, folder: Path, *, more: dict[str, str] | None = None) -> None:
        self._decisions = free_port()
        self.kind = kind
        self.exchange = Exchange()
        self.exchange.__enter__()
        (folder / "house").mkdir()
        self.house = House(
            folder / "house",
            settings=f'[[decision]]\nproxy = "{kind}"\nport = {self._decisions}\naskers = ["127.0.0.1"]\n{NO_RATES}\n',
            upstream=self.exchange.url,
        )
        (folder / "proxy").mkdir()
        port = urlsplit(self.exchange.url).port or 0
        self.proxy = Proxy(kind, folder / "proxy", self._decisions, port, more=more)

    def __enter__(self) -> Stage:
        try:
            self.house.__enter__()
            self.proxy.__enter__()
        except BaseException:
            self.house.__exit__(RuntimeError, None, None)
            self.exchange.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.proxy.__exit__(kind, error, trace)
        self.exchange.__exit__(kind, error, trace)
        self.house.__exit__(kind, error, trace)

    @property
    def shows_body(self) -> bool:
        """Whether this proxy shows bodies to the gate."""
        return self.kind in SHOWS_BODY

    def issue(self, *permissions: str, network: str = "127.0.0.1") -> Key:
        """A new key."""
        return self.house.issue("binance", *permissions, network=network)

    def ask(self, message: bytes, source: str = "") -> tuple[Answer, list[Came]]:
        """What the client is told, and what has arrived at the exchange."""
        before = len(self.exchange.came)
        return self.proxy.ask(message, source), self.exchange.came[before:]

    def identity(self) -> Path:
        """The file with the secret shared with the exchange."""
        return self.house.data / "identity-binance.key"


def without_mount(message: bytes) -> bytes:
    """The request as a client of a proxy sends it: the gate's mount is the proxy's business."""
    return message.replace(b" /binance/", b" /", 1)
