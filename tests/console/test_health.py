"""What a holder is told to look at, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from bitting.web.console.health import marks
from bitting.web.console.kinds import state_of

NOW_MS = 1_790_000_000_000  # 2026-09-21
CALM: dict[str, Any] = {
    "revoked_at": None,
    "state": "working",
    "holds": [],
    "grants": {"orders.read": {}, "orders.write": {}},
    "network": ["203.0.113.7"],
    "expires_at": "2026-12-01T00:00:00Z",
    "created_at": "2026-09-01T00:00:00Z",
    "last_used_at": "2026-09-20T00:00:00Z",
    "credentials": [{"due_for_rotation": False}],
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"revoked_at": "2026-09-20T00:00:00Z", "state": "revoked", "network": []}, []),
        ({"state": "expired"}, [("bad", "expired")]),
        ({"state": "paused", "holds": ["holder"]}, [("warn", "held")]),
        ({"state": "leaked", "holds": ["leak"]}, [("bad", "held")]),
        ({"state": "account frozen"}, [("bad", "stopped")]),
        ({"network": []}, [("warn", "nowhere")]),
        ({"network": ["anywhere"]}, [("bad", "anywhere")]),
        ({"network": ["anywhere"], "grants": {"orders.read": {}}}, [("warn", "anywhere")]),
        ({"expires_at": None}, [("warn", "never")]),
        ({"expires_at": "2026-09-25T00:00:00Z"}, [("warn", "soon")]),
        ({"credentials": [{"due_for_rotation": False}, {"due_for_rotation": True}]}, [("warn", "old")]),
        ({"last_used_at": "2026-07-01T00:00:00Z"}, [("warn", "unused")]),
        ({"last_used_at": None}, []),
        ({"last_used_at": None, "created_at": "2026-07-01T00:00:00Z"}, [("warn", "unused")]),
        ({"network": [], "state": "expired"}, [("bad", "expired"), ("warn", "nowhere")]),
    ],
)
def test_marks(change: dict[str, Any], found: list[tuple[str, str]]) -> None:
    """The worst first; nothing of a key that is over."""
    assert [(each.kind, each.reason) for each in marks({**CALM, **change}, NOW_MS)] == found


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, ("good", "working")),
        ({"revoked_at": "2026-09-20T00:00:00Z"}, ("", "revoked")),
        ({"state": "expired"}, ("", "expired")),
        ({"state": "paused", "holds": ["holder"]}, ("warn", "paused")),
        ({"state": "leaked", "holds": ["holder", "leak"]}, ("bad", "stopped")),
    ],
)
def test_states(change: dict[str, Any], state: tuple[str, str]) -> None:
    assert state_of({**CALM, **change}) == state
