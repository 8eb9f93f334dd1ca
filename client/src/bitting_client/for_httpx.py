"""For httpx2 and httpx, sync and async: `httpx2.Client(auth=HttpxAuth(signer))`.

Both take any callable for authentication, so neither has to be imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitting_client.signer import NotSignable, Signer

if TYPE_CHECKING:
    from httpx2 import Request


class HttpxAuth:
    """Signs each request as the last thing before it is sent."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def __call__(self, request: Request) -> Request:
        url = request.url
        try:
            body = request.content
        except RuntimeError:  # RequestNotRead, in either library
            raise NotSignable(
                "a body that is a stream cannot be signed before it is sent: give bytes, text, data or json"
            ) from None
        place = f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}"
        request.headers.update(self._signer.headers(request.method, place, body))
        return request
