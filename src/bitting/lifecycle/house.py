"""The house's own rules, its tables of actions, and its emergency stop."""

from __future__ import annotations

from dataclasses import replace

from bitting.domain.action_table import ActionTable
from bitting.domain.errors import IllegalStep, Refused
from bitting.domain.holds import Authority
from bitting.domain.house_policy import HousePolicy
from bitting.lifecycle.act import Act, must_match


def edit_house(act: Act, policy: HousePolicy) -> HousePolicy:
    """Set the house's rules. Frozen or not stays as it is: that has steps of its own. Raises Refused,
    ConsentMissing."""
    before, version = _rules(act)
    after = replace(policy, frozen=before.frozen)
    says = ("change the rules of the house", *before.changes(after))
    act.allow("house.edit", "house", version, after.digest(), widens=True, says=says)
    return act.keep_house("house.edit", before, version, after)


def set_actions(act: Act, dialect: str, table: ActionTable, *, expected: int | None = None) -> int:
    """Make this the house's table of actions for a dialect; its version. `expected` is the version its editor saw. The
    table that is there already is left there. Raises Refused, Conflict, ConsentMissing."""
    _only_for_operators(act)
    before, version = act.work.actions(dialect)
    must_match(version, expected)
    if table == before:
        return version
    changed = [f"{name}: {', '.join(routes)}" for name, routes in before.changes(table)._asdict().items() if routes]
    says = (f"change what the routes of {dialect} mean", *changed)
    act.allow("actions.set", dialect, version, table.digest(), widens=True, says=says)
    return act.keep_actions("actions.set", dialect, before, version, table)


def freeze_house(act: Act) -> HousePolicy:
    """Stop every key there is. Raises Refused, IllegalStep when they are stopped already."""
    return _turn(act, "house.freeze", frozen=True)


def thaw_house(act: Act) -> HousePolicy:
    """Let keys work again. Raises Refused, IllegalStep, ConsentMissing."""
    return _turn(act, "house.thaw", frozen=False)


def _turn(act: Act, deed: str, *, frozen: bool) -> HousePolicy:
    before, version = _rules(act)
    if before.frozen is frozen:
        raise IllegalStep("the house is frozen already" if frozen else "the house is not frozen")
    after = replace(before, frozen=frozen)
    act.allow(deed, "house", version, after.digest(), widens=not frozen, says=("let every key work again",))
    return act.keep_house(deed, before, version, after)


def _rules(act: Act) -> tuple[HousePolicy, int]:
    """The rules as they stand. Raises Refused for a holder."""
    _only_for_operators(act)
    return act.work.house()


def _only_for_operators(act: Act) -> None:
    """Raise Refused for a holder: the house is above its holders."""
    if act.consent.authority is Authority.HOLDER:
        raise Refused("the rules of the house are its operator's to change")
