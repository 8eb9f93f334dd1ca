"""A flood is counted, not written: strangers, and keys that are refused beyond their budget."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from bitting.activity.blocks import block_of
from bitting.activity.ports import MINUTE_NS, Alike, Batch
from bitting.activity.recorder import (
    BLOCKS_AT_ONCE,
    LATEST,
    MOST_WAITING,
    NAMES_A_MINUTE,
    STRANGERS_A_MINUTE,
    GroupRecorder,
)
from bitting.domain.activity import Record
from bitting.domain.errors import BittingError, Unavailable
from bitting.domain.verdict import Reason
from bitting.gate.ports import Effects

NOT_PROVEN, DENIALS = Reason.NOT_PROVEN.code, Reason.DENIAL_RATE.code


def refusal(reason: str = NOT_PROVEN, *, wire_id: str = "bk_1", key: str = "", at_ns: int = 0, peer: int = 0) -> Record:
    ids = ("", "", key, "", wire_id, "stamped")
    return Record(at_ns, "r", *ids, "GET", "/", "", "", "denied", reason, "", "", peer, "", 0, "", "")


def alike(reason: str, *, minute: int = 0, key: str = "", wire_id: str = "", block: int = 0) -> Alike:
    return Alike(minute, "", "", key, "", wire_id, "stamped", "", "denied", reason, block)


def written(records: Iterable[Record]) -> Batch:
    """What one group commit holds of these notes."""
    batches: list[Batch] = []

    async def write(batch: Batch) -> list[BittingError | None]:
        batches.append(batch)
        return [None] * len(batch.lines)

    async def play() -> None:
        recorder = GroupRecorder(write)
        for record in records:
            recorder.note(record)
        recorder.close()
        await recorder.run()

    asyncio.run(play())
    (batch,) = batches
    return batch


def test_a_strangers_refusals_are_kept_twenty_a_minute_and_then_counted() -> None:
    """By minute, dialect and reason; each claimed id and each reason has its own twenty."""
    batch = written([refusal()] * 50 + [refusal("request.malformed")] * 30 + [refusal(wire_id="bk_2")] * 20)
    assert len(batch.lines) == 3 * STRANGERS_A_MINUTE
    assert batch.beyond == {alike(NOT_PROVEN): 30, alike("request.malformed"): 10}


def test_a_new_minute_has_a_new_twenty() -> None:
    """And its own count."""
    batch = written([refusal()] * 25 + [refusal(at_ns=MINUTE_NS)] * 25)
    assert len(batch.lines) == 2 * STRANGERS_A_MINUTE
    assert batch.beyond == {alike(NOT_PROVEN): 5, alike(NOT_PROVEN, minute=1): 5}


def test_a_flood_that_claims_a_new_id_each_time_is_bounded_all_the_same() -> None:
    """R-08, R-13: inventing ids costs an attacker nothing, so it must not buy lines on our disk."""
    flood = [refusal(wire_id=f"bk_{number}") for number in range(5 * NAMES_A_MINUTE)]
    batch = written([*flood, refusal(wire_id="bk_0")])
    assert len(batch.lines) == NAMES_A_MINUTE + 1
    assert batch.beyond == {alike(NOT_PROVEN): 4 * NAMES_A_MINUTE}


def test_everything_a_key_did_within_its_budgets_is_kept() -> None:
    """Its owner reads each line of it."""
    batch = written([refusal(Reason.PAIR.code, key="key-1")] * 100)
    assert len(batch.lines) == 100
    assert batch.beyond == {}


def test_a_key_beyond_its_budget_for_refusals_cannot_fill_the_disk() -> None:
    """A valid key may be refused as fast as it can send: that is counted like a stranger's flood, as the key's own."""
    batch = written([refusal(DENIALS, key="key-1")] * 100 + [refusal(DENIALS, key="key-2", wire_id="bk_2")])
    assert len(batch.lines) == STRANGERS_A_MINUTE + 1
    assert batch.beyond == {alike(DENIALS, key="key-1", wire_id="bk_1"): 80}


def test_a_flood_is_counted_by_address_block() -> None:
    """A /24 or a /48 each; from more blocks than can be told apart at once, the rest is counted together."""
    flood = [refusal(peer=(0xFFFF << 32) + (number << 8) + number % 7) for number in range(BLOCKS_AT_ONCE + 50)]
    batch = written([refusal()] * STRANGERS_A_MINUTE + flood + [refusal(peer=2**120 + 5)] * 3)
    assert len(batch.beyond) == BLOCKS_AT_ONCE + 1
    assert batch.beyond[alike(NOT_PROVEN, block=block_of(flood[0].peer))] == 1
    assert batch.beyond[alike(NOT_PROVEN)] == 53


def test_the_latest_strangers_are_remembered() -> None:
    """For whoever has a request id and asks why; so many, and no more; what is a key's is not among them."""

    async def write(batch: Batch) -> list[BittingError | None]:
        return [None] * len(batch.lines)

    async def play() -> None:
        recorder = GroupRecorder(write)
        for number in range(LATEST + 1):
            recorder.note(refusal()._replace(request_id=f"r-{number}"))
        recorder.note(refusal(key="key-1")._replace(request_id="a key's"))
        recorder.note(refusal()._replace(request_id="observed", verdict="observed"))
        assert recorder.stranger("r-0") is None
        assert [recorder.stranger(f"r-{number}") is not None for number in range(1, LATEST + 1)] == [True] * LATEST
        assert recorder.stranger("a key's") is recorder.stranger("observed") is None

    asyncio.run(play())


def test_a_disk_that_does_not_keep_up_costs_notes_and_refuses_changes() -> None:
    """Memory is bounded: reads go on and are counted as lost, and nothing that changes state goes on unrecorded."""

    async def write(batch: Batch) -> list[BittingError | None]:
        return [None] * len(batch.lines)

    async def play() -> None:
        recorder = GroupRecorder(write)
        noted = refusal(Reason.PAIR.code, key="key-1")
        for _ in range(MOST_WAITING + 2):
            recorder.note(noted)
        assert recorder.lost == 2
        committing = asyncio.create_task(recorder.commit(refusal(key="key-1"), Effects({}, {}, None)))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            committing.result()

    asyncio.run(play())
