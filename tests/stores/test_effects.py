"""What has to be durable with a record: marks, sums, and that a withdrawal's key is still the one that was judged."""

from __future__ import annotations

from decimal import Decimal

from bitting.activity.ports import Batch, Line, Query
from bitting.domain.errors import Conflict
from bitting.gate.ports import Effects
from bitting.gate.totals import DAY_NS
from bitting.lifecycle.hold import pause
from tests.stores.trial import Trial, record
from tests.stores.vandal import Vandal


def test_marks_never_fall(trial: Trial) -> None:
    """A group, or a later one, with a lower nonce leaves the mark where it was."""
    key = trial.key()
    for marks in ((5, 9, 7), (8,), (12,)):
        lines = [Line(record(key), Effects({key.primary.id: mark}, {}, None)) for mark in marks]
        trial.store.write(Batch(lines, [], {}, {}))
        loaded = trial.load(key)
        assert loaded is not None
        assert loaded.marks[key.primary.id] == max(9, *marks)


def test_the_last_sum_counts(trial: Trial) -> None:
    """Sums are the new totals: the latest in a group stands, and what was given back comes after the records."""
    key = trial.key()
    slot = (key.id, "orders", "USDT", trial.now_ns // DAY_NS)
    lines = [Line(record(key), Effects({}, {slot: Decimal(each)}, None)) for each in (10, 30)]
    trial.store.write(Batch(lines, [], {}, {}))
    loaded = trial.load(key)
    assert loaded is not None
    assert loaded.sums == {slot: Decimal(30)}
    trial.store.write(Batch(lines, [], {slot: Decimal("29.5")}, {}))
    loaded = trial.load(key)
    assert loaded is not None
    assert loaded.sums == {slot: Decimal("29.5")}


def test_a_withdrawal_of_a_key_that_moved_on_has_no_effect(trial: Trial) -> None:
    """`unchanged` is looked at in the transaction itself; what is refused there is in the log as refused."""
    key = trial.key()
    slot = (key.id, "withdrawals", "BTC", trial.now_ns // DAY_NS)
    effects = Effects({key.primary.id: 5}, {slot: Decimal(1)}, (key.id, key.version))
    trial.do(lambda act: pause(act, key.id))
    unknown = effects._replace(unchanged=("nobody", 1))
    good = Effects({"c": 1}, {}, (key.id, key.version + 1))
    batch = Batch([Line(record(key), effects), Line(record(key), unknown), Line(record(key), good)], [], {}, {})
    answers = trial.store.write(batch)
    assert [type(each) for each in answers] == [Conflict, Conflict, type(None)]
    loaded = trial.load(key)
    assert loaded is not None
    assert (loaded.marks, loaded.sums) == ({}, {})
    entries = trial.store.activity(Query(), trial.now_ns).entries
    verdicts = [(each.record.verdict, each.record.reason) for each in entries]
    assert verdicts == [("denied", "gate.unavailable")] * 2 + [("admitted", "")]


def test_a_withdrawal_of_an_edited_row_has_no_effect(trial: Trial, vandal: Vandal) -> None:
    """The version alone is not believed: a row that was edited past Bitting is as good as moved on."""
    key = trial.key()
    (row,) = vandal.rows("keys")
    vandal.edit("keys", row, holds="operator")
    line = Line(record(key), Effects({}, {}, (key.id, key.version)))
    (answer,) = trial.store.write(Batch([line], [], {}, {}))
    assert isinstance(answer, Conflict)
