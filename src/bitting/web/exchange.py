"""The gate's way to its upstream: forwarded over HTTP, with signed identity headers and without credentials.

A live API behind a mount that only observes still checks its own keys: it gets the credentials, and the client's
address in X-Forwarded-For.
"""

from __future__ import annotations

from collections.abc import Callable

from bitting.domain.network import address_to_text
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.gate.ports import NotSent
from bitting.web.http import Upstream, UpstreamDown, forward_headers
from bitting.web.identity import sign_identity


class HttpExchange:
    """Fits `gate.ports.Exchange`. Method, target and body go on as they were signed."""

    def __init__(
        self,
        upstream: Upstream,
        secret: Secret,
        credential_headers: frozenset[bytes],
        now_ms: Callable[[], int],
        *,
        observes: bool = False,
    ) -> None:
        self._upstream = upstream
        self._secret = secret
        self._credential_headers = frozenset() if observes else credential_headers
        self._now_ms = now_ms
        self._observes = observes

    async def send(self, request: Request, account: str, key: str, request_id: str) -> Reply:
        """Forward. What nobody was let in for (no account, no key) goes on without identity headers, and without any
        that a client made up."""
        headers: tuple[Header, ...] = forward_headers(request.headers, self._credential_headers)
        if self._observes:
            headers += ((b"x-forwarded-for", address_to_text(request.peer).encode()),)
        if key:
            headers += sign_identity(
                self._secret,
                request.method,
                request.target,
                request.body,
                account=account,
                key=key,
                request_id=request_id,
                now_ms=self._now_ms(),
            )
        try:
            return await self._upstream.send(request.method, request.target, headers, request.body, flows=True)
        except UpstreamDown as problem:
            raise NotSent(str(problem)) from problem
        except ValueError as problem:  # a header or target that cannot be written: nothing has left
            raise NotSent("the request cannot be written to the upstream") from problem
