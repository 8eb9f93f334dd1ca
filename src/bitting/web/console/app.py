"""The way of a call to a page: whose it is, whether it may change anything, the page, the headers.

One way for every page, so that nothing is left to a page to forget. `PAGES` is the table of what there is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bitting.domain.errors import BittingError, NotSignedIn
from bitting.web.api import problems
from bitting.web.api.front import Front
from bitting.web.console.drawing import STATIC
from bitting.web.console.form import cookie, fields_of, must_be_of, must_be_ours
from bitting.web.console.pages import create, frame, key, keys, overview, set_up, sign_in, stop, you
from bitting.web.console.visit import LOOK_COOKIE, SESSION_COOKIE, Console, Visit, local, look_of
from bitting.web.console.words import preferred

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it a browser says `Origin: null` of our own forms, and theirs could not be told from ours.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
}
_FOR_EVER: Final = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}

Answer = Callable[[Visit], Awaitable[Response]]


class Page(NamedTuple):
    """What is at one path: what it shows, and what its form does; `public` needs no session."""

    show: Answer | None
    take: Answer | None = None
    public: bool = False


PAGES: Final[Mapping[str, Page]] = {
    "/set-up": Page(set_up.ask_link, set_up.begin, public=True),
    "/set-up/finish": Page(None, set_up.finish, public=True),
    "/sign-in": Page(sign_in.ask_name, sign_in.begin, public=True),
    "/sign-in/code": Page(None, sign_in.finish, public=True),
    "/sign-in/passkey": Page(None, sign_in.challenge, public=True),
    "/sign-in/passkey/finish": Page(None, sign_in.by_passkey, public=True),
    "/look": Page(None, frame.look, public=True),
    "/sign-out": Page(None, sign_in.sign_out),
    "/": Page(overview.show),
    "/keys": Page(keys.show),
    "/keys/new": Page(create.begin, create.step),
    "/keys/{key}": Page(key.show),
    "/keys/{key}/edit": Page(key.edit, key.edited),
    "/keys/{key}/rotate": Page(key.ask_rotate, key.rotate),
    "/keys/{key}/{step}": Page(key.ask_step, key.take_step),
    "/stop": Page(stop.ask, stop.stop),
    "/thaw": Page(None, stop.thaw),
    "/you": Page(you.show),
    "/you/sessions/end": Page(None, you.end_session),
}


def build_console(
    front: Front,
    origin: str,
    gates: Mapping[str, str],
    now_ms: Callable[[], int],
    new_request_id: Callable[[], str],
    on_error: Callable[[BaseException], None],
) -> list[BaseRoute]:
    """The console's routes. `gates` are the dialects keys can be made for, and where their gate is."""
    console = Console(front, origin, gates, now_ms, new_request_id, on_error)
    pages: list[BaseRoute] = [Route(path, _Door(console, page)) for path, page in PAGES.items()]
    return [Route("/static/{name}", _static), *pages]


async def _static(request: Request) -> Response:
    found = STATIC.get(request.path_params["name"])
    if found is None:
        return Response(status_code=404, headers=HEADERS)
    return Response(found.content, headers=_FOR_EVER, media_type=found.media)


class _Door:
    """Everything that can be called at one path."""

    def __init__(self, console: Console, page: Page) -> None:
        self._console = console
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        visit = self._visit(request)
        try:
            response = await self._answer(visit, request)
        except ClientDisconnect:
            return
        except NotSignedIn:
            response = visit.see(f"/sign-in?next={'/' if visit.changes else local(visit.path)}")
        except BittingError as error:
            response = frame.problem(visit, problems.of(error))
        except Exception as error:  # noqa: BLE001  # the viewer gets no trace of it, and our log does
            self._console.on_error(error)
            response = frame.problem(visit, problems.Problem(problems.FAULT))
        response.headers.update({**HEADERS, "X-Request-Id": visit.request_id})
        if isinstance(response, HTMLResponse):
            response.headers["Vary"] = "Cookie, Accept-Language"
        await response(scope, receive, send)

    def _visit(self, request: Request) -> Visit:
        headers = request.headers
        language, theme = look_of(cookie(headers, LOOK_COOKIE), preferred(headers.get("accept-language", "")))
        return Visit(
            self._console,
            self._console.new_request_id(),
            request.url.path,
            request.method == "POST",
            request.path_params,
            dict(request.query_params),
            {},
            "" if self._page.public else cookie(headers, SESSION_COOKIE),
            "" if request.client is None else request.client.host,
            headers.get("user-agent", ""),
            language,
            theme,
        )

    async def _answer(self, visit: Visit, request: Request) -> Response:
        answer = {"GET": self._page.show, "HEAD": self._page.show, "POST": self._page.take}.get(request.method)
        if answer is None:
            return frame.problem(visit, problems.Problem(problems.METHOD))
        if visit.changes:
            must_be_ours(request.headers, self._console.origin)
        if not self._page.public:
            visit.me = await visit.ask("me.show")
        if visit.changes:  # nothing of a body is read for a stranger's page, or before it is known who sends it
            visit.fields = await fields_of(request)
            if not self._page.public:
                must_be_of(visit.session, visit.fields)
        return await answer(visit)
