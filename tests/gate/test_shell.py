"""The gate as it runs: what goes on, what comes back, what is written of it."""

import asyncio

import pytest

from bitting.domain.action import Kind
from bitting.domain.errors import BittingError, IllegalStep, Unavailable
from bitting.domain.grants import Limits
from bitting.domain.request import Reply, Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.passage import Passage
from bitting.gate.ports import NotSent
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.faults import FAULTS
from tests.gate.scene import Fault
from tests.gate.world import HOME, NOW, World

BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])
OPEN = Request(b"GET", b"/time", (), b"", HOME)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_refusal_is_said_written_down_and_goes_no_further(fault: Fault) -> None:
    """The wire has the reason's words, the log its code, under one request id; the exchange has heard nothing."""
    scene = fault.scene()
    fault.put(scene)
    request, world = scene.request(), scene.world
    reply = world.answer(request)
    assert reply.body.startswith(f"{fault.reason.code} | {fault.reason.caller}".encode())
    assert reply.body.endswith(b" | request-1")
    assert (b"x-request-id", b"request-1") in reply.headers
    (record,) = world.activity.noted
    assert (record.verdict, record.reason, record.request_id) == ("denied", fault.reason.code, "request-1")
    assert world.venue.arrived == []
    assert world.activity.committed == []


@BOTH
def test_what_is_admitted_goes_on_as_it_came_with_the_name_of_its_key(dialect: Stamped | Counted) -> None:
    """The exchange is told the account, the key and our request id, and its reply comes back."""
    world = World(dialect)
    holder = world.issue()
    order = holder.order()
    reply = world.answer(order)
    assert world.venue.arrived == [order]
    assert world.venue.named == [("acc-1", holder.key, "request-1")]
    assert (reply.status, reply.body) == (200, b"order-1")


@BOTH
def test_what_is_refused_where_it_came_in_is_judged_no_further(dialect: Stamped | Counted) -> None:
    """Not even an open endpoint passes; it is written down and said as every refusal, spends what strangers spend, and
    uses nothing up."""
    world = World(dialect)
    order, unseen = world.issue().order(), Denied(Reason.BODY_UNSEEN)
    for request in (order, OPEN):
        reply = asyncio.run(world.gate.judge(request, world.door, unseen))
        assert isinstance(reply, Reply)
        assert reply.body.startswith(b"body.unseen | the gate is not shown the body")
    assert world.activity.reasons == ["body.unseen", "body.unseen"]
    assert isinstance(asyncio.run(world.gate.judge(order, world.door)), Passage)
    for _ in range(200):
        asyncio.run(world.gate.judge(order, world.door, unseen))
    assert set(world.activity.reasons) == {"body.unseen", "address.rate"}


def test_our_headers_take_the_place_of_the_exchanges() -> None:
    """A request id of theirs would send the owner to the wrong line of the log."""
    world = World()
    assert world.answer(world.issue().ask("GET /balances", weight="7")).headers == (
        (b"content-type", b"text/plain"),
        (b"x-request-id", b"request-1"),
        (b"x-used", b"7"),
        (b"ratelimit-policy", b'"key";q=200'),
        (b"ratelimit", b'"key";r=193;t=1'),
    )


def test_open_endpoints_go_on_without_a_key() -> None:
    """In nobody's name; the log keeps no line of them."""
    world = World()
    reply = world.answer(OPEN)
    assert (reply.status, world.venue.named) == (200, [("", "", "request-1")])
    assert (b"x-request-id", b"request-1") in reply.headers
    assert (b"X-Request-Id", b"theirs") not in reply.headers
    assert world.activity.noted == []
    assert world.store.loads == []


@pytest.mark.parametrize(
    ("problem", "code"), [(NotSent("refused"), b"upstream.down"), (Unavailable("reset"), b"upstream.unknown")]
)
def test_an_exchange_that_is_away_is_told_apart_from_one_that_hung_up(problem: BittingError, code: bytes) -> None:
    """Signing again is safe after the one; after the other one had better look first. The same for reads."""
    world = World()
    holder = world.issue()
    world.venue.problem = problem
    for request in (OPEN, holder.read(), holder.order()):
        reply = world.answer(request)
        assert reply.status == 503
        assert reply.body.startswith(code)
        assert str(problem).encode() not in reply.body


def test_the_market_hears_of_orders_that_are_on_their_way() -> None:
    """For the key and every account over it, before the exchange could count them itself."""
    world = World()
    world.account("desk", parent="acc-1")
    holder = world.issue("desk")
    world.answer(holder.ask("POST /orders", items="BTC/USD:buy:1:100,cancel,BTC/USD:buy:1:99"))
    assert world.board.resting == {holder.key: 2, "desk": 2, "acc-1": 2}
    for request in (holder.read(), holder.ask("DELETE /order"), holder.ask("POST /nowhere")):
        world.answer(request)
    assert world.board.resting[holder.key] == 2


def test_a_key_reads_itself_and_the_exchange_hears_nothing_of_it() -> None:
    """The gate answers from the row."""
    world = World()
    holder = world.issue()
    assert world.answer(holder.ask("GET /key")).body == f"self.read {holder.key}".encode()
    assert world.venue.arrived == []


def test_a_key_ends_itself_once_that_is_durable() -> None:
    """The request is in the log, the key is revoked, and only then does the reply say so."""
    world = World()
    holder = world.issue()
    assert world.answer(holder.ask("DELETE /key")).body == f"self.revoke {holder.key}".encode()
    assert world.revoker.ended == [holder.key]
    assert [record.action for record in world.activity.committed] == [Kind.SELF_REVOKE.value]
    assert world.venue.arrived == []


@pytest.mark.parametrize("problem", [Unavailable("disk full"), IllegalStep("revoked already")])
def test_a_key_is_never_told_that_it_is_revoked_when_nobody_knows(problem: BittingError) -> None:
    """L-03: 503, and it may ask again; also when somebody else was faster. The log has an outcome that says so."""
    world = World()
    world.revoker.problem = problem
    reply = world.answer(world.issue().ask("DELETE /key"))
    assert reply.status == 503
    assert reply.body.startswith(b"gate.unavailable")
    assert [(each.status, each.note) for each in world.activity.outcomes] == [(0, "revocation not confirmed")]


def test_the_log_says_who_asked_for_what_and_what_was_decided() -> None:
    """Every field of a record, for an order that counts against a total."""
    world = World()
    holder = world.issue()
    world.edit_account(limits=Limits.from_plain({"daily_orders": {"USD": "500"}}))
    order = holder.order()
    world.answer(order._replace(headers=(*order.headers, (b"user-agent", b"ccxt/4"))))
    (record,) = world.activity.committed
    assert record._asdict() == {
        "at_ns": NOW, "request_id": "request-1", "tenant": "tenant-1", "account": "acc-1", "key": holder.key,
        "credential": f"{holder.key}-cred-1", "wire_id": holder.wire_id, "dialect": "stamped", "method": "POST",
        "path": "/order", "action": "order.place", "pair": "BTC/USD", "verdict": "admitted", "reason": "",
        "shown": "", "detail": "", "peer": HOME, "agent": "ccxt/4", "policy": 1, "value": "100", "currency": "USD",
    }  # fmt: skip


def test_what_a_stranger_sent_is_written_down_cut_to_size() -> None:
    """Nobody fills the log, or a screen, with one line."""
    world = World()
    order = world.issue().order()
    headers = (*order.headers[1:], (b"x-key", b"k" * 128), (b"user-agent", b"\xff" * 10_000))
    world.answer(Request(b"M" * 10_000, b"/" + b"p\xc3" * 10_000 + b"?" + order.query, headers, b"", HOME))
    (record,) = world.activity.noted
    assert (len(record.method), len(record.path), len(record.agent), len(record.wire_id)) == (16, 200, 120, 128)
    assert (record.key, record.account, record.credential, record.policy) == ("", "", "", 0)


def test_a_proven_refusal_is_written_to_its_key() -> None:
    """With what the wire was shown, and what only the owner is told."""
    world = World()
    holder = world.issue()
    world.answer(holder.read(peer=HOME ^ 0xFF00))
    (record,) = world.activity.noted
    assert (record.key, record.account, record.policy) == (holder.key, "acc-1", 1)
    assert record.shown == "203.0.142.7"
    assert record.detail == "the network is 203.0.113.0/24"


@BOTH
def test_every_reply_is_one_even_to_what_is_no_request(dialect: Stamped | Counted) -> None:
    """A refusal is a reply, never an exception."""
    world = World(dialect)
    for headers in ((), ((b"x-key", b"\xe9"), (b"x-signature", b"\xe9")), ((b"x-key", b""), (b"x-signature", b""))):
        reply = world.answer(Request(b"GET", b"/balances", headers, b"", HOME))
        assert isinstance(reply, Reply)
        assert reply.status in (400, 401)
