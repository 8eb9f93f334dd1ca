"""What each way into the gate costs on top of a verdict, in process: no socket, no disk.

    python bench/faces.py [--keys 100000] [--requests 20000] [--rounds 3]

    verdict             `hear`, the snapshot, `decide`, as in bench/verdict.py
    a plain call        `Gate.judge`: the verdict, its record, and a passage
    the gate's own face `Gate.answer`: a plain call, to an exchange that answers at once, and the outcome
    ASGI                `Guard` around an application that answers at once: from the server's scope to its last message
    ASGI, alone         the same application without a gate

Each row is awaited on one running loop. What a server makes of the bytes before it calls (the scope, the messages) is
ready before the clock starts, as a request is for the rows without a server. The target: ASGI costs at most 10
microseconds more than a plain call and the application alone together.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import uvloop
from verdict import BATCH, DRAFTS, Bench, StillMarket, fresh

from bitting.dialects import binance, bitfinex
from bitting.dialects.dialect import Claim, Dialect
from bitting.domain.activity import Outcome, Record
from bitting.domain.credentials import Algorithm
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import NOBODY, address_to_text
from bitting.domain.request import Reply, Request
from bitting.gate.freeze import Freeze
from bitting.gate.passage import Passage
from bitting.gate.pipeline import Passed, decide, hear
from bitting.gate.ports import Effects, Loaded
from bitting.gate.shell import Gate
from bitting.gate.times import Floor
from bitting.gate.totals import Slot
from bitting.web.asgi import Guard, Message, Receive, Scope, Send

Call = tuple[Scope, Receive, Send]
Asked = tuple[Callable[[Request], Any], Callable[[Any], Awaitable[object]]]  # what is made ready, and what is timed

PLACED = b'{"orderId": 28}'
START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
END: Message = {"type": "http.response.body", "body": PLACED}
REPLY = Reply(200, ((b"content-type", b"application/json"),), PLACED)


class Still:
    """The gate's ports, which cost nothing: a clock that stands, a log that forgets, an exchange that is quick."""

    store_seen_ns = 0

    def __init__(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self.floor = Floor(now_ns - 10**9, now_ns + 10**12)

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic_ns(self) -> int:
        return 0

    async def load(self, environment: Environment, dialect: str, wire_id: str) -> Loaded | None:
        raise SystemExit("every key of the benchmark is in the cache")

    def note(self, record: Record, effects: Effects | None = None) -> None:
        """Forgotten."""

    async def commit(self, record: Record, effects: Effects) -> None:
        """Durable at once."""

    def outcome(self, outcome: Outcome, given_back: Mapping[Slot, Any]) -> None:
        """Forgotten."""

    async def self_revoke(self, key: Key, request_id: str) -> None:
        raise SystemExit("no key of the benchmark ends itself")

    async def send(self, request: Request, account: str, key: str, request_id: str) -> Reply:
        return REPLY


class Faces(Bench):
    """A gate over the benchmark's keys, asked in each of the ways."""

    trusted_proxies = NOBODY
    is_open = True

    def __init__(self, dialect: Dialect, algorithm: Algorithm, keys: int) -> None:
        super().__init__(dialect, algorithm, keys)
        self._still, ids = Still(self._now_ns), count()
        self._gate = Gate(
            clock=self._still,
            request_id=lambda: f"bench-{next(ids):x}",
            keys=self._still,
            footing=self._still,
            recorder=self._still,
            market=StillMarket(),
            revoker=self._still,
            admission=self._admission,
            snapshots=self._snapshots,
            freeze=Freeze(),
        )
        self._guard = Guard(application, self)
        self.ways: dict[str, Asked] = {
            "verdict": (fresh, self._verdict),
            "a plain call": (fresh, self.judge),
            "the gate's own face": (fresh, self._answer),
            "ASGI": (_server, self._asgi),
            "ASGI, alone": (_server, self._alone),
        }

    async def open(self) -> None:
        """It is."""

    async def close(self) -> None:
        """Never."""

    async def judge(self, request: Request) -> Passage | Reply:
        """A plain call."""
        passage = await self._gate.judge(request, self._door)
        if isinstance(passage, Reply):
            raise SystemExit(f"the benchmark's own request was refused: {passage.body!r}")
        return passage

    async def _verdict(self, request: Request) -> None:
        still, now_ns = self._still, self._now_ns
        claim = hear(request, self._door, now_ns)
        assert isinstance(claim, Claim)
        snapshot = self._snapshots.get((Environment.LIVE, self._name, claim.wire_id), now_ns)
        freeze, market = self._gate._freeze, self._gate._market
        decided = decide(request, claim, self._door, snapshot, self._admission, freeze, market, still.floor, now_ns)
        assert isinstance(decided, Passed)

    async def _answer(self, request: Request) -> None:
        reply = await self._gate.answer(request, self._door, self._still)
        assert reply.status == 200

    async def _asgi(self, call: Call) -> None:
        await self._guard(*call)

    async def _alone(self, call: Call) -> None:
        await application(*call)

    async def round(self, kind: str, requests: int) -> dict[str, list[int]]:
        """Nanoseconds a request, one figure a batch, for each of the ways."""
        took: dict[str, list[int]] = {}
        for way, (made, ask) in self.ways.items():
            ready = self._signed(DRAFTS[self._name][kind], requests)
            gc.collect()
            gc.freeze()
            took[way] = []
            for start in range(0, requests, BATCH):
                batch = [made(request) for request in ready[start : start + BATCH]]
                begun = time.thread_time_ns()
                for each in batch:
                    await ask(each)
                took[way].append((time.thread_time_ns() - begun) // len(batch))
        return took


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The least that an ASGI application does."""
    await receive()
    await send(START)
    await send(END)


def _server(request: Request) -> Call:
    """What a server has made of the bytes when it calls."""
    request = fresh(request)
    path, _, query = request.target.partition(b"?")
    headers = list(request.headers)
    if request.body:
        headers.append((b"content-length", b"%d" % len(request.body)))
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": request.method.decode(),
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "headers": headers,
        "client": (address_to_text(request.peer), 40000),
        "state": {},
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Message) -> None:
        """It is on its way."""

    return scope, receive, send


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write each row's batches there, in nanoseconds a request")
    asked = parser.parse_args()
    took: dict[tuple[str, str], list[int]] = {}
    for dialect, algorithm in ((binance.DIALECT, Algorithm.HMAC_SHA256), (bitfinex.DIALECT, Algorithm.HMAC_SHA384)):
        name = dialect.description.name
        print(f"preparing {asked.keys} sealed keys of {name} ...", file=sys.stderr)
        faces = Faces(dialect, algorithm, asked.keys)
        for number in range(asked.rounds):
            for kind in DRAFTS[name]:
                print(f"round {number + 1} of {asked.rounds}: {name}, {kind}", file=sys.stderr)
                for way, figures in uvloop.run(faces.round(kind, asked.requests)).items():
                    took.setdefault((f"{name}, {kind}", way), []).extend(figures)
    if asked.json is not None:
        ways: dict[str, dict[str, list[int]]] = {}
        for (what, way), figures in took.items():
            ways.setdefault(what, {})[way] = figures
        asked.json.write_text(json.dumps(ways), "utf-8")
    print(f"\nPython {platform.python_version()}, {platform.machine()}; {asked.keys} keys at random; microseconds\n")
    print(f"{'':24}{'':24}{'median':>9}{'p10':>9}{'p90':>9}")
    for (what, way), figures in took.items():
        tenths = statistics.quantiles(figures, n=10)
        median = statistics.median(figures)
        print(f"{what:24}{way:24}{median / 1e3:9.1f}{tenths[0] / 1e3:9.1f}{tenths[-1] / 1e3:9.1f}")


if __name__ == "__main__":
    main()
