"""Reading a policy off a form, for a new key or as an edit of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bitting.desk.form import Form, moment_ms
from bitting.domain.errors import MalformedValue
from bitting.domain.grants import NO_LIMITS, Limits, with_limits
from bitting.domain.network import NOBODY, Network
from bitting.domain.permissions import Permission, expand
from bitting.domain.policy import Policy, label_from_text

# A limit given for the whole key goes to the rights it can mean anything for.
_ORDER_RIGHTS = (Permission.ORDERS_WRITE, Permission.POSITIONS_WRITE, Permission.CONVERT_WRITE)
_APPLIES = {
    "pairs": _ORDER_RIGHTS,
    "largest_order": _ORDER_RIGHTS,
    "daily_orders": _ORDER_RIGHTS,
    "order_rate": _ORDER_RIGHTS,
    "open_orders": _ORDER_RIGHTS,
    "collar_bp": _ORDER_RIGHTS,
    "addresses": (Permission.WITHDRAWALS_WRITE,),
    "daily_withdrawals": (Permission.WITHDRAWALS_WRITE,),
}
_EDITED = ("label", "permissions", "allow", "deny", "network", "limits", "expires")


def new_policy(form: Form, now_ms: int) -> Policy:
    """The policy of a new key. Without `network` it admits nobody; without `expires` it ends in 90 days."""
    rights = form.texts("permissions")
    if not rights:
        raise MalformedValue(
            "permissions are missing: name rights (orders.write) or presets (read-only, trade, withdraw)"
        )
    limits = form.table("limits")
    return Policy(
        label_from_text(form.text("label")),
        _limited(dict.fromkeys(expand(rights), NO_LIMITS), limits),
        Network.from_text(form.texts("network")) if form.has("network") else NOBODY,
        moment_ms(form.text("expires", "90d"), now_ms),
    )


def edited_policy(before: Policy, form: Form, now_ms: int) -> Policy:
    """The policy with what the form names changed, and everything else as it was.

    `permissions` sets the rights anew; `allow` and `deny` switch single ones; a right that stays keeps its limits.
    Raises MalformedValue when nothing is named.
    """
    if not any(map(form.has, _EDITED)):
        raise MalformedValue(f"name what to change: {', '.join(_EDITED)}")
    grants = dict(before.grants)
    if form.has("permissions"):
        grants = {each: grants.get(each, NO_LIMITS) for each in expand(form.texts("permissions"))}
    for permission in expand(form.texts("allow")):
        grants.setdefault(permission, NO_LIMITS)
    for permission in expand(form.texts("deny")):
        if permission not in grants:
            raise MalformedValue(f"the key does not have {permission.value}")
        del grants[permission]
    after = replace(before, grants=_limited(grants, form.table("limits")))
    if form.has("label"):
        after = replace(after, label=label_from_text(form.text("label")))
    if form.has("network"):
        after = replace(after, network=Network.from_text(form.texts("network")))
    if form.has("expires"):
        after = replace(after, expires_at_ms=moment_ms(form.text("expires"), now_ms))
    return after


def _limited(grants: dict[Permission, Limits], limits: dict[str, Any]) -> dict[Permission, Limits]:
    """Set each limit on the granted rights it applies to; a limit that would apply to none is an error."""
    after = dict(grants)
    for name, value in limits.items():
        rights = [each for each in _APPLIES.get(name, ()) if each in after]
        if name in _APPLIES and not rights:
            names = ", ".join(each.value for each in _APPLIES[name])
            raise MalformedValue(f"the limit {name} is for {names}, and the key may do none of that")
        if name not in _APPLIES:
            raise MalformedValue(f"no limit {name[:32]!r}; there are: {', '.join(_APPLIES)}")
        for permission in rights:
            after[permission] = _with_limit(after[permission], name, value)
    return after


def _with_limit(limits: Limits, name: str, value: Any) -> Limits:
    """The limits with this one set. Raises MalformedValue, and says of which one it speaks."""
    try:
        return with_limits(limits, {name: value})
    except MalformedValue as problem:
        raise MalformedValue(f"{name}: {problem}") from None
