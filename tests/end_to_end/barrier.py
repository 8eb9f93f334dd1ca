"""Whether a change was a barrier: what is asked of a history of requests round one change that takes power away.

The status only moves one way, so three questions are the whole check. With `call` the moment before a request's
first byte left, `done` the moment its reply was whole, `asked` the moment before the change was asked for and
`told` the moment its reply's first byte came:

 - admitted with call > told: the change was acknowledged, and the key worked on;
 - admitted with call > done of some request that was refused for the change: it flickered;
 - refused for the change with done < asked: it came before its cause.

All times are of one monotonic clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Event(NamedTuple):
    """One request: when it began, when its reply was whole, and whether it was admitted, or refused for the change."""

    call_ns: int
    done_ns: int
    admitted: bool


class Change(NamedTuple):
    """When it was asked for, and when the first byte of its reply came."""

    asked_ns: int
    told_ns: int


def violations(events: Iterable[Event], change: Change) -> list[str]:
    """What is wrong with the history, a line each; empty when the change was a barrier."""
    history = list(events)
    first_refusal_ns = min((each.done_ns for each in history if not each.admitted), default=change.told_ns)
    found = []
    for each in history:
        if each.admitted and each.call_ns > change.told_ns:
            found.append(f"admitted {each.call_ns - change.told_ns} ns after the change was acknowledged")
        elif each.admitted and each.call_ns > first_refusal_ns:
            found.append(f"admitted {each.call_ns - first_refusal_ns} ns after another was refused for the change")
        elif not each.admitted and each.done_ns < change.asked_ns:
            found.append(f"refused {change.asked_ns - each.done_ns} ns before the change was asked for")
    return found
