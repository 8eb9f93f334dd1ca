"""How states look: one table, for lists and for the page of a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def state_of(key: Mapping[str, Any]) -> tuple[str, str]:
    """The state's colour, and the name of its words."""
    if key["revoked_at"]:
        return "", "revoked"
    if key["state"] == "working":
        return "good", "working"
    if key["state"] == "expired":
        return "", "expired"
    if key["holds"] == ["holder"]:
        return "warn", "paused"
    return "bad", "stopped"
