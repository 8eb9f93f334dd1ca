"""How moments, numbers, bytes and actions are written in an explanation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from bitting.domain.action import Action
from bitting.domain.request import Request
from bitting.domain.verdict import Denied
from bitting.gate.times import unit_ns

UNITS: Final = {1: "nanoseconds", 1_000: "microseconds", 1_000_000: "milliseconds", 1_000_000_000: "seconds"}


def moment(at_ns: int) -> str:
    """RFC 3339 in UTC, to the millisecond; or the bare number, where no calendar has it."""
    seconds, ns = divmod(at_ns, 1_000_000_000)
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ns // 1_000_000:03}Z"
    except (OverflowError, ValueError, OSError):
        return f"{at_ns} ns since 1970"


def offset(at_ns: int, now_ns: int) -> str:
    """A moment, and how far it lies from the one by which is judged."""
    side = "ahead of" if at_ns > now_ns else "behind"
    return f"{moment(at_ns)}, {abs(at_ns - now_ns) // 1_000_000} ms {side} the moment of judging"


def nonce(number: int) -> str:
    """A nonce, and what it counts."""
    to_ns = unit_ns(number)
    return f"{number}, " + ("not shaped like a time" if to_ns is None else f"a time in {UNITS[to_ns]}")


def text(octets: bytes) -> str:
    """Bytes as they can be read; what cannot be seen is escaped."""
    read = octets.decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in read)


def route(request: Request) -> str:
    """Method and path."""
    return f"{text(request.method)} {text(request.path)}"


def refusal(denied: Denied) -> str:
    """In one line for the owner: code, the request's own value, the detail."""
    return ": ".join([denied.reason.code, *filter(None, (denied.shown, denied.detail))])


def wanted(action: Action) -> str:
    """An action in one line."""
    words = [action.name]
    if action.permission is not None:
        words.append(f"(needs {action.permission.value})")
    if action.pair is not None:
        words.append(action.pair.to_text())
    order, goes = action.order, action.withdrawal
    if order is not None:
        words.append(order.side.value)
        named = (("amount", order.amount), ("price", order.price), ("for", order.quote_amount))
        words += [f"{name} {value:f}" for name, value in named if value is not None]
        words += ["reduce-only"] if order.reduce_only else []
    if goes is not None:
        words.append("an unknown amount" if goes.amount is None else f"{goes.amount:f}")
        words += [goes.asset or "of something", "to", goes.network or "an unknown network", goes.address or "nowhere"]
    return " ".join(words)
