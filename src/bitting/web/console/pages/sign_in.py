"""Signing in and out. A session's token is new each time and made by the house: what a browser brings is not taken."""

from __future__ import annotations

from starlette.responses import Response

from bitting.domain.errors import Malformed, NotSignedIn
from bitting.web.console.factor import response_of
from bitting.web.console.visit import Visit, drop_session, keep_session, local


async def ask_name(visit: Visit) -> Response:
    """Name and password, or a passkey."""
    return _name(visit, local(visit.query.get("next", "/")), "next" in visit.query)


async def begin(visit: Visit) -> Response:
    """The code is asked for whatever the password was."""
    then = local(visit.one("next"))
    try:
        begun = await visit.ask_publicly("sign-in.begin", name=visit.one("name"), password=visit.raw("password"))
    except Malformed as problem:
        return _name(visit, then, over=False, problem=str(problem))
    return visit.page("sign_in_code.html", ticket=begun["ticket"], next=then)


async def finish(visit: Visit) -> Response:
    """The code: a session, or begin again."""
    then = local(visit.one("next"))
    try:
        code = visit.one("code").replace(" ", "")
        welcome = await visit.ask_publicly("sign-in.finish", ticket=visit.one("ticket"), code=code)
    except NotSignedIn as problem:
        return _name(visit, then, over=False, problem=str(problem))
    return _welcome(visit, welcome["token"], then)


async def challenge(visit: Visit) -> Response:
    """Something for a passkey to sign."""
    asked = await visit.ask_publicly("sign-in.challenge")
    return visit.page("sign_in_passkey.html", asked=asked, next=local(visit.one("next")))


async def by_passkey(visit: Visit) -> Response:
    """The passkey's answer: a session, or begin again."""
    then = local(visit.one("next"))
    try:
        welcome = await visit.ask_publicly("sign-in.passkey", ticket=visit.one("ticket"), response=response_of(visit))
    except (NotSignedIn, Malformed) as problem:
        return _name(visit, then, over=False, problem=str(problem))
    return _welcome(visit, welcome["token"], then)


async def sign_out(visit: Visit) -> Response:
    """End this session, or all of them."""
    await visit.ask("me.sign-out", everywhere=visit.one("everywhere") == "yes")
    response = visit.see("/sign-in")
    drop_session(response)
    return response


def _name(visit: Visit, then: str, over: bool, problem: str = "") -> Response:
    said = [("bad", problem)] if problem else []
    return visit.page("sign_in.html", 403 if problem else 200, said, next=then, over=over)


def _welcome(visit: Visit, token: str, then: str) -> Response:
    response = visit.see(then)
    keep_session(response, token)
    return response
