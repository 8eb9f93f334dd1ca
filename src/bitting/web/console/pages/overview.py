"""What needs attention, the worst first, each with the one next step; and the state of everything in four numbers."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from bitting.web.console.health import marks
from bitting.web.console.kinds import state_of
from bitting.web.console.pages.keys import every_key
from bitting.web.console.visit import Visit

_MOST: Final = 8


async def show(visit: Visit) -> Response:
    """The first page."""
    keys, damaged = await every_key(visit)
    now_ms = visit.console.now_ms()
    wanted = [(mark, key) for key in keys for mark in marks(key, now_ms)]
    wanted.sort(key=lambda each: each[0].kind)
    states = [state_of(each)[1] for each in keys]
    counts = {name: states.count(name) for name in ("working", "paused", "stopped", "expired")}
    accounts = (await visit.ask("account.list"))["accounts"]
    refused = (await visit.ask("activity.list", verdict="denied", most=5))["records"][::-1]
    return visit.page(
        "overview.html",
        wanted=wanted[:_MOST],
        more=max(0, len(wanted) - _MOST),
        counts=counts,
        keys=keys,
        damaged=damaged,
        frozen=[each for each in accounts if each["holds"]],
        refused=refused,
    )
