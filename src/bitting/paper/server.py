"""The demonstration exchange on a port of its own, behind the gate as any real one would be.

It believes nobody but the gate: a private request needs the signed identity headers, made with the secret
that the gate keeps for this upstream. `GET /house/facts` is for the house's own feed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from bitting.domain.errors import BittingError
from bitting.domain.request import Reply, Request
from bitting.kms.secret_file import SecretFile
from bitting.paper import binance, bitfinex, bithumb, bithumb_v1, own
from bitting.paper.exchange import Exchange
from bitting.paper.facts import facts
from bitting.paper.orders import Caller
from bitting.web.http import Limits, Server, serve
from bitting.web.identity import PREFIX, verify_identity

FACTS_PATH: Final = b"/house/facts"
Answer = Callable[[Exchange, Caller | None, Request, int], Reply]
# The first prefix that fits says whose API is spoken, and whose identity a signed request has to bring.
_FACES: Final[tuple[tuple[bytes, str, Answer], ...]] = (
    (b"/exchange/", "native", own.answer),
    (b"/v1/", "bithumb", bithumb.answer),
    (b"/v2/order", "bithumb", bithumb.answer),  # of Bithumb's API 2.0 only these are /v2/
    (b"/v2/", "bitfinex", bitfinex.answer),
    (b"/info/", "bithumb-v1", bithumb_v1.answer),
    (b"/trade/", "bithumb-v1", bithumb_v1.answer),
    (b"/public/", "bithumb-v1", bithumb_v1.answer),
    (b"", "binance", binance.answer),
)
FACES: Final = tuple(sorted({name for _, name, _ in _FACES}))
"""The dialects that the exchange is spoken to in."""


class Paper:
    """The handler. `identities` are the files of the secrets shared with the gate, by the face they are for;
    they are read when the first signed request comes, since the gate makes them."""

    def __init__(self, exchange: Exchange, identities: dict[str, Path], now_ms: Callable[[], int]) -> None:
        self._exchange = exchange
        self._identities = identities
        self._now_ms = now_ms

    def __call__(self, request: Request) -> Reply:
        if request.path == FACTS_PATH:
            return Reply(200, ((b"content-type", b"application/json"),), facts(self._exchange))
        name, answer = next((name, answer) for prefix, name, answer in _FACES if request.path.startswith(prefix))
        try:
            caller = self._caller(name, request)
        except BittingError:
            return Reply(403, ((b"content-type", b"text/plain"),), b"this exchange is entered through its gate\n")
        return answer(self._exchange, caller, request, self._now_ms())

    def _caller(self, name: str, request: Request) -> Caller | None:
        """Whom the gate has proven; None for open market data. Raises BittingError when the proof is bad."""
        if not any(header.startswith(PREFIX) for header, _ in request.headers):
            return None
        secret = SecretFile(self._identities[name], "identity").load()
        identity = verify_identity(
            secret, request.method, request.target, request.headers, request.body, now_ms=self._now_ms()
        )
        return Caller(identity.account, identity.key)


async def serve_paper(
    host: str,
    port: int,
    identities: dict[str, Path],
    now_ms: Callable[[], int],
    on_error: Callable[[BaseException], None],
) -> Server:
    """Open the exchange. Raises Misconfigured when the port is taken."""
    paper = Paper(Exchange(now_ms()), identities, now_ms)
    return await serve(paper, host=host, port=port, limits=Limits(), on_error=on_error)
