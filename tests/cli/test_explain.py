"""What the pages of explaining say besides what the transcripts show."""

from __future__ import annotations

from typing import Any

from bitting.cli.explain import _can_page, _page, record_page

VERDICT = {"admitted": False, "reason": "pair.outside", "caller": "", "why": "The grant is limited to pairs."}
KEY = {"label": "bot", "key_id": "theirKey", "id": "", "version": 1}


def test_a_mount_that_only_observes_is_told_of() -> None:
    """Else the reader would think that the request is stopped."""
    said: dict[str, Any] = {"mount": "/a", "dialect": "binance", "environment": "live", "judged_at": "", "steps": []}
    said |= {"key": KEY, "verdict": VERDICT, "signed_anew": VERDICT, "observes": True}
    assert "only observes" in "\n".join(_page(said))


def test_a_key_that_was_changed_since_is_told_of() -> None:
    """What would pass is as of now; and where a part was down, no step is named."""
    names = ("at", "method", "path", "action", "pair", "value", "address", "client", "key_id", "label", "verdict")
    record = dict.fromkeys(names, "") | {
        "reason": "gate.unavailable",
        "shown": "",
        "detail": "",
        "why": "A part is down.",
    }
    page = "\n".join(
        record_page({"record": record, "step": None, "would_pass": ["another pair"], "changed_since": True})
    )
    assert "Refused: gate.unavailable" in page
    assert "-> another pair" in page
    assert "has been changed since" in page


def test_that_there_may_be_more_is_told() -> None:
    """Where the last objection hides what lies behind it."""
    said = {"key": KEY, "action": "", "judged_at": "", "can": False, "objections": [], "all_found": False}
    assert "There may be more" in "\n".join(_can_page({**said, "not_judged": []}))
