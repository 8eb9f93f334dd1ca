"""The house's own rules, and its emergency stop."""

from __future__ import annotations

from dataclasses import replace

from bitting.domain.errors import IllegalStep
from bitting.domain.house_policy import HousePolicy
from bitting.lifecycle.act import Act


def edit_house(act: Act, policy: HousePolicy) -> HousePolicy:
    """Set the house's rules. Frozen or not stays as it is: that has steps of its own. Raises ConsentMissing."""
    before, version = act.work.house()
    after = replace(policy, frozen=before.frozen)
    act.allow("house.edit", "house", version, after.digest(), widens=True)
    return act.keep_house("house.edit", before, version, after)


def freeze_house(act: Act) -> HousePolicy:
    """Stop every key there is. Raises IllegalStep when they are stopped already."""
    return _turn(act, "house.freeze", frozen=True)


def thaw_house(act: Act) -> HousePolicy:
    """Let keys work again. Raises IllegalStep, ConsentMissing."""
    return _turn(act, "house.thaw", frozen=False)


def _turn(act: Act, deed: str, *, frozen: bool) -> HousePolicy:
    before, version = act.work.house()
    if before.frozen is frozen:
        raise IllegalStep("the house is frozen already" if frozen else "the house is not frozen")
    after = replace(before, frozen=frozen)
    act.allow(deed, "house", version, after.digest(), widens=not frozen)
    return act.keep_house(deed, before, version, after)
