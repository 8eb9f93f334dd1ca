"""The pages of the activity log, edited, exchanged, deleted, put in and put back past Bitting: all of it is found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from bitting.activity.ports import Batch, Line, Query
from bitting.domain.activity import Outcome
from bitting.domain.errors import Tampered
from bitting.domain.keys import Key
from bitting.gate.totals import DAY_NS
from bitting.stores.shelf import Shelf
from tests.stores.trial import START_NS, Trial, record
from tests.stores.vandal import Row, Vandal


@pytest.fixture
def keys(trial: Trial) -> list[Key]:
    """Of two accounts, with five pages of records and what became of them."""
    keys = [trial.key(trial.account(name), name) for name in ("one", "other")]
    for page in range(5):
        records = [record(keys[page % 2]), record(keys[0], at_ns=START_NS + page)]
        trial.store.write(Batch([Line(each, None) for each in records], [], {}, {}))
        trial.store.write(Batch([], [Outcome(records[0].request_id, 200, "")], {}, {}))
    return keys


def wrong(trial: Trial) -> list[str]:
    """What a process says of it that has nothing in memory."""
    return Trial(trial.engine).look(lambda shelf: [each for each in shelf.scrub() if "activity" in each])


def test_what_was_written_is_whole(trial: Trial, keys: list[Key]) -> None:
    """Also in stretches, and with nothing in it."""
    assert wrong(trial) == []
    place: tuple[str, str] | None = ("", "")
    seen = []
    while place is not None:
        said, place = trial.look(partial(Shelf.scrub_on, since=place, most=3))
        assert said == []
        seen.append(place)
    assert [each for each in seen if each is not None and each[0] == "page"]


def page(vandal: Vandal, number: int) -> Row:
    return next(each for each in vandal.rows("activity_pages") if each["page"] == number)


def edit_body(vandal: Vandal) -> None:
    row = page(vandal, 3)
    vandal.edit("activity_pages", row, body=row["body"].replace(b"admitted", b"observed"))


def edit_time(vandal: Vandal) -> None:
    vandal.edit("activity_pages", page(vandal, 3), oldest_ns=START_NS - DAY_NS)


def edit_top(vandal: Vandal) -> None:
    vandal.edit("activity_pages", page(vandal, 5), top_ns=START_NS + DAY_NS)


def exchange(vandal: Vandal) -> None:
    """One page's content in another's place, mark and all."""
    one, other = page(vandal, 3), page(vandal, 5)
    vandal.edit("activity_pages", one, **{each: other[each] for each in ("body", "mark", "before", "oldest_ns")})


def exchange_callers(vandal: Vandal) -> None:
    """One key's records in the other's name."""
    one, other, *_ = vandal.rows("callers")
    vandal.edit("callers", one, key_id=other["key_id"], mark=other["mark"])


def edit_caller(vandal: Vandal) -> None:
    vandal.edit("callers", vandal.rows("callers")[0], account_id="somebody else's")


def delete_caller(vandal: Vandal) -> None:
    vandal.delete("callers", vandal.rows("callers")[0])


def delete_first(vandal: Vandal) -> None:
    vandal.delete("activity_pages", page(vandal, 1))


def delete_one(vandal: Vandal) -> None:
    vandal.delete("activity_pages", page(vandal, 4))


def cut_off(vandal: Vandal) -> None:
    for number in (10, 9):
        vandal.delete("activity_pages", page(vandal, number))


def cut_off_and_say_so(vandal: Vandal) -> None:
    """With the head edited to fit, but for its seal."""
    cut_off(vandal)
    vandal.edit("activity_head", vandal.rows("activity_head")[0], last_page=8, mark=page(vandal, 8)["mark"])


def forget_early(vandal: Vandal) -> None:
    delete_first(vandal)
    vandal.edit("activity_head", vandal.rows("activity_head")[0], first_page=2)


def put_in(vandal: Vandal) -> None:
    vandal.insert("activity_pages", {**page(vandal, 10), "page": 11})


def delete_head(vandal: Vandal) -> None:
    vandal.delete("activity_head", vandal.rows("activity_head")[0])


def delete_all(vandal: Vandal) -> None:
    for row in vandal.rows("activity_pages"):
        vandal.delete("activity_pages", row)
    delete_head(vandal)


def hide_from_caller(vandal: Vandal) -> None:
    vandal.delete("activity_spans", vandal.rows("activity_spans")[0])


def hide_outcome(vandal: Vandal) -> None:
    vandal.delete("activity_tellers", vandal.rows("activity_tellers")[0])


ATTACKS: list[Callable[[Vandal], None]] = [
    edit_body,
    edit_time,
    edit_top,
    exchange,
    exchange_callers,
    edit_caller,
    delete_caller,
    delete_first,
    delete_one,
    cut_off,
    cut_off_and_say_so,
    forget_early,
    put_in,
    delete_head,
    delete_all,
    hide_from_caller,
    hide_outcome,
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda each: each.__name__)
def test_it_is_found(trial: Trial, keys: list[Key], vandal: Vandal, attack: Callable[[Vandal], None]) -> None:
    """And said."""
    attack(vandal)
    said = wrong(trial)
    assert said
    assert all("past Bitting" in each or "deleted" in each or "put back" in each for each in said)


def test_a_page_of_another_past_does_not_follow(trial: Trial, vandal: Vandal) -> None:
    """Two pages with one number were written in two pasts, each of them genuine; only one of them is followed."""
    key = trial.key()
    trial.store.write(Batch([Line(record(key), None)], [], {}, {}))
    head = vandal.rows("activity_head")[0]
    trial.store.write(Batch([Line(record(key), None)], [], {}, {}))
    second = page(vandal, 2)
    vandal.delete("activity_pages", second)
    vandal.edit("activity_head", vandal.rows("activity_head")[0], **head)
    forked = Trial(trial.engine)
    for _ in range(2):
        forked.store.write(Batch([Line(record(key), None)], [], {}, {}))
    assert wrong(trial) == []
    vandal.edit("activity_pages", page(vandal, 2), **second)
    assert [each.split(":")[0] for each in wrong(trial)] == ["page of the activity log 3"]


def test_the_last_page_of_another_past_is_not_the_last(trial: Trial, vandal: Vandal) -> None:
    """Put back where the log ends, it follows, and is not what the head says."""
    key = trial.key()
    trial.store.write(Batch([Line(record(key), None)], [], {}, {}))
    head = vandal.rows("activity_head")[0]
    trial.store.write(Batch([Line(record(key), None)], [], {}, {}))
    second = page(vandal, 2)
    vandal.delete("activity_pages", second)
    vandal.edit("activity_head", vandal.rows("activity_head")[0], **head)
    Trial(trial.engine).store.write(Batch([Line(record(key), None)], [], {}, {}))
    assert wrong(trial) == []
    vandal.edit("activity_pages", page(vandal, 2), **second)
    assert [each.split(":")[0] for each in wrong(trial)] == ["page of the activity log 2"]


@pytest.mark.parametrize("attack", [edit_body, edit_caller, delete_caller, cut_off_and_say_so])
def test_what_was_tampered_with_is_not_shown(
    trial: Trial, keys: list[Key], vandal: Vandal, attack: Callable[[Vandal], None]
) -> None:
    """Reading refuses as well, rather than showing what nobody wrote."""
    attack(vandal)
    with pytest.raises(Tampered):
        Trial(trial.engine).store.activity(Query(), START_NS)


def test_an_outcome_that_was_deleted_is_missed_when_it_is_read(trial: Trial, keys: list[Key], vandal: Vandal) -> None:
    """The page that tells it is named, and is not there."""
    vandal.delete("activity_pages", page(vandal, 2))
    with pytest.raises(Tampered, match="page 2"):
        Trial(trial.engine).store.activity(Query(), START_NS)


@pytest.mark.parametrize("attack", [cut_off_and_say_so, forget_early, put_in, delete_head, delete_all])
def test_nothing_is_written_behind_a_forged_end(
    trial: Trial, keys: list[Key], vandal: Vandal, attack: Callable[[Vandal], None]
) -> None:
    """A new seal would make the forgery genuine; so nothing that has to be written goes on any more."""
    attack(vandal)
    with pytest.raises(Tampered, match="activity log"):
        Trial(trial.engine).store.write(Batch([Line(record(keys[0]), None)], [], {}, {}))


def test_marks_are_under_the_house_s_own_key(trial: Trial, keys: list[Key], vandal: Vandal) -> None:
    """Without it nothing can be believed, and a new one is not made in its place."""
    row = next(each for each in vandal.rows("account_keys") if each["account_id"] == "")
    vandal.delete("account_keys", row)
    assert wrong(trial)
    with pytest.raises(Tampered):
        Trial(trial.engine).store.write(Batch([Line(record(keys[0]), None)], [], {}, {}))
