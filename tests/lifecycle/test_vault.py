"""What everything is sealed under is changed as planned, on the machine itself, and the journal knows it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bitting.domain.consent import Strength
from bitting.domain.errors import ConsentMissing, MalformedValue, Refused
from bitting.lifecycle.act import Act
from bitting.lifecycle.vault import change_root, plan_turns, turn, turns_left
from tests.lifecycle.work import OPERATOR, House

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def house() -> House:
    return House()


def left(house: House) -> list[int]:
    return house.do(lambda act: turns_left(act.work.last))


def test_another_root(house: House) -> None:
    """What it has wrapped stands in the place of all there was; the record has both ids, and no key."""
    boxes = {"house": {0: b"a", 1: b"b"}, "tags": {1: b"c"}}
    house.do(lambda act: change_root(act, "old", "new", boxes))
    assert house.rows.shards == boxes
    record = house.rows.journal[-1]
    assert (record.deed, record.kind, dict(record.facts)) == ("root.rotate", "house", {"before": "old", "after": "new"})


def test_a_plan_is_carried_out(house: House) -> None:
    """Shard by shard; each record names both keys by their checks."""
    assert left(house) == []
    assert house.do(lambda act: plan_turns(act, [2, 0, 2])) == [0, 2]
    assert left(house) == [0, 2]
    house.do(lambda act: turn(act, 2, OLD, NEW))
    record = house.rows.journal[-1]
    assert (record.deed, record.kind, record.id) == ("shard.rotate", "shard", "2")
    assert (record.before, record.digest, record.version) == (OLD, NEW, 1)
    assert left(house) == [0]
    house.do(lambda act: turn(act, 0, OLD, NEW))
    assert left(house) == []


def test_all_of_them_and_again(house: House) -> None:
    """No name means all; a second rotation is another one, and counts on."""
    for version in (1, 2):
        assert house.do(lambda act: plan_turns(act, [])) == [0, 1, 2, 3]
        for number in range(4):
            house.do(lambda act, number=number: turn(act, number, OLD, NEW))  # type: ignore[misc]
        assert [house.rows.journal[-1].version, left(house)] == [version, []]


def test_no_second_rotation_while_one_is_under_way(house: House) -> None:
    """It says which shards are left, and how to go on; afterwards there may be another."""
    house.do(lambda act: plan_turns(act, [1, 3]))
    house.do(lambda act: turn(act, 1, OLD, NEW))
    with pytest.raises(Refused, match=r"shards 3 are still to be done: `bitting shards rotate --resume`"):
        house.do(lambda act: plan_turns(act, [0]))
    house.do(lambda act: turn(act, 3, OLD, NEW))
    house.do(lambda act: plan_turns(act, [0]))
    assert left(house) == [0]


def test_what_was_not_planned_is_not_turned(house: House) -> None:
    """Nor what has been turned already."""
    with pytest.raises(Refused, match="shard 1 has its new key, or was to have none"):
        house.do(lambda act: turn(act, 1, OLD, NEW))
    house.do(lambda act: plan_turns(act, [1]))
    house.do(lambda act: turn(act, 1, OLD, NEW))
    for number in (0, 1):
        with pytest.raises(Refused):
            house.do(lambda act, number=number: turn(act, number, OLD, NEW))  # type: ignore[misc]


@pytest.mark.parametrize("shards", [[4], [-1], [0, 99]])
def test_shards_there_are_none_of(house: House, shards: list[int]) -> None:
    with pytest.raises(MalformedValue, match="numbered 0 to 3"):
        house.do(lambda act: plan_turns(act, shards))
    assert left(house) == []


@pytest.mark.parametrize("strength", [each for each in Strength if each is not Strength.LOCAL])
def test_only_on_the_machine_itself(house: House, strength: Strength) -> None:
    """No session, no second factor and no key's signature is enough."""
    far = OPERATOR.__class__("user:7", strength, OPERATOR.authority, "r-far")
    deeds: list[Callable[[Act], object]] = [
        lambda act: change_root(act, "old", "new", {}),
        lambda act: plan_turns(act, []),
        lambda act: turn(act, 0, OLD, NEW),
    ]
    for deed in deeds:
        with pytest.raises(ConsentMissing, match="on the machine itself"):
            house.do(deed, far)
