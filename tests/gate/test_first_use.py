"""Signed bytes and nonces pass once, whatever the clock does."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.verdict import Denied, Reason
from bitting.gate.first_use import CHANGED, Marks, Stamped
from bitting.gate.times import LONGEST_WINDOW_NS, SECOND_NS
from tests.gate.world import NOW

ORDER, READ, ELSEWHERE = CHANGED, b"GET /balances", b"GET /withdrawals"
MINUTE = 60 * SECOND_NS


def test_what_changes_state_passes_once() -> None:
    """The copy is refused, and so is every later one."""
    stamped = Stamped()
    assert stamped.use(b"id", NOW, ORDER, NOW) is None
    assert [stamped.use(b"id", NOW, ORDER, NOW) for _ in range(2)] == [Denied(Reason.REPLAYED)] * 2


def test_the_same_read_may_repeat_and_nothing_else_may_follow_it() -> None:
    """Clients on bad lines send a read again; a captured one is worth nothing on any other route."""
    stamped = Stamped()
    assert [stamped.use(b"id", NOW, READ, NOW) for _ in range(2)] == [None, None]
    assert stamped.use(b"id", NOW, ELSEWHERE, NOW) == Denied(Reason.REPLAYED)
    assert stamped.use(b"id", NOW, ORDER, NOW) == Denied(Reason.REPLAYED)
    assert stamped.use(b"id", NOW, READ, NOW) is None


def test_the_bytes_of_a_change_are_no_read_afterwards() -> None:
    """Used up is used up."""
    stamped = Stamped()
    assert stamped.use(b"id", NOW, ORDER, NOW) is None
    assert stamped.use(b"id", NOW, READ, NOW) == Denied(Reason.REPLAYED)


def test_bytes_are_remembered_as_long_as_their_time_is_admitted() -> None:
    """A copy is known at the last nanosecond of the longest window, and later its time is too old to ask."""
    stamped = Stamped()
    stamped.use(b"id", NOW, ORDER, NOW)
    last = NOW + LONGEST_WINDOW_NS
    assert stamped.use(b"other", last, ORDER, last) is None  # the drawers are tidied here
    assert stamped.use(b"id", NOW, ORDER, last) == Denied(Reason.REPLAYED)


def test_a_clock_that_went_forward_and_back_admits_nothing_it_has_forgotten() -> None:
    """N-14: what was admitted before the jump is not known any more, so nothing of that time is admitted at all."""
    stamped = Stamped()
    stamped.use(b"id", NOW, ORDER, NOW)
    hour_on = NOW + 60 * MINUTE
    assert stamped.use(b"ahead", hour_on, ORDER, hour_on) is None
    assert stamped.use(b"id", NOW, ORDER, NOW) == Denied(Reason.TIME_FLOOR)
    assert stamped.use(b"new", NOW + MINUTE, ORDER, NOW + MINUTE) == Denied(Reason.TIME_FLOOR)
    assert stamped.use(b"new", hour_on + MINUTE, ORDER, hour_on + MINUTE) is None


moments = st.integers(-200, 200).map(lambda quarters: NOW + quarters * SECOND_NS // 4)


@given(st.lists(st.tuples(st.integers(0, 3), moments, st.sampled_from([ORDER, READ, ELSEWHERE]), moments)))
def test_no_bytes_pass_twice_in_any_order_of_times(asked: list[tuple[int, int, bytes, int]]) -> None:
    """Bytes carry their stamp. However the clock jumps, they pass once, or again and again as one and the same read."""
    stamped, admitted = Stamped(), Counter[tuple[int, int, bytes]]()
    for name, stamp_ns, target, now_ns in asked:
        if stamped.use(b"%d:%d" % (name, stamp_ns), stamp_ns, target, now_ns) is None:
            admitted[name, stamp_ns, target] += 1
    for name, stamp_ns, target in admitted:
        assert admitted[name, stamp_ns, target] == 1 or target != CHANGED
        assert [each for each in admitted if each[:2] == (name, stamp_ns)] == [(name, stamp_ns, target)]


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 20), st.booleans())))
def test_a_mark_only_rises(steps: list[tuple[str, int, bool]]) -> None:
    """Each credential has its own; what a store knows counts like what was seen here, and never lowers it."""
    marks, highest = Marks(), {"a": -1, "b": -1}
    for credential, mark, learnt in steps:
        if learnt:
            marks.learn(credential, mark)
        else:
            refused = marks.use(credential, mark, READ)
            assert (refused is None) is (mark > highest[credential])
            if refused is not None:
                detail = f"the mark stands at {highest[credential]}"
                assert refused == Denied(Reason.NONCE_LOW, "", detail)
        highest[credential] = max(highest[credential], mark)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from([CHANGED, READ]))),
    st.integers(-1, 20),
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from([CHANGED, READ]))),
)
def test_a_lowered_mark_never_frees_what_changed_state(
    before: list[tuple[int, bytes]], durable: int, after: list[tuple[int, bytes]]
) -> None:
    """Whatever came that changes state, admitted or refused, does not pass behind a reset; nor what the disk knows."""
    marks = Marks()
    for mark, target in before:
        marks.use("a", mark, target)
    changed = {mark for mark, target in before if target == CHANGED}
    assert marks.lower("a", durable) == max(durable, *changed, -1)
    for mark, target in after:
        if marks.use("a", mark, target) is None:
            assert mark not in changed
            assert mark > durable


def test_a_mark_is_lowered_to_where_a_restart_would_bring_it() -> None:
    """So a read that went too far ahead stops nobody any more; and a mark that nobody knows of is the disk's."""
    marks = Marks()
    assert marks.use("a", 5, CHANGED) is None
    assert marks.use("a", 900, READ) is None
    assert marks.lower("a", 3) == 5
    assert marks.use("a", 6, READ) is None
    assert marks.lower("b", 7) == 7
    assert marks.use("b", 7, READ) is not None


def test_what_was_refused_for_a_low_nonce_stays_below_the_mark() -> None:
    """An order that came too late was used up all the same: a reset must not bring it back to life."""
    marks = Marks()
    assert marks.use("a", 900, READ) is None
    assert marks.use("a", 500, CHANGED) is not None
    assert marks.lower("a", -1) == 500
    assert marks.use("a", 500, CHANGED) is not None


def test_a_credential_is_kept_until_the_disk_has_its_newest_change() -> None:
    """An older mark that arrives meanwhile frees nothing; a nonce that only read is forgotten, as by a restart."""
    marks = Marks()
    for mark, target in ((5, CHANGED), (7, CHANGED), (9, READ)):
        assert marks.use("a", mark, target) is None
    marks.written("a", 5)
    assert not marks.forget("a")
    assert marks.use("a", 7, CHANGED) is not None
    marks.written("a", 7)
    assert marks.forget("a")
    assert len(marks) == 0
    marks.learn("a", 7)
    assert marks.use("a", 7, CHANGED) is not None
    assert marks.forget("a")  # the copy of what the disk has is owed by nobody
