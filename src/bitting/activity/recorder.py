"""Writes what the gate decided, in groups, off the path of the requests.

A read or a refusal is noted and written a moment later. What changes state waits until its group is durable:
a group is whatever came while the one before was being written, so under load many requests share one
fsync, and alone a request waits for nobody. What nobody waits for is gathered for a moment: a commit costs the same
for one row as for a thousand.

Strangers' refusals, and those beyond a key's budget for refusals, are handed on one by one only in small number, of
which the store keeps those that claim a key it has; a flood of them is counted, by reason and address block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Final

from bitting.activity.blocks import ELSEWHERE
from bitting.activity.ports import MINUTE_NS, Alike, Batch, Line
from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import BittingError, Unavailable
from bitting.domain.verdict import Reason
from bitting.gate.ports import Effects
from bitting.gate.totals import Slot

STRANGERS_A_MINUTE: Final = 20  # records kept per claimed key id and reason
NAMES_A_MINUTE: Final = 1_000  # such ids and reasons; a flood may claim a new id each time
BLOCKS_AT_ONCE: Final = 1_000  # address blocks told apart in one group, and the rest together
LATEST: Final = 1_000  # strangers' refusals that are remembered, for whoever has a request id and asks why
DENIED: Final = "denied"
GATHER_S: Final = 0.05  # how long notes that nobody waits for are gathered
PATIENCE_S: Final = 5.0  # how long a request waits for the disk before it is refused
MOST_WAITING: Final = 100_000  # records; beyond it the disk is too slow or gone

Write = Callable[[Batch], Awaitable[list[BittingError | None]]]


class GroupRecorder:
    """The gate's `Recorder` over a store's `write`. `run` must be running for anything to be written."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._lines: list[tuple[Line, asyncio.Future[None] | None]] = []
        self._outcomes: list[Outcome] = []
        self._sums: dict[Slot, Decimal] = {}
        self._beyond: dict[Alike, int] = {}
        self._kept: dict[tuple[str, str], int] = {}
        self._minute = 0
        self._latest: dict[str, Record] = {}  # refusals of strangers, by request id
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()  # somebody waits, or a nonce that was used up has to be kept
        self._closing = False
        self._done = asyncio.Event()
        self.on_written: Callable[[Effects], None] = _nobody  # is told what has become durable
        self.lost = 0  # notes dropped because the disk could not keep up; reported by `doctor`

    def note(self, record: Record, effects: Effects | None = None) -> None:
        """Keep the record soon, and what must become durable with it."""
        if not record.key and record.verdict == DENIED:
            self._latest[record.request_id] = record
            if len(self._latest) > LATEST:
                del self._latest[next(iter(self._latest))]
        if not self._keeps(record):
            self._count(Alike.of(record))
        elif len(self._lines) >= MOST_WAITING:
            self.lost += 1
        else:
            self._take(Line(record, effects), None)
        self._wake.set()

    async def commit(self, record: Record, effects: Effects) -> None:
        """Return when record and effects are durable. Raises Unavailable, Conflict."""
        if self._closing or len(self._lines) >= MOST_WAITING:
            raise Unavailable("the activity log is not accepting records; nothing was forwarded")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take(Line(record, effects), done)
        self._wake.set()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await done
        except TimeoutError:
            raise Unavailable("the disk takes too long; nothing was forwarded") from None

    def outcome(self, outcome: Outcome, given_back: Mapping[Slot, Decimal]) -> None:
        """Add what became of a request that went on."""
        if len(self._outcomes) < MOST_WAITING:
            self._outcomes.append(outcome)
        else:
            self.lost += 1
        self._sums.update(given_back)
        self._wake.set()

    async def run(self) -> None:
        """Write groups until `close`, and then what is left."""
        while True:
            await self._wake.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER_S):
                    await self._hurry.wait()
            self._wake.clear()
            self._hurry.clear()
            while self._lines or self._outcomes or self._beyond:
                await self._write_group()
            if self._closing:
                self._done.set()
                return

    def stranger(self, request_id: str) -> Record | None:
        """One of the latest refusals of strangers, which may not have been kept. Can be asked from any thread."""
        return self._latest.get(request_id)

    def close(self) -> None:
        """Let `run` finish when everything is written."""
        self._closing = True
        self._hurry.set()
        self._wake.set()

    async def drained(self) -> None:
        """Return when `run` has written everything after `close`."""
        await self._done.wait()

    def _take(self, line: Line, done: asyncio.Future[None] | None) -> None:
        self._lines.append((line, done))
        if line.effects is not None:
            self._hurry.set()
            for slot in line.effects.sums:
                # These sums were taken later, and a group's outcomes are written behind its records.
                self._sums.pop(slot, None)

    async def _write_group(self) -> None:
        lines, self._lines = self._lines, []
        batch = Batch([line for line, _ in lines], self._outcomes, self._sums, self._beyond)
        self._outcomes, self._sums, self._beyond = [], {}, {}
        failed = Unavailable("the activity log failed; nothing was forwarded")
        answers: list[BittingError | None] = [failed] * len(lines)
        try:
            answers = await self._write(batch)
        except BittingError as problem:
            # Notes are lost with the disk; whoever waits is told, and nothing of theirs goes on.
            answers = [problem] * len(lines)
            self.lost += sum(1 for _, done in lines if done is None) + len(batch.outcomes)
        else:
            for line, answer in zip(batch.lines, answers, strict=True):
                if line.effects is not None and answer is None:
                    self.on_written(line.effects)
            self.on_written(Effects({}, batch.sums, None))
        finally:
            _tell(lines, answers)

    def _count(self, alike: Alike) -> None:
        if alike not in self._beyond and len(self._beyond) >= BLOCKS_AT_ONCE:
            alike = alike._replace(block=ELSEWHERE)
        self._beyond[alike] = self._beyond.get(alike, 0) + 1

    def _keeps(self, record: Record) -> bool:
        """Whether the record is kept whole: a key's own always, a flood's if it is among the first of its minute."""
        if record.key and record.reason != Reason.DENIAL_RATE.code:
            return True
        minute = record.at_ns // MINUTE_NS
        if minute != self._minute:
            self._minute = minute
            self._kept.clear()
        name = (record.wire_id, record.reason)
        if name not in self._kept and len(self._kept) >= NAMES_A_MINUTE:
            return False
        self._kept[name] = self._kept.get(name, 0) + 1
        return self._kept[name] <= STRANGERS_A_MINUTE


def _nobody(effects: Effects) -> None:
    """Nobody wants to know."""


def _tell(lines: list[tuple[Line, asyncio.Future[None] | None]], answers: list[BittingError | None]) -> None:
    """Wake whoever waits for these lines."""
    for (_, done), answer in zip(lines, answers, strict=True):
        if done is None or done.cancelled():
            continue
        if answer is None:
            done.set_result(None)
        else:
            done.set_exception(answer)
