"""What may go on, for whom, and what is said of it afterwards, by a program that carries it on itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest

from bitting.domain.permissions import Permission
from bitting.domain.request import Reply, Request, Sink
from bitting.gate.passage import Passage
from bitting.gate.totals import DAY_NS
from tests.gate.world import HOME, NOW, Holder, World, spoilt

OPEN = Request(b"GET", b"/time", (), b"", HOME)


def judged(world: World, request: Request) -> Passage | Reply:
    return asyncio.run(world.gate.judge(request, world.door))


def passed(world: World, request: Request) -> Passage:
    passage = judged(world, request)
    assert isinstance(passage, Passage)
    return passage


def limited(world: World) -> Holder:
    holder = world.issue()
    world.limit(holder, Permission.ORDERS_WRITE, daily_orders={"USD": "1000"})
    return holder


def test_a_refusal_is_a_reply() -> None:
    """The same that `answer` gives, and the exchange has nothing to do with it."""
    world = World()
    refused = judged(world, spoilt(world.issue().read()))
    assert isinstance(refused, Reply)
    assert (refused.status, refused.body[:14]) == (401, b"key.not_proven")
    assert world.activity.reasons == ["key.not_proven"]


def test_a_passage_says_who_may_do_what() -> None:
    """Ids, actions, the request's own id, what belongs to the reply, and which headers are used up."""
    world = World()
    holder = world.issue()
    passage = passed(world, holder.order())
    assert (passage.account, passage.key, passage.request_id) == ("acc-1", holder.key, "request-1")
    assert [each.name for each in passage.actions] == ["order.place"]
    assert dict(passage.headers)[b"x-request-id"] == b"request-1"
    assert passage.spent == {b"x-key", b"x-signature", b"x-nonce"}
    assert world.board.resting == {holder.key: 1, "acc-1": 1}
    assert len(world.activity.committed) == 1


def test_an_open_endpoint_is_nobodys() -> None:
    """There is nothing to be told of it."""
    world = World()
    passage = passed(world, OPEN)
    passage.done(500, declined=True)
    assert passage.returned(Reply(200, (), b"")) == Reply(200, ((b"x-request-id", b"request-1"),), b"")
    assert (passage.account, passage.key, passage.actions) == ("", "", ())
    assert world.activity.outcomes == []


def test_credentials_travel_on_from_a_door_that_observes() -> None:
    """The live API still needs them."""
    world = World().observe()
    assert passed(world, world.issue().read()).spent == frozenset()


def test_what_was_reserved_comes_back_once() -> None:
    """Whoever says twice that it was declined gets no second order for it."""
    world = World()
    holder = limited(world)
    one, other = passed(world, holder.order()), passed(world, holder.order())
    for _ in range(2):
        one.done(400, "declined", declined=True)
    other.done(200, "order-7")
    assert [(each.status, each.note) for each in world.activity.outcomes] == [(400, "declined"), (200, "order-7")]
    assert world.store.sums == {(holder.key, "orders", "USD", NOW // DAY_NS): Decimal(100)}


def test_what_nobody_speaks_of_stays_reserved() -> None:
    """An application that forgets a request, or is killed with it, frees nothing."""
    world = World()
    holder = limited(world)
    passed(world, holder.order())
    assert world.store.sums == {(holder.key, "orders", "USD", NOW // DAY_NS): Decimal(100)}
    assert world.activity.outcomes == []


class Coming:
    """What is still to come of a body; the test says how it ends."""

    length: int | None = None

    def at_end(self, tell: Callable[[bytes | None], None]) -> None:
        self.tell = tell

    def pour(self, into: Sink) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def drop(self) -> None: ...


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [(b"7", (200, "7")), (None, (0, "unknown"))],
    ids=["whole", "broken off"],
)
def test_of_a_long_reply_the_log_is_told_at_its_end(seen: bytes | None, outcome: tuple[int, str]) -> None:
    """By its status and its beginning, once it is whole; when it has broken off, that nobody knows."""
    world = World()
    passage = passed(world, world.issue().order())
    coming = Coming()
    reply = passage.returned(Reply(200, (), b"", coming))
    assert (reply.rest, dict(reply.headers)[b"x-request-id"]) == (coming, b"request-1")
    assert world.activity.outcomes == []
    coming.tell(seen)
    [told] = world.activity.outcomes
    assert (told.status, told.note) == outcome


def test_of_a_long_answer_to_a_question_nobody_is_told() -> None:
    """It changes nothing, so the log knows enough."""
    world = World()
    coming = Coming()
    passed(world, world.issue().read()).returned(Reply(200, (), b"", coming))
    assert not hasattr(coming, "tell")
