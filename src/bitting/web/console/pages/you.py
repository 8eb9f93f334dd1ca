"""The person's own: what proves them, and where they are signed in."""

from __future__ import annotations

from starlette.responses import Response

from bitting.web.console.visit import Visit


async def show(visit: Visit) -> Response:
    """Factors and devices."""
    sessions = (await visit.ask("me.sessions"))["sessions"]
    return visit.page("you.html", me=visit.me, sessions=sessions[::-1])


async def end_session(visit: Visit) -> Response:
    """Sign another device out."""
    await visit.ask("me.sign-out", session=visit.one("session"))
    return visit.see("/you")
