"""The decision service: a proxy asks whether a request may pass, and forwards it itself.

    200         admitted, and nothing else is. No body; the identity headers are for the upstream, others for the client
    401 or 403  everything else, whatever status the dialect uses, and also what the gate answers itself (a key that
                reads or ends itself): the request must not go on. The status that the dialect means stands in
                `bitting-status`; its words in the body, and for a proxy that drops that, in `bitting-reply`

Where the gate forwards, it hears what became of a request. Here it does not: the log says so, and what an order
reserved of its daily total stays reserved.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bitting.domain.errors import MalformedRequest
from bitting.domain.network import Network
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Denied, Reason
from bitting.web.decision_proxies import Proxy
from bitting.web.identity import sign_identity
from bitting.web.mounts import NOWHERE, Mount, Mounts

SECRET_HEADER: Final = b"decision-secret"
UNTOLD: Final = "not told"  # the outcome, in the log
_UNSEEN: Final = Denied(Reason.BODY_UNSEEN)
_ONE_LINE: Final = re.compile(rb"[ -~]{1,2048}")  # what fits a header, and the buffers of a proxy
_TEXT: Final = ((b"content-type", b"text/plain; charset=utf-8"),)


class Decisions:
    """The handler of a listener that one proxy asks."""

    def __init__(
        self,
        mounts: Mounts,
        identities: Mapping[str, Secret],
        proxy: Proxy,
        askers: Network,
        secret: Secret | None,
        now_ms: Callable[[], int],
    ) -> None:
        """`identities` are the secrets shared with the upstreams, by the mounts' prefixes. Nobody is answered but
        `askers`, and with `secret` nobody who does not send it in hexadecimal digits."""
        self._mounts = mounts
        self._identities = identities
        self._proxy = proxy
        self._askers = askers
        self._secret = secret
        self._now_ms = now_ms

    def __call__(self, asked: Request) -> Reply | Awaitable[Reply]:
        if not self._knows(asked):
            return Reply(403, _TEXT, b"decisions are for the proxy alone\n")
        try:
            request, whole = self._proxy.read(asked)
        except MalformedRequest as problem:
            return self._refusal(Reply(400, _TEXT, f"{problem}\n".encode()))
        found = self._mounts.find(request)
        if found is None:
            return self._refusal(NOWHERE)
        return self._decided(*found, None if whole else _UNSEEN)

    def _knows(self, asked: Request) -> bool:
        if not self._askers.admits(asked.peer):
            return False
        if self._secret is None:
            return True
        return hmac.compare_digest(asked.header(SECRET_HEADER) or b"", self._secret.reveal().hex().encode())

    async def _decided(self, mount: Mount, request: Request, against: Denied | None) -> Reply:
        judged = await mount.gate.judge(request, mount.door, against)
        if isinstance(judged, Reply):
            return self._refusal(judged)
        headers = judged.headers
        if judged.key:
            headers += sign_identity(
                self._identities[mount.prefix],
                request.method,
                request.target,
                request.body,
                account=judged.account,
                key=judged.key,
                request_id=judged.request_id,
                now_ms=self._now_ms(),
            )
        if judged.awaited:
            judged.done(0, UNTOLD)
        return Reply(200, headers, b"")

    def _refusal(self, reply: Reply) -> Reply:
        more: tuple[Header, ...] = ((b"bitting-status", b"%d" % reply.status),)
        body = reply.body.rstrip(b"\n")
        if not self._proxy.passes_body and _ONE_LINE.fullmatch(body):
            more += ((b"bitting-reply", body),)
        return Reply(401 if reply.status == 401 else 403, reply.headers + more, reply.body)
