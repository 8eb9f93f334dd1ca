"""One call of a browser: what it brought, what it may ask the desk, and what it is answered with."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from starlette.responses import HTMLResponse, RedirectResponse, Response

from bitting.domain.errors import MalformedValue
from bitting.web.api.front import Arrival, Front, Named
from bitting.web.console.drawing import draw
from bitting.web.console.form import Fields, form_token
from bitting.web.console.words import LANGUAGES

SESSION_COOKIE: Final = "__Host-bitting"
LOOK_COOKIE: Final = "__Host-bitting-look"
THEMES: Final = ("light", "dark")
_LOCAL: Final = re.compile(r"/(?:[a-z0-9][a-z0-9/-]{0,100})?", re.ASCII)
_ONCE: Final = re.compile(r"[A-Za-z0-9.-]{1,100}", re.ASCII)


class Console(NamedTuple):
    """What every page knows of the house.

    front      the desk, for people who are not at the machine
    origin     the console's own, as browsers say it
    gates      where the gate is for clients of an exchange, by dialect; "" is not known
    """

    front: Front
    origin: str
    gates: Mapping[str, str]
    now_ms: Callable[[], int]
    new_request_id: Callable[[], str]
    on_error: Callable[[BaseException], None]


@dataclass
class Visit:
    """`language` and `theme` are the viewer's choice; `me` is who is signed in, {} for nobody."""

    console: Console
    request_id: str
    path: str
    changes: bool
    ids: Mapping[str, str]
    query: Mapping[str, str]
    fields: Fields
    session: str
    peer: str
    agent: str
    language: str
    theme: str
    me: Mapping[str, Any] = field(default_factory=dict)

    # ---- what was filled in

    def one(self, name: str) -> str:
        """A field, trimmed; "" where there is none. Raises MalformedValue where there are two."""
        values = self.fields.get(name, ())
        if len(values) > 1:
            raise MalformedValue(f"{name} stands twice in the form")
        return values[0].strip() if values else ""

    def raw(self, name: str) -> str:
        """A field as it was typed: a password may begin with a blank."""
        values = self.fields.get(name, ())
        return values[0] if len(values) == 1 else ""

    def every(self, name: str) -> list[str]:
        """All that was chosen under a name."""
        return list(self.fields.get(name, ()))

    def lines(self, name: str) -> list[str]:
        """A text as a list: one a line, or with commas."""
        return [each for each in re.split(r"[\s,]+", self.one(name)) if each]

    def carried(self, *without: str) -> list[tuple[str, str]]:
        """Everything that was filled in but this, for the next page of the same form."""
        return [(name, each) for name, every in self.fields.items() if name not in without for each in every]

    # ---- asking

    async def ask(self, intent: str, confirmed: str = "", once: bool = False, /, **values: Any) -> dict[str, Any]:
        """Ask the desk in the name of the session's person. Raises BittingError."""
        named = self._named(intent, values) if once else None
        arrival = Arrival(self.request_id, self.session, confirmed, named, self.peer, self.agent)
        return await self.console.front.ask(intent, values, arrival)

    async def ask_publicly(self, intent: str, **values: Any) -> dict[str, Any]:
        """Ask one of the few things that need no session."""
        arrival = Arrival(self.request_id, "", "", None, self.peer, self.agent)
        return await self.console.front.ask_publicly(intent, values, arrival)

    def _named(self, intent: str, values: Mapping[str, Any]) -> Named:
        """The form's own name: the same form sent twice is one change."""
        name = self.one("once")
        if _ONCE.fullmatch(name) is None:
            raise MalformedValue("the form has lost its name: load the page again")
        return Named(f"form:{name}", hashlib.sha256(json.dumps([intent, values], sort_keys=True).encode()).digest())

    # ---- answering

    def page(self, template: str, status: int = 200, said: Sequence[tuple[str, str]] = (), **values: Any) -> Response:
        """A page; `said` are notices above it. One that answers a form is not to be left by the frame's own buttons."""
        frame = {
            "theme": self.theme,
            "person": self.me.get("name", ""),
            "places": _PLACES if self.me else (),
            "here": self.path.split("/")[1] or "overview",
            "stoppable": any(each != "viewer" for each in self.me.get("accounts", {}).values()),
            "said": list(said),
            "back": "" if self.changes else self.path,
            "request_id": self.request_id,
            "form_token": form_token(self.session) if self.session else "",
            "form_name": self.console.new_request_id,
            "now_ms": self.console.now_ms(),
        }
        return HTMLResponse(draw(template, self.language, {**frame, **values}), status)

    def see(self, path: str) -> RedirectResponse:
        """Go and look there: a page that can be loaded again without doing anything again."""
        return RedirectResponse(path, 303)


_PLACES: Final = (("overview", "/"), ("keys", "/keys"), ("you", "/you"))


def local(path: str) -> str:
    """A path of ours, and the first page for anything else: a link must not lead out by way of us."""
    return path if _LOCAL.fullmatch(path) and "//" not in path else "/"


def keep_session(response: Response, token: str) -> None:
    """Give the browser the session. Lax: a link in a message opens the page, and no other site's form is obeyed, which
    the origin and the form's token see to."""
    response.set_cookie(SESSION_COOKIE, token, path="/", secure=True, httponly=True, samesite="lax")


def drop_session(response: Response) -> None:
    """Take it away again."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def look_of(text: str, fallback: str) -> tuple[str, str]:
    """Language and theme from their cookie; "" is the theme of the viewer's system."""
    language, _, theme = text.partition(".")
    return language if language in LANGUAGES else fallback, theme if theme in THEMES else ""
