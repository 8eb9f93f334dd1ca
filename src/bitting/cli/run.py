"""Commands that run something: serve, paper, demo, tour."""

from __future__ import annotations

import asyncio
import json as jsonlib
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any, Final

import uvloop

from bitting.cli.common import HERE, Common, Flag
from bitting.cli.page import fields
from bitting.domain.errors import Misconfigured
from bitting.paper.server import FACES, serve_paper
from bitting.settings import DEFAULT_PORT, Settings
from bitting.stores.folder import DataFolder
from bitting.tour import tour as play_tour
from bitting.tour.demo import demo_settings
from bitting.wiring.house import House
from bitting.wiring.service import running

_STOP: Final = (signal.SIGINT, signal.SIGTERM)


def serve(*, config: Path | None = None, port: int | None = None, common: Common = HERE) -> None:
    """Run the gate, and the desk's socket in the data folder.

    It runs until it is told to stop (SIGINT or SIGTERM): what is under way may
    end then, for a few seconds, or until it is told a second time. SIGHUP has it
    look for new certificates at once.

    For example:

        bitting serve --config bitting.toml

    Parameters
    ----------
    config: Path
        The settings; by default bitting.toml in the data folder. What can stand in it: docs/settings.md.
    port: int
        Instead of the one in the settings; 0 takes a free one.
    """
    settings = Settings.from_file(config or common.folder / "bitting.toml")
    if port is not None:
        settings = replace(settings, port=port)
    until_stopped(lambda stop: _serve(common, settings, stop))


def paper(*, port: int = 0, common: Common = HERE) -> None:
    """Run the demonstration exchange alone.

    It lets nobody in but the gate of the same data folder.

    For example:

        bitting paper --port 9000

    Parameters
    ----------
    port: int
        Where it listens; 0 takes a free one.
    """
    until_stopped(lambda stop: _paper(common, port, stop))


def demo(*, port: int = DEFAULT_PORT, skip_tour: Flag = False, common: Common = HERE) -> None:
    """The tour, and then an exchange and its gate to try things on.

    Without --data everything is in a temporary folder, and gone afterwards.

    For example:

        bitting demo --skip-tour --port 8701

    Parameters
    ----------
    port: int
        Where the gate listens; 0 takes a free one.
    skip_tour: bool
        Begin with the exchange at once.
    """
    if not skip_tour and play_tour():
        raise SystemExit(1)
    if common.data is not None:
        until_stopped(lambda stop: _demo(common, port, stop))
        return
    with tempfile.TemporaryDirectory(prefix="bitting-demo-") as folder:
        here = replace(common, data=Path(folder) / "data")
        until_stopped(lambda stop: _demo(here, port, stop))


def tour() -> None:
    """Try everything with unmodified clients, in a table.

    The exit code is 0 only when all went as expected.

    For example:

        bitting tour
    """
    raise SystemExit(play_tour())


async def _serve(common: Common, settings: Settings, stop: asyncio.Event) -> None:
    async with running(common.folder, settings, report) as service:
        said = {"url": service.url, "mounts": service.mounts, "socket": str(service.house.folder.socket)}
        said["vkey"] = service.house.journal.vkey
        if service.observing:
            said["observing"] = service.observing
        if service.decisions:
            said["decisions"] = service.decisions
        if service.console:
            said["console"] = service.console
        _ready(common, said)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, service.refresh)
        await stop.wait()
        for each in _STOP:  # from now on
            loop.add_signal_handler(each, service.hurry)


async def _paper(common: Common, port: int, stop: asyncio.Event) -> None:
    folder = DataFolder(common.folder)
    server = await serve_paper("127.0.0.1", port, _identities(folder), _now_ms, report)
    _ready(common, {"url": "http://{}:{}".format(*server.addresses[0])})
    await stop.wait()
    await server.close(1.0)


async def _demo(common: Common, port: int, stop: asyncio.Event) -> None:
    folder = DataFolder(common.folder)
    exchange = await serve_paper("127.0.0.1", 0, _identities(folder), _now_ms, report)
    settings = demo_settings(port, exchange.addresses[0][1], port + 1 if port else _free_port())
    try:
        async with running(folder.path, settings, report) as service:
            if not (await service.house.ask("account.list", {}))["accounts"]:
                await service.house.ask("account.open", {"name": "alice"})
            link = await _first_person(service.house)
            said = {
                "url": service.url,
                "mounts": service.mounts,
                "data": str(folder.path),
                "console": settings.people.site.origin,
                **({} if link is None else {"your link": link}),
                "next": f"bitting key issue --data {quote(str(folder.path))} --account alice --dialect binance "
                "--label bot --permission trade --network 127.0.0.1",
            }
            _ready(common, said)
            await stop.wait()
    finally:
        await exchange.close(1.0)


async def _first_person(house: House) -> str | None:
    """Somebody to be alice and the operator at once, by a link that is good once; None where there is somebody."""
    if (await house.ask("user.list", {}))["users"]:
        return None
    said = await house.ask("user.add", {"name": "you@example.com", "roles": ["operator"]})
    await house.ask("user.role", {"user": said["id"], "account": "alice", "role": "owner"})
    link: str = said["link"]
    return link


def _free_port() -> int:
    """One that nobody listens at; the console's own address has to be known before it is opened."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def _identities(folder: DataFolder) -> dict[str, Path]:
    return {name: folder.identity(f"/{name}") for name in FACES}


def until_stopped(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run until SIGINT or SIGTERM, and then wind up."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for each in _STOP:
            loop.add_signal_handler(each, stop.set)
        await run(stop)

    try:
        uvloop.run(main())
    except asyncio.CancelledError as problem:
        raise Misconfigured(str(problem) or "the server was stopped from inside") from None


def _ready(common: Common, said: dict[str, Any]) -> None:
    """Say that the doors are open; one line of JSON for programs."""
    if common.json:
        print(jsonlib.dumps(said), flush=True)
        return
    for line in fields(
        {**{name: tuple(v) if isinstance(v, list) else v for name, v in said.items()}, "stop": "Ctrl-C"}
    ):
        print(line, flush=True)


def report(error: BaseException) -> None:
    """An error nobody foresaw: for the operator's log. The client was told `internal error`, and nothing more."""
    print("".join(traceback.format_exception(error, limit=8)), file=sys.stderr)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
