"""The house's own routes at the gate: asked where the dialect says nothing, judged like any other, and closed when
they cannot be believed."""

from typing import Any

import pytest

from bitting.dialects.house_table import HouseTable
from bitting.domain.action_table import ActionTable
from bitting.domain.permissions import Permission
from bitting.domain.request import Request
from bitting.domain.verdict import Denied, Reason
from bitting.gate.house_routes import HouseRoutes
from bitting.gate.pipeline import PUBLIC, Passed, hear
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.world import HOME, Holder, World

ORDER = {
    "method": "POST",
    "path": "/own/orders",
    "name": "own.order",
    "permission": "orders.write",
    "kind": "order",
    "pair": "query:symbol",
    "side": "query:side",
    "amount": "query:amount",
    "price": "query:price",
}
READ = {"method": "GET", "path": "/own/{what}", "name": "own.read", "permission": "settings.read"}
OPEN = {"method": "GET", "path": "/own/markets", "name": "own.markets", "public": True}
SMALL = {"symbol": "BTC/USD", "side": "buy", "amount": "1", "price": "100"}
BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])


def compiled(*rows: dict[str, Any]) -> HouseTable:
    return HouseTable(ActionTable.from_plain({"pair_form": "BTC/USDT", "action": [*rows]}))


def world(*rows: dict[str, Any], dialect: Stamped | Counted = STAMPED) -> World:
    made = World(dialect)
    made.house_routes.put(compiled(*rows))
    return made


def placing(holder: Holder, **more: str) -> Request:
    """An order at the house's route; what is "" is left out."""
    given: Any = {name: value for name, value in {**SMALL, **more}.items() if value}
    return holder.ask("POST /own/orders", **given)


def reason(verdict: Passed | Denied) -> Reason:
    assert isinstance(verdict, Denied)
    return verdict.reason


@BOTH
def test_a_route_of_the_house_is_judged_like_any_other(dialect: Stamped | Counted) -> None:
    """Unmapped, mapped, over its limit, without its permission, a second time."""
    own = World(dialect)
    own.house_routes.put(compiled())
    holder = own.issue()
    assert reason(own.judge(placing(holder))) is Reason.UNMAPPED
    own.house_routes.put(compiled(ORDER))
    request = placing(holder)
    passed = own.judge(request)
    assert isinstance(passed, Passed)
    assert [each.name for each in passed.actions] == ["own.order"]
    assert passed.changes_state
    assert reason(own.judge(request)) in (Reason.REPLAYED, Reason.NONCE_LOW)
    own.limit(holder, Permission.ORDERS_WRITE, largest_order={"USD": "150"}, pairs=["BTC/USD"])
    assert isinstance(own.judge(placing(holder)), Passed)
    for more, why in (
        ({"amount": "2"}, Reason.ORDER_SIZE),
        ({"symbol": "ETH/USD"}, Reason.PAIR),
        ({"symbol": "ETHUSD"}, Reason.PAIR),
        ({"amount": "0"}, Reason.MALFORMED),
    ):
        assert reason(own.judge(placing(holder, **more))) is why
    assert reason(own.judge(placing(holder, amount=""))) is Reason.ORDER_VALUE
    own.edit(holder, grants={})
    assert reason(own.judge(placing(holder))) is Reason.PERMISSION


def test_the_dialect_is_asked_first() -> None:
    """The attack: a row of the house that makes an order of the dialect a mere change of settings. No such table is
    loaded; were it, it would change nothing."""
    own = world({**READ, "method": "POST", "path": "/order", "name": "own.order"})
    passed = own.judge(own.issue().order())
    assert isinstance(passed, Passed)
    assert [each.name for each in passed.actions] == ["order.place"]


def test_an_open_route_goes_on_without_a_key() -> None:
    """Within the limit per address that all open endpoints have; the rows beside it stay closed."""
    own = world(OPEN, READ)
    now = own.clock.now
    assert hear(Request(b"GET", b"/own/markets?x=1", (), b"", HOME), own.door, now) is PUBLIC
    for target in (b"/own/settings", b"/own/markets/", b"/own/../own/markets"):
        heard = hear(Request(b"GET", target, (), b"", HOME), own.door, now)
        assert isinstance(heard, Denied)
        assert heard.reason is Reason.NOT_PROVEN
    many = [hear(Request(b"GET", b"/own/markets", (), b"", HOME), own.door, now) for _ in range(1000)]
    assert isinstance(many[-1], Denied)
    assert many[-1].reason is Reason.STRANGER_RATE


def test_what_is_taken_away_is_gone_for_the_next_request() -> None:
    own = world(OPEN, ORDER)
    holder = own.issue()
    own.house_routes.put(compiled())
    assert hear(Request(b"GET", b"/own/markets", (), b"", HOME), own.door, own.clock.now) is not PUBLIC
    assert reason(own.judge(placing(holder))) is Reason.UNMAPPED


def test_a_table_that_is_not_believed_is_not_used() -> None:
    """Neither it nor the one before it: nothing is open, nothing is admitted, and what the dialect maps goes on."""
    own = world(OPEN, ORDER)
    holder = own.issue()
    own.house_routes.close("its row was put back")
    assert hear(Request(b"GET", b"/own/markets", (), b"", HOME), own.door, own.clock.now) is not PUBLIC
    verdict = own.judge(placing(holder))
    assert isinstance(verdict, Denied)
    assert (verdict.reason, verdict.detail) == (Reason.UNAVAILABLE, "its row was put back")
    assert isinstance(own.judge(holder.order()), Passed)


def test_before_it_has_been_read_it_is_closed() -> None:
    """And each word about it is news to whoever reads it meanwhile."""
    own = World()
    routes = HouseRoutes()
    own.door = own.door._replace(routes=routes)
    verdict = own.judge(placing(own.issue()))
    assert isinstance(verdict, Denied)
    assert (verdict.reason, verdict.detail) == (
        Reason.UNAVAILABLE,
        "the house's table of actions was not read yet",
    )
    epochs = {routes.epoch}
    routes.put(compiled())
    epochs.add(routes.epoch)
    routes.close("?")
    assert len({routes.epoch, *epochs}) == 3
