"""For aiohttp: `aiohttp.ClientSession(middlewares=[AiohttpMiddleware(signer)])`. The last one, if there are several."""

from __future__ import annotations

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from aiohttp.payload import BytesPayload

from bitting_client.signer import NotSignable, Signer


class AiohttpMiddleware:
    """Signs each request as the last thing before it is sent; also what follows a redirect, to the same gate."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        payload = request.body
        # Text and JSON are payloads of this kind too; all others are read while they are sent. Compression is chunked.
        if request.chunked or not (payload == b"" or isinstance(payload, BytesPayload)):
            raise NotSignable(
                "a body that is a stream or is compressed cannot be signed before it is sent: give bytes, text or json"
            )
        body = bytes(await payload.as_bytes()) if isinstance(payload, BytesPayload) else b""
        request.headers.update(self._signer.headers(request.method, str(request.url), body))
        return await handler(request)
