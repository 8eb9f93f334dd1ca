"""Changing what everything is sealed under: the root, and the key of a shard.

A change of the root is one transaction. The keys of several shards are changed one after another, each in one
transaction of its own, and each such state is whole. What has been planned and is still to be done is read off the
journal, so that a rotation that was interrupted is not taken for one that was finished.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bitting.domain.change import Change
from bitting.domain.consent import Strength
from bitting.domain.errors import ConsentMissing, MalformedValue, Refused
from bitting.lifecycle.act import Act
from bitting.vault.keyring import SHARDS

SHARD: Final = "shard"  # the kind of object that a shard's key is in the journal
_PLAN: Final = "plan"  # and the id of what is planned for all of them

Last = Callable[[str, str], Change | None]


def change_root(act: Act, before: str, after: str, boxes: Mapping[str, Mapping[int, bytes]]) -> None:
    """Put the keys that another root has wrapped in the place of all there are. Raises ConsentMissing."""
    _on_the_machine(act)
    for environment, wrapped in boxes.items():
        act.work.put_shards(environment, wrapped)
    act.note("root.rotate", {"before": before, "after": after})


def plan_turns(act: Act, shards: Sequence[int]) -> list[int]:
    """Say that these shards are to get new keys, all if none is named. Raises Refused while an earlier plan is not
    carried out, MalformedValue, ConsentMissing."""
    _on_the_machine(act)
    if left := turns_left(act.work.last):
        raise Refused(
            f"a rotation is under way, and shards {_listed(left)} are still to be done: "
            "`bitting shards rotate --resume`"
        )
    planned = sorted(set(shards)) or list(range(SHARDS))
    if not set(planned) <= set(range(SHARDS)):
        raise MalformedValue(f"the shards are numbered 0 to {SHARDS - 1}")
    act.keep_shards("shards.plan", _PLAN, b"", b"", {"shards": " ".join(map(str, planned))})
    return planned


def turns_left(last: Last) -> list[int]:
    """The shards of the last plan that have not got their new keys yet; `last` is the journal's word on an object."""
    plan = last(SHARD, _PLAN)
    if plan is None:
        return []
    shards = str(plan.facts["shards"]).split()
    return [int(each) for each in shards if _plan_of(last(SHARD, each)) != plan.version]


def turn(act: Act, number: int, before: bytes, after: bytes) -> None:
    """Record that a shard's rows are under another key from now on; both are named by their checks.
    Raises Refused unless that was planned, ConsentMissing."""
    _on_the_machine(act)
    plan = act.work.last(SHARD, _PLAN)
    if plan is None or number not in turns_left(act.work.last):
        raise Refused(f"shard {number} has its new key, or was to have none: `bitting shards show`")
    act.keep_shards("shard.rotate", str(number), before, after, {"plan": plan.version})


def _plan_of(turned: Change | None) -> object:
    return None if turned is None else turned.facts.get("plan")


def _on_the_machine(act: Act) -> None:
    if act.consent.strength is not Strength.LOCAL:
        raise ConsentMissing("what everything is sealed under is changed on the machine itself")


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
