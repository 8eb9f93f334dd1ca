"""A reset of a nonce keeps promise 4: what changed state, or could have, never passes again. Each is an attack."""

from __future__ import annotations

import asyncio

import pytest

from bitting.domain.credentials import NonceMode
from bitting.domain.request import Request
from bitting.domain.verdict import Reason
from bitting.gate.times import SECOND_NS
from tests.gate.dialects import COUNTED
from tests.gate.world import AWAY, NOW, Holder, World

MODES = pytest.mark.parametrize("mode", list(NonceMode), ids=lambda mode: mode.value)


class Scene:
    """A house whose key is reset by its operator, and whoever has a copy of every request."""

    def __init__(self, mode: NonceMode = NonceMode.TIME) -> None:
        self.world = World(COUNTED)
        self.holder: Holder = self.world.issue(nonce_mode=mode)

    def reset(self) -> None:
        """As the desk does it: with the mark that a start would read from the disk."""
        for each in self.world.store.keys[self.holder.key].credentials:
            durable = self.world.store.marks.get(each.id, -1)
            self.world.admission.marks.lower(each.id, durable)

    def sent(self, request: Request) -> str:
        """What became of it: "" when it was admitted."""
        before = len(self.world.activity.reasons)
        self.world.answer(request)
        return "".join(self.world.activity.reasons[before:])


@MODES
def test_an_order_is_not_played_again(mode: NonceMode) -> None:
    """Admitted and on the disk."""
    scene = Scene(mode)
    order = scene.holder.order()
    assert scene.sent(order) == ""
    scene.reset()
    assert scene.sent(order) == Reason.NONCE_LOW.code


@MODES
def test_an_order_that_is_not_on_the_disk_yet_is_not_played_again(mode: NonceMode) -> None:
    """The reset falls between its admission and its fsync: the disk knows nothing of it."""

    async def attack() -> list[str]:
        scene = Scene(mode)
        order = scene.holder.order()
        scene.world.activity.slow = asyncio.Event()
        first = asyncio.ensure_future(scene.world.answering(order))
        for _ in range(20):  # turns of the loop: until it waits for the disk
            await asyncio.sleep(0)
        assert scene.world.admission.marks.mark(f"{scene.holder.key}-cred-1") > 0
        assert scene.world.store.marks == {}
        scene.reset()
        copy = asyncio.ensure_future(scene.world.answering(order))
        await asyncio.sleep(0)
        scene.world.activity.slow.set()
        await asyncio.gather(first, copy)
        return scene.world.activity.reasons

    assert asyncio.run(attack()) == [Reason.NONCE_LOW.code]


def test_a_withdrawal_that_was_refused_is_not_played_again() -> None:
    """It was used up: when its address has matured, or the network was widened, it stays dead."""
    scene = Scene()
    order = scene.holder.order(peer=AWAY)
    assert scene.sent(order) == Reason.NETWORK.code
    scene.reset()
    assert scene.sent(order._replace(peer=scene.holder.order().peer)) == Reason.NONCE_LOW.code


def test_an_order_that_came_too_late_is_not_played_again() -> None:
    """It was behind the mark of a read, and refused; the reset takes the read's mark away, and not the order's."""
    scene = Scene()
    order = scene.holder.order(at_ns=NOW + SECOND_NS)
    assert scene.sent(scene.holder.read(at_ns=NOW + 2 * SECOND_NS)) == ""
    assert scene.sent(order) == Reason.NONCE_LOW.code
    scene.reset()
    assert scene.sent(order) == Reason.NONCE_LOW.code


def test_only_a_read_can_come_again() -> None:
    """Which is what the reset is for: a client that ran ahead with reads may start over."""
    scene = Scene()
    assert scene.sent(scene.holder.order(at_ns=NOW)) == ""
    ahead = scene.holder.read(at_ns=NOW + 3600 * SECOND_NS)
    assert scene.sent(ahead) == ""
    late = scene.holder.order(at_ns=NOW + SECOND_NS)
    assert scene.sent(scene.holder.read(at_ns=NOW + SECOND_NS)) == Reason.NONCE_LOW.code
    scene.reset()
    assert scene.sent(late) == ""
    assert scene.sent(ahead) == ""
    assert scene.sent(late) == Reason.NONCE_LOW.code
