"""Promise 8: before a signature is proven nothing is told of what is stored, and after it no more than was asked."""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from bitting.domain.credentials import Algorithm
from bitting.domain.errors import Tampered
from bitting.domain.holds import Hold
from bitting.domain.ids import Environment, new_wire_id
from bitting.domain.network import Network
from bitting.domain.request import Reply, Request
from bitting.domain.secret import Secret
from bitting.gate.freeze import EVERYTHING
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.faults import FAULTS
from tests.gate.scene import Fault
from tests.gate.world import AWAY, HOME, NOW, NOW_MS, TAG_KEY, Holder, World, spoilt

BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])


def unproven(world: World) -> dict[str, Reply]:
    """One reply for each way of proving nothing, in a world where all of them are possible."""
    holder = world.issue()
    order = holder.order()
    replies = {"bad signature": world.answer(spoilt(order))}

    def named(wire_id: str) -> Request:
        return order._replace(headers=((b"x-key", wire_id.encode()), *order.headers[1:]))

    replies["unknown foreign id"] = world.answer(named("nobody-has-this-id"))
    replies["id of ours that is gone"] = world.answer(named(new_wire_id(Environment.LIVE, TAG_KEY, os.urandom)))
    replies["invented id"] = world.answer(named(new_wire_id(Environment.LIVE, Secret(b"x" * 32), os.urandom)))
    replies["id of the other environment"] = world.answer(named(new_wire_id(Environment.TEST, TAG_KEY, os.urandom)))
    replies["another key's signature"] = world.answer(named(world.issue().wire_id))
    replies["no credential"] = world.answer(order._replace(headers=()))
    replies["no such endpoint"] = world.answer(spoilt(holder.ask("POST /nowhere")))
    replies["from elsewhere"] = world.answer(spoilt(order)._replace(peer=AWAY))
    replies["too old"] = world.answer(spoilt(holder.order(at_ns=NOW - 10**13)))

    def with_key(name: str, change: Callable[[Holder], object]) -> None:
        other = world.issue()
        change(other)
        replies[name] = world.answer(spoilt(other.order()))

    with_key("revoked key", lambda each: world.change(each, lambda key: key.revoked(NOW_MS)))
    with_key("expired key", lambda each: world.edit(each, expires_at_ms=1))
    with_key("held key", lambda each: world.change(each, lambda key: key.held(frozenset({Hold.LEAK}))))
    with_key("stopped key", lambda each: world.freeze.stop(each.key))
    with_key("key that may nothing", lambda each: world.edit(each, grants={}))

    retired = world.issue()
    world.rotate(retired, None)
    replies["retired credential"] = world.answer(retired.order())
    replies["tampered box"] = world.answer(tampered_box(world).order())
    replies["key pair, wrong signature"] = world.answer(spoilt(world.issue(algorithm=Algorithm.ED25519).order()))
    world.store.problem = Tampered("the row does not match its MAC")
    replies["tampered row"] = world.answer(world.issue().order())
    world.store.problem = None
    world.freeze.stop(EVERYTHING)
    replies["everything stopped"] = world.answer(spoilt(order))
    return replies


def tampered_box(world: World) -> Holder:
    """A key whose sealed secret has one bit turned."""
    holder = world.issue()
    key = world.store.keys[holder.key]
    box = key.primary.material
    spoilt_box = box[:-1] + bytes([box[-1] ^ 1])
    world.put(replace(key, credentials=(replace(key.primary, material=spoilt_box),)))
    return holder


@BOTH
def test_whoever_proves_nothing_gets_one_answer(dialect: Stamped | Counted) -> None:
    """Byte for byte, but for the request id: known or unknown, live or dead, whole or tampered with."""
    replies = unproven(World(dialect))
    heads = {name: (reply.status, reply.body.rpartition(b" | ")[0]) for name, reply in replies.items()}
    assert set(heads.values()) == {(401, b"key.not_proven | the key and signature are not proven")}
    headers = {tuple(each for each in reply.headers if each[0] != b"x-request-id") for reply in replies.values()}
    assert headers == {()}


def test_the_log_tells_the_owner_which_it_was() -> None:
    """What the wire must not say, the detail does."""
    world = World()
    unproven(world)
    details = {record.detail for record in world.activity.noted}
    assert details >= {
        "no credential on a private endpoint",
        "no key has this id here",
        "the signature is not this key's over these bytes",
        "the row does not match its MAC",
    }
    assert len(details) == 5
    assert all(record.shown == "" for record in world.activity.noted)


def test_whoever_proves_a_revoked_key_is_told_so() -> None:
    """And nobody else is: it is the holder's own business."""
    world = World()
    holder = world.issue()
    world.change(holder, lambda key: key.revoked(NOW_MS))
    assert world.answer(holder.order()).body.startswith(b"key.revoked | the key is revoked")
    assert world.answer(spoilt(holder.order())).body.startswith(b"key.not_proven")


# Each of these stands in a limit, a list or a cause of the world below, and in no request.
PLANTED = (
    "7777", "192.0.2", "XRP", "20991", "holder", "operator", "leak", "watch", "our bot", "frozen:", "planted-entry",
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_refusal_has_its_reasons_words_the_requests_own_value_and_nothing_else(fault: Fault) -> None:
    """The detail, which knows more, stays inside."""
    scene = fault.scene()
    fault.put(scene)
    reply = scene.world.answer(scene.request())
    (record,) = scene.world.activity.noted
    words = f"{fault.reason.caller}: {record.shown}" if record.shown else fault.reason.caller
    assert reply.body.decode() == f"{fault.reason.code} | {words} | request-1"
    assert {name for name, _ in reply.headers} <= {b"x-request-id", b"retry-after"}


def test_what_limits_a_key_is_not_read_off_its_refusals() -> None:
    """A world full of marked limits, and every kind of refusal that they give: no mark on the wire."""
    world = World()
    holder = world.issue()
    limits = {
        "pairs": ["BTC/USD", "XRP/USD"],
        "largest_order": {"USD": "7777"},
        "daily_orders": {"USD": "7777.5"},
        "order_rate": "7/7777",
        "open_orders": 77_770,
        "collar_bp": 7_777,
        "addresses": ["planted-entry"],
    }
    for permission in world.store.keys[holder.key].policy.grants:
        world.limit(holder, permission, **limits)
    world.edit(holder, label="our bot", network=Network.from_text(["203.0.113.7", "192.0.2.0/24"]))
    world.board.resting[holder.key] = 0
    asked = [
        holder.order(pair="ETH/USD"), holder.order(price="200"), holder.order(amount="80"), holder.order(peer=AWAY),
        holder.ask("POST /nowhere"), holder.withdrawal(), holder.ask("POST /order"),
        *(holder.order(amount="20") for _ in range(9)),
    ]  # fmt: skip
    replies = [world.answer(request) for request in asked]
    world.board.resting[holder.key] = 77_770
    replies.append(world.answer(holder.order()))
    world.change(holder, lambda key: key.held(frozenset(Hold)))
    replies.append(world.answer(holder.order()))
    world.edit_account(holds=frozenset({Hold.OPERATOR}))
    replies.append(world.answer(holder.order(peer=HOME)))
    refused = [reply.body.decode() for reply in replies if reply.status != 200]
    assert len({text.split(" | ")[0] for text in refused}) >= 10
    for text in refused:
        assert not [mark for mark in PLANTED if mark in text], text
