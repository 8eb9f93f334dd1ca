"""What a person needs to ask for each thing: the one table, beside `INTENTS`, and the scope that comes of it.

Two ways lead to most things: a role on the account, or a role in the house, which counts for all accounts. What has no
line here only the operator on the machine itself may ask for, and so what somebody adds to the desk and forgets here is
closed. docs/rights.md shows the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from bitting.desk.caller import Caller
from bitting.desk.scope import Scope
from bitting.domain.errors import Refused
from bitting.domain.holds import Authority
from bitting.domain.roles import IN_HOUSE, ON_ACCOUNT, Right


class Need(NamedTuple):
    """The right on the account, or instead of it the one in the house; None: that way is closed. With `everybody` it is
    enough to be signed in, since one can reach nothing by it but one's own."""

    account: Right | None = None
    house: Right | None = None
    everybody: bool = False


MACHINE: Final = Need()
OWN: Final = Need(everybody=True)
_SEE: Final = Need(Right.SEE, Right.SEE)
_STOP: Final = Need(Right.STOP, Right.STOP)
_MANAGE: Final = Need(Right.MANAGE)
_HOUSE_SEES: Final = Need(house=Right.SEE)
_HOUSE_STOPS: Final = Need(house=Right.STOP)
_HOUSE_RULES: Final = Need(house=Right.RULES)
_ROOT: Final = Need(house=Right.ROOT)

RIGHTS: Final[Mapping[str, Need]] = {
    "account.open": _HOUSE_RULES,
    "account.list": _SEE,
    "account.show": _SEE,
    "account.limit": _MANAGE,
    "account.add-address": _MANAGE,
    "account.remove-address": _MANAGE,
    "account.shred": MACHINE,  # cannot be undone
    "actions.show": _HOUSE_SEES,
    "actions.check": _HOUSE_SEES,
    "actions.load": _HOUSE_RULES,
    "activity.list": _SEE,
    "activity.chart": _SEE,
    "activity.unmapped": _HOUSE_SEES,
    "activity.observed": _HOUSE_SEES,
    "activity.strangers": _HOUSE_SEES,
    "approval.list": _HOUSE_SEES,
    "approval.show": _HOUSE_SEES,
    "approval.approve": _HOUSE_RULES,
    "approval.refuse": _HOUSE_RULES,
    "approval.withdraw": _HOUSE_RULES,
    "approval.break-glass": _ROOT,
    "backup": MACHINE,  # writes a file where it is told to
    "confirmation.show": OWN,
    "confirmation.answer": OWN,
    "freeze": _STOP,
    "thaw": Need(Right.MANAGE, Right.RULES),
    "house.show": _HOUSE_SEES,
    "house.preview": _HOUSE_SEES,
    "house.edit": _HOUSE_RULES,
    "journal.export": MACHINE,  # writes a file where it is told to
    "journal.list": _SEE,
    "journal.prove": _HOUSE_SEES,
    "journal.check": _HOUSE_SEES,
    "journal.prune": _ROOT,
    "key.issue": _MANAGE,
    "key.import": _MANAGE,
    "key.list": _SEE,
    "key.show": _SEE,
    "key.unused": _SEE,
    "key.edit": _MANAGE,
    "key.rotate": _MANAGE,
    "key.roll-back": _MANAGE,
    "key.pause": _STOP,
    "key.resume": _MANAGE,
    "key.lock": _HOUSE_STOPS,
    "key.unlock": _HOUSE_RULES,
    "key.revoke": _STOP,
    "key.bulk": _STOP,
    "key.can": _SEE,
    "key.explain": _SEE,
    "key.explain-record": _SEE,
    "key.nonces": _SEE,
    "key.reset-nonces": _MANAGE,
    "root.show": _ROOT,
    "root.split": MACHINE,
    "root.rotate": MACHINE,
    "rows.check": _HOUSE_SEES,
    "shards.show": _ROOT,
    "shards.plan": MACHINE,
    "shards.next": MACHINE,
    "status": _HOUSE_SEES,
    "user.add": MACHINE,  # shows a link by which its reader becomes that person
    "user.list": _HOUSE_SEES,
    "user.show": _HOUSE_SEES,
    "user.role": _HOUSE_RULES,
    "user.disable": _HOUSE_RULES,
    "user.enable": _HOUSE_RULES,
    "user.reset": MACHINE,  # shows such a link, too
    "user.sessions": _HOUSE_RULES,
    "user.sign-out": _HOUSE_RULES,
}


class Admitted(NamedTuple):
    """In whose name the question is asked, and on which accounts; a scope of None is all of them."""

    authority: Authority
    scope: Scope | None


def admitted(caller: Caller, intent: str) -> Admitted:
    """Whether the caller may ask for that at all, and where. Raises Refused."""
    if caller.is_local:
        return Admitted(Authority.OPERATOR, None)
    need, rights = RIGHTS.get(intent, MACHINE), caller.rights
    if need.house in rights:
        return Admitted(Authority.OPERATOR, None)
    if need.account is None and not need.everybody:
        raise Refused(f"{intent} is not yours to ask for: {_who(need)} may")
    sees = None if Right.SEE in rights else _accounts(caller, Right.SEE)
    may = frozenset[str]() if need.account is None else _accounts(caller, need.account)
    return Admitted(Authority.HOLDER, Scope(sees, may))


def _accounts(caller: Caller, right: Right) -> frozenset[str]:
    return frozenset(account for account, role in caller.accounts.items() if right in ON_ACCOUNT[role])


def _who(need: Need) -> str:
    """Those who may, for whoever may not."""
    roles = [role.value for role, rights in IN_HOUSE.items() if need.house in rights]
    if not roles:
        return "the operator on the machine itself"
    return f"in the house, {' or '.join(roles)}"
