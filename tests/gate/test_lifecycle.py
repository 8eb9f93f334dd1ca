"""The life of a key as the gate sees it: revoked means revoked, and every end is exact to the millisecond."""

import pytest

from bitting.domain.credentials import Algorithm
from bitting.domain.holds import Hold
from bitting.domain.secret import Secret
from bitting.domain.verdict import Denied, Reason
from bitting.gate.pipeline import Passed
from bitting.gate.times import SECOND_NS
from tests.gate.dialects import COUNTED, STAMPED, Counted, Stamped
from tests.gate.world import NOW_MS, Holder, World

BOTH = pytest.mark.parametrize("dialect", [STAMPED, COUNTED], ids=["stamped", "counted"])
MS = 1_000_000


def reason(verdict: Passed | Denied) -> Reason | None:
    return verdict.reason if isinstance(verdict, Denied) else None


@BOTH
def test_the_first_request_after_a_revocation_is_refused(dialect: Stamped | Counted) -> None:
    """L-01: the row in the cache is dropped before the change is acknowledged."""
    world = World(dialect)
    holder = world.issue()
    assert world.answer(holder.order()).status == 200
    world.change(holder, lambda key: key.revoked(NOW_MS))
    assert world.answer(holder.order()).body.startswith(b"key.revoked")
    assert len(world.venue.arrived) == 1


@pytest.mark.parametrize("hold", Hold, ids=lambda hold: hold.value)
def test_any_hold_stops_a_key_and_the_cause_stays_inside(hold: Hold) -> None:
    """The owner's detail names it."""
    world = World()
    holder = world.issue()
    world.change(holder, lambda key: key.held(frozenset({hold})))
    assert world.judge(holder.read()) == Denied(Reason.HELD, "", hold.value)
    world.change(holder, lambda key: key.held(frozenset()))
    assert reason(world.judge(holder.read())) is None


def test_both_secrets_work_while_a_rotation_overlaps() -> None:
    """L-05: the old one to the last nanosecond before its millisecond, and no longer."""
    world = World()
    old = world.issue()
    new = world.rotate(old, retires_at_ms=NOW_MS + 5)
    world.clock.pass_ns(5 * MS - 1)
    assert [reason(world.judge(holder.order())) for holder in (old, new)] == [None, None]
    world.clock.pass_ns(1)
    assert [reason(world.judge(holder.order())) for holder in (old, new)] == [Reason.NOT_PROVEN, None]


def test_a_rotation_without_overlap_ends_the_old_secret_at_once() -> None:
    """That is the default."""
    world = World()
    old = world.issue()
    new = world.rotate(old, retires_at_ms=None)
    assert [reason(world.judge(holder.order())) for holder in (old, new)] == [Reason.NOT_PROVEN, None]


def test_two_proofs_on_one_request_are_none() -> None:
    """L-05: old and new signature together; nobody has to guess which one was meant."""
    world = World()
    old = world.issue()
    new = world.rotate(old, retires_at_ms=NOW_MS + 1_000)
    at_ns = world.moment()
    first, second = old.order(at_ns=at_ns), new.order(at_ns=at_ns)
    assert reason(world.judge(first._replace(headers=first.headers + second.headers))) is Reason.MALFORMED
    assert reason(world.judge(first)) is None


def test_a_revocation_during_an_overlap_ends_both_secrets() -> None:
    """L-07: and both holders are told."""
    world = World()
    old = world.issue()
    new = world.rotate(old, retires_at_ms=NOW_MS + 1_000)
    world.change(old, lambda key: key.revoked(NOW_MS))
    assert [reason(world.judge(holder.order())) for holder in (old, new)] == [Reason.REVOKED] * 2


def test_a_key_pair_is_checked_by_its_public_key() -> None:
    """The record fixes the algorithm: what an HMAC over the public key would give is not proven."""
    world = World()
    holder = world.issue(algorithm=Algorithm.ED25519)
    assert reason(world.judge(holder.order())) is None
    public = world.store.keys[holder.key].primary.material
    confused = Holder(world, holder.key, holder.wire_id, Algorithm.HMAC_SHA256, Secret(public))
    assert reason(world.judge(confused.order())) is Reason.NOT_PROVEN


@pytest.mark.parametrize(
    ("expires_at_ms", "passed_ns", "expected"),
    [
        (None, 10**15, None),
        (NOW_MS + 5, 5 * MS - 1, None),
        (NOW_MS + 5, 5 * MS, Reason.EXPIRED),
        (NOW_MS - 1, 0, Reason.EXPIRED),
        (0, 0, Reason.EXPIRED),
        (253_402_300_799_999, 10**15, None),
    ],
)
def test_a_key_expires_to_the_millisecond(expires_at_ms: int | None, passed_ns: int, expected: Reason | None) -> None:
    """L-09: never, in the past, at its moment, and at the end of the year 9999."""
    world = World()
    holder = world.issue()
    world.edit(holder, expires_at_ms=expires_at_ms)
    world.pass_ns(passed_ns)
    assert reason(world.judge(holder.order())) is expected


def test_a_clock_set_back_revives_no_key() -> None:
    """L-09: what was expired by a time that has been committed is expired for good, also after a restart."""
    world = World()
    holder = world.issue()
    world.edit(holder, expires_at_ms=NOW_MS + 60_000)
    world.pass_ns(61 * SECOND_NS)
    world.clock.now -= 50 * SECOND_NS
    assert reason(world.judge(holder.order(at_ns=world.clock.now))) is Reason.EXPIRED
    world.restart()
    assert world.footing.floor.latest_ns(world.clock.now) == (NOW_MS + 61_000) * 1_000_000


@BOTH
def test_an_edit_counts_from_the_next_request_on(dialect: Stamped | Counted) -> None:
    """L-11: and each line of the log says which version of the row was judged."""
    world = World(dialect)
    holder = world.issue()
    world.answer(holder.order())
    world.edit(holder, grants={})
    assert world.answer(holder.order()).body.startswith(b"permission.missing")
    assert [record.policy for record in world.activity.committed + world.activity.noted] == [1, 2]


def test_a_hold_on_an_account_reaches_every_key_under_it_at_once() -> None:
    """P-17: also those of its sub-accounts, and no others."""
    world = World()
    world.account("desk", parent="acc-1")
    world.account("stranger")
    holders = [world.issue(each) for each in ("acc-1", "desk", "stranger")]
    assert [world.answer(holder.order()).status for holder in holders] == [200] * 3
    world.edit_account("acc-1", holds=frozenset({Hold.OPERATOR}))
    bodies = [world.answer(holder.order()).body.partition(b" ")[0] for holder in holders]
    assert bodies == [b"account.held", b"account.held", b"order-1"]
