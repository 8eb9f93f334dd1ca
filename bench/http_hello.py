"""What the gate's face costs by itself: small requests on kept connections, answered at once.

    PYTHONPATH=. python bench/http_hello.py [--tls] [--connections 16] [--depth 8] [--seconds 3] [--rounds 5]

The server is a process of its own; `depth` requests are sent at a time on each connection.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import ssl
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast

import uvloop

from bitting.domain.request import Reply, Request
from bitting.web.http import Limits, Reloading, TlsFiles, serve
from tests.web.http.authority import Authority

ASKED = b"GET /hello?a=1 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nX-MBX-APIKEY: nobody\r\n\r\n"
REPLY = Reply(200, ((b"content-type", b"application/json"),), b"{}")


def answer(request: Request) -> Reply:
    return REPLY


def server(tell: Connection, files: TlsFiles | None) -> None:
    async def run() -> None:
        limits = Limits(connections_per_peer=1000)
        tls = None if files is None else Reloading(files, TlsFiles.server)
        face = await serve(answer, host="127.0.0.1", port=0, limits=limits, on_error=print, tls=tls)
        tell.send(face.addresses[0][1])
        await asyncio.Event().wait()

    uvloop.run(run())


class Client(asyncio.Protocol):
    """Sends the next burst when the last byte of the one before has come."""

    def __init__(self, depth: int) -> None:
        self.answered = self._got = 0
        self._burst, self._depth = ASKED * depth, depth

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._burst)

    def data_received(self, data: bytes) -> None:
        self._got += data.count(b"HTTP/1.1 200")
        if self._got >= self._depth:
            self.answered += self._got
            self._got = 0
            self._transport.write(self._burst)


async def load(port: int, options: argparse.Namespace, context: ssl.SSLContext | None) -> float:
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Client(options.depth), "127.0.0.1", port, ssl=context)
        for _ in range(options.connections)
    ]
    begun = time.monotonic()
    await asyncio.sleep(options.seconds)
    answered = sum(client.answered for _, client in made)
    took = time.monotonic() - begun
    for transport, _ in made:
        transport.abort()
    return answered / took


def cpu_s(process: int | None) -> float:
    """Processor time that a process has had: on a machine with other work the only figure that says something."""
    times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--depth", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        files = authority.issue() if options.tls else None
        context = ssl.create_default_context(cafile=str(authority.ca)) if options.tls else None
        mine, theirs = multiprocessing.Pipe()
        process = multiprocessing.Process(target=server, args=(theirs, files), daemon=True)
        process.start()
        port = mine.recv()
        before_s = cpu_s(process.pid)
        rates = [uvloop.run(load(port, options, context)) for _ in range(options.rounds)]
        spent_s = cpu_s(process.pid) - before_s
        process.kill()
    low, high = min(rates), max(rates)
    print(f"{statistics.median(rates):,.0f} requests a second (median of {len(rates)}; {low:,.0f} to {high:,.0f})")
    answered = sum(rates) * options.seconds
    print(f"{spent_s * 1e6 / answered:.2f} µs of the server's processor time for each")


if __name__ == "__main__":
    main()
