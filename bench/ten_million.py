"""A gate over a house of any size: how soon it starts, how much memory it takes, how long a key's first use waits.

    python bench/populate.py FOLDER NAMES --keys 10000000      make the house (see there)
    python bench/ten_million.py start FOLDER [--times 5]       from `bitting serve` to its doors open
    python bench/ten_million.py load FOLDER NAMES [--seconds 60] [--orders 0.1] [--at-once 1]

`load` asks a gate in this process as its own face does (`Gate.answer`: log, floor of time, limits, disk), with an
exchange behind it that answers at once, and draws each key by chance from all there are: the least that a cache can
help. Secrets are read from NAMES for each request, so that the memory measured is the gate's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import uvloop
from populate import NAME_BYTES

from bitting.dialects.dialect import Draft
from bitting.domain.credentials import Algorithm
from bitting.domain.ids import Environment
from bitting.domain.network import address_from_text
from bitting.domain.request import Reply, Request
from bitting.domain.secret import Secret
from bitting.gate.limits import NoMarket
from bitting.gate.times import FLOOR_AHEAD_NS
from bitting.settings import MountSettings, Settings
from bitting.wiring.gates import Gates, at_work
from bitting.wiring.process import collect_young, spare_collector

PEER: Final = address_from_text("203.0.113.7")
READS: Final = {
    "binance": Draft(b"GET", b"/api/v3/account", b""),
    "bitfinex": Draft(b"POST", b"/v2/auth/r/wallets", b"{}"),
}
ORDERS: Final = {
    "binance": Draft(b"POST", b"/api/v3/order", b"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.01&price=49000"),
    "bitfinex": Draft(
        b"POST",
        b"/v2/auth/w/order/submit",
        b'{"type":"EXCHANGE LIMIT","symbol":"tBTCUSD","amount":"0.01","price":"49000"}',
    ),
}
ALGORITHMS: Final = {"binance": Algorithm.HMAC_SHA256, "bitfinex": Algorithm.HMAC_SHA384}
SETTINGS: Final = """
[[mount]]
prefix = "/binance"
dialect = "binance"
upstream = "http://127.0.0.1:9"
"""


class AtOnce:
    """An exchange that answers at once."""

    reply = Reply(200, (), b"{}")

    async def send(self, request: Request, account: str, key: str, request_id: str) -> Reply:
        """See `bitting.gate.ports.Exchange`."""
        return self.reply


def start(data: Path, times: int) -> None:
    """Start `bitting serve` on the folder, and stop it when it has said that it is ready."""
    settings = data.parent / f"{data.name}.toml"
    settings.write_text(SETTINGS)
    took, rss = [], 0.0
    for _ in range(times):
        begun = time.monotonic()
        bitting = str(Path(sys.executable).parent / "bitting")
        command = [bitting, "serve", "--data", str(data), "--config", str(settings), "--port", "0", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            json.loads(server.stdout.readline())
            took.append(time.monotonic() - begun)
            rss = _memory(server.pid)
            server.terminate()
    low, median, high = min(took), statistics.median(took), max(took)
    print(f"start: {median:.2f} s (from {low:.2f} to {high:.2f}); then {rss:.0f} MiB resident")


async def load(data: Path, names: Path, seconds: float, orders: float, at_once: int) -> None:
    """Ask, and say what was found every tenth of the time."""

    def on_error(problem: BaseException) -> None:
        raise problem

    async with at_work(data, on_error, on_error) as house:
        mounts = tuple(MountSettings(f"/{each}", each, Environment.LIVE) for each in READS)
        gates = Gates(house, Settings(mounts=mounts))
        doors = {each.dialect: (gates.gate(NoMarket()), gates.door(each)) for each in mounts}
        file = os.open(names, os.O_RDONLY)
        keys, chance, exchange = os.fstat(file).st_size // NAME_BYTES, random.Random(7), AtOnce()
        spare_collector()  # as `bitting.wiring.service` does
        house.chores.append(collect_young)
        await asyncio.sleep(FLOOR_AHEAD_NS / 1e9)  # before that, the run before may have admitted the same
        print(f"{keys:,} keys; {_memory():.0f} MiB resident before the first request")
        print("  asked     a second   p50 ms   p99 ms  p99.9 ms   most ms   rows held   marks    MiB")
        took: list[int] = []

        async def ask_on(until: float) -> None:
            while time.monotonic() < until:
                line = os.pread(file, NAME_BYTES, chance.randrange(keys) * NAME_BYTES).decode()
                wire_id, dialect, secret = line.split()
                draft = (ORDERS if chance.random() < orders else READS)[dialect]
                gate, door = doors[dialect]
                signed = door.dialect.sign(draft, wire_id, ALGORITHMS[dialect], Secret(secret.encode()), time.time_ns())
                request = signed._replace(peer=PEER)
                begun = time.perf_counter_ns()
                reply = await gate.answer(request, door, exchange)
                took.append(time.perf_counter_ns() - begun)
                assert reply.status == 200, reply

        asked = 0
        for _ in range(10):
            begun = time.monotonic()
            took.clear()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(at_once):
                    tasks.create_task(ask_on(begun + seconds / 10))
            asked += len(took)
            took.sort()
            p50, p99, p999, most = (took[int(len(took) * q)] / 1e6 for q in (0.5, 0.99, 0.999, 0.9999999))
            rate, marks = len(took) / (time.monotonic() - begun), len(house.desk.gate.admission.marks)  # type: ignore[union-attr]
            print(
                f"{asked:8,} {rate:12,.0f} {p50:8.2f} {p99:8.2f} {p999:9.2f} {most:9.1f} "
                f"{len(house.snapshots):11,} {marks:7,} {_memory():6.0f}",
                flush=True,
            )
        os.close(file)


def _memory(process: int | str = "self") -> float:
    """What is resident, in MiB."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    deeds = parser.add_subparsers(dest="deed", required=True)
    starting = deeds.add_parser("start")
    starting.add_argument("data", type=Path)
    starting.add_argument("--times", type=int, default=5)
    loading = deeds.add_parser("load")
    loading.add_argument("data", type=Path)
    loading.add_argument("names", type=Path)
    loading.add_argument("--seconds", type=float, default=60.0)
    loading.add_argument("--orders", type=float, default=0.0, help="what part of the requests are orders")
    loading.add_argument("--at-once", type=int, default=1)
    asked = parser.parse_args()
    os.umask(0o077)
    if asked.deed == "start":
        start(asked.data, asked.times)
    else:
        uvloop.run(load(asked.data, asked.names, asked.seconds, asked.orders, asked.at_once))


if __name__ == "__main__":
    main()
