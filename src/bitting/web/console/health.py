"""The mark of a key: what its holder should look at, each with its reason and the one next step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from bitting.web.console.drawing import at_ms

_DAY_MS: Final = 86_400_000
UNUSED_DAYS: Final = 60
SOON_DAYS: Final = 14


class Mark(NamedTuple):
    """`kind` is bad, warn or good; `reason` names the words for it, `step` the page that mends it."""

    kind: str
    reason: str
    step: str


_ORDER: Final = ("bad", "warn", "good")


def marks(key: Mapping[str, Any], now_ms: int) -> list[Mark]:
    """What there is to be said of a key, the worst first; nothing of one that is over."""
    if key["revoked_at"]:
        return []
    return sorted(_marks(key, now_ms), key=lambda each: _ORDER.index(each.kind))


def _marks(key: Mapping[str, Any], now_ms: int) -> Iterable[Mark]:
    writes = any(each.endswith(".write") for each in key["grants"])
    if key["state"] == "expired":
        yield Mark("bad", "expired", "edit")
    elif key["holds"]:
        yield Mark("bad" if key["holds"] != ["holder"] else "warn", "held", "resume")
    elif key["state"] != "working":
        yield Mark("bad", "stopped", "")
    if not key["network"]:
        yield Mark("warn", "nowhere", "edit")
    elif key["network"] == ["anywhere"]:
        yield Mark("bad" if writes else "warn", "anywhere", "edit")
    if key["expires_at"] is None:
        yield Mark("warn", "never", "edit")
    elif 0 < at_ms(key["expires_at"]) - now_ms < SOON_DAYS * _DAY_MS:
        yield Mark("warn", "soon", "edit")
    if any(each["due_for_rotation"] for each in key["credentials"]):
        yield Mark("warn", "old", "rotate")
    if now_ms - at_ms(key["last_used_at"] or key["created_at"]) > UNUSED_DAYS * _DAY_MS:
        yield Mark("warn", "unused", "revoke")
