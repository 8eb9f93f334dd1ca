"""A hold is a reason why a key does not work just now. Several can stand at once.

Each is lifted only by the authority that may judge its cause: a holder who paused a key cannot undo
what the security officer locked.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from bitting.domain.errors import IllegalStep


class Hold(Enum):
    """Who, or what, stopped the key."""

    HOLDER = "holder"  # paused by its owner
    WATCH = "watch"  # stopped by a rule over its activity
    OPERATOR = "operator"  # locked by the house
    LEAK = "leak"  # its secret was seen where it should not be

    __hash__ = object.__hash__


class Authority(Enum):
    """In whose name a hold is set or lifted."""

    HOLDER = "holder"
    OPERATOR = "operator"
    HOUSE = "house"  # the software itself


SETS: Final[Mapping[Hold, frozenset[Authority]]] = {
    Hold.HOLDER: frozenset({Authority.HOLDER, Authority.OPERATOR}),
    Hold.WATCH: frozenset({Authority.HOUSE}),
    Hold.OPERATOR: frozenset({Authority.OPERATOR, Authority.HOUSE}),
    Hold.LEAK: frozenset({Authority.HOUSE, Authority.OPERATOR}),
}
# A leaked secret does not become safe again: the operator lifts that hold after a rotation, not instead of one.
LIFTS: Final[Mapping[Hold, frozenset[Authority]]] = {
    Hold.HOLDER: frozenset({Authority.HOLDER, Authority.OPERATOR}),
    Hold.WATCH: frozenset({Authority.HOLDER, Authority.OPERATOR}),
    Hold.OPERATOR: frozenset({Authority.OPERATOR}),
    Hold.LEAK: frozenset({Authority.OPERATOR}),
}


def with_hold(holds: frozenset[Hold], hold: Hold, authority: Authority) -> frozenset[Hold]:
    """The set with `hold` in it. Raises IllegalStep when it stands already or the authority may not set it."""
    if authority not in SETS[hold]:
        raise IllegalStep(f"a {hold.value} hold is not set by the {authority.value}")
    if hold in holds:
        raise IllegalStep(f"the {hold.value} hold stands already")
    return holds | {hold}


def without_hold(holds: frozenset[Hold], hold: Hold, authority: Authority) -> frozenset[Hold]:
    """The set without `hold`. Raises IllegalStep when it does not stand or the authority may not lift it."""
    if authority not in LIFTS[hold]:
        raise IllegalStep(f"a {hold.value} hold is not lifted by the {authority.value}")
    if hold not in holds:
        raise IllegalStep(f"there is no {hold.value} hold to lift")
    return holds - {hold}
