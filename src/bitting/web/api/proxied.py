"""Whose address a call has, where a proxy stands in front: by the rule of `web.http.peer`, which the gate keeps, too.

Uvicorn's own reader of such headers is not used: it joins two of them, and takes for an address whatever stands there.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from bitting.domain.network import Network, address_to_text
from bitting.web.api import problems
from bitting.web.api.problems import Problem
from bitting.web.http.errors import Rejected
from bitting.web.http.peer import NO_ADDRESS, client_address, socket_address


class Proxied:
    """An application whose calls come from where a trusted proxy says; whatever anybody else says of it is not read."""

    def __init__(self, application: ASGIApp, trusted: Network, new_request_id: Callable[[], str]) -> None:
        self._application = application
        self._trusted = trusted
        self._new_request_id = new_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = socket_address(scope["client"])
        try:
            peer = client_address(scope["headers"], NO_ADDRESS if peer is None else peer, self._trusted)
        except Rejected as problem:
            response = problems.reply(Problem(problems.BAD_HEADER, problem.text), self._new_request_id())
            await response(scope, receive, send)
            return
        await self._application({**scope, "client": (address_to_text(peer), 0)}, receive, send)
