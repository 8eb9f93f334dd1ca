"""A flood is counted, not written: strangers, and keys that are refused beyond their budget."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from bitting.activity.ports import Batch
from bitting.activity.recorder import MINUTE_NS, MOST_WAITING, NAMES_A_MINUTE, STRANGERS_A_MINUTE, GroupRecorder
from bitting.domain.activity import Record
from bitting.domain.errors import BittingError, Unavailable
from bitting.domain.verdict import Reason
from bitting.gate.ports import Effects

NOT_PROVEN, DENIALS = Reason.NOT_PROVEN.code, Reason.DENIAL_RATE.code


def refusal(reason: str = NOT_PROVEN, *, wire_id: str = "bk_1", key: str = "", at_ns: int = 0) -> Record:
    return Record(
        at_ns, "r", "", "", key, "", wire_id, "stamped", "GET", "/", "", "", "denied", reason, "", "", 0, "", 0, "", ""
    )  # fmt: skip


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
    assert batch.strangers == {(0, "stamped", NOT_PROVEN): 30, (0, "stamped", "request.malformed"): 10}


def test_a_new_minute_has_a_new_twenty() -> None:
    """And its own count."""
    batch = written([refusal()] * 25 + [refusal(at_ns=MINUTE_NS)] * 25)
    assert len(batch.lines) == 2 * STRANGERS_A_MINUTE
    assert batch.strangers == {(0, "stamped", NOT_PROVEN): 5, (1, "stamped", NOT_PROVEN): 5}


def test_a_flood_that_claims_a_new_id_each_time_is_bounded_all_the_same() -> None:
    """R-08, R-13: inventing ids costs an attacker nothing, so it must not buy lines on our disk."""
    flood = [refusal(wire_id=f"bk_{number}") for number in range(5 * NAMES_A_MINUTE)]
    batch = written([*flood, refusal(wire_id="bk_0")])
    assert len(batch.lines) == NAMES_A_MINUTE + 1
    assert batch.strangers == {(0, "stamped", NOT_PROVEN): 4 * NAMES_A_MINUTE}


def test_everything_a_key_did_within_its_budgets_is_kept() -> None:
    """Its owner reads each line of it."""
    batch = written([refusal(Reason.PAIR.code, key="key-1")] * 100)
    assert len(batch.lines) == 100
    assert batch.strangers == {}


def test_a_key_beyond_its_budget_for_refusals_cannot_fill_the_disk() -> None:
    """A valid key may be refused as fast as it can send: that is counted like a stranger's flood."""
    batch = written([refusal(DENIALS, key="key-1")] * 100 + [refusal(DENIALS, key="key-2", wire_id="bk_2")])
    assert len(batch.lines) == STRANGERS_A_MINUTE + 1
    assert batch.strangers == {(0, "stamped", DENIALS): 80}


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
