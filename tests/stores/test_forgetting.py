"""What has been kept long enough goes a little at a time, and what is kept stays whole."""

from __future__ import annotations

import pytest

from bitting.activity.ports import ALWAYS_NS, Batch, CountQuery, Line, Query, Retention, Step
from bitting.domain.keys import Key
from bitting.gate.totals import DAY_NS
from bitting.lifecycle.rotate import rotate
from tests.stores.trial import HMAC, PEER, START_NS, Trial, binance_dialect, record

LONG = Retention(10_000, 10_000, 10_000, 10_000)


def live(trial: Trial, key: Key, days: int) -> None:
    """A day by day: a page, an address of its own, and now and then the same."""
    for day in range(days):
        at_ns = START_NS + day * DAY_NS
        records = [record(key, at_ns=at_ns, peer=PEER + 256 * day), record(key, at_ns=at_ns)]
        observed = record(key, at_ns=at_ns, verdict="observed", reason="pair.outside")
        trial.store.write(Batch([Line(each, None) for each in (*records, observed)], [], {}, {}))


def forget_all(trial: Trial, retention: Retention, now_ns: int) -> int:
    """How many times there was something left to do."""
    times = 1
    while trial.store.forget(retention, now_ns):
        times += 1
    return times


def periods(trial: Trial, step: Step) -> int:
    return len(trial.store.counted(CountQuery(step, 0, ALWAYS_NS), trial.now_ns))


def test_each_kind_is_kept_as_long_as_it_is_said(trial: Trial) -> None:
    """Records, minutes, hours and days of counts, each for its own days; and addresses with the records."""
    key = trial.key()
    live(trial, key, 10)
    now_ns = START_NS + 9 * DAY_NS
    assert forget_all(trial, LONG, now_ns) == 1
    assert len(trial.store.activity(Query(), now_ns).entries) == 30
    forget_all(trial, Retention(records=5, minutes=1, hours=3, days=7), now_ns)
    entries = trial.store.activity(Query(most=1000), now_ns).entries
    assert sorted({(each.record.at_ns - START_NS) // DAY_NS for each in entries}) == [4, 5, 6, 7, 8, 9]
    assert [periods(trial, step) for step in Step] == [2, 4, 8]
    assert len(trial.look(lambda shelf: shelf.observed(0))[0].request_ids) == 3
    assert trial.look(lambda shelf: shelf.observed(0))[0].times == 6
    assert len(trial.store.uses(key.id, now_ns).addresses) == 6 + 1
    assert trial.look(lambda shelf: shelf.scrub()) == []
    assert trial.store.activity(Query(key=key.id, most=1000), now_ns).entries == entries


def test_what_is_forgotten_goes_in_slices(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody who writes waits long; between two of them the log is whole, and is written to."""
    for name in ("PAGES", "SLICE"):
        monkeypatch.setattr(f"bitting.stores.forgetting.{name}", 2)
    key = trial.key()
    live(trial, key, 9)
    now_ns = START_NS + 8 * DAY_NS
    slices = 0
    while trial.store.forget(Retention(1, 1, 1, 1), now_ns):
        slices += 1
        assert trial.look(lambda shelf: shelf.scrub()) == []
        trial.store.write(Batch([Line(record(key, at_ns=now_ns), None)], [], {}, {}))
    assert slices > 4
    for _ in range(20):
        trial.store.forget(Retention(1, 1, 1, 1), now_ns)
    entries = trial.store.activity(Query(most=1000), now_ns).entries
    assert len(entries) == 6 + slices
    assert len(trial.store.uses(key.id, now_ns).addresses) == 2 + 1
    with trial.engine.reading() as tables:
        assert {tables.log.drop_spans(0, 10), tables.log.drop_pages(0, 10)} == {0}


def test_everything_can_be_forgotten(trial: Trial) -> None:
    """And a new record is the first there is. What a key used last is known by its time, and no longer by its
    address."""
    key = trial.key()
    live(trial, key, 3)
    now_ns = START_NS + 30 * DAY_NS
    nobody = trial.key(label="other")
    trial.store.write(Batch([Line(record(nobody, at_ns=START_NS), None)], [], {}, {}))
    for _ in range(3):
        forget_all(trial, Retention(1, 1, 1, 1), now_ns)
    assert trial.store.activity(Query(), now_ns).entries == []
    assert trial.store.activity(Query(key=key.id), now_ns).entries == []
    assert [periods(trial, step) for step in Step] == [0, 0, 0]
    (use,) = trial.store.uses(key.id, now_ns).credentials
    assert (use.at_ns, use.address, use.client) == (START_NS + 2 * DAY_NS, 0, "")
    again = Trial(trial.engine)
    again.store.write(Batch([Line(record(key, at_ns=now_ns), None)], [], {}, {}))
    assert len(again.store.activity(Query(), now_ns).entries) == 1
    assert again.look(lambda shelf: shelf.scrub()) == []


def test_a_number_is_not_given_twice(trial: Trial) -> None:
    """A name that was forgotten leaves no number behind for another one, which would then be shown in its place."""
    key = trial.key()
    trial.store.write(Batch([Line(record(key), None)], [], {}, {}))
    now_ns = START_NS + 30 * DAY_NS
    forget_all(trial, Retention(1, 1, 1, 1), now_ns)
    rotated = trial.do(lambda act: rotate(act, key.id, binance_dialect(), HMAC, 60)).key
    again = Trial(trial.engine)
    again.store.write(Batch([Line(record(rotated, at_ns=now_ns, peer=PEER + 9, agent="new"), None)], [], {}, {}))
    new, old = again.store.uses(key.id, now_ns).credentials
    assert (new.credential, new.address, new.client) == (rotated.primary.id, PEER + 9, "new")
    assert (old.credential, old.address) == (key.primary.id, 0)


def test_an_empty_log_has_nothing_to_forget(trial: Trial) -> None:
    """It was not even founded."""
    assert not trial.store.forget(Retention(), START_NS)
