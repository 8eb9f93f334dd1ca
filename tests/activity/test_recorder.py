"""The group commit: what waits for the disk, in which order, and who is told what when it fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from bitting.activity import recorder as module
from bitting.activity.ports import Batch
from bitting.activity.recorder import GroupRecorder
from bitting.domain.activity import Outcome, Record
from bitting.domain.errors import BittingError, Conflict, Unavailable
from bitting.gate.ports import Effects
from bitting.gate.totals import Slot

EFFECTS = Effects({"cred-1": 5}, {}, None)
SLOT: Slot = ("key-1", "orders", "USD", 20_775)


def record(name: str) -> Record:
    return Record(
        0, name, "t", "a", "key-1", "", "bk_1", "stamped", "GET", "/", "", "", "denied", "x", "", "", 0, "", 1, "", ""
    )  # fmt: skip


class Disk:
    """A store's `write`: keeps each batch, in order. It can be slow, can fail, and can find that keys have moved on."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.free = asyncio.Event()
        self.free.set()
        self.problem: BaseException | None = None
        self.moved_on: set[str] = set()

    async def write(self, batch: Batch) -> list[BittingError | None]:
        await self.free.wait()
        if self.problem is not None:
            raise self.problem
        self.batches.append(batch)
        return [Conflict("moved on") if line.record.request_id in self.moved_on else None for line in batch.lines]

    @property
    def names(self) -> list[list[str]]:
        """The request ids of each batch."""
        return [[line.record.request_id for line in batch.lines] for batch in self.batches]

    def sums(self) -> dict[Slot, Decimal]:
        """What is on disk after all batches, each written in its documented order."""
        on_disk: dict[Slot, Decimal] = {}
        for batch in self.batches:
            for line in batch.lines:
                if line.effects is not None and line.record.request_id not in self.moved_on:
                    on_disk.update(line.effects.sums)
            on_disk.update(batch.sums)
        return on_disk


def recorded(scene: Callable[[GroupRecorder, Disk], Awaitable[None]]) -> Disk:
    """Play the scene beside a running recorder, close it, and give back the disk."""

    async def play() -> Disk:
        disk = Disk()
        recorder = GroupRecorder(disk.write)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(recorder.run())
            await scene(recorder, disk)
            recorder.close()
            await recorder.drained()
        assert running.done()
        return disk

    return asyncio.run(play())


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_commit_returns_when_its_line_is_durable() -> None:
    """Not before."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        disk.free.clear()
        waiting = asyncio.create_task(recorder.commit(record("1"), EFFECTS))
        await settle()
        assert not waiting.done()
        disk.free.set()
        await waiting
        assert disk.names == [["1"]]

    (batch,) = recorded(scene).batches
    assert batch.lines[0].effects == EFFECTS


def test_what_comes_while_a_group_is_written_is_the_next_group_in_order() -> None:
    """Alone a request waits for nobody; under load many share one commit, and notes keep their place among them."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        disk.free.clear()
        waiting = [asyncio.create_task(recorder.commit(record("1"), EFFECTS))]
        await settle()
        for name in ("2", "3"):
            recorder.note(record(f"read {name}"))
            waiting.append(asyncio.create_task(recorder.commit(record(name), EFFECTS)))
            await asyncio.sleep(0)
        disk.free.set()
        await asyncio.gather(*waiting)

    assert recorded(scene).names == [["1"], ["read 2", "2", "read 3", "3"]]


def test_notes_that_nobody_waits_for_are_gathered_until_somebody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads by themselves share a commit; a request that waits takes them along at once."""
    monkeypatch.setattr("bitting.activity.recorder.GATHER_S", 3600)

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        for name in "12":
            recorder.note(record(name))
            await settle()
        assert disk.names == []
        await recorder.commit(record("3"), EFFECTS)

    assert recorded(scene).names == [["1", "2", "3"]]


def test_a_note_may_bring_what_must_become_durable_with_it() -> None:
    """A refused request's nonce is used up on disk, too, though nobody waits for it."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        recorder.note(record("1"))
        recorder.note(record("2"), EFFECTS)

    (batch,) = recorded(scene).batches
    assert [line.effects for line in batch.lines] == [None, EFFECTS]


def test_a_sum_that_was_noted_is_newer_than_one_that_was_given_back_before() -> None:
    """Written in one group, the later of the two is what stays."""
    noted = Effects({}, {SLOT: Decimal(7)}, None)

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        recorder.outcome(Outcome("0", 400, ""), {SLOT: Decimal(3)})
        recorder.note(record("1"), noted)

    assert recorded(scene).sums() == {SLOT: Decimal(7)}


def test_outcomes_do_not_fill_the_memory_while_the_disk_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A live API behind a door that observes answers however many strangers there are. What does not fit is counted as
    lost; sums never are."""
    monkeypatch.setattr(module, "MOST_WAITING", 3)

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        for number in range(5):
            recorder.outcome(Outcome(str(number), 200, ""), {SLOT: Decimal(number)})
        assert recorder.lost == 2

    (batch,) = recorded(scene).batches
    assert [each.request_id for each in batch.outcomes] == ["0", "1", "2"]
    assert batch.sums == {SLOT: Decimal(4)}


@pytest.mark.parametrize("problem", [Unavailable("disk full"), Conflict("of the whole batch")])
def test_a_failed_group_is_told_to_all_who_wait_for_it_and_the_next_goes_on(problem: BittingError) -> None:
    """R-13: nothing of theirs is forwarded; it resumes by itself. What nobody waited for is counted as lost."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        disk.problem = problem
        recorder.note(record("note"))
        recorder.outcome(Outcome("0", 200, ""), {})
        waiting = [asyncio.create_task(recorder.commit(record(name), EFFECTS)) for name in "12"]
        assert [type(each) for each in await asyncio.gather(*waiting, return_exceptions=True)] == [type(problem)] * 2
        assert recorder.lost == 2
        disk.problem = None
        await recorder.commit(record("3"), EFFECTS)

    assert recorded(scene).names == [["3"]]


def test_only_the_line_whose_key_has_moved_on_is_refused() -> None:
    """The others of its group are durable."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        disk.moved_on = {"2"}
        waiting = [asyncio.create_task(recorder.commit(record(name), EFFECTS)) for name in "123"]
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in told] == [type(None), Conflict, type(None)]

    recorded(scene)


def test_an_outcome_nobody_can_know_refuses_all_who_wait() -> None:
    """The store broke in a way it does not promise, or the process is ending: written or not, nothing is forwarded."""

    async def play() -> None:
        disk = Disk()
        disk.problem = OSError("the thread is gone")
        recorder = GroupRecorder(disk.write)
        running = asyncio.create_task(recorder.run())
        waiting = [asyncio.create_task(recorder.commit(record(name), EFFECTS)) for name in "12"]
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in told] == [Unavailable] * 2
        with pytest.raises(OSError, match="the thread is gone"):
            await running

    asyncio.run(play())


def test_a_recorder_that_is_ended_tells_those_who_wait() -> None:
    """Cancelled in the middle of a write: nobody waits for ever."""

    async def play() -> None:
        disk = Disk()
        disk.free.clear()
        recorder = GroupRecorder(disk.write)
        running = asyncio.create_task(recorder.run())
        waiting = asyncio.create_task(recorder.commit(record("1"), EFFECTS))
        await settle()
        running.cancel()
        with pytest.raises(Unavailable):
            await waiting

    asyncio.run(play())


def test_who_does_not_wait_any_more_does_not_stop_the_group() -> None:
    """A client that hung up is nobody to tell; its line is written all the same."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        disk.free.clear()
        gone, patient = (asyncio.create_task(recorder.commit(record(name), EFFECTS)) for name in "12")
        await settle()
        gone.cancel()
        await settle()
        disk.free.set()
        await patient

    assert recorded(scene).names == [["1", "2"]]


def test_closing_writes_what_is_left_and_accepts_nothing_more() -> None:
    """What was promised before is kept; what comes after is refused."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        disk.free.clear()
        waiting = [asyncio.create_task(recorder.commit(record(name), EFFECTS)) for name in "12"]
        await settle()
        recorder.note(record("note"))
        recorder.outcome(Outcome("1", 200, "order-7"), {})
        recorder.close()
        with pytest.raises(Unavailable):
            await recorder.commit(record("late"), EFFECTS)
        disk.free.set()
        await recorder.drained()
        assert all(each.done() for each in waiting)

    disk = recorded(scene)
    assert disk.names == [["1", "2"], ["note"]]
    assert disk.batches[1].outcomes == [Outcome("1", 200, "order-7")]


def test_outcomes_and_what_they_give_back_are_written_in_the_next_group() -> None:
    """The newest sum of a slot stands."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        recorder.outcome(Outcome("1", 200, "order-7"), {})
        recorder.outcome(Outcome("2", 400, ""), {SLOT: Decimal(20)})
        recorder.outcome(Outcome("3", 400, ""), {SLOT: Decimal(10)})

    (batch,) = recorded(scene).batches
    assert [each.request_id for each in batch.outcomes] == ["1", "2", "3"]
    assert batch.sums == {SLOT: Decimal(10)}


def test_a_sum_that_was_reserved_later_is_not_overwritten_by_what_was_given_back_before() -> None:
    """20 were reserved, 10 came back, 10 more were reserved: on disk stand 20, though records are written first."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        await recorder.commit(record("1"), Effects({}, {SLOT: Decimal(20)}, None))
        recorder.outcome(Outcome("1", 400, ""), {SLOT: Decimal(10)})
        await recorder.commit(record("2"), Effects({}, {SLOT: Decimal(20)}, None))

    assert recorded(scene).sums() == {SLOT: Decimal(20)}


def test_what_is_given_back_after_a_reservation_of_the_same_group_counts() -> None:
    """The later one of the two stands, in either order."""

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        waiting = asyncio.create_task(recorder.commit(record("1"), Effects({}, {SLOT: Decimal(20)}, None)))
        await asyncio.sleep(0)
        recorder.outcome(Outcome("0", 400, ""), {SLOT: Decimal(10)})
        await waiting

    assert recorded(scene).sums() == {SLOT: Decimal(10)}


def test_a_disk_that_hangs_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-14: whoever waits is refused after a while; what was on its way to the disk is still written when it wakes."""
    monkeypatch.setattr("bitting.activity.recorder.PATIENCE_S", 0.01)

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        disk.free.clear()
        with pytest.raises(Unavailable, match="too long"):
            await recorder.commit(record("a"), EFFECTS)
        disk.free.set()

    assert recorded(scene).names == [["a"]]


def test_what_has_become_durable_is_told_and_nothing_else() -> None:
    """Whoever keeps in memory what the disk lacks lets go of it then: not before, not where the key had moved on, and
    not when the disk failed."""
    told: list[Effects] = []

    async def scene(recorder: GroupRecorder, disk: Disk) -> None:
        recorder.on_written = told.append
        disk.free.clear()
        waiting = asyncio.create_task(recorder.commit(record("1"), EFFECTS))
        await settle()
        assert told == []
        disk.free.set()
        await waiting
        assert told == [EFFECTS, Effects({}, {}, None)]
        disk.moved_on.add("2")
        with pytest.raises(Conflict):
            await recorder.commit(record("2"), EFFECTS)
        disk.problem = Unavailable("full")
        with pytest.raises(Unavailable):
            await recorder.commit(record("3"), EFFECTS)
        disk.problem = None
        recorder.outcome(Outcome("1", 400, ""), {SLOT: Decimal(7)})
        recorder.note(record("4"))

    recorded(scene)
    assert told.count(EFFECTS) == 1
    assert told[-1] == Effects({}, {SLOT: Decimal(7)}, None)
