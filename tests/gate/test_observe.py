"""A door that observes: everything is judged and written down, nothing is refused but what could take value out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bitting.dialects.dialect import Clock, Effect
from bitting.dialects.house_table import HouseTable
from bitting.domain.action_table import ActionTable
from bitting.domain.credentials import Algorithm
from bitting.domain.errors import BittingError, Tampered, Unavailable
from bitting.domain.holds import Hold
from bitting.domain.permissions import Permission
from bitting.domain.request import Reply, Request
from bitting.gate.ports import NotSent
from bitting.gate.totals import DAY_NS
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.faults import FAULTS
from tests.gate.scene import Fault
from tests.gate.world import HOME, NOW, NOW_MS, Holder, World

BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])


def observing(dialect: Stamped | Counted = STAMPED) -> World:
    return World(dialect).observe()


def unsigned(route: str, peer: int = HOME) -> Request:
    method, target = route.encode().split(b" ")
    return Request(method, target, (), b"", peer)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_what_would_be_refused_goes_on_and_is_written_down(fault: Fault) -> None:
    """The exchange gets the request as it came and in nobody's name; its reply comes back; the log has the reason that
    an enforcing door would have given. A withdrawal stays where it is."""
    scene = fault.scene()
    scene.world.observe()
    fault.put(scene)
    request, world = scene.request(), scene.world
    reply = world.answer(request)
    record = world.activity.noted[-1]
    assert (record.reason, record.request_id) == (fault.reason.code, "request-1")
    if scene.withdraws:
        assert (record.verdict, world.venue.arrived) == ("denied", [])
        assert reply.body.startswith(fault.reason.code.encode())
        return
    assert (record.verdict, world.venue.arrived) == ("observed", [request])
    assert world.venue.named == [("", "", "request-1")]
    assert (reply.status, reply.body) == (200, b"order-1")
    assert reply.headers == ((b"content-type", b"text/plain"), (b"x-request-id", b"request-1"))


@BOTH
def test_what_is_admitted_goes_on_in_its_keys_name(dialect: Stamped | Counted) -> None:
    """With its verdict in the log. The rate in the reply is the exchange's own business."""
    world = observing(dialect)
    holder = world.issue()
    reply = world.answer(holder.order())
    assert world.venue.named == [("acc-1", holder.key, "request-1")]
    assert [each.verdict for each in world.activity.noted] == ["admitted"]
    assert reply.headers == ((b"content-type", b"text/plain"), (b"x-request-id", b"request-1"))


# ---- value does not leave


@pytest.mark.parametrize(
    "route",
    [
        "POST /withdrawal",
        "POST /gift",
        "POST /transfer?to=user",
        "POST /transfer",  # unreadable, so nobody knows to whom
        "PUT /withdrawal",
        "GET /withdrawal",
        "POST /withdrawal?asset",
        "POST /WITHDRAWAL",
        "POST //withdrawal/",
        "POST /x/../withdrawal",
        "POST /x/%2e%2e/withdrawal",
        "POST /x%2f..%2fwithdrawal",
        "POST /%77ithdrawal",
        "POST /%2577ithdrawal",
        "POST /./withdrawal;jsessionid=1",
        "POST \\withdrawal",
        "POST /withdrawal%00",
        "POST /withdra%09wal",
        "POST /pay/7/refund",
        "POST /pay/7/refund/",
        "POST /%2525252525252577ithdrawal",
        "POST /%2525252525252525x",  # there is no telling what this is in the end
    ],
)
def test_what_could_be_a_withdrawal_is_refused_whatever_was_proven(route: str) -> None:
    """By nobody, by a stranger, by a key that may not: in any spelling that the program behind us might understand."""
    world = observing()
    assert world.answer(unsigned(route)).status in (400, 401)
    signed = world.issue().ask("GET /balances")
    method, target = unsigned(route)[:2]
    joint = b"&" if b"?" in target else b"?"
    world.answer(signed._replace(method=method, target=target + joint + signed.query))
    assert world.venue.arrived == []
    assert {each.verdict for each in world.activity.noted} == {"denied"}


@pytest.mark.parametrize(
    "route",
    [
        "GET /balances",
        "POST /order",
        "POST /transfer?to=own",
        "GET /nowhere",
        "POST /withdrawal/history",
        "POST /withdrawals",
        "GET /pay/7",
        "GET /..",
        "GET //balances",
    ],
)
def test_what_could_not_be_one_passes_though_it_is_unknown_malformed_or_not_proven(route: str) -> None:
    """The live API judges it, as it did before there was a gate."""
    world = observing()
    assert world.answer(unsigned(route)).status == 200
    assert len(world.venue.arrived) == 1


def test_an_admitted_withdrawal_is_durable_first() -> None:
    """As at any door: against the row as it is, and refused when the disk does not take it."""
    world = observing()
    holder = world.issue(algorithm=Algorithm.ED25519)
    assert world.answer(holder.withdrawal()).status == 200
    assert [effects.unchanged for effects in world.activity.effects] == [(holder.key, 1)]
    world.activity.problem = Unavailable("full")
    assert world.answer(holder.withdrawal()).body.startswith(b"gate.unavailable")
    assert len(world.venue.arrived) == 1


def test_a_way_out_that_only_the_house_knows_is_one() -> None:
    """Its own table counts as the dialect's does, by any spelling, and when it cannot be believed, all that only it
    could know is in doubt."""
    world = observing()
    row = {
        "method": "POST",
        "path": "/Vouchers/{id}",
        "name": "voucher.make",
        "kind": "withdrawal",
        "permission": "withdrawals.write",
        **{each: f"query:{each}" for each in ("asset", "network", "address", "amount")},
    }
    world.house_routes.put(HouseTable(ActionTable.from_plain({"action": [row]})))
    for route in ("POST /Vouchers/7", "POST /vouchers/7/", "GET /Vouchers/7"):
        world.answer(unsigned(route))
    assert world.venue.arrived == []
    world.answer(unsigned("GET /nowhere"))
    assert len(world.venue.arrived) == 1
    world.house_routes.close("the table does not match its seal")
    for route in ("GET /nowhere", "POST /Vouchers/7"):
        world.answer(unsigned(route))
    assert len(world.venue.arrived) == 1


# ---- nothing of ours stands in the way


@pytest.mark.parametrize("problem", [Unavailable("store away"), Tampered("row")], ids=["away", "tampered"])
def test_a_store_that_is_away_does_not_stop_the_live_api(problem: BittingError) -> None:
    """Only withdrawals stop."""
    world = observing()
    holder = world.issue()
    world.store.problem = problem
    assert world.answer(holder.order()).status == 200
    assert [each.verdict for each in world.activity.noted] == ["observed"]
    assert world.answer(holder.withdrawal()).status in (401, 503)
    assert len(world.venue.arrived) == 1


def test_a_disk_that_is_full_does_not_hold_up_an_order() -> None:
    """It goes on, and its nonce and totals are written when they can be."""
    world = observing(COUNTED)
    holder = world.issue()
    world.limit(holder, Permission.ORDERS_WRITE, daily_orders={"USD": "1000"})
    world.activity.problem = Unavailable("full")
    assert world.answer(holder.order(at_ns=NOW)).status == 200
    assert world.activity.committed == []
    assert world.store.marks == {f"{holder.key}-cred-1": NOW}
    assert world.store.sums == {(holder.key, "orders", "USD", NOW // DAY_NS): Decimal(100)}


def test_strangers_are_counted_and_not_throttled() -> None:
    """Past the bucket they still pass, and the log says that an enforcing door would have shut them out."""
    world = observing()
    for _ in range(world.rates.strangers.burst + 1):
        assert world.answer(unsigned("GET /balances")).status == 200
    assert world.activity.noted[0].reason == "key.not_proven"
    assert world.activity.noted[-1].reason == "address.rate"


def test_open_endpoints_pass_beyond_their_rate() -> None:
    """The exchange has a limit of its own."""
    world = observing()
    for _ in range(world.rates.public.burst + 1):
        assert world.answer(unsigned("GET /time")).status == 200
    assert [each.reason for each in world.activity.noted] == ["address.rate"]


# ---- the report is true


@BOTH
def test_replays_are_seen_as_an_enforcing_door_sees_them(dialect: Stamped | Counted) -> None:
    """Bytes that passed once are used up, and so are bytes that would have been refused."""
    world = observing(dialect)
    holder = world.issue()
    order, elsewhere = holder.order(), holder.ask("POST /nowhere")
    for request in (order, order, elsewhere, elsewhere):
        assert world.answer(request).status == 200
    used = "replay.seen" if dialect is STAMPED else "nonce.low"
    assert [each.reason for each in world.activity.noted] == ["", used, "action.unmapped", used]


def test_marks_of_what_was_observed_are_kept() -> None:
    """A nonce that was seen while observing cannot be played at the door that enforces, nor after a restart."""
    world = observing(COUNTED)
    holder = world.issue()
    world.edit(holder, grants={})
    world.answer(holder.order(at_ns=NOW))
    assert world.store.marks == {f"{holder.key}-cred-1": NOW}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [(200, b"order-7", (200, "order-7")), (400, b"no such key", (400, "no such key")), (503, b"", (503, ""))],
)
def test_the_log_has_what_the_exchange_said_to_an_observed_request(
    status: int, body: bytes, outcome: tuple[int, str]
) -> None:
    """So that verdicts can be compared; nothing was reserved, and nothing comes back."""
    world = observing()
    world.venue.reply = Reply(status, (), body)
    world.answer(unsigned("GET /balances"))
    assert [(each.status, each.note) for each in world.activity.outcomes] == [outcome]


def test_the_log_has_what_the_exchange_refused_and_we_did_not() -> None:
    """Also of a read, which has no outcome else."""
    world = observing()
    holder = world.issue()
    world.answer(holder.read())
    assert world.activity.outcomes == []
    world.venue.reply = Reply(401, (), b"no")
    world.answer(holder.read())
    assert [each.status for each in world.activity.outcomes] == [401]
    enforcing = World()
    enforcing.venue.reply = Reply(401, (), b"no")
    enforcing.answer(enforcing.issue().read())
    assert enforcing.activity.outcomes == []


def test_of_a_long_reply_nothing_is_read() -> None:
    """An error is short, and a page of history is not to be parsed for the log's sake; what was placed is."""
    world, length = observing(), 4097
    world.venue.reply = Reply(200, (), b"x" * length)
    world.answer(unsigned("GET /balances"))
    world.answer(world.issue().order())
    assert [each.note for each in world.activity.outcomes] == ["", "x" * length]


class Polite(Stamped):
    """An exchange that refuses with 200 and words of its own."""

    def effect(self, reply: Reply) -> Effect:
        return Effect(reply.body == b"no", "")


def test_a_refusal_that_its_status_does_not_tell_is_noted_as_one() -> None:
    """Of what was observed, and of what was admitted."""
    world = World(Polite("polite", Clock.AGREES, binds_all=False)).observe()
    holder = world.issue()
    world.venue.reply = Reply(200, (), b"no")
    for request in (unsigned("GET /balances"), holder.read()):
        world.answer(request)
    assert [(each.status, each.note) for each in world.activity.outcomes] == [(200, "declined")] * 2


@pytest.mark.parametrize(("problem", "note"), [(NotSent("down"), "not sent"), (Unavailable("reset"), "unknown")])
def test_an_exchange_that_is_away_is_said_to_be(problem: BittingError, note: str) -> None:
    """In the dialect's words, and in the log."""
    world = observing()
    world.venue.problem = problem
    assert world.answer(unsigned("GET /balances")).status == 503
    assert [(each.status, each.note) for each in world.activity.outcomes] == [(0, note)]


# ---- our own affairs


def test_a_key_still_reads_and_ends_itself_here() -> None:
    """The exchange knows nothing of our keys; the end is durable before it is said."""
    world = observing()
    holder = world.issue()
    assert world.answer(holder.ask("GET /key")).body == f"self.read {holder.key}".encode()
    assert world.answer(holder.ask("DELETE /key")).body == f"self.revoke {holder.key}".encode()
    assert (world.revoker.ended, world.venue.arrived) == ([holder.key], [])
    assert [each.action for each in world.activity.committed] == ["self.revoke"]


def test_a_key_that_is_held_here_is_the_live_apis_to_judge() -> None:
    """A hold is not enforced; the log says that it would be."""
    world = observing()
    holder: Holder = world.issue()
    world.change(holder, lambda key: key.held(frozenset({Hold.LEAK})).revoked(NOW_MS))
    assert world.answer(holder.order()).status == 200
    assert [(each.verdict, each.reason) for each in world.activity.noted] == [("observed", "key.revoked")]
