"""The listeners for proxies, opened by a server as the settings say.

What they answer is in tests/web/test_decision.py.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
from pathlib import Path

import pytest

from bitting.domain.errors import Misconfigured
from bitting.domain.ids import Environment
from bitting.domain.network import Network
from bitting.settings import DecisionSettings, MountSettings, Settings
from bitting.wiring.service import running

HERE = Network.from_text(["127.0.0.1"])
MOUNT = MountSettings("/binance", "binance", Environment.LIVE, "http://127.0.0.1:9")
TOLD = {"X-Original-Method": "GET", "X-Original-Body": "none", "X-Real-Ip": "203.0.113.7"}


def ask(place: str, headers: dict[str, str], path: str = "/binance") -> tuple[int, str]:
    """The status, and the one that is meant."""
    if place.startswith("/"):
        connection = http.client.HTTPConnection("gate")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(place)
    else:
        connection = http.client.HTTPConnection(place.removeprefix("http://"))
    connection.request("GET", path, headers=headers)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    return reply.status, reply.headers.get("bitting-status", "")


def played(
    data: Path, *decisions: DecisionSettings, mounts: tuple[MountSettings, ...] = (MOUNT,)
) -> list[list[tuple[int, str]]]:
    """What a server with these listeners answers at each: to an open endpoint, to one that is none, and to a request
    that nobody can read."""

    async def play() -> list[list[tuple[int, str]]]:
        settings = Settings(port=0, mounts=mounts, decisions=decisions)
        async with running(data, settings, lambda error: None) as service:
            said = []
            for place in service.decisions:
                asks = [
                    (place, {**TOLD, "X-Original-Uri": "/api/v3/time"}),
                    (place, {**TOLD, "X-Original-Uri": "/nowhere"}),
                    (place, {**TOLD, "Transfer-Encoding": "chunked"}),
                ]
                said.append([await asyncio.to_thread(ask, *each) for each in asks])
            return said

    return asyncio.run(play())


ANSWERS = [(200, ""), (403, "400"), (403, "")]


def test_at_a_port_and_at_a_socket(tmp_path: Path) -> None:
    """Both at once; what cannot be read is 403, too, where any other face of ours says 411."""
    path = tmp_path / "decision.sock"
    port = DecisionSettings("nginx", askers=HERE)
    assert played(tmp_path / "data", port, DecisionSettings("nginx", unix=path)) == [ANSWERS, ANSWERS]
    assert not path.exists()


def test_nobody_else_is_answered(tmp_path: Path) -> None:
    """Another address than the proxy's; and with a secret nobody without it, also through a socket."""
    elsewhere = DecisionSettings("nginx", askers=Network.from_text(["127.0.0.2"]))
    file, path = tmp_path / "decision.key", tmp_path / "decision.sock"
    locked = DecisionSettings("nginx", unix=path, secret_file=file)
    assert played(tmp_path / "data", elsewhere, locked) == [[(403, ""), (403, ""), (403, "")]] * 2
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("decision", "mounts", "words"),
    [
        (
            DecisionSettings("apache", askers=HERE),
            (MOUNT,),
            "no proxy 'apache'; there are: caddy, envoy, nginx, traefik",
        ),
        (
            DecisionSettings("nginx", askers=HERE),
            (MountSettings("/binance", "binance", Environment.LIVE, "http://127.0.0.1:9", mode="observe"),),
            "the mount /binance observes",
        ),
    ],
)
def test_what_cannot_be_asked_about(
    tmp_path: Path, decision: DecisionSettings, mounts: tuple[MountSettings, ...], words: str
) -> None:
    """The server says what is wrong, and the folder is free again."""
    for _ in range(2):
        with pytest.raises(Misconfigured, match=words):
            played(tmp_path / "data", decision, mounts=mounts)


def test_mounts_that_only_their_ports_tell_apart(tmp_path: Path) -> None:
    """At one listener for proxies they cannot be."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free: int = taken.getsockname()[1]
    mounts = (
        MountSettings("", "binance", Environment.LIVE, "http://127.0.0.1:9"),
        MountSettings("", "bitfinex", Environment.LIVE, "http://127.0.0.1:9", port=free),
    )
    with pytest.raises(Misconfigured, match="overlap: give each a path of its own"):
        played(tmp_path / "data", DecisionSettings("nginx", askers=HERE), mounts=mounts)
    assert played(tmp_path / "data", mounts=mounts) == []
