"""A restored store gives out no key until the house is frozen and the keys whose clients count are held (G12)."""

from __future__ import annotations

import pytest

from bitting.activity.ports import Batch, Line
from bitting.domain.errors import Unavailable
from bitting.domain.holds import Hold
from bitting.gate.ports import Effects
from bitting.lifecycle.hold import lock
from bitting.lifecycle.house import freeze_house
from bitting.lifecycle.revoke import revoke
from bitting.stores.settle import settle
from tests.stores.trial import COUNTER, Trial, record
from tests.stores.vandal import Vandal


@pytest.fixture
def restored(trial: Trial, vandal: Vandal) -> Trial:
    """As `restore` leaves it: one key whose client counts, one held already, one revoked, one that goes by time."""
    account = trial.account()
    trial.key(account, "counts", COUNTER)
    held = trial.key(account, "counts and is held", COUNTER)
    trial.do(lambda act: lock(act, held.id))
    ended = trial.key(account, "counts no more", COUNTER)
    trial.do(lambda act: revoke(act, ended.id))
    timely = trial.key(account, "goes by time")
    line = Line(record(timely), Effects({timely.primary.id: trial.now_ns - 1}, {}, None))
    trial.store.write(Batch([line], [], {}, {}))
    (row,) = vandal.rows("ground")
    vandal.edit("ground", row, settled=0, restored_at_ns=trial.now_ns)
    return trial


def test_nothing_works_before_it_is_settled(restored: Trial) -> None:
    """Every key is refused as if the store were away, whatever it is."""
    for key in restored.look(lambda shelf: shelf.keys(None)):
        with pytest.raises(Unavailable, match="restored"):
            restored.load(key)


def test_settling_freezes_the_house_and_holds_what_counts(restored: Trial) -> None:
    """In one change, journalled; keys that are held or revoked already stay as they are."""
    counting = restored.look(lambda shelf: shelf.find_key("counts"))
    size = restored.store.journal_size()
    assert settle(restored.store, restored.now_ns, "request-1") == [counting.id]
    assert restored.look(lambda shelf: shelf.find_key("counts")).holds == {Hold.OPERATOR}
    assert restored.look(lambda shelf: shelf.house())[0].frozen
    assert restored.store.journal_size() == size + 2
    assert restored.look(lambda shelf: shelf.scrub()) == []
    assert restored.load(counting) is not None


def test_settling_twice_does_nothing(restored: Trial) -> None:
    """A store that is settled, or was never restored, is left as it is."""
    settle(restored.store, restored.now_ns, "request-1")
    size = restored.store.journal_size()
    assert settle(restored.store, restored.now_ns, "request-2") == []
    assert restored.store.journal_size() == size


def test_a_house_that_is_frozen_stays_so(restored: Trial) -> None:
    """Settling a house that was frozen when it was backed up only settles it."""
    restored.do(freeze_house)
    settle(restored.store, restored.now_ns, "request-1")
    assert restored.look(lambda shelf: shelf.ground()).settled


def test_no_nonce_from_before_the_restore_is_new(restored: Trial) -> None:
    """Where nonces are times, the mark is at least the moment of the restore; a counter's mark is what it was."""
    settle(restored.store, restored.now_ns, "request-1")
    timely = restored.look(lambda shelf: shelf.find_key("goes by time"))
    loaded = restored.load(timely)
    assert loaded is not None
    assert loaded.marks == {timely.primary.id: restored.look(lambda shelf: shelf.ground()).restored_at_ns}
    later = restored.now_ns + 5
    restored.store.write(Batch([Line(record(timely), Effects({timely.primary.id: later}, {}, None))], [], {}, {}))
    loaded = restored.load(timely)
    assert loaded is not None
    assert loaded.marks == {timely.primary.id: later}
    counting = restored.look(lambda shelf: shelf.find_key("counts"))
    loaded = restored.load(counting)
    assert loaded is not None
    assert loaded.marks == {}
