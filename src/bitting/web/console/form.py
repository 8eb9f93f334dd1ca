"""Forms as browsers send them, and what tells ours from another site's.

A call that changes something has to name our own origin, and within a session to bring the session's token as well,
which stands in our pages only. Either alone would do; a mistake in one is then not yet a hole.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import Request

from bitting.domain.errors import MalformedValue, Refused

MOST_BODY: Final = 256 * 1024
_MOST_FIELDS: Final = 1_000
_MEDIA: Final = "application/x-www-form-urlencoded"

Fields = Mapping[str, Sequence[str]]


async def fields_of(request: Request) -> Fields:
    """All that was filled in, by name, lines ended as in a text of ours. Raises MalformedValue."""
    size, chunks = 0, []
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BODY:
            raise MalformedValue(f"the form is larger than {MOST_BODY} bytes")
        chunks.append(chunk)
    media, _, _ = request.headers.get("content-type", "").partition(";")
    if media.strip().lower() != _MEDIA:
        raise MalformedValue("this page takes its own form and nothing else")
    try:
        pairs = parse_qsl(
            b"".join(chunks).decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise MalformedValue("the form cannot be read") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return found


def must_be_ours(headers: Headers, origin: str) -> None:
    """Refuse what another site's page has sent, and what does not say whose page it was. Raises Refused."""
    if headers.get("origin") != origin or headers.get("sec-fetch-site") not in (None, "same-origin"):
        raise Refused(f"the form was not sent by a page of this house: open {origin} and do it there")


def form_token(session: str) -> str:
    """What stands in the forms of a session; nothing of the session can be read off it."""
    mac = hmac.digest(session.encode(), b"bitting console form", hashlib.sha256)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def must_be_of(session: str, fields: Fields) -> None:
    """Refuse a form of another session. Raises Refused."""
    given = "".join(fields.get("token", ()))
    if not hmac.compare_digest(given.encode(), form_token(session).encode()):
        raise Refused("the page is of another session: go back, load it again, and nothing was changed")


def cookie(headers: Headers, name: str) -> str:
    """A cookie's value; none where there are two, for one of them was not set by us."""
    pairs = [each.strip().partition("=") for line in headers.getlist("cookie") for each in line.split(";")]
    found = [value for key, _, value in pairs if key == name]
    return found[0] if len(found) == 1 else ""
