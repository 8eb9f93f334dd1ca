"""Who is measured over HTTP: how each is started, what it is compared as, and what it does less than the gate.

Each reads the same file of keys, and before it is measured it has to admit a good request and refuse the bad ones of
`probes`: a contender that lets one in has not done the work. What it is excused from is named here and printed.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

HERE: Final = Path(__file__).parent
PEERS: Final = HERE / "peers"
NGINX_MODULES: Final = Path("/usr/lib/nginx/modules")
PYTHON: Final = sys.executable
SERVER_CORE, LOAD_CORE = "0", "1"


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one run, and what is in it."""

    folder: Path
    upstream_port: int = 8793

    @property
    def keys(self) -> Path:
        """The file of keys; see bench/gate.py."""
        return self.folder / "keys.txt"

    @property
    def house(self) -> Path:
        """The gate's data folder."""
        return self.folder / "house"

    def program(self, source: str) -> Path:
        """A C source, compiled."""
        program = self.folder / Path(source).stem
        if not program.exists():
            flags = ["-D_GNU_SOURCE", "-O2", "-march=native", "-Wall", "-Wextra", "-Werror"]
            subprocess.run(["gcc", *flags, "-o", program, HERE / source, "-lcrypto"], check=True)
        return program

    def filled(self, name: str, **values: object) -> Path:
        """A configuration of peers/ with its ${names} filled in, in a folder of its own."""
        here = self.folder / Path(name).stem
        here.mkdir(exist_ok=True)
        common = {"FOLDER": here, "HERE": PEERS, "KEYS": self.keys, "UPSTREAM": self.upstream_port}
        text = (PEERS / name).read_text("utf-8")
        for word, value in (common | values).items():
            text = text.replace("${" + word + "}", str(value))
        (here / name).write_text(text, "utf-8")
        return here / name


Command = Callable[[Place, int], list[object]]


@dataclass(frozen=True, slots=True)
class Contender:
    """`command` starts it on a port. `less` is what it does not do that the gate does, in words; `excused` are the
    probes it therefore need not refuse."""

    name: str
    command: Command
    version: tuple[str, ...]
    less: str = ""
    excused: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()

    def missing(self) -> list[str]:
        """The programs and files it needs that are not on this machine."""
        return [each for each in self.needs if shutil.which(each) is None and not Path(each).exists()]


EVERYTHING: Final = frozenset(
    {
        "nobody's key",
        "another signature",
        "too old",
        "used for another target",
        "another address",
        "no permission",
        "no such route",
        "too many",
    }
)
_C: Final = ("gcc", "/usr/include/openssl/sha.h")
_NGINX: Final = ("nginx", str(NGINX_MODULES / "ngx_http_lua_module.so"))
_SERVE: Final = Template("""[listen]
port = $port
connections_per_address = 256

[[mount]]
prefix = "/binance"
dialect = "binance"
upstream = "http://127.0.0.1:$upstream"
""")


def _gate_decides(place: Place, port: int) -> list[object]:
    return [PYTHON, HERE / "gate.py", "decide", place.house, port]


def _gate_proxies(place: Place, port: int) -> list[object]:
    config = place.folder / "bitting.toml"
    config.write_text(_SERVE.substitute(port=port, upstream=place.upstream_port), "utf-8")
    return [Path(PYTHON).parent / "bitting", "serve", "--config", config, "--data", place.house]


def _nginx(listens: str) -> Command:
    def command(place: Place, port: int) -> list[object]:
        ports = {"DECIDES": port + 1000, "PROXIES": port + 2000, "PASSES": port + 3000} | {listens: port}
        config = place.filled("nginx.conf", MODULES=NGINX_MODULES, **ports)
        own = config.with_name(f"{listens.lower()}.conf")
        own.write_text(config.read_text("utf-8").replace("nginx.pid", f"{listens.lower()}.pid"), "utf-8")
        return ["nginx", "-c", own, "-e", own.with_suffix(".log")]

    return command


def _haproxy(place: Place, port: int) -> list[object]:
    secrets = place.folder / "keys.base64"
    pairs = (line.split()[:2] for line in place.keys.read_text("ascii").splitlines())
    secrets.write_text("".join(f"{id} {base64.b64encode(secret.encode()).decode()}\n" for id, secret in pairs), "ascii")
    return ["haproxy", "-db", "-f", place.filled("haproxy.cfg", DECIDES=port, KEYS_BASE64=secrets)]


def _node(place: Place, port: int) -> list[object]:
    return ["node", PEERS / "server.js", port, place.keys, place.folder / "node.log"]


def _uvicorn(application: str) -> Command:
    def command(place: Place, port: int) -> list[object]:
        told = [f"KEYS={place.keys}", f"LOG={place.folder / application}.log", f"PYTHONPATH={PEERS}"]
        server = [PYTHON, "-m", "uvicorn", "--port", port, "--loop", "uvloop", "--http", "httptools"]
        return ["env", *told, *server, "--no-access-log", "--log-level", "error", f"small_gate:{application}"]

    return command


def _limit(place: Place, port: int) -> list[object]:
    return [place.program("peers/limit.c"), port, place.keys, place.folder / "limit.log"]


_PYTHON_VERSION: Final = (PYTHON, "--version")
_IN_MEMORY: Final = "secrets in clear memory, a plain log line, nothing kept over a restart"

GATE: Final = Contender("bitting", _gate_decides, _PYTHON_VERSION)
GATE_PROXY: Final = Contender("bitting", _gate_proxies, _PYTHON_VERSION)
NGINX_LUA: Final = Contender("nginx + Lua", _nginx("DECIDES"), ("nginx", "-v"), _IN_MEMORY, needs=_NGINX)
NGINX_LUA_PROXY: Final = Contender(
    "nginx + Lua + proxy_pass", _nginx("PROXIES"), ("nginx", "-v"), _IN_MEMORY, needs=_NGINX
)
NGINX_BARE: Final = Contender(
    "nginx proxy_pass", _nginx("PASSES"), ("nginx", "-v"), "no decision at all", EVERYTHING, _NGINX
)
LIMIT: Final = Contender(
    "C, the limit", _limit, ("gcc", "-dumpfullversion"), f"{_IN_MEMORY}; no HTTP parser, no time limits", needs=_C
)
HAPROXY: Final = Contender(
    "HAProxy",
    _haproxy,
    ("haproxy", "-v"),
    f"{_IN_MEMORY}; one network and one set of paths for all keys, no rate for accounts",
    needs=("haproxy",),
)
NODE: Final = Contender("Node, http and crypto", _node, ("node", "--version"), _IN_MEMORY, needs=("node",))
UVICORN: Final = Contender("uvicorn, raw ASGI", _uvicorn("raw"), (PYTHON, "-m", "uvicorn", "--version"), _IN_MEMORY)
FASTAPI: Final = Contender("uvicorn and FastAPI", _uvicorn("fast"), (PYTHON, "-m", "uvicorn", "--version"), _IN_MEMORY)

DECISIONS: Final = [GATE, NGINX_LUA, LIMIT]
MORE_DECISIONS: Final = [HAPROXY, NODE, UVICORN, FASTAPI]
PROXIES: Final = [GATE_PROXY, NGINX_LUA_PROXY, NGINX_BARE]
