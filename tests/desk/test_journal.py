"""What is kept of the journal: dropped by index or by day, never more than is sound, signed and wished for."""

from __future__ import annotations

import pytest

from bitting.desk import journal
from bitting.domain.errors import MalformedValue, Refused, Tampered
from bitting.journal import log
from tests.desk.office import DAY_NS, Office


def grow(office: Office, times: int) -> None:
    for _ in range(times):
        office.ask("freeze", everything=True)
        office.ask("thaw", everything=True)


def minimum(office: Office) -> int:
    return office.look(lambda shelf: log.minimum(shelf.journal_storage()))


def test_what_is_older_than_a_day_is_dropped(office: Office) -> None:
    """All before the first leaf of that day, in UTC; and the check finds the journal whole."""
    grow(office, 2)
    before = office.look(lambda shelf: shelf.journal_storage().journal_size())
    office.clock.ns += DAY_NS
    grow(office, 2)
    said = office.ask("journal.prune", before="2026-09-22")
    assert (said["minimum"], said["left"]) == (before, 0)
    assert minimum(office) == before
    checked = office.ask("journal.check")
    assert checked["dropped"] == said["dropped"] > 0
    assert checked["signed"] == checked["size"]  # what was dropped is under a checkpoint already


def test_much_is_dropped_a_little_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step is whole; `left` says how much there still is."""
    grow(office, 5)
    monkeypatch.setattr(journal, "MOST_AT_ONCE", 4)
    lefts: list[int] = []
    while not lefts or lefts[-1]:
        lefts.append(office.ask("journal.prune", before="10")["left"])
        assert office.ask("journal.check")["size"]
    assert lefts == [6, 2, 0]


@pytest.mark.parametrize("before", ["", "yesterday", "2026-02-30", "-1", "1e3", "٣", "9" * 19, "2026-1-1", "20260101"])
def test_a_day_or_an_index_is_wanted(office: Office, before: str) -> None:
    """And nothing else is taken for one."""
    grow(office, 1)
    with pytest.raises((MalformedValue, Refused)):
        office.ask("journal.prune", before=before)
    assert minimum(office) == 0


def test_an_unsound_journal_keeps_everything(office: Office) -> None:
    """What would be dropped is looked at before: afterwards nobody could tell."""
    grow(office, 3)
    office.ask("journal.prove", index=0)  # everything is signed, and nothing is to be signed with the next question
    with office.disk.writing() as tables:
        tables.journal.replace_journal_node(0, 2, bytes(32))
    with pytest.raises(Tampered):
        office.ask("journal.prune", before="5")
    assert minimum(office) == 0
