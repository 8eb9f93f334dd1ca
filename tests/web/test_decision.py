"""The decision service as each proxy asks it: every header by hand, a real gate behind it.

What real proxies make of it is in tests/system/.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

import pytest

from bitting.dialects.dialect import Clock, Dialect, Draft
from bitting.domain.network import NOBODY, Network, address_from_text
from bitting.domain.request import Header, Reply, Request
from bitting.domain.secret import Secret
from bitting.domain.verdict import Denied
from bitting.web.decision import SECRET_HEADER, UNTOLD, Decisions
from bitting.web.decision_proxies import PROXIES
from bitting.web.identity import verify_identity
from bitting.web.mounts import Mount, Mounts
from tests.gate.dialects import STAMPED, Stamped
from tests.gate.world import AWAY, HOME, NOW_MS, Holder, World, spoilt

PROXY: Final = address_from_text("10.0.0.5")
UPSTREAM: Final = Secret(bytes(range(32)))
CLIENT: Final = b"203.0.113.7"  # HOME


class Setting:
    """A world, and what one proxy is told about it."""

    def __init__(self, proxy: str, secret: Secret | None = None, dialect: Dialect = STAMPED) -> None:
        self.world = World(dialect)
        self.proxy = proxy
        mount = Mount("/stamped", self.world.gate, self.world.door, self.world.venue)
        self.decisions = Decisions(
            Mounts([mount]),
            {"/stamped": UPSTREAM},
            PROXIES[proxy],
            Network.from_text(["10.0.0.5"]),
            secret,
            lambda: NOW_MS,
        )

    def asked(self, request: Request, **told: bytes | None) -> Request:
        """The question as this proxy puts it; `told` overrides a header (dashes as underscores), None leaves it out."""
        headers: dict[bytes, bytes | None] = {
            "nginx": {
                b"x-original-method": request.method,
                b"x-original-uri": request.target,
                b"x-original-body": b"unseen" if request.body else b"none",
                b"x-real-ip": CLIENT,
            },
            "caddy": {
                b"x-forwarded-method": request.method,
                b"x-forwarded-uri": request.target,
                b"x-original-body": b"unseen" if request.body else b"none",
                b"x-real-ip": CLIENT,
            },
            "envoy": {
                b"x-real-ip": CLIENT,
                b"x-original-body": b"length=%d" % len(request.body) if request.body else b"length=",
                b"x-envoy-auth-partial-body": b"false" if request.body else None,
            },
            "traefik": {
                b"x-forwarded-method": request.method,
                b"x-forwarded-uri": request.target,
                b"x-forwarded-for": CLIENT,
                b"x-forwarded-host": b"api.example.com",
            },
        }[self.proxy]  # type: ignore[assignment]  # dict is invariant
        headers |= {name.replace("_", "-").encode(): value for name, value in told.items()}
        said: tuple[Header, ...] = tuple((name, value) for name, value in headers.items() if value is not None)
        if self.proxy == "envoy":
            return request._replace(target=b"/stamped" + request.target, headers=(*request.headers, *said), peer=PROXY)
        body = request.body if self.proxy == "traefik" else b""
        # Caddy leaves the client's query behind the path at which it asks.
        target = b"/stamped?a=b" if self.proxy == "caddy" else b"/stamped"
        return Request(b"GET", target, (*request.headers, *said), body, PROXY)

    def ask(self, request: Request, **told: bytes | None) -> Reply:
        return self.decide(self.asked(request, **told))

    def decide(self, asked: Request) -> Reply:
        answer = self.decisions(asked)
        return answer if isinstance(answer, Reply) else asyncio.run(_awaited(answer))

    @property
    def reasons(self) -> list[str]:
        """Why requests were refused, in order."""
        return self.world.activity.reasons


async def _awaited(work: Awaitable[Reply]) -> Reply:
    return await work


def header(reply: Reply, name: bytes) -> bytes | None:
    return dict(reply.headers).get(name)


def with_body(holder: Holder, body: bytes) -> Request:
    """A signed read that has a body, which its signature covers."""
    world = holder.world
    draft = Draft(b"GET", b"/balances", body)
    return world.dialect.sign(draft, holder.wire_id, holder.algorithm, holder.secret, world.moment())


@pytest.fixture(params=sorted(PROXIES))
def setting(request: pytest.FixtureRequest) -> Setting:
    return Setting(str(request.param))


@pytest.fixture
def holder(setting: Setting) -> Holder:
    return setting.world.issue()


# ---- admitted


def test_admitted_is_200_with_an_identity_for_the_upstream(setting: Setting, holder: Holder) -> None:
    """Over method, target and body as the proxy will send them, less the mount, which no client sees."""
    order = holder.order()
    reply = setting.ask(order)
    assert (reply.status, reply.body) == (200, b"")
    who = verify_identity(UPSTREAM, order.method, order.target, reply.headers, order.body, now_ms=NOW_MS)
    assert (who.account, who.key) == ("acc-1", holder.key)
    assert header(reply, b"x-request-id") == who.request_id.encode()
    assert (header(reply, b"ratelimit"), header(reply, b"x-used")) == (b'"key";r=199;t=1', b"1")


def test_what_became_of_it_nobody_tells(setting: Setting, holder: Holder) -> None:
    """The log says so for what changes state, and nothing that was reserved comes back."""
    setting.ask(holder.order())
    setting.ask(holder.read())
    activity = setting.world.activity
    assert [(each.status, each.note) for each in activity.outcomes] == [(0, UNTOLD)]
    assert setting.world.venue.arrived == []


def test_open_market_data_is_admitted_for_nobody(setting: Setting) -> None:
    """Without an identity, and whatever the client says of itself is not repeated."""
    reply = setting.ask(Request(b"GET", b"/time", ((b"bitting-key", b"k"),), b"", 0))
    assert (reply.status, [name for name, _ in reply.headers]) == (200, [b"x-request-id"])


def test_the_same_bytes_once(setting: Setting, holder: Holder) -> None:
    """Durable before the answer, as at the gate's own face."""
    order = holder.order()
    assert setting.ask(order).status == 200
    assert [each.verdict for each in setting.world.activity.committed] == ["admitted"]
    assert setting.ask(order).status in (401, 403)
    assert setting.reasons == ["replay.seen"]


# ---- refused


def test_every_refusal_is_401_or_403(setting: Setting, holder: Holder) -> None:
    """Whatever the dialect says; its status and words stand beside."""
    reply = setting.ask(spoilt(holder.order()))
    assert (reply.status, header(reply, b"bitting-status")) == (401, b"401")
    assert reply.body.startswith(b"key.not_proven")
    reply = setting.ask(holder.ask("GET /nowhere"))
    assert (reply.status, header(reply, b"bitting-status")) == (403, b"403")
    told = header(reply, b"bitting-reply")
    assert told == (reply.body if setting.proxy == "nginx" else None)


class Polite(Stamped):
    """Answers refusals with 200, as Kraken and Bithumb's API 1.0 do."""

    def refuse(self, denied: Denied, request_id: str) -> Reply:
        return super().refuse(denied, request_id)._replace(status=200)


def test_a_refusal_that_its_dialect_calls_200_is_none_here(setting: Setting) -> None:
    """2xx would let the request pass."""
    polite = Setting(setting.proxy, dialect=Polite("stamped", Clock.AGREES, binds_all=False))
    reply = polite.ask(spoilt(polite.world.issue().order()))
    assert (reply.status, header(reply, b"bitting-status")) == (403, b"200")


def test_the_gates_own_answer_is_no_admission(setting: Setting, holder: Holder) -> None:
    """A key that reads itself: with 200 the proxy would pass the request on."""
    reply = setting.ask(holder.ask("GET /key"))
    assert (reply.status, header(reply, b"bitting-status")) == (403, b"200")
    assert reply.body == f"self.read {holder.key}".encode()


def test_outside_every_mount_is_nothing(setting: Setting, holder: Holder) -> None:
    """Also right beside one."""
    for path in (b"/", b"/other", b"/stampede"):
        asked = setting.asked(holder.read())
        target = asked.target.replace(b"/stamped", path, 1)
        reply = setting.decide(asked._replace(target=target))
        assert (reply.status, header(reply, b"bitting-status")) == (403, b"404")


def test_a_long_reply_or_one_of_several_lines_is_no_header(holder: Holder, setting: Setting) -> None:
    """It could not be one: the proxy says the status alone."""
    refusal = setting.decisions._refusal
    for body in (b"a\nb", b"x" * 2049, "ü".encode(), b""):
        assert header(refusal(Reply(400, (), body)), b"bitting-reply") is None


# ---- who asks


def test_nobody_but_the_proxy_is_answered(setting: Setting, holder: Holder) -> None:
    """Not even with a request that would be admitted; and nothing is used up."""
    asked = setting.asked(holder.order())
    for peer in (HOME, AWAY, 0):
        assert setting.decide(asked._replace(peer=peer)).status == 403
    assert setting.reasons == []
    assert setting.decide(asked).status == 200


def test_the_proxy_proves_itself_where_a_secret_is_set(setting: Setting, holder: Holder) -> None:
    """With the digits of the key file, once; the address alone is not enough then."""
    secret = Secret(bytes(range(1, 33)))
    locked = Setting(setting.proxy, secret)
    asked = locked.asked(locked.world.issue().order())
    right = secret.reveal().hex().encode()
    for given in (b"", b"x", right.upper(), right[:-1], "ü".encode()):
        assert locked.decide(asked._replace(headers=(*asked.headers, (SECRET_HEADER, given)))).status == 403
    assert locked.decide(asked).status == 403
    assert locked.decide(asked._replace(headers=(*asked.headers, (SECRET_HEADER, right)))).status == 200


def test_nobody_by_default() -> None:
    """A listener without askers answers nobody."""
    setting = Setting("nginx")
    setting.decisions._askers = NOBODY
    assert setting.ask(setting.world.issue().order()).status == 403


# ---- one source for each thing

SOURCES: Final = {
    "nginx": ("x_original_method", "x_original_uri", "x_original_body", "x_real_ip"),
    "caddy": ("x_forwarded_method", "x_forwarded_uri", "x_original_body", "x_real_ip"),
    "envoy": ("x_original_body", "x_real_ip"),
    "traefik": ("x_forwarded_method", "x_forwarded_uri", "x_forwarded_for", "x_forwarded_host"),
}
FAMILY: Final = {
    b"x-original-method": b"DELETE",
    b"x-original-uri": b"/withdrawal",
    b"x-original-url": b"/withdrawal",
    b"x-original-host": b"evil",
    b"x-forwarded-method": b"DELETE",
    b"x-forwarded-uri": b"/withdrawal",
    b"x-forwarded-host": b"evil",
    b"x-forwarded-for": b"198.51.100.9",
    b"x-real-ip": b"198.51.100.9",
    b"x-envoy-original-path": b"/withdrawal",
    b"x-http-method-override": b"DELETE",
    b"forwarded": b"for=198.51.100.9",
}


def test_what_the_proxy_does_not_say_itself_is_nobodys_word(setting: Setting, holder: Holder) -> None:
    """Every other header of the kind came from the client: it changes nothing."""
    order = holder.order()
    ours = {name.replace("_", "-").encode() for name in SOURCES[setting.proxy]}
    claims = tuple(each for each in FAMILY.items() if each[0] not in ours)
    asked = setting.asked(order)
    reply = setting.decide(asked._replace(headers=(*claims, *asked.headers)))
    assert reply.status == 200
    verify_identity(UPSTREAM, order.method, order.target, reply.headers, order.body, now_ms=NOW_MS)
    [record] = setting.world.activity.committed
    assert (record.method, record.path, record.peer) == ("POST", "/order", HOME)


def test_a_source_that_is_missing_empty_or_doubled_decides_nothing(setting: Setting, holder: Holder) -> None:
    """S-26: a second one would be the client's. The answer names the header that the configuration lacks."""
    for name in SOURCES[setting.proxy]:
        asked, header_name = setting.asked(holder.order()), name.replace("_", "-").encode()
        for reply in (
            setting.ask(holder.order(), **{name: None}),
            setting.ask(holder.order(), **{name: b""}),
            setting.decide(asked._replace(headers=(*asked.headers, (header_name, b"none")))),
        ):
            assert (reply.status, header(reply, b"bitting-status")) == (403, b"400")
            assert header_name in reply.body
    assert setting.reasons == []


@pytest.mark.parametrize("address", [b"203.0.113.7, 10.0.0.5", b"unix:", b"203.0.113.7:80", b"fe80::1%eth0", b"\xff"])
def test_an_address_is_one_or_none(setting: Setting, holder: Holder, address: bytes) -> None:
    """Nobody picks one out of a list."""
    name = SOURCES[setting.proxy][3 if setting.proxy in ("nginx", "caddy") else -1]
    name = "x_forwarded_for" if setting.proxy == "traefik" else name
    assert setting.ask(holder.order(), **{name: address}).status == 403
    assert setting.reasons == []


@pytest.mark.parametrize(
    ("method", "target"),
    [
        (b"TRACE", b"/balances"),
        (b"get", b"/balances"),
        (b"GET", b"balances"),
        (b"GET", b"http://x/balances"),
        (b"GET", b"*"),
        (b"GET", b"/bal ances"),
        (b"GET", b"/balances#x"),
        (b"GET", "/bälances".encode()),
    ],
)
def test_method_and_target_are_read_as_at_our_own_face(method: bytes, target: bytes) -> None:
    """Where they come in headers nobody has read them yet."""
    for proxy in ("nginx", "caddy", "traefik"):
        setting = Setting(proxy)
        reply = setting.ask(Request(method, target, (), b"", 0))
        assert (reply.status, header(reply, b"bitting-status")) == (403, b"400")
        assert setting.reasons == []


# ---- bodies


def test_a_body_that_is_shown_is_judged(setting: Setting, holder: Holder) -> None:
    """By Envoy and Traefik. nginx and Caddy do not show it, which has a reason of its own."""
    signed = with_body(holder, b"abc")
    reply = setting.ask(signed)
    if setting.proxy in ("envoy", "traefik"):
        assert reply.status == 200
        verify_identity(UPSTREAM, signed.method, signed.target, reply.headers, b"abc", now_ms=NOW_MS)
    else:
        assert (reply.status, setting.reasons) == (403, ["body.unseen"])
        assert reply.body.startswith(b"body.unseen")


def test_a_body_nobody_signed_is_refused(setting: Setting, holder: Holder) -> None:
    """The signature is over no body; the client sends one for the upstream to find."""
    reply = setting.ask(holder.read()._replace(body=b"amount=9"))
    assert reply.status in (401, 403)
    assert setting.reasons == ["key.not_proven" if setting.proxy in ("envoy", "traefik") else "body.unseen"]


@pytest.mark.parametrize("said", [b"NONE", b"0", b"", b"none,unseen", None])
def test_without_a_word_on_the_body_nothing_is_decided(said: bytes | None) -> None:
    """A configuration that lost the line must not admit what it cannot see."""
    for proxy in ("nginx", "caddy"):
        setting = Setting(proxy)
        assert setting.ask(setting.world.issue().read(), x_original_body=said).status == 403
        assert setting.reasons == []


@pytest.mark.parametrize(
    ("announced", "cut", "body"),
    [
        (b"length=4", b"false", b"abc"),  # a byte is missing
        (b"length=3", None, b""),  # with_request_body is not configured
        (b"length=3", b"true", b"abc"),
        (b"length=", b"true", b"abc"),
        (b"length=", None, b"abc"),
        (b"length=", b"true", b""),
        (b"length=03", b"false", b"abc"),
        (b"length=+3", b"false", b"abc"),
        (b"-", b"false", b"abc"),
    ],
)
def test_a_part_of_a_body_is_no_body(announced: bytes, cut: bytes | None, body: bytes) -> None:
    """Envoy with allow_partial_message, or without with_request_body: what was cut off could be anything."""
    setting = Setting("envoy")
    signed = with_body(setting.world.issue(), body)
    reply = setting.ask(signed, x_original_body=announced, x_envoy_auth_partial_body=cut)
    assert (reply.status, setting.reasons) == (403, ["body.unseen"])


@pytest.mark.parametrize(("announced", "cut", "body"), [(b"length=", b"false", b"abc"), (b"length=0", None, b"")])
def test_chunks_announce_no_length(announced: bytes, cut: bytes | None, body: bytes) -> None:
    """Envoy gathers them, and says that nothing was cut."""
    setting = Setting("envoy")
    signed = with_body(setting.world.issue(), body)
    assert setting.ask(signed, x_original_body=announced, x_envoy_auth_partial_body=cut).status == 200


def test_bodies_nobody_shows_are_charged_to_their_address(holder: Holder, setting: Setting) -> None:
    """They prove nothing, so they spend what strangers spend, and a flood of them fills no log."""
    if setting.proxy in ("envoy", "traefik"):
        return
    for _ in range(200):
        setting.ask(with_body(holder, b"abc"))
    assert set(setting.reasons) == {"body.unseen", "address.rate"}


def test_the_host_is_the_one_that_the_client_called(holder: Holder, setting: Setting) -> None:
    """Which dialects that sign the whole URL need: Traefik asks under ours."""
    if setting.proxy != "traefik":
        return
    asked = setting.asked(holder.read())
    told = PROXIES["traefik"].read(asked._replace(headers=((b"host", b"127.0.0.1:8790"), *asked.headers)))
    assert told.request.header(b"host") == b"api.example.com"
    assert [name for name, _ in told.request.headers].count(b"host") == 1
