"""The first visit: a link, and by it a password with an app, or a passkey.

The link's token stands behind its #, which no browser sends. A script puts it into the form; without one it is pasted.
"""

from __future__ import annotations

import base64
from typing import Any

from starlette.responses import Response

from bitting.domain.errors import Malformed, NotSignedIn, Refused
from bitting.domain.secret import Secret
from bitting.identity.totp import qr_svg
from bitting.web.console.factor import response_of
from bitting.web.console.visit import Visit


async def ask_link(visit: Visit) -> Response:
    """Where the link leads."""
    return visit.page("set_up_link.html")


async def begin(visit: Visit) -> Response:
    """Whom the link is for, and what they can choose from."""
    link = visit.one("link").rpartition("#")[2]
    try:
        shown = await visit.ask_publicly("set-up.look", link=link)
    except (NotSignedIn, Malformed) as problem:
        return visit.page("set_up_link.html", 403, [("bad", str(problem))])
    return _choose(visit, link, shown)


async def finish(visit: Visit) -> Response:
    """What was chosen; the codes for paper are shown here, once."""
    link, password = visit.one("link"), visit.raw("password")
    values: dict[str, Any] = {"link": link, "label": visit.one("label") or None}
    if visit.one("with") == "passkey":
        values |= {"ticket": visit.one("passkey_ticket")}
    else:
        values |= {"ticket": visit.one("app_ticket"), "code": visit.one("code"), "password": password}
    try:
        if visit.one("with") == "passkey":
            values["response"] = response_of(visit)
        elif password != visit.raw("again"):
            return await _again(visit, link, "set_up.differ")
        made = await visit.ask_publicly("set-up.finish", **{name: each for name, each in values.items() if each})
    except (Refused, Malformed) as problem:
        return await _again(visit, link, str(problem))
    return visit.page("set_up_done.html", codes=made["recovery_codes"])


async def _again(visit: Visit, link: str, problem: str) -> Response:
    """The same page with what is wrong. The app keeps its seed: it was photographed already."""
    try:
        shown = await visit.ask_publicly("set-up.look", link=link)
    except NotSignedIn as gone:
        return visit.page("set_up_link.html", 403, [("bad", str(gone))])
    if visit.one("uri").startswith("otpauth://totp/"):
        seen = Secret(visit.one("uri").encode())
        shown["app"] = {
            "ticket": visit.one("app_ticket"),
            "uri": visit.one("uri"),
            "svg": qr_svg(seen).reveal().decode(),
        }
    return _choose(visit, link, shown, problem)


def _choose(visit: Visit, link: str, shown: dict[str, Any], problem: str = "") -> Response:
    picture = base64.b64encode(shown["app"]["svg"].encode()).decode()
    seed = shown["app"]["uri"].partition("secret=")[2].partition("&")[0]
    grouped = " ".join(seed[at : at + 4] for at in range(0, len(seed), 4))
    return visit.page(
        "set_up.html", 422 if problem else 200, link=link, shown=shown, picture=picture, seed=grouped, problem=problem
    )
