"""Scenes of an application that has the gate inside: one that `uvicorn` serves, over a data folder of its own."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.request import urlopen

from bitting.domain.errors import Misconfigured
from bitting.tour.scene import Scene, called, told
from bitting.tour.stage import Stage, free_port

_PROGRAM: Final = '''
import json, sys
from pathlib import Path

import uvicorn

from bitting.domain.ids import Environment
from bitting.settings import MountSettings, Settings
from bitting.web.asgi import Guard
from bitting.wiring.inside import AppGate


async def exchange(scope, receive, send):
    """It asks for nobody's signature: whoever comes here has been let in."""
    caller = scope["state"]["bitting"]
    said = {"balances": [], "account": caller.account} if caller else {"symbols": []}
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})


gate = AppGate(Path(sys.argv[1]), Settings(mounts=(MountSettings("/binance", "binance", Environment.LIVE),)))
uvicorn.run(Guard(exchange, gate), port=int(sys.argv[2]), log_level="error", proxy_headers=False, access_log=False)
'''


def play(stage: Stage) -> Iterator[Scene]:
    """All scenes, in order, with a gate of their own."""
    with _application(stage) as app:
        app.cli("account", "open", "bob")
        words = ("--account", "bob", "--dialect", "binance", "--label", "inside", "--network", "127.0.0.1")
        key = app.cli("key", "issue", *words, "--permission", "balances.read")
        yield told("a gate inside an application: a key is issued while it runs", key, "ok")
        said = app.client(key, "privateGetAccount")
        knows = isinstance(said.result, dict) and said.result.get("account") == key.get("account")
        yield _seen(called("… the application hears who it is", "ccxt", said, holds=knows))
        said = app.client(key, "privateGetOpenOrders")
        yield _seen(called("… and nothing of what the key may not", "ccxt", said, "PermissionDenied"))


def _seen(scene: Scene) -> Scene:
    """Its request id is in the log of another house than the tour looks into at the end."""
    return scene._replace(reason="", request_id="")


@contextmanager
def _application(stage: Stage) -> Iterator[Stage]:
    app = copy.copy(stage)
    app.folder = stage.folder / "inside"
    app.folder.mkdir()
    app.data, port = app.folder / "data", free_port()
    app.url = f"http://127.0.0.1:{port}"
    app._processes = {"clients": stage._processes["clients"]}
    with subprocess.Popen([sys.executable, "-c", _PROGRAM, str(app.data), str(port)]) as process:
        try:
            _wait(f"{app.url}/binance/api/v3/ping", process)
            yield app
        finally:
            process.terminate()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < end:
        try:
            with urlopen(url, timeout=5) as reply:  # noqa: S310 - our own address
                json.load(reply)
                return
        except OSError:
            time.sleep(0.05)
    raise Misconfigured("the application did not start; it needs uvicorn, as `make tour` has it")
