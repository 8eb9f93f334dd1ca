"""All keys of one's accounts, stopped by one button; it takes power away and asks for no factor. Ending it does."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from bitting.domain.errors import Repeated
from bitting.web.console.factor import Asked, ask_factor, carry_out
from bitting.web.console.pages.keys import every_key
from bitting.web.console.visit import Visit


async def ask(visit: Visit) -> Response:
    """What would stop."""
    keys, _ = await every_key(visit)
    mine = {each["id"] for each in await _mine(visit)}
    return visit.page(
        "stop.html", keys=[each for each in keys if each["account"] in mine and each["state"] == "working"]
    )


async def stop(visit: Visit) -> Response:
    """Stop them. What could not be written to disk yet stops all the same, and is said."""
    said = [await visit.ask("freeze", account=each["id"]) for each in await _mine(visit)]
    notices = [("bad" if not each["durable"] else "good", each.get("why", "")) for each in said]
    return visit.page("stopped.html", notices=[each for each in notices if each[1]])


async def thaw(visit: Visit) -> Response:
    """Let an account's keys go again."""
    try:
        await carry_out(visit, "thaw", account=visit.one("account"))
    except Asked as asked:
        return ask_factor(visit, asked, "thaw.title")
    except Repeated:
        pass
    return visit.see("/")


async def _mine(visit: Visit) -> list[dict[str, Any]]:
    accounts: list[dict[str, Any]] = (await visit.ask("account.list"))["accounts"]
    return [each for each in accounts if visit.me["accounts"].get(each["id"], "viewer") != "viewer"]
