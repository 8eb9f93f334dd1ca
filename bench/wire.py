"""Rounds over HTTP: servers on one core, the load on the other, one after another and again.

Two figures are taken of each: requests a second, and requests a second of processor time that the server's processes
used. On a machine with nothing else to do a server that is kept busy has the same in both. Where others use the
machine, too, the second is the steadier one, and ratios are made of it.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from contenders import LOAD_CORE, SERVER_CORE, Contender, Place

from bitting.dialects import binance
from bitting.dialects.dialect import Draft
from bitting.domain.credentials import Algorithm
from bitting.domain.request import Request
from bitting.domain.secret import Secret

FIRST_PORT: Final = 8801
WARM_UP_S: Final = 1.5
SETTLES_S: Final = 8
RECOVERS_S: Final = 4
OK: Final = '{"ok":true}'


class Round(NamedTuple):
    """What one contender did in one round."""

    per_second: float
    per_core: float
    p50_us: float
    p99_us: float
    p999_us: float


@dataclass(slots=True)
class Running:
    """A contender at work."""

    contender: Contender
    port: int
    process: subprocess.Popen[bytes]

    def processor_s(self) -> float:
        """Seconds of processor time that it and its children have used."""
        return sum(processor_s(Path(f"/proc/{pid}/stat")) for pid in _family(self.process.pid))


def processor_s(stat: Path) -> float:
    """Of a process or thread, whose `stat` of /proc it is."""
    fields = stat.read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *(each for child in children for each in _family(int(child)))]


@contextmanager
def started(contender: Contender, place: Place, port: int, core: str = SERVER_CORE) -> Iterator[Running]:
    """The contender, listening; ended afterwards."""
    log = place.folder / f"{port}.log"
    command = ["taskset", "-c", core, *map(str, contender.command(place, port))]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _await_port(port, process, log)
            yield Running(contender, port, process)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"{process.args!r} does not listen: {log.read_text('utf-8', 'replace')[-2000:]}")


# ---- load


def load(place: Place, port: int, kind: str, seconds: float, **options: object) -> dict[str, Any]:
    """Run the load generator. Whatever is not the expected reply ends the benchmark: no figure of refusals."""
    command = ["taskset", "-c", LOAD_CORE, place.program("load/load.c"), port, place.keys, kind]
    settings = {"seconds": seconds, "warmup": 0, "body": OK} | options
    for name, value in settings.items():
        command += [f"--{name}", value]
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the load on port {port} failed: {done.stderr}")
    said: dict[str, Any] = json.loads(done.stdout)
    if said["wrong"] or not said["right"]:
        raise SystemExit(
            f"port {port}: {said['wrong']} replies were not the expected one, such as: {said['wrong_sample']}"
        )
    return said


def warm_up(running: Running, place: Place, kind: str) -> None:
    """Until every key has come by at least twice: the gate reads a key from its store the first time."""
    still = 2 * len(place.keys.read_text("ascii").splitlines())
    while still > 0:
        still -= load(place, running.port, kind, WARM_UP_S)["right"]


def measure(running: Running, place: Place, kind: str, seconds: float, **options: object) -> Round:
    """One round of one contender."""
    before = running.processor_s()
    said = load(place, running.port, kind, seconds, **options)
    used_s = running.processor_s() - before
    return Round(said["per_second"], said["right"] / used_s, said["p50_us"], said["p99_us"], said["p999_us"])


def rounds(
    contenders: list[Contender],
    place: Place,
    *,
    kind: str = "read",
    count: int,
    seconds: float,
    say: Callable[[str], None],
    rate: float | None = None,
) -> dict[str, list[Round]]:
    """All contenders started and probed, then `count` rounds of them in turn. At `rate` requests a second; without it
    each gets all it can take."""
    took: dict[str, list[Round]] = {each.name: [] for each in contenders}
    with ExitStack() as stack:
        at_work = []
        for number, each in enumerate(contenders):
            running = stack.enter_context(started(each, place, FIRST_PORT + number))
            say(f"{each.name}: probing and warming up")
            probe(running, place)
            warm_up(running, place, kind)
            at_work.append(running)
        options = {} if rate is None else {"rate": rate}
        for number in range(count):
            for running in at_work:
                name = running.contender.name
                took[name].append(measure(running, place, kind, seconds, **options))
                say(f"round {number + 1} of {count}: {name}: {took[name][-1].per_core:,.0f} a second of its core")
    return took


def median_of(figures: list[Round], field: str) -> float:
    """Over rounds."""
    return float(statistics.median(getattr(each, field) for each in figures))


# ---- probes


class Client:
    """A client of one key, from one address."""

    def __init__(self, port: int, line: str, source: str = "127.0.0.1") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(source, 0))
        self._wire_id, secret = line.split()[:2]
        self._secret = Secret(secret.encode())

    def signed(self, path: bytes, at_ns: int) -> Request:
        """A GET under /binance."""
        draft = Draft(b"GET", path, b"")
        return binance.DIALECT.sign(draft, self._wire_id, Algorithm.HMAC_SHA256, self._secret, at_ns)

    def status(self, request: Request) -> int:
        """Of the reply."""
        headers = {name.decode(): value.decode() for name, value in request.headers}
        self._connection.request("GET", f"/binance{request.target.decode()}", headers=headers)
        reply = self._connection.getresponse()
        reply.read()
        return reply.status


ACCOUNT: Final = b"/api/v3/account"


def probe(running: Running, place: Place) -> None:
    """Let a good request in and keep the bad ones out, or it is not compared."""
    lines = place.keys.read_text("ascii").splitlines()
    excused, port = running.contender.excused, running.port

    def expect(what: str, status: int, *, good: bool = False) -> None:
        if what not in excused and (status == 200) is not good:
            said = (place.folder / f"{port}.log").read_text("utf-8", "replace")[-2000:]
            raise SystemExit(f"{running.contender.name} answers {status} to: {what}\n{said}")

    # A gate that has run before refuses what may be of its life before (docs/request.md, the floor of time).
    client, until = Client(port, lines[0]), time.monotonic() + SETTLES_S
    while client.status(client.signed(ACCOUNT, time.time_ns())) != 200 and time.monotonic() < until:
        time.sleep(0.5)
    now_ns = time.time_ns()
    first = client.signed(ACCOUNT, now_ns)
    expect("a good request", client.status(first), good=True)
    elsewhere = first._replace(target=first.target.replace(ACCOUNT, b"/api/v3/openOrders"))
    expect("used for another target", client.status(elsewhere))
    forged = first.target[:-1] + (b"0" if first.target[-1:] != b"0" else b"1")
    expect("another signature", client.status(first._replace(target=forged)))
    other = Client(port, lines[1]).signed(ACCOUNT, now_ns + 10**6)
    expect("another signature", client.status(first._replace(target=other.target)))
    stranger = Client(port, f"bk_live_{'a' * 32} {'0' * 64}")
    expect("nobody's key", stranger.status(stranger.signed(ACCOUNT, now_ns)))
    expect("too old", client.status(client.signed(ACCOUNT, now_ns - 6 * 10**9)))
    away = Client(port, lines[0], "127.0.0.9")
    expect("another address", away.status(away.signed(ACCOUNT, now_ns + 2 * 10**6)))
    expect("no permission", client.status(client.signed(b"/sapi/v1/capital/deposit/hisrec", now_ns + 3 * 10**6)))
    expect("no such route", client.status(client.signed(b"/api/v3/nothing", now_ns + 4 * 10**6)))
    # The last key's whole burst; then it is given its time, so that the load's requests with it are not refused.
    busy = Client(port, lines[-1])
    statuses = [busy.status(busy.signed(ACCOUNT, time.time_ns() + n % 900 * 10**6)) for n in range(600)]
    expect("too many", 429 if 429 in statuses else 200)
    until = time.monotonic() + 4 * SETTLES_S
    while busy.status(busy.signed(ACCOUNT, time.time_ns())) != 200 and time.monotonic() < until:
        time.sleep(1)
    time.sleep(RECOVERS_S)
