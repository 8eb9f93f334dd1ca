"""Where people come in, in a server that runs: how it starts, how it stops, and what it leaves alone."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import httpx2
import pytest

from bitting.domain.errors import Misconfigured
from bitting.domain.ids import Environment
from bitting.settings import ManageSettings, MountSettings, Settings
from bitting.wiring.service import Service, running
from tests.cli.server import NOWHERE
from tests.web.http.authority import Authority

T = TypeVar("T")
MOUNT = MountSettings("/binance", "binance", Environment.LIVE, NOWHERE)


def served(data: Path, manage: ManageSettings, look: Callable[[Service], Awaitable[T]]) -> T:
    """What was seen while it ran."""

    async def play() -> T:
        async with running(data, Settings(port=0, mounts=(MOUNT,), manage=manage), print) as service:
            return await look(service)

    return asyncio.run(asyncio.wait_for(play(), 30))


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """The server does not start, and says which setting to change; nor does it share the port with somebody else."""

    async def nothing(service: Service) -> None:
        raise AssertionError("it started")

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf":{port} \(Address already in use\): name another host or port"):
            served(tmp_path / "data", ManageSettings(port=port), nothing)


def test_signals_are_the_processs_own(tmp_path: Path) -> None:
    """Uvicorn would take SIGINT and SIGTERM, and the gate would not hear that it has to stop."""

    async def handlers(service: Service) -> object:
        return signal.getsignal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    assert served(tmp_path / "data", ManageSettings(port=0), handlers) == before


def test_what_is_under_way_is_answered_at_the_stop(tmp_path: Path) -> None:
    """A call that has begun has its reply; nobody is let in any more."""

    async def play() -> tuple[bytes, str]:
        settings = Settings(port=0, mounts=(MOUNT,), manage=ManageSettings(port=0))
        async with running(tmp_path / "data", settings, print) as service:
            host, port = service.console.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            begun, rest = b'{"name": "a@example.com", ', b'"password": "xyzw"}'
            writer.write(b"POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(begun + rest), begun))
            await writer.drain()
            await asyncio.sleep(0.1)
            asyncio.get_running_loop().call_later(0.3, writer.write, rest)
        said = await reader.read()
        writer.close()
        return said, service.console

    said, address = asyncio.run(asyncio.wait_for(play(), 30))
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert b'"ticket"' in said
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{address}/livez")


def test_over_tls(tmp_path: Path) -> None:
    """With a certificate of its own, and nothing in clear; the address says so."""
    authority = Authority(tmp_path)
    files, trusting = authority.issue(), ssl.create_default_context(cafile=str(authority.ca))

    async def look(service: Service) -> tuple[str, str]:
        address = service.console.replace("127.0.0.1", "localhost")
        async with httpx2.AsyncClient(verify=trusting) as client:
            return address, (await client.get(f"{address}/livez")).text

    address, said = served(tmp_path / "data", ManageSettings(port=0, tls=files), look)
    assert address.startswith("https://")
    assert said == "ok\n"


class Stuck(dict[str, str]):
    """Trouble that does not pass."""

    def pop(self, *_: object) -> str:
        return ""


def test_readiness_follows_what_everything_needs(tmp_path: Path) -> None:
    """Without store or floor it is not ready; other trouble does not matter, and no reason is told."""

    async def look(service: Service) -> list[tuple[int, str]]:
        said = []
        async with httpx2.AsyncClient(base_url=service.console) as client:
            for trouble in ("certificates", "floor", "store"):
                service.house.troubles = Stuck({trouble: "a secret reason"})
                asked = [await client.get(each) for each in ("/readyz", "/livez")]
                said += [(each.status_code, each.text) for each in asked]
        return said

    well, ill = (200, "ok\n"), (503, "not ready\n")
    assert served(tmp_path / "data", ManageSettings(port=0), look) == [well, well, ill, well, ill, well]


def test_where_nobody_can_sign_in_nobody_is_let_in(tmp_path: Path) -> None:
    """It is the house that is not whole, and no session is believed."""

    async def look(service: Service) -> int:
        service.house.desk.identity = None
        async with httpx2.AsyncClient(base_url=service.console) as client:
            return (await client.get("/v1/me", headers={"Authorization": f"Bearer {'x' * 43}"})).status_code

    assert served(tmp_path / "data", ManageSettings(port=0), look) == 503
