"""What belongs to every page: how it looks, and what it says when something went wrong."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from bitting.web.api.problems import Problem
from bitting.web.console.visit import LOOK_COOKIE, THEMES, Visit, local
from bitting.web.console.words import LANGUAGES

_YEAR_S: Final = 365 * 86_400
_SAID: Final = frozenset({"session.missing", "refused", "not_found", "conflict", "rate", "unavailable", "fault"})


async def look(visit: Visit) -> Response:
    """Another language or theme, kept by this browser."""
    language = visit.one("lang") if visit.one("lang") in LANGUAGES else visit.language
    theme = visit.one("theme") if visit.one("theme") in THEMES else visit.theme
    response = visit.see(local(visit.one("back")))
    response.set_cookie(
        LOOK_COOKIE, f"{language}.{theme}", max_age=_YEAR_S, path="/", secure=True, httponly=True, samesite="lax"
    )
    return response


def problem(visit: Visit, what: Problem) -> Response:
    """A page that says what went wrong, and the way on."""
    code = what.kind.code if what.kind.code in _SAID else "other"
    response = visit.page("problem.html", what.kind.status, code=code, detail=what.detail)
    response.headers.update(what.headers)
    if "www-authenticate" in response.headers:
        del response.headers["www-authenticate"]  # it is for programs; a browser would ask for a password of its own
    return response
