"""All keys of the person's accounts."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from bitting.web.console.health import marks
from bitting.web.console.kinds import state_of
from bitting.web.console.visit import Visit

_DONE: Final = frozenset({"revoked"})


async def show(visit: Visit) -> Response:
    """Those that can work first, what is over last."""
    keys, damaged = await every_key(visit)
    now_ms = visit.console.now_ms()
    rows = [(key, state_of(key), marks(key, now_ms)) for key in keys]
    rows.sort(key=lambda row: (row[1][1] in _DONE, row[0]["label"].casefold()))
    return visit.page("keys.html", rows=rows, damaged=damaged)


async def every_key(visit: Visit) -> tuple[list[dict[str, Any]], list[str]]:
    """All of them, page by page, and those that do not pass their checks."""
    keys: list[dict[str, Any]] = []
    damaged: list[str] = []
    after = ""
    while True:
        said = await visit.ask("key.list", after=after)
        keys += said["keys"]
        damaged += said["damaged"]
        if "next" not in said:
            return keys, damaged
        after = said["next"]
