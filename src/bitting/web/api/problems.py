"""What went wrong, as RFC 9457 problem details with codes that do not change.

The desk's errors have texts for the person who caused them; those go out as they are. Of anything else nothing goes
out: it is in the server's log, under the request id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from starlette.responses import JSONResponse

from bitting.desk.confirmations import confirmation_view
from bitting.domain.errors import (
    BittingError,
    Conflict,
    ConsentMissing,
    IllegalStep,
    Malformed,
    Misconfigured,
    NameReused,
    NotFound,
    NotSignedIn,
    Refused,
    Shredded,
    Tampered,
    TooMany,
    Unavailable,
)

MEDIA: Final = "application/problem+json"


class Kind(NamedTuple):
    """One kind of problem: its code, its status, and its title, which says the same of each."""

    code: str
    status: int
    title: str


BAD_JSON: Final = Kind("body.json", 400, "The body is not the JSON that this call takes")
BAD_HEADER: Final = Kind("header.invalid", 400, "A header cannot be read")
INVALID: Final = Kind("value.invalid", 422, "A value cannot be used")
SIGN_IN: Final = Kind("session.missing", 401, "Sign in first")
CROSS_SITE: Final = Kind("session.cross_site", 403, "The call came from another site's page")
CONFIRM: Final = Kind("confirmation.required", 403, "Confirm this change with your second factor")
REFUSED: Final = Kind("refused", 403, "The change is understood and not allowed")
NOT_FOUND: Final = Kind("not_found", 404, "There is nothing like that")
METHOD: Final = Kind("method.not_allowed", 405, "The resource has no such method")
CONFLICT: Final = Kind("conflict", 409, "It was changed meanwhile")
GONE: Final = Kind("shredded", 410, "It was destroyed for good")
STALE: Final = Kind("version.stale", 412, "It was changed since you looked at it")
TOO_LARGE: Final = Kind("body.too_large", 413, "The body is too large")
MEDIA_TYPE: Final = Kind("body.media_type", 415, "The body has to be application/json")
REUSED: Final = Kind("idempotency.reused", 422, "The Idempotency-Key was used for another call")
MATCH_MISSING: Final = Kind("version.required", 428, "Say which version you have seen")
TOO_MANY: Final = Kind("rate", 429, "Too many calls at once")
FAULT: Final = Kind("fault", 500, "The server failed at this")
UNAVAILABLE: Final = Kind("unavailable", 503, "A part of the house is down just now")

# First match first.
KINDS: Final[tuple[tuple[type[BittingError], Kind], ...]] = (
    (ConsentMissing, CONFIRM),
    (Conflict, CONFLICT),
    (NameReused, REUSED),
    (NotSignedIn, SIGN_IN),
    (TooMany, TOO_MANY),
    (IllegalStep, REFUSED),
    (Refused, REFUSED),
    (NotFound, NOT_FOUND),
    (Malformed, INVALID),
    (Unavailable, UNAVAILABLE),
    (Shredded, GONE),
    (Tampered, FAULT),
    (Misconfigured, FAULT),
    (BittingError, FAULT),
)

EVERY: Final = (
    *(BAD_JSON, BAD_HEADER, INVALID, SIGN_IN, CROSS_SITE, CONFIRM, REFUSED, NOT_FOUND, METHOD, CONFLICT, GONE, STALE),
    *(TOO_LARGE, MEDIA_TYPE, REUSED, MATCH_MISSING, TOO_MANY, FAULT, UNAVAILABLE),
)


class Problem(Exception):
    """An answer that is not what was asked for."""

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or kind.title)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.more = more or {}
        self.headers = headers or {}


def of(error: BittingError) -> Problem:
    """The desk's error as a problem. A fault's own text stays here."""
    kind = next(kind for cls, kind in KINDS if isinstance(error, cls))
    detail = "its own log says why, under this request id" if kind is FAULT else str(error)
    headers = {"WWW-Authenticate": "Bearer"} if kind is SIGN_IN else {}
    if kind is UNAVAILABLE or (isinstance(error, TooMany) and error.retry_after_s):
        headers["Retry-After"] = str(error.retry_after_s if isinstance(error, TooMany) else 1)
    more = None
    if isinstance(error, ConsentMissing) and error.confirmation is not None:
        more = {"confirmation": confirmation_view(error.confirmation)}
    return Problem(kind, detail, more=more, headers=headers)


def reply(problem: Problem, request_id: str) -> JSONResponse:
    """As it goes out."""
    kind = problem.kind
    said: dict[str, Any] = {
        "type": f"urn:bitting:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "request_id": request_id,
    }
    if problem.detail:
        said["detail"] = problem.detail
    if problem.errors:
        said["errors"] = list(problem.errors)
    said.update(problem.more)
    return JSONResponse(said, kind.status, dict(problem.headers), MEDIA)
