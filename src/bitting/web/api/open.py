"""What anybody may read, without a session: the document of the API, and whether the server lives and is ready."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path

_HEADERS: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def open_paths(document: Mapping[str, Any], ready: Callable[[], bool]) -> list[Path]:
    """Of health they say one word: why something does not work is for the operator."""
    text = json.dumps(document, separators=(",", ":")).encode()

    async def openapi(_: Request) -> Response:
        return Response(text, media_type="application/json", headers=_HEADERS)

    async def livez(_: Request) -> Response:
        return Response(b"ok\n", media_type="text/plain", headers=_HEADERS)

    async def readyz(_: Request) -> Response:
        well = ready()
        return Response(b"ok\n" if well else b"not ready\n", 200 if well else 503, _HEADERS, "text/plain")

    return [Path("/openapi.json", openapi), Path("/livez", livez), Path("/readyz", readyz)]
