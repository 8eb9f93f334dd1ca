"""One scene: what was tried, what was expected, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from bitting.tour.stage import Said, Wire


class Scene(NamedTuple):
    """`expected` and `happened` are an exception's name, or `ok`, or a few words; `reason` is the code that the
    activity log must give for `request_id` ("" where the request was admitted, or never reached the gate)."""

    title: str
    who: str
    expected: str
    happened: str
    reason: str = ""
    request_id: str = ""
    holds: bool = True  # what was expected besides


def called(title: str, who: str, said: Said, expected: str = "ok", reason: str = "", *, holds: bool = True) -> Scene:
    """A client's call."""
    return Scene(title, who, expected, said.exception or "ok", reason, said.request_id, holds)


def sent(title: str, wire: Wire, expected: int, reason: str, *, holds: bool = True) -> Scene:
    """Bytes sent as they are; the status is what is seen of the answer."""
    return Scene(title, "raw bytes", f"HTTP {expected}", f"HTTP {wire.status}", reason, wire.request_id, holds)


def told(title: str, said: Mapping[str, Any], expected: str, *, holds: bool = True) -> Scene:
    """A command of the operator; `expected` is `ok` or `refused`."""
    return Scene(title, "bitting", expected, "refused" if "error" in said else "ok", holds=holds)


def met(scene: Scene, reasons: Mapping[str, str]) -> bool:
    """Whether the scene went as expected, and the log knows the reason by the request id."""
    as_said = scene.happened == scene.expected and scene.holds
    return as_said and (not scene.request_id or reasons.get(scene.request_id, "") == scene.reason)
