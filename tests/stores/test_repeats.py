"""Questions that are carried out once, in the store: kept with what they made, gone with it, forgotten after a day."""

from __future__ import annotations

import pytest

from bitting.domain.errors import Conflict, NameReused, Unavailable
from bitting.domain.once import KEPT_MS, Once
from bitting.lifecycle.act import Act
from tests.stores.trial import Trial

FIRST = Once("user:ada", "order 7", b"a" * 32)
OTHERS = [
    FIRST._replace(who="user:bob"),  # a name is its giver's own
    FIRST._replace(name="order 8"),
    FIRST._replace(name="Order 7"),
]


def keep(trial: Trial, once: Once = FIRST, object_id: str = "key-1") -> None:
    trial.do(lambda act: act.work.keep_once(once, object_id))


def found(trial: Trial, once: Once = FIRST) -> str | None:
    return trial.do(lambda act: act.work.repeated(once))


def test_what_was_done_under_a_name_is_found_again(trial: Trial) -> None:
    """By the same person, under the same name, for the same question; other names know nothing of it."""
    assert found(trial) is None
    keep(trial)
    assert found(trial) == "key-1"
    assert [found(trial, each) for each in OTHERS] == [None, None, None]


def test_a_name_is_for_one_question(trial: Trial) -> None:
    """Another question under it is refused, and changes nothing about the first."""
    keep(trial)
    with pytest.raises(NameReused, match="another question"):
        found(trial, FIRST._replace(digest=b"b" * 32))
    with pytest.raises(Conflict, match="same name"):
        keep(trial, object_id="key-2")
    assert found(trial) == "key-1"


def test_it_is_kept_with_the_change_or_not_at_all(trial: Trial) -> None:
    """What fails behind it takes it back, and what it had forgotten comes back, too."""

    def fail(act: Act) -> None:
        assert act.work.repeated(FIRST) is None
        act.work.keep_once(FIRST, "key-1")
        assert act.work.repeated(FIRST) == "key-1"
        raise Unavailable("the disk is full")

    with pytest.raises(Unavailable):
        trial.do(fail)
    assert found(trial) is None
    keep(trial)
    old = trial.now_ns

    def forget_and_fail(act: Act) -> None:
        assert act.work.repeated(FIRST) is None
        raise Unavailable("the disk is full")

    trial.now_ns += (KEPT_MS + 1) * 1_000_000
    with pytest.raises(Unavailable):
        trial.do(forget_and_fail)
    trial.now_ns = old
    assert found(trial) == "key-1"


def test_it_is_forgotten_after_a_day(trial: Trial) -> None:
    """Not a millisecond earlier, whether or not anything else was kept since; then the name is free again."""
    keep(trial)
    trial.now_ns += (KEPT_MS - 1) * 1_000_000
    assert found(trial) == "key-1"
    assert found(trial) is None
    keep(trial, FIRST._replace(digest=b"b" * 32), "key-2")
    assert found(trial, FIRST._replace(digest=b"b" * 32)) == "key-2"
