"""What a change of policy gives, line by line: what its person reads before they confirm it.

Rule: there is a line exactly where `policy.narrows` sees more power, so that nobody confirms what the page did not say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Final

from bitting.domain.grants import Limits
from bitting.domain.network import NOBODY, Network
from bitting.domain.policy import Policy

_LIMITS: Final = tuple(each.name for each in fields(Limits))


def gains(before: Policy | None, after: Policy) -> tuple[str, ...]:
    """A line for each thing the key can do then and could not before; all of it where there was no key."""
    return tuple(_gains(before or Policy(after.label, {}, NOBODY, 0), after))


def limit_gains(before: Limits, after: Limits) -> Iterator[str]:
    """A line for each limit that was narrower."""
    for name in _LIMITS:
        was, now = _only(before, name), _only(after, name)
        if not now.within(was):
            yield f"{name}: {_limit(now, name)}; it was {_limit(was, name)}"


def _gains(before: Policy, after: Policy) -> Iterator[str]:
    for permission in sorted(after.grants, key=lambda each: each.value):
        limits = after.grants[permission]
        if permission not in before.grants:
            yield f"may now: {permission.value}{_limited(limits)}"
        else:
            yield from (f"{permission.value}, {line}" for line in limit_gains(before.grants[permission], limits))
    if not after.network.within(before.network):
        yield f"usable from {_places(after.network)}; it was {_places(before.network)}"
    if before.expires_at_ms is not None and (after.expires_at_ms is None or after.expires_at_ms > before.expires_at_ms):
        yield f"works until {_end(after.expires_at_ms)}" + (
            f"; it was {_end(before.expires_at_ms)}" if before.expires_at_ms else ""
        )


def _only(limits: Limits, name: str) -> Limits:
    return Limits(**{name: getattr(limits, name)})


def _limit(limits: Limits, name: str) -> str:
    value = limits.to_plain().get(name)
    return "no limit" if value is None else _text(value)


def _limited(limits: Limits) -> str:
    plain = limits.to_plain()
    return "" if not plain else f", with {', '.join(f'{name} {_text(value)}' for name, value in plain.items())}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(", ", ": "))


def _places(network: Network) -> str:
    return ", ".join(network.to_text()) or "nowhere"


def _end(at_ms: int | None) -> str:
    if at_ms is None:
        return "it is revoked"
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
