"""What a key may do: label, grants, network, expiry. The part of a key that its holder edits.

Two questions are answered here. `objection` asks whether an action is within a policy, as far as that can
be said without counting anything. `narrows` asks whether a change gives no power at all, so that
it needs no second factor; when in doubt it says no.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bitting.domain.action import Action, Kind, Order
from bitting.domain.canonical import Plain, digest
from bitting.domain.errors import MalformedValue
from bitting.domain.grants import Collar, Limits
from bitting.domain.network import Network
from bitting.domain.permissions import Permission
from bitting.domain.verdict import Denied, Reason

_CANCEL = Kind.CANCEL  # read once: off its Enum a member takes as long as a function call
MOST_LABEL = 64
# What has no shape though its category is that of letters and marks: Unicode's Default_Ignorable_Code_Point, and
# the Braille pattern without dots. "main" with one of these behind it is read as "main".
_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class Policy:
    """`grants` maps each permission the key has to its limits; `expires_at_ms` is None for never."""

    label: str
    grants: Mapping[Permission, Limits]
    network: Network
    expires_at_ms: int | None

    def to_plain(self) -> dict[str, Plain]:
        """The canonical form: what is stored, shown and digested."""
        return {
            "label": self.label,
            "grants": {
                permission.value: self.grants[permission].to_plain()
                for permission in sorted(self.grants, key=lambda each: each.value)
            },
            "network": self.network.to_text(),
            "expires_at_ms": self.expires_at_ms,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Policy:
        """Read what `to_plain` writes. Raises MalformedValue."""
        try:
            expires_at_ms = plain["expires_at_ms"]
            if expires_at_ms is not None and type(expires_at_ms) is not int:
                raise MalformedValue("expires_at_ms is a whole number, or null for never")
            return cls(
                label_from_text(plain["label"]),
                {Permission.from_text(name): Limits.from_plain(limits) for name, limits in plain["grants"].items()},
                Network.from_text(plain["network"]),
                expires_at_ms,
            )
        except (KeyError, TypeError, AttributeError):
            raise MalformedValue("a policy has label, grants, network and expires_at_ms") from None

    def digest(self) -> bytes:
        """SHA-256 of the canonical form: in the row's MAC, the journal, the consent and the ETag."""
        return digest(self.to_plain())


def label_from_text(text: str) -> str:
    """Read a label: 1 to 64 visible characters, trimmed. Raises MalformedValue.

    Controls, line ends and marks that reverse or hide text are refused: a label is read by people
    who are about to decide something by it.
    """
    label = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(label) <= MOST_LABEL:
        raise MalformedValue(f"a label has 1 to {MOST_LABEL} characters")
    if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for each in label) or (
        _SHAPELESS.search(label)
    ):
        raise MalformedValue("a label has only visible characters")
    return label


def objection(grants: Mapping[Permission, Limits], action: Action, last: Decimal | None) -> Denied | None:
    """Why these grants do not admit the action, or None. `last` is the last price of the action's pair, if known."""
    permission = action.permission
    if permission is None:  # the key's own record
        return None
    limits = grants.get(permission)
    if limits is None:
        return Denied(Reason.PERMISSION, permission.value, f"{action.name} needs {permission.value}")
    return limit_objection(limits, action, last)


def limit_objection(limits: Limits, action: Action, last: Decimal | None) -> Denied | None:
    """Why the limits do not admit the action, or None. The same for a grant's limits and an account's."""
    kind = action.kind
    pair = action.pair
    if kind is _CANCEL:
        # A cancel that names an order and no pair passes: cancelling must stay possible.
        return None if pair is None or limits.pairs.admits(pair) else _not_for(limits, action)
    if not limits.pairs.every and _knows_pairs(action) and not limits.pairs.admits(pair):
        return _not_for(limits, action)
    order = action.order
    if order is None:
        return _unapplied(limits, action)
    if order.reduce_only:
        return None
    collar_bp = limits.collar_bp
    if collar_bp is not None and not _inside_collar(order, last, collar_bp):
        shown = "market" if order.price is None else f"{order.price:f}"
        return Denied(Reason.ORDER_PRICE, shown, f"collar {collar_bp} bp round {last}")
    if limits.needs_value:
        value = order.value(last)
        if value is None or value <= 0 or pair is None:  # below zero it would give allowance back
            return Denied(Reason.ORDER_VALUE, "", "no price, no last price, no amount or no pair")
        if limits.largest_order is not None and value > limits.largest_order.most(pair.quote):
            most = limits.largest_order.most(pair.quote)
            return Denied(Reason.ORDER_SIZE, f"{value:f} {pair.quote}", f"at most {most:f} {pair.quote}")
    return None


def _unapplied(limits: Limits, action: Action) -> Denied | None:
    """A conversion trades and is no order: a limit on value or price cannot be applied to it, and so refuses it."""
    if action.permission is Permission.CONVERT_WRITE and (limits.needs_value or limits.collar_bp is not None):
        return Denied(Reason.ORDER_VALUE, "", "a conversion names no value and no price for the limits of the grant")
    return None


def _inside_collar(order: Order, last: Decimal | None, basis_points: int) -> bool:
    """Whether every price the order names is inside. A market order names none, and a trigger without a limit
    becomes one: both trade at any price, and are outside every collar."""
    if order.price is None or not order.capped or last is None:
        return False
    collar = Collar.round_price(last, basis_points)
    return collar.admits(order.price) and (order.lowest is None or collar.admits(order.lowest))


def _knows_pairs(action: Action) -> bool:
    """Orders always; of the rest, what names a pair or could have: orders, trades, positions, conversions."""
    return action.order is not None or action.pair is not None or action.permission in _BY_PAIR


_BY_PAIR = frozenset(
    {
        Permission.ORDERS_READ,
        Permission.ORDERS_WRITE,
        Permission.HISTORY_READ,
        Permission.POSITIONS_READ,
        Permission.POSITIONS_WRITE,
        Permission.CONVERT_WRITE,
    }
)


def _not_for(limits: Limits, action: Action) -> Denied:
    shown = action.pair.to_text() if action.pair else ""
    return Denied(Reason.PAIR, shown, f"the grant is for {', '.join(limits.pairs.to_text()) or 'no pair'}")


def narrows(before: Policy, after: Policy) -> bool:
    """Whether every request that `after` admits, now or later, `before` would admit too."""
    return (
        all(
            permission in before.grants and limits.within(before.grants[permission])
            for permission, limits in after.grants.items()
        )
        and after.network.within(before.network)
        and (
            before.expires_at_ms is None
            or (after.expires_at_ms is not None and after.expires_at_ms <= before.expires_at_ms)
        )
    )
