"""The gate around an ASGI application (ASGI 3, any server, any framework or none).

What is judged is what the server read off the wire: raw path, raw query, headers in their order, the whole body. The
decoded `path`, Host and a framework's `request.url` say nothing here; where the decoded path, by which the
application will route, is not the raw one's, the request is refused.

    refused, or the gate's own affair   the dialect's reply; the application hears nothing of it
    admitted                            scope["state"]["bitting"] is the Caller; the credential headers are gone
    an open endpoint, or only observed  scope["state"]["bitting"] is None
    a WebSocket                         closed: no login of one is judged here

Whatever is not below one of the gate's mounts is answered 404: what needs no gate stands outside of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import unquote

from bitting.domain.action import Action
from bitting.domain.errors import BittingError, Malformed, Misconfigured, Unavailable
from bitting.domain.network import Network
from bitting.domain.request import Header, Reply, Request
from bitting.gate.passage import Passage
from bitting.web.http.errors import Rejected
from bitting.web.http.hop import inner_headers
from bitting.web.http.peer import NO_ADDRESS, client_address, socket_address
from bitting.web.http.reader import METHODS, TARGET_BYTES

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SEEN_BYTES: Final = 64 * 1024  # of a reply: enough for the answer to an order
_METHODS: Final = {each.decode(): each for each in METHODS}
_ONCE: Final = frozenset({b"host", b"content-length", b"transfer-encoding"})
_BARE: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"DELETE"})  # without a length they have no body
_UNDERSCORE: Final = 0x5F  # a number is looked for twice as fast as b"_" is
_TOO_LONG: Final = "the body is longer than is read here"
_TEXT: Final = ((b"content-type", b"text/plain; charset=utf-8"),)


class Opened(Protocol):
    """A gate that this process holds open."""

    @property
    def trusted_proxies(self) -> Network:
        """Who may name a client's address."""

    @property
    def is_open(self) -> bool:
        """Whether it can judge."""

    async def open(self) -> None:
        """Raises BittingError."""

    async def close(self) -> None:
        """Let nothing be unwritten."""

    async def judge(self, request: Request) -> Passage | Reply:
        """See `Gate.judge`."""


class Caller(NamedTuple):
    """Whom the gate has let in, and for what."""

    account: str
    key: str
    actions: tuple[Action, ...]
    request_id: str


class Guard:
    """The application, with the gate before it.

    It opens the gate when the server starts the application and closes it at the end, unless somebody else holds it
    open: around a part that is mounted in an application, that is the application's own lifespan.
    """

    def __init__(self, app: App, gate: Opened, body_bytes: int = 1024 * 1024) -> None:
        """A body beyond `body_bytes` is refused with 413."""
        self._app = app
        self._gate = gate
        self._body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._beside(scope, receive, send)
            return
        gate = self._gate
        if not gate.is_open:
            raise Misconfigured("the gate is not open: let the server run the lifespan, or open it in your own")
        try:
            request, length = self._head(scope)
            body = await self._body(request.method, length, receive)
        except Rejected as rejected:
            await _tell(send, Reply(rejected.status, _TEXT, f"{rejected.text}\n".encode()))
            return
        if body is None:
            return
        if body:
            request = Request(request.method, request.target, request.headers, body, request.peer)
        passage = await gate.judge(request)
        if isinstance(passage, Reply):
            await _tell(send, passage)
            return
        key = passage.key
        caller = Caller(passage.account, key, passage.actions, passage.request_id) if key else None
        inner = {
            **scope,
            "headers": inner_headers(request.headers, passage.spent),
            "state": {**scope.get("state", {}), "bitting": caller},
        }
        way = _Way(passage, body, receive, send)
        try:
            await self._app(inner, way.receive, way.send)
        except Exception:
            await way.failed()
            raise
        finally:
            way.end()

    async def _beside(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is no HTTP request."""
        if scope["type"] == "lifespan" and not self._gate.is_open:
            await _Life(self._app, self._gate, receive, send).run(scope)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "the gate judges no WebSockets"})
        else:
            raise Misconfigured(f"the gate does not know what {scope['type']!r} is, so it lets none in")

    def _head(self, scope: Scope) -> tuple[Request, bytes | None]:
        """The request without its body, and its Content-Length. Raises Rejected for what no client of ours sends,
        Misconfigured for what no server may give."""
        path, query = scope.get("raw_path"), scope["query_string"]
        if not isinstance(path, bytes) or b"?" in path:
            raise Misconfigured("the server gives no raw_path, which signatures need: use another (uvicorn gives it)")
        target = path + b"?" + query if query else path
        if path[:1] != b"/" or target.translate(None, TARGET_BYTES):
            raise Rejected(400, "the request target is not a plain path and query")
        text = path.decode("ascii")
        if (unquote(text) if "%" in text else text) != scope["path"]:
            raise Rejected(400, "the path can be read in two ways")
        method = _METHODS.get(scope["method"])
        if method is None:
            raise Rejected(405, "the method is not allowed")
        headers = tuple([(name.lower(), value.strip(b" \t")) for name, value in scope["headers"]])
        fields = _fields(headers)
        client = scope.get("client")
        peer = _address(client[0]) if client else NO_ADDRESS
        if b"x-forwarded-for" in fields:
            peer = client_address(headers, peer, self._gate.trusted_proxies)
        return Request(method, target, headers, b"", peer), fields.get(b"content-length")

    async def _body(self, method: bytes, length: bytes | None, receive: Receive) -> bytes | None:
        """The whole body, or None when the client has gone. Raises Rejected.

        How long it may take is for the server to say, as for every other application of its.
        """
        most = 0 if length is None and method in _BARE else self._body_bytes
        if length is not None:
            if not length.isdigit() or len(length) > 16:
                raise Rejected(400, "the Content-Length is malformed")
            if int(length) > most:
                raise Rejected(413, _TOO_LONG)
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            if size > most:
                raise Rejected(413, _TOO_LONG)
            parts.append(part)
        if length is not None and size != int(length):
            raise Rejected(400, "it is not clear where the request ends")
        return parts[0] if len(parts) == 1 else b"".join(parts)


class _Way:
    """Between the application and its server: the body is given again, our headers are put on the reply, and what that
    says of the request goes to the log."""

    __slots__ = ("_body", "_keeps", "_over", "_passage", "_receive", "_seen", "_send", "_status")

    def __init__(self, passage: Passage, body: bytes, receive: Receive, send: Send) -> None:
        self._passage = passage
        self._body: bytes | None = body  # not given yet
        self._receive = receive
        self._send = send
        self._status = 0
        self._seen = b""
        self._keeps = False  # what is seen of the body, since the log wants to know
        self._over = False

    async def receive(self) -> Message:
        body, self._body = self._body, None
        if body is None:
            return await self._receive()
        return {"type": "http.request", "body": body, "more_body": False}

    def send(self, message: Message) -> Awaitable[None]:
        """Not a coroutine of its own: the server's is one."""
        kind = message["type"]
        if kind == "http.response.body":
            if self._keeps and len(self._seen) < SEEN_BYTES:
                self._seen += message.get("body", b"")[:SEEN_BYTES]
            if not message.get("more_body", False):
                self._over = True
                if self._keeps:
                    self._passage.heard(Reply(self._status, (), self._seen))
        elif kind == "http.response.start":
            ours = self._passage.headers
            names = dict(ours)
            headers = [each for each in message.get("headers", ()) if each[0].lower() not in names]
            self._status, self._keeps = message["status"], self._passage.awaited
            message = {**message, "headers": [*headers, *ours]}
        return self._send(message)

    async def failed(self) -> None:
        """The application has raised. Whether it had acted before nobody knows."""
        if not self._status:
            self._over = True
            await _tell(self._send, self._passage.unanswered(Unavailable("the application failed")))

    def end(self) -> None:
        """The application has returned, or was stopped; without a whole reply its outcome is open."""
        if not self._over:
            self._passage.done(0, "unknown")


class _Life:
    """The lifespan of an application that the gate is opened and closed with."""

    def __init__(self, app: App, gate: Opened, receive: Receive, send: Send) -> None:
        self._app = app
        self._gate = gate
        self._receive = receive
        self._send = send
        self._answered = False

    async def run(self, scope: Scope) -> None:
        startup = await self._receive()
        try:
            await self._gate.open()
        except BittingError as problem:
            await self._send({"type": "lifespan.startup.failed", "message": str(problem)})
            return
        try:
            try:
                await self._app(scope, _first(startup, self._receive), self.send)
            except Exception:
                if self._answered:
                    raise
            if not self._answered:  # it has no lifespan, which it may say by raising; ours goes on without it
                await self.send({"type": "lifespan.startup.complete"})
                await self._receive()
                await self.send({"type": "lifespan.shutdown.complete"})
        finally:
            await self._gate.close()

    async def send(self, message: Message) -> None:
        """The gate is closed before the server hears that all is over: it stops the loop then."""
        self._answered = True
        if message["type"] != "lifespan.startup.complete":
            await self._gate.close()
        await self._send(message)


@lru_cache(4096)
def _address(host: str) -> int:
    """As the server writes it; reading it once a connection would do, but an application sees no connections."""
    try:
        return socket_address((host,)) or NO_ADDRESS
    except Malformed:
        raise Misconfigured("the server names a client that is no address") from None


def _fields(headers: tuple[Header, ...]) -> dict[bytes, bytes]:
    """The headers by name. What our own face refuses in a head, a server may have let pass: raises Rejected."""
    fields = dict(headers)
    if _UNDERSCORE in b"".join(fields):
        raise Rejected(400, "a header name has an underscore")
    if len(fields) != len(headers):
        names = [name for name, _ in headers if name in _ONCE]
        if len(names) != len(set(names)):
            raise Rejected(400, "a header that frames the request stands twice")
    if b"content-encoding" in fields:
        raise Rejected(415, "send the body as it was signed; encoded bodies are not read here")
    return fields


def _first(message: Message, receive: Receive) -> Receive:
    """Give this message first, and then what comes."""
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return message

    return receiving


async def _tell(send: Send, reply: Reply) -> None:
    headers = [*reply.headers, (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
