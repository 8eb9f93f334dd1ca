"""Attacks with bytes that were signed once: copies, races, other routes, burnt nonces."""

import asyncio
from dataclasses import replace

import pytest

from bitting.domain.credentials import NonceMode
from bitting.domain.network import address_from_text
from bitting.domain.request import Reply, Request
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.world import HOME, NOW, World, draft, spoilt

BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])
SEEN = {STAMPED: b"replay.seen", COUNTED: b"nonce.low"}


def codes(replies: list[Reply]) -> list[bytes]:
    return [reply.body.partition(b" ")[0] for reply in replies]


@BOTH
def test_an_exact_copy_is_refused(dialect: Stamped | Counted) -> None:
    """N-01: at once, after a second, and when it is too old to be looked at."""
    world = World(dialect)
    order = world.issue().order()
    assert world.answer(order).status == 200
    for passed_ns in (0, 1_000_000_000, 60_000_000_000):
        world.pass_ns(passed_ns)
        assert world.answer(order).status == 403
    assert len(world.venue.arrived) == 1


@BOTH
def test_of_two_hundred_copies_at_once_one_is_admitted(dialect: Stamped | Counted) -> None:
    """N-02: they all wait for the row, and then for the disk, and still only one of them was first."""
    world = World(dialect)
    order = world.issue().order()

    async def race() -> list[Reply]:
        world.store.slow = asyncio.Event()
        asking = [asyncio.create_task(world.answering(order)) for _ in range(200)]
        await asyncio.sleep(0)
        world.store.slow.set()
        return await asyncio.gather(*asking)

    replies = asyncio.run(race())
    assert [reply.status for reply in replies].count(200) == 1
    assert len(world.venue.arrived) == 1
    assert set(codes(replies)) == {b"order-1", SEEN[dialect], b"rate.denials"}


def test_a_captured_read_is_worth_nothing_on_another_route() -> None:
    """Where neither method nor path is signed: the same target may repeat, any other is refused."""
    world = World()
    read = world.issue().read()
    assert world.answer(read).status == 200
    for stolen in (
        read._replace(method=b"DELETE", target=read.target.replace(b"/balances", b"/order")),
        read._replace(target=read.target.replace(b"/balances", b"/orders")),
        read._replace(method=b"POST"),
    ):
        assert codes([world.answer(stolen)]) == [b"replay.seen"]
    assert world.answer(read).status == 200


def test_the_bytes_of_a_read_are_used_up_by_a_route_that_is_refused() -> None:
    """Whoever was faster with the stolen bytes has spoilt them, and won nothing."""
    world = World()
    read = world.issue().read()
    nowhere = read._replace(target=read.target.replace(b"/balances", b"/nowhere"))
    assert codes([world.answer(nowhere), world.answer(read)]) == [b"action.unmapped", b"replay.seen"]


def test_where_method_and_path_are_signed_another_route_is_not_proven() -> None:
    """There is nothing to remember then."""
    world = World(COUNTED)
    read = world.issue().read()
    assert codes([world.answer(read._replace(target=b"/orders"))]) == [b"key.not_proven"]


@BOTH
def test_a_bad_signature_burns_nothing(dialect: Stamped | Counted) -> None:
    """N-16: the bytes and the nonce are still free for the owner, who sends them a moment later."""
    world = World(dialect)
    order = world.issue().order()
    for _ in range(10):
        assert codes([world.answer(spoilt(order))]) == [b"key.not_proven"]
    assert world.answer(order).status == 200


@BOTH
def test_a_flood_with_the_victims_key_id_leaves_the_victim_unharmed(dialect: Stamped | Counted) -> None:
    """R-10: thousands of bad signatures from elsewhere spend none of the key's rate, nor its budget for refusals."""
    world = World(dialect)
    victim = world.issue()
    bad = spoilt(victim.order())
    for block in range(50):
        attacker = address_from_text(f"2001:db8:0:{block:x}::1")
        for _ in range(100):
            assert world.answer(bad._replace(peer=attacker)).status == 401
    reply = world.answer(victim.order())
    assert reply.status == 200
    assert dict(reply.headers)[b"x-used"] == b"1"
    assert codes([world.answer(victim.ask("POST /nowhere"))]) == [b"action.unmapped"]


def test_the_same_nonce_may_be_used_by_another_key_of_the_account() -> None:
    """N-06: a nonce belongs to its credential."""
    world = World(COUNTED)
    replies = [world.answer(world.issue().order(at_ns=NOW)) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200]


def test_the_same_stamp_may_be_used_by_another_key_of_the_account() -> None:
    """Even with the same secret: the replay id begins with the credential's own."""
    world = World()
    first = world.issue()
    twin = world.issue(secret=first.secret)
    replies = [world.answer(holder.order(at_ns=NOW)) for holder in (first, twin)]
    assert [reply.status for reply in replies] == [200, 200]


@pytest.mark.parametrize("mode", NonceMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    "nonce",
    [b"-1", b"0", b"+1", b"1_0", b" 1", "\u0661".encode(), b"1e3", b"9007199254740992", b"9007199254740993",
     b"9223372036854775808", b"18446744073709551616", b"1" + b"0" * 400, b"9" * 5_000, b""],
)  # fmt: skip
def test_no_nonce_is_an_error_or_locks_its_owner_out(nonce: bytes, mode: NonceMode) -> None:
    """N-03: extremes are refused or taken; a client that counts honestly, upwards of them, goes on."""
    world = World(COUNTED)
    holder = world.issue(nonce_mode=mode)
    asked = COUNTED.sign_with(nonce, draft("GET /balances"), holder.wire_id, holder.algorithm, holder.secret)
    assert world.answer(asked._replace(peer=HOME)).status in (200, 400, 403)
    assert world.answer(holder.order()).status == 200


def test_clients_in_other_units_can_follow_one_another() -> None:
    """ccxt counts milliseconds, an official client microseconds: whoever is later in time has the larger nonce."""
    world = World(COUNTED)
    holder = world.issue()

    def sent(nonce: int) -> Request:
        draft_ = draft("GET /balances")
        signed = COUNTED.sign_with(b"%d" % nonce, draft_, holder.wire_id, holder.algorithm, holder.secret)
        return signed._replace(peer=HOME)

    micros, millis, seconds = NOW // 1_000, NOW // 1_000_000 + 1, NOW // 1_000_000_000 + 1
    replies = [
        world.answer(sent(nonce)) for nonce in (micros, millis, micros + 1, seconds, millis + 1, NOW + 2 * 10**9)
    ]
    assert [reply.status for reply in replies] == [200, 200, 403, 200, 403, 200]


def test_one_credential_has_one_mark_through_a_rotation_of_another() -> None:
    """A fresh secret begins anew; the retiring one goes on from where it stood."""
    world = World(COUNTED)
    old = world.issue()
    used = old.order(at_ns=NOW)
    assert world.answer(used).status == 200
    new = world.rotate(old, retires_at_ms=NOW // 1_000_000 + 1_000)
    assert world.answer(new.order(at_ns=NOW)).status == 200
    assert world.answer(used).status == 403
    assert world.answer(replace(old).order(at_ns=NOW + 1)).status == 200
