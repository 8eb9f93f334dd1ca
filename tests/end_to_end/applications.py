"""A small exchange in each of the frameworks, with the gate around it, on a real server: a program of its own.

    python applications.py starlette|mounted|fastapi|litestar <data folder>

It says its address as a line of JSON. Every answer of a handler has `x-reached`, so that nobody mistakes a refusal
for one.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi import Request as FastAPIRequest
from litestar import Litestar, route
from litestar import Request as LitestarRequest
from litestar import Response as LitestarResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from bitting.domain.ids import Environment
from bitting.settings import MountSettings, Settings
from bitting.web.asgi import App, Guard
from bitting.wiring.inside import AppGate

METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
REACHED = {"x-reached": "yes"}


def answer(method: str, path: str, state: Any, headers: Any, body: bytes) -> dict[str, Any]:
    """What the exchange says: who asks, and what came with the request."""
    if method == "DELETE":
        raise RuntimeError("an exchange that fails")
    caller = state["bitting"]
    return {
        "orderId": 7,
        "serverTime": 1,
        "path": path,
        "body": body.decode("latin-1"),
        "headers": [name for name, _ in headers],
        "caller": None if caller is None else [caller.account, caller.key, caller.request_id],
    }


async def starlette_handler(request: Request) -> JSONResponse:
    """Reads the state as Starlette gives it."""
    state = {"bitting": request.state.bitting}
    said = answer(request.method, request.url.path, state, request.headers.items(), await request.body())
    return JSONResponse(said, headers=REACHED)


def starlette(gate: AppGate) -> App:
    """As one adds any middleware."""
    app = Starlette(routes=[Route("/{rest:path}", starlette_handler, methods=METHODS)])
    app.add_middleware(Guard, gate=gate)
    return app


def mounted(gate: AppGate) -> App:
    """Around a part only, which has no lifespan of its own."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with gate:
            yield

    part = Starlette(routes=[Route("/{rest:path}", starlette_handler, methods=METHODS)])
    return Starlette(routes=[Mount("/binance", Guard(part, gate))], lifespan=lifespan)


def fastapi(gate: AppGate) -> App:
    """With its own pages of documentation, which stand behind the gate as well."""
    app = FastAPI()
    app.add_middleware(Guard, gate=gate)

    @app.api_route("/{rest:path}", methods=METHODS)
    async def handler(request: FastAPIRequest) -> JSONResponse:
        return await starlette_handler(request)

    return app


def litestar(gate: AppGate) -> App:
    """Its middleware sees no lifespan, so the whole is wrapped."""

    @route("/{rest:path}", http_method=["GET", "POST", "PUT", "DELETE"])
    async def handler(request: LitestarRequest[Any, Any, Any]) -> LitestarResponse[dict[str, Any]]:
        said = answer(
            request.method, request.url.path, request.scope["state"], request.headers.items(), await request.body()
        )
        return LitestarResponse(said, status_code=200, headers=REACHED)

    return Guard(Litestar([handler]), gate)  # type: ignore[arg-type]  # its own names for ASGI's dicts


def main() -> None:
    """Serve until told to stop."""
    framework, data = sys.argv[1:]
    gate = AppGate(Path(data), Settings(mounts=(MountSettings("/binance", "binance", Environment.LIVE),)))
    app = {"starlette": starlette, "mounted": mounted, "fastapi": fastapi, "litestar": litestar}[framework](gate)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(json.dumps({"url": f"http://127.0.0.1:{listening.getsockname()[1]}"}), flush=True)
        config = uvicorn.Config(app, http="httptools", loop="uvloop", proxy_headers=False, access_log=False)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
