"""What a person may do: on an account, and in the house.

A role is a set of rights, and the sets stand here in one place. What no role names, nobody may.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Right(Enum):
    """One thing a person may do, on an account or, in the house, on all of them."""

    SEE = "see"  # keys, policies, activity, the journal; never a secret
    STOP = "stop"  # pause, freeze, revoke: what only takes power away
    MANAGE = "manage"  # issue, edit, rotate, resume; widening asks for the second factor besides
    PEOPLE = "people"  # who else may do what on the account
    RULES = "rules"  # the house's rules, accounts, users, approvals
    ROOT = "root"  # root, shards, backups, retention


class AccountRole(Enum):
    """What a user is to an account."""

    OWNER = "owner"
    MANAGER = "manager"
    VIEWER = "viewer"


class HouseRole(Enum):
    """What a user is to the house."""

    OPERATOR = "operator"
    SECURITY = "security"
    AUDITOR = "auditor"  # reads everything, changes nothing
    SUPPORT = "support"  # pauses and freezes, never issues or widens


ON_ACCOUNT: Final[Mapping[AccountRole, frozenset[Right]]] = {
    AccountRole.OWNER: frozenset({Right.SEE, Right.STOP, Right.MANAGE, Right.PEOPLE}),
    AccountRole.MANAGER: frozenset({Right.SEE, Right.STOP, Right.MANAGE}),
    AccountRole.VIEWER: frozenset({Right.SEE}),
}

# Nobody of the house issues or widens a holder's keys: those rights come from the account.
IN_HOUSE: Final[Mapping[HouseRole, frozenset[Right]]] = {
    HouseRole.OPERATOR: frozenset({Right.SEE, Right.STOP, Right.RULES, Right.ROOT}),
    HouseRole.SECURITY: frozenset({Right.SEE, Right.STOP, Right.RULES}),
    HouseRole.AUDITOR: frozenset({Right.SEE}),
    HouseRole.SUPPORT: frozenset({Right.SEE, Right.STOP}),
}
