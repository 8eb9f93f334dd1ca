"""The way of a call through the API: session, headers, body, desk, reply.

One way for every route, so that nothing is left to a route to forget. Nothing of a body is read before the call is
known to be of somebody who is signed in, and of no other site's page; what comes back is checked against its shape
before it goes out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Router
from starlette.routing import Route as Path
from starlette.types import Receive, Scope, Send

from bitting.domain.errors import BittingError, Conflict, Repeated
from bitting.web.api import problems
from bitting.web.api.front import Arrival, Front, Named
from bitting.web.api.headers import CONFIRMATION, ETAG, ONCE, one
from bitting.web.api.problems import Problem
from bitting.web.api.route import Access, Route
from bitting.web.api.shapes.approvals import WAITS, Waiting

MOST_BODY: Final = 256 * 1024
COOKIE: Final = "__Host-bitting"
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,200}", re.ASCII)

OnError = Callable[[BaseException], None]


def build(
    routes: Iterable[Route],
    front: Front,
    origins: frozenset[str],
    new_request_id: Callable[[], str],
    on_error: OnError,
    more: Iterable[BaseRoute] = (),
) -> Router:
    """The application. `origins` are those whose pages may call with the cookie: the console's own. `more` is what else
    is at this address."""
    by_path: dict[str, dict[str, Route]] = {}
    for each in routes:
        by_path.setdefault(each.path, {})[each.method] = each
    paths = [
        Path(path, Resource(methods, front, origins, new_request_id, on_error)) for path, methods in by_path.items()
    ]
    # Not a path that fits all: what has a line feed in it fits none.
    nowhere = Resource({}, front, origins, new_request_id, on_error)
    return Router([*paths, *more], redirect_slashes=False, default=nowhere)


class Resource:
    """Everything that can be called at one path."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        front: Front,
        origins: frozenset[str],
        new_request_id: Callable[[], str],
        on_error: OnError,
    ) -> None:
        self._routes = routes
        self._front = front
        self._origins = origins
        self._new_request_id = new_request_id
        self._on_error = on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, request_id = Request(scope, receive), self._new_request_id()
        try:
            response = await self._answer(request, request_id)
        except ClientDisconnect:
            return
        except Problem as problem:
            response = problems.reply(problem, request_id)
        except BittingError as error:
            response = problems.reply(problems.of(error), request_id)
        except Exception as error:  # noqa: BLE001  # the caller gets no trace of it, and our log does
            self._on_error(error)
            response = problems.reply(Problem(problems.FAULT), request_id)
        response.headers.update({**HEADERS, "X-Request-Id": request_id})
        await response(scope, receive, send)

    async def _answer(self, request: Request, request_id: str) -> Response:
        if not self._routes:
            raise Problem(problems.NOT_FOUND, "there is no such resource")
        route = self._routes.get(request.method)
        if route is None:
            allowed = ", ".join(sorted(self._routes))
            raise Problem(problems.METHOD, f"there are: {allowed}", headers={"Allow": allowed})
        arrival = Arrival(
            request_id,
            _token(request.headers, route, self._origins),
            "",
            None,
            "" if request.client is None else request.client.host,
            request.headers.get("user-agent", ""),
        )
        if route.access is Access.SESSION:
            await self._front.admit(arrival)
        body = await _body(request, route)
        values = {**route.fixed, **_query(request, route), **_fields(body, route), **request.path_params}
        if route.matches:
            values["if_version"] = _seen(request.headers)
        confirmation = one(request.headers, "bitting-confirmation", CONFIRMATION)
        arrival = arrival._replace(confirmation=confirmation, named=_named(request, route, body))
        return _reply(route, *await self._ask(route, values, arrival))

    async def _ask(self, route: Route, values: Mapping[str, Any], arrival: Arrival) -> tuple[int, Any]:
        if route.access is Access.PUBLIC:
            return route.status, await self._front.ask_publicly(route.intent, values, arrival)
        try:
            return route.status, await self._front.ask(route.intent, values, arrival)
        except Conflict as conflict:
            if route.matches:  # what was changed is what the caller said it had seen
                raise Problem(problems.STALE, str(conflict)) from None
            raise
        except Repeated as done:
            noun = route.again.partition(".")[0]
            said = await self._front.ask(route.again, {noun: done.object_id}, arrival._replace(named=None))
            # Who shows a thing may tell more of it than who makes it.
            said = {name: value for name, value in said.items() if name in route.reply.model_fields}
            shown = {"secret": None, "secret_shown": True} if "secret_shown" in route.reply.model_fields else {}
            return 200, {**said, **shown}


def _token(headers: Headers, route: Route, origins: frozenset[str]) -> str:
    """The session's token. A cookie comes by itself with whatever page calls, so its calls have to say whose page it
    was; one that changes something, and says nothing, is refused."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and _TOKEN.fullmatch(token):
        return token
    if "authorization" in headers:
        raise Problem(problems.SIGN_IN, headers={"WWW-Authenticate": "Bearer"})
    cookie = _cookie(headers)
    if cookie or route.access is Access.PUBLIC:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        foreign = site not in (None, "same-origin", "none") or (origin is not None and origin not in origins)
        if foreign or (cookie and route.changes and origin is None):
            raise Problem(problems.CROSS_SITE)
    return cookie


def _cookie(headers: Headers) -> str:
    """Our cookie's value; none where there are two, for one of them was not set by us."""
    pairs = [each.strip().partition("=") for line in headers.getlist("cookie") for each in line.split(";")]
    found = [value for name, _, value in pairs if name == COOKIE]
    return found[0] if len(found) == 1 and _TOKEN.fullmatch(found[0]) else ""


async def _body(request: Request, route: Route) -> bytes:
    """The whole body, at most as large as any call needs."""
    size, chunks = 0, []
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BODY:
            raise Problem(problems.TOO_LARGE, f"at most {MOST_BODY} bytes")
        chunks.append(chunk)
    body = b"".join(chunks)
    if route.body is None and body:
        raise Problem(problems.BAD_JSON, "this call has no body")
    if route.body is not None:
        media, _, parameters = request.headers.get("content-type", "").partition(";")
        if media.strip().lower() != "application/json" or parameters.strip().lower() not in ("", "charset=utf-8"):
            raise Problem(problems.MEDIA_TYPE)
    return body


def _fields(body: bytes, route: Route) -> dict[str, Any]:
    if route.body is None:
        return {}
    try:
        plain = json.loads(body, object_pairs_hook=_once_each, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise Problem(problems.BAD_JSON, str(problem) if isinstance(problem, _Twice) else "") from None
    return _read(route.body, plain, "")


class _Twice(ValueError):
    """A name stands twice in an object, and two readers would see two values."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice("a name stands twice in an object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _query(request: Request, route: Route) -> dict[str, Any]:
    pairs = request.query_params.multi_items()
    if len(dict(pairs)) != len(pairs):
        raise Problem(problems.INVALID, "a parameter stands twice behind the question mark")
    if route.query is None:
        if pairs:
            raise Problem(problems.INVALID, f"this call has no parameter {pairs[0][0][:40]!r}")
        return {}
    return _read(route.query, dict(pairs), "")


def _read(shape: type[BaseModel], plain: Any, where: str) -> dict[str, Any]:
    """The values by the desk's names; what was not given is left out."""
    try:
        return shape.model_validate(plain).model_dump(exclude_unset=True, by_alias=True)
    except ValidationError as problem:
        errors = [
            {"pointer": f"{where}/" + "/".join(map(_pointer, each["loc"])), "detail": each["msg"]}
            for each in problem.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Problem(problems.INVALID, errors=errors[:20]) from None


def _pointer(part: str | int) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return str(part)[:64].replace("~", "~0").replace("/", "~1")


def _seen(headers: Headers) -> int:
    """The version that the caller has seen."""
    if "if-match" not in headers:
        raise Problem(problems.MATCH_MISSING, "send the ETag of what you have seen as If-Match")
    return int(one(headers, "if-match", ETAG).strip('"').partition(".")[0])


def _named(request: Request, route: Route, body: bytes) -> Named | None:
    """The call's name, and what it is: method, target and body, each after its length."""
    name = one(request.headers, "idempotency-key", ONCE)
    if not name:
        return None
    if not route.changes or not route.again:
        raise Problem(problems.BAD_HEADER, "this call takes no Idempotency-Key: to repeat it does no harm")
    target = request.scope["raw_path"] + b"?" + request.scope["query_string"]
    parts = (request.method.encode(), target, body)
    return Named(
        name.strip('"'), hashlib.sha256(b"".join(len(each).to_bytes(8, "big") + each for each in parts)).digest()
    )


def _reply(route: Route, status: int, said: Any) -> Response:
    if WAITS in said:
        return JSONResponse(Waiting.model_validate(said).model_dump(mode="json"), 202)
    plain = route.reply.model_validate(said).model_dump(mode="json", by_alias=True)
    return JSONResponse(plain, status, {"ETag": etag(plain)} if "version" in plain else None)


def etag(plain: Mapping[str, Any]) -> str:
    """The object's version, and the digest of its policy where it has one: the same digest as in the journal."""
    return f'"{plain["version"]}.{plain["digest"]}"' if "digest" in plain else f'"{plain["version"]}"'
