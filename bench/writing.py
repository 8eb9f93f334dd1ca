"""What it costs to write down: the journal, the activity log, and what the log adds to a verdict.

    python bench/writing.py [--keys 10000] [--requests 20000] [--rounds 3] [--json FILE]

Journal and log are those of a house in a folder (TMPDIR says where), through the ports that desk and gate use, and each
commit is on the disk before it counts: figures by the wall clock, as good as the disk, and beside them by the
processor's time, without the waiting. What the log adds to a verdict is processor time: making the record of a
decision, and handing it over.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

import uvloop
from verdict import BATCH, DRAFTS, Bench, StillMarket

from bitting.activity.ports import Batch, Line
from bitting.activity.recorder import GroupRecorder
from bitting.dialects import binance
from bitting.dialects.dialect import Claim
from bitting.domain.activity import Record
from bitting.domain.consent import Consent, Strength
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BittingError
from bitting.domain.grants import Limits
from bitting.domain.holds import Authority
from bitting.domain.ids import Environment
from bitting.domain.keys import Key
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.policy import Policy
from bitting.domain.request import Request
from bitting.gate.freeze import Freeze
from bitting.gate.pipeline import Passed, decide, hear
from bitting.gate.times import Floor
from bitting.gate.visit import Visit, record_of
from bitting.lifecycle.accounts import open_account
from bitting.lifecycle.act import Act
from bitting.lifecycle.issue import Proofs, issue
from bitting.wiring.house import House, new_request_id, open_house

LEAVES: Final = (1, 256)  # of the journal, in one transaction
ROWS: Final = (1, 100, 1_000, 5_000)  # of the log
MOMENT_S: Final = 0.5  # of each figure
ACCOUNTS: Final = 20
KEYS_AN_ACCOUNT: Final = 5
ADDRESS: Final = (0xFFFF << 32) + 0xCB007100  # 203.0.113.0, and the next few
AGENTS: Final = ("python-requests/2.32.5", "ccxt/4.5.90", "binance-connector-python/3.12.0", "node-fetch")


class Rate(NamedTuple):
    """How many a second of the wall clock, and of the processor's time."""

    wall: int
    processor: int


class Took(NamedTuple):
    """Seconds, likewise."""

    wall: float
    processor: float


class Desk:
    """A house in which somebody writes."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._keys: list[Key] = []
        self._count = 0

    async def open(self) -> None:
        """Issue the keys."""

        def issue_all(act: Act) -> None:
            policy = Policy("bench", {Permission.BALANCES_READ: Limits()}, Network.from_text(["203.0.113.0/24"]), None)
            for _ in range(ACCOUNTS):
                account = open_account(act, "house", "bench")
                for _ in range(KEYS_AN_ACCOUNT):
                    proofs = Proofs(Algorithm.HMAC_SHA256)
                    tag_key = self._house.tag_key
                    key, _ = issue(act, account.id, binance.DIALECT, Environment.LIVE, policy, proofs, tag_key)
                    self._keys.append(key)

        await self._act(issue_all)

    async def leaves(self, number: int) -> Took:
        """So many entries of the journal in one transaction, until they are on the disk."""

        def write(act: Act) -> None:
            for each in range(number):
                act.note("bench.note", {"number": each})

        return await _timed(self._act(write))

    async def rows(self, number: int) -> Took:
        """The same of records, which are ready before."""
        batch = Batch([Line(self._record(), None) for _ in range(number)], [], {}, {})
        return await _timed(self._house.store.write(batch))

    async def _act(self, deed: Callable[[Act], None]) -> None:
        consent = Consent("operator:bench", Strength.LOCAL, Authority.OPERATOR, new_request_id())
        await self._house.desk.act(consent, deed)

    def _record(self) -> Record:
        """Of a read by one of the keys, from one of three addresses."""
        self._count += 1
        key = self._keys[self._count * 7 % len(self._keys)]
        return Record(
            at_ns=self._house.clock.now_ns(),
            request_id=new_request_id(),
            tenant=key.tenant,
            account=key.account,
            key=key.id,
            credential=key.primary.id,
            wire_id=key.wire_id,
            dialect=key.dialect,
            method="GET",
            path="/api/v3/account",
            action="balances.read",
            pair="",
            verdict="admitted",
            reason="",
            shown="",
            detail="",
            peer=ADDRESS + self._count % 3,
            agent=AGENTS[self._count % len(AGENTS)],
            policy=key.version,
            value="",
            currency="",
        )


async def _timed(deed: Awaitable[object]) -> Took:
    wall, processor = time.perf_counter(), time.process_time()
    await deed
    return Took(time.perf_counter() - wall, time.process_time() - processor)


async def durable(rounds: int) -> dict[str, list[Rate]]:
    """How many, of each and in groups of each size; one figure a round."""
    found: dict[str, list[Rate]] = {}
    with tempfile.TemporaryDirectory(prefix="bitting-bench-") as folder:
        async with open_house(Path(folder) / "data") as house:
            desk = Desk(house)
            await desk.open()
            for number in range(rounds):
                print(f"round {number + 1} of {rounds}: what must be durable", file=sys.stderr)
                for what, write, sizes in (("journal", desk.leaves, LEAVES), ("activity", desk.rows, ROWS)):
                    for size in sizes:
                        name = f"{what}, {'one by one' if size == 1 else f'in groups of {size:,}'}"
                        found.setdefault(name, []).append(await _per_second(write, size))
    return found


async def _per_second(write: Callable[[int], Awaitable[Took]], size: int) -> Rate:
    done, wall, processor = 0, 0.0, 0.0
    while wall < MOMENT_S:
        took = await write(size)
        wall, processor = wall + took.wall, processor + took.processor
        done += size
    return Rate(round(done / wall), round(done / processor))


class Verdicts(Bench):
    """Decisions of the gate, as they are handed to the log."""

    def decided(self, kind: str, requests: int) -> list[tuple[Visit, Claim, Passed]]:
        """As many as requests."""
        return [self._decide(each) for each in self._signed(DRAFTS[self._name][kind], requests)]

    def _decide(self, request: Request) -> tuple[Visit, Claim, Passed]:
        door, now_ns = self._door, self._now_ns
        claim = hear(request, door, now_ns)
        assert isinstance(claim, Claim)
        snapshot = self._snapshots.get((Environment.LIVE, self._name, claim.wire_id), now_ns)
        floor = Floor(now_ns - 10**9, now_ns + 10**12)
        decided = decide(request, claim, door, snapshot, self._admission, Freeze(), StillMarket(), floor, now_ns)
        assert isinstance(decided, Passed)
        return Visit(new_request_id(), now_ns, request, door), claim, decided


async def _nobody(batch: Batch) -> list[BittingError | None]:
    """Writes nothing: the recorder is never run here."""
    return []


def added(verdicts: Verdicts, kind: str, requests: int) -> dict[str, list[int]]:
    """Nanoseconds that the log adds to a verdict, one figure a batch."""
    took: dict[str, list[int]] = {"making the record": [], "handing it over": []}
    every = verdicts.decided(kind, requests)
    gc.collect()
    gc.freeze()
    for start in range(0, requests, BATCH):
        batch, recorder = every[start : start + BATCH], GroupRecorder(_nobody)
        begun = time.thread_time_ns()
        records = [record_of(visit, claim, decided, "admitted") for visit, claim, decided in batch]
        made = time.thread_time_ns()
        for record in records:
            recorder.note(record)
        done = time.thread_time_ns()
        took["making the record"].append((made - begun) // BATCH)
        took["handing it over"].append((done - made) // BATCH)
    return {f"{what}, {kind}": figures for what, figures in took.items()}


def main() -> None:
    """Run the rounds and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write all figures there: rates, and nanoseconds a verdict")
    asked = parser.parse_args()
    os.umask(0o077)
    rates = uvloop.run(durable(asked.rounds))
    verdicts = Verdicts(binance.DIALECT, Algorithm.HMAC_SHA256, asked.keys)
    took: dict[str, list[int]] = {}
    for _ in range(asked.rounds):
        for kind in DRAFTS["binance"]:
            for name, batches in added(verdicts, kind, asked.requests).items():
                took.setdefault(name, []).extend(batches)
    if asked.json is not None:
        asked.json.write_text(json.dumps({"rates": rates, "nanoseconds": took}), "utf-8")
    print(f"\nPython {platform.python_version()}, {platform.machine()}, in {tempfile.gettempdir()}\n")
    print(f"{'a second, by the wall clock':40}{'median':>10}{'lowest':>10}{'highest':>10}{'processor':>11}")
    for name, figures in rates.items():
        walls, processors = zip(*figures, strict=True)
        median = statistics.median(walls)
        print(f"{name:40}{median:10,.0f}{min(walls):10,}{max(walls):10,}{statistics.median(processors):11,.0f}")
    print(f"\n{'nanoseconds added to a verdict':40}{'median':>10}{'p10':>10}{'p90':>10}")
    for name, batches in took.items():
        tenths = statistics.quantiles(batches, n=10)
        print(f"{name:40}{statistics.median(batches):10,.0f}{tenths[0]:10,.0f}{tenths[-1]:10,.0f}")


if __name__ == "__main__":
    main()
