"""The gate around an ASGI application, as servers of all kinds would call it: every message by hand, a real gate."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bitting.dialects.dialect import Draft
from bitting.domain.errors import Misconfigured, Unavailable
from bitting.domain.network import NOBODY, Network, address_from_text
from bitting.domain.request import Reply, Request
from bitting.gate.passage import Passage
from bitting.web.asgi import SEEN_BYTES, App, Caller, Guard, Message, Receive, Scope, Send
from tests.gate.world import HOME, Holder, World, spoilt

PEER = "203.0.113.7"


class Gate:
    """The world's gate, which is opened and closed; `opened` is what happened to it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.trusted_proxies = NOBODY
        self.is_open = True
        self.happened: list[str] = []
        self.problem: Exception | None = None

    async def open(self) -> None:
        if self.problem is not None:
            raise self.problem
        self.is_open = True
        self.happened.append("gate opened")

    async def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.happened.append("gate closed")

    async def judge(self, request: Request) -> Passage | Reply:
        return await self.world.gate.judge(request, self.world.door)


class Application:
    """Remembers what it was called with, and answers in these messages; `raises` behind so many of them."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []
        self.status = 200
        self.headers: list[tuple[bytes, bytes]] = [(b"content-type", b"text/plain"), (b"X-Request-Id", b"mine")]
        self.chunks = [b"order", b"-1"]
        self.raises: tuple[int, BaseException] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        self.bodies.append((await receive())["body"])
        start: Message = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        parts: list[Message] = [
            {"type": "http.response.body", "body": chunk, "more_body": True} for chunk in self.chunks
        ]
        for number, message in enumerate([start, *parts, {"type": "http.response.body"}]):
            if self.raises is not None and number == self.raises[0]:
                raise self.raises[1]
            await send(message)


class Setting:
    """A world, its gate, an application, and the guard between them."""

    def __init__(self) -> None:
        self.world = World()
        self.gate = Gate(self.world)
        self.app = Application()
        self.said: list[Message] = []

    def scope(self, request: Request, **more: Any) -> Scope:
        raw, _, query = request.target.partition(b"?")
        return {
            "type": "http",
            "method": request.method.decode(),
            "path": raw.decode(),
            "raw_path": raw,
            "query_string": query,
            "headers": list(request.headers),
            "client": (PEER, 5),
            **more,
        }

    def call(self, request: Request, *body: Message, app: App | None = None, **more: Any) -> None:
        """Through the guard; `body` are the messages of the server, by default the request's own body."""
        self.said = []
        messages = list(body) or [{"type": "http.request", "body": request.body, "more_body": False}]

        async def receive() -> Message:
            if messages:
                return messages.pop(0)
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            self.said.append(message)

        guard = Guard(app or self.app, self.gate)
        asyncio.run(_awaited(guard(self.scope(request, **more), receive, send)))

    @property
    def reply(self) -> Reply:
        """What the client has been told."""
        start, *parts = self.said
        return Reply(start["status"], tuple(start["headers"]), b"".join(each.get("body", b"") for each in parts))

    @property
    def outcomes(self) -> list[tuple[int, str]]:
        return [(each.status, each.note) for each in self.world.activity.outcomes]


async def _awaited(work: Awaitable[None]) -> None:
    await work


@pytest.fixture
def setting() -> Setting:
    return Setting()


@pytest.fixture
def holder(setting: Setting) -> Holder:
    return setting.world.issue()


# ---- admitted


def test_the_application_is_told_who_asks(setting: Setting, holder: Holder) -> None:
    """In the scope's state, beside what is there; path, query and body are as they came, and the credentials gone."""
    order = holder.order()
    headers = (*order.headers, (b"host", b"api"), (b"accept", b"a"), (b"accept", b"b"))
    setting.call(order._replace(headers=headers), state={"pool": 1})
    [scope] = setting.app.scopes
    caller = scope["state"]["bitting"]
    assert caller == Caller("acc-1", holder.key, caller.actions, "request-1")
    assert [each.name for each in caller.actions] == ["order.place"]
    assert scope["state"]["pool"] == 1
    assert scope["headers"] == [(b"host", b"api"), (b"accept", b"a"), (b"accept", b"b")]
    assert (scope["raw_path"], scope["query_string"]) == (b"/order", order.query)
    with pytest.raises(AttributeError):
        caller.account = "acc-2"


def test_the_reply_streams_through(setting: Setting, holder: Holder) -> None:
    """Message by message, with our headers in place of the application's own of the same names."""
    setting.call(holder.order())
    assert [each.get("body") for each in setting.said[1:]] == [b"order", b"-1", None]
    assert setting.said[0]["headers"] == [
        (b"content-type", b"text/plain"),
        (b"x-request-id", b"request-1"),
        (b"x-used", b"1"),
        (b"ratelimit-policy", b'"key";q=200'),
        (b"ratelimit", b'"key";r=199;t=1'),
    ]
    assert setting.outcomes == [(200, "order-1")]


def test_the_body_is_read_whole_and_given_again(setting: Setting, holder: Holder) -> None:
    """However the server cuts it; behind it comes what the server says next."""
    heard: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.extend([await receive(), await receive()])

    world = holder.world
    draft = Draft(b"POST", b"/balances", b"abcdef")
    signed = world.dialect.sign(draft, holder.wire_id, holder.algorithm, holder.secret, world.moment())
    parts = [(b"ab", True), (b"", True), (b"cdef", False)]
    messages = [{"type": "http.request", "body": body, "more_body": more} for body, more in parts]
    setting.call(signed._replace(headers=(*signed.headers, (b"content-length", b"6"))), *messages, app=app)
    assert heard == [{"type": "http.request", "body": b"abcdef", "more_body": False}, {"type": "http.disconnect"}]


def test_open_endpoints_are_nobodys(setting: Setting) -> None:
    """Whatever a client or another middleware says of itself."""
    setting.call(Request(b"GET", b"/time", ((b"bitting-key", b"k"),), b"", HOME), state={"bitting": "somebody"})
    [scope] = setting.app.scopes
    assert (scope["state"], scope["headers"]) == ({"bitting": None}, [])
    assert setting.outcomes == []


def test_at_a_door_that_observes_credentials_travel_on(setting: Setting, holder: Holder) -> None:
    """What is not admitted comes in nobody's name."""
    setting.world.observe()
    read, wrong = holder.read(), spoilt(holder.read())
    setting.call(read)
    setting.call(wrong)
    callers = [each["state"]["bitting"] for each in setting.app.scopes]
    assert [each and each.key for each in callers] == [holder.key, None]
    assert [tuple(each["headers"]) for each in setting.app.scopes] == [read.headers, wrong.headers]
    assert setting.outcomes == [(200, "order-1")]


# ---- refused


def test_a_refusal_is_the_dialects(setting: Setting, holder: Holder) -> None:
    """The application hears nothing of it."""
    setting.call(spoilt(holder.order()))
    assert setting.app.scopes == []
    assert setting.reply.status == 401
    assert setting.reply.body.startswith(b"key.not_proven")
    assert (b"content-length", b"%d" % len(setting.reply.body)) in setting.reply.headers


def test_the_gate_answers_for_itself(setting: Setting, holder: Holder) -> None:
    """A key about itself."""
    setting.call(holder.ask("GET /key"))
    assert (setting.reply.body, setting.app.scopes) == (f"self.read {holder.key}".encode(), [])


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        (b"/time/%2e%2e/order", "/time/../order"),
        (b"/time%2F..%2Forder", "/time/../order"),
        (b"//order", "//order"),
        (b"/order/", "/order/"),
        (b"/%6frder", "/order"),
        (b"/order;a=b", "/order;a=b"),
    ],
)
def test_a_path_in_another_spelling_reaches_nothing(setting: Setting, holder: Holder, raw: bytes, decoded: str) -> None:
    """S-21: what the application would route by its decoded path was judged by its raw one."""
    order = holder.order()
    setting.call(order, raw_path=raw, path=decoded)
    assert setting.app.scopes == []
    assert setting.reply.body.startswith(b"request.malformed")


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [(b"/time", "/order"), (b"/time", "/time/"), (b"/%6frder", "/%6frder"), (b"/a%2525", "/a%"), (b"/time", "time")],
)
def test_two_readings_of_a_path_are_none(setting: Setting, raw: bytes, decoded: str) -> None:
    """CVE-2026-48710 and its kin: whoever makes `path` differ from the bytes (a middleware, a Host) gets nowhere."""
    setting.call(Request(b"GET", raw, ((b"host", b"api/../order"),), b"", HOME), path=decoded)
    assert (setting.reply.status, setting.reply.body) == (400, b"the path can be read in two ways\n")
    assert setting.app.scopes == []


@pytest.mark.parametrize("more", [{"raw_path": None}, {"raw_path": "/time"}, {"raw_path": b"/time?a=b"}])
def test_a_server_without_raw_paths_is_none_for_signatures(setting: Setting, more: dict[str, Any]) -> None:
    """Said loudly, at the first request; the decoded path is never made into bytes again."""
    with pytest.raises(Misconfigured, match="no raw_path"):
        setting.call(Request(b"GET", b"/time", (), b"", HOME), **more)
    assert (setting.said, setting.app.scopes) == ([], [])


OPEN = Request(b"GET", b"/time", (), b"", HOME)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"target": b"*"}, 400),
        ({"target": b"http://evil/time"}, 400),
        ({"target": b"/time?a#b"}, 400),
        ({"target": b"/time?a b"}, 400),
        ({"method": b"TRACE"}, 405),
        ({"method": b"get"}, 405),
        ({"headers": ((b"x_key", b"1"),)}, 400),
        ({"headers": ((b"host", b"a"), (b"host", b"b"))}, 400),
        ({"headers": ((b"content-length", b"1"), (b"content-length", b"1"))}, 400),
        ({"headers": ((b"content-encoding", b"gzip"),)}, 415),
        ({"headers": ((b"content-length", b"+1"),)}, 400),
        ({"headers": ((b"content-length", b"9" * 17),)}, 400),
        ({"headers": ((b"content-length", b"1048577"),)}, 413),
        ({"headers": ((b"content-length", b"3"),), "body": b"ab"}, 400),
        ({"body": b"a body without a length"}, 413),
        ({"method": b"POST", "body": b"a" * 1048577}, 413),
    ],
)
def test_what_our_own_face_refuses_is_refused(setting: Setting, change: dict[str, Any], status: int) -> None:
    """Whatever the server let pass."""
    setting.call(OPEN._replace(**change))
    assert (setting.reply.status, setting.app.scopes) == (status, [])
    setting.call(OPEN)
    assert setting.reply.status == 200


def test_a_client_that_leaves_before_its_body_is_whole_asked_nothing(setting: Setting, holder: Holder) -> None:
    """Nothing is judged, nothing used up."""
    order = holder.order()
    half = {"type": "http.request", "body": b"a", "more_body": True}
    setting.call(order._replace(headers=(*order.headers, (b"content-length", b"2"))), half, {"type": "http.disconnect"})
    assert (setting.said, setting.world.activity.noted) == ([], [])
    setting.call(order)
    assert setting.reply.status == 200


def test_headers_that_would_change_what_was_judged_stay_behind(setting: Setting, holder: Holder) -> None:
    """Method overrides, rewritten paths, forged identities and addresses."""
    spoofs = [b"x-http-method-override", b"x-original-url", b"x-forwarded-for", b"forwarded", b"bitting-account"]
    read = holder.read()
    setting.call(read._replace(headers=(*read.headers, *((each, b"x") for each in spoofs))))
    assert setting.app.scopes[0]["headers"] == []


# ---- from where


def test_the_address_is_the_sockets(setting: Setting, holder: Holder) -> None:
    """Only a proxy that the operator has named speaks for another, and of its words only the last hop counts."""
    read = holder.read()
    told = (*read.headers, (b"x-forwarded-for", b"198.51.100.9, 203.0.113.7"))
    setting.call(read._replace(headers=told), client=("198.51.100.1", 5))
    assert setting.reply.body.startswith(b"network.outside")
    setting.gate.trusted_proxies = Network.from_text(["198.51.100.1"])
    read = holder.read()
    setting.call(
        read._replace(headers=(*read.headers, (b"x-forwarded-for", b"1.2.3.4, 203.0.113.7"))),
        client=["198.51.100.1", 5],
    )
    assert setting.reply.status == 200
    assert setting.world.activity.noted[-1].peer == address_from_text(PEER)
    setting.call(read._replace(headers=(*read.headers, (b"x-forwarded-for", b"me"))), client=("198.51.100.1", 5))
    assert setting.reply.status == 400


def test_who_comes_through_a_unix_socket_has_no_address(setting: Setting, holder: Holder) -> None:
    """No network has it."""
    setting.call(holder.read(), client=None)
    assert setting.reply.body.startswith(b"network.outside")


def test_a_client_that_is_no_address_is_a_fault_of_the_server(setting: Setting) -> None:
    """Loudly: networks could mean nothing there."""
    with pytest.raises(Misconfigured, match="no address"):
        setting.call(OPEN, client=("testclient", 50000))


# ---- what became of it


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_an_application_that_fails_leaves_the_outcome_open(setting: Setting, holder: Holder, behind: int) -> None:
    """It may have acted. A client that has heard nothing yet hears that; the server gets the exception for its log."""
    setting.app.raises = (behind, RuntimeError("bug"))
    with pytest.raises(RuntimeError, match="bug"):
        setting.call(holder.order())
    assert setting.outcomes == [(0, "unknown")]
    if behind == 0:
        assert setting.reply.status == 503
        assert setting.reply.body.startswith(b"upstream.unknown")
        assert b"bug" not in setting.reply.body


def test_an_application_that_is_cancelled_leaves_the_outcome_open(setting: Setting, holder: Holder) -> None:
    """As at a server's end."""
    setting.app.raises = (0, asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        setting.call(holder.order())
    assert (setting.outcomes, setting.said) == ([(0, "unknown")], [])


def test_an_application_that_says_nothing_leaves_the_outcome_open(setting: Setting, holder: Holder) -> None:
    """The server will answer for it."""

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        """Returns."""

    setting.call(holder.order(), app=silent)
    assert setting.outcomes == [(0, "unknown")]


def test_a_client_that_leaves_during_the_reply_changes_nothing(setting: Setting, holder: Holder) -> None:
    """The application has answered; that the server could not deliver the end is not its outcome."""
    said: list[Message] = []

    async def play() -> None:
        order = holder.order()
        messages = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            return messages.pop()

        async def send(message: Message) -> None:
            said.append(message)
            if len(said) == 4:
                raise OSError("the client is gone")

        with pytest.raises(OSError, match="gone"):
            await Guard(setting.app, setting.gate)(setting.scope(order), receive, send)

    asyncio.run(play())
    assert setting.outcomes == [(200, "order-1")]


def test_of_a_long_reply_the_beginning_is_read(setting: Setting, holder: Holder) -> None:
    """What is kept for the log is bounded; what the client gets is not."""
    setting.app.chunks = [b"x" * SEEN_BYTES, b"y" * SEEN_BYTES]
    setting.call(holder.order())
    assert len(setting.reply.body) == 2 * SEEN_BYTES
    assert setting.outcomes == [(200, "x" * SEEN_BYTES)]


def test_messages_that_are_not_the_reply_pass(setting: Setting, holder: Holder) -> None:
    """What servers and applications agree upon beside it: early hints, trailers."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.early_hint", "links": []})
        await setting.app(scope, receive, send)

    setting.call(holder.order(), app=app)
    assert setting.said.pop(0)["type"] == "http.response.early_hint"
    assert setting.outcomes == [(200, "order-1")]


def test_a_refusal_of_the_application_gives_back_what_was_reserved(setting: Setting, holder: Holder) -> None:
    """As an exchange's does."""
    setting.app.status, setting.app.chunks = 400, [b"declined"]
    setting.call(holder.order())
    assert setting.outcomes == [(400, "declined")]


# ---- other scopes


def test_web_sockets_are_closed(setting: Setting) -> None:
    """No login of one is judged, so none is open."""
    setting.call(OPEN, {"type": "websocket.connect"}, type="websocket")
    assert [(each["type"], each["code"]) for each in setting.said] == [("websocket.close", 1008)]
    assert setting.app.scopes == []


def test_a_scope_that_nobody_knows_is_refused(setting: Setting) -> None:
    """Also one of a later standard."""
    with pytest.raises(Misconfigured, match="'webtransport'"):
        setting.call(OPEN, type="webtransport")


def test_a_gate_that_is_not_open_lets_nobody_in(setting: Setting) -> None:
    """Loudly: the application would be without one."""
    setting.gate.is_open = False
    with pytest.raises(Misconfigured, match="the gate is not open"):
        setting.call(OPEN)


# ---- the lifespan


def lived(setting: Setting, app: App, *, fails: bool = False) -> list[str]:
    """What happened, in order, from the server's start to its end."""
    happened = setting.gate.happened

    async def play() -> None:
        asked: asyncio.Queue[Message] = asyncio.Queue()
        started = asyncio.Event()

        async def send(message: Message) -> None:
            happened.append(message["type"].removeprefix("lifespan."))
            started.set()

        living = asyncio.create_task(_awaited(Guard(app, setting.gate)({"type": "lifespan"}, asked.get, send)))
        await asked.put({"type": "lifespan.startup"})
        await started.wait()
        await asked.put({"type": "lifespan.shutdown"})
        await living

    setting.gate.is_open = False
    asyncio.run(play())
    return happened


def with_lifespan(happened: list[str], end: str = "complete") -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        happened.append("app started")
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        happened.append("app stopped")
        await send({"type": f"lifespan.shutdown.{end}"})

    return app


@pytest.mark.parametrize("end", ["complete", "failed"])
def test_the_gate_lives_as_long_as_the_application(setting: Setting, end: str) -> None:
    """Open before the application starts, and closed after it stopped, before the server hears of it."""
    assert lived(setting, with_lifespan(setting.gate.happened, end)) == [
        "gate opened",
        "app started",
        "startup.complete",
        "app stopped",
        "gate closed",
        f"shutdown.{end}",
    ]


def raises() -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("only http here")

    return app


def returns() -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Nothing of it."""

    return app


@pytest.mark.parametrize("make", [raises, returns])
def test_an_application_without_a_lifespan_has_a_gate_all_the_same(setting: Setting, make: Callable[[], App]) -> None:
    """It says so by raising, or by saying nothing."""
    assert lived(setting, make()) == ["gate opened", "startup.complete", "gate closed", "shutdown.complete"]


def test_an_application_that_cannot_start_takes_its_gate_with_it(setting: Setting) -> None:
    """What it says of it reaches the server."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        raise RuntimeError("no database")

    with pytest.raises(RuntimeError, match="no database"):
        lived(setting, app)
    assert setting.gate.happened == ["gate opened", "gate closed", "startup.failed"]


def test_a_gate_that_cannot_open_stops_the_server(setting: Setting) -> None:
    """With the reason, and without the application."""
    setting.gate.problem = Unavailable("the disk is full")
    app = with_lifespan(setting.gate.happened)
    assert lived(setting, app) == ["startup.failed"]


def test_a_gate_that_somebody_holds_open_is_left_alone(setting: Setting) -> None:
    """Around a part of an application, whose own lifespan opens it."""
    setting.app.bodies = []
    heard: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append(scope["type"])

    setting.call(OPEN, type="lifespan", app=app)
    assert (heard, setting.gate.happened) == (["lifespan"], [])
