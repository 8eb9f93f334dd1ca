"""For requests: `session.auth = RequestsAuth(signer)`."""

from __future__ import annotations

from requests import PreparedRequest
from requests.auth import AuthBase

from bitting_client.signer import NotSignable, Signer


class RequestsAuth(AuthBase):
    """Signs each request as the last thing before it is sent."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        if not isinstance(body, bytes):
            raise NotSignable("a body that is a stream cannot be signed before it is sent: give bytes, text or json")
        if body:
            request.body = body  # what has been signed, and not what the library would make of the text
        request.headers.update(self._signer.headers(request.method or "", request.url or "", body))
        return request
